//! Places within the documents of a policy, found again from where its parts stand.

use homeostat_core::policy::Source;
use homeostat_core::policy::document::{self, Document, Limits, Node, Origin, Value};
use homeostat_core::policy::problem::{Place, Problem, Problems, Spot};

/// Entries of sections are no deeper than this.
const DEEPEST: usize = 2;

/// The documents of a policy.
pub(super) struct Sites {
    documents: Vec<Document>,
}

/// A value, and where complaints about it point.
#[derive(Clone)]
pub(super) struct Site<'d> {
    node: Option<&'d Node>,
    place: Place,
    path: String,
}

impl Sites {
    /// Reads them again; what is wrong with them was said when the policy was loaded.
    pub fn of(sources: &[Source]) -> Sites {
        let read = |source: &Source| {
            document::load(&source.name, source.text.as_bytes(), &Limits::default(), &Problems::new())
        };
        Sites { documents: sources.iter().filter_map(read).collect() }
    }

    /// The policy itself.
    pub fn root(&self) -> Option<Site<'_>> {
        self.documents.first().map(|document| Site::at(document, &document.root, document.root.spot, String::new()))
    }

    /// The part of the policy that stands there. Where it cannot be found, fields of it are the part itself.
    pub fn find(&self, origin: &Origin) -> Site<'_> {
        let place = origin.place();
        let path = origin.path().to_owned();
        let document = self.documents.iter().find(|document| document.file == place.file);
        let spot = Spot { line: place.line, column: place.column, length: place.length };
        let node = document.and_then(|document| {
            if path.is_empty() {
                Some(&document.root)
            } else {
                within(&document.root, spot, path.ends_with(']'), DEEPEST)
            }
        });
        Site { node, place, path }
    }
}

/// The element of a list, or else the value of a key, that stands at `spot`.
fn within(node: &Node, spot: Spot, is_element: bool, depth: usize) -> Option<&Node> {
    let deeper = |node| depth.checked_sub(1).and_then(|depth| within(node, spot, is_element, depth));
    match &node.value {
        Value::List(nodes) => {
            nodes.iter().find(|node| is_element && node.spot == spot).or_else(|| nodes.iter().find_map(deeper))
        }
        Value::Map(entries) => {
            let named = entries.iter().find(|entry| !is_element && entry.key_spot == spot);
            named.map(|entry| &entry.value).or_else(|| entries.iter().find_map(|entry| deeper(&entry.value)))
        }
        _ => None,
    }
}

impl<'d> Site<'d> {
    fn at(document: &Document, node: &'d Node, spot: Spot, path: String) -> Site<'d> {
        Site { node: Some(node), place: Place::new(&document.file, spot), path }
    }

    fn child(&self, node: &'d Node, spot: Spot, path: String) -> Site<'d> {
        Site { node: Some(node), place: Place::new(&self.place.file, spot), path }
    }

    /// The value of a field; the same place where there is none, as when a template gives it.
    pub fn field(&self, key: &str) -> Site<'d> {
        self.existing(key).unwrap_or_else(|| self.clone())
    }

    /// The value of a field that is there.
    pub fn existing(&self, key: &str) -> Option<Site<'d>> {
        let Value::Map(entries) = &self.node?.value else { return None };
        let entry = entries.iter().find(|entry| &*entry.key == key)?;
        let spot = if matches!(entry.value.value, Value::Scalar(..)) { entry.value.spot } else { entry.key_spot };
        let dot = if self.path.is_empty() { "" } else { "." };
        Some(self.child(&entry.value, spot, format!("{}{dot}{key}", self.path)))
    }

    /// A field that is there, at its key.
    pub fn at_key(&self, key: &str) -> Option<Site<'d>> {
        let Value::Map(entries) = &self.node?.value else { return None };
        let spot = entries.iter().find(|entry| &*entry.key == key)?.key_spot;
        let found = self.existing(key)?;
        Some(Site { place: Place::new(&found.place.file, spot), ..found })
    }

    /// An element of a list.
    pub fn element(&self, at: usize) -> Option<Site<'d>> {
        let Value::List(nodes) = &self.node?.value else { return None };
        let node = nodes.get(at)?;
        Some(self.child(node, node.spot, format!("{}[{at}]", self.path)))
    }

    /// The first key or single value, in the order written, that is one of `words`. What is said beside `action:` is
    /// looked for beside it.
    pub fn mention(&self, words: &[&str]) -> Option<Site<'d>> {
        let is_meant = |text: &str| words.contains(&text);
        match &self.node?.value {
            Value::List(nodes) => (0..nodes.len()).find_map(|at| self.element(at)?.mention(words)),
            Value::Map(entries) => entries.iter().find_map(|entry| {
                if is_meant(&entry.key) {
                    return Some(self.child(&entry.value, entry.key_spot, format!("{}.{}", self.path, entry.key)));
                }
                let found = self.existing(&entry.key)?.mention(words)?;
                Some(if &*entry.key == "action" {
                    Site { node: self.node, path: self.path.clone(), ..found }
                } else {
                    found
                })
            }),
            Value::Scalar(text, _) if is_meant(text) => Some(self.clone()),
            _ => None,
        }
    }

    /// A warning there.
    pub fn warning(&self, message: impl Into<String>) -> Problem {
        Problem::warning(self.place.clone(), message).path(self.path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(site: &Site<'_>) -> (u32, u32, String) {
        (site.place.line, site.place.column, site.path.clone())
    }

    #[test]
    fn fields_elements_and_mentions_have_their_places() {
        let text = "components:\n  web:\n    run: [x, y]\nplaybooks:\n  - name: p\n    steps:\n      - action: go\n      - run: {}\n";
        let sites = Sites::of(&[Source { name: "p.yaml".into(), text: text.into() }]);
        let root = sites.root().expect("a document");
        let run = root.field("components").field("web").field("run");
        assert_eq!(place(&run.element(0).expect("a word")), (3, 11, "components.web.run[0]".into()));
        assert_eq!(
            place(&run.field("directory")),
            (3, 5, "components.web.run".into()),
            "what is not there is its parent"
        );
        let playbook = root.field("playbooks").element(0).expect("a playbook");
        let steps = playbook.field("steps");
        assert_eq!(place(&steps.mention(&["go"]).expect("a value")), (7, 17, "playbooks[0].steps[0]".into()));
        assert_eq!(place(&steps.mention(&["stay", "run"]).expect("a key")).0, 8);
        assert!(steps.mention(&["name"]).is_none());
    }
}
