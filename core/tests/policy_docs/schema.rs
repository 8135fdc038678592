//! The JSON Schema of the policy, for editors: made of the tables of the reference, which are those of the code.
//! `UPDATE_DOCS=1` writes it.

use super::*;
use homeostat_core::policy::actions::{Parameter, ParameterKind};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::document::{self, Node, Style, Value as Given};
use homeostat_core::policy::draft::action::{Registry, describe};
use homeostat_core::policy::library;
use homeostat_core::policy::problem::Problems;
use serde_json::{Map, Value, json};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/policy.schema.json");
const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/scenarios");

/// What a field holds that has fields of its own, by the table it stands in: one of these, a list of them, or a map from
/// names to them. What is not here is a plain value.
const HOLDS: &[(&str, &str, &[&str])] = &[
    ("a policy", "objective", &["`objective`"]),
    ("a policy", "components", &["list:a component", "map:a component"]),
    ("a policy", "playbooks", &["list:an include", "list:a playbook"]),
    ("a policy", "actions", &["map:an action"]),
    ("a policy", "safety", &["`safety` 2"]),
    ("a policy", "groups", &["map:a group"]),
    ("a policy", "severity", &["list:a severity rule"]),
    ("a policy", "escalation", &["list:an escalation chain"]),
    ("a policy", "escalation_policies", &["map:an escalation policy"]),
    ("a policy", "channels", &["any"]),
    ("a policy", "notifications", &["`notifications`"]),
    ("`notifications`", "rate_limit", &["`rate_limit`"]),
    ("`notifications`", "silences", &["list:a silence"]),
    ("a policy", "people", &["map:words", "map:a person"]),
    ("a policy", "limits", &["`limits`"]),
    ("a component", "checks", &["plain", "a check", "list:plain", "list:a check"]),
    ("a component", "run", &["words", "`run`"]),
    ("a check", "http", &["plain", "an http check"]),
    ("a check", "tcp", &["plain", "a tcp check"]),
    ("a check", "exec", &["words", "an exec check"]),
    ("a check", "process", &["plain", "a process check"]),
    ("a check", "heartbeat", &["plain", "a heartbeat check"]),
    ("a check", "metric", &["plain", "a metric check"]),
    ("a playbook", "trigger", &["plain", "a trigger"]),
    ("a playbook", "verify", &["plain", "`verify`"]),
    ("a playbook", "rollback", &["plain", "`rollback`"]),
    ("a playbook", "escalation", &["words", "`escalation`"]),
    ("a playbook", "safety", &["`safety`"]),
    ("a playbook", "steps", &["steps"]),
    ("a playbook", "remediation_steps", &["steps"]),
    ("an action", "parameters", &["any"]),
    ("an action", "adapter", &["plain", "an adapter"]),
    ("an action", "reversal", &["plain", "a reversal"]),
    ("an action", "verify", &["plain", "`verify` of an action"]),
    ("`safety` 2", "default_budget", &["a budget"]),
    ("`safety` 2", "budgets", &["map:a budget"]),
    ("`safety` 2", "rates", &["`rates`"]),
    ("`safety` 2", "attempts", &["`attempts`"]),
    ("`safety` 2", "breaker", &["`breaker`"]),
    ("`safety` 2", "cooldown", &["`cooldown`"]),
    ("`safety` 2", "approval", &["`approval`"]),
    ("`safety` 2", "kill", &["`kill`"]),
    ("an escalation chain", "when", &["`when`"]),
    ("an escalation chain", "chain", &["list:a level"]),
    ("an escalation policy", "escalation_chain", &["list:a level 2"]),
];

/// The tables, those of the same name numbered.
fn numbered() -> Vec<(String, Table)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let named = tables().into_iter().map(|table| {
        let count = seen.entry(table.what.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { table.what.clone() } else { format!("{} {count}", table.what) };
        (name, table)
    });
    named.collect()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{}", key(name)) })
}

fn key(name: &str) -> String {
    name.trim_start_matches("an ").trim_start_matches("a ").replace('`', "").replace(' ', "-")
}

/// A text, or what YAML makes of one that is not quoted.
fn plain() -> Value {
    json!({ "type": ["string", "number", "boolean", "null"] })
}

fn words() -> Value {
    json!({ "anyOf": [plain(), { "type": "array", "items": plain() }] })
}

fn held(what: &str) -> Value {
    match what.split_once(':') {
        Some(("list", of)) => json!({ "type": "array", "items": held(of) }),
        Some((_, of)) => json!({ "type": "object", "additionalProperties": held(of) }),
        None => match what {
            "any" => json!({}),
            "plain" => plain(),
            "steps" => json!({ "type": "array", "items": reference("steps") }),
            "words" => words(),
            table => reference(table),
        },
    }
}

/// One of several; a list may hold all of those that lists may hold.
fn any_of(several: &[&str]) -> Value {
    let (lists, others): (Vec<&str>, Vec<&str>) = several.iter().partition(|one| one.starts_with("list:"));
    let items: Vec<Value> = lists.iter().map(|one| held(&one[5..])).collect();
    let list = (!items.is_empty()).then(|| json!({ "type": "array", "items": { "anyOf": items } }));
    json!({ "anyOf": others.into_iter().map(held).chain(list).collect::<Vec<_>>() })
}

/// What a field takes that has no fields of its own.
fn leaf(field: &str, takes: &str) -> Value {
    let range = takes.split_once("` to `").map(|(low, high)| (low.trim_start_matches('`'), high.trim_end_matches('`')));
    let whole = |text: &str| text.parse::<i64>().ok();
    let quoted = quoted(takes);
    let unit = ["_seconds", "_ms", "_minutes", "_hours", "_days"].iter().any(|ending| field.ends_with(ending));
    if unit {
        json!({ "type": "number", "minimum": 0 })
    } else if takes == "`true`, `false`" {
        json!({ "type": "boolean" })
    } else if let Some((Some(low), Some(high))) = range.map(|(low, high)| (whole(low), whole(high))) {
        json!({ "type": "integer", "minimum": low, "maximum": high })
    } else if takes.split(", ").all(|word| word.starts_with('`') && word.ends_with('`') && !word.contains(' ')) {
        json!({ "enum": quoted })
    } else if takes == "a duration" || range.is_some_and(|(low, _)| duration::parse(low).is_ok()) {
        json!({ "type": "string" })
    } else {
        json!({})
    }
}

fn definition(name: &str, table: &Table) -> Value {
    let mut properties = Map::new();
    for row in &table.rows {
        for field in &row.fields {
            let found = HOLDS.iter().find(|(what, known, _)| *what == name && known == field);
            let mut schema = match found.map(|(.., all)| *all) {
                Some([one]) => json!({ "allOf": [held(one)] }),
                Some(several) => any_of(several),
                None => leaf(field, &row.takes),
            };
            let of = schema.as_object_mut().unwrap();
            of.insert("description".into(), described(row).into());
            properties.insert(field.clone(), schema);
        }
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn described(row: &Row) -> String {
    let unless = match row.default.as_str() {
        "" | "none" | "required" => String::new(),
        default => format!("\nUnless given: {default}"),
    };
    format!("{}\nTakes: {}{unless}", row.says, row.takes)
}

/// A step: what every step has, and each shipped action by its name. Actions of one's own are let through.
fn step(tables: &[(String, Table)]) -> Value {
    let (_, common) = tables.iter().find(|(name, _)| name == "a step").unwrap();
    let mut properties = definition("a step", common)["properties"].as_object().unwrap().clone();
    let problems = Problems::new();
    for (name, action) in Registry::shipped(&Open, &problems).finish(&problems) {
        let parameters = action.parameters.iter().map(|(name, parameter)| (name.to_string(), taken(parameter)));
        let parameters: Map<String, Value> = parameters.collect();
        let schema = json!({ "description": action.documentation, "anyOf": [
            plain(), { "type": "array" }, { "type": "object", "properties": parameters } ] });
        properties.entry(name.to_string()).or_insert(schema);
    }
    json!({ "anyOf": [plain(), { "type": "object", "properties": properties }] })
}

fn taken(parameter: &Parameter) -> Value {
    let about = describe(parameter);
    match &parameter.kind {
        // A `${…}` may stand everywhere.
        ParameterKind::OneOf(words) => {
            json!({ "description": about, "anyOf": [{ "enum": words }, { "type": "string", "pattern": "\\$\\{" }] })
        }
        _ => json!({ "description": about }),
    }
}

fn made() -> Value {
    let tables = numbered();
    let mut definitions = Map::new();
    for (name, table) in tables.iter().filter(|(name, _)| !["a policy", "a step"].contains(&name.as_str())) {
        definitions.insert(key(name), definition(name, table));
    }
    definitions.insert("steps".into(), step(&tables));
    let mut whole = definition("a policy", &tables.iter().find(|(name, _)| name == "a policy").unwrap().1);
    let of = whole.as_object_mut().unwrap();
    of.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    of.insert("title".into(), "A policy of Homeostat".into());
    of.insert("definitions".into(), definitions.into());
    whole
}

#[test]
fn the_schema_is_that_of_the_reference() {
    let wanted = serde_json::to_string_pretty(&made()).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(Path::new(SCHEMA).parent().unwrap()).unwrap();
        fs::write(SCHEMA, &wanted).unwrap();
    }
    assert!(fs::read_to_string(SCHEMA).unwrap_or_default() == wanted, "run this test with UPDATE_DOCS=1");
}

#[test]
fn the_schema_has_every_key_that_the_loader_takes_and_no_others() {
    let (schema, known) = (made(), known());
    for (name, table) in numbered() {
        let of = match name.as_str() {
            "a policy" => &schema,
            "a step" => continue,
            name => &schema["definitions"][key(name)],
        };
        let keys: BTreeSet<String> = of["properties"].as_object().unwrap().keys().cloned().collect();
        assert!(known[&table.what].contains(&keys), "{name}: {keys:?}\nthe loader: {:?}", known[&table.what]);
    }
    for (what, field, holds) in HOLDS {
        let there = numbered().iter().any(|(name, table)| name == what && table.fields().contains(*field));
        assert!(there, "{what} has no `{field}`");
        for one in *holds {
            let of = one.rsplit(':').next().unwrap();
            let table =
                ["any", "plain", "steps", "words"].contains(&of) || numbered().iter().any(|(name, _)| name == of);
            assert!(table, "nothing is called {of}");
        }
    }
}

#[test]
fn every_policy_there_is_fits_the_schema() {
    let schema = made();
    let mut seen = 0;
    for folder in [EXAMPLES, SCENARIOS] {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let text = fs::read_to_string(&path).unwrap();
            let policies = match path.extension().is_some_and(|extension| extension == "yaml") {
                true => Vec::from([text]),
                false => within(&text),
            };
            for policy in policies {
                // A scenario may show what is wrong with a policy.
                if Policy::load(&[Source { name: "policy.yaml".into(), text: policy.clone() }]).is_err() {
                    continue;
                }
                let faults = faults(&schema, &parsed(&policy), &schema, "");
                assert!(faults.is_empty(), "{}\n{}", path.display(), faults.join("\n"));
                seen += 1;
            }
        }
    }
    assert!(seen > 80, "{seen}");
    for (name, text) in library::PLAYBOOKS {
        let playbooks = match parsed(text) {
            Value::Array(all) => all,
            one => Vec::from([one]),
        };
        let faults = faults(&schema, &json!({ "playbooks": playbooks }), &schema, "");
        assert!(faults.is_empty(), "{name}\n{}", faults.join("\n"));
    }
    for wrong in ["mode: aut", "safty: {}", "components: { web: { check: [] , chek: 1 } }", "limits: { series: many }"]
    {
        assert!(!faults(&schema, &parsed(wrong), &schema, "").is_empty(), "{wrong}");
    }
}

/// The policies of a scenario: what is indented below `policy`.
fn within(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line != "policy" && !line.starts_with("policy ") {
            continue;
        }
        let mut policy = String::new();
        while let Some(line) = lines.next_if(|line| line.is_empty() || line.starts_with("  ")) {
            policy += line.strip_prefix("  ").unwrap_or(line);
            policy.push('\n');
        }
        found.push(policy);
    }
    found
}

fn parsed(text: &str) -> Value {
    let problems = Problems::new();
    let document = document::load("p.yaml", text.as_bytes(), &document::Limits::default(), &problems).unwrap();
    value(&document.root)
}

fn value(node: &Node) -> Value {
    match &node.value {
        Given::List(items) => items.iter().map(value).collect(),
        Given::Map(entries) => {
            entries.iter().map(|entry| (entry.key.to_string(), value(&entry.value))).collect::<Map<_, _>>().into()
        }
        Given::Null | Given::Refused => Value::Null,
        Given::Scalar(text, Style::Plain) => match serde_json::from_str(text) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
            _ => Value::String(text.to_string()),
        },
        Given::Scalar(text, _) => Value::String(text.to_string()),
    }
}

/// What of `value` does not fit `schema`: as much of JSON Schema as is made above.
fn faults(schema: &Value, value: &Value, root: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(name) = schema["$ref"].as_str() {
        let target = &root["definitions"][name.rsplit('/').next().unwrap()];
        assert!(target.is_object(), "{name}");
        return faults(target, value, root, at);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => Vec::from([one.as_str()]),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(value, kind)) {
        found.push(format!("{at}: {value} is none of {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{at}: {value} is none of {words:?}"));
    }
    if let Some(low) = schema["minimum"].as_f64()
        && value.as_f64().is_some_and(|value| value < low)
    {
        found.push(format!("{at}: {value} is below {low}"));
    }
    for all in schema["allOf"].as_array().into_iter().flatten() {
        found.extend(faults(all, value, root, at));
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<Vec<String>> = any.iter().map(|one| faults(one, value, root, at)).collect();
        if tried.iter().all(|faults| !faults.is_empty()) {
            found.extend(tried.into_iter().flatten());
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(&schema["items"], item, root, &format!("{at}[{index}]")));
    }
    for (name, item) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => found.push(format!("{at} is unknown")),
            (Value::Null, other) => found.extend(faults(other, item, root, &at)),
            (known, _) => found.extend(faults(known, item, root, &at)),
        }
    }
    found
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        _ => value.is_string(),
    }
}
