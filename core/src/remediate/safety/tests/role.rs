//! The link `role`.

use super::*;

fn ordered(world: &mut World, roles: &[&str]) {
    let roles = roles.iter().map(|role| Name::new(role)).collect();
    world.by = Some(Principal { id: "bob".into(), roles });
    world.occasion = Occasion::Manual;
}

#[test]
fn role_refuses_alone() {
    let granted = |world: &mut World, role: &str| {
        ordered(world, &[role]);
        let by = [(Name::new("ann"), [Name::new("operator")].into())].into();
        world.grant = Some(Grant { by, until: second(2_000) });
    };
    for role in ["viewer", "responder", "auditor", "admin", "author"] {
        assert_eq!(with(|world| granted(world, role)), "role.may_not", "{role}, whoever approved");
    }
}

#[test]
fn role_lets_the_same_plan_through() {
    for role in ["operator", "sre_lead", "engineering_manager", "executive", "cto", "vp_engineering"] {
        assert_eq!(with(|world| ordered(world, &[role])), "allowed", "{role}");
    }
}

#[test]
fn role_refuses_what_is_not_known() {
    let granted = |world: &mut World, roles: &[&str]| {
        ordered(world, roles);
        let by = [(Name::new("ann"), [Name::new("operator")].into())].into();
        world.grant = Some(Grant { by, until: second(2_000) });
    };
    assert_eq!(with(|world| granted(world, &[])), "role.may_not");
    assert_eq!(with(|world| granted(world, &["of my own making"])), "role.may_not");
    assert_eq!(with(|world| granted(world, &["operator", "agent"])), "role.program");
    for occasion in [Occasion::LaterStep, Occasion::Retry, Occasion::Rollback] {
        assert_eq!(with(|world| (granted(world, &["viewer"]), world.occasion = occasion).0), "role.may_not");
    }
}

#[test]
fn r11_in_suggest_and_approve_an_order_is_enough_and_in_observe_and_off_it_is_not() {
    for (mode, rule) in [
        (Mode::Off, "mode.off"),
        (Mode::Observe, "mode.observe"),
        (Mode::Suggest, "allowed"),
        (Mode::Approve, "allowed"),
        (Mode::Auto, "allowed"),
    ] {
        for occasion in [Occasion::Manual, Occasion::LaterStep, Occasion::Retry] {
            let ask = |world: &mut World| {
                ordered(world, &["operator"]);
                world.policy.mode = mode;
                world.occasion = occasion;
            };
            assert_eq!(with(ask), rule, "{mode}, {occasion:?}");
        }
    }
}

#[test]
fn r11_what_is_wider_or_riskier_than_a_role_may_start_alone_is_put_to_somebody_else() {
    let wider = |world: &mut World, role: &str| {
        ordered(world, &[role]);
        world.severity = Severity::Sev1;
        world.targets = [("web-0".into(), Grip::Gentle), ("web-1".into(), Grip::Gentle)].into();
        world.policy.safety.default_budget.max_in_flight = Share::Count(9);
    };
    assert_eq!(with(|world| wider(world, "operator")), "approval.required");
    assert_eq!(with(|world| wider(world, "sre_lead")), "allowed");
}

#[test]
fn p7_a_role_that_the_policy_in_force_does_not_give_counts_no_more() {
    let people = |world: &mut World, id: &str, role: &str| {
        world.policy.people.insert(id.into(), [Name::new(role)].into());
    };
    let granted = |world: &mut World| {
        let by = [(Name::new("ann"), [Name::new("operator")].into())].into();
        world.grant = Some(Grant { by, until: second(2_000) });
    };
    let order = |world: &mut World, role: &str| {
        ordered(world, &["operator"]);
        granted(world);
        people(world, "ann", "operator");
        people(world, "bob", role);
    };
    assert_eq!(with(|world| order(world, "operator")), "allowed");
    assert_eq!(with(|world| order(world, "viewer")), "role.may_not");
    let program = |world: &mut World| {
        order(world, "agent");
        world.policy.people.insert("bob".into(), ["agent".into(), "operator".into()].into());
    };
    assert_eq!(with(program), "role.program", "he is a program by now");
    let unnamed = |world: &mut World| (order(world, "viewer"), world.policy.people.remove("bob")).0;
    assert_eq!(with(unnamed), "role.may_not");
    for occasion in [Occasion::LaterStep, Occasion::Retry] {
        assert_eq!(with(|world| (order(world, "viewer"), world.occasion = occasion).0), "role.may_not");
    }
    let undoing = |world: &mut World| (order(world, "viewer"), world.occasion = Occasion::Rollback).0;
    assert_eq!(with(undoing), "allowed", "what he has begun is undone all the same");
    let approved = |world: &mut World, role: &str| {
        world.playbook.safety.require_approval = true;
        granted(world);
        people(world, "ann", role);
    };
    assert_eq!(with(|world| approved(world, "operator")), "allowed");
    for role in ["viewer", "sre_lead", "agent"] {
        assert_eq!(with(|world| approved(world, role)), "approval.required", "{role}");
        let undoing = |world: &mut World| (approved(world, role), world.occasion = Occasion::Rollback).0;
        assert_eq!(with(undoing), "allowed", "an approval covers the way back");
    }
}
