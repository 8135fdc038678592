//! Executions are carried out: by the supervisor, by a program, by a request, or by reading what is there.

use super::ask::{duration, instances_of};
use crate::actions::{Actions, Invocation, Outcome, Report};
use crate::child::Job;
use crate::supervise::{Program, Restarted, SuperviseError, Supervisor};
use crate::web::Ask;
use homeostat_core::model::command::{Execution, Means};
use homeostat_core::model::event::OutcomeResult;
use homeostat_core::model::value::{Parameters, Value};
use homeostat_core::policy::components::{Component, Supervise};
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::name::Name;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Before a process that ends politely is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Output handed back to the playbook, at most.
const OUTPUT_CHARS: usize = 4_096;

/// How an execution ended.
#[derive(Debug)]
pub(super) struct Performed {
    pub result: OutcomeResult,
    pub detail: String,
    pub outputs: Parameters,
}

impl Performed {
    pub fn new(result: OutcomeResult, detail: impl Into<String>) -> Performed {
        Performed { result, detail: detail.into(), outputs: Parameters::new() }
    }
}

/// Whether it may be sent again when nobody knows whether it ran. A restart here is guarded by the command's id, a
/// scaling to a number of instances asks for what is wanted: carried out twice, both have been done once.
pub(super) fn may_repeat(execution: &Execution) -> bool {
    let own = matches!(execution.means, Means::Host)
        && match Verb::of(execution.action.as_str()) {
            Some(Verb::Restart) => true,
            Some(Verb::Scale) => execution.parameters.contains_key("replicas"),
            None => false,
        };
    execution.idempotent || own || matches!(execution.means, Means::Capture(_))
}

/// What this host does to processes it supervises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Restart,
    Scale,
}

impl Verb {
    fn of(action: &str) -> Option<Verb> {
        match action {
            "restart" | "restart_service" => Some(Verb::Restart),
            "scale" => Some(Verb::Scale),
            _ => None,
        }
    }
}

/// Whether this host does `action` itself, to processes it supervises.
pub(crate) fn supervises(action: &str) -> bool {
    Verb::of(action).is_some()
}

pub(super) async fn perform(
    actions: &Actions,
    supervisor: &Supervisor,
    execution: &Execution,
    component: Option<&Component>,
) -> Performed {
    match &execution.means {
        Means::Capture(names) => capture(supervisor, component, names),
        Means::Exec { argv, shell, env } => {
            let shell: &[&str] = if *shell { &["/bin/sh", "-c"] } else { &[] };
            let argv = shell.iter().map(|word| (*word).to_owned()).chain(argv.iter().cloned()).collect();
            let job = Job { argv, environment: env.clone(), directory: directory(execution) };
            told(actions.program(job, &invocation(execution)).await)
        }
        Means::Host => own(supervisor, execution, component).await,
        Means::Http { method, url, headers, body, status } => {
            let ask = Ask {
                method: method.clone(),
                url: url.clone(),
                headers: headers.clone().into_iter().collect(),
                body: body.clone().unwrap_or_default().into_bytes(),
            };
            told(actions.request(ask, status, &invocation(execution)).await)
        }
    }
}

/// Where a program runs, if the step says so.
fn directory(execution: &Execution) -> Option<PathBuf> {
    let given = execution.parameters.get("directory").filter(|_| execution.action.as_str() == "exec");
    given.and_then(Value::as_text).map(PathBuf::from)
}

fn invocation(execution: &Execution) -> Invocation {
    Invocation { command_id: execution.id.to_string(), epoch: execution.epoch, time: duration(execution.timeout) }
}

fn told(outcome: Outcome) -> Performed {
    let (result, report) = match outcome {
        Outcome::Failed(report) => (OutcomeResult::Failed, report),
        Outcome::NotStarted(why) => (OutcomeResult::NotStarted, Report { detail: why, ..Report::default() }),
        Outcome::Succeeded(report) => (OutcomeResult::Succeeded, report),
        Outcome::Unknown(report) => (OutcomeResult::Unknown, report),
    };
    let output: String = report.output.trim().chars().take(OUTPUT_CHARS).collect();
    let outputs = [(Arc::from("output"), Value::text(&output))].into();
    Performed { result, detail: report.detail, outputs }
}

/// Reads what a change would lose.
fn capture(supervisor: &Supervisor, component: Option<&Component>, names: &[Name]) -> Performed {
    let mut outputs = Parameters::new();
    for name in names {
        match (name.as_str(), component.filter(|component| component.run.is_some())) {
            ("replicas", Some(component)) => {
                let count = wanted(supervisor, component.name.as_str());
                outputs.insert(Arc::from("replicas"), Value::Number(Finite::from(count)));
            }
            _ => {
                let why = format!("this host cannot read `{name}` of what it does not supervise");
                return Performed::new(OutcomeResult::Unsupported, why);
            }
        }
    }
    Performed { outputs, ..Performed::new(OutcomeResult::Succeeded, "read") }
}

fn wanted(supervisor: &Supervisor, component: &str) -> i32 {
    i32::try_from(supervisor.wanted(component)).unwrap_or(i32::MAX)
}

async fn own(supervisor: &Supervisor, execution: &Execution, component: Option<&Component>) -> Performed {
    let action = &execution.action;
    let Some(verb) = Verb::of(action.as_str()) else {
        let why =
            format!("this host has no adapter for `{action}`: give the action an `exec:` or `http:` in the policy");
        return Performed::new(OutcomeResult::Unsupported, why);
    };
    let Some(program) = component.and_then(|component| program(component, execution)) else {
        let why = format!(
            "`{}` is not supervised by this host: give it `run:`, or give `{action}` an `exec:` or `http:` in the policy",
            execution.target
        );
        return Performed::new(OutcomeResult::Unsupported, why);
    };
    let work = async {
        match verb {
            Verb::Restart => restart(supervisor, execution, &program).await,
            Verb::Scale => scale(supervisor, execution, &program).await,
        }
    };
    match timeout(duration(execution.timeout), work).await {
        Ok(Ok(performed)) => performed,
        Ok(Err(error @ (SuperviseError::State { .. } | SuperviseError::NoProgram(_)))) => {
            Performed::new(OutcomeResult::NotStarted, error.to_string())
        }
        Ok(Err(error)) => Performed::new(OutcomeResult::Failed, error.to_string()),
        Err(_) => Performed::new(OutcomeResult::Unknown, format!("not done in {}", execution.timeout)),
    }
}

/// What to run for a component, as its supervisor takes it.
fn program(component: &Component, execution: &Execution) -> Option<Program> {
    let grace = match execution.parameters.get("grace") {
        Some(Value::Duration(span)) => duration(*span),
        _ => GRACE,
    };
    component.run.as_ref().map(|run| program_of(component.name.as_str(), run, grace))
}

/// What to run for the component of that name.
pub(super) fn program_of(component: &str, run: &Supervise, grace: Duration) -> Program {
    // The policy counts instances by `${index}`, the supervisor by `${number}`.
    let numbered = |text: &String| text.replace("${index}", "${number}");
    Program {
        component: component.to_owned(),
        argv: run.argv.iter().map(numbered).collect(),
        environment: run.env.iter().map(|(name, value)| (name.clone(), numbered(value))).collect(),
        directory: run.directory.as_ref().map(Into::into),
        grace,
    }
}

/// What to run for a component, and how many of it the policy wants.
pub(super) fn first_program(component: &Component) -> Option<(Program, u32)> {
    component.run.as_ref().map(|run| (program_of(component.name.as_str(), run, GRACE), run.instances))
}

async fn restart(
    supervisor: &Supervisor,
    execution: &Execution,
    program: &Program,
) -> Result<Performed, SuperviseError> {
    let command = execution.id.to_string();
    let mut pids = Vec::new();
    for instance in instances_of(supervisor, &program.component) {
        match supervisor.restart(program, instance.number, &command).await? {
            Restarted::Already => {}
            Restarted::Now(running) => pids.push(running.process.pid.to_string()),
        }
    }
    let detail = match pids.as_slice() {
        [] => "was restarted already".to_owned(),
        [pid] => format!("restarted, pid {pid}"),
        pids => format!("restarted, pids {}", pids.join(", ")),
    };
    Ok(Performed::new(OutcomeResult::Succeeded, detail))
}

async fn scale(supervisor: &Supervisor, execution: &Execution, program: &Program) -> Result<Performed, SuperviseError> {
    let number = |name: &str| match execution.parameters.get(name) {
        // Replicas are small whole numbers; the policy holds them to 1 to 10.
        Some(Value::Number(number)) => Some(number.value() as i32),
        _ => None,
    };
    let before = wanted(supervisor, &program.component);
    let wanted = number("replicas").or_else(|| number("delta").map(|delta| before.saturating_add(delta)));
    let Some(wanted) = wanted.and_then(|wanted| u32::try_from(wanted).ok()).filter(|wanted| *wanted > 0) else {
        let why = "expected `replicas`, or a `delta` that leaves at least one";
        return Ok(Performed::new(OutcomeResult::NotStarted, why));
    };
    supervisor.scale(program, wanted).await?;
    let outputs = [(Arc::from("replicas"), Value::Number(Finite::from(i32::try_from(wanted).unwrap_or(i32::MAX))))];
    let detail = format!("{before} instances before, {wanted} now");
    Ok(Performed { outputs: outputs.into(), ..Performed::new(OutcomeResult::Succeeded, detail) })
}
