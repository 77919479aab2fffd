"""LiteLLM as one more provider (extra `litellm`): whatever it can call, heard as deltas. asyncio only, as LiteLLM is.

Its own retries and fallbacks are switched off: the race has its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio

from atomic_ai._core import Delta, Usage
from atomic_ai.errors import ConfigError, ProviderError, RateLimitedError, StatusError, TransportError
from atomic_ai.providers import openai_chat
from atomic_ai.providers.features import lacking
from atomic_ai.providers.presets import Preset
from atomic_ai.providers.retry import TRANSIENT

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated

# LiteLLM takes OpenAI's words and rewrites them for each vendor.
_PRESET = Preset("openai-chat", None, None, oddities=frozenset({"top_k"}))

_SAID: tuple[tuple[Literal["reasoning", "refusal", "text"], str], ...] = (
    ("reasoning", "reasoning_content"),
    ("refusal", "refusal"),
    ("text", "content"),
)


class LiteLlmProvider:
    """Calls `litellm.acompletion` and closes what it opened."""

    name = "litellm"
    dialect = None

    def unsupported(self, call: Call) -> tuple[str, ...]:
        """What the model's card does not claim and OpenAI's chat cannot say."""
        return (*lacking(call), *openai_chat.unsupported(call, _PRESET))

    def negotiate(self, call: Call) -> Negotiated:
        """As OpenAI's chat."""
        return openai_chat.negotiate(call, _PRESET)

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[LiteLlmSource]:
        """Call LiteLLM; leaving the context closes its stream.

        Raises:
            ConfigError: LiteLLM is not installed, or the event loop is trio's.
            ProviderError: the call failed.
        """
        stream = await _told(_completion()(**_arguments(call)), call)
        try:
            yield LiteLlmSource(stream, call)
        finally:
            with anyio.CancelScope(shield=True):
                await _close(stream)


class LiteLlmSource:
    """One stream of LiteLLM, as deltas."""

    __slots__ = ("_call", "_stream", "_tools", "dialect", "status")

    def __init__(self, stream: Any, call: Call) -> None:
        self._stream = stream
        self._call = call
        self._tools: dict[int, int] = {}
        self.status = 200
        self.dialect: str | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Delta]:
        chunk = await _told(anext(self._stream), self._call)
        return deltas_of(chunk.model_dump(), self._tools)


def deltas_of(chunk: Mapping[str, Any], places: dict[int, int]) -> list[Delta]:
    """One chunk of LiteLLM's, which are OpenAI's, as deltas.

    Args:
        chunk: the chunk as a dict.
        places: the tool calls' places so far, by LiteLLM's index; grows.
    """
    heard: list[Delta] = []
    for choice in (chunk.get("choices") or ())[:1]:
        delta = choice.get("delta") or {}
        heard += [Delta(kind, delta[key]) for kind, key in _SAID if delta.get(key)]
        heard += [_tool_call(call, places) for call in delta.get("tool_calls") or ()]
        if choice.get("finish_reason"):
            heard.append(Delta("finish", reason=choice["finish_reason"]))
    if chunk.get("usage"):
        heard.append(Delta("usage", usage=_usage(chunk["usage"])))
    return heard


def _tool_call(call: Mapping[str, Any], places: dict[int, int]) -> Delta:
    function = call.get("function") or {}
    place = places.setdefault(call.get("index") or 0, len(places))
    return Delta(
        "tool_call",
        index=place,
        id=call.get("id"),
        name=function.get("name"),
        arguments=function.get("arguments") or "",
    )


def _usage(usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(usage.get("prompt_tokens"), usage.get("completion_tokens"), cached_tokens=details.get("cached_tokens"))


def _arguments(call: Call) -> dict[str, Any]:
    model = call.model
    key = None if model.api_key is None or model.origin is None else model.api_key.reveal_for(model.origin)
    return {
        **openai_chat.body(call, _PRESET),
        "api_base": model.base_url,
        "api_key": key,
        "extra_headers": dict(model.headers) or None,
        "metadata": dict(call.metadata) or None,
        "num_retries": 0,
        "max_retries": 0,
    }


async def _told(waited: Awaitable[Any], call: Call) -> Any:
    """What LiteLLM gives, or its error in our words; raised outside of the handler, since its own hold requests."""
    try:
        return await waited
    except StopAsyncIteration:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told by class and status
        failure = _blamed(error, call)
    raise failure


def _completion() -> Any:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError(
            "LiteLLM runs on asyncio alone: use asyncio, or one of Atomic's own providers under trio"
        ) from None
    try:
        return import_module("litellm").acompletion
    except ModuleNotFoundError:
        raise ConfigError("provider 'litellm' needs its extra: pip install 'atomic-ai[litellm]'") from None


def _blamed(error: Exception, call: Call) -> ProviderError:
    """LiteLLM's errors quote requests: their class and status are told, their words are not."""
    status = getattr(error, "status_code", None)
    words = f"{call.model.name} (litellm): {type(error).__name__}"
    names = {"provider": "litellm", "model": call.model.name}
    if not isinstance(status, int) or type(error).__name__ in ("APIConnectionError", "Timeout"):
        return TransportError(words, **names)
    kind = RateLimitedError if status == 429 else StatusError
    return kind(words, status=status, retryable=status in TRANSIENT, **names)


async def _close(stream: Any) -> None:
    """LiteLLM's wrapper has no `aclose` of its own in all versions: the stream beneath it does."""
    for layer in (stream, getattr(stream, "completion_stream", None)):
        closing = getattr(layer, "aclose", None) or getattr(layer, "close", None)
        if closing is not None:
            with suppress(Exception):
                result = closing()
                if hasattr(result, "__await__"):
                    await result
