//! Check requests become questions, and their answers reports.

use super::clock::Clock;
use crate::checks::{CheckAnswer, CheckSpec, Checker, ExecCheck, HttpCheck, ProcessCheck, TcpCheck, Verdict};
use crate::child::Job;
use crate::supervise::{InstanceId, Status, Supervisor};
use homeostat_core::model::command::CheckRequest;
use homeostat_core::model::event::CheckReport;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::probe::Probe;
use homeostat_core::primitives::time::{Span, Time};
use std::time::Duration;

pub(super) async fn ask(
    checker: &Checker,
    supervisor: &Supervisor,
    clock: &Clock,
    request: &CheckRequest,
) -> CheckReport {
    let (verdict, detail, taken_at) = match specs(request, supervisor) {
        Ok(specs) => {
            let answer = first_objection(checker, clock, &specs, duration(request.timeout)).await;
            own(answer, request, supervisor, clock)
        }
        Err(why) => (CheckVerdict::Error, why, clock.now()),
    };
    CheckReport {
        component: request.component.clone(),
        check: request.check.clone(),
        asked_at: Some(request.asked_at),
        taken_at,
        verdict,
        detail,
        epoch: request.epoch,
    }
}

/// An answer counts for what this host runs itself only while that runs: else somebody else gave it, who has the port.
fn own(
    answer: (CheckVerdict, String, Time),
    request: &CheckRequest,
    supervisor: &Supervisor,
    clock: &Clock,
) -> (CheckVerdict, String, Time) {
    if answer.0 != CheckVerdict::Pass {
        return answer;
    }
    let started = supervisor.instances().into_iter();
    for instance in started.filter(|instance| instance.component == request.component.as_str()) {
        let why = match supervisor.status(&instance) {
            Status::Running(_) => continue,
            Status::Ended(Some(how)) => format!("its process ended, {how}"),
            Status::Ended(None) => "its process ended".to_owned(),
            Status::Failed(why) => why,
            Status::NotStarted => "its process is not started".to_owned(),
        };
        let detail = format!("{why}; what answered is something else ({})", answer.1);
        return (CheckVerdict::Fail, detail, clock.now());
    }
    answer
}

/// All must pass; the first that does not is the answer.
async fn first_objection(
    checker: &Checker,
    clock: &Clock,
    specs: &[CheckSpec],
    time: Duration,
) -> (CheckVerdict, String, Time) {
    let mut last = None;
    for spec in specs {
        let CheckAnswer { verdict, detail, taken_at_ms, .. } = checker.run(spec, time).await;
        let verdict = match verdict {
            Verdict::Error => CheckVerdict::Error,
            Verdict::Fail => CheckVerdict::Fail,
            Verdict::Pass => CheckVerdict::Pass,
        };
        let answer = (verdict, detail, clock.of_wall(taken_at_ms));
        if verdict != CheckVerdict::Pass {
            return answer;
        }
        last = Some(answer);
    }
    last.unwrap_or_else(|| (CheckVerdict::Error, "there was nothing to ask".to_owned(), clock.now()))
}

fn specs(request: &CheckRequest, supervisor: &Supervisor) -> Result<Vec<CheckSpec>, String> {
    let spec = match &*request.probe {
        Probe::Custom { kind, .. } => {
            return Err(format!("this host cannot ask `{kind}`: use `exec:`, `http:` or `tcp:` instead"));
        }
        Probe::Exec { argv, env } => {
            CheckSpec::Exec(ExecCheck { job: Job { argv: argv.clone(), environment: env.clone(), directory: None } })
        }
        Probe::Http { url, method, status, contains, latency } => CheckSpec::Http(HttpCheck {
            method: Some(method.clone()),
            url: url.clone(),
            headers: Vec::new(),
            expected_status: if status.is_empty() { (200..300).collect() } else { status.clone() },
            body_contains: contains.clone(),
            latency_at_most: latency.map(duration),
        }),
        Probe::Process { pid_file: Some(path), .. } => CheckSpec::Process(ProcessCheck::PidFile(path.into())),
        Probe::Process { program: Some(name), .. } => CheckSpec::Process(ProcessCheck::Named(name.clone())),
        Probe::Process { pid_file: None, program: None } => {
            let instances = instances_of(supervisor, request.component.as_str());
            return Ok(instances.into_iter().map(|it| CheckSpec::Process(ProcessCheck::Supervised(it))).collect());
        }
        Probe::Tcp { host, port } => CheckSpec::Tcp(TcpCheck { host: host.clone(), port: *port }),
    };
    Ok(vec![spec])
}

/// The instances that a component is to have, started or not.
pub(super) fn instances_of(supervisor: &Supervisor, component: &str) -> Vec<InstanceId> {
    let instance = |number| InstanceId { component: component.to_owned(), number };
    (1..=supervisor.wanted(component)).map(instance).collect()
}

/// A span as the rest of the host measures it.
pub(super) fn duration(span: Span) -> Duration {
    Duration::from_millis(span.ms().unsigned_abs())
}
