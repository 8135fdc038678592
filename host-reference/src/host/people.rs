//! Who is at the other end of the socket, and which roles he holds.

use homeostat_core::model::event::Principal;
use homeostat_core::policy::Policy;
use homeostat_core::primitives::name::Name;
use std::collections::BTreeSet;
use std::fs;

/// All roles. Where a policy names nobody under `people`, whoever may open the socket (the user who runs the host, and
/// root) holds them; otherwise even his own approval could not be given. As soon as it names somebody, only those
/// named hold roles, and only the ones given to them.
const ROLES: [&str; 10] = [
    "admin",
    "auditor",
    "cto",
    "engineering_manager",
    "executive",
    "operator",
    "responder",
    "sre_lead",
    "viewer",
    "vp_engineering",
];

/// The user of the operating system who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// His name, or `uid-1000` where the machine knows none.
    pub name: String,
}

impl Peer {
    /// The user of that id.
    #[must_use]
    pub fn of_uid(uid: u32) -> Peer {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Peer { name: name_in(&users, uid).unwrap_or_else(|| format!("uid-{uid}")) }
    }

    /// The user who runs this process.
    #[must_use]
    pub fn me() -> Peer {
        Peer::of_uid(rustix::process::geteuid().as_raw())
    }

    /// Him with his roles under `policy`.
    #[must_use]
    pub fn principal(&self, policy: &Policy) -> Principal {
        let people = policy.people();
        let roles = if people.is_empty() {
            ROLES.into_iter().map(Name::new).collect()
        } else {
            people.get(self.name.as_str()).cloned().unwrap_or_default()
        };
        Principal { id: Name::new(&self.name), roles }
    }
}

/// The host itself: it may stop, and nothing else.
pub(super) fn host() -> Principal {
    Principal { id: "homeostat".into(), roles: BTreeSet::from(["operator".into()]) }
}

/// Who starts the host with a policy puts it in force: he could as well have changed the file it is read from.
pub(super) fn starter() -> Principal {
    Principal { id: Name::new(&Peer::me().name), roles: BTreeSet::from(["admin".into()]) }
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::policy::Source;

    fn roles(people: &str) -> BTreeSet<Name> {
        let text = format!("{{ \"components\": {{ \"a\": {{ \"checks\": [{{ \"tcp\": \"x:1\" }}] }} }}{people} }}");
        let source = Source { name: "p.json".into(), text };
        let policy = Policy::load(&[source]).expect("a policy").policy;
        Peer { name: "ann".into() }.principal(&policy).roles
    }

    #[test]
    fn nobody_named_means_all_roles_and_somebody_named_means_only_his() {
        assert_eq!(roles("").len(), ROLES.len());
        assert_eq!(roles(", \"people\": { \"ann\": \"viewer\" }"), BTreeSet::from(["viewer".into()]));
        assert_eq!(roles(", \"people\": { \"bob\": \"admin\" }"), BTreeSet::new());
    }

    #[test]
    fn users_are_found_by_their_id() {
        let users = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbroken\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("ann"));
        assert_eq!(name_in(users, 7), None);
    }
}
