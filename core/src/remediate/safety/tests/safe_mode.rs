//! The link `safe_mode`, and the approval that it asks for.

use super::*;

/// A plan that two instances are touched by, which its group can bear.
fn touches_two(world: &mut World) {
    world.targets.insert("web-1".into(), Grip::Gentle);
    let budget = &mut world.policy.safety.default_budget;
    (budget.max_in_flight, budget.max_unhealthy) = (Share::Count(3), Share::Count(3));
    world.severity = Severity::Sev1;
}

/// The plan is of a playbook that fits only by chance.
fn by_chance(world: &mut World) {
    world.playbook.trigger.issues.clear();
    world.playbook.trigger.state = Some(State::Unhealthy);
}

fn deployed(world: &mut World, component: &str, at: i64) {
    world.memory.doubts.changed(&component.into(), &"deploy".into(), second(at), LIMITS);
}

fn approved(world: &mut World) {
    let by = [("ann".into(), [Name::new("operator")].into())].into();
    world.grant = Some(Grant { by, until: second(2_000) });
}

#[test]
fn safe_mode_refuses_alone() {
    let always = |world: &mut World| world.policy.safety.safe_mode.always = true;
    for occasion in [Occasion::FirstStep, Occasion::LaterStep, Occasion::Retry] {
        let held = |world: &mut World| (touches_two(world), approved(world), world.occasion = occasion).0;
        assert_eq!(with(|world| (held(world), always(world)).0), "safe_mode.too_much", "{occasion:?}");
        assert_eq!(with(|world| (held(world), deployed(world, "web-0", 999)).0), "safe_mode.too_much");
        assert_eq!(with(|world| (held(world), by_chance(world)).0), "safe_mode.too_much", "a new kind");
    }
    let ordered = |world: &mut World| {
        touches_two(world);
        approved(world);
        always(world);
        world.occasion = Occasion::Manual;
        world.by = Some(Principal { id: "bob".into(), roles: ["sre_lead".into()].into() });
    };
    assert_eq!(with(ordered), "safe_mode.too_much", "whoever orders it");
    let wide = |world: &mut World| {
        always(world);
        approved(world);
        world.planned = Some(Level::MultipleServices);
    };
    assert_eq!(with(wide), "safe_mode.too_much", "one instance, which several services are hit with");
}

#[test]
fn safe_mode_lets_the_same_plan_through() {
    assert_eq!(with(touches_two), "allowed", "there is no doubt");
    let one = |world: &mut World| {
        touches_two(world);
        world.policy.safety.safe_mode.always = true;
        world.targets.insert("web-1".into(), Grip::None);
    };
    assert_eq!(with(one), "approval.required", "one is touched: with a person");
    assert_eq!(with(|world| (one(world), approved(world)).0), "allowed");
    let whole = |world: &mut World| (one(world), approved(world), world.planned = Some(Level::SingleService)).0;
    assert_eq!(with(whole), "allowed", "one service");
    let undoing = |world: &mut World| {
        touches_two(world);
        world.policy.safety.safe_mode.always = true;
        world.occasion = Occasion::Rollback;
    };
    assert_eq!(with(undoing), "allowed", "what was done is undone whatever is in doubt");
    for (adapter, risk, rule) in [
        (Adapter::Engine, Risk::Low, "allowed"),
        (Adapter::Engine, Risk::Medium, "allowed"),
        (Adapter::Host, Risk::Low, "allowed"),
        (Adapter::Host, Risk::Medium, "approval.required"),
    ] {
        let elsewhere = |world: &mut World| {
            one(world);
            world.action = Action { touches: Touches::Nothing, adapter: adapter.clone(), risk, ..action() };
        };
        assert_eq!(with(elsewhere), rule, "it touches nothing that is watched: {adapter:?}, {risk:?}");
    }
    let engine = |world: &mut World| (one(world), world.action.adapter = Adapter::Engine).0;
    assert_eq!(with(engine), "approval.required", "it touches something");
}

#[test]
fn g4_who_orders_it_is_not_who_approves_it() {
    let ordered = |world: &mut World| {
        world.policy.safety.safe_mode.always = true;
        world.occasion = Occasion::Manual;
        world.by = Some(Principal { id: "bob".into(), roles: ["sre_lead".into()].into() });
    };
    assert_eq!(with(ordered), "approval.required");
    assert_eq!(with(|world| (ordered(world), approved(world)).0), "allowed");
}

#[test]
fn g4_a_deployment_counts_for_its_time_for_its_service_and_for_what_depends_on_it() {
    let minutes = |minutes: i64| 1_000 - minutes * 60;
    assert_eq!(with(|world| deployed(world, "web-0", minutes(30) + 1)), "approval.required");
    assert_eq!(with(|world| deployed(world, "web-0", minutes(30))), "allowed", "that is over");
    assert_eq!(with(|world| deployed(world, "web-2", 999)), "approval.required", "another of its service");
    assert_eq!(with(|world| deployed(world, "db", 999)), "allowed", "something else");
    for needed in ["db-1", "db"] {
        let depends = |world: &mut World| {
            let mut db = component("db-1", &[]);
            db.place.service = Some("db".into());
            world.knowledge.topology.register(Arc::new(db));
            let mut member = (**world.knowledge.topology.component(&"web-0".into()).unwrap()).clone();
            member.depends_on.insert(needed.into());
            world.knowledge.topology.register(Arc::new(member));
            deployed(world, "db-1", 999);
        };
        assert_eq!(with(depends), "approval.required", "it depends on `{needed}`");
    }
    let target = |world: &mut World| {
        world.targets = [("other".into(), Grip::Gentle)].into();
        world.knowledge.topology.register(Arc::new(component("other", &[])));
        deployed(world, "other", 999);
    };
    assert_eq!(with(target), "approval.required", "what would be touched");
    let unknown = |world: &mut World| {
        deployed(world, "web-0", 990);
        deployed(world, "gone", 999);
    };
    let mut world = World::of(3);
    unknown(&mut world);
    let said = world.links().into_iter().find(|link| link.link == Link::SafeMode).unwrap();
    let value = |name: &str| said.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_string());
    assert_eq!((value("deployed").as_deref(), value("because").as_deref()), (Some("web-0"), Some("recent_deployment")));
    assert_eq!(value("until"), Some(((990 + 1_800) * 1_000).to_string()));
    let never = |world: &mut World| {
        deployed(world, "web-0", 999);
        world.policy.safety.safe_mode.after_deployment = Span::ZERO;
    };
    assert_eq!(with(never), "allowed");
}

#[test]
fn g4_taking_the_deployment_back_is_exempt() {
    let back = |world: &mut World| (deployed(world, "web-0", 999), world.action.name = "rollback_deployment".into()).0;
    assert_eq!(with(back), "allowed");
    let another = |world: &mut World| {
        back(world);
        world.knowledge.topology.register(Arc::new(component("other", &[])));
        world.targets = [("other".into(), Grip::Gentle)].into();
    };
    assert_eq!(with(another), "approval.required", "something else is not what was deployed");
    let and_another = |world: &mut World| (another(world), world.targets.insert("web-0".into(), Grip::Gentle)).0;
    assert_ne!(with(and_another), "allowed", "nor is it with what was");
    assert_eq!(
        with(|world| (back(world), world.targets = [("web-0".into(), Grip::None)].into()).0),
        "approval.required"
    );
    let named = |world: &mut World| {
        back(world);
        world.knowledge.topology.register(Arc::new(component("other", &[])));
        world.targets.insert("other".into(), Grip::None);
    };
    assert_eq!(with(named), "allowed", "what is only named is not touched");
    let sibling = |world: &mut World| (back(world), deployed(world, "web-2", 999)).0;
    assert_eq!(with(sibling), "allowed", "a service is deployed as a whole");
    let service = |world: &mut World| {
        deployed(world, "web", 999);
        world.action.name = "rollback_deployment".into();
    };
    assert_eq!(with(service), "allowed", "named by its service");
    let two = |world: &mut World| {
        back(world);
        let mut member = (**world.knowledge.topology.component(&"web-0".into()).unwrap()).clone();
        member.depends_on.insert("db".into());
        world.knowledge.topology.register(Arc::new(member));
        deployed(world, "db", 998);
    };
    assert_eq!(with(two), "approval.required", "what it depends on was deployed as well, and stays");
    let but_not_else = |world: &mut World| (back(world), world.policy.safety.safe_mode.always = true).0;
    assert_eq!(with(but_not_else), "approval.required", "from what has to do with the deployment only");
}

#[test]
fn g4_a_kind_is_known_where_a_playbook_is_for_it_or_once_it_was_remedied() {
    assert_eq!(with(by_chance), "approval.required");
    type Change = fn(&mut World);
    let known: [Change; 6] = [
        |world| world.playbook.trigger.supervised = true,
        |world| world.playbook.trigger.components.extend(["web-0".into()]),
        |world| world.playbook.trigger.kinds.extend(["custom".into()]),
        |world| world.playbook.trigger.issues.extend(["down".into()]),
        |world| {
            world.playbook.id = "down".into();
            world.playbook.trigger.condition = Some(Condition::parse("state == unhealthy", &Open).unwrap());
        },
        |world| {
            let safe = &mut world.policy.safety.safe_mode;
            (safe.unknown_cause, safe.new_kind) = (false, false);
        },
    ];
    for (case, change) in known.into_iter().enumerate() {
        assert_eq!(with(|world| (by_chance(world), change(world)).0), "allowed", "case {case}");
    }
    let unknown: [Change; 2] =
        [|world| world.playbook.id = "down".into(), |world| world.playbook.trigger.issues.extend(["slow".into()])];
    for (case, change) in unknown.into_iter().enumerate() {
        assert_eq!(with(|world| (by_chance(world), change(world)).0), "approval.required", "case {case}");
    }
    let workaround = |world: &mut World, of: &str, trigger: &str| {
        by_chance(world);
        let text = format!(
            "components: {{ web-0: {{ checks: [{{ tcp: 'x:1' }}] }}, db: {{ checks: [{{ tcp: 'x:1' }}] }} }}\nmode: auto\nplaybooks:\n- {{ name: first, workaround: {of}, trigger: {trigger}, steps: [restart] }}\n- {{ name: restart, trigger: {{ state: critical }}, steps: [restart] }}\n- {{ name: other, trigger: {{ state: critical }}, steps: [restart] }}\n"
        );
        world.policy = Policy::load(&[Source { name: "p.yaml".into(), text }]).unwrap().policy;
    };
    let state = "{ component: web-0, state: unhealthy }";
    assert_eq!(with(|world| workaround(world, "restart", state)), "allowed", "it stands in for one that is");
    for (of, trigger) in
        [("other", state), ("restart", "{ component: db, state: unhealthy }"), ("restart", "{ state: unhealthy }")]
    {
        assert_eq!(with(|world| workaround(world, of, trigger)), "approval.required", "{of}, {trigger}");
    }
    let stateless = |world: &mut World| {
        by_chance(world);
        world.playbook.trigger.components.insert("web-0".into());
        world.playbook.trigger.state = None;
    };
    assert_eq!(with(stateless), "approval.required", "whatever is the matter with it is not exactly that");
    let remedied = |world: &mut World, issue: &str| {
        by_chance(world);
        world.evidence = Some(Evidence::Health);
        world.memory.doubts.remedied(&issue.into(), &"custom".into());
    };
    assert_eq!(with(|world| remedied(world, "down")), "allowed");
    assert_eq!(with(|world| remedied(world, "slow")), "approval.required", "another kind");
    let careless = |world: &mut World| {
        remedied(world, "slow");
        world.policy.safety.safe_mode.new_kind = false;
    };
    assert_eq!(with(careless), "allowed", "as the policy says: what is seen has a cause");
}

/// What only somebody's word bears out is of an unknown cause, whatever was remedied before; so is what is not registered.
#[test]
fn safe_mode_refuses_what_is_not_known() {
    for evidence in [Some(Evidence::Word), None] {
        let word = |world: &mut World| {
            by_chance(world);
            touches_two(world);
            approved(world);
            world.evidence = evidence;
            world.memory.doubts.remedied(&"down".into(), &"custom".into());
        };
        assert_eq!(with(word), "safe_mode.too_much", "{evidence:?}");
        let careless = |world: &mut World| (word(world), world.policy.safety.safe_mode.unknown_cause = false).0;
        assert_eq!(with(careless), "allowed");
    }
    for evidence in [Evidence::Health, Evidence::Signal] {
        let seen = |world: &mut World| {
            by_chance(world);
            world.evidence = Some(evidence);
            world.memory.doubts.remedied(&"down".into(), &"custom".into());
        };
        assert_eq!(with(seen), "allowed");
    }
    let mut world = World::of(3);
    world.knowledge.topology.remove(&"web-0".into());
    let said = world.links().into_iter().find(|link| link.link == Link::SafeMode).unwrap();
    assert!(said.values.contains(&("because".into(), crate::model::value::Value::text("unknown_component"))));
}

#[test]
fn g4_where_more_was_deployed_than_is_remembered_everything_may_have_been() {
    let many = |world: &mut World, at: i64| {
        for name in ["x", "y"] {
            world.memory.doubts.changed(&name.into(), &"deploy".into(), second(at), (1, Span::from_mins(30)));
        }
    };
    let minutes = |minutes: i64| 1_000 - minutes * 60;
    assert_eq!(with(|world| many(world, minutes(30) + 1)), "approval.required");
    assert_eq!(with(|world| many(world, minutes(30))), "allowed", "that is over");
    let back = |world: &mut World| (many(world, 999), world.action.name = "rollback_deployment".into()).0;
    assert_eq!(with(back), "approval.required", "nobody knows that it was this");
}

#[test]
fn p6_why_safe_mode_holds_is_said_in_words() {
    let words = |doubtful: fn(&mut World)| {
        let mut world = World::of(3);
        touches_two(&mut world);
        doubtful(&mut world);
        let said = world.says(Link::SafeMode);
        assert_eq!(said.rule, "safe_mode.too_much");
        said.remedy.split_once("safe mode holds, ").map(|(_, why)| why.to_string()).unwrap()
    };
    assert_eq!(words(|world| world.policy.safety.safe_mode.always = true), "as the policy says");
    let new_kind = |world: &mut World| {
        by_chance(world);
        world.evidence = Some(Evidence::Health);
    };
    assert_eq!(words(new_kind), "since nothing like it was ever remedied here");
    assert_eq!(words(|world| deployed(world, "web-0", 999)), "since something was deployed a short while ago");
    assert_eq!(words(by_chance), "since its cause is not known");
}

#[test]
fn g4_what_is_for_degraded_is_foreseen_for_what_was_down_and_is_degraded() {
    let milder = |state: State| {
        with(|world| {
            by_chance(world);
            world.playbook.trigger.state = None;
            world.playbook.trigger.issues = ["degraded".into()].into();
            world.is("web-0", state);
        })
    };
    assert_eq!((milder(State::Degraded), milder(State::Critical)), ("allowed".into(), "approval.required".into()));
}
