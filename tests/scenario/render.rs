//! What the engine says, one line a fact or command, as a person reads it. Ids become numbers in order of appearance.

use crate::phrase::{
    approvers, clock, far, is_telling, link_values, loud, notification, quoted, readable, values, written,
};
use crate::witness;
use homeostat_core::engine::Output;
use homeostat_core::model::command::{Command, Execution, Purpose};
use homeostat_core::model::fact::{Conclusion, Fact};
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::ids::{CommandId, IncidentId, RunId, SilenceId};
use homeostat_core::model::run::{Stage, Weighed};
use homeostat_core::model::silence::{Undelivered, Withheld};
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::time::{Span, Time};

/// Ids by the number a person sees, in order of appearance.
#[derive(Debug, Default)]
pub struct Aliases {
    /// Incidents.
    pub incidents: Vec<IncidentId>,
    /// Runs.
    pub runs: Vec<RunId>,
    /// Commands that change the world.
    pub commands: Vec<CommandId>,
    /// Silences.
    pub silences: Vec<SilenceId>,
    /// Plans.
    pub plans: Vec<Digest>,
    /// Policies.
    policies: Vec<Digest>,
    /// The plan that was put to people last.
    pub newest_plan: Option<Digest>,
    /// Further things to show: `because`, `links`, `checks`.
    pub show: Vec<String>,
    width: usize,
}

impl Aliases {
    /// Aliases that show `show` too, for components with names of up to `width` letters.
    pub fn new(show: &[String], width: usize) -> Aliases {
        Aliases { show: show.to_vec(), width, ..Aliases::default() }
    }

    /// The lines of an output.
    pub fn lines(&mut self, at: Time, output: &Output) -> Vec<String> {
        let mut lines = Vec::new();
        for fact in &output.facts {
            self.learn(fact);
            if let Some(text) = self.fact(fact) {
                let subject = fact.component.as_ref().map_or("", |name| name.as_str());
                lines.push(self.line(fact.at, subject, &text));
                self.more(fact, &mut lines);
            }
        }
        for command in &output.commands {
            if let Some((subject, text)) = self.command(command) {
                lines.push(self.line(at, &subject, &text));
            }
        }
        lines
    }

    fn line(&self, at: Time, subject: &str, text: &str) -> String {
        let line = format!("  {}  {subject:<width$}  {text}", clock(at), width = self.width);
        self.short(line.replace('\n', "\\n")).trim_end().to_owned()
    }

    fn withheld(&self, incident: &str, it: &Withheld) -> String {
        let what = match it.level {
            0 => format!("message of {incident}"),
            level => format!("escalation {incident} level {level}"),
        };
        let to = it.to.as_ref().map_or_else(String::new, |(who, channel)| format!(", {who} by {channel},"));
        let until = it.until.map_or_else(String::new, |until| format!(" until {}", clock(until)));
        let why = match (it.by, it.behind) {
            (Some(by), _) => {
                let silence = self.silences.iter().position(|known| *known == by).map_or(0, |at| at + 1);
                format!("waits for the end of silence {silence}")
            }
            (_, Some(behind)) => format!("waits for the end of {}, at the longest", self.of(Some(behind))),
            _ if it.until.is_some() => "waits".to_owned(),
            _ => "goes with what was told at once".to_owned(),
        };
        format!("{what}{to} {why}{until}")
    }

    pub fn shows(&self, what: &str) -> bool {
        self.show.iter().any(|shown| shown == what)
    }

    fn learn(&mut self, fact: &Fact) {
        if let Conclusion::SilenceChanged(it) = &fact.said {
            number(&mut self.silences, it.id);
        }
        if let Conclusion::NotificationWithheld(Withheld { by: Some(by), .. }) = &fact.said {
            number(&mut self.silences, *by);
        }
        if let Some(incident) = fact.incident {
            number(&mut self.incidents, incident);
        }
        if let Some(run) = fact.run {
            number(&mut self.runs, run);
        }
        match &fact.said {
            Conclusion::RunPlanned { plan, .. } => drop(number(&mut self.plans, *plan)),
            Conclusion::ApprovalRequested { plan, .. } => {
                number(&mut self.plans, *plan);
                self.newest_plan = Some(*plan);
            }
            Conclusion::PolicyReplaced { digest } => drop(number(&mut self.policies, *digest)),
            Conclusion::StepStarted { command, .. } => drop(number(&mut self.commands, *command)),
            _ => {}
        }
    }

    /// Long ids become short ones wherever they stand.
    pub fn short(&self, mut line: String) -> String {
        let mut put = |word: &str, at: usize, id: String| {
            let alias = format!("{word} {}", at + 1);
            line = line.replace(&format!("{word} {id}"), &alias).replace(&format!("{word} `{id}`"), &alias);
            line = line.replace(&id, &alias);
        };
        self.incidents.iter().enumerate().for_each(|(at, id)| put("incident", at, id.to_string()));
        self.runs.iter().enumerate().for_each(|(at, id)| put("run", at, id.to_string()));
        self.commands.iter().enumerate().for_each(|(at, id)| put("command", at, id.to_string()));
        for (at, plan) in self.plans.iter().enumerate() {
            put("plan", at, plan.to_string());
            put("plan", at, plan.short().to_string());
            put("plan", at, plan.to_string().chars().take(8).collect());
        }
        line
    }

    fn more(&self, fact: &Fact, lines: &mut Vec<String>) {
        if let (true, Conclusion::GateDecided { links, .. }) = (self.shows("links"), &fact.said) {
            for link in links {
                let sign = if link.allowed { "passes" } else { "REFUSES" };
                lines.push(self.line(
                    fact.at,
                    "",
                    &format!("  {:<16}{sign:<8} {}", link.link.to_string(), link_values(link)),
                ));
            }
        }
        if self.shows("because") && !fact.because.is_empty() {
            let events: Vec<String> = fact.because.iter().map(|event| readable(event.as_str())).collect();
            lines.push(self.line(fact.at, "", &format!("  because {}", events.join(", "))));
        }
    }

    fn command(&mut self, command: &Command) -> Option<(String, String)> {
        match command {
            Command::CollectEvidence(_) => None,
            Command::Execute(execution) => Some((execution.target.to_string(), self.execution(execution))),
            Command::Notify(message) => Some((String::new(), notification(message))),
            Command::RunCheck(request) => {
                let text = format!("ask {}", request.check);
                self.shows("checks").then(|| (request.component.to_string(), text))
            }
        }
    }

    fn execution(&mut self, execution: &Execution) -> String {
        let number = number(&mut self.commands, execution.id);
        let verb = match execution.purpose {
            Purpose::Capture => "EXECUTE capture before",
            Purpose::Forward => "EXECUTE",
            Purpose::Revert => "EXECUTE revert by",
            Purpose::Rollback => "EXECUTE rollback by",
        };
        let mut text = format!("{verb} {} {}", execution.action, execution.target);
        let parameters: Vec<String> =
            execution.parameters.iter().map(|(name, value)| format!("{name} {}", written(value))).collect();
        if !parameters.is_empty() {
            text.push_str(&format!(" ({})", parameters.join(", ")));
        }
        if let homeostat_core::model::command::Means::Exec { argv, .. } = &execution.means {
            text.push_str(&format!(" argv {argv:?}"));
        }
        text.push_str(&format!(" · command {number}, step {}, try {}", execution.step, execution.attempt));
        text
    }

    /// A fact in words; nothing for what its command says better.
    fn fact(&self, fact: &Fact) -> Option<String> {
        let text = match &fact.said {
            Conclusion::StepStarted { .. } => return None,
            Conclusion::BlastAssessed(_) if !self.shows("blast") => return None,
            Conclusion::EvidenceAsked(_) | Conclusion::EvidenceFound(_) if !self.shows("evidence") => return None,
            // As it goes wherever the host starts, and nothing waits for it.
            Conclusion::WarmUpBegan(_)
            | Conclusion::WarmUpEnded(homeostat_core::model::calm::Warm { missing: 0, .. })
                if !self.shows("warm-up") =>
            {
                return None;
            }
            Conclusion::CheckFound { check, verdict, count, needed, detail } => {
                let found = match verdict {
                    CheckVerdict::Error => "error",
                    CheckVerdict::Fail => "failed",
                    CheckVerdict::Pass => "passed",
                };
                format!("{check} {found} {count} of {needed}{}", quoted(detail))
            }
            Conclusion::HealthChanged { from, to, detail } => format!("{} was {from} · {detail}", loud(*to)),
            Conclusion::GateDecided { .. } => self.gate(fact),
            other => self.other(other, fact),
        };
        let values = match &fact.said {
            Conclusion::GateDecided { .. } => String::new(),
            Conclusion::CheckFound { .. } => String::new(),
            Conclusion::RunPlanned { .. } if !self.shows("score") => String::new(),
            _ => values(&fact.values),
        };
        Some(format!("{text} · {}{values}", fact.rule))
    }

    fn gate(&self, fact: &Fact) -> String {
        let Conclusion::GateDecided { occasion, playbook, step, links, refused, trial } = &fact.said else {
            return String::new();
        };
        let occasion = format!("{occasion:?}").to_lowercase().replace("step", " step");
        let about = step.as_ref().map_or_else(|| playbook.to_string(), |step| format!("{playbook}/{step}"));
        let trial = if *trial { " (decided only)" } else { "" };
        let mut text = format!("gate {occasion} of {about}{trial}: ");
        let mut refusals = links.iter().filter(|link| !link.allowed);
        match (refused, refusals.next()) {
            (None, _) => {
                text.push_str("ALLOWED");
                let telling = links.iter().filter(|link| is_telling(link)).map(link_values);
                telling.for_each(|link| text.push_str(&format!(" · {link}")));
            }
            (Some(rule), None) => text.push_str(&format!("REFUSED by {rule}, which is no link of it")),
            (Some(_), Some(first)) => {
                text.push_str(&format!("REFUSED by {} · needed: {}", link_values(first), first.remedy));
                refusals.for_each(|link| text.push_str(&format!(" · also {}", link.rule)));
            }
        }
        text
    }

    fn run(&self, fact: &Fact) -> String {
        let position = fact.run.and_then(|run| self.runs.iter().position(|known| *known == run));
        position.map_or_else(|| "run".to_owned(), |at| format!("run {}", at + 1))
    }

    fn incident(&self, fact: &Fact) -> String {
        let position = fact.incident.and_then(|id| self.incidents.iter().position(|known| *known == id));
        position.map_or_else(|| "incident".to_owned(), |at| format!("incident {}", at + 1))
    }

    fn other(&self, said: &Conclusion, fact: &Fact) -> String {
        let (run, incident) = (self.run(fact), self.incident(fact));
        let names = |names: &[homeostat_core::primitives::name::Name]| {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        match said {
            Conclusion::ApprovalGranted { plan, by } => format!("plan {plan} APPROVED by {by}"),
            Conclusion::ApprovalLost { plan, how, by } => {
                format!(
                    "plan {plan} approval {}{}",
                    how.to_uppercase(),
                    by.as_ref().map_or(String::new(), |by| format!(" by {by}"))
                )
            }
            Conclusion::ApprovalRequested { plan, expires, any_of, all_of, people } => {
                let whose = approvers(&names(any_of), &names(all_of), *people);
                format!("plan {plan} needs approval by{whose}, until {}", clock(*expires))
            }
            Conclusion::BlastAssessed(found) => {
                let whose = if found.of == "extent" { incident } else { run };
                format!("{whose} {} {}", found.of, far(&found.reach))
            }
            Conclusion::BreakerChanged { to, playbook } => format!("breaker of {playbook} {}", to.to_uppercase()),
            Conclusion::CommandEnded { command, result, detail } => {
                let result = format!("{result:?}").to_lowercase();
                format!("command {command} {result}{}", quoted(detail))
            }
            Conclusion::ComponentRegistered {} => "registered".to_owned(),
            Conclusion::ComponentRemoved {} => "removed".to_owned(),
            Conclusion::ControlChanged { what, to, detail } => format!("control {what} {to}{}", quoted(detail)),
            Conclusion::DeliveryFailed(Undelivered { channel, recipient, detail, .. }) => {
                format!("message to {recipient} by {channel} did not arrive{}", quoted(detail))
            }
            Conclusion::EscalationReached { chain, level, round, notified } => {
                format!("escalation {incident} {chain} level {level}, round {round}: {}", names(notified))
            }
            Conclusion::EscalationStarted { chain, reason } => {
                format!("escalation {incident} {chain} starts: {reason}")
            }
            Conclusion::EscalationWanted { by } => format!("{incident} wants one level more, by {by}"),
            Conclusion::EvidenceAsked(it) => {
                format!(
                    "{incident} evidence {} is asked of [{}], until {}: {}",
                    it.part.as_str(),
                    names(&it.of),
                    clock(it.until),
                    witness::asked(&it.windows)
                )
            }
            Conclusion::EvidenceFound(it) => {
                let more = if it.left_out == 0 { String::new() } else { format!(", {} left out", it.left_out) };
                format!("{incident} evidence {} is there: {}{more}", it.part.as_str(), witness::told(&it.items))
            }
            Conclusion::EvidenceMissed(it) if it.waited == Span::ZERO => {
                format!("{incident} evidence {} is not collected: goes on without", it.part.as_str())
            }
            Conclusion::EvidenceMissed(it) => {
                format!("{incident} evidence {} did not come within {}: goes on without", it.part.as_str(), it.waited)
            }
            Conclusion::FaultLatched { what } => format!("FAULT {what}"),
            Conclusion::FlappingBegan(homeostat_core::model::calm::Flapped { held, changes, calm }) => {
                format!("FLAPPING after {changes} changes, held {held} until calm for {calm}")
            }
            Conclusion::FlappingEnded {} => "calm again".to_owned(),
            Conclusion::GraceOpened(homeostat_core::model::calm::Changed { change, until }) => {
                format!("grace after {change} until {}", clock(*until))
            }
            Conclusion::IncidentAcknowledged { by, until } => {
                format!("{incident} acknowledged by {by} until {}", clock(*until))
            }
            Conclusion::IncidentJoined { issue, relation } => format!("{incident} joined by {issue} as {relation}"),
            Conclusion::IncidentMoved { to, detail, .. } => {
                format!("{incident} {} · {detail}", to.as_str().to_uppercase())
            }
            Conclusion::IncidentOpened { issue, severity, onset, recurrence_of } => {
                let again = if recurrence_of.is_some() {
                    format!(", recurrence of {}", self.of(*recurrence_of))
                } else {
                    String::new()
                };
                format!("{incident} OPEN {severity} {issue}, onset {}{again}", clock(*onset))
            }
            Conclusion::IncidentReopened {} => format!("{incident} REOPENED"),
            Conclusion::IncidentUnacknowledged(it) => format!("{incident} given back by {}", it.by),
            Conclusion::NotificationWithheld(it) => self.withheld(&incident, it),
            Conclusion::SilenceChanged(it) => {
                let number = self.silences.iter().position(|known| *known == it.id).map_or(0, |at| at + 1);
                match &it.silence {
                    Some(what) => format!("silence {number} until {} by {}: {}", clock(what.until), it.by, what.reason),
                    None => format!("silence {number} ended by {}", it.by),
                }
            }
            Conclusion::OnCallChanged(it) => {
                format!("{} is on call as {} until {}, by {}", it.who, it.rotation, clock(it.until), it.by)
            }
            Conclusion::InputRefused { reason } => format!("input refused: {reason}"),
            Conclusion::Overloaded { limit, dropped } => format!("overloaded: limit {limit}, dropped {dropped}"),
            Conclusion::MessageWanted { text, .. } => format!("message: {text}"),
            Conclusion::OutcomeRecorded { playbook, runs, successes } => {
                format!("record of {playbook}: {successes} of {runs} runs succeeded")
            }
            Conclusion::PlaybooksExhausted { tried, detail } => {
                format!("nothing left to try after [{}]: {detail}", names(tried))
            }
            Conclusion::PolicyReplaced { digest } => {
                format!("policy {} in force", self.policies.iter().position(|known| known == digest).unwrap_or(0) + 2)
            }
            Conclusion::ReportReceived { what } => format!("report by {what}"),
            Conclusion::RolloutMoved(Stage { stage, of, how, targets, detail }) => {
                let detail = if detail.is_empty() { String::new() } else { format!(" · {detail}") };
                format!("{run} stage {stage} of {of} {} on [{}]{detail}", how.to_uppercase(), names(targets))
            }
            Conclusion::RunEnded { playbook, end, detail } => {
                format!("{run} ended {} ({playbook}){}", format!("{end:?}").to_uppercase(), quoted(detail))
            }
            Conclusion::RunPlanned { playbook, attempt, plan, targets, steps, trial } => {
                let trial = if *trial { " (decided only)" } else { "" };
                format!(
                    "{run} planned{trial}: {playbook}, attempt {attempt}, plan {plan}, on [{}]: {}",
                    names(targets),
                    steps.join("; ")
                )
            }
            Conclusion::RunStarted { playbook, attempt } => format!("{run} started: {playbook}, attempt {attempt}"),
            Conclusion::RollbackMoved { how } => format!("{run} rollback {}", how.to_uppercase()),
            Conclusion::SeverityChanged { from, to, by } => format!("{incident} severity {to}, was {from}, by {by}"),
            Conclusion::SignalChanged { issue, raised, detail, .. } => {
                format!("signal {issue} {} · {detail}", if *raised { "RAISED" } else { "cleared" })
            }
            Conclusion::StepEnded { step, how, detail } => format!("step {step} {how}{}", quoted(detail)),
            Conclusion::StormChanged { active: true, detail, root, .. } => {
                let root = root.as_ref().map_or(String::new(), |root| format!(" · root {root}"));
                format!("STORM {detail}{root}")
            }
            Conclusion::StormChanged { detail, .. } => format!("storm over {detail}"),
            Conclusion::Suppressed { by, detail } => format!("{incident} nothing is done, {by} comes first · {detail}"),
            Conclusion::VerdictReached { verdict, provisional, detail, since } => {
                let since = since.filter(|_| self.shows("recovered")).map(|at| format!(", recovered at {}", clock(at)));
                let provisional = if *provisional { " (provisional)" } else { "" };
                format!("{run} verdict {verdict}{provisional} · {detail}{}", since.unwrap_or_default())
            }
            Conclusion::StepPaused { step, why, until } => {
                format!("step {step} pauses ({why}) until {}", clock(*until))
            }
            Conclusion::WindowChanged(homeostat_core::model::window::WindowChange {
                window,
                change,
                opening,
                detail,
            }) => {
                let set = |set: &std::collections::BTreeSet<homeostat_core::primitives::name::Name>, none: &str| {
                    let all: Vec<&str> = set.iter().map(|name| name.as_str()).collect();
                    if all.is_empty() { none.to_owned() } else { all.join(", ") }
                };
                let (over, terms) = (set(&opening.over, "everything"), set(&opening.terms, "all"));
                let until = clock(opening.until);
                format!(
                    "{} window {window} {} until {until}: {terms} over {over}{}",
                    opening.kind,
                    change.to_uppercase(),
                    quoted(detail)
                )
            }
            Conclusion::VerificationStarted { step: Some(step), within, .. } => {
                format!("step {step} looks whether it is well, within {within}")
            }
            Conclusion::VerificationStarted { step: None, from, within } => {
                format!("{run} verification: evidence counts from {}, within {within}", clock(*from))
            }
            Conclusion::VerificationWeighed(Weighed { part, found, detail }) => {
                format!("{run} {part} {}{}", found.to_uppercase(), quoted(detail))
            }
            Conclusion::WarmUpBegan(homeostat_core::model::calm::Warming { until, awaited }) => {
                format!("warm-up until {awaited} components were heard of, or {}", clock(*until))
            }
            Conclusion::WarmUpEnded(homeostat_core::model::calm::Warm { missing: 0, .. }) => {
                "warm-up over, all heard of".to_owned()
            }
            Conclusion::WarmUpEnded(homeostat_core::model::calm::Warm { missing, silent }) => {
                format!("warm-up over, {missing} not heard of: {}", names(silent))
            }
            // Shown elsewhere.
            Conclusion::CheckFound { .. }
            | Conclusion::GateDecided { .. }
            | Conclusion::HealthChanged { .. }
            | Conclusion::StepStarted { .. } => String::new(),
        }
    }

    fn of(&self, incident: Option<IncidentId>) -> String {
        let position = incident.and_then(|id| self.incidents.iter().position(|known| *known == id));
        position.map_or_else(|| "an incident forgotten".to_owned(), |at| format!("incident {}", at + 1))
    }
}

/// The number of `id`, from 1.
fn number<T: PartialEq>(known: &mut Vec<T>, id: T) -> usize {
    match known.iter().position(|other| *other == id) {
        Some(at) => at + 1,
        None => {
            known.push(id);
            known.len()
        }
    }
}
