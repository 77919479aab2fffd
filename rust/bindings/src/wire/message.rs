//! `Message` and what it is made of.

use atomic_core::wire::{Message, ProviderFault, ToolCall, Usage};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// What makes an equal object: positional arguments and keywords.
pub(super) type Arguments<'py> = (Bound<'py, PyTuple>, Bound<'py, PyDict>);

/// Token counts as one provider counts them.
#[pyclass(name = "Usage", module = "atomic_ai._core", frozen, eq)]
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct PyUsage(pub(crate) Usage);

#[pymethods]
impl PyUsage {
    #[new]
    #[pyo3(signature = (
        input_tokens=None, output_tokens=None, *, cached_tokens=None, cache_write_tokens=None,
        reasoning_tokens=None, total_tokens=None, cached_beside=false, reasoning_beside=false,
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    const fn new(
        input_tokens: Option<u64>,
        output_tokens: Option<u64>,
        cached_tokens: Option<u64>,
        cache_write_tokens: Option<u64>,
        reasoning_tokens: Option<u64>,
        total_tokens: Option<u64>,
        cached_beside: bool,
        reasoning_beside: bool,
    ) -> Self {
        Self(Usage {
            input_tokens,
            output_tokens,
            cached_tokens,
            cache_write_tokens,
            reasoning_tokens,
            total_tokens,
            cached_beside,
            reasoning_beside,
        })
    }

    #[getter]
    const fn input_tokens(&self) -> Option<u64> {
        self.0.input_tokens
    }

    #[getter]
    const fn output_tokens(&self) -> Option<u64> {
        self.0.output_tokens
    }

    #[getter]
    const fn cached_tokens(&self) -> Option<u64> {
        self.0.cached_tokens
    }

    #[getter]
    const fn cache_write_tokens(&self) -> Option<u64> {
        self.0.cache_write_tokens
    }

    #[getter]
    const fn reasoning_tokens(&self) -> Option<u64> {
        self.0.reasoning_tokens
    }

    #[getter]
    const fn total_tokens(&self) -> Option<u64> {
        self.0.total_tokens
    }

    #[getter]
    const fn cached_beside(&self) -> bool {
        self.0.cached_beside
    }

    #[getter]
    const fn reasoning_beside(&self) -> bool {
        self.0.reasoning_beside
    }

    #[getter]
    fn prompt_tokens(&self) -> Option<u64> {
        self.0.prompt_tokens()
    }

    #[getter]
    fn generated_tokens(&self) -> Option<u64> {
        self.0.generated_tokens()
    }

    /// For `pickle` and `copy`.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<Arguments<'py>> {
        let keywords = PyDict::new(py);
        keywords.set_item("cached_tokens", self.0.cached_tokens)?;
        keywords.set_item("cache_write_tokens", self.0.cache_write_tokens)?;
        keywords.set_item("reasoning_tokens", self.0.reasoning_tokens)?;
        keywords.set_item("total_tokens", self.0.total_tokens)?;
        keywords.set_item("cached_beside", self.0.cached_beside)?;
        keywords.set_item("reasoning_beside", self.0.reasoning_beside)?;
        Ok((
            (self.0.input_tokens, self.0.output_tokens).into_pyobject(py)?,
            keywords,
        ))
    }

    fn __repr__(&self) -> String {
        let count =
            |tokens: Option<u64>| tokens.map_or("None".to_owned(), |tokens| tokens.to_string());
        let Usage {
            input_tokens,
            output_tokens,
            cached_tokens,
            ..
        } = self.0;
        format!(
            "Usage({}, {}, cached_tokens={})",
            count(input_tokens),
            count(output_tokens),
            count(cached_tokens)
        )
    }
}

/// An error a provider sent inside its stream.
#[pyclass(name = "ProviderFault", module = "atomic_ai._core", frozen, eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct PyFault(pub(crate) ProviderFault);

#[pymethods]
impl PyFault {
    #[new]
    #[pyo3(signature = (message, *, kind=None, code=None, status=None))]
    const fn new(
        message: String,
        kind: Option<String>,
        code: Option<String>,
        status: Option<u16>,
    ) -> Self {
        Self(ProviderFault {
            message,
            kind,
            code,
            status,
        })
    }

    #[getter]
    fn message(&self) -> &str {
        &self.0.message
    }

    #[getter]
    fn kind(&self) -> Option<&str> {
        self.0.kind.as_deref()
    }

    #[getter]
    fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    #[getter]
    const fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// For `pickle` and `copy`.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<Arguments<'py>> {
        let keywords = PyDict::new(py);
        keywords.set_item("kind", self.kind())?;
        keywords.set_item("code", self.code())?;
        keywords.set_item("status", self.0.status)?;
        Ok(((self.message(),).into_pyobject(py)?, keywords))
    }

    /// The provider's message may quote the prompt: it is not shown.
    fn __repr__(&self) -> String {
        let word = |text: &Option<String>| text.as_deref().unwrap_or("None").to_owned();
        format!(
            "<ProviderFault kind={} code={}>",
            word(&self.0.kind),
            word(&self.0.code)
        )
    }
}

/// A tool call as far as it was heard.
#[pyclass(name = "ToolCall", module = "atomic_ai._core", frozen, eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct PyToolCall(pub(crate) ToolCall);

#[pymethods]
impl PyToolCall {
    #[getter]
    fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    #[getter]
    fn arguments(&self) -> &str {
        &self.0.arguments
    }

    fn __repr__(&self) -> String {
        format!(
            "<ToolCall {} with {} bytes of arguments>",
            self.0.name,
            self.0.arguments.len()
        )
    }
}

/// The sum of a stream's deltas when it was asked for.
#[pyclass(name = "Message", module = "atomic_ai._core", frozen, eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct PyMessage(pub(crate) Message);

#[pymethods]
impl PyMessage {
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    #[getter]
    fn reasoning(&self) -> &str {
        &self.0.reasoning
    }

    #[getter]
    fn refusal(&self) -> &str {
        &self.0.refusal
    }

    #[getter]
    fn tool_calls(&self) -> Vec<PyToolCall> {
        self.0.tool_calls.iter().cloned().map(PyToolCall).collect()
    }

    #[getter]
    fn finish_reason(&self) -> Option<&str> {
        self.0.finish_reason.as_deref()
    }

    #[getter]
    fn usage(&self) -> Option<PyUsage> {
        self.0.usage.map(PyUsage)
    }

    #[getter]
    fn error(&self) -> Option<PyFault> {
        self.0.error.clone().map(PyFault)
    }

    #[getter]
    const fn truncated(&self) -> bool {
        self.0.truncated
    }

    fn __repr__(&self) -> String {
        let Message {
            text,
            tool_calls,
            finish_reason,
            truncated,
            ..
        } = &self.0;
        format!(
            "<Message {} bytes of text, {} tool calls, finish={}{}>",
            text.len(),
            tool_calls.len(),
            finish_reason.as_deref().unwrap_or("None"),
            if *truncated { ", truncated" } else { "" }
        )
    }
}
