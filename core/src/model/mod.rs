//! Floor 2: the nouns. What the host tells (inputs), what the engine concluded (facts), what it asks for (commands).

pub mod area;
pub mod calm;
pub mod check_report;
pub mod command;
pub mod conclusion;
pub mod event;
pub mod evidence;
pub mod fact;
pub mod gate;
pub mod health;
pub mod ids;
pub mod incident;
pub mod on_call;
pub mod principal;
pub mod probe;
pub mod radius;
pub mod run;
pub mod severity;
pub mod silence;
pub mod topic;
pub mod value;
pub mod window;
