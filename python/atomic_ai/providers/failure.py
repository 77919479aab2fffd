"""What went wrong on the wire, in Atomic's words.

No sentence of the provider's gets in: it may quote the key or the prompt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from atomic_ai.errors import (
    AtomicError,
    ConnectTimeoutError,
    LimitError,
    ProviderError,
    RateLimitedError,
    RedirectError,
    StateError,
    StatusError,
    TransportError,
    TruncatedError,
    WireError,
)
from atomic_ai.providers.retry import TRANSIENT, retry_after_s
from atomic_ai.secret import origin_of

if TYPE_CHECKING:
    from atomic_ai.providers.reply import Reply
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.secret import Secret

STREAMS = (
    "text/event-stream",
    "application/x-ndjson",
    "application/jsonl",
    "application/json",
    "application/vnd.amazon.eventstream",
    "text/plain",
)
"""Content types that can hold a stream of some dialect; a few servers call theirs plain text."""

NOT_CONNECTED = "no connection in the time that its card allows"

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,63}")

_HINTS = {
    400: "it finds fault with the request: check the model's capabilities",
    401: "it refuses the key: check api_key or its environment variable",
    402: "the account has no credit",
    403: "it refuses the key: check api_key and what the key may do",
    404: "it knows no such model or address: check model and base_url",
    413: "the request is too large for it",
    422: "it finds fault with the request: check the model's capabilities",
    429: "it asks to slow down",
}


def of_transport(error: Exception, *, answered: bool) -> ProviderError:
    """The error of a connection: refused, reset, cut, as httpx tells it by its class."""
    kind = type(error).__name__
    if answered and kind == "RemoteProtocolError":
        return TruncatedError("the connection ended in the middle of the answer")
    if kind == "ConnectTimeout":
        return ConnectTimeoutError(NOT_CONNECTED)
    if kind == "ConnectError":
        # Nothing of the request was written yet, so that the system's words can hold nothing of it.
        return TransportError(f"no connection: {str(error)[:200] or 'refused'}")
    stage = "in the middle of the answer" if answered else "before an answer came"
    return TransportError(f"the connection broke {stage} ({kind})")


def of_native(kind: str, words: str, *, answered: bool) -> AtomicError:
    """The error of a connection as the native transport tells it: the kind of failure, and the system's words."""
    if kind == "unconnected":
        return ConnectTimeoutError(NOT_CONNECTED)
    if kind in ("connect", "tls"):
        # Nothing of the request was written yet, so that the system's words can hold nothing of it.
        return TransportError(f"no connection: {words[:200] or 'refused'}")
    if kind == "too_long":
        bound = int(words.split()[2])
        return LimitError(f"the answer has more than {bound} bytes", limit="answer", bound=bound)
    if kind == "closed":
        return StateError("this client is closed: use it inside `async with Atomic(…)`")
    if answered and kind == "protocol":
        return TruncatedError("the connection ended in the middle of the answer")
    stage = "in the middle of the answer" if answered else "before an answer came"
    return TransportError(f"the connection broke {stage} ({words})")


def of_reply(reply: Reply) -> ProviderError | None:
    """What is wrong with a reply as far as its head tells, or None."""
    if 300 <= reply.status < 400:
        target = _target(reply)
        return RedirectError(
            f"it redirects to {target}, which would carry the key and the prompt there: refused; "
            "set base_url to the final address if you trust it",
            status=reply.status,
        )
    if not 200 <= reply.status < 300:
        return None  # its body may name a code: `of_status`
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in STREAMS:
        what = "an HTML page" if "html" in kind else f"{kind[:64]!r}"
        return WireError(f"it answers {reply.status} with {what} instead of a stream: check base_url", offset=0)
    return None


def of_status(reply: Reply, body: bytes, request: HttpRequest, key: Secret | None) -> StatusError:
    """The error of a status outside 2xx."""
    status = reply.status
    code = _code(body, request, key)
    hint = _HINTS.get(status, "it failed" if status >= 500 else "it refuses")
    words = f"it answers {status}: {hint}" + (f" ({code})" if code else "")
    kind = RateLimitedError if status == 429 else StatusError
    return kind(
        words, status=status, code=code, retry_after_s=retry_after_s(reply.headers), retryable=status in TRANSIENT
    )


def blamed(error: AtomicError, provider: str, model: str) -> AtomicError:
    """The error, naming provider and model in its words and attributes."""
    if not getattr(error, "model", ""):
        error.args = (f"{model} ({provider}): {error}",)
        error.__dict__.update(provider=provider, model=model)
    return error


def _code(body: bytes, request: HttpRequest, key: Secret | None) -> str:
    """The provider's own word for an error: one that neither holds the key nor repeats the request."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    told = told[0] if isinstance(told, list) and told else told
    error = told.get("error", told) if isinstance(told, dict) else None
    words = [error.get(name) for name in ("code", "type", "status")] if isinstance(error, dict) else []
    for word in words:
        if not isinstance(word, str) or not _WORD.fullmatch(word):
            continue
        if word.encode() not in request.body and not (key is not None and key.overlaps(word)):
            return word
    return ""


def _target(reply: Reply) -> str:
    try:
        return origin_of(reply.target) if reply.target else "nowhere"
    except AtomicError:
        return "another address"
