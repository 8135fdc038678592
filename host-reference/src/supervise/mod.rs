//! Processes that Homeostat starts, and that live on when it dies.

pub mod proc;
