//! Floor 3: validated configuration. One way in: a document is read, checked whole, and becomes a policy or a list of problems.

pub mod condition;
pub mod document;
pub mod duration;
pub mod problem;
pub mod quantity;
