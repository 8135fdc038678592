use super::*;
use homeostat_core::model::gate::{Link, LinkResult};
use homeostat_core::model::ids::RunId;
use homeostat_core::model::incident::Incident;
use homeostat_core::model::value::Value;
use serde_json::{Value as Json, from_value, json};

const ID: &str = "05657c1dca06a2cf4eafb3d5a39f3aa0";
const PLAN: &str = "8959973e2a4abe9e4b759d682b0dc7c30ec7bd10757ad4d83d4080b09f12843e";

pub(in crate::cli) fn typing() -> Typing {
    Typing {
        number: "7".to_owned(),
        db: " --db 'x.db'".to_owned(),
        silent_since: None,
        fault: None,
        stopped: None,
        kill_file: None,
    }
}

fn refused(link: Link, rule: &'static str, values: &[(&'static str, Value)]) -> LinkResult {
    let values = values.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    LinkResult { link, allowed: false, rule: rule.into(), values, remedy: "what the link says".to_owned() }
}

/// Refusals of each link, with what their change must say.
fn refusals(link: Link) -> Vec<(LinkResult, &'static str)> {
    let refused = |rule, values: &[(&'static str, Value)]| refused(link, rule, values);
    let (own, ms) = ("what the link says", Value::text("100000"));
    let by = |place: &str| ("by", Value::List(vec![Value::text(place)]));
    let (all, any) = (("playbook", Value::text("all")), ("component", Value::text("any")));
    let also = ("also", Value::List(vec![Value::text("library/restart on web")]));
    match link {
        Link::Mode => vec![
            (refused("mode.off", &[by("run_time")]), "homeostat mode approve --db"),
            (refused("mode.suggest", &[by("policy")]), "in the policy: `mode: approve`"),
            (refused("mode.observe", &[by("playbook")]), "in the playbook: `mode: approve`"),
        ],
        Link::KillSwitch => vec![
            (
                refused("kill_switch.engaged", &[("reason", Value::text("it's"))]),
                r"homeostat resume 'it'\''s' --db 'x.db'",
            ),
            (refused("kill_switch.fault_latch", &[]), own),
        ],
        Link::Blast => {
            vec![(refused("blast.cluster_wide", &[]), "homeostat run-playbook"), (refused("blast.grown", &[]), own)]
        }
        Link::WarmUp => vec![(refused("warm_up.not_over", &[("until", ms)]), "by itself at ")],
        Link::Budgets => vec![
            (refused("budgets.max_unhealthy", &[("group", Value::text("web"))]), own),
            (
                refused("budgets.target_half_done", &[("group", Value::text("web"))]),
                "homeostat status --db 'x.db' names it",
            ),
            (
                refused("budgets.target_frozen", &[("group", Value::text("web"))]),
                "homeostat status --db 'x.db' names it, with why and with what frees it",
            ),
        ],
        Link::Preconditions => vec![(refused("preconditions.false", &[]), own)],
        Link::Reversibility => vec![(refused("reversibility.undo_is_irreversible", &[]), own)],
        Link::RateLimits => vec![
            (refused("rate_limits.total", &[("free_at", ms)]), "by itself at "),
            (refused("rate_limits.attempts_per_incident", &[]), own),
        ],
        Link::Breaker => vec![
            (
                refused("breaker.open", &[all.clone(), any.clone(), also, ("until", ms.clone())]),
                "and a reset:  homeostat reset-breaker 'library/restart' 'web' --db 'x.db'",
            ),
            (refused("breaker.open", &[all, any, ("until", ms)]), "homeostat reset-breaker 'all' --db 'x.db'"),
            (refused("breaker.half_open", &[]), own),
        ],
        Link::Cooldown => vec![(refused("cooldown.pausing", &[("until", ms)]), "by itself at ")],
        Link::Maintenance => vec![
            (refused("maintenance.grace", &[("until", ms.clone())]), "by itself at "),
            (
                refused("maintenance.window", &[("window", Value::text("it's"))]),
                r"homeostat maintenance close 'it'\''s' --db",
            ),
            (refused("maintenance.unknown", &[]), own),
        ],
        Link::ChangeWindow => vec![
            (
                refused("change_window.outside", &[("target", Value::text("web")), ("until", ms.clone())]),
                "by itself at ",
            ),
            (
                refused("change_window.none", &[("target", Value::text("web"))]),
                "homeostat change-window open 'web' --for 2h",
            ),
        ],
        Link::Ineffectiveness => vec![(
            refused("ineffectiveness.same_again", &[("target", Value::text("web"))]),
            "then a reset:  homeostat reset-breaker 'all' 'web' --db",
        )],
        Link::Severity => vec![(refused("severity.not_alone", &[]), "`homeostat status` shows what waits")],
        Link::SafeMode => vec![
            (refused("safe_mode.too_much", &[]), own),
            (refused("safe_mode.too_much", &[("until", ms.clone())]), "by itself at "),
        ],
        Link::Flapping => vec![(refused("flapping.held", &[("since", ms)]), own)],
        Link::Storm => vec![(
            refused("storm.many_fail", &[("area", Value::text("host:h1"))]),
            "homeostat storm end 'host:h1' --db 'x.db'  (takes the role sre_lead)",
        )],
        Link::Role => vec![(refused("role.may_not", &[]), own)],
        Link::Approval => vec![(refused("approval.required", &[]), "homeostat status")],
    }
}

#[test]
fn every_link_has_a_line_that_says_what_would_change_it() {
    for link in Link::ALL.iter().copied() {
        for (refusal, words) in refusals(link) {
            let lines = change(&refusal, &typing());
            assert!(lines.iter().all(|line| !line.is_empty()), "{refusal:?}: {lines:?}");
            assert!(lines.iter().any(|line| line.contains(words)), "`{words}` in {lines:?}");
        }
    }
}

/// An incident in `phase`, about which there are these facts.
pub(in crate::cli) fn explanation(facts: Json, phase: &str) -> Explanation {
    let incident: Incident = from_value(json!({
        "id": ID, "component": "web", "issue": "down", "phase": phase, "severity": "SEV2", "onset": 1, "detected": 2,
        "recovered": null, "closed": null, "resolution": null, "members": ["web"], "epoch": 0,
        "recurrence_of": null, "escalated": false, "acknowledged_until": null, "opened_by": "e",
    }))
    .expect("an incident");
    Explanation {
        incident,
        attempts: Vec::new(),
        refusals: Vec::new(),
        awaiting: Vec::new(),
        half_done: Vec::new(),
        frozen: Vec::new(),
        left_to_people: false,
        next: Vec::new(),
        facts: from_value(facts).expect("facts"),
    }
}

#[test]
fn a_plan_that_waits_says_who_may_approve_it_how_until_when_and_what_happens_otherwise() {
    let asked = json!({
        "type": "approval_requested", "plan": PLAN, "expires": 9, "any_of": ["operator"], "all_of": [],
    });
    let facts = json!([{ "at": 3, "rule": "r", "values": [["because", { "text": "mode" }]], "said": asked }]);
    let mut it = explanation(facts, "awaiting_approval");
    let run = RunId::derive(it.incident.id, 0, &"restart".into(), 1);
    let (plan, expires) = (PLAN.parse().expect("a digest"), Time::from_ms(9));
    it.awaiting = vec![Awaiting { incident: it.incident.id, run, playbook: "restart".into(), plan, expires }];
    let found = all(&it, &typing());
    let [obstacle] = &found[..] else { panic!("one: {found:?}") };
    assert!(obstacle.stands && obstacle.what.contains("a person's approval, as the mode is `approve`"));
    let (lines, until) = (obstacle.change.join("\n"), time_of_day(expires));
    for words in [
        format!("by operator, before {until}:  homeostat approve 8959973e --db 'x.db'"),
        "homeostat deny 8959973e --db 'x.db'".to_owned(),
        format!("if nobody decides by {until}, nothing is done and people are called"),
    ] {
        assert!(lines.contains(&words), "`{words}` in\n{lines}");
    }
}

#[test]
fn what_is_behind_an_incident_is_told_apart_from_what_stands_in_its_way() {
    let gate = |rule: &str| {
        let link = json!({ "link": "cooldown", "allowed": false, "rule": rule, "values": [], "remedy": "r" });
        json!({
            "type": "gate_decided", "occasion": "first_step", "playbook": "p", "step": null, "refused": rule,
            "trial": false, "links": [link],
        })
    };
    let started = json!({ "type": "run_started", "playbook": "p", "attempt": 1 });
    let fact = |at: i64, said: Json| json!({ "at": at, "rule": "r", "said": said });
    let (a, b) = (gate("cooldown.pausing"), gate("breaker.half_open"));
    let facts = json!([fact(1, a.clone()), fact(2, a), fact(3, started), fact(4, b)]);
    let it = explanation(facts.clone(), "escalated");
    let found: Vec<(bool, u32)> = all(&it, &typing()).iter().map(|it| (it.stands, it.times)).collect();
    assert_eq!(found, [(false, 2), (true, 1)]);
    let over = all(&explanation(facts, "closed"), &typing());
    assert!(over.iter().all(|obstacle| !obstacle.stands));
    let stopped = Typing { stopped: Some("drill".to_owned()), ..typing() };
    let last = all(&it, &stopped).pop().expect("one more");
    assert!(last.stands && last.change[0].contains("homeostat resume 'drill'"), "{last:?}");
}
fn unplanned(detail: &str) -> String {
    let said = json!({ "type": "suppressed", "by": "roll", "detail": detail });
    let facts = json!([{ "at": 1, "rule": "select.no_plan", "component": "web", "said": said }]);
    all(&explanation(facts, "escalated"), &typing()).remove(0).change.remove(0)
}

#[test]
fn a_plan_that_reaches_too_far_is_told_apart_from_one_that_lacks_something() {
    let far = unplanned("it would reach single_service with 3 targets, and its ceiling is single_instance");
    assert!(far.contains("its ceiling is the matter: `safety: { blast_radius: single_service }` in roll"), "{far}");
    let long = unplanned("the plan has 300 steps; at most 256 are allowed");
    assert!(long.contains("fewer steps in roll"), "{long}");
    let lacking = unplanned("step `a`: target `x` is not a registered component");
    assert!(lacking.contains("what roll names has to be there"), "{lacking}");
}

/// What is said of a plan that was lost, first while that stands, then once it is over.
fn after(how: &str, ended: &str, left: bool) -> [Obstacle; 2] {
    let run = RunId::derive(ID.parse().expect("an id"), 0, &"restart".into(), 1);
    let by = (how == "denied").then_some("ann");
    let facts = json!([
        { "at": 1, "rule": "r", "run": run, "said": { "type": "approval_lost", "plan": PLAN, "how": how, "by": by } },
        { "at": 1, "rule": "r", "run": run,
          "said": { "type": "run_ended", "playbook": "p", "end": "not_started", "detail": ended } },
    ]);
    ["escalated", "closed"].map(|phase| {
        let it = Explanation { left_to_people: left, ..explanation(facts.clone(), phase) };
        all(&it, &typing()).remove(0)
    })
}

#[test]
fn after_a_plan_is_lost_only_what_is_possible_by_then_is_said_to_change_it() {
    let [denied, over] = after("denied", "denied by ann", true);
    assert_eq!(denied.what, "plan 8959973e was denied by ann");
    let lines = denied.change.join("\n");
    assert!(!lines.contains("approval") && lines.contains("stays with people, the next one is planned anew"));
    assert!(lines.contains("what fails still a minute later is opened again"), "{lines}");
    assert!(lines.contains("homeostat close 7 'mended by hand' --db 'x.db'  (takes the role operator)"), "{lines}");
    assert_eq!((over.stands, over.change), (false, vec!["an approval of that plan instead".to_owned()]));
    let [void, over] = after("void", "the policy was replaced", false);
    assert_eq!(void.what, "plan 8959973e was void · the policy was replaced");
    assert_eq!(void.change, ["nothing brings that plan back: another is made by itself, if one still fits"]);
    assert_eq!(over.change, ["an approval of that plan before that"]);
    let [expired, over] = after("expired", "nobody decided in time", true);
    assert!(expired.what.starts_with("nobody decided") && expired.change == denied.change);
    assert_eq!(over.change, ["an approval of that plan, while it waited"]);
}

#[test]
fn what_a_stop_held_back_does_not_stand_in_the_way_once_that_is_released() {
    let link = json!({
        "link": "kill_switch", "allowed": false, "rule": "kill_switch.engaged",
        "values": [["reason", { "text": "look" }]], "remedy": "r",
    });
    let said = json!({
        "type": "gate_decided", "occasion": "first_step", "playbook": "restart", "step": null, "links": [link],
        "refused": "kill_switch.engaged", "trial": false,
    });
    let it = explanation(json!([{ "at": 1, "rule": "r", "said": said }]), "analyzing");
    let stopped = Typing { stopped: Some("look".to_owned()), ..typing() };
    let [held] = &all(&it, &stopped)[..] else { panic!("expected one") };
    assert!(held.stands && held.change[0].contains("homeostat resume 'look'"), "{held:?}");
    let [held] = &all(&it, &typing())[..] else { panic!("expected one") };
    assert!(!held.stands, "{held:?}");
}

#[test]
fn a_window_ends_and_an_action_that_is_not_possible_is_not_waited_for() {
    let of = |rule: &str, by: &str| {
        let said = json!({ "type": "suppressed", "by": by, "detail": "why" });
        let it = explanation(json!([{ "at": 1, "rule": rule, "said": said }]), "analyzing");
        all(&it, &typing()).remove(0).change.join("; ")
    };
    for rule in ["analyze.maintenance", "select.maintenance"] {
        let change = of(rule, "sundays");
        assert!(change.starts_with("the end of the maintenance window `sundays`"), "{change}");
        assert!(
            change.contains("homeostat maintenance close 'sundays' --db 'x.db'  (takes the role operator)"),
            "{change}"
        );
    }
    assert_eq!(
        of("select.no_adapter", "move"),
        "a host that has a way to do what move says, or another playbook that fits"
    );
    assert!(of("analyze.root_first", "db").contains("once `db` is well again"));
}

#[test]
fn while_the_kill_file_is_there_no_release_is_offered() {
    let file = Some("/srv/x/KILL".into());
    let typing = Typing { stopped: Some("KILL exists".to_owned()), kill_file: file, ..typing() };
    let found = all(&explanation(json!([]), "escalated"), &typing);
    let [stopped] = &found[..] else { panic!("one: {found:?}") };
    let expected = "release of the kill switch, once the file '/srv/x/KILL' is removed: nothing can be released before";
    assert_eq!(stopped.change, [expected]);
}
