use super::*;

fn settings() -> Settings {
    Settings { consecutive: 3, failure_percent: 50, sample: 10, cooldown: Span::from_mins(60), manual_reset: true }
}

fn feed(results: &[bool]) -> (Breakers, Scope) {
    let (playbook, component) = (Name::new("restart"), Name::new("web"));
    let mut breakers = Breakers::default();
    for (i, success) in (0..).zip(results) {
        breakers.record(&playbook, &component, *success, &settings(), Time::from_ms(i));
    }
    let [narrowest, ..] = Scope::of(&playbook, &component);
    (breakers, narrowest)
}

#[test]
fn three_failures_in_a_row_open_it_two_do_not() {
    let (breakers, scope) = feed(&[false, false]);
    assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(9)), State::Closed);
    let (breakers, scope) = feed(&[false, false, false]);
    let until = Time::from_ms(2).after(Span::from_mins(60));
    assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(9)), State::Open(until));
    assert_eq!(breakers.state(&scope, &settings(), until), State::HalfOpen);
}

#[test]
fn alternating_results_open_it_once_more_than_half_of_ten_failed() {
    let alternating = [false, false, true, false, true, false, true, false, true];
    let (breakers, scope) = feed(&alternating);
    assert_eq!(breakers.state(&scope, &settings(), Time::from_ms(20)), State::Closed, "nine results are too few");
    let (breakers, scope) = feed(&[&alternating[..], &[false]].concat());
    assert!(matches!(breakers.state(&scope, &settings(), Time::from_ms(20)), State::Open(_)));
}

#[test]
fn g2_a_share_is_taken_over_as_many_as_it_says() {
    let settings = Settings { consecutive: 100, sample: 80, ..settings() };
    let mut breakers = Breakers::default();
    let (playbook, component) = (Name::new("restart"), Name::new("web"));
    let opened = (0..80).map(|i| {
        let changed = breakers.record(&playbook, &component, i % 2 == 0 && i < 70, &settings, Time::from_ms(i));
        !changed.is_empty()
    });
    assert_eq!(opened.collect::<Vec<_>>().iter().position(|opened| *opened), Some(79));
}

#[test]
fn g2_a_row_on_one_component_does_not_open_the_one_for_all() {
    let (playbook, all) = (Name::new("restart"), Scope { playbook: None, component: None });
    let after = |on: &[(&str, bool)], consecutive: u32| {
        let mut breakers = Breakers::default();
        let settings = Settings { consecutive, ..settings() };
        for (i, (component, success)) in (0..).zip(on) {
            breakers.record(&playbook, &Name::new(component), *success, &settings, Time::from_ms(i));
        }
        let closed = breakers.state(&all, &settings, Time::from_ms(20)) == State::Closed;
        (closed, breakers.left(&all, &settings), breakers.failures_in_a_row(&all))
    };
    assert_eq!(after(&[], 3), (true, 3, 0));
    assert_eq!(after(&[("a", false); 2], 3), (true, 1, 2));
    assert_eq!(after(&[("a", false); 3], 3), (true, 1, 3), "all on one component");
    assert_eq!(after(&[("a", false); 9], 3), (true, 1, 9));
    assert!(!after(&[("a", false); 10], 3).0, "more than half of the last ten");
    assert!(!after(&[("a", false), ("a", false), ("b", false)], 3).0);
    assert!(!after(&[("a", false), ("a", false), ("a", false), ("b", false)], 3).0);
    assert_eq!(after(&[("b", false), ("b", true), ("a", false), ("a", false), ("a", false)], 3), (true, 1, 3));
    assert!(!after(&[("a", false)], 1).0, "where one failure is enough, it is");
    assert!(after(&[("a", false); 2], 2).0);
    assert!(!after(&[("a", false), ("b", false)], 2).0);
}

#[test]
fn a_failed_probe_doubles_the_cooldown_and_a_good_one_closes_it() {
    let (mut breakers, scope) = feed(&[false, false, false]);
    let probe_at = Time::from_ms(2).after(Span::from_mins(60));
    let (playbook, component) = (Name::new("restart"), Name::new("web"));
    breakers.record(&playbook, &component, false, &settings(), probe_at);
    let again = probe_at.after(Span::from_mins(120));
    assert_eq!(breakers.state(&scope, &settings(), probe_at), State::Open(again));
    breakers.record(&playbook, &component, true, &settings(), again);
    assert_eq!(breakers.state(&scope, &settings(), again), State::Closed);
}

#[test]
fn g2_past_the_limit_only_what_is_clean_is_forgotten_and_what_is_not_remembered_is_open() {
    let (playbook, settings) = (Name::new("restart"), settings());
    let narrow = |component: &str| {
        let [narrow, ..] = Scope::of(&playbook, &Name::new(component));
        narrow
    };
    let now = Time::from_ms(9);
    let filled = |count: usize, fails: bool| {
        let mut breakers = Breakers::default();
        for n in 0..count {
            let results = if fails { [false].into() } else { [true].into() };
            let record = Record { results, ..Record::default() };
            breakers.records.insert(narrow(&std::format!("c-{n:05}")), record);
        }
        breakers
    };
    assert_eq!(filled(MOST - 1, true).state(&narrow("new"), &settings, now), State::Closed, "there is room");
    let full = filled(MOST, true);
    assert_eq!(full.state(&narrow("new"), &settings, now), State::Open(now.after(settings.cooldown)));
    assert_eq!(full.state(&narrow("c-00000"), &settings, now), State::Closed, "it is remembered");
    let mut full = full;
    full.record(&playbook, &Name::new("new"), false, &settings, now);
    assert!(
        full.records.len() == MOST + 2 && full.records.values().all(|record| !record.is_clean(now)),
        "none is forgotten"
    );
    let old = Time::ZERO.after(Span::from_mins(43_200));
    assert!(matches!(full.state(&narrow("new"), &settings, Time::from_ms(old.ms() - 1)), State::Open(_)));
    assert_eq!(full.state(&narrow("new"), &settings, old), State::Closed, "a failure of thirty days ago makes room");
    let mut clean = filled(MOST, false);
    let failed = Record { results: [false].into(), ..Record::default() };
    clean.records.insert(narrow("c-00000"), failed.clone());
    let opened = Record { results: [true].into(), opened: Some(now), openings: 1, ..Record::default() };
    clean.records.insert(narrow("c-00001"), opened.clone());
    assert_eq!(clean.state(&narrow("new"), &settings, now), State::Closed);
    clean.record(&playbook, &Name::new("new"), false, &settings, now);
    assert_eq!(clean.records.len(), MOST + 2, "that of the playbook and that of all are always remembered");
    assert_eq!(clean.records.get(&narrow("c-00000")), Some(&failed));
    assert_eq!(clean.records.get(&narrow("c-00001")), Some(&opened));
    assert!(clean.records.get(&narrow("new")).is_some_and(|record| record.in_a_row() == 1));
}

#[test]
fn g2_half_of_the_last_ten_is_not_too_many_and_more_than_half_is() {
    for (failures, open) in [(1, false), (4, false), (5, false), (6, true)] {
        // Never three in a row, the failures first as far as that goes.
        let results: [bool; 10] = core::array::from_fn(|i| i >= failures + failures / 2 || i % 3 == 2);
        assert_eq!(results.iter().filter(|success| !**success).count(), failures, "{results:?}");
        let (breakers, scope) = feed(&results);
        let is_open = breakers.state(&scope, &settings(), Time::from_ms(20)) != State::Closed;
        assert_eq!(is_open, open, "{failures} of 10");
    }
}

#[test]
fn g2_each_breaker_covers_what_it_is_about() {
    let (restart, web) = (Name::new("restart"), Name::new("web"));
    let [narrow, playbook, all] = Scope::of(&restart, &web);
    let covers = |scope: &Scope| {
        [(&restart, &web), (&restart, &"db".into()), (&"clear".into(), &web), (&"clear".into(), &"db".into())]
            .map(|(playbook, component)| scope.covers(playbook, component))
    };
    assert_eq!(covers(&narrow), [true, false, false, false]);
    assert_eq!(covers(&playbook), [true, true, false, false]);
    assert_eq!(covers(&all), [true; 4]);
    let words = [narrow, playbook, all].map(|scope| std::format!("{scope}"));
    assert_eq!(words, ["restart on web", "restart on any", "all on any"]);
}

#[test]
fn g2_two_components_are_enough_to_remember_of_a_row() {
    let (playbook, mut breakers) = (Name::new("restart"), Breakers::default());
    for component in ["a", "b", "c"] {
        breakers.record(&playbook, &component.into(), false, &settings(), Time::ZERO);
    }
    let all = Scope { playbook: None, component: None };
    assert_eq!(breakers.records.get(&all).map(|record| record.row.len()), Some(2));
}

#[test]
fn g2_what_is_gone_is_forgotten_but_for_what_is_open() {
    let (mut breakers, web) = feed(&[false, false]);
    let (restart, now) = (Name::new("restart"), Time::from_ms(9));
    let [db, ..] = Scope::of(&restart, &"db".into());
    breakers.record(&restart, &"db".into(), true, &settings(), now);
    breakers.forget(&"web".into());
    assert_eq!((breakers.failures_in_a_row(&web), breakers.records.contains_key(&db)), (0, true));
    assert_eq!(breakers.records.len(), 3, "those of the playbook and of all stay");
    let (mut breakers, web) = feed(&[false, false, false]);
    breakers.forget(&"web".into());
    assert!(matches!(breakers.state(&web, &settings(), now), State::Open(_)), "it may come back");
}

#[test]
fn g2_those_that_are_not_closed_are_listed_with_how_they_stand() {
    let (breakers, web) = feed(&[false, false, false]);
    let open = |now| breakers.open_scopes(&settings(), now);
    let until = Time::from_ms(2).after(settings().cooldown);
    let playbook = Scope { component: None, ..web.clone() };
    let all = |state| [(playbook.clone(), state), (web.clone(), state)];
    assert_eq!(open(Time::from_ms(9)), all(State::Open(until)));
    assert_eq!(open(until), all(State::HalfOpen));
    assert_eq!(feed(&[false, false]).0.open_scopes(&settings(), Time::from_ms(9)), []);
}

#[test]
fn g2_a_breaker_doubles_its_time_twenty_times_at_most() {
    let (mut breakers, scope) = feed(&[false, false, false]);
    let mut now = Time::from_ms(2);
    for _ in 0..25 {
        let State::Open(until) = breakers.state(&scope, &settings(), now) else { panic!("closed at {now:?}") };
        assert!(until.since(now) <= longest(&settings()));
        now = until;
        breakers.record(&"restart".into(), &"web".into(), false, &settings(), now);
    }
    let State::Open(until) = breakers.state(&scope, &settings(), now) else { panic!("closed at {now:?}") };
    assert_eq!(until.since(now), longest(&settings()));
    assert_eq!(longest(&settings()), Span::from_mins(60 << 20));
}

#[test]
fn p4_breakers_survive_a_snapshot() {
    let (breakers, scope) = feed(&[true, false, false, false]);
    let text = serde_json::to_string(&breakers).unwrap();
    assert_eq!(serde_json::from_str::<Breakers>(&text).unwrap(), breakers);
    assert!(matches!(breakers.state(&scope, &settings(), Time::from_ms(9)), State::Open(_)));
}

#[test]
fn g2_only_what_is_not_remembered_and_could_not_be_is_unknown() {
    let (mut breakers, scope) = feed(&[false]);
    let [other, playbook, all] = Scope::of(&"restart".into(), &"db".into());
    let now = Time::from_ms(9);
    assert!(breakers.remembers(&scope, now) && breakers.remembers(&other, now));
    let failed = Record { results: [false].into(), ..Record::default() };
    for n in 0..MOST {
        let [narrow, ..] = Scope::of(&"clear".into(), &Name::new(&std::format!("c-{n}")));
        breakers.records.insert(narrow, failed.clone());
    }
    assert!(breakers.remembers(&scope, now) && !breakers.remembers(&other, now));
    let said = breakers.record(&"restart".into(), &"db".into(), true, &settings(), now);
    assert_eq!(said, [(other, FORGOTTEN)], "those of the playbook and of all are always remembered");
    assert_eq!([playbook, all].map(|wide| breakers.state(&wide, &settings(), now)), [State::Closed; 2]);
    let [first, wide, _] = Scope::of(&"new".into(), &"db".into());
    assert!(!breakers.remembers(&first, now) && breakers.remembers(&wide, now), "so is that of a new one");
    breakers.record(&"new".into(), &"db".into(), false, &settings(), now);
    assert_eq!(breakers.failures_in_a_row(&wide), 1);
}

#[test]
fn g2_what_never_failed_is_forgotten_first_then_what_has_not_for_the_longest_time() {
    let narrow = |component: &str| {
        let [narrow, ..] = Scope::of(&"restart".into(), &component.into());
        narrow
    };
    let (mut breakers, month) = (Breakers::default(), Span::from_mins(43_200));
    let now = Time::from_ms(9).after(month);
    let record =
        |success: bool, at: i64| Record { results: [success].into(), last: Time::from_ms(at), ..Record::default() };
    let kept = [("a", record(false, 5)), ("b", record(false, 3)), ("c", record(true, 9)), ("d", record(true, 8))];
    breakers.records.extend(kept.map(|(name, record)| (narrow(name), record)));
    let open = Record { opened: Some(now), openings: 1, ..Record::default() };
    (4..MOST).for_each(|n| drop(breakers.records.insert(narrow(&std::format!("open-{n}")), open.clone())));
    let mut gone = Vec::new();
    for new in ["1", "2", "3", "4"] {
        let before: Vec<Scope> = breakers.records.keys().cloned().collect();
        assert!(breakers.has_room(&narrow(new), now));
        breakers.records.insert(narrow(new), open.clone());
        gone.extend(before.into_iter().filter(|scope| !breakers.records.contains_key(scope)));
    }
    assert_eq!(gone, ["d", "c", "b", "a"].map(narrow));
    assert!(!breakers.has_room(&narrow("5"), now));
}

#[test]
fn g2_a_person_closes_a_breaker_or_has_its_failures_forgotten() {
    for (results, forgotten) in [(&[false; 3][..], true), (&[false], true), (&[true], false), (&[], false)] {
        let (mut breakers, scope) = feed(results);
        assert_eq!(breakers.reset(&scope), forgotten, "{results:?}");
        assert_eq!((breakers.failures_in_a_row(&scope), breakers.reset(&scope)), (0, false));
    }
}
