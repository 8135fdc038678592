//! A set of names that only grows, and is cheap to copy while it grows large.

use crate::primitives::name::Name;
use crate::primitives::table::ByName;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// About as many as are copied with each clone; what is more is shared by all of them.
const APART: usize = 16;

/// A set of names. A clone shares most of it: its cost does not grow with the set, nor does that of adding one.
#[derive(Clone, Debug, Default)]
pub struct Names {
    shared: Arc<ByName<()>>,
    /// Those that came last, none of them among the shared ones.
    apart: Vec<Name>,
}

impl Names {
    /// Adds a name. `false` where it was there already.
    pub fn insert(&mut self, name: Name) -> bool {
        if self.contains(&name) {
            return false;
        }
        self.apart.push(name);
        // What a clone shares is not copied for a few names: the clone is gone soon.
        let many = self.apart.len() > APART.saturating_add(self.shared.len());
        let shared = if many { Some(Arc::make_mut(&mut self.shared)) } else { Arc::get_mut(&mut self.shared) };
        if let Some(shared) = shared.filter(|_| self.apart.len() > APART) {
            for name in self.apart.drain(..) {
                shared.insert(&name, ());
            }
        }
        true
    }

    /// Whether the name is among them.
    pub fn contains(&self, name: &Name) -> bool {
        self.apart.contains(name) || self.shared.contains(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shared.len().saturating_add(self.apart.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order: they are put in order each time.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        let mut all: Vec<&Name> = self.unordered().collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// All of them, in no order that may be shown or decide anything.
    pub fn unordered(&self) -> impl Iterator<Item = &Name> {
        self.apart.iter().chain(self.shared.unordered().map(|(name, ())| name))
    }
}

impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Names {
        let shared = names.into_iter().map(|name| (name, ())).collect();
        Names { shared: Arc::new(shared), apart: Vec::new() }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Names) -> bool {
        self.len() == other.len() && self.unordered().all(|name| other.contains(name))
    }
}

impl Eq for Names {}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        Ok(BTreeSet::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn it_is_a_set_in_order_however_large_it_grew_and_a_clone_grows_by_itself() {
        let mut names = Names::default();
        assert!(names.is_empty());
        for i in (0..200).rev() {
            assert!(names.insert(format!("c-{i:03}").as_str().into()));
            assert!(!names.insert(format!("c-{i:03}").as_str().into()), "it is there");
        }
        let mut other = names.clone();
        assert!(other.insert("a".into()) && other != names);
        let expected: Vec<Name> = (0..200).map(|i| format!("c-{i:03}").as_str().into()).collect();
        assert!(names.iter().eq(&expected) && names.len() == 200);
        assert!(names.contains(&"c-000".into()) && names.contains(&"c-199".into()) && !names.contains(&"a".into()));
        assert_eq!(expected.into_iter().collect::<Names>(), names, "whatever is shared of it");
    }

    #[test]
    fn it_is_written_as_a_list() {
        let mut names: Names = [Name::new("b")].into_iter().collect();
        names.insert("a".into());
        let text = serde_json::to_string(&names).unwrap();
        assert_eq!(text, r#"["a","b"]"#);
        assert_eq!(serde_json::from_str::<Names>(&text).unwrap(), names);
    }
}
