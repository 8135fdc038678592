//! Storms (SPEC G8, SAFE-20): while many fail together, one canary is acted on or none.

use super::at;
use crate::knowledge::storms::Storm;
use crate::model::area::Area;
use crate::model::value::Value;
use crate::policy::safety::Canary;
use crate::primitives::name::Name;
use crate::remediate::blast::Grip;
use crate::remediate::safety::question::{Answer, Chain};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn storm(&self) -> Answer {
        let knowledge = self.view.knowledge;
        if knowledge.storms.is_empty() {
            return Answer::pass("storm.none");
        }
        let touched = self.touched();
        let concerned = touched.iter().copied().chain([&self.question.incident.component]);
        let over: BTreeMap<&Area, &Storm> =
            concerned.flat_map(|name| knowledge.storms.over(name, &knowledge.topology)).collect();
        let refused = over.iter().find_map(|(area, storm)| self.refused_by(area, storm, &touched));
        match refused {
            Some(refused) => refused,
            None if over.is_empty() => Answer::pass("storm.elsewhere"),
            None => Answer::pass("storm.canary"),
        }
    }

    fn touched(&self) -> Vec<&Name> {
        let targets = self.question.plan.targets.iter();
        targets.filter(|(_, grip)| **grip > Grip::None).map(|(name, _)| name).collect()
    }

    fn refused_by(&self, area: &Area, storm: &Storm, touched: &[&Name]) -> Option<Answer> {
        let own = self.question.run;
        if storm.canary == Some(own) {
            return None;
        }
        let during = |run: &crate::remediate::run::Run| {
            run.id != own && run.is_active() && run.started.is_some_and(|started| started >= storm.began)
        };
        let rule = if storm.canary.is_some() || self.view.runs.values().any(during) {
            "storm.canary_used"
        } else if self.is_canary(storm, touched) {
            return None;
        } else {
            "storm.many_fail"
        };
        let remedy = format!(
            "the end of the storm over {}: few enough failing for {}, or an sre_lead who says that it is over",
            area.in_words(),
            self.safety.storm.calm
        );
        let root = storm.root.as_ref().map_or("unknown", Name::as_str);
        Some(
            Answer::refuse(rule, remedy)
                .with("area", Value::text(&area.to_string()))
                .with("began", at(storm.began))
                .with("root", Value::text(root)),
        )
    }

    /// Whether this plan is the one that may still be carried out: it touches one component, the right one.
    fn is_canary(&self, storm: &Storm, touched: &[&Name]) -> bool {
        let [target] = touched else { return false };
        match self.safety.storm.canary {
            Canary::None => false,
            Canary::Root => storm.root.as_ref() == Some(*target),
            Canary::Any => true,
        }
    }
}
