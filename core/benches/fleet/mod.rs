//! A fleet of components with one shallow check each, all passing, and the host's side of it.

use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::Command;
use homeostat_core::model::event::{CheckReport, Event, Input};
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::policy::{Policy, Source};
use homeostat_core::primitives::time::Time;
use std::collections::VecDeque;
use std::fmt::Write;

/// Components of one policy, as YAML.
pub fn policy_text(components: u32) -> String {
    let mut text = String::from("components:\n");
    for i in 0..components {
        let (network, host, port) = (i / 65_536, i / 256 % 256, i % 256 + 8_000);
        let tcp = format!("10.{network}.{host}.1:{port}");
        writeln!(text, "  web-{i:06}: {{ type: tcp, checks: [{{ name: port, tcp: '{tcp}' }}] }}").expect("memory");
    }
    text
}

/// The policy that `text` says.
pub fn load(text: &str) -> Policy {
    let sources = [Source { name: "fleet.yaml".into(), text: text.into() }];
    match Policy::load(&sources) {
        Ok(loaded) => loaded.policy,
        Err(problems) => panic!("the benchmark's own policy is refused: {:?}", problems.first()),
    }
}

/// An engine with its fleet, and a host that answers every check in the order in which they were asked.
pub struct Fleet {
    engine: Engine,
    output: Output,
    asked: VecDeque<CheckReport>,
    now: Time,
    answered: u32,
    /// Deadlines whose step was taken so far.
    pub deadlines: u32,
}

impl Fleet {
    /// A fleet of which every component has been healthy for a while.
    pub fn settled(components: u32) -> Fleet {
        let engine = Engine::new(load(&policy_text(components)));
        let now = Time::from_ms(1_700_000_000_000);
        let mut fleet =
            Fleet { engine, output: Output::default(), asked: VecDeque::new(), now, answered: 0, deadlines: 0 };
        fleet.engine.step_into(&Input::new(now, Event::Started { epoch: 1 }), &mut fleet.output);
        fleet.note_requests();
        // Until every check has passed once, and all that says so is out.
        while fleet.answered < components || !fleet.output.facts.is_empty() {
            fleet.exchange();
        }
        // Long enough that every table and list has its size.
        (0..components * 12).for_each(|_| fleet.cycle());
        fleet
    }

    /// One check is asked, when it is due, and one is answered; neither says anything.
    pub fn cycle(&mut self) {
        self.exchange();
        assert!(self.output.facts.is_empty(), "a quiet fleet says nothing: {:?}", self.output.facts);
    }

    /// One check is asked, when it is due, and one is answered.
    fn exchange(&mut self) {
        let answer = loop {
            match self.asked.pop_front() {
                Some(report) => break report,
                None => self.ask(),
            }
        };
        self.answered = self.answered.saturating_add(1);
        self.answer(answer);
        self.note_requests();
    }

    /// Takes the step of the next deadline, which asks what is due.
    fn ask(&mut self) {
        self.deadlines = self.deadlines.saturating_add(1);
        self.deadline();
        self.note_requests();
    }

    /// A function of its own, so that callgrind can count it.
    #[inline(never)]
    fn answer(&mut self, report: CheckReport) {
        self.engine.step_into(&Input::new(self.now, Event::CheckReported(report)), &mut self.output);
    }

    /// A function of its own, so that callgrind can count it.
    #[inline(never)]
    fn deadline(&mut self) {
        self.now = self.output.deadline.map_or(self.now, |deadline| deadline.at);
        self.engine.step_into(&Input::new(self.now, Event::TimeAdvanced), &mut self.output);
    }

    fn note_requests(&mut self) {
        for command in &self.output.commands {
            if let Command::RunCheck(request) = command {
                self.asked.push_back(CheckReport {
                    component: request.component.clone(),
                    check: request.check.clone(),
                    asked_at: Some(request.asked_at),
                    taken_at: request.asked_at,
                    verdict: CheckVerdict::Pass,
                    detail: String::new(),
                    epoch: request.epoch,
                });
            }
        }
    }
}
