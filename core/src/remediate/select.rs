//! Selection: what to do next for each open incident. The ladder's order first; people when nothing is left.

use crate::knowledge::rollup::root_cause;
use crate::model::event::Principal;
use crate::model::fact::{Conclusion, Fact};
use crate::model::gate::Link;
use crate::model::ids::IncidentId;
use crate::model::incident::{Incident, Phase};
use crate::model::value::Value;
use crate::policy::components::Component;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::desk::Desk;
use crate::remediate::exhausted::refused;
use crate::remediate::fit::{is_doubted, is_sick, is_well, ladder};
use crate::remediate::look::Look;
use crate::remediate::plan::{self};
use crate::remediate::planned::{new_run, say_gate, say_plan};
use crate::remediate::run::hold::{LOOK_AGAIN, passes_by_itself};
use crate::remediate::run::{Run, Status};
use crate::remediate::safety::gate::{self, Decision};
use crate::remediate::safety::question::{Question, View};
use crate::remediate::{Remediate, concerns_incidents};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How long it must stay well where no playbook says so.
const STABILITY: Span = Span::from_mins(5);

/// What selection found for one playbook.
pub(super) struct Candidate {
    pub(super) playbook: Arc<Playbook>,
    pub(super) run: Run,
    pub(super) decision: Decision,
}

impl Remediate {
    /// The incident is looked at in this pass; with `hands_off` nothing automatic is tried for it any more.
    pub fn look_again(&mut self, incident: IncidentId, hands_off: bool) {
        let look = self.looks.entry(incident).or_default();
        look.wake();
        look.last = None;
        if hands_off {
            look.leave_to_people(None);
        }
    }

    /// Looks at every open incident for which something has changed or whose time has come, the worst first.
    pub fn consider(&mut self, desk: &mut Desk<'_>) {
        let (now, knowledge) = (desk.now(), desk.knowledge);
        let news: Vec<&Fact> = desk.said.iter().filter(|fact| concerns_incidents(fact)).collect();
        if news.is_empty() && desk.out.facts.is_empty() && !self.looks.values().any(|look| look.is_due(now)) {
            return;
        }
        self.looks.retain(|id, _| knowledge.incidents.get(*id).is_some_and(Incident::is_open));
        let mut open: Vec<&Incident> = knowledge.incidents.open().collect();
        open.sort_by_key(|incident| (incident.severity.rank(), incident.id));
        for incident in open {
            let look = self.looks.get_mut(&incident.id);
            let due = look.is_none_or(|look| look.is_due(now) || look.is_stirred(incident, &news, now));
            let busy = self.runs.values().any(|run| run.incident == incident.id && run.status != Status::Settled);
            if desk.phase(incident) == Phase::Closed {
                self.looks.remove(&incident.id);
            } else if busy {
                self.looks.entry(incident.id).and_modify(Look::rest);
            } else if due {
                self.look_at(incident, desk);
            }
        }
    }

    fn look_at(&mut self, incident: &Incident, desk: &mut Desk<'_>) {
        let look = self.looks.entry(incident.id).or_default();
        look.begin(desk.now());
        look.take_up_again(incident, desk.knowledge.health.of(&incident.component, &desk.knowledge.topology).state);
        let Some(component) = desk.knowledge.topology.component(&incident.component).cloned() else {
            return component_gone(incident, desk);
        };
        if self.after_order(incident, desk) {
            return;
        }
        let phase = desk.phase(incident);
        if is_well(incident, &component, desk) {
            return self.recovering(incident, &component, phase, desk);
        }
        if let Some(look) = self.looks.get_mut(&incident.id) {
            look.stable_at = None;
        }
        if is_doubted(incident, &component, desk) {
            let detail =
                format!("`{}` was said from outside and is not seen here: a person has to look", incident.issue);
            return desk.move_to(incident.id, Phase::Escalated, "remediate.not_seen", &detail);
        }
        let sick = is_sick(incident, &component, desk);
        let left = self.is_left_to_people(incident.id);
        if phase == Phase::Resolved && sick {
            let (to, detail) = match left {
                true => (Phase::Escalated, "not well again, and left to people: nothing automatic is tried any more"),
                false => (Phase::Analyzing, "not well again"),
            };
            desk.move_to(incident.id, to, "remediate.relapse", detail);
            self.looks.entry(incident.id).and_modify(|look| look.last = None);
        }
        if sick && !left {
            self.act(incident, &component, desk);
        }
    }

    /// The component is well without a run: by itself, or by people. It closes once that has lasted.
    fn recovering(&mut self, incident: &Incident, component: &Component, phase: Phase, desk: &mut Desk<'_>) {
        let now = desk.now();
        let stability = ladder(incident, component, desk).first().map_or(STABILITY, |p| p.verification.stability);
        let Some(look) = self.looks.get_mut(&incident.id) else { return };
        match look.stable_at {
            Some(at) if now >= at && phase == Phase::Resolved => {
                look.stable_at = None;
                desk.move_to(incident.id, Phase::Closed, "remediate.closed", "recovered");
            }
            Some(at) if now < at => {}
            _ => {
                look.stable_at = Some(now.after(stability));
                desk.move_to(incident.id, Phase::Resolved, "remediate.recovered", "well without a run");
            }
        }
    }

    /// Chooses a playbook, makes its plan and asks the gate.
    fn act(&mut self, incident: &Incident, component: &Component, desk: &mut Desk<'_>) {
        let topology = &desk.knowledge.topology;
        if let Some(root) = root_cause(topology, &desk.knowledge.health, &component.name) {
            let detail = format!("`{root}`, which it depends on, is down: that comes first");
            let said = Conclusion::Suppressed { by: root.clone(), detail };
            return self.note(incident, &root, "select.dependency", said, desk);
        }
        if self.is_maintained(incident, component, desk) {
            return;
        }
        if desk.phase(incident) == Phase::Open {
            desk.move_to(incident.id, Phase::Analyzing, "remediate.analyzing", "looking for what can be done");
        }
        let fitting = if incident.issue.as_str() == "storm" { Vec::new() } else { ladder(incident, component, desk) };
        let left: Vec<Arc<Playbook>> = fitting
            .iter()
            .filter(|p| !p.standby.contains(&component.name) || self.only_restart_is_left(incident, &fitting, p, desk))
            .filter(|p| {
                let runs = &desk.knowledge.runs;
                runs.tried(incident.id, &p.id) < p.safety.max_attempts && !runs.told(incident.id, &p.id)
            })
            .cloned()
            .collect();
        let mut refused: Option<Candidate> = None;
        let mut unplanned = Vec::new();
        for playbook in left {
            let id = playbook.id.clone();
            let candidate = match self.candidate(incident, component, playbook, None, desk) {
                Ok(candidate) => candidate,
                Err(problem) => {
                    unplanned.push((id, problem));
                    continue;
                }
            };
            match candidate.decision.refusal() {
                None => {
                    self.put_off(refused.as_ref(), &candidate, desk);
                    return self.take(incident, candidate, desk);
                }
                Some(refusal) if passes_by_itself(&refusal.rule) => {
                    refused = Some(candidate);
                    break;
                }
                Some(_) => {
                    if let Some(instead) = self.workaround(incident, component, &candidate, desk) {
                        self.put_off(Some(&candidate), &instead, desk);
                        return self.take(incident, instead, desk);
                    }
                    refused.get_or_insert(candidate);
                }
            }
        }
        match refused {
            Some(candidate) => self.refused(incident, candidate, desk),
            None => self.exhausted(incident, &fitting, &unplanned, desk),
        }
    }

    /// The plan of `playbook` with what the gate says to it; why not, noted, when no plan can be made.
    pub(super) fn candidate(
        &mut self,
        incident: &Incident,
        component: &Component,
        playbook: Arc<Playbook>,
        by: Option<&Principal>,
        desk: &mut Desk<'_>,
    ) -> Result<Candidate, String> {
        let policy = desk.context.policy;
        let actions = plan::definitions(&playbook, policy);
        let attempt = desk.knowledge.runs.planned(incident.id).saturating_add(1);
        let planned = plan::plan(&playbook, &actions, (incident, attempt), policy, desk.knowledge);
        let possible = planned.map_err(|problem| ("select.no_plan", problem)).and_then(|plan| {
            match self.memory.impossible.hinders(&plan) {
                Some(problem) => Err(("select.no_adapter", problem)),
                None => Ok(plan),
            }
        });
        let plan = match possible {
            Ok(plan) => plan,
            Err((rule, problem)) => {
                let said = Conclusion::Suppressed { by: playbook.id.clone(), detail: problem.clone() };
                self.note(incident, &playbook.id, rule, said, desk);
                return Err(problem);
            }
        };
        let mut run = new_run(incident, component, &playbook, actions, plan, attempt, desk);
        run.by = by.cloned();
        let acting = run.acting_at_first();
        let question = Question { planning: true, ..run.question(run.first(), incident, None, &acting) };
        let view = View { context: desk.context, knowledge: desk.knowledge, runs: &self.runs, memory: &self.memory };
        let decision = gate::ask(&question, &view);
        Ok(Candidate { playbook, run, decision })
    }

    /// The gate lets the plan through: it begins, or is put to people first.
    pub(super) fn take(&mut self, incident: &Incident, candidate: Candidate, desk: &mut Desk<'_>) {
        let Candidate { mut run, decision, .. } = candidate;
        say_plan(&run, false, desk);
        say_gate(&run, &decision, false, desk);
        if let Some(look) = self.looks.get_mut(&incident.id) {
            look.last = None;
        }
        if decision.need.is_needed() {
            let expires = desk.now().after(desk.context.policy.safety().approval.expires);
            run.status = Status::AwaitingApproval { expires };
            let said = Conclusion::ApprovalRequested {
                plan: run.plan.digest,
                expires,
                any_of: decision.need.any_of.into_iter().collect(),
                all_of: decision.need.all_of.into_iter().collect(),
                people: (decision.need.people > 1).then_some(decision.need.people),
            };
            let because = Value::text(&decision.need.reasons.join(", "));
            let asked = desk.fact("remediate.approval_requested", said).value("because", because);
            desk.say(asked.component(&run.component).incident(run.incident).run(run.id));
            desk.move_to(incident.id, Phase::AwaitingApproval, "remediate.awaiting_approval", &run.playbook.name);
            self.runs.insert(run.id, run);
            return;
        }
        self.begin(&mut run, desk);
        self.progress_run(run, desk);
    }

    /// The gate refuses: written down once, looked at again, and told to people unless it passes by itself.
    fn refused(&mut self, incident: &Incident, candidate: Candidate, desk: &mut Desk<'_>) {
        let Candidate { playbook, run, decision } = candidate;
        let Some(refusal) = decision.refusal() else { return };
        let (rule, why) = (refusal.rule.clone(), refused(&run, refusal));
        let link = refusal.link;
        let now = desk.now();
        let Some(look) = self.looks.get_mut(&incident.id) else { return };
        look.next =
            Some(decision.again.unwrap_or(Time::NEVER).min(now.after(LOOK_AGAIN)).max(now.after(Span::from_ms(1))));
        if look.last.as_ref() == Some(&(playbook.id.clone(), rule.clone())) {
            return;
        }
        look.last = Some((playbook.id.clone(), rule.clone()));
        let trial = link == Link::Mode && rule != "mode.off";
        if trial {
            say_plan(&run, true, desk);
        }
        say_gate(&run, &decision, trial, desk);
        if rule == "rate_limits.attempts_per_incident" {
            let tried = Vec::from([playbook.id.clone()]);
            let detail = String::from("the attempts for this incident are used up");
            return self.leave_to_people(incident, "select.attempts_used", tried, detail, desk);
        }
        if !passes_by_itself(&rule) {
            desk.move_to(incident.id, Phase::Escalated, "remediate.refused", &why);
        }
    }

    /// Nothing automatic is tried any more in this epoch of the incident, unless its root is found elsewhere.
    pub fn hands_off(&mut self, incident: &Incident) {
        if let Some(look) = self.looks.get_mut(&incident.id) {
            look.leave_to_people(Some(incident));
            look.next = None;
        }
    }

    /// Whether `incident` was left to people: nothing automatic is tried for it any more.
    pub fn is_left_to_people(&self, incident: IncidentId) -> bool {
        self.looks.get(&incident).is_some_and(Look::is_hands_off)
    }

    /// Says once why nothing is done.
    pub(super) fn note(
        &mut self,
        incident: &Incident,
        by: &Name,
        rule: &'static str,
        said: Conclusion,
        desk: &mut Desk<'_>,
    ) {
        let Some(look) = self.looks.get_mut(&incident.id) else { return };
        let decision = (by.clone(), Cow::Borrowed(rule));
        if look.last.as_ref() != Some(&decision) {
            look.last = Some(decision);
            let fact: Fact = desk.fact(rule, said).component(&incident.component).incident(incident.id);
            desk.say(fact);
        }
    }
}

/// The component was removed: there is nothing left to heal.
fn component_gone(incident: &Incident, desk: &mut Desk<'_>) {
    let why = "the component was removed";
    if matches!(desk.phase(incident), Phase::Remediating | Phase::Verifying) {
        desk.move_to(incident.id, Phase::Analyzing, "remediate.component_removed", why);
    }
    desk.move_to(incident.id, Phase::Resolved, "remediate.component_removed", why);
    desk.move_to(incident.id, Phase::Closed, "remediate.component_removed", why);
}
