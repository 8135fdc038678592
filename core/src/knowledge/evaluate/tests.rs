use super::*;
use crate::policy::condition::{Condition, Open};
use crate::primitives::time::Span;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;

/// Facts by name, windows by text; the time is 1,000 s.
#[derive(Debug, Default)]
struct Table(BTreeMap<String, Lookup>);

impl Scope for Table {
    fn value(&self, path: &Path) -> Lookup {
        self.0.get(&path.to_string()).cloned().unwrap_or(Lookup::Missing)
    }

    fn window(&self, path: &Path, function: Function, _: Option<Extent>) -> Lookup {
        let name = alloc::format!("{}({path})", function.name());
        self.0.get(&name).cloned().unwrap_or(Lookup::Missing)
    }

    fn now(&self) -> Time {
        Time::from_ms(1_000_000)
    }
}

fn number(value: f64) -> Lookup {
    Lookup::Value(Value::Number(Finite::new(value).unwrap()))
}

fn table() -> Table {
    let entries = [
        ("cpu_usage", number(91.2)),
        ("error_rate", number(0.05)),
        ("baseline(error_rate)", number(0.02)),
        ("rate(errors)", number(4.0)),
        ("p95(latency_ms)", number(340.0)),
        ("p95_latency", number(480.0)),
        ("errors", number(3.0)),
        ("requests", number(60.0)),
        ("zero", number(0.0)),
        ("huge", number(1e300)),
        ("sessions", Lookup::Stale(Time::from_ms(5))),
        ("avg(load)", Lookup::Uncovered),
        ("state", Lookup::Value(Value::text("degraded"))),
        ("db.state", Lookup::Value(Value::text("unknown"))),
        ("severity", Lookup::Value(Value::text("SEV1"))),
        ("security_alert", Lookup::Value(Value::Bool(false))),
        ("time_since_detection", Lookup::Value(Value::Duration(Span::from_mins(61)))),
        ("odd", Lookup::Value(Value::List(Vec::new()))),
    ];
    Table(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn explain(text: &str) -> Explanation {
    let condition = Condition::parse(text, &Open).unwrap_or_else(|errors| panic!("`{text}`: {errors:?}"));
    let explanation = evaluate(condition.expr(), &table());
    assert_eq!(truth(condition.expr(), &table()), explanation.truth, "{text}");
    explanation
}

#[test]
fn known_facts_decide() {
    let cases = [
        ("cpu_usage > 85", true),
        ("cpu_usage > 85%", true),
        ("cpu_usage > 91.2%", false),
        ("cpu_usage == 91.2%", true),
        ("error_rate > 5%", false),
        ("error_rate >= 5%", true),
        ("error_rate > 2x baseline", true),
        ("error_rate > 3 * baseline(error_rate)", false),
        ("rate(errors, 1m) > 3", true),
        ("rate(errors, 1m) > 200/min", true),
        ("rate(errors, 1m) > 300/min", false),
        ("p95(latency_ms, 5m) < 0.5s", true),
        ("p95_latency < 500", true),
        ("p95_latency + 100ms < 500ms", false),
        ("errors / requests >= 5%", true),
        ("-errors + 1 < zero", true),
        ("100 - cpu_usage < 10%", true),
        ("time_since_detection > 1h AND state == degraded", true),
        ("state != degraded OR security_alert", false),
        ("NOT security_alert", true),
        ("(errors > 1) == security_alert", false),
        ("severity at_least SEV2", true),
        ("severity at_least SEV0", false),
        ("severity at_most high", true),
        ("severity at_most SEV0", true),
        ("severity at_most SEV2", false),
        ("db.state == unknown", true),
    ];
    for (text, expected) in cases {
        assert_eq!(explain(text).truth, Truth::from(expected), "{text}");
    }
}

#[test]
fn what_is_not_known_is_unknown_with_its_reason() {
    let cases = [
        ("nothing > 1", Reason::Missing("nothing".into())),
        ("sessions > 1", Reason::Stale { name: "sessions".into(), since: Time::from_ms(5) }),
        ("avg(load, 5m) > 1", Reason::Uncovered("avg(load, 5m)".into())),
        ("errors / zero > 1", Reason::DivisionByZero("errors / zero".into())),
        ("huge * huge > 1", Reason::OutOfRange("huge * huge".into())),
        ("odd > 1", Reason::WrongKind("odd".into())),
        ("errors", Reason::WrongKind("errors".into())),
        ("NOT (sessions > 1)", Reason::Stale { name: "sessions".into(), since: Time::from_ms(5) }),
        ("db.state != critical", Reason::StateUnknown("db.state".into())),
        ("db.state == healthy", Reason::StateUnknown("db.state".into())),
    ];
    for (text, reason) in cases {
        let explanation = explain(text);
        assert_eq!(explanation.truth, Truth::Unknown, "{text}");
        assert_eq!(explanation.reasons(), [&reason], "{text}");
    }
}

#[test]
fn unknown_parts_do_not_hide_what_the_others_decide() {
    assert_eq!(explain("nothing > 1 AND errors > 100").truth, Truth::False);
    assert_eq!(explain("nothing > 1 OR errors > 1").truth, Truth::True);
    assert_eq!(explain("nothing > 1 AND errors > 1").truth, Truth::Unknown);
    assert_eq!(explain("nothing > 1 OR errors > 100").truth, Truth::Unknown);
}

#[test]
fn an_explanation_shows_every_compared_value_as_people_write_it() {
    let explanation = explain("cpu_usage > 85 AND p95(latency_ms, 5m) < 500 AND sessions > 1 OR state == critical");
    let lines: Vec<String> = explanation.compared.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "`cpu_usage > 85%` is true: cpu_usage = 91.2%",
            "`p95(latency_ms, 5m) < 500ms` is true: p95(latency_ms, 5m) = 340ms",
            "`sessions > 1` is unknown: `sessions` is stale: last known at 5 ms",
            "`state == \"critical\"` is false: state = degraded",
        ]
    );
    let json = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), explanation);
}

/// Conditions over four names, of every operator.
fn conditions() -> impl Strategy<Value = String> {
    let number = prop_oneof!["[a-d]", "[0-9]", Just("avg(a, 5m)".to_string()), Just("1e300".to_string())];
    let number = number.prop_recursive(2, 8, 2, |inner| {
        // Only literals divide: a quotient compared with a name of unknown unit is refused.
        let divided = (inner.clone(), 0..3_u32).prop_map(|(a, b)| alloc::format!("({a} / {b})"));
        let joined = (inner.clone(), proptest::sample::select(std::vec!["+", "-", "*"]), inner)
            .prop_map(|(a, operation, b)| alloc::format!("({a} {operation} {b})"));
        prop_oneof![1 => divided, 3 => joined]
    });
    let operators = std::vec!["<", "<=", ">", ">=", "==", "!="];
    let leaf = (number.clone(), proptest::sample::select(operators), number)
        .prop_map(|(a, operator, b)| alloc::format!("0 + {a} {operator} 0 + {b}"));
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| alloc::format!("({a} AND {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| alloc::format!("({a} OR {b})")),
            inner.prop_map(|inner| alloc::format!("NOT {inner}")),
        ]
    })
}

/// What is known of each of the four names.
fn knowledge() -> impl Strategy<Value = Table> {
    let known = prop_oneof![
        Just(Lookup::Missing),
        Just(Lookup::Stale(Time::ZERO)),
        (-3..4_i32).prop_map(|value| number(f64::from(value))),
        Just(number(f64::MAX)),
    ];
    let names = ["a", "b", "c", "d", "avg(a)"];
    proptest::collection::vec(known, names.len())
        .prop_map(move |values| Table(names.into_iter().map(String::from).zip(values).collect()))
}

proptest! {
    /// To learn more never overturns an answer: whatever an unknown fact turns out to be, true stays true.
    #[test]
    fn an_answer_given_without_a_fact_stands_whatever_the_fact_is(
        text in conditions(), table in knowledge(), learned in -3..4_i32,
    ) {
        let condition = Condition::parse(&text, &Open).unwrap();
        let before = evaluate(condition.expr(), &table);
        prop_assert_eq!(before.truth, truth(condition.expr(), &table));
        prop_assert_eq!(before.truth == Truth::Unknown && before.reasons().is_empty(), false);
        let complete = table.0.into_iter().map(|(name, value)| match value {
            Lookup::Value(_) => (name, value),
            _ => (name, number(f64::from(learned))),
        });
        let after = evaluate(condition.expr(), &Table(complete.collect())).truth;
        prop_assert!(before.truth == Truth::Unknown || before.truth == after, "{text}: {before:?}, then {after:?}");
    }
}
