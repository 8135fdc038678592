//! `homeostat demo`: real services, broken on a script, healed by the very host that `homeostat run` is.
//!
//! The script breaks and waits; it decides nothing. Whether each story ended as it should is read afterwards from the
//! store, by replaying its journal.

mod judge;
mod record;
mod report;
mod script;
mod stage;

use crate::notify::{Format, Line, LogChannel, Tone};
use crate::os_error;
use record::Record;
use serde_json::json;
use stage::Stage;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

/// The policy the demo runs, as it lies in the repository.
pub const POLICY: &str = include_str!("../../../examples/demo.yaml");

/// The whole of it takes less than 90 s; so much is left for judging and for ending what was started.
const SCRIPT_TIME: Duration = Duration::from_secs(80);

const AFTER_HELP: &str = "\
Examples:
  homeostat demo               about a minute; the policy is examples/demo.yaml
  homeostat demo --sabotage    restarts report success and do nothing: the demo must notice, and fails
  homeostat demo --keep        keeps the folder, for `homeostat explain --db FOLDER/homeostat.db 1`

Everything runs on this machine, on free ports of 127.0.0.1, and in a temporary folder. Nothing is left behind.
Exit codes: 0 each story ended as it should · 1 one did not, or the demo could not run";

/// Watch small services be broken and healed, and be told why
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct DemoArgs {
    /// Let each restart report success without doing anything; the demo has to find that out
    #[arg(long)]
    pub sabotage: bool,
    /// Keep the folder with the policy, the store and the logs
    #[arg(long)]
    pub keep: bool,
}

/// Runs the demo. `utc_offset_s` is how far the reader's clock is ahead of UTC.
pub async fn run(args: DemoArgs, json: bool, utc_offset_s: i32) -> ExitCode {
    let format = Format::for_stdout(json);
    let voice = Voice { log: LogChannel::new(format, utc_offset_s, Box::new(io::stdout())), format };
    let begun = Instant::now();
    let mut stage = match Stage::set(args.sabotage, json) {
        Ok(stage) => stage,
        Err(why) => return voice.fail(&why),
    };
    voice.introduce(&stage, args.sabotage);
    let played = tokio::select! {
        played = tokio::time::timeout(SCRIPT_TIME, script::play(&mut stage, &voice)) => played.unwrap_or_else(|_| {
            voice.say("gives up", &format!("waiting: {} s are over", SCRIPT_TIME.as_secs()), Tone::Bad);
            Ok(())
        }),
        () = interrupted() => Err("interrupted".to_owned()),
    };
    let ended = stage.end().await;
    if ended.is_ok() {
        voice.say("ended", "the host and all services", Tone::Neutral);
    }
    let judged = match played.and(ended) {
        Ok(()) => Record::open(&stage.db()).and_then(|record| record.read_all()).map(|record| judge::judge(&record)),
        Err(why) => Err(why),
    };
    if args.keep {
        voice.say("keeps", &format!("{}", stage.folder().display()), Tone::Neutral);
    } else if let Err(error) = stage.clear() {
        voice.say("leaves", &format!("{}, {}", stage.folder().display(), os_error::said(&error)), Tone::Bad);
    }
    match judged {
        Err(why) => voice.fail(&why),
        Ok(judgement) => {
            report::show(&judgement, args.sabotage, begun.elapsed(), format);
            if judgement.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// How the demo itself speaks, between the lines of the host.
struct Voice {
    log: LogChannel,
    format: Format,
}

impl Voice {
    fn say(&self, word: &str, text: &str, tone: Tone) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let line = Line { at_ms, subject: "demo".into(), word: word.into(), text: text.into(), tone };
        // A closed standard output must not keep anything from being ended.
        let _ = self.log.say(&line);
    }

    fn introduce(&self, stage: &Stage, sabotage: bool) {
        let text = format!("nine services on {}, policy examples/demo.yaml", stage.ports());
        self.say("starts", &text, Tone::Neutral);
        if sabotage {
            let text = "each restart reports success and does nothing: this must not end well";
            self.say("SABOTAGE", text, Tone::Bad);
        }
    }

    fn fail(&self, why: &str) -> ExitCode {
        // Whoever stops reading is no reason to fail otherwise than so.
        if self.format == Format::Json {
            let _ = writeln!(io::stdout(), "{}", json!({ "error": why }));
        }
        let _ = writeln!(io::stderr(), "error: the demo ended before its end: {why}");
        ExitCode::FAILURE
    }
}

async fn interrupted() {
    let told = async |kind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = told(SignalKind::hangup()) => {}
        () = told(SignalKind::interrupt()) => {}
        () = told(SignalKind::terminate()) => {}
    }
}
