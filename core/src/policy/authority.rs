//! Who may do what: one table, default deny. A role it does not name may do nothing.

use crate::model::event::Principal;
use crate::model::radius::Level;
use crate::model::severity::{Risk, Severity};
use crate::policy::Policy;
use crate::policy::blast::Case;
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::String;

/// The roles that mean something to the engine or the host. A policy may use others where it names them itself:
/// as those who may approve, or as those who are told.
pub const ROLES: [&str; 13] = [
    "viewer",
    "responder",
    "operator",
    "sre_lead",
    "engineering_manager",
    "executive",
    "cto",
    "vp_engineering",
    "author",
    "admin",
    "auditor",
    "agent",
    "source",
];

/// The roles of programs. Who holds one is taken for a program.
pub const MACHINES: [&str; 2] = ["agent", "source"];

/// Whether `who` is a program: it may report, and decides nothing, whatever else it holds.
pub fn is_machine(who: &Principal) -> bool {
    MACHINES.iter().any(|role| who.roles.contains(*role))
}

/// What a person may ask of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Say that somebody takes care of an incident.
    Acknowledge,
    /// Close an incident.
    CloseIncident,
    /// Say that a storm is over.
    EndStorm,
    /// Stop everything automatic.
    Kill,
    /// Lower the ceiling on the mode.
    LowerMode,
    /// Open and change a maintenance window, and close any window.
    Maintain,
    /// Open and change a change window.
    OpenChangeWindow,
    /// Raise the ceiling on the mode.
    RaiseMode,
    /// Put another policy in force.
    ReplacePolicy,
    /// Release the kill switch.
    Resume,
    /// Say who stands in on call.
    SetOnCall,
    /// Set the severity of an incident.
    SetSeverity,
    /// Order a run.
    StartRun,
    /// Call off or undo a run, or close a breaker.
    UndoOrReset,
    /// Say what is not told for a time.
    Silence,
}

impl Verb {
    /// The roles that may, any one of them.
    ///
    /// | to | at least |
    /// |---|---|
    /// | acknowledge | responder |
    /// | order a run, close an incident, set its severity, say who stands in on call, silence, stop everything, lower the mode, call off or undo a run, close a breaker, open a maintenance window, close any window | operator |
    /// | release the kill switch, raise the mode, end a storm, open a change window | sre_lead |
    /// | put another policy in force | admin |
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            Verb::Acknowledge => {
                &["responder", "operator", "sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"]
            }
            Verb::CloseIncident
            | Verb::Kill
            | Verb::LowerMode
            | Verb::Maintain
            | Verb::SetOnCall
            | Verb::SetSeverity
            | Verb::Silence
            | Verb::StartRun
            | Verb::UndoOrReset => {
                &["operator", "sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"]
            }
            Verb::EndStorm | Verb::OpenChangeWindow | Verb::RaiseMode | Verb::Resume => {
                &["sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"]
            }
            Verb::ReplacePolicy => &["admin"],
        }
    }

    /// Whether `who` may; if not, why not and who might.
    ///
    /// # Errors
    /// When none of the roles he holds suffices.
    pub fn check(self, who: &Principal) -> Result<(), String> {
        if self.roles().iter().any(|role| who.roles.contains(*role)) {
            return Ok(());
        }
        let roles = self.roles().join("`, `");
        Err(format!("`{}` holds none of the roles that may: expected one of `{roles}`", who.id))
    }
}

impl Policy {
    /// `who` with the roles that count by this policy: where it names people, those of his that it gives him, and none
    /// where it does not name him. Whoever was a program, or is one by now, remains one.
    pub fn in_force(&self, who: &Principal) -> Principal {
        if self.people().is_empty() {
            return who.clone();
        }
        let given = self.people().get(&who.id);
        let given = |role: &Name| given.is_some_and(|given| given.contains(role));
        let machine = |role: &Name| MACHINES.contains(&role.as_str());
        let kept = who.roles.iter().filter(|role| machine(role) || given(role));
        let became = MACHINES.iter().map(|role| Name::new(role)).filter(given);
        Principal { id: who.id.clone(), roles: kept.cloned().chain(became).collect() }
    }
}

/// Whether a run that `who` ordered needs nobody else as far as `who` goes: what it reaches and risks, where, in how bad
/// an incident. Whatever is wider he may ask for; what the table of blast asks for is needed besides.
///
/// | role | reaches at most | at SEV0 | risks at most |
/// |---|---|---|---|
/// | operator | single instance; outside of production a single service | a single instance | medium; in production at SEV0 low |
/// | sre_lead, engineering_manager, executive, cto, vp_engineering | a single service | the same | medium |
/// | any other, a program, nobody | nothing | nothing | nothing |
pub fn starts_alone(who: &Principal, case: &Case) -> bool {
    if is_machine(who) || Verb::StartRun.check(who).is_err() {
        return false;
    }
    let leads = ["sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"];
    let worst = case.severity == Severity::Sev0;
    let (reach, risk) = if leads.iter().any(|role| who.roles.contains(*role)) {
        (Level::SingleService, Risk::Medium)
    } else {
        let reach = if case.production || worst { Level::SingleInstance } else { Level::SingleService };
        (reach, if case.production && worst { Risk::Low } else { Risk::Medium })
    };
    case.level <= reach && case.risk <= risk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Source;
    use std::format;

    fn holding(role: &str) -> Principal {
        Principal { id: "ann".into(), roles: [Name::new(role)].into() }
    }

    #[test]
    fn a_responder_acknowledges_and_no_more_and_a_viewer_does_nothing() {
        for (role, allowed) in [("viewer", [false; 3]), ("responder", [true, false, false]), ("operator", [true; 3])] {
            let verbs = [Verb::Acknowledge, Verb::CloseIncident, Verb::SetSeverity];
            assert_eq!(verbs.map(|verb| verb.check(&holding(role)).is_ok()), allowed, "{role}");
        }
        assert!(Verb::Acknowledge.check(&Principal { id: "x".into(), roles: Default::default() }).is_err());
    }

    /// Written by hand, sharing nothing with the function: who starts what alone.
    fn reference(role: &str, case: &Case) -> bool {
        let lead = ["sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"].contains(&role);
        match (role, case.level, case.risk) {
            (_, Level::MultipleServices | Level::ClusterWide | Level::MultiRegion, _) => false,
            (_, _, Risk::High | Risk::Critical) => false,
            _ if lead => true,
            ("operator", Level::SingleInstance, Risk::Low) => true,
            ("operator", Level::SingleInstance, Risk::Medium) => !(case.production && case.severity == Severity::Sev0),
            ("operator", Level::SingleService, _) => !case.production && case.severity != Severity::Sev0,
            _ => false,
        }
    }

    #[test]
    fn safe_4_the_table_of_who_starts_a_run_alone_says_what_the_reference_says() {
        let levels = [
            Level::SingleInstance,
            Level::SingleService,
            Level::MultipleServices,
            Level::ClusterWide,
            Level::MultiRegion,
        ];
        for role in ROLES.into_iter().chain(["of my own making"]) {
            for (level, severity) in levels.into_iter().flat_map(|l| Severity::ALL.map(|s| (l, s))) {
                for risk in [Risk::Low, Risk::Medium, Risk::High, Risk::Critical] {
                    for production in [false, true] {
                        let case = Case {
                            level,
                            instances: 1,
                            critical: false,
                            severity,
                            risk,
                            irreversible: false,
                            classes: Default::default(),
                            production,
                            deletions: 0,
                        };
                        assert_eq!(starts_alone(&holding(role), &case), reference(role, &case), "{role}: {case:?}");
                        let mut program = holding(role);
                        program.roles.insert("agent".into());
                        assert!(!starts_alone(&program, &case), "forbid wins");
                    }
                }
            }
        }
    }

    #[test]
    fn p7_what_a_role_is_worth_says_the_policy_in_force() {
        let policy = |people: &str| {
            let text = format!("components: {{ web: {{ checks: [{{ tcp: 'x:1' }}] }} }}\n{people}");
            Policy::load(&[Source { name: "p.yaml".into(), text }]).unwrap().policy
        };
        let nobody = policy("");
        let some = policy("people: { ann: viewer, bob: [operator, sre_lead], bot: [operator, agent] }");
        let roles = |policy: &Policy, id: &str, held: &[&str]| {
            let who = Principal { id: id.into(), roles: held.iter().map(|role| Name::new(role)).collect() };
            let counting = policy.in_force(&who);
            assert_eq!(counting.id, who.id);
            counting.roles.iter().map(Name::as_str).collect::<std::vec::Vec<_>>().join(" ")
        };
        assert_eq!(roles(&nobody, "ann", &["operator"]), "operator", "it says nothing of anybody");
        assert_eq!(roles(&some, "ann", &["operator"]), "", "his role was taken");
        assert_eq!(roles(&some, "bob", &["operator", "admin"]), "operator", "none is added, none is kept");
        assert_eq!(roles(&some, "lea", &["operator"]), "", "it does not name her");
        assert_eq!(roles(&some, "bot", &["operator"]), "agent operator", "it is a program by now");
        assert_eq!(roles(&some, "bob", &["operator", "source"]), "operator source", "and so is what was one");
        assert!(is_machine(&some.in_force(&Principal { id: "lea".into(), roles: ["agent".into()].into() })));
    }
}
