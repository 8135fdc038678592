//! `docs/gate.md` is made from the tables of the gate. With `UPDATE_DOCS` set in the environment it is written anew.

use homeostat_core::model::gate::Link;
use homeostat_core::model::radius::Level;
use homeostat_core::model::severity::Risk;
use homeostat_core::policy::blast::{self, Asks, Rule};
use homeostat_core::remediate::safety::gate::{self, Asked};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/gate.md");
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/remediate");

const LEVELS: [Level; 5] =
    [Level::SingleInstance, Level::SingleService, Level::MultipleServices, Level::ClusterWide, Level::MultiRegion];
const RISKS: [Risk; 4] = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];

#[test]
fn r6_the_tables_of_the_gate_in_the_docs_are_those_of_the_code() {
    let text = fs::read_to_string(DOCS).unwrap_or_default();
    let wanted = [("links", links()), ("blast", levels()), ("lines", lines()), ("rules", rules())];
    let mut made = text.clone();
    for (name, table) in wanted {
        let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = made.split_once(&start).unwrap_or_else(|| panic!("`{start}` in docs/gate.md"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("`{end}` in docs/gate.md"));
        made = format!("{before}{start}\n{table}\n{end}{after}");
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(DOCS, made).unwrap();
    } else {
        assert_eq!(text, made, "run this test with UPDATE_DOCS=1");
    }
}

/// Which links are asked on which occasion.
fn links() -> String {
    let mut out = String::from(
        "| link | lets a plan through when | first step | later step | retry | rollback | by hand |\n|---|---|---|---|---|---|---|\n",
    );
    for row in gate::TABLE {
        let cells = [row.first_step, row.later_step, row.retry, row.rollback, row.manual].map(cell).join(" | ");
        writeln!(out, "| `{}` | {} | {cells} |", row.link, row.asks).unwrap();
    }
    out
}

fn cell(asked: Asked) -> &'static str {
    match asked {
        Asked::Yes => "yes",
        Asked::No => "–",
        Asked::Partly(how) => how,
    }
}

/// What each level asks for at each risk, whatever the circumstances, and what it may ask for besides.
fn levels() -> String {
    let mut out = String::from("| it reaches | low risk | medium | high | critical |\n|---|---|---|---|---|\n");
    for level in LEVELS {
        let cells = RISKS.map(|risk| {
            let fits = |rule: &&Rule| rule.level.is_none_or(|own| own == level) && risk >= rule.risk;
            let (always, by_case): (Vec<&Rule>, Vec<&Rule>) =
                blast::TABLE.iter().filter(fits).partition(|rule| rule.when == "always");
            let mut words: Vec<String> = Vec::new();
            for rule in always {
                let asks = words_for(rule.asks);
                if !words.contains(&asks) {
                    words.push(asks);
                }
            }
            let own = by_case.iter().filter(|rule| rule.level.is_some());
            let own: Vec<String> = own.map(|rule| format!("`{}`", rule.id)).collect();
            match (words.is_empty(), own.is_empty()) {
                (true, true) => "alone".to_owned(),
                (true, false) => format!("alone, unless {}", own.join(", ")),
                (false, _) => words.join("; "),
            }
        });
        writeln!(out, "| {} | {} |", level.as_str().replace('_', " "), cells.join(" | ")).unwrap();
    }
    out
}

/// Each line of the table of blast.
fn lines() -> String {
    let mut out = String::from("| line | level | risk | when | asks for |\n|---|---|---|---|---|\n");
    for rule in blast::TABLE {
        let level = rule.level.map_or_else(|| "any".to_owned(), |level| level.as_str().replace('_', " "));
        let risk = if rule.risk == Risk::Low { "any".to_owned() } else { format!("{} and above", rule.risk.as_str()) };
        writeln!(out, "| `{}` | {level} | {risk} | {} | {} |", rule.id, rule.when, words_for(rule.asks)).unwrap();
    }
    out
}

fn words_for(asks: Asks) -> String {
    match asks {
        Asks::Person => "a person".to_owned(),
        Asks::TwoPeople => "two people".to_owned(),
        Asks::Role(role) => format!("`{role}`"),
        Asks::SignOff(roles) => {
            let roles: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
            format!("forbidden, unless a person orders it and {} sign it off", roles.join(" and "))
        }
    }
}

/// The rule ids by which each link lets through or refuses, as they stand in its code.
fn rules() -> String {
    let mut code = String::new();
    read(Path::new(SOURCE), &mut code);
    let mut out = String::from("| link | its rules |\n|---|---|\n");
    for link in Link::ALL {
        let mut ids = BTreeSet::new();
        for part in code.split(&format!("\"{link}.")).skip(1) {
            let id: String =
                part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit()).collect();
            if part[id.len()..].starts_with('"') {
                ids.insert(format!("`{link}.{id}`"));
            }
        }
        assert!(ids.len() > 1, "the link `{link}` has {} rules", ids.len());
        writeln!(out, "| `{link}` | {} |", ids.into_iter().collect::<Vec<_>>().join(", ")).unwrap();
    }
    out
}

/// The code of this folder, without its tests.
fn read(folder: &Path, code: &mut String) {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            read(&path, code);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            code.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        }
    }
}
