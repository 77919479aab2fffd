"""What a dialect makes of a call: an HTTP request without its key, which the opener adds for the key's own origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from atomic_ai._core import __version__
from atomic_ai.errors import TaskError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomic_ai.message import ToolUse
    from atomic_ai.providers.call import Call, Negotiated
    from atomic_ai.providers.presets import Preset


_USUAL = {
    "content-type": "application/json",
    "accept": "text/event-stream, application/x-ndjson, application/json",
    # A compressing server holds tokens back until its block is full.
    "accept-encoding": "identity",
    "user-agent": f"atomic-ai/{__version__}",
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, ready but for its key.

    Attributes:
        url: absolute; never holds a key.
        headers: in order; never hold a key.
        body: JSON.
        method: the HTTP method.
        connect_s: how long a connection may take, in seconds; None leaves it to the race's deadlines.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    method: str = "POST"
    connect_s: float | None = None


class DialectBuilder(Protocol):
    """What each dialect's module offers; all pure."""

    def build(self, call: Call, preset: Preset) -> HttpRequest:
        """The request for a call."""
        ...

    def negotiate(self, call: Call, preset: Preset) -> Negotiated:
        """How the answer's shape is asked for."""
        ...

    def unsupported(self, call: Call, preset: Preset) -> tuple[str, ...]:
        """Features of the call that the dialect cannot say."""
        ...


def request(call: Call, preset: Preset, path: str, body: Mapping[str, Any], **headers: str) -> HttpRequest:
    """A streaming POST of `body` to `path` under the model's address; `headers` with `_` for `-`.

    Raises:
        TaskError: the body holds text that is no Unicode, such as a lone surrogate.
    """
    base = call.model.base_url or preset.base_url or ""
    sent = _USUAL.copy()
    for name, value in headers.items():
        sent[name.replace("_", "-")] = value
    for name, value in call.model.headers.items():
        sent[name.lower()] = value
    try:
        data = orjson.dumps(body)
    except orjson.JSONEncodeError:
        raise TaskError(
            "the task holds text that is no Unicode (a lone surrogate) or a value that is no JSON"
        ) from None
    return HttpRequest(base + path, tuple(sent.items()), data, connect_s=call.model.timeouts.connect_s)


def arguments_of(use: ToolUse) -> dict[str, Any]:
    """An earlier tool call's arguments as an object, for dialects that want one.

    Raises:
        TaskError: they are no JSON object.
    """
    try:
        arguments = orjson.loads(use.arguments or "{}")
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise TaskError(f"the history's call of tool {use.name!r} has arguments that are no JSON object")
    return arguments


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that are set: not None and not empty."""
    return {name: value for name, value in values.items() if value is not None and value not in ((), [], {}, "")}
