//! What a host asks a component.

use crate::model::value::Parameters;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One question to a component, for the host to put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// A kind that only some hosts know (`postgres`, `redis` …), with its parameters as given.
    Custom {
        /// The kind.
        kind: Name,
        /// Its parameters.
        parameters: Parameters,
    },
    /// A program: exit code 0 is a pass.
    Exec {
        /// Program and arguments.
        argv: Vec<String>,
        /// Environment added to the host's own.
        env: BTreeMap<String, String>,
    },
    /// An HTTP request.
    Http {
        /// Absolute URL, http or https.
        url: String,
        /// `GET` unless given.
        method: String,
        /// Statuses that pass; empty: any 2xx.
        status: Vec<u16>,
        /// What the body must contain.
        contains: Option<String>,
        /// The slowest answer that passes.
        latency: Option<Span>,
    },
    /// A process is running: the supervised one, or the one named by a pid file or program name.
    Process {
        /// Pid file to read.
        pid_file: Option<String>,
        /// Program name to look for.
        program: Option<String>,
    },
    /// A TCP connection opens.
    Tcp {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
    },
}
