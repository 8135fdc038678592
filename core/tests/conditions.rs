//! The examples of `docs/conditions.md` are true.

use homeostat_core::knowledge::evaluate::{Lookup, Scope, evaluate};
use homeostat_core::model::value::Value;
use homeostat_core::policy::condition::{Condition, Extent, Function, Open, Path};
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::time::Time;

const DOCUMENT: &str = include_str!("../../docs/conditions.md");

/// The lines of all fenced blocks of a kind; there must be some.
fn lines(kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    let blocks = DOCUMENT.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines: Vec<&str> = blocks.flat_map(str::lines).collect();
    assert!(!lines.is_empty(), "no examples of `{kind}`");
    lines
}

/// The two sides of `text => result`.
fn pairs(kind: &str) -> Vec<(&'static str, &'static str)> {
    let halves = |line: &'static str| line.split_once("=>").unwrap_or_else(|| panic!("{line}"));
    lines(kind).into_iter().map(halves).map(|(text, result)| (text.trim(), result.trim())).collect()
}

fn parse(text: &str) -> Condition {
    Condition::parse(text, &Open).unwrap_or_else(|errors| panic!("`{text}`: {errors:?}"))
}

#[test]
fn examples_are_conditions() {
    for line in lines("condition") {
        parse(line);
    }
}

#[test]
fn examples_read_as_the_text_says() {
    for (text, expected) in pairs("reads") {
        assert_eq!(parse(text).to_string(), expected);
        assert_eq!(parse(expected).to_string(), expected);
    }
}

#[test]
fn examples_are_refused_for_the_reason_given() {
    for (text, expected) in pairs("refused") {
        let errors = Condition::parse(text, &Open).expect_err(text);
        assert!(errors.iter().any(|error| error.message.contains(expected)), "{text}: {errors:?}");
    }
}

/// The facts the document gives before its examples.
struct Given;

impl Scope for Given {
    fn value(&self, path: &Path) -> Lookup {
        let number = |value: f64| Value::Number(Finite::new(value).unwrap());
        Lookup::Value(match path.to_string().as_str() {
            "cpu_usage" => number(91.2),
            "error_rate" => number(0.05),
            "latency_ms" => number(480.0),
            "errors" => number(3.0),
            "requests" => number(60.0),
            "idle" => number(0.0),
            "state" => Value::text("degraded"),
            "db.state" => Value::text("unknown"),
            "security_alert" => Value::Bool(false),
            _ => return Lookup::Missing,
        })
    }

    fn window(&self, _: &Path, _: Function, _: Option<Extent>) -> Lookup {
        Lookup::Missing
    }

    fn now(&self) -> Time {
        Time::ZERO
    }
}

#[test]
fn examples_decide_as_the_text_says() {
    for (text, expected) in pairs("decides") {
        assert_eq!(evaluate(parse(text).expr(), &Given).truth.as_str(), expected, "{text}");
    }
}
