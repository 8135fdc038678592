//! Whether it is ready, or what stops it and how that is released; how much it may do, and who says so.

use super::{list, word};
use crate::cli::obstacle::quoted;
use crate::cli::print::clean;
use homeostat_core::policy::mode::Mode;
use serde_json::Value;

/// The first lines.
pub(super) fn text(data: &Value, engine: &Value, db: &str) -> String {
    let how = if data.get("why").is_some() { word(data, "why") } else { "ready".to_owned() };
    format!("{how} · mode {}{}", mode(engine, db), releases(data, db))
}

/// The mode that counts, and where it is less than the policy allows, by what.
fn mode(engine: &Value, db: &str) -> String {
    let of = |value: Option<&Value>| value.and_then(|it| serde_json::from_value::<Mode>(it.clone()).ok());
    let (in_force, policy) = (of(engine.get("mode")), of(engine.get("policy_mode")));
    let (Some(in_force), Some(policy)) = (in_force, policy) else { return word(engine, "mode") };
    let trusted = of(engine.get("trusted")).filter(|trusted| *trusted < policy);
    let counts = trusted.unwrap_or(in_force).min(in_force);
    if counts == policy {
        return counts.as_str().to_owned();
    }
    let mut by = vec![format!("policy: {}", policy.as_str())];
    let ceiling = engine.get("ceiling").unwrap_or(&Value::Null);
    let said = |name: &str| ceiling.get(name).and_then(Value::as_str).map(clean);
    let lost_by = said("lost_by");
    if of(ceiling.get("mode")).is_some_and(|ceiling| ceiling < policy) {
        by.push(match &lost_by {
            Some(why) => format!("trust was lost: {why}"),
            None => said("by").map_or_else(|| "lowered at run time".to_owned(), |by| format!("lowered by {by}")),
        });
    }
    if let Some(trusted) = trusted {
        if lost_by.is_none() {
            by.push(format!("trusted no further than `{}`", trusted.as_str()));
        }
        by.push(format!("`homeostat mode {}{db}` gives trust back", policy.as_str()));
    }
    format!("{} ({})", counts.as_str(), by.join("; "))
}

/// What a person does about each reason why it is stopped.
fn releases(data: &Value, db: &str) -> String {
    if let Some(file) = data.get("kill_file").and_then(Value::as_str) {
        return format!("\n  remove the file {}: while it is there nothing can be released", quoted(&clean(file)));
    }
    let kills = list(data, "kills");
    match kills.as_slice() {
        [] => String::new(),
        [_] => format!("\n  `homeostat resume{db}` releases it"),
        several => {
            let reasons = several.iter().filter_map(Value::as_str).map(|reason| quoted(&clean(reason)));
            reasons.map(|reason| format!("\n  `homeostat resume {reason}{db}` releases one reason")).collect()
        }
    }
}
