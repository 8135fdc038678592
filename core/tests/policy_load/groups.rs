//! The section `groups`: what is taken, what is refused, and what is doubted.

use super::*;

const FLEET: &str =
    "components: { web: { service: web, instances: [a, b], groups: [front], checks: [{ tcp: \"x:1\" }] } }\n";

fn messages(groups: &str) -> Vec<String> {
    let text = format!("{FLEET}groups: {groups}");
    let problems = match Policy::load(&source(&text)) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems,
    };
    let about = problems.into_iter().filter(|problem| problem.path.starts_with("groups"));
    about.map(|problem| format!("{:?}: {}", problem.severity, problem.message)).collect()
}

#[test]
fn h5_what_makes_sense_is_taken_without_a_word() {
    for groups in [
        "{ web: { aggregate: majority }, front: { aggregate: worst }, system: { aggregate: all_healthy } }",
        "{ web: { aggregate: weighted, weights: { a: 1000, b: 0 } } }",
        "{ web: { weights: {} }, front: { min_healthy: 100% } }",
        "{ web: { min_healthy: 2 }, system: { weights: { a: 2 } }, front: {} }",
    ] {
        assert_eq!(messages(groups), Vec::<String>::new(), "{groups}");
    }
}

#[test]
fn h5_what_makes_none_is_refused() {
    for (groups, message) in [
        ("{ wbe: { aggregate: majority } }", "Error: no service or group is called `wbe`"),
        (
            "{ web: { aggregate: majority, min_healthy: 1 } }",
            "Error: `min_healthy` says nothing where `aggregate` is `majority`",
        ),
        (
            "{ web: { min_healthy: 1, weights: { a: 1 } } }",
            "Error: `min_healthy` says nothing where `aggregate` is `weighted`",
        ),
        (
            "{ web: { aggregate: worst, weights: { a: 1 } } }",
            "Error: `weights` says nothing where `aggregate` is `worst`",
        ),
        ("{ web: { aggregate: weighted } }", "Error: a group lacks the field `weights`"),
        ("{ web: { aggregate: min_healthy } }", "Error: a group lacks the field `min_healthy`"),
        ("{ web: { aggregate: most } }", "Error: `aggregate` is unknown: `most`"),
        ("{ web: { min_healthy: 0 } }", "Error: `min_healthy` must be from 1 to 1000000, found `0`"),
        ("{ web: { min_healthy: 101% } }", "Error: `min_healthy` must be from 0 to 100, found `101`"),
        ("{ web: { weights: { a: 1001 } } }", "Error: `a` must be from 0 to 1000, found `1001`"),
    ] {
        let said = messages(groups);
        assert!(said.len() == 1 && said.iter().all(|it| it.starts_with(message)), "{groups}: {said:?}");
    }
}

#[test]
fn h5_what_can_never_be_is_doubted() {
    for (groups, message) in [
        ("{ web: { min_healthy: 3 } }", "Warning: `web` has 2 members, so many can never be healthy"),
        ("{ web: { weights: { c: 1 } } }", "Warning: `c` is no member of `web`"),
        ("{ web: { weights: { a: 0, b: 0 } } }", "Warning: no member of `web` has any weight"),
    ] {
        assert_eq!(messages(groups), [message], "{groups}");
    }
}
