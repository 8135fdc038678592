//! A failure storm: every check of a fleet fails, all of them within each second. How long the failures of a second take
//! to be decided, and how much memory that takes.

#![allow(clippy::disallowed_types, reason = "a benchmark has a clock; the core has none")]

mod counting;

use counting::{allocations, live};
use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::{CheckRequest, Command};
use homeostat_core::model::event::{CheckReport, Event, Input};
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::time::{Span, Time};
use std::fmt::Write;
use std::time::Instant;

/// Simulated seconds of the storm: suspected, degraded, unhealthy, and what comes after.
const SECONDS: u32 = 5;
/// Simulated seconds in which all is well again.
const AFTERWARDS: u32 = 4;

fn main() {
    let components = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    println!(
        "{components} components, each asked every second; for {SECONDS} seconds every check fails, then all pass"
    );
    println!("second    answers     facts  commands      took  each answer  allocations each  bytes each component");
    let mut storm = Storm::settled(components);
    for second in 1..=SECONDS + AFTERWARDS {
        let (begun, asked) = (Instant::now(), allocations());
        let seen = storm.second(if second <= SECONDS { CheckVerdict::Fail } else { CheckVerdict::Pass });
        let took = begun.elapsed();
        let answers = f64::from(seen.answers.max(1));
        println!(
            "{second:>6}  {:>9} {:>9} {:>9}  {:>5} ms  {:>8.2} µs  {:>16.1}  {:>20}",
            seen.answers,
            seen.facts,
            seen.commands,
            took.as_millis(),
            took.as_secs_f64() * 1e6 / answers,
            (allocations() - asked) as f64 / answers,
            live() / u64::from(components),
        );
    }
}

#[derive(Default)]
struct Seen {
    answers: u32,
    facts: usize,
    commands: usize,
}

/// A fleet in clusters and on hosts, and a host program that answers what is asked at once.
struct Storm {
    engine: Engine,
    output: Output,
    asked: Vec<CheckRequest>,
    now: Time,
}

impl Storm {
    fn settled(components: u32) -> Storm {
        let sources = [Source { name: "storm.yaml".into(), text: policy_text(components) }];
        let loaded = Policy::load(&sources).expect("the policy of the benchmark");
        let engine = Engine::new(loaded.policy);
        let now = Time::from_ms(1_700_000_000_000);
        let mut storm = Storm { engine, output: Output::default(), asked: Vec::new(), now };
        storm.step(Event::Started { epoch: 1 }, &mut Seen::default());
        for _ in 0..10 {
            storm.second(CheckVerdict::Pass);
        }
        storm
    }

    /// One second: each check that is due is asked and answered with `verdict`.
    fn second(&mut self, verdict: CheckVerdict) -> Seen {
        let mut seen = Seen::default();
        let end = self.now.after(Span::from_secs(1));
        while let Some(deadline) = self.output.deadline.filter(|deadline| deadline.at <= end) {
            self.now = deadline.at;
            self.step(Event::TimeAdvanced, &mut seen);
            for request in core::mem::take(&mut self.asked) {
                seen.answers += 1;
                self.step(Event::CheckReported(report(request, verdict)), &mut seen);
            }
        }
        self.now = end;
        seen
    }

    fn step(&mut self, event: Event, seen: &mut Seen) {
        self.engine.step_into(&Input::new(self.now, event), &mut self.output);
        seen.facts += self.output.facts.len();
        seen.commands += self.output.commands.len();
        for command in &self.output.commands {
            if let Command::RunCheck(request) = command {
                self.asked.push(request.clone());
            }
        }
    }
}

fn report(request: CheckRequest, verdict: CheckVerdict) -> CheckReport {
    CheckReport {
        component: request.component,
        check: request.check,
        asked_at: Some(request.asked_at),
        taken_at: request.asked_at,
        verdict,
        detail: String::from("connection refused"),
        epoch: request.epoch,
    }
}

/// Hosts of 50 in clusters of 10,000; one playbook for all of them.
fn policy_text(components: u32) -> String {
    let mut text = String::from(
        "mode: auto\nplaybooks:\n  - { name: again, trigger: { type: tcp, state: unhealthy }, steps: [restart] }\n\
         components:\n",
    );
    for i in 0..components {
        let (cluster, host) = (i / 10_000, i / 50);
        let tcp = format!("10.{}.{}.1:{}", i / 65_536, i / 256 % 256, i % 256 + 8_000);
        writeln!(
            text,
            "  web-{i:06}: {{ type: tcp, cluster: c{cluster}, host: h{host}, \
             checks: [{{ tcp: '{tcp}', interval: 1s, recheck_interval: 1s, timeout: 500ms }}] }}"
        )
        .expect("memory");
    }
    text
}
