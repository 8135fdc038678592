//! A set of names that only grows, and is cheap to copy while it grows large.

use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// About as many as are copied with each clone; what is more is shared by all of them.
const APART: usize = 16;

/// A set of names in order. A clone shares most of it: its cost does not grow with the set, nor does that of adding one.
#[derive(Clone, Debug, Default)]
pub struct Names {
    shared: Arc<BTreeSet<Name>>,
    /// Those that came last, none of them among the shared ones.
    apart: BTreeSet<Name>,
}

impl Names {
    /// Adds a name. `false` where it was there already.
    pub fn insert(&mut self, name: Name) -> bool {
        if self.contains(&name) {
            return false;
        }
        self.apart.insert(name);
        // What a clone shares is not copied for a few names: the clone is gone soon.
        let many = self.apart.len() > APART.saturating_add(self.shared.len());
        let shared = if many { Some(Arc::make_mut(&mut self.shared)) } else { Arc::get_mut(&mut self.shared) };
        if let Some(shared) = shared.filter(|_| self.apart.len() > APART) {
            // One by one: to append a set would go through all of both.
            shared.extend(core::mem::take(&mut self.apart));
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

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Name> {
        let (mut shared, mut apart) = (self.shared.iter().peekable(), self.apart.iter().peekable());
        core::iter::from_fn(move || match (shared.peek(), apart.peek()) {
            (Some(one), Some(other)) if other < one => apart.next(),
            (Some(_), _) => shared.next(),
            (None, _) => apart.next(),
        })
    }
}

impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Names {
        Names { shared: Arc::new(names.into_iter().collect()), apart: BTreeSet::new() }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Names) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
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
        Ok(Names { shared: Arc::deserialize(deserializer)?, apart: BTreeSet::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

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
