//! What is at work still, in words: what was stopped since calls none of it back.

use homeostat_core::engine::at_work::AtWork;
use homeostat_core::model::command::Purpose;
use homeostat_core::primitives::time::Time;

/// What is named in one sentence at most; `homeostat status` has the rest.
const MOST: usize = 10;

/// All that is at work at `now`, in one sentence.
#[must_use]
pub fn sentence(all: &[AtWork], now: Time) -> String {
    if all.is_empty() {
        return "nothing is at work".to_owned();
    }
    let mut named: Vec<String> = all.iter().take(MOST).map(|it| one(it, now)).collect();
    let more = all.len().saturating_sub(MOST);
    if more > 0 {
        named.push(format!("{more} more, see `homeostat status`"));
    }
    format!("still at work, and not called back: {}", named.join(", "))
}

/// One command, with how long it may take yet.
#[must_use]
pub fn one(it: &AtWork, now: Time) -> String {
    let what = match it.purpose {
        Purpose::Forward => "",
        Purpose::Capture => "reading the state before ",
        Purpose::Revert | Purpose::Rollback => "undoing by ",
    };
    let id: String = it.command.to_string().chars().take(8).collect();
    let doubt = if it.doubt.is_some() { " (nobody can tell whether it began)" } else { "" };
    format!("{what}`{}` on `{}`{doubt}, for {} at most (command {id})", it.action, it.target, it.until.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn command(action: &str, purpose: &str, doubt: Option<&str>) -> AtWork {
        let id = "0123456789abcdef0123456789abcdef";
        let of = json!({
            "command": id, "incident": id, "run": id, "purpose": purpose, "action": action, "target": "web",
            "until": 40_000, "doubt": doubt,
        });
        serde_json::from_value(of).unwrap()
    }

    #[test]
    fn what_is_at_work_is_named_with_when_it_ends_at_the_latest() {
        let now = Time::from_ms(5_000);
        assert_eq!(sentence(&[], now), "nothing is at work");
        let all = [command("restart", "forward", None), command("scale", "rollback", Some("the host restarted"))];
        let expected = "still at work, and not called back: `restart` on `web`, for 35 s at most (command 01234567), \
                        undoing by `scale` on `web` (nobody can tell whether it began), for 35 s at most (command 01234567)";
        assert_eq!(sentence(&all, now), expected);
        let many = vec![command("scale", "capture", None); MOST + 2];
        let said = sentence(&many, now);
        assert!(
            said.ends_with(", 2 more, see `homeostat status`") && said.contains("reading the state before"),
            "{said}"
        );
        assert!(!sentence(&many[2..], now).contains("more"));
    }
}
