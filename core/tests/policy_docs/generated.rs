//! The tables that are written by this test.

use super::*;

/// With `UPDATE_DOCS` set in the environment, writes them anew.
#[test]
fn the_generated_tables_are_those_of_the_code() {
    let mut made = document();
    for (start, end, table) in [
        ("<!-- tiers: generated from the code -->\n", "<!-- end of tiers -->", tiers()),
        ("<!-- names of a severity rule: generated from the code -->\n", "<!-- end of names -->", names()),
        ("<!-- rules: generated from the shipped rules -->\n", "<!-- end of rules -->", rules()),
        ("<!-- roles: generated from the code -->\n", "<!-- end of roles -->", roles()),
    ] {
        let (before, rest) = made.split_once(start).unwrap();
        let (found, after) = rest.split_once(end).unwrap();
        if std::env::var_os("UPDATE_DOCS").is_none() {
            assert_eq!(found.trim(), table.trim(), "run this test with UPDATE_DOCS=1");
        }
        made = format!("{before}{start}\n{table}\n{end}{after}");
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(DOCS, made).unwrap();
    }
}

fn tiers() -> String {
    let mut out = String::from(
        "| tier | interval | timeout | DEGRADED at | UNHEALTHY at | asked again after |\n|---|---|---|---|---|---|\n",
    );
    for tier in ["shallow", "deep", "comprehensive"] {
        let policy = loaded(&format!("components: {{ c: {{ checks: [ {{ tcp: 'a:1', tier: {tier}, name: c }} ] }} }}"));
        let check = &policy.components()[0].checks[0];
        let degraded = match check.degraded_threshold {
            at if at < check.failure_threshold => format!("{at} failures"),
            _ => "never".into(),
        };
        let failed = match (tier, check.failure_threshold) {
            ("comprehensive", 1) => "1 failure, and that is CRITICAL".into(),
            (_, at) => format!("{at} failures"),
        };
        writeln!(
            out,
            "| `{tier}` | {} | {} | {degraded} | {failed} | {} |",
            check.interval, check.timeout, check.recheck_interval
        )
        .unwrap();
    }
    out
}

/// The facts that a severity rule may name: those of which it is not said that there is no such name.
fn names() -> String {
    let known = |name: &&str| match load(&format!("severity: [ {{ when: {name} == 1, severity: SEV1 }} ]")) {
        Ok(_) => true,
        Err(problems) => !problems.iter().any(|problem| problem.message.starts_with("unknown name")),
    };
    let names: Vec<&str> = FACTS.iter().map(|(name, _)| *name).filter(known).collect();
    format!("The names are `{}`.\n", names.join("`, `"))
}

fn rules() -> String {
    let mut out = String::from("| id | when | gives |\n|---|---|---|\n");
    for rule in loaded("mode: off").severity() {
        writeln!(out, "| `{}` | `{}` | {} |", rule.id, rule.when, rule.gives).unwrap();
    }
    out
}

const VERBS: [Verb; 15] = [
    Verb::Acknowledge,
    Verb::CloseIncident,
    Verb::SetSeverity,
    Verb::SetOnCall,
    Verb::Silence,
    Verb::StartRun,
    Verb::UndoOrReset,
    Verb::Kill,
    Verb::LowerMode,
    Verb::Resume,
    Verb::EndStorm,
    Verb::RaiseMode,
    Verb::Maintain,
    Verb::OpenChangeWindow,
    Verb::ReplacePolicy,
];

/// In words; a verb that is new does not pass the compiler without.
fn said(verb: Verb) -> &'static str {
    match verb {
        Verb::Acknowledge => "acknowledge an incident",
        Verb::CloseIncident => "close an incident",
        Verb::EndStorm => "say that a storm is over",
        Verb::Kill => "stop everything automatic",
        Verb::LowerMode => "lower the mode",
        Verb::Maintain => "open maintenance, close a window",
        Verb::OpenChangeWindow => "open a change window",
        Verb::RaiseMode => "raise the mode again",
        Verb::Silence => "say what is not told for a time",
        Verb::SetOnCall => "say who stands in on call",
        Verb::ReplacePolicy => "put another policy in force",
        Verb::Resume => "let go on what was stopped",
        Verb::SetSeverity => "set the severity of an incident",
        Verb::StartRun => "order a run",
        Verb::UndoOrReset => "call off or undo a run, reset a breaker",
    }
}

fn roles() -> String {
    let mut columns: Vec<&str> = Vec::new();
    for role in VERBS.iter().flat_map(|verb| verb.roles()) {
        if !columns.contains(role) {
            columns.push(role);
        }
    }
    let heads: Vec<String> = columns.iter().map(|role| format!("`{role}`")).collect();
    let mut out = format!("| may | {} |\n|---|{}\n", heads.join(" | "), "---|".repeat(columns.len()));
    for verb in VERBS {
        let cells: Vec<&str> =
            columns.iter().map(|role| if verb.roles().contains(role) { "yes" } else { "–" }).collect();
        writeln!(out, "| {} | {} |", said(verb), cells.join(" | ")).unwrap();
    }
    out
}
