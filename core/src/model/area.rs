//! What several components have in common: a place, a service, a group, or only that they are here.

use crate::primitives::name::Name;
use crate::primitives::table::Key;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Serialize};

/// What several components have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Area {
    /// Everything there is.
    All,
    /// A cluster.
    Cluster(Name),
    /// A group.
    Group(Name),
    /// A host.
    Host(Name),
    /// A region.
    Region(Name),
    /// A service.
    Service(Name),
}

impl Key for Area {
    fn hash(&self) -> u64 {
        let (kind, name) = match self {
            Area::All => return 0,
            Area::Cluster(name) => (1, name),
            Area::Group(name) => (2, name),
            Area::Host(name) => (3, name),
            Area::Region(name) => (4, name),
            Area::Service(name) => (5, name),
        };
        // Places of one name but of another kind are far from each other.
        name.hash().rotate_left(8 * kind)
    }
}

impl Area {
    /// The area spelled `text`, such as `all` or `host:h1`.
    pub fn parse(text: &str) -> Option<Area> {
        if text == "all" {
            return Some(Area::All);
        }
        let (kind, name) = text.split_once(':')?;
        let name = Name::new(name);
        Some(match kind {
            "cluster" => Area::Cluster(name),
            "group" => Area::Group(name),
            "host" => Area::Host(name),
            "region" => Area::Region(name),
            "service" => Area::Service(name),
            _ => return None,
        })
    }

    /// In words, for people.
    pub fn in_words(&self) -> String {
        match self {
            Area::All => "everything".into(),
            Area::Cluster(name) => format!("cluster `{name}`"),
            Area::Group(name) => format!("group `{name}`"),
            Area::Host(name) => format!("host `{name}`"),
            Area::Region(name) => format!("region `{name}`"),
            Area::Service(name) => format!("service `{name}`"),
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Area::All => f.write_str("all"),
            Area::Cluster(name) => write!(f, "cluster:{name}"),
            Area::Group(name) => write!(f, "group:{name}"),
            Area::Host(name) => write!(f, "host:{name}"),
            Area::Region(name) => write!(f, "region:{name}"),
            Area::Service(name) => write!(f, "service:{name}"),
        }
    }
}

impl From<Area> for String {
    fn from(area: Area) -> String {
        area.to_string()
    }
}

impl TryFrom<String> for Area {
    type Error = String;

    fn try_from(text: String) -> Result<Area, String> {
        Area::parse(&text).ok_or_else(|| {
            format!("`{text}` is no area: expected `all`, or `cluster:`, `group:`, `host:`, `region:` or `service:` and a name")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_spelled_as_it_is_read() {
        for text in ["all", "cluster:eu-1", "group:a:b", "host:h1", "region:eu", "service:web"] {
            assert_eq!(Area::parse(text).map(|area| area.to_string()).as_deref(), Some(text));
        }
        for text in ["", "everything", "hosts:h1", "host"] {
            assert_eq!(Area::parse(text), None, "{text}");
        }
    }
}
