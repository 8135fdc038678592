//! The host's edges against the real thing: real files, real processes, real HTTP.

mod actions;
mod checks;
mod demo_service;
mod notify;
mod store;
mod supervise;
mod support;
