"""A model's card: where it lives, what it can do, what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from atomic_ai.errors import ConfigError
from atomic_ai.providers.presets import PRESETS, Cancel, Capability
from atomic_ai.secret import Secret, origin_of
from atomic_ai.spelling import did_you_mean

CAPABILITIES: frozenset[str] = frozenset(get_args(Capability))
_UNKNOWN = CAPABILITIES - {"prefill"}
"""What a model without preset is taken to do; continuing another's words is asked of nobody who does not claim it."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each stage of a lane may take, in seconds; None leaves it to the request's deadline.

    Attributes:
        connect_s: until the connection stands.
        first_byte_s: from the start until the first byte of the answer.
        first_token_s: from sending until the first word; keep-alive comments do not count.
        gap_s: between two words.
        total_s: for the whole stream.
    """

    connect_s: float | None = 10.0
    first_byte_s: float | None = 60.0
    first_token_s: float | None = 120.0
    gap_s: float | None = 60.0
    total_s: float | None = None

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value > 0):
                raise ConfigError(f"Timeouts({name}=…) takes seconds above zero, or None")


@dataclass(frozen=True, slots=True, init=False)
class Model:
    """One model as Atomic knows it. Immutable; `Model(name, price_in=…, price_out=…)` is enough for the market.

    Attributes:
        name: its name in Atomic, unique among an `Atomic`'s models.
        provider: a provider's name, such as "openai", "anthropic", "gemini", "ollama", "litellm", "local"; None for
            a model that is only bid for and never called.
        model: the provider's own name for it; `name` where it is not given.
        base_url: where it is called; None for the provider's own address.
        api_key: its key, bound to the origin of `base_url` or the provider's address.
        api_key_env: the environment variable to read the key from, instead of the provider's usual one.
        price_in: USD per million input tokens.
        price_out: USD per million output tokens.
        price_cached: USD per million input tokens read from the provider's cache; None for `price_in`.
        priced: whether a price was given at all.
        context: its context window in tokens, or None where unknown.
        max_output: the most tokens it can write, or None where unknown.
        capabilities: what it can do; a task that needs more does not go to it.
        cancel: "stops" if closing its stream early stops generation and billing, "bills" if the whole answer is billed.
        tags: labels that a task's `allow` names.
        region: where its data is processed; a task's `allow` may name it like a tag.
        max_concurrency: how many calls may be open at once, or None for no bound.
        timeouts: how long each stage of a call may take.
        headers: sent with every call, besides the dialect's own.
        run: what answers, for `provider="local"`: `run(call)` gives text, a JSON-like value or an iterator of text,
            with or without waiting.

    Raises:
        ConfigError: a value does not fit; the message names the model and the argument.
    """

    name: str
    provider: str | None
    model: str
    base_url: str | None
    api_key: Secret | None = field(repr=False)
    api_key_env: str | None
    price_in: float
    price_out: float
    price_cached: float | None
    priced: bool = field(init=False)
    context: int | None
    max_output: int | None
    capabilities: frozenset[str]
    cancel: Cancel
    tags: frozenset[str]
    region: str | None
    max_concurrency: int | None
    timeouts: Timeouts
    headers: Mapping[str, str] = field(repr=False, hash=False)
    run: Callable[..., Any] | None = field(repr=False)

    def __init__(
        self,
        name: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        base_url: str | None = None,
        api_key: Secret | str | None = None,
        api_key_env: str | None = None,
        price_in: float | None = None,
        price_out: float | None = None,
        price_cached: float | None = None,
        context: int | None = None,
        max_output: int | None = None,
        capabilities: Iterable[str] | None = None,
        cancel: Cancel | None = None,
        tags: Iterable[str] = (),
        region: str | None = None,
        max_concurrency: int | None = None,
        timeouts: Timeouts | None = None,
        headers: Mapping[str, str] | None = None,
        run: Callable[..., Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ConfigError("Model(name, …): the name is a non-empty text")
        preset = PRESETS.get(provider or "")
        self._set(
            name=name,
            provider=provider or ("local" if run is not None else None),
            model=model or name,
            base_url=_address(name, base_url),
            api_key_env=api_key_env,
            price_in=self._price(name, "price_in", price_in) or 0.0,
            price_out=self._price(name, "price_out", price_out) or 0.0,
            price_cached=self._price(name, "price_cached", price_cached),
            priced=price_in is not None or price_out is not None,
            context=self._count(name, "context", context),
            max_output=self._count(name, "max_output", max_output),
            capabilities=_capabilities(name, capabilities, preset.capabilities if preset else _UNKNOWN),
            cancel=cancel or (preset.cancel if preset else "stops"),
            tags=_labels(name, tags),
            region=region,
            max_concurrency=self._count(name, "max_concurrency", max_concurrency),
            timeouts=timeouts or Timeouts(),
            headers=_headers(name, headers or {}),
            run=run,
        )
        if self.cancel not in get_args(Cancel):
            raise ConfigError(f'model {name!r}: cancel is "stops" or "bills", not {self.cancel!r}')
        self._set(api_key=_key(name, api_key, self.origin))

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def origin(self) -> str | None:
        """The origin its key is bound to, or None where it has no address; LiteLLM finds the address itself."""
        if self.provider == "litellm" and self.base_url is None:
            return f"litellm:{self.model}"
        preset = PRESETS.get(self.provider or "")
        url = self.base_url or (preset.base_url if preset else None)
        return None if url is None else origin_of(url)

    def cost(self, input_tokens: float, output_tokens: float, cached_tokens: float = 0) -> float:
        """USD for so many tokens; `cached_tokens` are counted inside `input_tokens`."""
        cached_price = self.price_in if self.price_cached is None else self.price_cached
        fresh = max(0.0, input_tokens - cached_tokens)
        return (fresh * self.price_in + cached_tokens * cached_price + output_tokens * self.price_out) / 1e6

    @staticmethod
    def _price(model: str, name: str, value: float | None) -> float | None:
        if value is not None and not (_is_number(value) and 0 <= value < math.inf):
            raise ConfigError(f"model {model!r}: {name} is USD per million tokens, zero or more")
        return value

    @staticmethod
    def _count(model: str, name: str, value: int | None) -> int | None:
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise ConfigError(f"model {model!r}: {name} is a whole number above zero, or None")
        return value


def _address(model: str, url: str | None) -> str | None:
    if url and ("?" in url or "#" in url):
        # What stands there is often a key, and addresses are logged.
        raise ConfigError(f"model {model!r}: base_url ends before any ? or #; pass keys as api_key or headers")
    return url.rstrip("/") if url else None


def _key(model: str, key: Secret | str | None, origin: str | None) -> Secret | None:
    if key is None:
        return None
    secret = key if isinstance(key, Secret) else Secret(_checked_key(model, key))
    return secret if origin is None else secret.bound_to(origin)


def _checked_key(model: str, key: str) -> str:
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable():
        raise ConfigError(f"model {model!r}: api_key is empty or has characters that no header can carry")
    return key


def _headers(model: str, headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if any(character in text for text in (name, value) for character in "\r\n\0"):
            # The value may be a secret: only its name is told.
            raise ConfigError(f"model {model!r}: header {name!r} holds a line break, which would split the request")
    return dict(headers)


def _capabilities(model: str, given: Iterable[str] | None, default: frozenset[str]) -> frozenset[str]:
    if given is None:
        return default
    chosen = _labels(model, given)
    for unknown in sorted(chosen - CAPABILITIES):
        raise ConfigError(f"model {model!r}: no capability {unknown!r}{did_you_mean(unknown, CAPABILITIES)}")
    return chosen


def _labels(model: str, labels: Iterable[str]) -> frozenset[str]:
    if isinstance(labels, str):
        raise ConfigError(f"model {model!r}: a list of words is wanted, not the text {labels!r}")
    return frozenset(labels)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
