//! Processes that Homeostat starts, and that live on when it dies.
//!
//! Each start is written down before it happens and again when the pid is known, and each process carries the mark of
//! its start in its environment: a host killed at any instant finds its processes again, by pid and start time, or by
//! the mark. No signal goes to a pid that has changed hands.
//!
//! A process is started in a process group of its own, so that neither a terminal's interrupt nor the end of
//! Homeostat reaches it. A service manager that kills by control group must be told not to (systemd:
//! `KillMode=process`).

mod count;
mod error;
mod launch;
mod log;
pub mod proc;
mod state;
mod stop;
mod supervisor;

pub use error::SuperviseError;
pub use launch::{InstanceId, Program};
pub use supervisor::{Adoption, Found, Restarted, Running, Status, Supervisor, SupervisorOptions};
