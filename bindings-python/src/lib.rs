//! The engine for Python. Bytes at the border are canonical JSON; a refusal is raised as `RefusedError`.

use homeostat_core::engine::wire::Session;
use homeostat_core::primitives::json;
use pyo3::Bound;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::{PyErr, PyModule, PyModuleMethods, PyResult, Python, pyclass, pymethods, pymodule};
use pyo3::types::PyBytes;
use std::sync::Mutex;

create_exception!(homeostat, RefusedError, PyValueError, "What was given cannot be taken; nothing has changed.");

/// An engine: timestamped inputs in, facts and commands out.
#[pyclass(frozen, module = "homeostat")]
struct Engine(Mutex<Session>);

#[pymethods]
impl Engine {
    /// Makes an engine from a policy, given as YAML or JSON text. Raises all its mistakes, as a JSON list.
    #[new]
    fn new(py: Python<'_>, policy: &str) -> PyResult<Engine> {
        match py.detach(|| Session::new("policy", policy)) {
            Ok(session) => Ok(Engine(Mutex::new(session))),
            Err(problems) => Err(refused(&text(json::canonical(&problems).unwrap_or_default()))),
        }
    }

    /// Makes an engine from a snapshot: the engine that gave it, at that instant.
    #[staticmethod]
    fn restore(py: Python<'_>, snapshot: &[u8]) -> PyResult<Engine> {
        let restored = py.detach(|| Session::restore(snapshot));
        restored.map(|session| Engine(Mutex::new(session))).map_err(|error| refused(&error.to_string()))
    }

    /// Takes one input in and gives what the engine concluded and asks for. What is no input is refused by a fact.
    fn step<'py>(&self, py: Python<'py>, input: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        self.ask(py, |session| Ok(session.step(input)))
    }

    /// Gives the commands that wait for an answer.
    fn outstanding<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.ask(py, |session| Ok(session.outstanding()))
    }

    /// Gives all that the engine knows, for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.ask(py, |session| Ok(session.snapshot()))
    }

    /// Gives what `query` asks for, such as `{"view":"status"}`, and changes nothing.
    fn view<'py>(&self, py: Python<'py>, query: &str) -> PyResult<Bound<'py, PyBytes>> {
        self.ask(py, |session| session.view(query.as_bytes()))
    }
}

impl Engine {
    /// Asks the engine, one call at a time, while other Python threads run.
    fn ask<'py>(
        &self,
        py: Python<'py>,
        ask: impl FnOnce(&mut Session) -> Result<Vec<u8>, String> + Send,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let answer = py.detach(|| match self.0.lock() {
            Ok(mut session) => ask(&mut session).map_err(|reason| refused(&reason)),
            // A panic became an exception then, and may have left the engine half changed.
            Err(_) => Err(PyRuntimeError::new_err("an earlier call met a bug: restore a snapshot")),
        })?;
        Ok(PyBytes::new(py, &answer))
    }
}

fn refused(reason: &str) -> PyErr {
    RefusedError::new_err(reason.to_owned())
}

/// Canonical JSON is text, so nothing is lost here.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[pymodule]
fn _homeostat(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Engine>()?;
    module.add("RefusedError", module.py().get_type::<RefusedError>())
}
