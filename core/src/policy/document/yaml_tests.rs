//! What YAML may and may not do.

use super::*;
use crate::policy::problem::render;
use alloc::string::String;
use alloc::vec::Vec;

fn load_yaml(text: &str) -> (Option<Document>, Vec<Problem>) {
    let problems = Problems::new();
    let document = load("p.yaml", text.as_bytes(), &Limits::default(), &problems);
    (document, problems.into_sorted())
}

fn complaints(text: &str) -> Vec<String> {
    let (_, problems) = load_yaml(text);
    problems.iter().map(|p| format!("{}:{}+{} {}", p.place.line, p.place.column, p.place.length, p.message)).collect()
}

fn shape(node: &Node) -> String {
    match &node.value {
        Value::List(nodes) => format!("[{}]", nodes.iter().map(shape).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entries: Vec<_> = entries.iter().map(|e| format!("{}={}", e.key, shape(&e.value))).collect();
            format!("{{{}}}", entries.join(" "))
        }
        Value::Null => "null".into(),
        Value::Refused => "refused".into(),
        Value::Scalar(text, style) => format!("{text:?}{}", if *style == Style::Plain { "" } else { "q" }),
    }
}

#[test]
fn yaml_and_json_give_the_same_tree() {
    let json = r#"{ "a": [1, "x", { "b": true }], "c": null, "d": -1.5e3 }"#;
    let yaml = "---\na:\n  - 1\n  - 'x'\n  - b: true\nc:\nd: -1.5e3\n...\n";
    let (from_yaml, problems) = load_yaml(yaml);
    assert_eq!(problems, []);
    let quiet = Problems::new();
    let from_json = load("p.json", json.as_bytes(), &Limits::default(), &quiet).unwrap();
    let json_as_yaml = load("p.yaml", json.as_bytes(), &Limits::default(), &quiet).unwrap();
    assert_eq!(from_json.root, json_as_yaml.root, "with the same places too");
    assert_eq!(shape(&from_json.root), shape(&from_yaml.unwrap().root));
}

#[test]
fn what_yaml_can_do_beyond_plain_data_is_refused_all_at_once() {
    let text = "a: &x 1
b: *x
c: !frozen AND x > 1
d: 1
d: 2
e:
  <<: {f: 1}
  ? [g]
";
    assert_eq!(
        complaints(text),
        [
            "1:4+4 anchors such as `&x` are not allowed",
            "2:4+2 aliases such as `*x` are not allowed",
            "3:4+17 tags such as `!frozen` are not allowed",
            "7:3+2 merge keys `<<` are not supported",
            "8:5+1 a key is a list or a map, expected a single word or text",
        ]
    );
    assert_eq!(complaints("d: 1\ne: 2\nd: 3\n"), ["3:1+1 duplicate key `d`"]);
    assert_eq!(complaints("a: 1\n---\nb: 2\n"), ["2:1+3 a second document begins here, expected only one"]);
    assert_eq!(complaints(""), ["0:0+0 the document is empty"]);
    assert_eq!(complaints("# only a comment\n"), ["0:0+0 the document is empty"]);
    assert_eq!(complaints("? *x\n: 1\n").len(), 1);
    let (document, _) = load_yaml("c: !frozen AND x > 1\nm: !t {a: 1}\n");
    assert_eq!(shape(&document.unwrap().root), "{c=refused m={a=\"1\"}}", "a tagged value never reaches a reader");
}

#[test]
fn a_tag_is_explained() {
    let text = "condition: !frozen AND x > 1\n";
    let (_, problems) = load_yaml(text);
    let expected = "error: tags such as `!frozen` are not allowed
  --> p.yaml:1:12
  |
1 | condition: !frozen AND x > 1
  |            ^^^^^^^^^^^^^^^^^ put the whole value in quotes
  = YAML takes a word after `!` for a type and drops it from the value
";
    assert_eq!(render(&problems[0], |_| Some(text)), expected);
}

#[test]
fn syntax_errors_have_a_place_and_advice() {
    let wrong = [
        ("a:\n\tb: c\n", 2, "indent with spaces"),
        (
            "a: b: c\n",
            1,
            "put a value that contains `: ` in quotes, and give the lines of one map the same indentation",
        ),
        ("x: 1\na: >100MB\n", 2, "put a value that begins with such a character in quotes"),
        ("a: @x\n", 1, "put a value that begins with such a character in quotes"),
        ("a: [x, ${y}]\n", 1, "within `[ ]` and `{ }` a text with `${…}` stands in quotes"),
        ("a: \"abc\nb: 3\n", 1, "a quote was opened here and not closed"),
        ("a: *x\n", 1, "put a value that begins with such a character in quotes"),
    ];
    for (text, line, help) in wrong {
        let (document, problems) = load_yaml(text);
        assert!(document.is_none(), "{text}");
        assert_eq!((problems[0].place.line, problems[0].help.join("")), (line, help.into()), "{text}: {problems:?}");
        assert!(problems[0].message.starts_with("not valid YAML: "), "{problems:?}");
    }
}

#[test]
fn bombs_are_refused_at_once() {
    let laughs = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n";
    assert_eq!(complaints(laughs).len(), 9, "three anchors and six aliases, none of them followed");
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        let said = complaints(&deep);
        assert!(
            said.len() == 1 && said[0].contains("nested more than 32 deep") || said[0].contains("a key is a list"),
            "{said:?}"
        );
    }
    let long = "k".repeat(200_000);
    assert!(load_yaml(&format!("? {long}\n: 1\n")).1.is_empty(), "a long key costs its length");
    assert_eq!(complaints(&format!("{long}: 1\n")).len(), 1, "without `?` YAML itself limits keys");
    let many: String = (0..100_000).map(|i| format!("k{}: 1\n", i % 99_999)).collect();
    assert_eq!(complaints(&many), ["100000:1+2 duplicate key `k0`"]);
    let same = "k: 1\n".repeat(20_000);
    assert_eq!(complaints(&same).len(), Problems::LIMIT + 1, "problems are capped too");
    let anchors = "- &a x\n".repeat(200_000);
    assert_eq!(complaints(&anchors).len(), Problems::LIMIT + 1);
}

#[test]
fn a_value_that_the_parser_would_hold_in_memory_is_limited() {
    let limits = Limits { stretch: 1_000, ..Limits::default() };
    for (text, good) in [
        (format!("- 1\n- [{}1]\n", "1,".repeat(400)), true),
        (format!("- 1\n- [{}1]\n", "1,".repeat(600)), false),
        (format!("a: 1\nb: {}\n", "x".repeat(2_000)), false),
        (format!("a: 1\nb:\n{}", "- 1\n".repeat(2_000)), true),
    ] {
        let problems = Problems::new();
        assert_eq!(load("p.yaml", text.as_bytes(), &limits, &problems).is_some(), good);
        let said: Vec<_> = problems.into_sorted().into_iter().map(|p| p.message).collect();
        assert!(
            good && said.is_empty() || said == ["the value that follows is longer than 1000 characters"],
            "{said:?}"
        );
    }
}

#[test]
fn an_origin_points_into_blocks_and_plain_text() {
    let problems = Problems::new();
    let text = "a: x > yy\nb: |\n  one\n  two three\nc: >\n  one\n  two\n";
    let document = load("p.yaml", text.as_bytes(), &Limits::default(), &problems).unwrap();
    let at = Item::root(&document, &problems).map(|i| Some((i.origin(), i.string()?))).unwrap();
    let place = |n: usize, word: &str| {
        let (_, (origin, text)) = &at[n];
        let start = text.find(word).unwrap();
        let place = origin.error_within(text, start..start + word.len(), "wrong").place;
        (place.line, place.column, place.length)
    };
    assert_eq!(place(0, "yy"), (1, 8, 2));
    assert_eq!(place(1, "three"), (4, 7, 5));
    assert_eq!(place(2, "two"), (6, 3, 0), "folded: the whole value");
}
