//! The world around the engine: what checks find, how actions end, whether messages arrive.

use crate::words::{Answer, Effect};
use homeostat_core::model::command::{Execution, Means};
use homeostat_core::model::event::OutcomeResult;
use homeostat_core::model::health::CheckVerdict;
use homeostat_core::model::value::{Parameters, Value};
use homeostat_core::primitives::finite::Finite;
use homeostat_core::primitives::time::Span;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Hidden truth.
#[derive(Debug, Default)]
pub struct World {
    checks: BTreeMap<(String, String), Script<Answer>>,
    rules: Vec<Rule>,
    channels: BTreeMap<String, Channel>,
}

/// What holds from now on, and before it what holds a number of times.
#[derive(Clone, Debug)]
struct Script<T> {
    counted: VecDeque<(u32, T)>,
    always: T,
}

#[derive(Clone, Debug, PartialEq)]
struct Key {
    purpose: String,
    action: String,
    target: String,
}

#[derive(Debug)]
struct Rule {
    key: Key,
    times: Option<u32>,
    effects: Vec<Effect>,
}

#[derive(Debug)]
struct Channel {
    fails: Option<String>,
    silent: bool,
}

/// How an execution goes.
#[derive(Debug)]
pub struct Deed {
    /// How long it takes.
    pub takes: Span,
    /// What is reported, if anything is.
    pub reported: Option<(OutcomeResult, String, Parameters)>,
    /// Whether its target is well then.
    pub heals: bool,
    /// The checks that fail then.
    pub breaks: Vec<(String, String, String)>,
}

impl World {
    /// The known checks answer so from now on, or so many times.
    pub fn set(
        &mut self,
        known: &BTreeSet<(String, String)>,
        asked: (&str, &str),
        answer: &Answer,
        times: Option<u32>,
    ) {
        let fits = |(component, check): &&(String, String)| {
            (asked.0 == "*" || asked.0 == component) && (asked.1 == "*" || asked.1 == check)
        };
        for key in known.iter().filter(fits) {
            let usual = Script { counted: VecDeque::new(), always: Answer::Passes };
            let script = self.checks.entry(key.clone()).or_insert(usual);
            match times {
                Some(times) => script.counted.push_back((times, answer.clone())),
                None => *script = Script { counted: VecDeque::new(), always: answer.clone() },
            }
        }
    }

    /// What a check finds now; nothing when it is silent.
    pub fn ask(&mut self, component: &str, check: &str) -> Option<(CheckVerdict, String)> {
        let Some(script) = self.checks.get_mut(&(component.to_owned(), check.to_owned())) else {
            return Some((CheckVerdict::Pass, String::new()));
        };
        found(&script.next())
    }

    /// An action ends so from now on, or so many times.
    pub fn rule(&mut self, purpose: &str, action: &str, target: &str, effects: &[Effect], times: Option<u32>) {
        let key = Key { purpose: purpose.to_owned(), action: action.to_owned(), target: target.to_owned() };
        if times.is_none() {
            self.rules.retain(|rule| rule.key != key || rule.times.is_some());
        }
        self.rules.push(Rule { key, times, effects: effects.to_vec() });
    }

    /// How `execution` goes: as said, else it succeeds after a second and heals nothing.
    pub fn carry_out(&mut self, execution: &Execution) -> Deed {
        let fits = |rule: &Rule| {
            let same = |said: &str, is: &str| said == "*" || said == is;
            rule.times != Some(0)
                && rule.key.purpose == execution.purpose.as_str()
                && same(&rule.key.action, execution.action.as_str())
                && same(&rule.key.target, execution.target.as_str())
        };
        let counted = self.rules.iter().position(|rule| fits(rule) && rule.times.is_some());
        let chosen = counted.or_else(|| self.rules.iter().rposition(fits));
        let effects = chosen.map_or(Vec::new(), |index| {
            let rule = &mut self.rules[index];
            rule.times = rule.times.map(|times| times - 1);
            rule.effects.clone()
        });
        let mut deed = Deed {
            takes: Span::from_secs(1),
            reported: Some((OutcomeResult::Succeeded, String::new(), captured(execution))),
            heals: false,
            breaks: Vec::new(),
        };
        for effect in effects {
            deed.apply(effect);
        }
        deed
    }

    /// The target of an action is well again.
    pub fn heal(&mut self, known: &BTreeSet<(String, String)>, target: &str) {
        self.set(known, (target, "*"), &Answer::Passes, None);
    }

    /// A channel delivers, fails or is silent from now on.
    pub fn channel(&mut self, name: &str, fails: Option<String>, silent: bool) {
        self.channels.insert(name.to_owned(), Channel { fails, silent });
    }

    /// Whether a message over `channel` arrives, and why not; nothing when the channel is silent.
    pub fn deliver(&self, channel: &str) -> Option<Result<(), String>> {
        match self.channels.get(channel) {
            Some(Channel { silent: true, .. }) => None,
            Some(Channel { fails: Some(why), .. }) => Some(Err(why.clone())),
            _ => Some(Ok(())),
        }
    }
}

impl Deed {
    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Succeeds => {}
            Effect::Heals => self.heals = true,
            Effect::Fails(why) => self.reported = Some((OutcomeResult::Failed, why, Parameters::new())),
            Effect::IsNotSupported(why) => self.reported = Some((OutcomeResult::Unsupported, why, Parameters::new())),
            Effect::NeverStarts(why) => self.reported = Some((OutcomeResult::NotStarted, why, Parameters::new())),
            Effect::Unanswered => self.reported = None,
            Effect::Takes(span) => self.takes = span,
            Effect::Breaks(component, check, why) => self.breaks.push((component, check, why)),
            Effect::Gives(key, value) => {
                self.output(&key, Value::Number(Finite::new(value).expect("a scenario's numbers are finite")));
            }
            Effect::Says(key, words) => self.output(&key, Value::text(&words)),
        }
    }

    fn output(&mut self, key: &str, value: Value) {
        if let Some((_, _, outputs)) = &mut self.reported {
            outputs.insert(key.into(), value);
        }
    }
}

impl<T: Clone> Script<T> {
    fn next(&mut self) -> T {
        match self.counted.front_mut() {
            Some((left, now)) => {
                let now = now.clone();
                *left -= 1;
                if *left == 0 {
                    self.counted.pop_front();
                }
                now
            }
            None => self.always.clone(),
        }
    }
}

/// A verdict with what was found; nothing for silence.
pub fn found(answer: &Answer) -> Option<(CheckVerdict, String)> {
    match answer {
        Answer::Passes => Some((CheckVerdict::Pass, String::new())),
        Answer::Fails(why) => Some((CheckVerdict::Fail, why.clone())),
        Answer::Errors(why) => Some((CheckVerdict::Error, why.clone())),
        Answer::Silent => None,
    }
}

/// What a capture reads where the scenario does not say: 1.
fn captured(execution: &Execution) -> Parameters {
    match &execution.means {
        Means::Capture(names) => {
            names.iter().map(|name| (name.as_str().into(), Value::Number(Finite::from(1)))).collect()
        }
        _ => Parameters::new(),
    }
}
