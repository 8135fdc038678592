//! Reports from outside: they count for the severity of whatever they concern.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Draft};
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::value::Value;
use crate::primitives::text::one_line;
use alloc::format;

/// The longest text kept of a report.
const KEPT: usize = 200;

pub(super) fn take_in(context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
    let (component, what, summary) = match context.event() {
        Some(Event::CustomerReported { component, vip: false }) => (component, "customer", None),
        Some(Event::CustomerReported { component, vip: true }) => (component, "vip", None),
        Some(Event::SecurityAlerted { component, summary }) => (component, "security", Some(summary)),
        _ => return,
    };
    let fact = if knowledge.topology.slot(component).is_some() {
        let fact = Fact::new(context.now, "detect.report", Conclusion::ReportReceived { what: what.into() });
        match summary {
            Some(text) => fact.component(component).value("summary", Value::text(&one_line(text, KEPT))),
            None => fact.component(component),
        }
    } else if said.iter().any(|fact| matches!(fact.said, Conclusion::InputRefused { .. })) {
        return;
    } else {
        let reason =
            format!("there is no component `{}`: expected one that is registered", one_line(component.as_str(), KEPT));
        Fact::new(context.now, "detect.unknown_component", Conclusion::InputRefused { reason })
    };
    out.facts.push(fact.because([context.event_id()]));
}
