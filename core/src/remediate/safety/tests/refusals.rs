//! Every way in which a link refuses, and what it says would let the plan through.

use super::*;
use crate::model::window::WindowKind;
use crate::policy::actions::ActionClass;
use crate::remediate::safety::effect::Effect;

/// What makes a link refuse, the rule by which it does, and words that its smallest change must have.
type Case = (fn(&mut World), &'static str, &'static str);

/// Every way in which a link refuses.
fn refusals(link: Link) -> Vec<Case> {
    fn used(world: &mut World, runs: u32, component: &str) {
        for n in 0..runs {
            let run = RunId::derive(incident("web-0", "down").id, 0, &Name::new(component), 100 + n);
            world.memory.rates.consume(run, &component.into(), second(900), false, Span::from_mins(240));
        }
    }
    fn fails(world: &mut World) {
        let settings = world.policy.safety.breaker.clone();
        for _ in 0..3 {
            world.memory.breakers.record(&"restart".into(), &"web-0".into(), false, &settings, second(940));
        }
    }
    fn needs(world: &mut World, text: &str) {
        let condition = Condition::parse(text, &Open).unwrap();
        world.playbook.preconditions.push(Precondition { name: "p".into(), condition });
    }
    fn irreversible(world: &mut World) {
        world.action.reversal = Reversal::Irreversible;
        world.action.risk = Risk::Medium;
        world.occasion = Occasion::Rollback;
    }
    match link {
        Link::Mode => [
            (
                (|world| world.policy.mode = Mode::Suggest) as fn(&mut World),
                "mode.suggest",
                "`approve` or `auto` in the policy",
            ),
            (|world| world.playbook.safety.mode = Some(Mode::Observe), "mode.observe", "for this playbook"),
            (
                |world| world.knowledge.apply(&[control("mode", "off")], &world.policy.limits),
                "mode.off",
                "`approve` or `auto` set at run time",
            ),
        ]
        .into(),
        Link::KillSwitch => [
            (
                (|world| world.knowledge.apply(&[control("kill", "storm")], &world.policy.limits)) as fn(&mut World),
                "kill_switch.engaged",
                "release of the kill switch `storm`",
            ),
            (
                |world| {
                    let said = Conclusion::FaultLatched { what: "test".into() };
                    world.knowledge.apply(&[Fact::new(second(1), "engine.test", said)], &world.policy.limits);
                },
                "kill_switch.fault_latch",
                "a person",
            ),
        ]
        .into(),
        Link::WarmUp => [
            (
                (|world| {
                    let said =
                        Conclusion::WarmUpBegan(crate::model::calm::Warming { until: second(1_030), awaited: 2 });
                    world.knowledge.apply(&[Fact::new(second(970), "test", said)], &world.policy.limits);
                }) as fn(&mut World),
                "warm_up.not_over",
                "a word of every component, or waiting 30 s more",
            ),
            (|world| world.knowledge.warm_up = Default::default(), "warm_up.not_over", "a word of every component"),
        ]
        .into(),
        Link::Severity => [
            (
                (|world| world.severity = Severity::Sev0) as fn(&mut World),
                "severity.not_alone",
                "an approval: at SEV0 nothing is done alone that `safety.sev0_allow` does not name",
            ),
            (
                |world| {
                    world.severity = Severity::Sev0;
                    world.steps = [step("unheard_of")].into();
                },
                "severity.not_alone",
                "whose action nobody knows",
            ),
        ]
        .into(),
        Link::Blast => [
            (
                (|world| {
                    world.targets = [("web-0".into(), Grip::Disruptive), ("web-1".into(), Grip::Gentle)].into();
                    world.planned = Some(Level::SingleInstance);
                }) as fn(&mut World),
                "blast.grown",
                "a new plan: it would reach single_service now",
            ),
            (
                |world| world.action.touches = Touches::Cluster,
                "blast.cluster_wide",
                "an order by a person, signed off by sre_lead and engineering_manager",
            ),
            (
                |world| world.planned = Some(Level::MultiRegion),
                "blast.multi_region",
                "an order by a person, signed off by cto and vp_engineering",
            ),
        ]
        .into(),
        Link::Budgets => [
            (
                (|world| world.memory.frozen.extend([("web-0".into(), None)])) as fn(&mut World),
                "budgets.target_frozen",
                "reset `web-0`",
            ),
            (|world| world.runs_on("web-0", Status::Running), "budgets.target_busy", "the end of the run on `web-0`"),
            (|world| world.is("web-1", State::Unhealthy), "budgets.max_unhealthy", "at most 1 of 3 unhealthy in `web`"),
            (
                |world| {
                    world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
                    world.runs_on("web-1", Status::Running);
                },
                "budgets.max_in_flight",
                "the end of another run in `web`",
            ),
            (
                |world| {
                    world.policy.safety.default_budget.max_unhealthy = Share::Count(3);
                    world.targets = [("web-1".into(), Grip::Disruptive)].into();
                    world.is("web-2", State::Unhealthy);
                },
                "budgets.keep_healthy_at_least",
                "1 healthy besides in `web`",
            ),
        ]
        .into(),
        Link::Preconditions => [
            ((|world| needs(world, "state == healthy")) as fn(&mut World), "preconditions.false", "`state == "),
            (|world| needs(world, "cpu > 1"), "preconditions.unknown", "`cpu > 1` known to be true"),
            (
                |world| world.playbook.trigger.condition = Some(Condition::parse("cpu > 9", &Open).unwrap()),
                "preconditions.trigger",
                "`cpu > 9`, which it answers",
            ),
        ]
        .into(),
        Link::Reversibility => {
            [(irreversible as fn(&mut World), "reversibility.undo_is_irreversible", "a person has to undo it")].into()
        }
        Link::RateLimits => [
            ((|world| used(world, 100, "db")) as fn(&mut World), "rate_limits.total", "waiting 58 m 20 s more"),
            (|world| used(world, 10, "web-0"), "rate_limits.per_component", "waiting 58 m 20 s more"),
            (|world| used(world, 5, "web-0"), "rate_limits.attempts_per_component", "waiting 3 h 58 m more"),
            (
                |world| {
                    world.policy.safety.rates.by_risk = [(Risk::Low, 0)].into();
                },
                "rate_limits.by_risk",
                "a higher limit",
            ),
            (|world| tried(world, 3, "other"), "rate_limits.attempts_per_incident", "a person has to take over"),
            (
                |world| {
                    world.playbook.safety.max_attempts = 1;
                    tried(world, 1, "restart");
                },
                "rate_limits.attempts_of_playbook",
                "a person has to take over",
            ),
        ]
        .into(),
        Link::Breaker => [
            (fails as fn(&mut World), "breaker.open", "a reset of each of its open breakers, or waiting 59 m more"),
            (
                |world| {
                    fails(world);
                    world.policy.safety.breaker.manual_reset = false;
                    world.now = second(940 + 3_600);
                    world.runs_on("db", Status::Running);
                },
                "breaker.half_open",
                "the end of the one run it lets through",
            ),
        ]
        .into(),
        Link::Cooldown => [(
            (|world| world.memory.cooldowns.run_ended(&"web-0".into(), &world.policy.safety.cooldown, second(998)))
                as fn(&mut World),
            "cooldown.pausing",
            "waiting 28 s more",
        )]
        .into(),
        Link::Maintenance => [
            (
                (|world| maintenance::open(world, WindowKind::Maintenance, "web-0", &["remediate"], 2_000))
                    as fn(&mut World),
                "maintenance.window",
                "the end of the maintenance window `patching` over `web-0`",
            ),
            (
                |world| {
                    world.targets.insert("web-9".into(), Grip::None);
                },
                "maintenance.unknown",
                "`web-9` registered",
            ),
            (
                (|world| {
                    let said = Conclusion::GraceOpened(crate::model::calm::Changed {
                        change: "deploy".into(),
                        until: second(1_100),
                    });
                    let fact = Fact::new(second(990), "test", said).component(&"web-0".into());
                    world.knowledge.apply(&[fact], &world.policy.limits);
                }),
                "maintenance.grace",
                "waiting 1 m 40 s more, until the grace period of `web-0` is over",
            ),
        ]
        .into(),
        Link::ChangeWindow => [
            (
                (|world| world.action.classes = [ActionClass::Upgrade].into()) as fn(&mut World),
                "change_window.none",
                "a change window over `web-0` that allows upgrade",
            ),
            (
                |world| {
                    world.action.classes = [ActionClass::Upgrade].into();
                    world.playbook.timeout = Span::from_secs(60);
                    maintenance::open(world, WindowKind::Change, "web", &[], 1_059);
                },
                "change_window.too_short",
                "a change window that stays open for 1 m: `patching` ends sooner",
            ),
        ]
        .into(),
        Link::SafeMode => [
            (
                (|world| {
                    world.policy.safety.safe_mode.always = true;
                    world.targets.insert("web-1".into(), Grip::Gentle);
                    world.policy.safety.default_budget.max_in_flight = Share::Count(3);
                }) as fn(&mut World),
                "safe_mode.too_much",
                "a plan that touches one instance of one service: safe mode holds, as the policy says",
            ),
            (
                |world| {
                    world.memory.doubts.changed(&"web-0".into(), &"deploy".into(), second(999), LIMITS);
                    world.planned = Some(Level::MultipleServices);
                },
                "safe_mode.too_much",
                "since something was deployed a short while ago",
            ),
        ]
        .into(),
        Link::Ineffectiveness => [(
            (|world| ineffectiveness::restarts(world, 3, Effect::None)) as fn(&mut World),
            "ineffectiveness.same_again",
            "a person has to find the cause: `restart` on `web-0` was done 3 times",
        )]
        .into(),
        Link::Flapping => [(
            (|world| {
                let said = Conclusion::FlappingBegan(crate::model::calm::Flapped {
                    held: State::Unhealthy,
                    changes: 6,
                    calm: Span::from_mins(10),
                });
                let fact = Fact::new(second(990), "test", said).component(&"web-0".into());
                world.knowledge.apply(&[fact], &world.policy.limits);
            }) as fn(&mut World),
            "flapping.held",
            "`web-0` in the same state for 10 m",
        )]
        .into(),
        Link::Storm => [
            (
                (|world| storm::storm(world, "all", None)) as fn(&mut World),
                "storm.many_fail",
                "the end of the storm over everything: few enough failing for 5 m",
            ),
            (
                |world| {
                    storm::storm(world, "service:web", Some("web-0"));
                    storm::begun(world, "web-1", RunId::derive(incident("db", "down").id, 0, &"x".into(), 1));
                },
                "storm.canary_used",
                "over service `web`",
            ),
        ]
        .into(),
        Link::Role => [
            (
                (|world| {
                    world.by = Some(Principal { id: "eve".into(), roles: ["viewer".into()].into() });
                    let by = [("ann".into(), ["operator".into()].into())].into();
                    world.grant = Some(Grant { by, until: Time::NEVER });
                }) as fn(&mut World),
                "role.may_not",
                "expected one of `operator`",
            ),
            (
                |world| {
                    let roles = ["operator".into(), "agent".into()].into();
                    world.by = Some(Principal { id: "bot".into(), roles });
                    let by = [("ann".into(), ["operator".into()].into())].into();
                    world.grant = Some(Grant { by, until: Time::NEVER });
                },
                "role.program",
                "an order by a person",
            ),
        ]
        .into(),
        Link::Approval => [
            ((|world| world.action.risk = Risk::High) as fn(&mut World), "approval.required", "by operator, 2 people"),
            (
                |world| world.action.risk = Risk::Critical,
                "approval.required",
                "sre_lead, and one of operator, 2 people",
            ),
            (|world| world.policy.mode = Mode::Approve, "approval.required", "by operator"),
        ]
        .into(),
    }
}

fn tried(world: &mut World, times: u32, playbook: &str) {
    for number in 1..=times {
        let run = RunId::derive(incident("web-0", "down").id, 0, &Name::new(playbook), 50 + number);
        let fact = |said| Fact::new(second(1), "test", said).incident(incident("web-0", "down").id).run(run);
        let planned = Conclusion::RunPlanned {
            playbook: playbook.into(),
            attempt: number,
            plan: Digest::of(b""),
            targets: Default::default(),
            steps: Default::default(),
            trial: false,
        };
        let begun = Conclusion::RunStarted { playbook: playbook.into(), attempt: number };
        let ended = Conclusion::RunEnded { playbook: playbook.into(), end: RunEnd::Failed, detail: String::new() };
        world.knowledge.apply(&[planned, begun, ended].map(fact), &world.policy.limits);
    }
}

#[test]
fn p6_every_link_that_refuses_names_the_smallest_change_that_would_let_it_through() {
    for link in Link::ALL.iter().copied() {
        for (change, rule, words) in refusals(link) {
            let mut world = World::of(3);
            change(&mut world);
            let refusal = world.refusal().unwrap_or_else(|| panic!("{rule} does not refuse"));
            assert_eq!((refusal.link, refusal.rule.as_ref()), (link, rule));
            assert!(refusal.remedy.contains(words), "{rule}: `{words}` in `{}`", refusal.remedy);
        }
    }
}
