//! The JSON twins of the shipped documents, for builds that read no YAML: what the YAML says, and nothing else.
//! `UPDATE_LIBRARY=1 cargo test -p homeostat-core --test library_json` writes them.
#![cfg(feature = "yaml")]

use homeostat_core::policy::document::{Limits, Node, Style, Value, load};
use homeostat_core::policy::problem::Problems;
use std::path::{Path, PathBuf};

#[test]
fn every_shipped_document_has_its_json_twin() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut stale = Vec::new();
    let sources = yaml_files(&library);
    assert!(sources.len() >= 11, "{sources:?}");
    for source in &sources {
        let inside = source.strip_prefix(&library).unwrap().with_extension("json");
        let twin = library.join("json").join(inside);
        let text = std::fs::read_to_string(source).unwrap();
        let problems = Problems::default();
        let document = load("library.yaml", text.as_bytes(), &Limits::default(), &problems).unwrap();
        assert!(!problems.has_errors(), "{}", source.display());
        let wanted = serde_json::to_string_pretty(&json(&document.root)).unwrap() + "\n";
        if std::fs::read_to_string(&twin).ok().as_deref() != Some(&wanted) {
            if std::env::var_os("UPDATE_LIBRARY").is_some() {
                std::fs::create_dir_all(twin.parent().unwrap()).unwrap();
                std::fs::write(&twin, wanted).unwrap();
            } else {
                stale.push(twin);
            }
        }
    }
    assert!(stale.is_empty(), "not what the YAML says (UPDATE_LIBRARY=1 rewrites them): {stale:?}");
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(yaml_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "yaml") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// Numbers and truth values stay what they are; whatever was written as text stays text.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.to_string(), json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::Refused => serde_json::Value::Null,
        Value::Scalar(text, Style::Plain) => match serde_json::from_str(text) {
            Ok(value @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_))) => value,
            _ => serde_json::Value::String(text.to_string()),
        },
        Value::Scalar(text, _) => serde_json::Value::String(text.to_string()),
    }
}
