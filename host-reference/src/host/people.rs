//! Who is at the other end of the socket, and which roles he holds.

use homeostat_core::model::event::Principal;
use homeostat_core::policy::Policy;
use homeostat_core::policy::authority::{MACHINES, ROLES};
use homeostat_core::primitives::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::SystemTime;

/// The machine's list of users.
const USERS: &str = "/etc/passwd";
/// The id that the kernel gives for whoever it cannot name here, such as a user of a container.
const UNKNOWN: u32 = 65_534;

/// The user of the operating system who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// His name, or `uid-1000` where the machine's list of users knows none.
    pub name: String,
    /// His id.
    pub uid: u32,
}

/// The names of users by their ids, read again when the list has changed.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: BTreeMap<u32, String>,
    read: Option<(u64, u64, SystemTime)>,
}

impl Users {
    /// What the user of that id is called.
    pub fn name_of(&mut self, uid: u32) -> String {
        let now = fs::metadata(USERS).ok().and_then(|it| Some((it.ino(), it.len(), it.modified().ok()?)));
        if now.is_none() || now != self.read {
            self.names = names_in(&fs::read_to_string(USERS).unwrap_or_default());
            self.read = now;
        }
        self.names.get(&uid).cloned().unwrap_or_else(|| format!("uid-{uid}"))
    }

    /// Everybody whom the machine's list of users names; nobody where it cannot be read.
    pub fn all() -> BTreeSet<String> {
        names_in(&fs::read_to_string(USERS).unwrap_or_default()).into_values().collect()
    }

    /// What the ids are called here that are nobody's: who is named so is turned away all the same.
    pub fn nobodies() -> BTreeSet<String> {
        let mut users = Users::default();
        [UNKNOWN, u32::MAX].into_iter().flat_map(|uid| [users.name_of(uid), format!("uid-{uid}")]).collect()
    }

    /// Whether the id is somebody's.
    pub fn is_known(uid: u32) -> bool {
        uid != UNKNOWN && uid != u32::MAX
    }
}

impl Peer {
    /// The id of the user who runs this process.
    #[must_use]
    pub fn my_uid() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// The user who runs this process.
    #[must_use]
    pub fn me() -> Peer {
        let uid = Peer::my_uid();
        Peer { name: Users::default().name_of(uid), uid }
    }

    /// Whether he is root, or the user who runs this process.
    #[must_use]
    pub fn is_at_home(&self) -> bool {
        is_at_home(self.uid)
    }

    /// Him with his roles under `policy`. Where it names nobody under `people`, the user who runs the host and root, who
    /// alone can reach it then, hold all that people can hold, with those of its own that may approve; otherwise even their own approval could
    /// not be given. As soon as it names somebody, only those named hold roles, and only the ones given to them.
    #[must_use]
    pub fn principal(&self, policy: &Policy) -> Principal {
        let people = policy.people();
        let roles = if people.is_empty() {
            let approvers = policy.safety().approval.any_of.iter().cloned();
            human().map(Name::new).chain(approvers).collect()
        } else {
            people.get(self.name.as_str()).cloned().unwrap_or_default()
        };
        Principal { id: Name::new(&self.name), roles }
    }
}

/// The roles that are not those of programs: a program decides nothing, whatever else it holds.
fn human() -> impl Iterator<Item = &'static str> {
    ROLES.into_iter().filter(|role| !MACHINES.contains(role))
}

/// Whether that id is root's, or of the user who runs this process.
pub(super) fn is_at_home(uid: u32) -> bool {
    uid == 0 || uid == Peer::my_uid()
}

/// The host itself: it may stop, and nothing else.
pub(super) fn host() -> Principal {
    Principal { id: "homeostat".into(), roles: BTreeSet::from(["operator".into()]) }
}

/// Who starts the host with a policy puts it in force: he could as well have changed the file it is read from.
pub(super) fn starter() -> Principal {
    Principal { id: Name::new(&Peer::me().name), roles: BTreeSet::from(["admin".into()]) }
}

/// The first name of each id; none that looks like the id of another.
fn names_in(users: &str) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for line in users.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(Ok(uid))) = (fields.next(), fields.nth(1).map(str::parse))
            && !name.is_empty()
            && !name.starts_with("uid-")
        {
            names.entry(uid).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::policy::Source;

    fn roles(people: &str) -> BTreeSet<Name> {
        let text = format!("{{ \"components\": {{ \"a\": {{ \"checks\": [{{ \"tcp\": \"x:1\" }}] }} }}{people} }}");
        let source = Source { name: "p.json".into(), text };
        let policy = Policy::load(&[source]).expect("a policy").policy;
        Peer { name: "ann".into(), uid: 1_000 }.principal(&policy).roles
    }

    #[test]
    fn nobody_named_means_all_roles_and_somebody_named_means_only_his() {
        assert_eq!(roles(""), human().map(Name::new).collect());
        let own = roles(", \"safety\": { \"approval\": { \"any_of\": [\"dba\"] } }");
        assert!(own.contains("dba") && own.len() == human().count() + 1, "who alone can reach it can approve: {own:?}");
        assert_eq!(roles(", \"people\": { \"ann\": \"viewer\" }"), BTreeSet::from(["viewer".into()]));
        assert_eq!(roles(", \"people\": { \"bob\": \"admin\" }"), BTreeSet::new());
    }

    #[test]
    fn users_are_found_by_their_id() {
        let users = "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbroken\n";
        let names = names_in(&(users.to_owned() + "uid-1000:x:1001:1001::/:/bin/sh\n:x:7:7::/:\n"));
        assert_eq!(names, BTreeMap::from([(0, "root".into()), (1000, "ann".into())]));
        assert_eq!(Users::default().name_of(0), "root");
    }
}
