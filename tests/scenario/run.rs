//! Plays a run, and says what is wrong with it.

use crate::collapse::collapse;
use crate::file::{File, Run};
use crate::host::{Host, deviation, load, principal};
use crate::look::look;
use crate::render::Aliases;
use crate::witness::{self, Testimony};
use crate::words::{self, Answer, Deed, Order};
use crate::world;
use homeostat_core::engine::Output;
use homeostat_core::model::area::Area;
use homeostat_core::model::event::{CheckReport, Event, IncidentOrder, Input, Outcome, PolicyDocument};
use homeostat_core::model::ids::{CommandId, RunId, SilenceId};
use homeostat_core::model::severity::Severity;
use homeostat_core::model::silence::Silence;
use homeostat_core::policy::Policy;
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::{Span, Time};
use std::collections::BTreeSet;

/// What came of a file.
#[derive(Debug, Default)]
pub struct Played {
    /// The lines of each step, in order.
    pub said: Vec<Vec<String>>,
    /// What must hold and does not.
    pub broken: Vec<String>,
}

/// Plays all runs of a file.
pub fn play(file: &File) -> Result<Played, String> {
    let mut played = Played::default();
    for run in file.runs()? {
        let title = if run.title.is_empty() { String::new() } else { format!("run {}: ", run.title) };
        play_run(&run, &mut played).map_err(|problem| format!("{title}{problem}"))?;
    }
    Ok(played)
}

fn play_run(run: &Run, played: &mut Played) -> Result<(), String> {
    let policy = load(&run.policy)?;
    let mut stage = Stage::new(run, policy.clone());
    let mut whole = Vec::new();
    for step in &run.steps {
        let lines = stage.perform(&step.text).map_err(|problem| format!("line {}: {problem}", step.line))?;
        let broken = step.musts.iter().filter_map(|must| must.broken(&lines));
        played.broken.extend(broken.map(|broken| format!("line {}: {broken}", step.line)));
        played.said.push(collapse(&lines));
        whole.extend(lines);
    }
    played.broken.extend(run.musts.iter().filter_map(|must| must.broken(&whole)));
    played.broken.append(&mut stage.host.faults);
    played.broken.extend(deviations(policy, &stage.host)?);
    Ok(())
}

/// A host that has just started, and what its engine has named so far.
#[derive(Debug)]
pub struct Stage<'r> {
    run: &'r Run,
    /// The host.
    pub host: Host,
    aliases: Aliases,
}

impl<'r> Stage<'r> {
    /// The stage of `run` under `policy`.
    pub fn new(run: &'r Run, policy: Policy) -> Stage<'r> {
        let width = policy.components().iter().map(|component| component.name.as_str().len()).max().unwrap_or(0);
        let mut stage = Stage { run, host: Host::new(policy), aliases: Aliases::new(&run.show, width) };
        stage.host.tell(Event::Started { epoch: 1 }, &mut Vec::new());
        stage
    }

    /// Carries out a sentence; the lines that the engine said.
    pub fn perform(&mut self, sentence: &str) -> Result<Vec<String>, String> {
        let deed = words::parse(sentence)?;
        if let Deed::Explain(number) = deed {
            let id = numbered(&self.aliases.incidents, number).unwrap_or_else(nobody);
            let explained = self.host.engine().explain(id).ok_or("there is no such incident")?;
            return Ok(self.aliases.explained(&explained));
        }
        if let Deed::Look(what) = &deed {
            return Ok(look(what, self.host.engine()));
        }
        let mut said = Vec::new();
        carry_out(&deed, self.run, &mut self.host, &self.aliases, &mut said)?;
        let mut lines = Vec::new();
        for (now, output) in said {
            lines.extend(self.aliases.lines(now, &output));
        }
        lines.extend(self.aliases.digest(&self.host.outputs));
        Ok(lines)
    }
}

/// The same journal gives the same again, from its beginning and from a snapshot in its middle (SPEC P3, P4).
fn deviations(policy: Policy, host: &Host) -> Result<Option<String>, String> {
    let middle = host.journal.len() / 2;
    let differs = deviation(policy, &host.journal, &host.outputs, middle)?;
    Ok(differs.map(|at| {
        let from = if at < middle { "the beginning" } else { "a snapshot" };
        format!("P4: replayed from {from}, input {at} gave something else")
    }))
}

fn carry_out(
    deed: &Deed,
    run: &Run,
    host: &mut Host,
    aliases: &Aliases,
    said: &mut Vec<(Time, Output)>,
) -> Result<(), String> {
    let now = host.now;
    match deed {
        Deed::Wait(by) => host.run_until(now.after(*by), said),
        Deed::Until(at) => host.run_until(Time::ZERO.after(*at), said),
        Deed::Jump(by) => {
            host.now = now.after(*by);
            host.tell(Event::TimeAdvanced, said);
        }
        Deed::ClockBack(by) => host.take(Input::new(now.before(*by), Event::TimeAdvanced), said),
        Deed::World { component, check, answer, times } => {
            let known = host.checks();
            host.world.set(&known, (component, check), answer, *times);
        }
        Deed::Action { purpose, action, target, effects, times } => {
            host.world.rule(purpose, action, target, effects, *times);
        }
        Deed::Report { component, check, answer, ago } => {
            for (component, check) in named(host.checks(), component, check) {
                let event = report((&component, &check), answer, now.before(*ago), host)?;
                host.tell(event, said);
            }
        }
        Deed::Channel { name, fails, silent } => host.world.channel(name, fails.clone(), *silent),
        Deed::Evidence(Testimony::Unasked) => {
            let epoch = host.engine().knowledge().control.epoch;
            host.tell(witness::unasked(epoch), said);
        }
        Deed::Evidence(testimony) => host.witness.hear(testimony),
        Deed::RestartHost(down) => {
            host.now = now.after(*down);
            host.restart(said)?;
        }
        Deed::Restore => host.restore()?,
        other => {
            let event = event(other, run, host, aliases)?;
            host.tell(event, said);
        }
    }
    Ok(())
}

/// The checks that are meant: all that fit where a `*` stands, else exactly the one named, known or not.
fn named(known: BTreeSet<(String, String)>, component: &str, check: &str) -> Vec<(String, String)> {
    if component != "*" && check != "*" {
        return vec![(component.to_owned(), check.to_owned())];
    }
    let fits =
        |(one, of_one): &(String, String)| (component == "*" || component == one) && (check == "*" || check == of_one);
    known.into_iter().filter(fits).collect()
}

fn report((component, check): (&str, &str), answer: &Answer, taken_at: Time, host: &Host) -> Result<Event, String> {
    let (verdict, detail) = world::found(answer).ok_or("silence is no report")?;
    let (component, check) = (Name::new(component), Name::new(check));
    let epoch = host.engine().knowledge().control.epoch;
    Ok(Event::CheckReported(CheckReport { component, check, asked_at: None, taken_at, verdict, detail, epoch }))
}

fn event(deed: &Deed, run: &Run, host: &Host, aliases: &Aliases) -> Result<Event, String> {
    let (now, epoch) = (host.now, host.engine().knowledge().control.epoch);
    let name = |text: &String| Name::new(text);
    let ago = |span: &Span| now.before(*span);
    Ok(match deed {
        Deed::Person { id, roles, order } => person(principal(id, roles), order, run, aliases)?,
        Deed::Sample { component, metric, value, ago: span } => Event::SampleReported {
            component: name(component),
            metric: name(metric),
            value: Finite::new(*value).ok_or("a sample is a finite number")?,
            taken_at: (*span > Span::ZERO).then(|| ago(span)),
        },
        Deed::Alert { component, issue, severity, summary } => Event::AlertRaised {
            component: name(component),
            issue: name(issue),
            severity: *severity,
            summary: summary.clone(),
        },
        Deed::Change { component, kind, summary } => {
            Event::ChangeReported { component: name(component), change: name(kind), summary: summary.clone() }
        }
        Deed::Customer { component, vip } => Event::CustomerReported { component: name(component), vip: *vip },
        Deed::Security { component, summary } => {
            Event::SecurityAlerted { component: name(component), summary: summary.clone() }
        }
        Deed::Heartbeat { component } => Event::HeartbeatReceived { component: name(component) },
        Deed::Log { component, line } => Event::LogSeen { component: name(component), line: line.clone() },
        Deed::Host { well, detail } => Event::HostReported { well: *well, detail: detail.clone() },
        Deed::StartEpoch(epoch) => Event::Started { epoch: *epoch },
        Deed::Register(definition) => Event::ComponentRegistered {
            definition: serde_json::from_str(definition).map_err(|error| format!("not JSON: {error}"))?,
        },
        Deed::Remove(component) => Event::ComponentRemoved { component: name(component) },
        Deed::Outcome { command, result, detail, epoch: given } => {
            let unknown = CommandId::derive(RunId::derive(nobody(), 0, &Name::new("none"), 0), 0, 0, "none");
            Event::OutcomeReported(Outcome {
                command: numbered(&aliases.commands, *command).unwrap_or(unknown),
                epoch: given.unwrap_or(epoch),
                result: *result,
                detail: detail.clone(),
                outputs: Default::default(),
            })
        }
        other => return Err(format!("{other:?} is no event")),
    })
}

fn person(
    by: homeostat_core::model::event::Principal,
    order: &Order,
    run: &Run,
    aliases: &Aliases,
) -> Result<Event, String> {
    let incident = |number: usize| numbered(&aliases.incidents, number).unwrap_or_else(nobody);
    Ok(match order {
        Order::Decide { plan: None, approved } => {
            let plan = aliases.newest_plan.ok_or("no plan was put to people yet")?;
            Event::ApprovalDecided { plan, approved: *approved, by }
        }
        Order::Decide { plan: Some(number), approved } => {
            let plan = numbered(&aliases.plans, *number).unwrap_or_else(|| Digest::of(b"no such plan"));
            Event::ApprovalDecided { plan, approved: *approved, by }
        }
        Order::Kill(reason) => Event::KillEngaged { reason: reason.clone(), by },
        Order::EndStorm(area) => {
            let read = |text: &String| Area::parse(text).ok_or_else(|| format!("`{text}` is no area"));
            Event::StormReleased { area: area.as_ref().map(read).transpose()?, by }
        }
        Order::Release(reason) => Event::KillReleased { reason: reason.clone(), by },
        Order::Mode(mode) => Event::ModeChanged { mode: Name::new(mode), by },
        Order::Acknowledge(number) => Event::Acknowledged { incident: incident(*number), by },
        Order::Silence(what, worst, at, why) => {
            let at_most = worst.unwrap_or(Severity::Sev1);
            let (of, until, reason) = ([Name::new(what)].into(), Time::ZERO.after(*at), why.clone());
            let silence = Silence { of, issues: Default::default(), incident: None, at_most, until, reason };
            Event::SilenceOrdered { silence, by }
        }
        Order::EndSilence(number) => {
            let silence = numbered(&aliases.silences, *number).unwrap_or(SilenceId(nobody().0));
            Event::SilenceEnded { silence, by }
        }
        Order::GiveBack(number) => Event::AcknowledgementWithdrawn { incident: incident(*number), by },
        Order::OnCall(who, rotation, at) => {
            let (rotation, who, until) = (Name::new(rotation), Name::new(who), Time::ZERO.after(*at));
            Event::OnCallOrdered { rotation, who, until, by }
        }
        Order::Close(number, how) => {
            let order = IncidentOrder::Close { resolution: how.clone() };
            Event::IncidentOrdered { incident: incident(*number), order, by }
        }
        Order::Severity(number, severity) => {
            let order = IncidentOrder::SetSeverity { severity: *severity };
            Event::IncidentOrdered { incident: incident(*number), order, by }
        }
        Order::Cancel(number) => Event::RunCancelled { run: self::run(aliases, *number), by },
        Order::Run(playbook, component) => {
            Event::RunOrdered { playbook: Name::new(playbook), component: Name::new(component), by }
        }
        Order::RollBack(number) => Event::RollbackOrdered { run: self::run(aliases, *number), by },
        Order::Reset(playbook, component) => {
            Event::BreakerReset { playbook: Name::new(playbook), component: component.as_deref().map(Name::new), by }
        }
        Order::CloseWindow(window) => Event::WindowClosed { window: Name::new(window), by },
        Order::OpenWindow(kind, window, over, lasts, terms) => {
            let names = |names: &[String]| names.iter().map(|name| Name::new(name)).collect();
            let (over, terms, reason) = (names(over), names(terms), "patching".to_owned());
            Event::WindowOpened { window: Name::new(window), kind: *kind, over, terms, lasts: *lasts, reason, by }
        }
        Order::Replace(policy) => {
            let found = run.policies.iter().find(|(name, _)| name == policy);
            let (name, text) = found.ok_or_else(|| format!("the file has no policy `{policy}`"))?;
            let sources = vec![PolicyDocument { name: name.clone(), text: text.clone() }];
            Event::PolicyReplaced { sources, by }
        }
    })
}

fn numbered<T: Copy>(known: &[T], number: usize) -> Option<T> {
    known.get(number.checked_sub(1)?).copied()
}

/// The id of the run of that number, or of one that does not exist.
fn run(aliases: &Aliases, number: usize) -> RunId {
    numbered(&aliases.runs, number).unwrap_or(RunId::derive(nobody(), 0, &Name::new("none"), 0))
}

/// The id of an incident that does not exist.
fn nobody() -> homeostat_core::model::ids::IncidentId {
    use homeostat_core::model::ids::{EventId, IncidentId};
    IncidentId::derive(&Name::new("none"), &Name::new("none"), &EventId::from_text("none"))
}
