//! What holds for every text and every tree.

use super::*;
use crate::primitives::finite::Finite;
use proptest::prelude::*;
use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

fn unit() -> impl Strategy<Value = Unit> {
    let units = [
        Unit::None,
        Unit::Percent,
        Unit::Times,
        Unit::Millisecond,
        Unit::Minute,
        Unit::Week,
        Unit::Byte,
        Unit::Tebibyte,
        Unit::PerSecond,
        Unit::PerMinute,
        Unit::MegabytePerSecond,
    ];
    proptest::sample::select(units.to_vec())
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z_][a-zA-Z0-9_]{0,6}", "[^`\\p{C}]{1,6}", Just("and".to_string()), Just("baseline".to_string())]
}

fn path() -> impl Strategy<Value = Path> {
    (proptest::option::of(word()), word()).prop_map(|(component, name)| Path { component, name })
}

fn window() -> impl Strategy<Value = Window> {
    let extent = prop_oneof![
        (1..u32::MAX).prop_map(Extent::Samples),
        (1..10_000_000_i64).prop_map(|ms| Extent::Time(Span::from_ms(ms))),
    ];
    let function = proptest::sample::select(Function::ALL.to_vec());
    (function, path(), extent, any::<bool>()).prop_map(|((function, _), path, extent, alone)| {
        let without = function == Function::Baseline || (alone && function.stands_alone());
        Window { function, path, unit: Unit::None, extent: (!without).then_some(extent) }
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let number = prop_oneof![(0..1000_u32).prop_map(f64::from), 0.0..1e18, Just(0.1), Just(1e-9)];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Kind::Boolean),
        path().prop_map(|path| Kind::Name(path, Unit::None)),
        (number, unit()).prop_map(|(value, unit)| Kind::Number(Finite::new(value).unwrap(), unit)),
        "\\PC{0,8}".prop_map(Kind::Text),
        window().prop_map(Kind::Window),
    ];
    let at = At::default();
    leaf.prop_map(move |kind| Expr { kind, at }).prop_recursive(5, 60, 4, move |inner| {
        let operations = vec![Operation::Add, Operation::Divide, Operation::Multiply, Operation::Subtract];
        let comparators = vec![
            Comparator::AtLeast,
            Comparator::AtMost,
            Comparator::Equal,
            Comparator::Greater,
            Comparator::GreaterEqual,
            Comparator::Less,
            Comparator::LessEqual,
            Comparator::NotEqual,
        ];
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Kind::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Kind::Or),
            inner.clone().prop_map(|inner| Kind::Not(Box::new(inner))),
            inner.prop_map(|inner| Kind::Negate(Box::new(inner))),
            (proptest::sample::select(operations), two.clone())
                .prop_map(|(operation, (a, b))| Kind::Arithmetic(operation, Box::new([a, b]))),
            (proptest::sample::select(comparators), two)
                .prop_map(|(comparator, (a, b))| Kind::Compare(comparator, Box::new([a, b]))),
        ]
        .prop_map(move |kind| Expr { kind, at })
    })
}

/// Texts of words that mean something, so that mistakes lie deeper than the first one.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "AND",
        "or",
        "NOT",
        "!",
        "(",
        ")",
        "(",
        ")",
        "<",
        ">=",
        "==",
        "=",
        "+",
        "-",
        "*",
        "/",
        ",",
        "for",
        "in",
        "last",
        "avg(",
        "p95(",
        "rate(",
        "median(",
        "baseline",
        "of",
        "2x",
        "10",
        "attempts",
        "5m",
        "85%",
        "100MB",
        "5M",
        "1e999",
        "\"x",
        "`y`",
        "state",
        "severity",
        "degraded",
        "SEV1",
        "at_least",
        "cpu_usage",
        "error_rate",
        "web.state",
        "true",
        "#",
        "\u{2264}",
        "é",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40).prop_map(|words| words.join(" "))
}

/// Parses, and asserts what every answer must keep to.
fn read(text: &str) -> Result<(), TestCaseError> {
    match Condition::parse(text, &Open) {
        Ok(condition) => {
            let printed = condition.to_string();
            let again = Condition::parse(&printed, &Open);
            prop_assert_eq!(again.as_ref(), Ok(&condition), "{} -> {}", text, printed);
            prop_assert_eq!(again.unwrap().to_string(), printed);
            let json = serde_json::to_string(&condition).unwrap();
            prop_assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition);
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty());
            prop_assert!(errors.windows(2).all(|pair| pair[0].offset <= pair[1].offset));
            for error in errors {
                let (start, length) = (error.offset as usize, error.length as usize);
                prop_assert!(text.get(start..start + length).is_some(), "{error:?} in {text:?}");
                let ends = error.message.ends_with('.') || error.expected.is_empty();
                prop_assert!(!ends, "{error:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_printed_tree_parses_back_to_itself(expr in expr()) {
        let printed = expr.to_string();
        let mut errors = Vec::new();
        let parsed = parse::parse(&printed, None, &mut errors);
        prop_assert!(errors.is_empty(), "{printed}: {errors:?}");
        prop_assert_eq!(parsed.expr, Some(expr), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        read(&text)?;
    }

    #[test]
    fn any_words_are_read_or_refused(text in soup()) {
        read(&text)?;
    }
}
