//! What verification means for a run, and what ends a run at once: harm that is seen (SPEC R7, R8).

use crate::knowledge::evaluate::{Lookup, Truth};
use crate::knowledge::scope::STALE_AFTER;
use crate::model::event::Event;
use crate::model::fact::Conclusion;
use crate::model::incident::{Incident, Phase};
use crate::model::run::{RunEnd, Verdict, Weighed};
use crate::model::value::Value;
use crate::policy::components::Component;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::asked;
use crate::remediate::desk::Desk;
use crate::remediate::ending::Fate;
use crate::remediate::evidence;
use crate::remediate::fit::is_well;
use crate::remediate::harm::Failing;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Afterwards, Run, Status};
use crate::remediate::verify::{Finding, Subject, Watch};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Errors at so many times their usual rate are harm.
const TIMES: f64 = 2.0;

/// How things stood when a run began: what was bad before is no harm of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The error rates of the component.
    errors: BTreeMap<Name, Finite>,
    /// Those of what else is changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<Name, BTreeMap<Name, Finite>>,
    /// Which checks fail; unset where that was not remembered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// Whether the critical condition of the playbook was true already.
    critical: bool,
    /// Whether it has done harm.
    pub harmed: bool,
    /// When it first did anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acted: Option<Time>,
}

impl Guard {
    /// How things stand now for a run on `run.component`.
    pub fn of(run: &Run, incident: &Incident, desk: &Desk<'_>) -> Guard {
        let failing = Some(Failing::of(run, incident, desk));
        Guard { failing, ..Guard::default() }.renewed(run, incident, desk)
    }

    /// Nothing was done yet: what is so now is no harm by the run. What is not known now stands as it was known last.
    fn renewed(mut self, run: &Run, incident: &Incident, desk: &Desk<'_>) -> Guard {
        self.errors.extend(errors_of(&run.component, desk));
        for name in run.plan.targets.keys().filter(|name| **name != run.component && run.looks_at(name)) {
            self.others.entry(name.clone()).or_default().extend(errors_of(name, desk));
        }
        let critical = run.playbook.verification.critical.as_ref();
        let critical = critical.map(|condition| asked::ask(condition, desk.knowledge, desk.context, incident).truth);
        match critical {
            None | Some(Truth::Unknown) => {}
            Some(truth) => self.critical = truth == Truth::True,
        }
        if let Some(failing) = &mut self.failing {
            failing.excuse_all();
        }
        self
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Guard::default()
    }
}

/// The error rates of a component as they were measured last.
fn errors_of(component: &Name, desk: &Desk<'_>) -> BTreeMap<Name, Finite> {
    let (metrics, component) = (&desk.knowledge.metrics, component.as_str());
    let value = |metric: &Name| match metrics.value(component, metric.as_str(), desk.now(), STALE_AFTER) {
        Lookup::Value(Value::Number(value)) => Some((metric.clone(), value)),
        _ => None,
    };
    metrics.of(component).filter(|metric| is_errors(metric)).filter_map(value).collect()
}

fn is_errors(metric: &Name) -> bool {
    metric.as_str() == "error_rate" || metric.as_str().ends_with("_error_rate")
}

impl Run {
    /// A step of it begins now.
    pub fn note_beginning(&mut self, now: Time) {
        if !self.has_begun() {
            self.guard.acted = Some(now);
        }
    }
}

impl Work<'_, '_> {
    /// Why what a run does has to be undone at once, whatever it is at.
    pub fn harm(&mut self, run: &mut Run) -> Option<String> {
        // What is checked is taken note of, whatever else is seen. A verification has words of its own for it.
        let verifies = matches!(run.status, Status::Verifying(_));
        let failing = if verifies { None } else { self.too_many_fail(run) };
        if !run.has_begun() {
            run.guard = core::mem::take(&mut run.guard).renewed(run, self.incident, self.desk);
            return None;
        }
        let reason = self.too_many_errors(run).or_else(|| self.crossed(run)).or(failing);
        let reason = reason.or_else(|| self.rose_unwatched(run))?;
        self.say_harm(run, &reason);
        Some(reason)
    }

    fn say_harm(&mut self, run: &mut Run, reason: &str) {
        run.guard.harmed = true;
        let (part, found) = (Cow::Borrowed("immediate"), Cow::Borrowed("failed"));
        let said = Conclusion::VerificationWeighed(Weighed { part, found, detail: reason.into() });
        self.desk.say_of(run, "remediate.harm", said);
    }

    /// More than twice as many errors as at this time in the last day, and more than when the run began.
    fn too_many_errors(&self, run: &Run) -> Option<String> {
        let Some(Event::SampleReported { component, metric, value, taken_at }) = self.desk.context.event() else {
            return None;
        };
        let taken = taken_at.unwrap_or(self.desk.now());
        let fresh = run.guard.acted.is_none_or(|acted| taken >= acted);
        if !run.has_acted_on(component) || !is_errors(metric) || !fresh {
            return None;
        }
        let usual = evidence::usual(component, metric, self.desk.knowledge, self.desk.now())?;
        let own = *component == run.component;
        let before = if own { Some(&run.guard.errors) } else { run.guard.others.get(component) };
        let more = before.and_then(|before| before.get(metric)).is_none_or(|before| value > before);
        let of = if own { String::new() } else { format!(" of `{component}`") };
        (more && value.value() > usual.value().max(0.0) * TIMES)
            .then(|| format!("`{metric}`{of} is {value}, more than twice the usual {usual}"))
    }

    /// What the playbook calls critical has become true since the run began.
    fn crossed(&self, run: &Run) -> Option<String> {
        let condition = run.playbook.verification.critical.as_ref().filter(|_| !run.guard.critical)?;
        let found = asked::ask(condition, self.desk.knowledge, self.desk.context, self.incident);
        (found.truth == Truth::True).then(|| format!("`{condition}` has become true"))
    }

    pub(super) fn begin_verification(&mut self, run: &mut Run) {
        let component = self.desk.knowledge.topology.component(&run.component);
        let watch = Watch::new(self.desk.now(), &run.playbook.verification, component.map(Arc::as_ref));
        let said = Conclusion::VerificationStarted { step: None, from: watch.from(), within: watch.within() };
        self.desk.say_of(run, "remediate.verification", said);
        self.desk.move_to(run.incident, Phase::Verifying, "remediate.verifying", "the steps are done");
        run.status = Status::Verifying(watch);
    }

    pub(super) fn verify(&mut self, run: &mut Run, component: &Component) -> Fate {
        if let Some(detail) = self.harm(run) {
            return self.failed_verdict(run, true, detail);
        }
        let failing = self.too_many_fail(run);
        let Status::Verifying(watch) = &mut run.status else { return Fate::Goes };
        watch.observe(&component.name, self.desk);
        let subject = Subject {
            incident: self.incident,
            component,
            before: run.before,
            trigger: run.playbook.trigger.condition.as_ref(),
            verification: &run.playbook.verification,
        };
        let mut weighed = Vec::new();
        let finding = watch.judge(subject, self.desk, &mut weighed);
        let since = watch.healthy_since();
        let mut open = false;
        for one in weighed {
            open |= self.weigh(run, one);
        }
        let finding = match finding {
            finding @ Some(Finding::Failed { worse: true, .. }) => finding,
            finding => match failing {
                Some(detail) => {
                    self.say_harm(run, &detail);
                    Some(Finding::Failed { worse: true, detail })
                }
                None => finding,
            },
        };
        let finding = match finding {
            Some(Finding::Resolved) if !run.has_rolled_out() => {
                let detail = run.how_far_in_doubt();
                open = self
                    .weigh(run, evidence::Weighed { part: "rollout", found: "no evidence", detail: detail.clone() });
                Finding::Uncertain { detail }
            }
            Some(Finding::Resolved | Finding::Success) if self.root_is_down(run) => return self.root_is_next(run),
            Some(finding) => finding,
            None => return Fate::Goes,
        };
        if open {
            self.desk.leave_open(run.incident);
        }
        self.conclude(run, finding, since)
    }

    /// Says what one part of a verification came to; whether the incident stays open by it.
    fn weigh(&mut self, run: &Run, one: evidence::Weighed) -> bool {
        let (part, found) = (Cow::Borrowed(one.part), Cow::Borrowed(one.found));
        let weighed = Weighed { part, found, detail: one.detail };
        let open = weighed.leaves_open();
        self.desk.say_of(run, "remediate.weighed", Conclusion::VerificationWeighed(weighed));
        open
    }

    /// Whether the incident is about another component by now, which is not well.
    fn root_is_down(&self, run: &Run) -> bool {
        let Some(incident) = self.desk.knowledge.incidents.get(run.incident) else { return false };
        let root = self.desk.knowledge.topology.component(&incident.component);
        incident.component != run.component && root.is_some_and(|root| !is_well(incident, root, self.desk))
    }

    /// A consequence is well, its cause is not: that is what is done next. It says nothing about the playbook.
    fn root_is_next(&mut self, run: &mut Run) -> Fate {
        let incident = self.desk.knowledge.incidents.get(run.incident);
        let root = incident.map(|incident| incident.component.clone()).unwrap_or_default();
        let detail = format!("`{}` is well, `{root}`, which is the cause, is not", run.component);
        self.verdict(run, Verdict::Partial, false, &detail, None);
        self.finish(run, RunEnd::Cancelled, &detail);
        self.desk.move_to(run.incident, Phase::Analyzing, "remediate.root_found", &detail);
        Fate::Over
    }

    fn conclude(&mut self, run: &mut Run, finding: Finding, since: Option<Time>) -> Fate {
        match finding {
            Finding::Extended => {
                self.verdict(run, Verdict::Uncertain, true, "nothing to go by yet: watched once more", None);
                Fate::Goes
            }
            Finding::Resolved => {
                self.verdict(run, Verdict::Success, true, "well again; it has to stay so", None);
                self.desk.move_to(run.incident, Phase::Resolved, "remediate.resolved", "well again");
                Fate::Goes
            }
            Finding::Success => {
                self.verdict(run, Verdict::Success, false, "well, and stayed so", since);
                self.finish(run, RunEnd::Succeeded, "verified");
                self.desk.move_to(run.incident, Phase::Closed, "remediate.closed", "remediated");
                Fate::Over
            }
            Finding::Partial { detail } => {
                self.verdict(run, Verdict::Partial, false, &detail, None);
                self.finish(run, RunEnd::Partial, &detail);
                self.desk.move_to(run.incident, Phase::Analyzing, "remediate.next", &detail);
                Fate::Over
            }
            Finding::Failed { worse, detail } => self.failed_verdict(run, worse, detail),
            Finding::Uncertain { detail } => {
                self.verdict(run, Verdict::Uncertain, false, &detail, None);
                self.finish(run, RunEnd::Uncertain, &detail);
                self.hand_over(run, "remediate.uncertain", &format!("cannot tell whether it helped: {detail}"));
                Fate::HandedOver
            }
        }
    }

    fn failed_verdict(&mut self, run: &mut Run, worse: bool, detail: String) -> Fate {
        self.verdict(run, Verdict::Failed, false, &detail, None);
        self.desk.move_to(run.incident, Phase::Analyzing, "remediate.relapse", &detail);
        self.roll_back(run, Afterwards { reason: detail, escalate: worse });
        Fate::Goes
    }

    fn verdict(&mut self, run: &Run, verdict: Verdict, provisional: bool, detail: &str, since: Option<Time>) {
        let said = Conclusion::VerdictReached { verdict, provisional, detail: detail.into(), since };
        self.desk.say_of(run, "remediate.verdict", said);
    }
}
