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

/// The shipped playbooks: the name by which a policy includes them, and their text, one playbook or a ladder of several.
pub const PLAYBOOKS: [(&str, &str); 30] = [
    ("library/restart", shipped!("playbooks/restart")),
    ("library/scale", shipped!("playbooks/scale")),
    ("library/service-down", shipped!("playbooks/service-down")),
    ("library/vm-down", shipped!("playbooks/vm-down")),
    ("library/cpu-high", shipped!("playbooks/cpu-high")),
    ("library/memory-high", shipped!("playbooks/memory-high")),
    ("library/disk-full", shipped!("playbooks/disk-full")),
    ("library/network-unreachable", shipped!("playbooks/network-unreachable")),
    ("library/configuration-drift", shipped!("playbooks/configuration-drift")),
    ("library/pod-crash", shipped!("playbooks/pod-crash")),
    ("library/node-down", shipped!("playbooks/node-down")),
    ("library/evicted-pods", shipped!("playbooks/evicted-pods")),
    ("library/overloaded", shipped!("playbooks/overloaded")),
    ("library/errors-high", shipped!("playbooks/errors-high")),
    ("library/feature-failing", shipped!("playbooks/feature-failing")),
    ("library/database-down", shipped!("playbooks/database-down")),
    ("library/slow-queries", shipped!("playbooks/slow-queries")),
    ("library/connections-exhausted", shipped!("playbooks/connections-exhausted")),
    ("library/table-bloat", shipped!("playbooks/table-bloat")),
    ("library/latency-high", shipped!("playbooks/latency-high")),
    ("library/traffic-blocked", shipped!("playbooks/traffic-blocked")),
    ("library/breach", shipped!("playbooks/breach")),
    ("library/vulnerability", shipped!("playbooks/vulnerability")),
    ("library/certificate-expiring", shipped!("playbooks/certificate-expiring")),
    ("library/ci-job-failed", shipped!("playbooks/ci-job-failed")),
    ("library/ci-lockfile", shipped!("playbooks/ci-lockfile")),
    ("library/ci-cache", shipped!("playbooks/ci-cache")),
    ("library/ci-registry", shipped!("playbooks/ci-registry")),
    ("library/ci-network", shipped!("playbooks/ci-network")),
    ("library/ci-runner-disk", shipped!("playbooks/ci-runner-disk")),
];

/// The shipped playbooks by category: all of one are included by its name.
pub const CATEGORIES: [(&str, &[&str]); 7] = [
    (
        "library/infrastructure",
        &[
            "library/service-down",
            "library/vm-down",
            "library/cpu-high",
            "library/memory-high",
            "library/disk-full",
            "library/network-unreachable",
            "library/configuration-drift",
        ],
    ),
    ("library/kubernetes", &["library/pod-crash", "library/node-down", "library/evicted-pods", "library/overloaded"]),
    ("library/application", &["library/errors-high", "library/feature-failing"]),
    (
        "library/database",
        &["library/database-down", "library/slow-queries", "library/connections-exhausted", "library/table-bloat"],
    ),
    ("library/network", &["library/latency-high", "library/traffic-blocked"]),
    ("library/security", &["library/breach", "library/vulnerability", "library/certificate-expiring"]),
    (
        "library/ci",
        &[
            "library/ci-job-failed",
            "library/ci-lockfile",
            "library/ci-cache",
            "library/ci-registry",
            "library/ci-network",
            "library/ci-runner-disk",
        ],
    ),
];

/// The shipped escalation chains.
pub const ESCALATION: (&str, &str) = ("library/escalation.yaml", shipped!("escalation"));

/// The shipped severity rules.
pub const SEVERITY: (&str, &str) = ("library/severity.yaml", shipped!("severity"));

/// The text of the shipped playbook of that name.
pub fn playbook(name: &str) -> Option<&'static str> {
    PLAYBOOKS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The shipped playbooks of the category of that name.
pub fn category(name: &str) -> Option<&'static [&'static str]> {
    CATEGORIES.iter().find(|(known, _)| *known == name).map(|(_, members)| *members)
}

/// Loads a shipped document and has it read.
pub fn read<T>(file: &str, text: &str, problems: &Problems, read: impl FnOnce(&Item<'_>) -> T) -> Option<T> {
    let document = load(file, text.as_bytes(), &Limits::default(), problems)?;
    Some(read(&Item::root(&document, problems)))
}
