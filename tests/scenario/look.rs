//! What people see when they look: how groups and the whole are. Looking changes nothing.

use crate::phrase::loud;
use homeostat_core::engine::Engine;
use homeostat_core::engine::view::Status;

/// What is looked at.
#[derive(Clone, Debug)]
pub enum Look {
    /// Groups and the whole.
    Status,
}

/// The lines that are seen.
pub fn look(what: &Look, engine: &Engine) -> Vec<String> {
    match what {
        Look::Status => status(&engine.status()),
    }
}

fn status(status: &Status) -> Vec<String> {
    let width = status.groups.iter().map(|group| group.group.as_str().len()).max().unwrap_or(0);
    let line = |group: &homeostat_core::engine::fleet::GroupStanding| {
        let unknown = match group.members - group.known {
            0 => String::new(),
            some => format!(", {some} unknown"),
        };
        let (state, by) = (loud(group.state), group.by);
        format!("  {:<width$}  {state} by {by} of {}{unknown}", group.group.as_str(), group.members)
    };
    status.groups.iter().map(line).collect()
}
