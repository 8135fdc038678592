//! The whole program on real processes: run, break, kill, look.

mod check;
mod commands;
mod crash;
mod docs;
mod heal;
mod instances;
mod orders;
mod people;
mod program;
mod say;
mod socket;
mod store;
#[path = "../edges/support.rs"]
#[allow(dead_code)]
mod support;
mod trouble;
