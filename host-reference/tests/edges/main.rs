//! The host's edges against the real thing: real files, real processes, real HTTP.

mod checks;
mod demo_service;
mod store;
mod supervise;
mod support;
