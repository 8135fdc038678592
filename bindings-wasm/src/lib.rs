//! The engine for JavaScript. Strings at the border are canonical JSON; a refusal is thrown as an `Error`.

use homeostat_core::engine::wire::Session;
use homeostat_core::primitives::json;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// An engine: timestamped inputs in, facts and commands out.
#[wasm_bindgen]
pub struct Engine(Session);

#[wasm_bindgen]
impl Engine {
    /// Makes an engine from a policy, given as YAML or JSON text.
    ///
    /// # Errors
    /// Throws all mistakes of the policy, as a JSON list.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &str) -> Result<Engine, JsError> {
        Session::new("policy", policy)
            .map(Engine)
            .map_err(|problems| JsError::new(&text(json::canonical(&problems).unwrap_or_default())))
    }

    /// Makes an engine from a snapshot: the engine that gave it, at that instant.
    ///
    /// # Errors
    /// Throws when it is no snapshot.
    pub fn restore(snapshot: &[u8]) -> Result<Engine, JsError> {
        Session::restore(snapshot).map(Engine).map_err(|error| JsError::new(&error.to_string()))
    }

    /// Takes one input in and gives what the engine concluded and asks for. What is no input is refused by a fact.
    pub fn step(&mut self, input: &str) -> String {
        text(self.0.step(input.as_bytes()))
    }

    /// Gives the commands that wait for an answer.
    #[must_use]
    pub fn outstanding(&self) -> String {
        text(self.0.outstanding())
    }

    /// Gives all that the engine knows, for `restore`.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.0.snapshot()
    }

    /// Gives what `query` asks for, such as `{"view":"status"}`.
    ///
    /// # Errors
    /// Throws when it is no query.
    pub fn view(&self, query: &str) -> Result<String, JsError> {
        self.0.view(query.as_bytes()).map(text).map_err(|reason| JsError::new(&reason))
    }
}

/// Canonical JSON is text, so nothing is lost here.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
