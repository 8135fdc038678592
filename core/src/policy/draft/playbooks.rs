//! The ladder: playbooks written in the policy, included from other documents or shipped, in their order.

use super::playbook::{self, Context};
use super::roster::Roster;
use crate::policy::actions::{Action, Adapter};
use crate::policy::components::Component;
use crate::policy::condition::Open;
use crate::policy::document::{Fields, Item, Limits, Origin, Value, load};
use crate::policy::playbook::{Playbook, Trigger};
use crate::policy::problem::{Place, Problem, Problems, Spot, listed, shown, suggest};
use crate::policy::{Source, library};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet, btree_map};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The shipped ladder of components that are supervised and have no other.
const LAST_RUNG: &str = "library/restart";

/// What every host that keeps processes does to them.
const KEPT_BY_HOSTS: [&str; 3] = ["restart", "restart_service", "scale"];

/// Playbooks, and where those that the documents hold stand.
#[derive(Default)]
pub(super) struct Drafted {
    /// In ladder order.
    pub playbooks: Vec<Arc<Playbook>>,
    /// In the same order; what the engine adds by itself comes last and stands nowhere.
    pub origins: Vec<Origin>,
}

/// Reads all playbooks in ladder order, and gives every supervised component at least the shipped ladder.
pub(super) fn playbooks(
    fields: &Fields<'_>,
    sources: &[Source],
    roster: &Roster,
    actions: &BTreeMap<Name, Arc<Action>>,
    problems: &Problems,
) -> Drafted {
    let names: BTreeSet<Name> =
        roster.components.iter().flat_map(|it| [it.name.clone(), it.service().clone()]).collect();
    let context = Context { actions, components: Some(&names), schema: &Open };
    let (included, ids, playbooks) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut shelf = Shelf { context, sources, problems, included, ids, playbooks };
    fields.list("playbooks", |item| {
        shelf.take(item);
        Some(())
    });
    shelf.report_unused();
    shelf.report_workarounds();
    shelf.report_twins();
    let (mut playbooks, origins): (Vec<Playbook>, Vec<Origin>) = shelf.playbooks.into_iter().unzip();
    playbooks.extend(last_rung(&playbooks, &roster.components, &shelf.context, problems));
    Drafted { playbooks: playbooks.into_iter().map(Arc::new).collect(), origins }
}

/// Playbooks as they come, with where each stands.
struct Shelf<'s> {
    context: Context<'s>,
    sources: &'s [Source],
    problems: &'s Problems,
    included: BTreeSet<String>,
    /// The id of every playbook, also of one with mistakes, with where it stands.
    ids: Vec<(String, Origin)>,
    playbooks: Vec<(Playbook, Origin)>,
}

impl Shelf<'_> {
    /// Takes one entry: a playbook, or `include: NAME`.
    fn take(&mut self, item: &Item<'_>) {
        if item.is_scalar() {
            return report_bare_name(item);
        }
        if !includes(item) {
            return self.read(item);
        }
        let name = item.fields("an include", &["include"]).and_then(|fields| fields.need("include", Item::string));
        let Some(name) = name else { return };
        if name.starts_with("library/") {
            return self.take_shipped(item, &name);
        }
        self.include(item, &name);
    }

    /// Takes a shipped document, or all of a category.
    fn take_shipped(&mut self, item: &Item<'_>, name: &str) {
        if let Some(members) = library::category(name) {
            return members.iter().for_each(|member| self.take_shipped(item, member));
        }
        if let Some(text) = library::playbook(name) {
            library::read(name, text, self.problems, |root| self.read_all(root));
            return;
        }
        let known = || library::CATEGORIES.iter().map(|it| it.0).chain(library::PLAYBOOKS.iter().map(|it| it.0));
        let problem = item.error(format!("no playbook `{}` is shipped", shown(name)));
        let all: Vec<&str> = known().collect();
        let help = format!("shipped: {}", listed(all.into_iter()));
        item.report(problem.did_you_mean(suggest(name, known())).help(help));
    }

    /// Takes a document that was given beside the policy: one playbook, or a list of them.
    fn include(&mut self, item: &Item<'_>, name: &str) {
        let others = || self.sources.iter().skip(1);
        let Some(source) = others().find(|source| source.name == name) else {
            let problem = item.error(format!("the document `{}` was not given", shown(name)));
            let known = library::PLAYBOOKS.iter().map(|(known, _)| *known);
            let shipped = known.clone().find(|known| known.strip_prefix("library/") == Some(name));
            let near = shipped.or_else(|| suggest(name, others().map(|source| source.name.as_str()).chain(known)));
            item.report(
                problem.did_you_mean(near).help("give it beside the policy, under the name by which it is included"),
            );
            return;
        };
        if !self.included.insert(source.name.clone()) {
            item.report(item.error(format!("`{}` is included twice", shown(name))).help("leave one of the two out"));
            return;
        }
        let Some(document) = load(&source.name, source.text.as_bytes(), &Limits::default(), self.problems) else {
            return;
        };
        self.read_all(&Item::root(&document, self.problems));
    }

    /// Reads one playbook, or a list of them.
    fn read_all(&mut self, root: &Item<'_>) {
        if root.is_list() {
            root.list(|item| {
                self.read(item);
                Some(())
            });
        } else {
            self.read(root);
        }
    }

    fn read(&mut self, item: &Item<'_>) {
        self.ids.extend(id(item).map(|id| (id, item.origin())));
        let playbook = playbook::read(item, &self.context);
        self.playbooks.extend(playbook.map(|playbook| (playbook, item.origin())));
    }

    fn report_unused(&self) {
        for source in self.sources.iter().skip(1).filter(|source| !self.included.contains(&source.name)) {
            let place = Place::new(&Arc::from(source.name.as_str()), Spot::default());
            let message = format!("`{}` was given but nothing includes it", shown(&source.name));
            let help = "write `- include: NAME` under `playbooks`";
            self.problems.push(Problem::warning(place, message).help(help));
        }
    }

    fn report_workarounds(&self) {
        let known = |wanted: &Name| self.playbooks.iter().any(|(playbook, _)| playbook.id == *wanted);
        for (playbook, origin) in &self.playbooks {
            let Some(workaround) = &playbook.workaround else { continue };
            if *workaround == playbook.id || !known(workaround) {
                let message =
                    format!("the workaround `{}` is no other playbook of this policy", shown(workaround.as_str()));
                let near =
                    suggest(workaround.as_str(), self.playbooks.iter().map(|(playbook, _)| playbook.id.as_str()));
                self.problems.push(origin.error(message).did_you_mean(near));
            }
        }
    }

    fn report_twins(&self) {
        let mut first: BTreeMap<&str, &Origin> = BTreeMap::new();
        for (id, origin) in &self.ids {
            match first.entry(id) {
                btree_map::Entry::Vacant(free) => drop(free.insert(origin)),
                btree_map::Entry::Occupied(taken) => {
                    let place = taken.get().place();
                    let message = format!("the playbook `{}` is there twice", shown(id));
                    let help = format!("the first is at {}:{}; give this one another name", place.file, place.line);
                    self.problems.push(origin.error(message).help(help));
                }
            }
        }
    }
}

/// `- library/restart` or `- disk.yaml`, without `include:`.
fn report_bare_name(item: &Item<'_>) {
    let name = item.text().unwrap_or_default();
    let shipped = library::PLAYBOOKS
        .iter()
        .map(|(known, _)| *known)
        .find(|known| *known == name || known.strip_prefix("library/") == Some(name));
    let problem = item.error(format!("`{}` is no playbook, only a name", shown(name)));
    let meant = shipped.map(|shipped| format!("include: {shipped}"));
    let help = "write `- include: NAME` for a playbook that is shipped or in a file of its own";
    item.report(problem.did_you_mean(meant.as_deref()).help(help));
}

fn includes(item: &Item<'_>) -> bool {
    matches!(&item.node().value, Value::Map(entries) if entries.iter().any(|entry| &*entry.key == "include"))
}

/// The id of a playbook as far as can be seen without reading it.
fn id(item: &Item<'_>) -> Option<String> {
    let Value::Map(entries) = &item.node().value else { return None };
    ["id", "playbook_id", "name"].into_iter().find_map(|field| {
        entries.iter().find(|entry| &*entry.key == field).and_then(|entry| match &entry.value.value {
            Value::Scalar(text, _) => Some(text.to_string()),
            _ => None,
        })
    })
}

/// The shipped ladder, for those supervised components whose failure no playbook answers; on standby for those of which
/// only the host knows whether it can carry out a playbook that does.
fn last_rung(
    playbooks: &[Playbook],
    components: &[Arc<Component>],
    context: &Context<'_>,
    problems: &Problems,
) -> Option<Playbook> {
    let supervised = || components.iter().filter(|component| component.run.is_some());
    let answers = |playbook: &&Playbook, component: &Component| {
        playbook.trigger.answers_health() && playbook.trigger.concerns(component)
    };
    let answered = |component: &Component| playbooks.iter().any(|playbook| answers(&playbook, component));
    let surely = |component: &Component| {
        playbooks.iter().filter(|playbook| answers(playbook, component)).any(|it| is_surely_possible(it, context))
    };
    let bare: BTreeSet<Name> = supervised().filter(|it| !surely(it)).map(|it| it.name.clone()).collect();
    let taken = playbooks.iter().any(|playbook| playbook.id.as_str() == LAST_RUNG);
    if bare.is_empty() || taken {
        return None;
    }
    let text = library::playbook(LAST_RUNG)?;
    let shipped = library::read(LAST_RUNG, text, problems, |root| playbook::read(root, context))??;
    let standby = supervised().filter(|it| bare.contains(&it.name) && answered(it)).map(|it| it.name.clone()).collect();
    let components = if bare.len() == supervised().count() { BTreeSet::new() } else { bare };
    let trigger = Trigger { components, ..shipped.trigger };
    Some(Playbook { trigger, standby, ..shipped })
}

/// Whether a host that keeps processes can carry the playbook out, whatever else it has adapters for. What it may not be
/// able to do leaves the shipped restart in its place as the last rung.
fn is_surely_possible(playbook: &Playbook, context: &Context<'_>) -> bool {
    playbook::all_steps(&playbook.steps).all(|step| {
        let host = context.actions.get(&step.action).is_some_and(|action| action.adapter == Adapter::Host);
        !host || KEPT_BY_HOSTS.contains(&step.action.as_str())
    })
}
