//! How a storm ends (SPEC G8): few enough have failed for long enough, what had turned UNKNOWN has not failed, or a person
//! says so. What still fails is looked at by itself from then on.

use crate::analyze::Analyze;
use crate::analyze::case::DOWN;
use crate::analyze::correlate::STORM;
use crate::analyze::order::close;
use crate::analyze::storm::takes_in;
use crate::analyze::trigger::Trigger;
use crate::analyze::view::View;
use crate::model::area::Area;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::policy::authority::Verb;
use crate::policy::safety::Storm;
use crate::primitives::name::Name;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Analyze {
    /// Carries out a person's word that it is over.
    pub(super) fn release_storms(&mut self, view: &mut View<'_>, said: &[Fact]) {
        let Some(Event::StormReleased { area, by }) = view.context.event() else { return };
        if let Err(reason) = Verb::EndStorm.check(by) {
            return view.refuse("analyze.storm_release_refused", said, reason);
        }
        let wanted = |known: &&Area| area.as_ref().is_none_or(|area| area == *known);
        let over: Vec<Area> = self.outbreaks.keys().filter(wanted).cloned().collect();
        if over.is_empty() {
            let which = area.as_ref().map_or(String::new(), |area| format!(" over {}", area.in_words()));
            return view.refuse("analyze.storm_release_refused", said, format!("there is no storm{which}"));
        }
        for area in over {
            self.tally.forgive(&area);
            self.end_storm(view, &area, "analyze.storm_ended_by_person", &format!("{} says so", by.id));
        }
    }

    /// Ends what has calmed down, and calls people for what has no incident yet.
    pub(super) fn calm_down(&mut self, view: &mut View<'_>, settings: &Storm) {
        let now = view.now();
        let mut over = Vec::new();
        for (area, outbreak) in &mut self.outbreaks {
            let (count, size) = (self.tally.of_area(area), view.knowledge.topology.size(area));
            if !outbreak.founded && count.known.saturating_add(count.unheard) < settings.limit(area, size) {
                over.push((area.clone(), "analyze.storm_unfounded", "what had turned UNKNOWN has not failed"));
            } else if count.unwell >= settings.bearable(size) {
                outbreak.calm_at = None;
            } else if *outbreak.calm_at.get_or_insert(now.after(settings.calm)) <= now {
                over.push((area.clone(), "analyze.storm_ended", "few enough have failed for long enough"));
            }
        }
        for (area, rule, why) in over {
            self.end_storm(view, &area, rule, why);
        }
        let due = self.outbreaks.iter().filter(|(_, outbreak)| outbreak.page_at.is_some_and(|at| at <= now));
        let unheard: Vec<Area> = due.map(|(area, _)| area.clone()).collect();
        for area in unheard {
            self.page_storm(view, &area);
        }
    }

    /// It is over. What still fails is looked at by itself, also what had joined the incident of another.
    fn end_storm(&mut self, view: &mut View<'_>, area: &Area, rule: &'static str, why: &str) {
        let Some(outbreak) = self.outbreaks.remove(area) else { return };
        let because = view.context.event_id();
        let detail = format!("{}: {why}", area.in_words());
        let said = Conclusion::StormChanged { area: area.clone(), active: false, root: None, detail };
        let fact = Fact::new(view.now(), rule, said).because([because.clone()]);
        view.say(match outbreak.incident {
            Some(id) => fact.incident(id),
            None => fact,
        });
        if let Some(id) = outbreak.incident.filter(|id| self.is_only_word(view, *id)) {
            close(view, id, rule, "the storm is over", &because);
            self.cases.remove(&id);
        }
        self.let_go(view);
        let left: Vec<Name> = self.tally.unwell(area).filter(|one| self.is_left_over(view, one)).cloned().collect();
        self.open_together(view, left, "analyze.left_over");
    }

    /// What joined an incident only because of a storm, and is in the midst of none any more, is no part of it.
    fn let_go(&mut self, view: &View<'_>) {
        let mut cases = core::mem::take(&mut self.cases);
        for (id, case) in &mut cases {
            let root = view.incident(*id).filter(|_| self.weather != Some(*id)).map(|incident| &incident.component);
            let Some(root) = root else { continue };
            case.let_go(|member| member != root && self.over(view, member).is_empty());
        }
        self.cases = cases;
    }

    /// Whether the incident only says that there is a storm.
    pub(super) fn is_only_word(&self, view: &View<'_>, id: IncidentId) -> bool {
        let says_so = view.incident(id).is_some_and(|one| one.issue.as_str() == STORM && one.is_open());
        says_so && self.weather != Some(id)
    }

    fn is_left_over(&self, view: &View<'_>, component: &Name) -> bool {
        let held = |id: IncidentId| self.cases.get(&id).is_some_and(|case| case.lasts(component));
        view.is_failing(component) && !view.open_with(component).into_iter().any(held)
    }

    /// Opens incidents for what fails: one for all, where that is a crowd.
    pub(super) fn open_together(&mut self, view: &mut View<'_>, components: Vec<Name>, rule: &'static str) {
        let many = components.len() >= view.context.policy.safety().storm.crowd as usize;
        let mut first = None;
        for component in components {
            let because = [view.context.event_id()].to_vec();
            let root = view.root_cause(&component);
            let trigger = Trigger { component, issue: Name::new(DOWN), floor: None, because, root };
            match first.filter(|id| many && trigger.root.is_none() && takes_in(view, *id)) {
                Some(id) => self.join(view, id, &trigger, rule, "storm"),
                None => {
                    self.correlate(view, &trigger);
                    first = self.same(view, &trigger);
                }
            }
        }
    }
}
