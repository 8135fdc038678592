//! Bytes at the border: six calls, canonical JSON in and out. Every binding is a thin skin over this.

use crate::engine::snapshot::RestoreError;
use crate::engine::view::Query;
use crate::engine::{Engine, Output};
use crate::model::event::{Event, Input};
use crate::policy::problem::Problem;
use crate::policy::{Policy, Source};
use crate::primitives::digest::Digest;
use crate::primitives::json;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// An engine that speaks bytes.
#[derive(Clone, Debug)]
pub struct Session {
    engine: Engine,
    output: Output,
}

impl Session {
    /// An engine under the policy in `text`, YAML or JSON; `name` is its name in messages.
    ///
    /// # Errors
    /// With all problems of the policy.
    pub fn new(name: &str, text: &str) -> Result<Session, Vec<Problem>> {
        let source = Source { name: name.into(), text: text.into() };
        let loaded = Policy::load(core::slice::from_ref(&source))?;
        Ok(Session { engine: Engine::new(loaded.policy), output: Output::default() })
    }

    /// Takes one input as JSON and gives the output as canonical JSON. Bytes that are no input are refused and recorded.
    pub fn step(&mut self, input: &[u8]) -> Vec<u8> {
        let input = self.read(input);
        self.engine.step_into(&input, &mut self.output);
        json::canonical(&self.output).unwrap_or_default()
    }

    /// The commands that were given and not answered, as a JSON list.
    pub fn outstanding(&self) -> Vec<u8> {
        json::canonical(&self.engine.outstanding()).unwrap_or_default()
    }

    /// The whole state.
    pub fn snapshot(&self) -> Vec<u8> {
        self.engine.snapshot()
    }

    /// The engine that wrote a snapshot.
    ///
    /// # Errors
    /// As [`Engine::restore`].
    pub fn restore(bytes: &[u8]) -> Result<Session, RestoreError> {
        Ok(Session { engine: Engine::restore(bytes)?, output: Output::default() })
    }

    /// Answers a query given as JSON.
    ///
    /// # Errors
    /// In words, when the bytes are no query.
    pub fn view(&self, query: &[u8]) -> Result<Vec<u8>, String> {
        let query: Query = serde_json::from_slice(query).map_err(|error| format!("not a query: {error}"))?;
        json::canonical(&self.engine.view(&query)).map_err(|error| error.to_string())
    }

    /// The engine itself.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn read(&self, bytes: &[u8]) -> Input {
        serde_json::from_slice(bytes).unwrap_or_else(|error| {
            let (source, digest) = (String::from("wire"), Digest::of(bytes));
            let reason = format!("not an input: {error}");
            Input::new(self.engine.now(), Event::EventRefused { source, reason, digest })
        })
    }
}
