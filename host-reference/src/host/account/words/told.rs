//! The words for who is told what, and who is not.

use super::{Said, host, listed, told};
use crate::notify::Tone;
use homeostat_core::model::on_call::OnCall;
use homeostat_core::model::silence::{Silenced, Withheld};
use homeostat_core::primitives::name::Name;

pub(super) fn withheld(it: &Withheld) -> Said {
    let what = if it.level == 0 { "a message".to_owned() } else { format!("level {}", it.level) };
    let to = it.to.as_ref().map_or_else(String::new, |(who, channel)| format!(" to {who} by {channel}"));
    match (it.by, it.behind, it.until) {
        (Some(_), ..) => told("silent", format!("{what}{to} waits for the end of a silence"), Tone::Warning),
        (_, Some(_), _) => {
            told("held back", format!("{what}{to} waits for the end of what it follows from"), Tone::Warning)
        }
        (.., Some(_)) => told("waits", format!("{what}{to}, for what goes with it"), Tone::Neutral),
        _ => told("once", format!("{what}{to} goes with what was said already"), Tone::Neutral),
    }
}

pub(super) fn stands_in(it: &OnCall) -> Said {
    host("on call", format!("{} as {}, by {}", it.who, it.rotation, it.by), Tone::Neutral)
}

pub(super) fn silenced(it: &Silenced) -> String {
    match &it.silence {
        Some(what) => format!("{}, by {}", what.reason, it.by),
        None => format!("ended by {}", it.by),
    }
}

pub(super) fn unheard(channel: &Name, recipient: &Name, detail: &str) -> Said {
    told("unheard", format!("{recipient} by {channel}: {detail}"), Tone::Bad)
}

pub(super) fn called(level: u32, round: u32, notified: &[Name]) -> Said {
    let again = if round > 0 { ", again" } else { "" };
    told("calls", format!("level {level}: {}{again}", listed(notified)), Tone::Warning)
}
