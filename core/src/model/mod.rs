//! Floor 2: the nouns. What the host tells (inputs), what the engine concluded (facts), what it asks for (commands).

pub mod health;
pub mod ids;
pub mod radius;
pub mod severity;
pub mod value;
