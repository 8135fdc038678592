//! Documents: YAML or JSON text becomes a tree that knows where each word stands, and typed values are read from it.
//!
//! [`load`] refuses what is dangerous or ambiguous (anchors, tags, duplicate keys, bombs); [`Item`] and [`Fields`] read
//! what is left. Every mistake is recorded and reading goes on, so that one look at a document finds all of them.
//!
//! ```
//! use homeostat_core::policy::document::{Item, Limits, load};
//! use homeostat_core::policy::problem::{Problems, render};
//! use homeostat_core::primitives::time::Span;
//!
//! struct Check {
//!     url: String,
//!     interval: Span,
//!     deep: bool,
//! }
//!
//! impl Check {
//!     fn read(item: &Item<'_>) -> Option<Check> {
//!         let fields = item.fields("a check", &["http", "interval", "interval_seconds", "tier"])?;
//!         let url = fields.need("http", Item::string);
//!         let interval = fields.duration("interval").unwrap_or(Span::from_secs(10));
//!         let deep = fields.get("tier", |i| i.one_of(&[("shallow", false), ("deep", true)])).unwrap_or(false);
//!         Some(Check { url: url?, interval, deep })
//!     }
//! }
//!
//! let text = r#"{ "checks": [{ "http": "http://web/", "intervall": "5M" }, { "interval": "5M", "tier": "depe" }] }"#;
//! let problems = Problems::new();
//! let document = load("homeostat.json", text.as_bytes(), &Limits::default(), &problems).unwrap();
//! let fields = Item::root(&document, &problems).fields("a policy", &["checks"]).unwrap();
//! let checks = fields.list("checks", Check::read);
//! assert_eq!(checks.len(), 1, "a check with a mistake is left out, and the load fails by its problems");
//! let problems = problems.into_sorted();
//! let paths: Vec<_> = problems.iter().map(|p| (p.path.as_str(), p.label.as_str())).collect();
//! assert_eq!(paths, [
//!     ("checks[0].intervall", "did you mean `interval`?"),
//!     ("checks[1].http", ""),
//!     ("checks[1].interval", "did you mean `5m`?"),
//!     ("checks[1].tier", "did you mean `deep`?"),
//! ]);
//! assert!(render(&problems[0], |_| Some(text)).contains("--> homeostat.json:1:39"));
//! ```

mod builder;
mod fields;
mod item;
mod json;
mod origin;
mod text;
#[cfg(feature = "yaml")]
mod yaml;

pub use fields::Fields;
pub use item::Item;
pub use origin::Origin;

use crate::policy::problem::{Place, Problem, Problems, Spot};
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use builder::Builder;

/// What a document may cost. Reading takes time and memory in proportion to its bytes and nodes, never more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text; a larger document is refused unread. Default 16 MiB.
    pub bytes: usize,
    /// Lists and maps within each other. Default 32.
    pub depth: usize,
    /// Values and keys, about 40 bytes each besides their text. Default 2,000,000.
    pub nodes: usize,
    /// Characters of YAML from one value to the next: the parser may hold a whole bracketed list or map in memory,
    /// about 200 bytes a character. Default 1,048,576.
    pub stretch: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 16 << 20, depth: 32, nodes: 2_000_000, stretch: 1 << 20 }
    }
}

/// A document that was read.
#[derive(Debug)]
pub struct Document {
    /// Its name, as given to [`load`].
    pub file: Arc<str>,
    /// Its top node.
    pub root: Node,
}

/// One value with where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands; for a list or map its first character.
    pub spot: Spot,
    /// What it holds.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// A list.
    List(Box<[Node]>),
    /// A map, its entries in the order they were written; keys are unique.
    Map(Box<[Entry]>),
    /// Nothing: an empty value, `null` or `~`.
    Null,
    /// Something refused when the document was loaded. Readers skip it in silence: its problem is already recorded.
    Refused,
    /// A single value, still as text; what it means is for the reader to say.
    Scalar(Box<str>, Style),
}

/// An entry of a map.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_spot: Spot,
    /// The value.
    pub value: Node,
}

/// How a single value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As a block, its line breaks folded away.
    Folded,
    /// As a block, line by line.
    Literal,
    /// Without quotes: it may stand for a number or a truth value.
    Plain,
    /// Within quotes: it is text, whatever it looks like.
    Quoted,
}

/// Reads a document whole: JSON if `file` ends in `.json` or this build has no YAML, YAML otherwise.
///
/// Records what is wrong in `problems`. `Some` means that the tree is there for a reader to find the mistakes of
/// meaning too; the document as a whole is good only if `problems` has no errors in the end. `None` means that there
/// is nothing to read, and a problem says why.
pub fn load(file: &str, bytes: &[u8], limits: &Limits, problems: &Problems) -> Option<Document> {
    let file: Arc<str> = Arc::from(file);
    if bytes.len() > limits.bytes {
        let message = format!("the document has {} bytes, the limit is {}", bytes.len(), limits.bytes);
        problems.push(Problem::error(Place::new(&file, Spot::default()), message).help("split it into several files"));
        return None;
    }
    let text = text::decode(&file, bytes, problems)?;
    let mut builder = Builder::new(&file, limits, problems);
    let read = read_into(&mut builder, text, limits);
    let root = match read {
        Ok(()) => builder.finish(),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    };
    root.map(|root| Document { file, root })
}

/// The problem that ends the reading of a document.
type Stop = Box<Problem>;

#[cfg(feature = "yaml")]
fn read_into(builder: &mut Builder<'_>, text: &str, limits: &Limits) -> Result<(), Stop> {
    if builder.file.ends_with(".json") { json::read(builder, text) } else { yaml::read(builder, text, limits) }
}

#[cfg(not(feature = "yaml"))]
fn read_into(builder: &mut Builder<'_>, text: &str, _: &Limits) -> Result<(), Stop> {
    json::read(builder, text)
}

#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "yaml"))]
mod yaml_tests;
