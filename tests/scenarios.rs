//! Plays every file of `scenarios/`: each reads as the specification of one behaviour, and what the engine says must be
//! what was recorded. `HOMEOSTAT_RECORD=1` records anew; what must and must not happen is checked all the same.
//! `HOMEOSTAT_SCENARIO=R7` plays only the files whose name holds `R7`.

#[path = "scenario/checker.rs"]
mod checker;
#[path = "scenario/collapse.rs"]
mod collapse;
#[path = "scenario/explained.rs"]
mod explained;
#[path = "scenario/file.rs"]
mod file;
#[path = "scenario/host.rs"]
mod host;
#[cfg(test)]
#[path = "scenario/journal.rs"]
mod journal;
#[path = "scenario/look.rs"]
mod look;
#[path = "scenario/must.rs"]
mod must;
#[path = "scenario/phrase.rs"]
mod phrase;
#[path = "scenario/render.rs"]
mod render;
#[path = "scenario/run.rs"]
mod run;
#[path = "scenario/witness.rs"]
mod witness;
#[path = "scenario/words.rs"]
mod words;
#[path = "scenario/world.rs"]
mod world;

use file::File;
use std::path::{Path, PathBuf};
use std::thread;

/// Threads that play scenarios.
const WORKERS: usize = 4;

#[test]
fn every_scenario_goes_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let only = std::env::var("HOMEOSTAT_SCENARIO").unwrap_or_default();
    let record = std::env::var_os("HOMEOSTAT_RECORD").is_some();
    let files = scenarios(&folder);
    let chosen: Vec<&PathBuf> = files.iter().filter(|path| path.to_string_lossy().contains(&only)).collect();
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers = chosen.chunks(chosen.len().div_ceil(WORKERS).max(1));
        let workers: Vec<_> = workers.map(|paths| scope.spawn(move || problems(paths, record))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a scenario does not panic")).collect()
    });
    assert!(files.len() >= 40, "the behaviours of the engine take at least 40 scenarios, found {}", files.len());
    assert!(wrong.is_empty(), "{} of {} scenarios went wrong\n\n{}", wrong.len(), files.len(), wrong.join("\n\n"));
}

fn problems(paths: &[&PathBuf], record: bool) -> Vec<String> {
    let wrong = paths.iter().filter_map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        check(path, record).err().map(|problem| format!("{name}\n{problem}"))
    });
    wrong.collect()
}

fn scenarios(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("there is a folder of scenarios");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

fn check(path: &Path, record: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file = File::parse(&text)?;
    let played = run::play(&file)?;
    let now = file.recorded(&played.said);
    if record && now != text {
        std::fs::write(path, &now).map_err(|error| error.to_string())?;
    }
    let mut problems = played.broken;
    if !record && now != text {
        problems.push(difference(&text, &now));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// The first lines that differ.
fn difference(before: &str, now: &str) -> String {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let at = before.iter().zip(&now).position(|(a, b)| a != b).unwrap_or(before.len().min(now.len()));
    let some = |lines: &[&str]| lines.iter().skip(at).take(4).map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "line {}: recorded\n{}  now\n{}  if the change is meant: HOMEOSTAT_RECORD=1, and read the difference",
        at + 1,
        some(&before),
        some(&now)
    )
}
