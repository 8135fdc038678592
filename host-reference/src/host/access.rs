//! Who may speak to the host over its socket, and how much at one time.
//!
//! The file lets in who may be let in, and no more is built on it: whoever connects is known by the id that the kernel
//! gives for him. Root and the user who runs the host may always speak; others as long as the policy in force names
//! them. What they may then order is for the roles to say.

use super::people::{Peer, Users, is_at_home};
use homeostat_core::policy::Policy;
use homeostat_core::primitives::name::Name;
use rustix::fs::{Mode, OFlags};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Conversations at one time of root, and of the user who runs the host.
const OWN: usize = 64;
/// Of each other user.
const EACH: usize = 8;
/// Of all other users, beyond the first of each.
const OTHERS: usize = 64;
/// Refusals of one other user within [`REFUSED_WITHIN`] that are written down.
const REFUSED: usize = 20;
/// See [`REFUSED`].
const REFUSED_WITHIN: Duration = Duration::from_secs(60);

/// Who may speak, and who does.
#[derive(Debug)]
pub(super) struct Access {
    socket: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    named: BTreeSet<Name>,
    users: Users,
    speaking: BTreeMap<u32, usize>,
    /// When orders of other users were refused, as far as it was written down.
    refused: BTreeMap<u32, VecDeque<Instant>>,
}

/// What is kept of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// It is written down.
    Written,
    /// It is written down, and that those after it are not.
    Last,
    /// Nothing: there were too many in the last minute.
    Unwritten,
}

impl Noted {
    /// What is said of the record to whoever was refused, and in it.
    pub fn words(self, peer: &Peer) -> String {
        let many = format!("`{}` had {REFUSED} orders refused in the last minute", peer.name);
        match self {
            Noted::Written => String::new(),
            Noted::Last => format!("; {many}: more are answered, but not written down"),
            Noted::Unwritten => format!("; {many}: this one is not written down"),
        }
    }
}

/// A conversation under way; dropped, it leaves its place to another.
#[derive(Debug)]
pub(super) struct Conversation {
    access: Arc<Access>,
    uid: u32,
}

impl Access {
    /// To this socket; until a policy names people, for root and the user who runs the host.
    pub fn new(socket: PathBuf) -> Access {
        Access { socket, inner: Mutex::default() }
    }

    /// Lets in those whom the policy names, and no others; the file is narrowed again where it names nobody else.
    ///
    /// # Errors
    /// Where the file cannot be opened or narrowed. Who may speak holds all the same.
    pub fn follow(&self, policy: &Policy) -> io::Result<()> {
        let mut inner = self.inner();
        inner.named = policy.people().keys().cloned().collect();
        let own = [0, Peer::my_uid()].map(|uid| inner.users.name_of(uid));
        let others = inner.named.iter().any(|name| !own.iter().any(|own| own == name.as_str()));
        drop(inner);
        set_mode(&self.socket, if others { 0o666 } else { 0o600 })
    }

    /// The user of that id, if he may speak now; if not, why not.
    pub fn check(&self, uid: u32) -> Result<Peer, String> {
        let mut inner = self.inner();
        let peer = Peer { name: inner.users.name_of(uid), uid };
        if peer.is_at_home() || (Users::is_known(uid) && inner.named.contains(peer.name.as_str())) {
            return Ok(peer);
        }
        Err(format!(
            "`{}` may not ask this host: only root, the user who runs it and those named under `people` in its policy may",
            peer.name
        ))
    }

    /// A place for a conversation with the user of that id; why there is none.
    pub fn begin(self: &Arc<Self>, uid: u32) -> Result<Conversation, String> {
        let peer = self.check(uid)?;
        let mut inner = self.inner();
        let own = inner.speaking.get(&uid).copied().unwrap_or(0);
        let others = inner.speaking.iter().filter(|(uid, _)| !is_at_home(**uid)).map(|(_, count)| count).sum::<usize>();
        if own >= if peer.is_at_home() { OWN } else { EACH } {
            return Err(format!("`{}` has {own} conversations with this host already: end one first", peer.name));
        }
        // The first is nobody's to take away.
        if !peer.is_at_home() && own > 0 && others >= OTHERS {
            return Err(format!(
                "all {OTHERS} conversations of those named under `people` are taken: `{}` has {own}, and may begin another \
                 once one ends",
                peer.name
            ));
        }
        inner.speaking.insert(uid, own + 1);
        drop(inner);
        Ok(Conversation { access: Arc::clone(self), uid })
    }

    /// Whether it is written down that an order of this user is refused at `now`: whoever may order nothing could fill the
    /// disk otherwise. What he may order is not held back by it. Root and the user who runs the host may be wrong as
    /// often as they like.
    pub fn note_refusal(&self, peer: &Peer, now: Instant) -> Noted {
        if peer.is_at_home() {
            return Noted::Written;
        }
        let mut inner = self.inner();
        for refused in inner.refused.values_mut() {
            refused.retain(|at| now.saturating_duration_since(*at) < REFUSED_WITHIN);
        }
        inner.refused.retain(|_, refused| !refused.is_empty());
        let refused = inner.refused.entry(peer.uid).or_default();
        if refused.len() >= REFUSED {
            return Noted::Unwritten;
        }
        refused.push_back(now);
        if refused.len() == REFUSED { Noted::Last } else { Noted::Written }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversation {
    /// Who speaks, if he still may.
    pub fn peer(&self) -> Result<Peer, String> {
        self.access.check(self.uid)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let mut inner = self.access.inner();
        match inner.speaking.get_mut(&self.uid) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(inner.speaking.remove(&self.uid)),
        }
    }
}

/// Sets the mode of a socket of this user's own, and of nothing else: whoever may write in its directory could have put
/// a link in its place.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let file = File::from(rustix::fs::open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?);
    let found = file.metadata()?;
    if !found.file_type().is_socket() || found.uid() != Peer::my_uid() || found.nlink() != 1 {
        return Err(io::Error::other("something else was put in its place"));
    }
    // By its descriptor: what lies at the path by now does not matter.
    fs::set_permissions(format!("/proc/self/fd/{}", file.as_raw_fd()), Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::policy::Source;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    /// An id that no machine gives to anybody, and which policies name as `uid-…`.
    const ANN: u32 = 3_999_999_001;
    const BOB: u32 = 3_999_999_002;

    fn policy(people: &str) -> Policy {
        let text = format!("{{ \"components\": {{ \"a\": {{ \"checks\": [{{ \"tcp\": \"x:1\" }}] }} }}{people} }}");
        Policy::load(&[Source { name: "p.json".into(), text }]).expect("a policy").policy
    }

    fn access(test: &str) -> (Arc<Access>, UnixListener) {
        let path = std::env::temp_dir().join(format!("homeostat-{test}-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        set_mode(&path, 0o600).expect("narrowed");
        (Arc::new(Access::new(path)), listener)
    }

    fn mode(access: &Access) -> u32 {
        fs::metadata(&access.socket).expect("a socket").permissions().mode() & 0o777
    }

    #[test]
    fn those_named_in_the_policy_in_force_may_speak_and_nobody_else() {
        let (access, _listener) = access("access");
        assert!(access.check(ANN).is_err() && access.check(0).is_ok() && access.check(Peer::my_uid()).is_ok());
        access.follow(&policy(&format!(", \"people\": {{ \"uid-{ANN}\": \"viewer\" }}"))).expect("opened");
        assert_eq!(mode(&access), 0o666);
        let speaking = access.begin(ANN).expect("a place");
        assert_eq!(speaking.peer().map(|peer| peer.name), Ok(format!("uid-{ANN}")));
        let why = access.begin(BOB).expect_err("not named");
        assert!(why.contains(&format!("`uid-{BOB}` may not ask")), "{why}");
        access.follow(&policy("")).expect("narrowed");
        assert_eq!(mode(&access), 0o600);
        assert!(speaking.peer().is_err(), "whoever is no longer named ends in the middle");
        assert!(access.check(0).is_ok());
        let _ = fs::remove_file(&access.socket);
    }

    #[test]
    fn a_policy_that_names_only_who_may_already_opens_nothing_and_the_unknown_is_never_named() {
        let (access, _listener) = access("own");
        access.follow(&policy(", \"people\": { \"root\": \"admin\" }")).expect("narrow");
        assert_eq!(mode(&access), 0o600);
        access.follow(&policy(", \"people\": { \"nobody\": \"admin\", \"uid-65534\": \"admin\" }")).expect("opened");
        assert!(access.check(65_534).is_err(), "the kernel gives this id for whoever it cannot name");
        let _ = fs::remove_file(&access.socket);
    }

    #[test]
    fn one_user_takes_only_so_many_places_and_gives_them_back() {
        let (access, _listener) = access("places");
        let people = (0..20).map(|n| format!("\"uid-{}\": \"viewer\"", ANN + n)).collect::<Vec<_>>().join(", ");
        access.follow(&policy(&format!(", \"people\": {{ {people} }}"))).expect("opened");
        let mut own: Vec<Conversation> = (0..EACH).map(|_| access.begin(ANN).expect("a place")).collect();
        assert!(access.begin(ANN).is_err_and(|why| why.contains("8 conversations")));
        drop(own.pop());
        own.push(access.begin(ANN).expect("the place that became free"));
        let others: Vec<_> = (1..20).flat_map(|n| (0..EACH).map(move |_| n)).collect();
        let taken: Vec<_> = others.into_iter().filter_map(|n| access.begin(ANN + n).ok()).collect();
        assert_eq!(own.len() + taken.len(), OTHERS + 12, "eight users take all, and twelve more have one each");
        let why = access.begin(ANN + 19).expect_err("a second one");
        assert!(why.contains("all 64 conversations") && why.contains("has 1"), "{why}");
        assert!((0..OWN).map(|_| access.begin(0)).collect::<Result<Vec<_>, _>>().is_ok(), "root is never kept out");
        drop((own, taken));
        assert!(access.inner().speaking.is_empty());
        let _ = fs::remove_file(&access.socket);
    }

    #[test]
    fn of_whoever_is_refused_again_and_again_no_more_is_written_down_for_a_while_and_of_nobody_else() {
        let (access, _listener) = access("refused");
        let peer = |uid| Peer { name: format!("uid-{uid}"), uid };
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let noted: Vec<Noted> = (0..25).map(|second| access.note_refusal(&peer(ANN), at(second))).collect();
        assert!(noted[..19].iter().all(|it| *it == Noted::Written) && noted[19] == Noted::Last, "{noted:?}");
        assert!(noted[20..].iter().all(|it| *it == Noted::Unwritten), "{noted:?}");
        assert!(
            Noted::Unwritten.words(&peer(ANN)).contains("had 20 orders refused in the last minute: this one is not")
        );
        assert!((0..25).all(|_| access.note_refusal(&peer(0), at(25)) == Noted::Written));
        assert_eq!(access.note_refusal(&peer(BOB), at(25)), Noted::Written);
        assert_eq!(
            access.note_refusal(&peer(ANN), at(59)),
            Noted::Unwritten,
            "what is not written down does not count"
        );
        assert_eq!(access.note_refusal(&peer(ANN), at(60)), Noted::Last);
        assert_eq!(access.note_refusal(&peer(BOB), at(200)), Noted::Written);
        assert_eq!(access.inner().refused.keys().collect::<Vec<_>>(), [&BOB], "what is over takes no room");
        let _ = fs::remove_file(&access.socket);
    }

    #[test]
    fn only_a_socket_is_opened_and_no_link_is_followed() {
        let (access, _listener) = access("link");
        let (link, file) = (access.socket.with_extension("link"), access.socket.with_extension("file"));
        let _ = (fs::remove_file(&link), fs::remove_file(&file));
        fs::write(&file, "").expect("a file");
        symlink(&access.socket, &link).expect("a link");
        let before = fs::metadata(&file).expect("a file").permissions().mode();
        assert!(set_mode(&link, 0o666).is_err() && set_mode(&file, 0o666).is_err());
        assert_eq!((mode(&access), fs::metadata(&file).expect("a file").permissions().mode()), (0o600, before));
        fs::remove_file(&link).expect("gone");
        fs::hard_link(&access.socket, &link).expect("a second name");
        assert!(set_mode(&link, 0o666).is_err());
        for path in [&access.socket, &link, &file] {
            let _ = fs::remove_file(path);
        }
    }
}
