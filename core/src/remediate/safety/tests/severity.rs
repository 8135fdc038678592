//! The link `severity`, and the approval that it asks for.

use super::*;

/// What is done alone at SEV0, in an incident as bad as that.
fn at_sev0(world: &mut World) {
    world.severity = Severity::Sev0;
    world.policy.safety.sev0_allow.insert("restart".into());
}

fn approved(world: &mut World) {
    let by = [("ann".into(), [Name::new("operator")].into())].into();
    world.grant = Some(Grant { by, until: second(1_001) });
}

type Change = fn(&mut World);

/// What makes a plan one that is not carried out alone, and why.
const BEYOND: [(&str, Change); 5] = [
    ("not_listed", |world| world.policy.safety.sev0_allow.clear()),
    ("risk", |world| world.action.risk = Risk::Medium),
    ("irreversible", |world| world.action.reversal = Reversal::Irreversible),
    ("level", |world| world.planned = Some(Level::SingleService)),
    ("irreversible", |world| {
        world.action.reversal = undone();
        world.playbook.rollback = false;
    }),
];

fn undo() -> crate::policy::actions::Undo {
    crate::policy::actions::Undo { action: "restart".into(), parameters: BTreeMap::new(), capture: Default::default() }
}

fn undone() -> Reversal {
    Reversal::Reversible(undo())
}

#[test]
fn severity_refuses_alone() {
    for (why, beyond) in BEYOND {
        for occasion in [Occasion::FirstStep, Occasion::LaterStep, Occasion::Retry] {
            let change = |world: &mut World| (at_sev0(world), beyond(world), world.occasion = occasion).0;
            assert_eq!(with(change), "severity.not_alone", "{why}, {occasion:?}");
            let mut world = World::of(3);
            change(&mut world);
            let because = ("because".into(), crate::model::value::Value::text(why));
            let refusal = world.refusal().unwrap();
            assert!(refusal.values.contains(&because), "{why}");
            let words = [
                ("not_listed", "that `safety.sev0_allow` does not name"),
                ("risk", "that is of more than low risk"),
                ("irreversible", "that cannot be taken back"),
                ("level", "that reaches more than one instance"),
            ];
            let (_, words) = words.into_iter().find(|(known, _)| *known == why).unwrap();
            assert!(refusal.remedy.ends_with(words), "{why}: {}", refusal.remedy);
        }
    }
    let late = |world: &mut World| (at_sev0(world), BEYOND[0].1(world), approved(world), world.now = second(1_001)).0;
    assert_eq!(with(late), "severity.not_alone", "the approval is over");
    let other = |world: &mut World| {
        at_sev0(world);
        world.action.reversal = Reversal::Compensable(undo());
    };
    assert_eq!(with(other), "severity.not_alone", "what is made good is not taken back");
}

#[test]
fn severity_lets_the_same_plan_through() {
    assert_eq!(with(at_sev0), "allowed", "low risk, one instance, listed");
    let reversible = |world: &mut World| (at_sev0(world), world.action.reversal = undone()).0;
    assert_eq!(with(reversible), "allowed");
    for (why, beyond) in BEYOND {
        let milder = |world: &mut World| (at_sev0(world), beyond(world), world.severity = Severity::Sev1).0;
        assert_eq!(with(milder), "allowed", "{why}");
        assert_eq!(with(|world| (at_sev0(world), beyond(world), approved(world)).0), "allowed", "{why}: a person");
        let undoing = |world: &mut World| (at_sev0(world), beyond(world), world.occasion = Occasion::Rollback).0;
        assert_eq!(with(undoing), "allowed", "{why}: what was done is undone all the same");
    }
    let ordered = |world: &mut World| {
        at_sev0(world);
        world.policy.safety.sev0_allow.clear();
        world.occasion = Occasion::Manual;
        world.by = Some(Principal { id: "bob".into(), roles: ["operator".into()].into() });
    };
    assert_eq!(with(ordered), "allowed", "a person has ordered it");
    let tells = |world: &mut World| {
        world.severity = Severity::Sev0;
        (world.action.adapter, world.action.touches) = (Adapter::Engine, Touches::Nothing);
    };
    assert_eq!(with(tells), "allowed", "telling people is not acting");
}

/// An action of the plan that is not in the registry is not known to be harmless.
#[test]
fn severity_refuses_what_is_not_known() {
    let unknown = |world: &mut World| (at_sev0(world), world.steps = [step("unheard_of")].into()).0;
    assert_eq!(with(unknown), "severity.not_alone");
    assert_eq!(with(|world| (unknown(world), world.severity = Severity::Sev1).0), "reversibility.unknown");
}
