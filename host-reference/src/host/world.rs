//! The host's hands: what asks, acts and tells, each in a task of its own that reports back.

use super::ask;
use super::clock::Clock;
use super::evidence;
use super::message::{Message, Report};
use super::perform::{self, Performed};
use super::tell;
use crate::actions::Actions;
use crate::checks::Checker;
use crate::notify::{Line, LogChannel, Tone};
use crate::supervise::{Program, Supervisor};
use crate::web::Web;
use homeostat_core::model::command::{CheckRequest, Execution, Notification};
use homeostat_core::model::event::Outcome;
use homeostat_core::model::evidence::{EvidenceItem, EvidenceRequest};
use homeostat_core::policy::components::Component;
use homeostat_core::policy::escalation::Channel;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::runtime::Handle;

/// Checks under way at one time; more wait for their turn.
const CHECKS_IN_FLIGHT: usize = 256;

/// Everything at the edge.
pub(super) struct World {
    pub clock: Arc<Clock>,
    pub supervisor: Arc<Supervisor>,
    pub log: Arc<LogChannel>,
    pub web: Web,
    actions: Actions,
    checker: Checker,
    reports: Sender<Message>,
    tasks: Handle,
}

impl World {
    pub fn new(
        clock: Arc<Clock>,
        supervisor: Arc<Supervisor>,
        log: Arc<LogChannel>,
        web: Web,
        reports: Sender<Message>,
    ) -> Arc<World> {
        let checker = Checker::new(web.clone(), Some(Arc::clone(&supervisor)), CHECKS_IN_FLIGHT);
        let actions = Actions::new(web.clone());
        Arc::new(World { clock, supervisor, log, web, actions, checker, reports, tasks: Handle::current() })
    }

    /// Puts the question of a check; the answer comes as a report.
    pub fn ask(self: &Arc<Self>, request: CheckRequest) {
        let world = Arc::clone(self);
        self.tasks.spawn(async move {
            let report = ask::ask(&world.checker, &world.supervisor, &world.clock, &request).await;
            world.report(Report::Checked(report));
        });
    }

    /// Looks what was seen around an incident, beside what is `known`; the answer comes as a report.
    pub fn collect(self: &Arc<Self>, request: Arc<EvidenceRequest>, known: Vec<EvidenceItem>) {
        let world = Arc::clone(self);
        self.tasks.spawn(async move {
            let found = evidence::collect(Arc::clone(&world.supervisor), request, known).await;
            world.report(Report::Seen(found));
        });
    }

    /// Carries a command out; its end comes as a report.
    pub fn perform(self: &Arc<Self>, execution: Arc<Execution>, component: Option<Arc<Component>>) {
        let world = Arc::clone(self);
        self.tasks.spawn(async move {
            let performed = perform::perform(&world.actions, &world.supervisor, &execution, component.as_deref()).await;
            let Performed { result, detail, outputs } = performed;
            let outcome = Outcome { command: execution.id, epoch: execution.epoch, result, detail, outputs };
            world.report(Report::Performed(outcome));
        });
    }

    /// Tells people; whether it arrived comes as a report.
    pub fn tell(self: &Arc<Self>, notification: Arc<Notification>, channel: Option<Channel>) {
        let world = Arc::clone(self);
        self.tasks.spawn(async move {
            let told = tell::tell(&world, &notification, channel.as_ref()).await;
            world.report(Report::Told(notification.id, told));
        });
    }

    /// Says on every channel, past the engine and its store, that the host itself is in trouble or out of it.
    pub fn alarm(self: &Arc<Self>, channels: &[Channel], well: bool, detail: &str) {
        for channel in channels {
            let (world, channel, detail) = (Arc::clone(self), channel.clone(), detail.to_owned());
            self.tasks.spawn(async move { tell::alarm(&world, &channel, well, &detail).await });
        }
    }

    /// Ends the instances that are more than are wanted; what comes of it only this host says.
    pub fn end_surplus(self: &Arc<Self>, program: Program) {
        let world = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = world.supervisor.end_surplus(&program).await {
                world.say("not ended", &error.to_string(), Tone::Bad);
            }
        });
    }

    /// Says something about the host itself.
    pub fn say(&self, word: &str, text: &str, tone: Tone) {
        let at_ms = self.clock.now().ms();
        let line = Line { at_ms, subject: "homeostat".to_owned(), word: word.to_owned(), text: text.to_owned(), tone };
        // A closed standard output must not stop the healing.
        let _ = self.log.say(&line);
    }

    /// Waits for something short. Only for the engine's own thread.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.tasks.block_on(work)
    }

    /// Reports something by itself. Nobody listens any more only when the host has ended.
    pub fn report(&self, report: Report) {
        let _ = self.reports.send(Message::Report(report));
    }
}
