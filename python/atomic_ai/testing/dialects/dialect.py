"""What a simulated endpoint needs to know of a dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from atomic_ai.testing.script import Script, Text, ToolCall, Usage

if TYPE_CHECKING:
    from atomic_ai.testing.plan import Frame


class Query(Protocol):
    """What a dialect reads from a request to answer it."""

    @property
    def target(self) -> str:
        """Path and query as requested."""
        ...

    @property
    def json(self) -> dict[str, Any]:
        """The request's body, parsed; an empty object if it is none."""
        ...

    @property
    def body(self) -> bytes:
        """The request's body as it came."""
        ...

    @property
    def number(self) -> int:
        """Which request of the endpoint this is, from 0."""
        ...


class Dialect(Protocol):
    """One provider API: where it is served, and how a script sounds in it."""

    name: str
    """The name `WireDecoder` has for it."""
    base_path: str
    """What a client's base URL carries besides the origin."""

    def serves(self, path: str) -> bool:
        """Whether requests for this path are answered."""
        ...

    def content_type(self, query: Query) -> str:
        """The media type of a streamed answer."""
        ...

    def model(self, query: Query) -> str:
        """The model asked for; empty if none is named."""
        ...

    def forced_tool(self, body: dict[str, Any]) -> str:
        """The tool that the request forces, through which structured output is then sent; empty if none."""
        ...

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """The whole streamed answer."""
        ...

    def error_frame(self, message: str, query: Query) -> Frame:
        """An error inside an answer that began with a 200."""
        ...

    def error_body(self, status: int, message: str) -> bytes:
        """The body of an answer with an error status."""
        ...


def simulated_name(model: str) -> str:
    """The model's name as an answer reports it: simulated, and says so."""
    return model if model.startswith("simulated") else f"simulated-{model or 'model'}"


def in_forced_tool(script: Script, tool: str) -> Script:
    """The script with its text sent as arguments of the forced tool, as models answer forced calls."""
    if not tool or any(isinstance(part, ToolCall) for part in script.parts) or not script.text:
        return script
    kept = [part for part in script.parts if not isinstance(part, Text)]
    return script.saying(*kept, ToolCall(tool, script.text))


def call_id(call: ToolCall, index: int, prefix: str) -> str:
    """The call's id, or a numbered one."""
    return call.id or f"{prefix}simulated_{index}"
