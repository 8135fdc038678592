//! What ships with the engine: its actions and its playbooks, as documents like any user's.

use crate::policy::document::{Item, Limits, load};
use crate::policy::problem::Problems;

/// The text of a shipped document: as it was written, or its JSON twin where YAML is not read.
macro_rules! shipped {
    ($name:literal) => {{
        #[cfg(feature = "yaml")]
        const TEXT: &str = include_str!(concat!("../../library/", $name, ".yaml"));
        #[cfg(not(feature = "yaml"))]
        const TEXT: &str = include_str!(concat!("../../library/json/", $name, ".json"));
        TEXT
    }};
}

/// The shipped actions: files by name.
pub const ACTIONS: [(&str, &str); 8] = [
    ("library/actions/core.yaml", shipped!("actions/core")),
    ("library/actions/infrastructure.yaml", shipped!("actions/infrastructure")),
    ("library/actions/kubernetes.yaml", shipped!("actions/kubernetes")),
    ("library/actions/application.yaml", shipped!("actions/application")),
    ("library/actions/database.yaml", shipped!("actions/database")),
    ("library/actions/network.yaml", shipped!("actions/network")),
    ("library/actions/security.yaml", shipped!("actions/security")),
    ("library/actions/ci.yaml", shipped!("actions/ci")),
];

/// The shipped playbooks: the name by which a policy includes them, and their text.
pub const PLAYBOOKS: [(&str, &str); 2] =
    [("library/restart", shipped!("playbooks/restart")), ("library/scale", shipped!("playbooks/scale"))];

/// The shipped escalation chains.
pub const ESCALATION: (&str, &str) = ("library/escalation.yaml", shipped!("escalation"));

/// The shipped severity rules.
pub const SEVERITY: (&str, &str) = ("library/severity.yaml", shipped!("severity"));

/// The text of the shipped playbook of that name.
pub fn playbook(name: &str) -> Option<&'static str> {
    PLAYBOOKS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Loads a shipped document and has it read.
pub fn read<T>(file: &str, text: &str, problems: &Problems, read: impl FnOnce(&Item<'_>) -> T) -> Option<T> {
    let document = load(file, text.as_bytes(), &Limits::default(), problems)?;
    Some(read(&Item::root(&document, problems)))
}
