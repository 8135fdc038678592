//! What shows that an action worked, as documents write it.

use crate::policy::actions::Proof;
use crate::policy::condition::Schema;
use crate::policy::document::Item;
use crate::policy::draft::condition::condition;
use crate::primitives::time::Span;

const FIELDS: [&str; 8] =
    ["condition", "settle", "settle_seconds", "shows", "stability", "stability_seconds", "within", "within_seconds"];

/// `{ shows, condition, settle, within, stability }`, or a condition alone.
pub(super) fn read(item: &Item<'_>, schema: &dyn Schema) -> Option<Proof> {
    if item.is_scalar() {
        return Some(Proof { condition: Some(condition(item, schema)?), ..Proof::default() });
    }
    let fields = item.fields("`verify` of an action", &FIELDS)?;
    let proof = Proof {
        shows: fields.get("shows", Item::string).unwrap_or_default(),
        condition: fields.get("condition", |item| condition(item, schema)),
        settle: fields.duration("settle"),
        within: fields.duration("within"),
        stability: fields.duration("stability"),
    };
    if proof.within.is_some_and(|within| within == Span::ZERO || proof.settle.is_some_and(|settle| settle > within)) {
        let problem =
            item.key_error("impossible timing: evidence counts only after `settle`, and `within` ends before");
        item.report(problem.help("both count from the end of the last step: make `within` longer than `settle`"));
    }
    if proof.stability == Some(Span::ZERO) {
        let problem = item.key_error("impossible timing: an incident closes only after it has stayed well for a while");
        item.report(problem.help("`stability` must be longer than nothing; it is 5m unless given"));
    }
    Some(proof)
}
