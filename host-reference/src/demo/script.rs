//! What is broken, how, and when: each story begins when the one before it has come far enough.

use super::Voice;
use super::record::Record;
use super::stage::Stage;
use crate::notify::Tone;
use crate::os_error;
use crate::web::{Ask, Web};
use homeostat_core::model::health::State;
use homeostat_core::model::incident::{Incident, Phase};
use homeostat_core::primitives::name::Name;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::time::Duration;
use tokio::time::sleep;

const LOOK_EVERY: Duration = Duration::from_millis(100);
const ANSWER_TIME: Duration = Duration::from_secs(3);
/// A breath between two stories, for whoever reads along.
const BREATH: Duration = Duration::from_millis(500);

/// One thing that is broken.
#[derive(Debug)]
pub(super) struct Story {
    /// What.
    pub component: &'static str,
    /// The last digit of its port.
    digit: u8,
    fault: Fault,
    /// How it ends if everything is as it should be.
    pub end: End,
}

/// How a story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A person was called after so many attempts.
    Escalated {
        /// All that are allowed.
        attempts: usize,
    },
    /// Its incident is closed, the last of so many attempts succeeded.
    Healed {
        /// Including the last.
        attempts: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Hanging,
    KilledTwice,
    Incurable,
}

/// The stories in order. The one that cannot be healed comes last: two failures in a row, after one of `orders` that
/// was followed by successes, stay below the circuit breaker's three.
pub(super) const STORIES: [Story; 4] = [
    Story { component: "web-2", digit: 2, fault: Fault::Killed, end: End::Healed { attempts: 1 } },
    Story { component: "search", digit: 7, fault: Fault::Hanging, end: End::Healed { attempts: 1 } },
    Story { component: "orders", digit: 5, fault: Fault::KilledTwice, end: End::Healed { attempts: 2 } },
    Story { component: "payments", digit: 6, fault: Fault::Incurable, end: End::Escalated { attempts: 2 } },
];

impl Story {
    /// What was done, in a few words.
    pub fn title(&self) -> &'static str {
        match self.fault {
            Fault::Killed => "killed",
            Fault::Hanging => "hangs",
            Fault::KilledTwice => "killed, and again once back",
            Fault::Incurable => "fails whatever is restarted",
        }
    }
}

/// Plays all stories. It ends when each has ended, however it did.
pub(super) async fn play(stage: &mut Stage, voice: &Voice) -> Result<(), String> {
    let web = Web::new().map_err(|error| error.to_string())?;
    let mut scene = Scene { record: None, stage, voice, web };
    scene
        .until("all services to be well", |record| {
            let engine = record.engine()?;
            let all = engine.policy().components().iter();
            let well = |name: &Name| engine.knowledge().health.of(name, &engine.knowledge().topology).state;
            all.map(|component| well(&component.name)).all(|state| state == State::Healthy).then_some(())
        })
        .await?;
    for story in &STORIES {
        sleep(BREATH).await;
        scene.tell(story).await?;
    }
    for story in &STORIES {
        scene.until_phase(story, &[Phase::Closed, Phase::Escalated]).await?;
    }
    Ok(())
}

struct Scene<'a> {
    record: Option<Record>,
    stage: &'a mut Stage,
    voice: &'a Voice,
    web: Web,
}

impl Scene<'_> {
    async fn tell(&mut self, story: &Story) -> Result<(), String> {
        match story.fault {
            Fault::Killed => {
                self.kill(story, "").await?;
                self.until_phase(story, &[Phase::Resolved, Phase::Closed, Phase::Escalated]).await.map(drop)
            }
            Fault::Hanging => {
                let text = format!("{}: it keeps its port and answers nothing any more", story.component);
                self.voice.say("hangs", &text, Tone::Warning);
                self.ask(story, "POST", "/break/hang").await?;
                self.until_phase(story, &[Phase::Resolved, Phase::Closed, Phase::Escalated]).await.map(drop)
            }
            Fault::KilledTwice => {
                self.kill(story, "").await?;
                let phase = self.until_phase(story, &[Phase::Resolved, Phase::Closed, Phase::Escalated]).await?;
                if phase == Phase::Resolved {
                    self.kill(story, ", which has just come back").await?;
                }
                self.until_phase(story, &[Phase::Closed, Phase::Escalated]).await.map(drop)
            }
            Fault::Incurable => {
                let text = format!("{}: it fails from now on, whatever is restarted", story.component);
                self.voice.say("breaks", &text, Tone::Warning);
                let file = self.stage.folder().join(format!("{}.fault", story.component));
                fs::write(file, "")
                    .map_err(|error| format!("the fault file cannot be written: {}", os_error::said(&error)))
            }
        }
    }

    /// Ends the process that answers on the story's port, as hard as can be.
    async fn kill(&mut self, story: &Story, more: &str) -> Result<(), String> {
        let body = self.ask(story, "GET", "/").await?;
        let pid = serde_json::from_slice::<serde_json::Value>(&body).ok().and_then(|who| who.get("pid")?.as_i64());
        let pid = pid.and_then(|pid| i32::try_from(pid).ok()).ok_or("a service did not say its pid")?;
        self.voice.say("kills", &format!("{} (pid {pid}){more}", story.component), Tone::Warning);
        let sent = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
        sent.is_some_and(|sent| sent.is_ok()).then_some(()).ok_or_else(|| format!("pid {pid} cannot be killed"))
    }

    async fn ask(&self, story: &Story, method: &str, path: &str) -> Result<Vec<u8>, String> {
        let url = self.stage.url(story.digit, path);
        let ask = Ask { method: method.to_owned(), url, headers: Vec::new(), body: Vec::new() };
        let answer = self.web.ask(&ask, ANSWER_TIME).await;
        answer.map(|answer| answer.body).map_err(|error| format!("`{}` does not answer: {error}", story.component))
    }

    /// Waits until the story's incident is in one of the phases; in which.
    async fn until_phase(&mut self, story: &Story, phases: &[Phase]) -> Result<Phase, String> {
        let name = Name::new(story.component);
        self.until(story.component, |record| {
            let incidents = &record.engine()?.knowledge().incidents;
            let own = |incident: &&Incident| incident.component == name;
            incidents.iter().find(own).map(|incident| incident.phase).filter(|phase| phases.contains(phase))
        })
        .await
    }

    async fn until<T>(&mut self, what: &str, mut seen: impl FnMut(&Record) -> Option<T>) -> Result<T, String> {
        loop {
            self.stage.check_host().map_err(|why| format!("{why}, while waiting for {what}"))?;
            // The host makes the store; until then there is none to open.
            if self.record.is_none() {
                self.record = Record::open(&self.stage.db()).ok();
            }
            if let Some(record) = &mut self.record {
                record.read_on()?;
                if let Some(found) = seen(record) {
                    return Ok(found);
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }
}
