//! What Homeostat says: lines for people in the log, signed webhooks for machines.

mod line;
mod webhook;

pub use line::{Format, Line, LogChannel, Tone};
pub use webhook::{Delivery, Notification, Secret, Webhook};
