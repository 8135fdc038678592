//! What ships with the engine: its actions and its playbooks, as documents like any user's.

use crate::policy::document::{Item, Limits, load};
use crate::policy::problem::Problems;

/// The shipped actions: files by name.
pub const ACTIONS: [(&str, &str); 8] = [
    ("library/actions/core.yaml", include_str!("../../library/actions/core.yaml")),
    ("library/actions/infrastructure.yaml", include_str!("../../library/actions/infrastructure.yaml")),
    ("library/actions/kubernetes.yaml", include_str!("../../library/actions/kubernetes.yaml")),
    ("library/actions/application.yaml", include_str!("../../library/actions/application.yaml")),
    ("library/actions/database.yaml", include_str!("../../library/actions/database.yaml")),
    ("library/actions/network.yaml", include_str!("../../library/actions/network.yaml")),
    ("library/actions/security.yaml", include_str!("../../library/actions/security.yaml")),
    ("library/actions/ci.yaml", include_str!("../../library/actions/ci.yaml")),
];

/// The shipped playbooks: the name by which a policy includes them, and their text.
pub const PLAYBOOKS: [(&str, &str); 2] = [
    ("library/restart", include_str!("../../library/playbooks/restart.yaml")),
    ("library/scale", include_str!("../../library/playbooks/scale.yaml")),
];

/// The text of the shipped playbook of that name.
pub fn playbook(name: &str) -> Option<&'static str> {
    PLAYBOOKS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Loads a shipped document and has it read.
pub fn read<T>(file: &str, text: &str, problems: &Problems, read: impl FnOnce(&Item<'_>) -> T) -> Option<T> {
    let document = load(file, text.as_bytes(), &Limits::default(), problems)?;
    Some(read(&Item::root(&document, problems)))
}
