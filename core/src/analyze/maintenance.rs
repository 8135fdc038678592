//! What fails under maintenance, where that holds incidents back, and what is still wrong when it ends (SPEC G5, H7).

use crate::analyze::trigger::{Trigger, still_wrong};
use crate::analyze::view::View;
use crate::knowledge::windows::covers;
use crate::model::fact::{Conclusion, Fact};
use crate::model::window::WindowChange;
use crate::model::window::WindowKind;
use alloc::format;
use alloc::vec::Vec;

/// Whether `trigger`, which is seen here and will be seen again, is held back by a maintenance window; said if so.
pub(super) fn holds_back(view: &mut View<'_>, trigger: &Trigger) -> bool {
    let knowledge = view.knowledge;
    let component = knowledge.topology.component(&trigger.component);
    let found = component.and_then(|component| knowledge.windows.holding_back("open", component));
    let Some((window, _)) = found else { return false };
    let detail = format!("`{}` under maintenance: looked at anew when that ends", trigger.issue);
    let said = Conclusion::Suppressed { by: window.clone(), detail };
    let fact = Fact::new(view.now(), "analyze.maintenance", said).component(&trigger.component);
    view.say(fact.because(trigger.because.iter().cloned()));
    true
}

/// What is wrong still where a maintenance window has ended: as if it had only just been seen.
pub(super) fn after(view: &View<'_>, said: &[Fact]) -> Vec<Trigger> {
    let ended = said.iter().filter(|fact| {
        matches!(&fact.said, Conclusion::WindowChanged(WindowChange { change, opening, .. })
            if change == "closed" && opening.kind == WindowKind::Maintenance && opening.terms.contains("open"))
    });
    ended.flat_map(|fact| of_window(view, fact)).collect()
}

fn of_window(view: &View<'_>, ended: &Fact) -> Vec<Trigger> {
    let Conclusion::WindowChanged(WindowChange { opening, .. }) = &ended.said else { return Vec::new() };
    let components = view.knowledge.topology.by_name().into_iter();
    let covered = components.filter(|component| covers(&opening.over, component));
    covered.flat_map(|component| still_wrong(view, &component.name, &ended.because)).collect()
}
