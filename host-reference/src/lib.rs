//! The edges of the reference host: what it remembers, starts, asks, does and says.
//!
//! Each module stands alone and speaks plain structs; the program joins them to the engine.

pub mod actions;
pub mod checks;
pub mod child;
pub mod cli;
pub mod demo;
pub mod demo_service;
pub mod foresight;
pub mod host;
pub mod local_time;
pub mod notify;
pub mod os_error;
pub mod policy_file;
pub mod store;
pub mod supervise;
pub mod web;
