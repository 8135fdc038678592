use super::*;
use crate::knowledge::fixtures::{incident, second};
use alloc::vec::Vec;

fn run(number: u32) -> RunId {
    RunId::derive(incident("web", "down").id, 0, &"restart".into(), number)
}

/// What the last of so many runs costs, of which the first ones helped.
fn after(helped: u32, failed: u32) -> Option<Loss> {
    let (mut trust, mut loss) = (Trust::default(), None);
    for n in 0..helped + failed {
        loss = trust.ended(n < helped, &Settings::default(), second(i64::from(n)));
    }
    loss
}

fn to(helped: u32, failed: u32) -> Option<Option<Mode>> {
    after(helped, failed).map(|loss| loss.to)
}

#[test]
fn g7_each_share_costs_what_it_costs_from_ten_runs_on() {
    assert_eq!(to(0, 9), None, "nine runs say nothing");
    assert_eq!(to(8, 2), None, "80 % are enough");
    assert_eq!(to(0, 10), Some(Some(Mode::Suggest)));
    assert_eq!(to(49, 51), Some(Some(Mode::Suggest)), "less than half");
    let found = after(7, 2);
    assert_eq!(found, None, "77 %, of nine");
    let (mut trust, settings) = (Trust::default(), Settings::default());
    let mut said = Vec::new();
    for n in 0..20 {
        let loss = trust.ended(n < 8, &settings, second(n));
        said.extend(loss.map(|loss| (n, loss.to, loss.found, loss.limit, loss.of)));
    }
    let approve = Some(Mode::Approve);
    assert_eq!(said[..3], [(10, None, 72, 80, 11), (11, approve, 66, 70, 12), (12, approve, 61, 70, 13)]);
    assert_eq!(said[6], (16, Some(Mode::Suggest), 47, 50, 17), "50 % at the sixteenth is still enough");
}

#[test]
fn g7_people_are_warned_once_and_again_when_it_was_better_meanwhile() {
    let (mut trust, settings) = (Trust::default(), Settings::default());
    let mut warned = Vec::new();
    let ends = [true; 8].into_iter().chain([false; 3]).chain([true; 6]).chain([false; 2]);
    for (n, helped) in (0_i64..).zip(ends) {
        warned.extend(trust.ended(helped, &settings, second(n)).map(|loss| (n, loss.to)));
    }
    assert_eq!(warned, [(10, None), (17, None)]);
}

#[test]
fn g7_what_is_older_than_the_window_counts_only_among_the_last_twenty() {
    let (mut trust, settings) = (Trust::default(), Settings::default());
    let mut said = Vec::new();
    for n in 0..20 {
        said.extend(trust.ended(n < 9, &settings, second(n * 600)).map(|loss| (n, loss)));
    }
    let loss = Loss { to: Some(Mode::Approve), why: "last_runs", found: 45, limit: 50, of: 20 };
    assert_eq!(said, [(19, loss)], "three within half an hour say nothing");
    let mut trust = Trust::default();
    let half = (0..20).filter_map(|n| trust.ended(n < 10, &settings, second(n * 600)));
    assert_eq!(half.count(), 0, "half of them is enough");
    let mut trust = Trust::default();
    for n in 0..10 {
        trust.ended(false, &settings, second(0));
        assert_eq!(trust.ended.len(), n + 1);
    }
    assert_eq!(trust.ended(true, &settings, second(1_799)).map(|loss| loss.of), Some(11));
    assert_eq!(trust.ended(true, &settings, second(1_800)), None, "half an hour later they count no more");
    for n in 0..2_000 {
        trust.ended(true, &settings, second(2_000 + n));
    }
    assert_eq!(trust.ended.len(), ENDS);
}

#[test]
fn g7_trust_only_falls_until_a_person_gives_it_back() {
    let mut trust = Trust::default();
    assert!(trust.fall(Mode::Approve));
    assert!(!trust.fall(Mode::Approve), "it is that already");
    assert!(trust.fall(Mode::Suggest));
    assert!(!trust.fall(Mode::Approve), "it never rises by itself");
    trust.ended(false, &Settings::default(), second(1));
    for lower in [Mode::Off, Mode::Observe, Mode::Suggest] {
        trust.given_back(lower);
        assert_eq!((trust.ceiling(), trust.ended.len()), (Some(Mode::Suggest), 1), "{lower} gives nothing back");
    }
    trust.began(run(1), ["web".into()].into());
    trust.unwell(second(3));
    trust.call(second(4));
    trust.given_back(Mode::Approve);
    assert_eq!((trust.ceiling(), trust.ended.len()), (None, 0), "what it was lost by counts no more");
    assert_eq!((trust.acting().count(), trust.unwell, trust.called), (1, Some(second(3)), Some(second(4))));
    trust.ended(false, &Settings::default(), second(5));
    trust.given_back(Mode::Auto);
    assert_eq!(trust.ended.len(), 1, "nothing was lost: nothing is forgotten");
}

#[test]
fn g7_a_run_that_takes_something_down_counts_once_and_for_its_time() {
    let (mut trust, settings) = (Trust::default(), Settings { cascades: 2, ..Settings::default() });
    trust.began(run(1), BTreeSet::new());
    assert_eq!(trust.acting().count(), 0, "it acts on nothing that served");
    for n in 1..=4 {
        trust.began(run(n), ["web".into()].into());
    }
    assert_eq!(trust.cascaded(run(1), &settings, second(0)), None);
    assert_eq!(trust.cascaded(run(1), &settings, second(1)), None, "the same run");
    let loss = Loss { to: Some(Mode::Approve), why: "cascade", found: 2, limit: 2, of: 2 };
    assert_eq!(trust.cascaded(run(2), &settings, second(1_799)), Some(loss));
    assert_eq!(trust.cascaded(run(3), &settings, second(1_799 + 1_800)), None, "the others are too long ago");
    trust.over(run(3));
    assert_eq!((trust.acting().count(), trust.harmful.len()), (3, 2));
    trust.keep_only(|known| known == run(1));
    assert_eq!((trust.acting().count(), trust.harmful.len()), (1, 1));
    for n in 10..300 {
        trust.cascaded(run(n), &settings, second(9_000));
    }
    assert_eq!(trust.cascades.len(), CASCADES);
}

#[test]
fn g7_the_host_may_be_away_for_one_hundredth_of_the_time() {
    let settings = Settings::default();
    let hundredth = 864;
    let mut trust = Trust::default();
    assert_eq!(trust.was_away(second(1_000), &settings, second(1_000 + hundredth)), None);
    let loss = trust.was_away(second(5_000), &settings, second(5_001));
    let expected = Loss { to: Some(Mode::Approve), why: "availability", found: 98, limit: 99, of: 2 };
    assert_eq!(loss, Some(expected), "a second more");
    let later = 1_000 + hundredth + 86_400;
    assert_eq!(trust.was_away(second(later), &settings, second(later + 862)), None, "the first is a day ago");
    let mut part = Trust::default();
    part.was_away(second(1_000), &settings, second(1_800));
    let overlap = part.was_away(second(1_700), &settings, second(1_864));
    assert_eq!((overlap, part.outages.len()), (None, 2), "what overlaps counts once");
    let mut more = part.clone();
    assert_eq!(
        part.was_away(second(87_400), &settings, second(88_230)),
        None,
        "of the first only what is within a day"
    );
    assert!(more.was_away(second(87_399), &settings, second(88_230)).is_some());
    let mut never = Trust::default();
    assert_eq!((never.was_away(second(9), &settings, second(9)), never.outages.len()), (None, 0), "no time at all");
    for n in 0..1_000 {
        part.was_away(second(90_000 + n * 2), &settings, second(90_001 + n * 2));
    }
    assert_eq!(part.outages.len(), OUTAGES);
    let none = Settings { availability: 0, ..settings };
    assert_eq!(Trust::default().was_away(second(0), &none, second(86_400)), None);
}

#[test]
fn g7_the_host_is_unwell_from_its_word_or_from_when_it_was_heard_of_last() {
    let settings = Settings::default();
    let mut trust = Trust::default();
    assert_eq!((trust.call(second(1)), trust.call(second(9))), (second(1), second(1)));
    trust.unwell(second(100));
    trust.unwell(second(900));
    assert!(trust.well(second(900), &settings, second(1_000)).is_some(), "its first word counts");
    assert_eq!(trust.unwell, None);
    let mut silent = Trust::default();
    assert!(silent.well(second(100), &settings, second(1_000)).is_some());
    assert!(Trust::default().well(second(900), &settings, second(1_000)).is_none());
}

#[test]
fn g7_what_a_later_rung_healed_counts_no_more_and_what_none_healed_does() {
    let incident = |n: u8| IncidentId(crate::primitives::digest::Digest::of(&[n]).short());
    let (mut trust, settings) = (Trust::default(), Settings { sample: 2, ..Settings::default() });
    let ends = |trust: &mut Trust, of: u8, helped: bool, at: i64| {
        trust.rung(incident(of), helped, second(at));
        trust.ended(helped, &settings, second(at)).map(|loss| (loss.found, loss.of))
    };
    assert_eq!(ends(&mut trust, 1, false, 1), None);
    assert_eq!(ends(&mut trust, 1, false, 2), Some((0, 2)), "each counts as long as none has healed");
    assert_eq!(ends(&mut trust, 2, false, 2), Some((0, 3)));
    assert_eq!(ends(&mut trust, 1, true, 3), Some((50, 2)), "of the others nothing is taken away");
    assert_eq!((trust.ended.len(), trust.rungs.len()), (2, 1));
    assert_eq!(ends(&mut trust, 2, true, 4), None);
    assert_eq!((trust.ended.len(), trust.rungs.len()), (2, 0));
    assert_eq!(ends(&mut trust, 1, false, 5).map(|(found, _)| found), Some(66), "it failed again after that");
    for n in 0..ENDS as i64 + 9 {
        ends(&mut trust, 3, false, 10 + n);
    }
    assert!(trust.rungs.values().map(Vec::len).sum::<usize>() <= ENDS, "no more than ends are remembered");
}

#[test]
fn g7_of_the_ends_that_are_forgotten_the_rungs_are_too() {
    let incident = |n: u8| IncidentId(crate::primitives::digest::Digest::of(&[n]).short());
    let (mut trust, settings) = (Trust::default(), Settings::default());
    let ends = |trust: &mut Trust, of: u8, at: i64| {
        trust.rung(incident(of), false, second(at));
        trust.ended(false, &settings, second(at));
    };
    ends(&mut trust, 1, 1);
    (2..=ENDS as i64).for_each(|at| ends(&mut trust, 2, at));
    let kept = |trust: &Trust, of: u8| trust.rungs.get(&incident(of)).map(Vec::len);
    assert_eq!((kept(&trust, 1), kept(&trust, 2)), (Some(1), Some(ENDS - 1)), "all of them are remembered");
    ends(&mut trust, 3, ENDS as i64 + 1);
    assert_eq!((kept(&trust, 1), kept(&trust, 2), kept(&trust, 3)), (None, Some(ENDS - 1), Some(1)));
}

#[test]
fn g7_an_outage_that_ended_a_whole_time_ago_counts_no_more() {
    let settings = Settings::default();
    let outages = |later: i64| {
        let mut trust = Trust::default();
        trust.was_away(second(100), &settings, second(200));
        trust.was_away(second(200 + later - 9_000), &settings, second(200 + later)).map(|loss| loss.of)
    };
    assert_eq!((outages(86_399), outages(86_400)), (Some(2), Some(1)));
}

#[test]
fn g7_who_took_something_down_is_known_for_as_long_as_he_goes_on() {
    let (mut trust, settings) = (Trust::default(), Settings::default());
    trust.cascaded(run(1), &settings, second(1));
    assert!(trust.has_taken_down(run(1)) && !trust.has_taken_down(run(2)));
    trust.fall(Mode::Approve);
    trust.given_back(Mode::Auto);
    assert!(trust.has_taken_down(run(1)), "also where trust is given back meanwhile");
    assert_eq!(trust.cascaded(run(1), &settings, second(2)), None, "it counts once");
    trust.over(run(1));
    assert!(!trust.has_taken_down(run(1)));
}
