use super::*;
use std::string::String;
use std::vec::Vec;

const LEVELS: [Level; 5] =
    [Level::SingleInstance, Level::SingleService, Level::MultipleServices, Level::ClusterWide, Level::MultiRegion];
const RISKS: [Risk; 4] = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];

/// Written by hand from SPEC B2, sharing nothing with the table: what is needed, as a person would say it.
fn reference(case: &Case) -> Vec<&'static str> {
    let mut needed = Vec::new();
    match (case.level, case.severity) {
        (Level::SingleInstance, _) => {}
        (Level::SingleService, Severity::Sev2 | Severity::Sev3) => needed.push("person"),
        (Level::SingleService, Severity::Sev0 | Severity::Sev1) => {
            if case.critical || case.instances >= 11 {
                needed.push("person");
            }
        }
        (Level::MultipleServices, _) => needed.push("person"),
        (Level::ClusterWide, _) => needed.extend(["ordered", "sre_lead", "engineering_manager"]),
        (Level::MultiRegion, _) => needed.extend(["ordered", "cto", "vp_engineering"]),
    }
    match case.risk {
        Risk::Low => {}
        Risk::Medium if case.irreversible => needed.push("person"),
        Risk::Medium => {}
        Risk::High => needed.push("two"),
        Risk::Critical => needed.extend(["two", "sre_lead"]),
    }
    let is = |class| case.classes.contains(&class);
    if is(ActionClass::DatabaseChange) && case.production {
        needed.push("person");
    }
    if is(ActionClass::SecurityPolicyChange) {
        needed.push("person");
    }
    if case.deletions >= 11 {
        needed.push("person");
    }
    simplest(needed)
}

/// Two people are a person too, and so is a role.
fn simplest(mut needed: Vec<&'static str>) -> Vec<&'static str> {
    needed.sort_unstable();
    needed.dedup();
    if needed.iter().any(|word| *word != "person" && *word != "ordered") {
        needed.retain(|word| *word != "person");
    }
    needed
}

fn found(case: &Case) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for rule in fitting(case) {
        match rule.asks {
            Asks::Person => needed.push("person"),
            Asks::TwoPeople => needed.push("two"),
            Asks::Role(role) => needed.push(role),
            Asks::SignOff(roles) => {
                needed.push("ordered");
                needed.extend(roles);
            }
        }
    }
    simplest(needed)
}

#[test]
fn b2_the_table_says_of_every_case_what_the_reference_says() {
    let mut cases = 0;
    let sets: [BTreeSet<ActionClass>; 8] = core::array::from_fn(|bits| {
        let all = [ActionClass::DatabaseChange, ActionClass::SecurityPolicyChange, ActionClass::Upgrade];
        all.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, class)| class).collect()
    });
    for level in LEVELS {
        for risk in RISKS {
            for severity in Severity::ALL {
                for flags in 0..8_u32 {
                    for instances in [1, 2, 9, 10, 11, 100] {
                        for deletions in [0, 1, 10, 11] {
                            for classes in &sets {
                                let case = Case {
                                    level,
                                    instances,
                                    critical: flags & 1 == 1,
                                    severity,
                                    risk,
                                    irreversible: flags & 2 == 2 && risk > Risk::Low,
                                    classes: classes.clone(),
                                    production: flags & 4 == 4,
                                    deletions,
                                };
                                assert_eq!(found(&case), reference(&case), "{case:?}");
                                cases += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(cases, 5 * 4 * 4 * 8 * 6 * 4 * 8);
}

#[test]
fn b2_each_line_has_an_id_of_its_own_and_says_when() {
    let mut ids: Vec<&str> = TABLE.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), TABLE.len());
    assert!(TABLE.iter().map(|rule| String::from(rule.when)).all(|words| !words.is_empty()));
}

#[test]
fn b2_wider_riskier_or_worse_known_never_asks_for_less() {
    let least = Case {
        level: Level::SingleInstance,
        instances: 1,
        critical: false,
        severity: Severity::Sev1,
        risk: Risk::Low,
        irreversible: false,
        classes: BTreeSet::new(),
        production: false,
        deletions: 0,
    };
    assert_eq!(found(&least), Vec::<&str>::new());
    for level in LEVELS.into_iter().filter(|level| *level > Level::SingleService) {
        assert!(!found(&Case { level, ..least.clone() }).is_empty(), "{level}");
    }
}
