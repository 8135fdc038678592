//! `homeostat history`: how a component was, and for how long each time.

use super::{known, print};
use crate::local_time::day_and_time;
use clap::Args;
use homeostat_core::engine::history::{Past, Stretch};
use homeostat_core::primitives::name::Name;
use std::path::PathBuf;
use std::process::ExitCode;

const AFTER: &str = "\
Example:
  homeostat history web    each state that web was in, since when and for how long

It reads the store, beside a running host or without one; who may not read it, but is named under `people`, asks the host. As much is remembered as `limits: health_changes` says.
Exit codes: 0 shown · 1 the store cannot be read, or there is no such component";

/// Show how a component was, and for how long
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct HistoryArgs {
    /// Its name
    component: String,
    /// The database file
    #[arg(long, value_name = "FILE", default_value = super::DB, value_parser = super::store)]
    db: PathBuf,
}

pub(super) async fn run(args: &HistoryArgs, json: bool) -> ExitCode {
    let past = match known::past(&args.db, &Name::new(&args.component)).await {
        Ok(past) => past,
        Err(why) => return print::failed(&why, json),
    };
    if json {
        print::json(&past);
    } else {
        print::out(&text(&past));
    }
    ExitCode::SUCCESS
}

fn text(past: &Past) -> String {
    let lines: String = past.stretches.iter().map(line).collect();
    let totals: Vec<String> = past.totals.iter().map(|(state, sum)| format!("{} {sum}", state.as_str())).collect();
    format!("{}{lines}in all: {}\n", print::clean(past.component.as_str()) + "\n", totals.join(" · "))
}

fn line(stretch: &Stretch) -> String {
    let lasts = if stretch.until.is_none() { " so far" } else { "" };
    format!("  {}  {:<9}  {}{lasts}\n", day_and_time(stretch.since), stretch.state.as_str(), stretch.lasted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_core::model::health::State;
    use homeostat_core::primitives::time::{Span, Time};

    #[test]
    fn each_time_in_a_state_is_a_line() {
        let time = |second: i64| Time::ZERO.after(Span::from_secs(second));
        let stretch = |state, since, until: Option<i64>| Stretch {
            state,
            since: time(since),
            until: until.map(time),
            lasted: Span::from_secs(until.unwrap_or(200) - since),
        };
        let past = Past {
            component: "web".into(),
            stretches: vec![stretch(State::Healthy, 0, Some(100)), stretch(State::Unhealthy, 100, None)],
            totals: vec![(State::Healthy, Span::from_secs(100)), (State::Unhealthy, Span::from_secs(100))],
        };
        let shown = text(&past);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 4, "{shown}");
        assert!(lines[1].ends_with("healthy    1 m 40 s"), "{shown}");
        assert!(lines[2].ends_with("unhealthy  1 m 40 s so far"), "{shown}");
        assert_eq!(lines[3], "in all: healthy 1 m 40 s · unhealthy 1 m 40 s");
    }
}
