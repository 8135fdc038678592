//! All components together: templates resolved, instances made, dependencies bound to components.

use super::components::{Shape, component};
use super::names::key;
use super::needs::{Made, bind};
use crate::policy::components::Component;
use crate::policy::document::{Item, Origin, Value};
use crate::policy::problem::{Near, listed, shown};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, btree_map};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How many templates may stand behind each other.
const DEEPEST: u32 = 16;

/// All components of a policy, and where each is declared.
#[derive(Default)]
pub(super) struct Roster {
    /// By name.
    pub components: Vec<Arc<Component>>,
    /// Where the entry stands that made each of them, in the same order.
    pub origins: Vec<Origin>,
    /// Every type that an entry gives itself, with where.
    pub types: Vec<(Name, Origin)>,
}

/// Reads all components, at most `most`.
pub(super) fn roster(item: &Item<'_>, most: u32) -> Option<Roster> {
    let mut shapes = shapes(item)?;
    let types = shapes.iter_mut().filter_map(|shape| Some((shape.component.kind.clone(), shape.type_at.take()?)));
    let types = types.collect();
    let made = expand(item, shapes, most);
    let origins = made.iter().map(|made| made.origin.clone()).collect();
    let components = bind(item, made).into_iter().map(Arc::new).collect();
    Some(Roster { components, origins, types })
}

/// An entry before it is read.
struct Entry<'a> {
    item: Item<'a>,
    /// Its key; none within a list, where the field `name` names it.
    key: Option<Name>,
    /// Its name as far as can be seen without reading.
    word: String,
    /// The name of its template.
    like: Option<String>,
}

/// Every entry as declared, templates read before what is like them.
fn shapes(item: &Item<'_>) -> Option<Vec<Shape>> {
    let entries = entries(item)?;
    let likes: BTreeMap<&str, Option<&str>> =
        entries.iter().map(|entry| (entry.word.as_str(), entry.like.as_deref())).collect();
    let mut order: Vec<(u32, &Entry<'_>)> = entries.iter().map(|entry| (depth(&likes, &entry.word), entry)).collect();
    order.sort_by_key(|(depth, _)| *depth);
    let near = Near::new();
    let mut read: BTreeMap<Name, Shape> = BTreeMap::new();
    for (depth, entry) in order {
        let template = template(entry, &likes, depth, &near).and_then(|name| read.get(name));
        let Some(shape) = component(&entry.item, entry.key.as_ref(), template) else { continue };
        let name = shape.component.name.clone();
        match read.entry(name) {
            btree_map::Entry::Vacant(free) => drop(free.insert(shape)),
            // In a map the document itself has two equal keys, which is said already.
            btree_map::Entry::Occupied(_) if entry.key.is_some() => {}
            btree_map::Entry::Occupied(taken) => {
                let message = format!("component `{}` is declared twice", taken.key());
                entry.item.report(entry.item.key_error(message));
            }
        }
    }
    Some(read.into_values().collect())
}

fn entries<'a>(item: &Item<'a>) -> Option<Vec<Entry<'a>>> {
    if item.is_list() {
        return item.list(|item| {
            let (word, like) = (scalar(item, "name").unwrap_or_default(), scalar(item, "like"));
            Some(Entry { item: item.clone(), key: None, word, like })
        });
    }
    let entries = item.map(|item| {
        let (word, like) = (item.key(), scalar(item, "like"));
        Some(Entry { item: item.clone(), key: Some(key(item)?), word, like })
    })?;
    Some(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// The template of an entry, if it names one that can be used; a problem where it cannot.
fn template<'e>(
    entry: &'e Entry<'_>,
    likes: &BTreeMap<&str, Option<&str>>,
    depth: u32,
    near: &Near,
) -> Option<&'e str> {
    let wanted = entry.like.as_deref()?;
    let known = likes.contains_key(wanted);
    if known && depth <= DEEPEST {
        return Some(wanted);
    }
    let name = shown(&entry.word);
    let problem = if known {
        entry.item.key_error(format!("component `{name}` is like itself, or more than {DEEPEST} templates deep"))
    } else {
        let near = near.of(wanted, likes.len(), likes.keys().copied());
        let problem = entry.item.key_error(format!("component `{name}` is like `{}`, which is unknown", shown(wanted)));
        problem.did_you_mean(near).help(format!("components: {}", listed(likes.keys().copied())))
    };
    entry.item.report(problem);
    None
}

/// How many templates stand behind `name`; more than [`DEEPEST`] where they go in a circle.
fn depth(likes: &BTreeMap<&str, Option<&str>>, name: &str) -> u32 {
    let mut at = name;
    let mut depth = 0;
    while let Some(Some(next)) = likes.get(at) {
        if depth > DEEPEST || !likes.contains_key(next) {
            break;
        }
        depth += 1;
        at = next;
    }
    depth
}

/// The text of a field, without complaint.
fn scalar(item: &Item<'_>, field: &str) -> Option<String> {
    let Value::Map(entries) = &item.node().value else { return None };
    entries.iter().find(|entry| &*entry.key == field).and_then(|entry| match &entry.value.value {
        Value::Scalar(text, _) => Some(text.to_string()),
        _ => None,
    })
}

/// Every component, in the order of names; what is declared twice or too much is a problem.
fn expand(item: &Item<'_>, shapes: Vec<Shape>, most: u32) -> Vec<Made> {
    let mut all: BTreeMap<Name, Made> = BTreeMap::new();
    for mut shape in shapes {
        let entry = shape.component.name.clone();
        let needs: Arc<[_]> = core::mem::take(&mut shape.needs).into();
        let origin = shape.origin.clone();
        for component in shape.expand() {
            if all.len() >= most as usize {
                let problem = item.key_error(format!("there are more than {most} components"));
                item.report(problem.help("raise `limits.components`; each takes 2 KiB when quiet"));
                return all.into_values().collect();
            }
            if let Some(first) = all.get(&component.name) {
                let message = format!("component `{}` is also made by `{}`", component.name, first.entry);
                item.report(origin.error(message).help("give its instances other names"));
                continue;
            }
            let made = Made { entry: entry.clone(), needs: needs.clone(), origin: origin.clone(), component };
            all.insert(made.component.name.clone(), made);
        }
    }
    all.into_values().collect()
}
