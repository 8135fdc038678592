//! A table that is searched in one step, however large it is: for what 100,000 components may have at once. In order it is
//! only where somebody asks for that.

use crate::primitives::name::Name;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a table can be searched by.
pub trait Key: Clone + Ord {
    /// The same on every platform, and for equal keys.
    fn hash(&self) -> u64;
}

impl Key for Name {
    fn hash(&self) -> u64 {
        Name::hash(self)
    }
}

/// Values by key. Written down as a map in the order of the keys.
#[derive(Clone)]
pub struct Table<K, V> {
    entries: HashTable<(K, V)>,
}

/// Values by name.
pub type ByName<V> = Table<Name, V>;

impl<K: Key, V> Table<K, V> {
    /// What `key` has.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.find(key.hash(), |(known, _)| known == key).map(|(_, value)| value)
    }

    /// What `key` has, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.find_mut(key.hash(), |(known, _)| known == key).map(|(_, value)| value)
    }

    /// Whether `key` has anything.
    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// What `key` has; `first` where it has nothing yet.
    pub fn or_insert_with(&mut self, key: &K, first: impl FnOnce() -> V) -> &mut V {
        let entry = self.entries.entry(key.hash(), |(known, _)| known == key, |(known, _)| known.hash());
        &mut entry.or_insert_with(|| (key.clone(), first())).into_mut().1
    }

    /// Gives `key` a value, and says which it had.
    pub fn insert(&mut self, key: &K, value: V) -> Option<V> {
        if let Some(known) = self.get_mut(key) {
            return Some(core::mem::replace(known, value));
        }
        self.entries.insert_unique(key.hash(), (key.clone(), value), |(known, _)| known.hash());
        None
    }

    /// Takes away what `key` has.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.find_entry(key.hash(), |(known, _)| known == key).ok()?;
        let ((_, value), _) = entry.remove();
        if self.entries.is_empty() {
            // Room for what is unusual is given back.
            self.entries = HashTable::new();
        }
        Some(value)
    }

    /// Takes away what is not to be `kept`.
    pub fn retain(&mut self, kept: impl Fn(&V) -> bool) {
        self.entries.retain(|(_, value)| kept(value));
    }

    /// How many keys have something.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no key has anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All of it in the order of the keys: it is put in order each time.
    pub fn sorted(&self) -> Vec<(&K, &V)> {
        let mut all: Vec<_> = self.unordered().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// All of it in no order that may be shown, or decide anything.
    pub fn unordered(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// All of it, to be changed, in no order that may decide anything.
    pub fn unordered_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Table<K, V> {
        Table { entries: HashTable::new() }
    }
}

impl<K: Key, V> FromIterator<(K, V)> for Table<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Table<K, V> {
        let mut made = Table::default();
        all.into_iter().for_each(|(key, value)| drop(made.insert(&key, value)));
        made
    }
}

impl<K: Key, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Table<K, V>) -> bool {
        self.len() == other.len() && self.unordered().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Key, V: Eq> Eq for Table<K, V> {}

impl<K: Key + fmt::Debug, V: fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.sorted()).finish()
    }
}

impl<K: Key + Serialize, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.sorted())
    }
}

impl<'de, K: Key + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table<K, V>, D::Error> {
        Ok(BTreeMap::<K, V>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn it_is_a_map_that_is_written_in_order() {
        let mut table = ByName::default();
        assert!(table.is_empty());
        for i in (0..200).rev() {
            assert_eq!(table.insert(&format!("c-{i:03}").as_str().into(), i), None);
        }
        assert_eq!((table.len(), table.insert(&"c-007".into(), 70)), (200, Some(7)));
        assert_eq!((table.get(&"c-007".into()), table.get(&"d".into())), (Some(&70), None));
        *table.or_insert_with(&"c-008".into(), || 0) += 1;
        *table.or_insert_with(&"d".into(), || 3) += 1;
        assert_eq!((table.get(&"c-008".into()), table.get(&"d".into())), (Some(&9), Some(&4)));
        assert!(table.sorted().is_sorted_by_key(|(name, _)| *name) && table.contains(&"d".into()));
        let again: ByName<i32> = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
        assert_eq!(again, table);
        for i in 0..200 {
            assert!(table.remove(&format!("c-{i:03}").as_str().into()).is_some());
        }
        assert_ne!(again, table);
        let mut few = again.clone();
        few.retain(|value| *value < 3);
        assert_eq!(serde_json::to_string(&few).unwrap(), r#"{"c-000":0,"c-001":1,"c-002":2}"#);
        assert_eq!(serde_json::to_string(&table).unwrap(), r#"{"d":4}"#);
        assert_eq!((table.remove(&"e".into()), table.remove(&"d".into())), (None, Some(4)));
        assert_eq!(table, ByName::default());
    }
}
