//! Who ordered the run may do so (SPEC R11, SAFE-4). What nobody ordered is for the other links to hold back.

use crate::model::value::Value;
use crate::policy::authority::{Verb, is_machine};
use crate::remediate::safety::question::{Answer, Chain};

impl Chain<'_> {
    pub(in crate::remediate::safety) fn role(&self) -> Answer {
        let Some(by) = self.question.by else { return Answer::pass("role.automation") };
        let answer = match Verb::StartRun.check(by) {
            Ok(()) if !is_machine(by) => Answer::pass("role.may"),
            Ok(()) => Answer::refuse("role.program", "an order by a person: a program decides nothing".into()),
            Err(why) => Answer::refuse("role.may_not", why),
        };
        answer.with("by", Value::text(by.id.as_str()))
    }
}
