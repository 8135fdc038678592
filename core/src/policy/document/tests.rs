use super::*;
use crate::policy::problem::{Severity, render};
use crate::primitives::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::*;
use std::string::ToString;

fn load_text(file: &str, text: &str) -> (Option<Document>, Vec<Problem>) {
    let problems = Problems::new();
    let document = load(file, text.as_bytes(), &Limits::default(), &problems);
    (document, problems.into_sorted())
}

/// The messages of all problems, each with its line and column.
fn complaints(file: &str, text: &str) -> Vec<String> {
    let (_, problems) = load_text(file, text);
    problems.iter().map(|p| format!("{}:{} {}", p.place.line, p.place.column, p.message)).collect()
}

/// Reads `text` as JSON with `read` and returns what it gave and the problems as `path: message [label]`.
fn read_json<T>(text: &str, read: impl FnOnce(&Item<'_>) -> T) -> (T, Vec<String>) {
    let problems = Problems::new();
    let document = load("p.json", text.as_bytes(), &Limits::default(), &problems).unwrap();
    let value = read(&Item::root(&document, &problems));
    let said = problems.into_sorted().iter().map(|p| format!("{}: {} [{}]", p.path, p.message, p.label)).collect();
    (value, said)
}

#[test]
fn json_positions_are_exact() {
    let text = "{\n  \"é\": [1, \"a\\n\"],\n  \"b\": null }\n";
    let (document, problems) = load_text("p.json", text);
    assert_eq!(problems, []);
    let Value::Map(entries) = document.unwrap().root.value else { panic!("expected a map") };
    assert_eq!((&*entries[0].key, entries[0].key_spot), ("é", Spot { line: 2, column: 3, length: 3 }));
    let Value::List(items) = &entries[0].value.value else { panic!("expected a list") };
    assert_eq!(
        items[0],
        Node { spot: Spot { line: 2, column: 9, length: 1 }, value: Value::Scalar("1".into(), Style::Plain) }
    );
    assert_eq!(items[1].spot, Spot { line: 2, column: 12, length: 5 });
    assert_eq!(items[1].value, Value::Scalar("a\n".into(), Style::Quoted));
    assert_eq!(entries[1].value, Node { spot: Spot { line: 3, column: 8, length: 4 }, value: Value::Null });
}

#[test]
fn json_that_is_not_json_is_refused_with_its_place() {
    let wrong = [
        ("{\"a\": 1,}", "1:9 not valid JSON: expected a key in double quotes"),
        (
            "[1,]",
            "1:4 not valid JSON: expected a value: text in double quotes, a number, `true`, `false`, `null`, `[` or `{`",
        ),
        ("{\"a\" 1}", "1:6 not valid JSON: expected `:` after the key"),
        ("[1 2]", "1:4 not valid JSON: expected `,` or `]`"),
        ("[1", "1:3 not valid JSON: expected `,` or `]`, found the end of the document"),
        ("[1}", "1:3 not valid JSON: expected `,` or `]`"),
        ("1 2", "1:3 not valid JSON: expected the end of the document"),
        ("[\"abc\n\"]", "1:2 not valid JSON: a quote is opened here and not closed on this line"),
        ("\"a\\qb\"", "1:1 not valid JSON: the text has an unknown escape or a bare control character"),
        (
            "[NaN]",
            "1:2 not valid JSON: expected a value: text in double quotes, a number, `true`, `false`, `null`, `[` or `{`",
        ),
        (
            "[01]",
            "1:2 not valid JSON: expected a value: text in double quotes, a number, `true`, `false`, `null`, `[` or `{`",
        ),
        ("{\"a\": 1, \"a\": 2}", "1:10 duplicate key `a`"),
        (" \n", "0:0 the document is empty"),
    ];
    for (text, complaint) in wrong {
        assert_eq!(complaints("p.json", text), [complaint], "{text}");
    }
}

#[test]
fn bytes_that_are_no_plain_text_are_refused() {
    let problems = Problems::new();
    assert!(load("p.json", b"{\n  \"a\": \"\xff\" }", &Limits::default(), &problems).is_none());
    assert!(load("p.json", b"\xff\xfea\0", &Limits::default(), &problems).is_none());
    let places: Vec<_> =
        problems.into_sorted().iter().map(|p| (p.place.line, p.place.column, p.help.join(""))).collect();
    assert_eq!(
        places,
        [(1, 1, "it looks like UTF-16: save it as UTF-8".into()), (2, 9, "save the document as UTF-8".to_string())]
    );
    assert_eq!(complaints("p.json", "[1,\n \u{202e}2]"), ["2:2 the document contains the invisible character U+202E"]);
    assert_eq!(complaints("p.json", "[\u{1b}]"), ["1:2 the document contains the invisible character U+001B"]);
    assert!(load_text("p.json", "\u{feff}[1]").1.is_empty(), "a byte order mark is no problem");
}

#[test]
fn json_bombs_are_refused_by_depth_and_number() {
    let deep = "[".repeat(100_000);
    assert_eq!(complaints("p.json", &deep), ["1:33 lists and maps are nested more than 32 deep"]);
    let limits = Limits { nodes: 1_000, ..Limits::default() };
    let problems = Problems::new();
    let wide = format!("[{}1]", "1,".repeat(5_000));
    assert!(load("p.json", wide.as_bytes(), &limits, &problems).is_none());
    let message = problems.into_sorted()[0].message.clone();
    assert_eq!(message, "the document has more than 1000 values and keys");
}

#[test]
fn a_huge_document_is_refused_unread() {
    let problems = Problems::new();
    let huge = alloc::vec![b'['; 100_000_000];
    assert!(load("p.yaml", &huge, &Limits::default(), &problems).is_none());
    let message = problems.into_sorted()[0].message.clone();
    assert_eq!(message, "the document has 100000000 bytes, the limit is 16777216");
}

#[test]
fn each_wrong_type_says_what_was_expected_and_reading_goes_on() {
    const FIELDS: &[&str] =
        &["on", "n", "x", "d", "size", "share", "kind", "list", "map", "text", "timeout", "timeout_seconds", "tags"];
    let text = r#"{ "on": "yes", "n": 1.5, "x": "2", "d": 60, "size": "1mb", "share": "140%", "kind": "deap", "list": {},
        "map": [], "text": [], "timeout_seconds": 5, "timeout": "5s", "tgas": 1 }"#;
    let ((), said) = read_json(text, |root| {
        let f = root.fields("a thing", FIELDS).unwrap();
        assert_eq!(f.get("on", Item::boolean), None);
        assert_eq!(f.get("n", |i| i.integer(0..=9)), None);
        assert_eq!(f.get("x", |i| i.number(0.0..=9.0)), None);
        assert_eq!(f.get("d", Item::duration), None);
        assert_eq!(f.get("size", Item::size), None);
        assert_eq!(f.get("share", Item::percent), None);
        assert_eq!(f.get("kind", |i| i.one_of(&[("deep", 1), ("shallow", 2)])), None);
        assert!(f.list("list", Item::string).is_empty());
        assert!(f.map("map", Item::string).is_empty());
        assert_eq!(f.get("text", Item::string), None);
        assert_eq!(f.duration("timeout"), Some(Span::from_secs(5)));
    });
    assert_eq!(
        said,
        [
            "on: `on` expects `true` or `false`, found the text `yes` [did you mean `true`?]",
            "n: `n` expects a whole number, but `1.5` is not a whole number []",
            "x: `x` expects a number, found the text `2` [remove the quotes]",
            "d: `d` expects a duration such as `10s`, but `60` has no unit [did you mean `60s`?]",
            "size: `size` expects a size such as `100MB`, but `1mb` has the unknown unit `mb`: units are kB, MB, GB, TB, KiB, MiB, GiB, TiB [did you mean `1MB`?]",
            "share: `share` must be from 0 to 100, found `140` []",
            "kind: `kind` is unknown: `deap` [did you mean `deep`?]",
            "list: `list` expects a list, found a map []",
            "map: `map` expects a map from names to values, found a list []",
            "text: `text` expects text, found a list []",
            "timeout: `timeout` says the same as `timeout_seconds` []",
            "tgas: unknown field `tgas` in a thing [did you mean `tags`?]",
        ]
    );
}

#[test]
fn what_is_right_is_read() {
    const FIELDS: &[&str] = &["on", "n", "interval", "interval_seconds", "share", "run", "env", "none", "step"];
    let text = r#"{ "on": true, "n": -3, "interval_seconds": 60, "share": "0.1%", "run": ["a", 8080], "env": { "B": "2", "A": 1 },
        "none": null, "step": { "wait": { "for": "5m" } } }"#;
    let ((), said) = read_json(text, |root| {
        let f = root.fields("a thing", FIELDS).unwrap();
        assert_eq!(f.need("on", Item::boolean), Some(true));
        assert_eq!(f.need("n", |i| i.integer(-5..=5)), Some(-3));
        assert_eq!(f.need_duration("interval"), Some(Span::from_mins(1)));
        assert_eq!(f.get("share", Item::percent).map(|p| p.percent().value()), Some(0.1));
        assert_eq!(f.list("run", Item::string), ["a", "8080"]);
        assert_eq!(f.one_or_many("on", Item::boolean), [true]);
        let env = f.map("env", |i| Some((i.key(), i.string()?, i.path())));
        assert_eq!(env[0], ("B".to_string(), ("B".to_string(), "2".to_string(), "env.B".to_string())));
        assert_eq!(env.len(), 2);
        assert_eq!(f.or("none", 7, |i| i.integer(0..=9)), 7);
        let wait = f.get("step", |i| i.single("a step").map(|action| (action.key(), action.path())));
        assert_eq!(wait, Some(("wait".to_string(), "step.wait".to_string())));
        assert_eq!(f.exactly_one(&["on", "none"]), Some("on"));
    });
    assert_eq!(said, [] as [String; 0]);
}

#[test]
fn missing_fields_point_at_the_thing_that_lacks_them() {
    let ((), said) = read_json(r#"{ "web": { "b": null } }"#, |root| {
        root.map(|item| {
            let f = item.fields("a component", &["a", "b", "c", "wait", "wait_seconds"])?;
            assert_eq!(f.need("a", Item::string), None);
            assert_eq!(f.need("b", Item::string), None);
            assert_eq!(f.need_duration("wait"), None);
            assert_eq!(f.exactly_one(&["a", "c"]), None);
            Some(())
        });
    });
    assert_eq!(
        said,
        [
            "web.a: a component lacks the field `a` []",
            "web.wait: a component lacks the field `wait` []",
            "web: a component needs one of a, c []",
            "web.b: `b` has no value []",
        ]
    );
}

#[test]
fn an_origin_points_into_its_text() {
    let problems = Problems::new();
    let text = r#"{ "a": "x > yy", "b": "\"x\" > yy" }"#;
    let document = load("p.json", text.as_bytes(), &Limits::default(), &problems).unwrap();
    let at = Item::root(&document, &problems).map(|i| Some((i.origin(), i.string()?))).unwrap();
    let (_, (plain, text)) = &at[0];
    let problem = plain.error_within(text, 4..6, "unknown metric `yy`");
    assert_eq!((problem.place.column, problem.place.length, problem.path.as_str()), (13, 2, "a"));
    let (_, (escaped, text)) = &at[1];
    let problem = escaped.error_within(text, 6..8, "unknown metric `yy`");
    assert_eq!((problem.place.column, problem.place.length), (23, 12), "escapes: the whole value");
}

proptest! {
    #[test]
    fn any_bytes_are_a_document_or_a_problem(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for file in ["p.json", "p.yaml"] {
            let problems = Problems::new();
            let document = load(file, &bytes, &Limits::default(), &problems);
            prop_assert!(document.is_some() || problems.has_errors());
        }
    }

    #[test]
    fn any_text_like_a_document_is_read_or_refused_and_each_problem_has_a_place_in_it(
        text in "([a-c]|[ \\-:,{}\\[\\]\"'\n\t#&*!|>?%@~.<0-9é\\\\]){0,80}",
    ) {
        for file in ["p.json", "p.yaml"] {
            let (document, problems) = load_text(file, &text);
            prop_assert!(document.is_some() || problems.iter().any(|p| p.severity == Severity::Error));
            let lines = u32::try_from(text.lines().count()).unwrap() + 1;
            for problem in &problems {
                prop_assert!(problem.place.line <= lines, "{:?}", problem);
                prop_assert!(render(problem, |_| Some(&text)).contains(&problem.message));
            }
        }
    }
}
