//! Components that are registered at run time, in the form in which a policy declares them.

use super::components::component;
use crate::policy::components::Component;
use crate::policy::document::{Item, Limits, load};
use crate::policy::problem::{Problem, Problems, shown};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Component {
    /// Reads a component as a policy would declare it, with its `name`; several where it has `instances`.
    /// What it needs is taken as written: whether those components exist is for the engine to know. Templates are not.
    pub fn from_document(item: &Item<'_>) -> Option<Vec<Component>> {
        let shape = component(item, None, None)?;
        let needs: BTreeSet<_> = shape.needs.iter().map(|(name, _)| name.clone()).collect();
        let components: Vec<Component> = shape.expand();
        if let Some(alone) = components.iter().find(|component| needs.contains(&component.name)) {
            let message = format!("component `{}` depends on itself", shown(alone.name.as_str()));
            item.report(item.key_error(message).help("name only what it needs from others"));
        }
        Some(components.into_iter().map(|component| Component { depends_on: needs.clone(), ..component }).collect())
    }

    /// As [`Component::from_document`], from JSON as it comes with an event.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_json(definition: &serde_json::Value) -> Result<Vec<Component>, Vec<Problem>> {
        let problems = Problems::new();
        let text = definition.to_string();
        let document = load("component.json", text.as_bytes(), &Limits::default(), &problems);
        let components = document.and_then(|document| Component::from_document(&Item::root(&document, &problems)));
        match components {
            Some(components) if !problems.has_errors() => Ok(components),
            _ => Err(problems.into_sorted()),
        }
    }
}
