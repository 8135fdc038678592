//! Policy files: read with the files they include, in bounded memory, and loaded.

use crate::os_error;
use homeostat_core::policy::document::{self, Entry, Item, Limits, Node, Value};
use homeostat_core::policy::problem::{Place, Problem, Problems, Spot, render, shown};
use homeostat_core::policy::{Loaded, Policy, Source};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// The name by which shipped playbooks are included; no file is read for these.
const SHIPPED: &str = "library/";

/// The path that stands for standard input.
const STDIN: &str = "-";

/// What to do without a policy.
const START: &str = "`homeostat init` writes a policy to start from";

/// Files that one policy may include.
const MOST_INCLUDES: usize = 1_000;

/// A document that was refused, with its problems.
#[derive(Debug)]
pub struct Rejected {
    /// All problems, in the order of the documents.
    pub problems: Vec<Problem>,
    /// What was read, to show the lines the problems stand on.
    pub sources: Vec<Source>,
}

impl Rejected {
    /// All problems as a person reads them.
    #[must_use]
    pub fn render(&self) -> String {
        render_all(&self.problems, &self.sources)
    }
}

/// Each problem with its line.
#[must_use]
pub fn render_all(problems: &[Problem], sources: &[Source]) -> String {
    let text = |file: &str| sources.iter().find(|source| source.name == file).map(|source| source.text.as_str());
    problems.iter().map(|problem| render(problem, text)).collect()
}

/// Reads the policy at `path` and what it includes, relative to its directory, and loads it.
///
/// # Errors
/// Every problem at once; also a file that is missing, unreadable or too large is a problem of the document.
pub fn load(path: &Path) -> Result<Loaded, Rejected> {
    let first = read(path)?;
    let directory = path.parent().unwrap_or_else(|| Path::new(""));
    let mut sources = vec![first];
    let mut missing = Vec::new();
    for name in sources.first().map(includes).unwrap_or_default() {
        match read_text(&directory.join(&name)) {
            Ok(text) => sources.push(Source { name, text }),
            Err(why) => missing.push((format!("the document `{}` was not given", shown(&name)), name, why)),
        }
    }
    Policy::load(&sources).map_err(|mut problems| {
        for problem in &mut problems {
            if let Some((_, name, why)) = missing.iter().find(|(message, ..)| *message == problem.message) {
                problem.message = format!("`{}` cannot be included: {why}", shown(name));
                problem.help = vec!["a name is a path relative to the directory of the policy".to_owned()];
            }
            let is_policy = sources.first().is_some_and(|first| *first.name == *problem.place.file);
            if problem.message == "the document is empty" && is_policy {
                problem.help.push(START.to_owned());
            }
        }
        Rejected { problems, sources }
    })
}

/// Reads one document.
///
/// # Errors
/// When it is missing, unreadable, too large or not text.
pub fn read(path: &Path) -> Result<Source, Rejected> {
    let name = if path == Path::new(STDIN) { "standard input".to_owned() } else { path.display().to_string() };
    read_text(path).map(|text| Source { name: name.clone(), text }).map_err(|why| {
        let place = Place::new(&Arc::from(name.as_str()), Spot::default());
        let problem = Problem::error(place, format!("`{}` cannot be read: {why}", shown(&name)));
        let problem = if path.exists() { problem } else { problem.help(START) };
        Rejected { problems: vec![problem], sources: Vec::new() }
    })
}

/// Never more than the size limit is held, whatever the path leads to.
fn read_text(path: &Path) -> Result<String, String> {
    let limit = Limits::default().bytes as u64;
    let said = |error: io::Error| os_error::said(&error);
    if path == Path::new(STDIN) {
        return bounded(io::stdin(), limit);
    }
    let metadata = std::fs::metadata(path).map_err(said)?;
    if metadata.is_dir() {
        return Err("it is a directory".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    if metadata.len() > limit {
        return Err(too_large(metadata.len(), limit));
    }
    bounded(File::open(path).map_err(said)?, limit)
}

fn too_large(found: u64, limit: u64) -> String {
    format!("it has {found} bytes, the limit is {limit}; split it into several files")
}

/// All of it, as long as that is no more than `limit` bytes of text.
fn bounded(from: impl Read, limit: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(limit + 1).read_to_end(&mut bytes).map_err(|error| os_error::said(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64, limit));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text, at byte {}", error.utf8_error().valid_up_to()))
}

/// The names under `playbooks: - include: NAME`. What is wrong with the document is for the load to say.
fn includes(source: &Source) -> Vec<String> {
    if !source.text.contains("include") {
        return Vec::new();
    }
    let problems = Problems::new();
    let Some(document) = document::load(&source.name, source.text.as_bytes(), &Limits::default(), &problems) else {
        return Vec::new();
    };
    let Some(Value::List(entries)) = field(&document.root, "playbooks").map(|node| &node.value) else {
        return Vec::new();
    };
    let names = entries.iter().filter_map(|entry| match &field(entry, "include")?.value {
        Value::Scalar(name, _) if !name.starts_with(SHIPPED) => Some(name.to_string()),
        _ => None,
    });
    let mut names: Vec<String> = names.take(MOST_INCLUDES).collect();
    names.dedup();
    names
}

fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|entry: &&Entry| &*entry.key == key).map(|entry| &entry.value)
}

/// Reads a document of playbooks by itself: one, or a list of them.
///
/// # Errors
/// Every problem at once.
pub fn load_playbooks(path: &Path) -> Result<(Vec<homeostat_core::policy::playbook::Playbook>, Rejected), Rejected> {
    use homeostat_core::policy::condition::Open;
    use homeostat_core::policy::draft::action::Registry;
    use homeostat_core::policy::draft::playbook::{self, Context};

    let source = read(path)?;
    let problems = Problems::new();
    let actions = Registry::shipped(&Open, &problems).finish(&problems);
    let context = Context { actions: &actions, components: None, schema: &Open };
    let mut playbooks = Vec::new();
    if let Some(document) = document::load(&source.name, source.text.as_bytes(), &Limits::default(), &problems) {
        let root = Item::root(&document, &problems);
        if root.is_list() {
            playbooks = root.list(|item| playbook::read(item, &context)).unwrap_or_default();
        } else {
            playbooks.extend(playbook::read(&root, &context));
        }
    }
    let refused = problems.has_errors();
    let found = Rejected { problems: problems.into_sorted(), sources: vec![source] };
    if refused { Err(found) } else { Ok((playbooks, found)) }
}
