//! Reading what looks at time: functions over windows, `in last`, multiples of a baseline, durations.

use super::ast::{Expr, Extent, Function, Kind, Operation, Path, Window};
use super::error::{At, ConditionError, did_you_mean};
use super::parse::Parser;
use super::token::Token;
use super::unit::{Dimension, Unit};
use crate::primitives::finite::Finite;
use crate::primitives::time::{LIMIT_MS, Span};
use alloc::boxed::Box;
use alloc::format;

const SAMPLE_WORDS: [&str; 6] = ["samples", "sample", "attempts", "attempt", "checks", "runs"];

impl Parser<'_> {
    /// `x > 1 in last 10 attempts` is `avg(x, 10 samples) > 1`.
    pub(super) fn recent(&mut self, left: Expr) -> Option<Expr> {
        match self.tokens.get(self.next) {
            Some((Token::Name(path), _)) if path.component.is_none() && path.name == "last" => self.next += 1,
            _ => return self.fail("`in` is followed by `last`", "`in last 10 attempts` or `in last 5m`"),
        }
        let extent = self.extent()?;
        let Kind::Name(path, unit) = left.kind else {
            return self
                .fail("`in last` needs a name left of the comparison", "a comparison such as `failure_rate > 50%`");
        };
        let window = Window { function: Function::Avg, path, unit, extent: Some(extent) };
        Some(Expr { kind: Kind::Window(window), at: left.at })
    }

    /// A number, or a multiple of the baseline of what is compared: `2x baseline`.
    pub(super) fn number(&mut self, value: Finite, unit: Unit, at: At) -> Option<Expr> {
        self.next += 1;
        let number = self.node(Kind::Number(value, unit), at)?;
        let skip = usize::from(self.is_word_at(self.next, "of"));
        if !self.is_word_at(self.next + skip, "baseline") || self.is_sign_at(self.next + skip + 1, "(") {
            return Some(number);
        }
        self.next += skip;
        let here = self.here();
        let Some(path) = self.subject.clone() else {
            return self.fail("nothing says whose baseline this is", "`baseline(name)`");
        };
        self.next += 1;
        let window = Window { function: Function::Baseline, path, unit: Unit::None, extent: None };
        let window = self.node(Kind::Window(window), here)?;
        self.node(Kind::Arithmetic(Operation::Multiply, Box::new([number, window])), at.to(here))
    }

    pub(super) fn call(&mut self, name: Path, at: At) -> Option<Expr> {
        self.next += 2;
        let function = Function::named(&name.name).filter(|_| name.component.is_none());
        if function.is_none() {
            let known = Function::ALL.into_iter().map(|(_, name)| name);
            let expected = "`avg`, `min`, `max`, `sum`, `count`, `last`, `p50`, `p90`, `p95`, `p99`, `rate`, `increase`, `change` or `baseline`";
            let error = ConditionError::new(at, format!("unknown function `{name}`"), expected);
            self.errors.push(error.suggest(did_you_mean(&name.name, known)));
        }
        let Some((Token::Name(path), _)) = self.tokens.get(self.next).cloned() else {
            return self.fail("a function looks at one metric", "a name, as in `avg(cpu_usage, 5m)`");
        };
        self.next += 1;
        let extent = if self.accept(",").is_some() { Some(self.extent()?) } else { None };
        let close = self.here();
        if self.accept(")").is_none() {
            return self.fail("the function is never closed", "`)`");
        }
        let function = function?;
        if extent.is_some() && function == Function::Baseline {
            let message = "`baseline` chooses its own time".into();
            let error = ConditionError::new(close, message, format!("`baseline({path})`"));
            self.errors.push(error);
            return None;
        }
        if extent.is_none() && !function.stands_alone() {
            let message = format!("`{}` does not say over which time", function.name());
            let suggestion = Some(format!("did you mean `{}({path}, 5m)`?", function.name()));
            self.errors.push(ConditionError::new(close, message, "a comma and a window").suggest(suggestion));
            return None;
        }
        self.node(Kind::Window(Window { function, path, unit: Unit::None, extent }), at.to(close))
    }

    fn extent(&mut self) -> Option<Extent> {
        let sampled = matches!(self.tokens.get(self.next + 1), Some((Token::Name(path), _))
            if path.component.is_none() && SAMPLE_WORDS.contains(&path.name.as_str()));
        if !sampled {
            return self.duration().map(Extent::Time);
        }
        let Some((Token::Number(value, Unit::None), _)) = self.tokens.get(self.next) else {
            return self.fail("this is no number of samples", "a whole number, as in `10 samples`");
        };
        let value = value.value();
        let count = value as u32;
        if count == 0 || f64::from(count) != value {
            return self.fail("this is no number of samples", "a whole number of at least 1");
        }
        self.next += 2;
        Some(Extent::Samples(count))
    }

    pub(super) fn duration(&mut self) -> Option<Span> {
        let expected = "a duration, as in `5m` or `7_days`";
        let Some((token, _)) = self.tokens.get(self.next) else { return self.fail("a duration is missing", expected) };
        let ms = match token {
            Token::Number(value, Unit::Millisecond) => Some(value.value()),
            Token::Number(value, unit) if unit.dimension() == Dimension::Duration => {
                unit.to_base(*value).map(|seconds| seconds.value() * 1000.0)
            }
            Token::Number(..) => return self.fail("this number is no duration", expected),
            _ => return self.fail("this is no duration", expected),
        };
        let whole = ms.filter(|ms| (0.5..LIMIT_MS as f64).contains(ms)).map(|ms| (ms, (ms + 0.5) as i64));
        match whole {
            // 0.256294 s has no exact milliseconds in binary; what is this near is meant.
            Some((ms, whole)) if (ms - whole as f64).abs() < 1e-6 => {
                self.next += 1;
                Some(Span::from_ms(whole))
            }
            _ => self.fail("this duration cannot be kept", "whole milliseconds, at least 1"),
        }
    }
}
