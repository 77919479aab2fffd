"""Which provider answers for a model, and what all providers of one `Atomic` share."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from atomic_ai.clock import MonotonicClock
from atomic_ai.errors import ConfigError
from atomic_ai.providers.client import HttpClient, HttpOptions
from atomic_ai.providers.http import HttpProvider
from atomic_ai.providers.keys import key_of
from atomic_ai.providers.litellm import LiteLlmProvider
from atomic_ai.providers.local import LocalProvider
from atomic_ai.providers.presets import PRESETS
from atomic_ai.providers.retry import Backoff
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    import httpx

    from atomic_ai.clock import Clock
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Provider
    from atomic_ai.providers.reply import Transport, TransportKind

USUAL: TransportKind = "native"
"""Who carries requests where nothing is said."""


class Providers:
    """The providers of one `Atomic`; connections, breakers and places are theirs and end with them.

    Args:
        http_client: a client of the caller's, which stays open; None makes one when it is first needed.
        http: how the own client connects.
        transport: who carries requests; a client of the caller's is httpx's. None takes the usual one.
        clock: the time that waits and rests are measured in.
        seed: of the jitter between attempts.
    """

    def __init__(
        self,
        *,
        http_client: httpx.AsyncClient | None = None,
        http: HttpOptions | None = None,
        transport: TransportKind | None = None,
        clock: Clock | None = None,
        seed: int = 0,
    ) -> None:
        self._transport = _made(http_client, http or HttpOptions(), transport)
        self._clock = clock or MonotonicClock()
        self._backoff = Backoff(seed)
        self._known: dict[str, Provider] = {"local": LocalProvider(), "litellm": LiteLlmProvider()}

    def of(self, model: Model) -> Provider:
        """Who answers for `model`: `model.run` where that is itself a provider, else the provider it names.

        Raises:
            ConfigError: no such provider, no address, or nothing to run.
            MissingKeyError: its provider needs a key and there is none.
        """
        if model.run is not None and hasattr(model.run, "open"):
            return cast("Provider", model.run)
        name = model.provider
        if name is None:
            raise ConfigError(f"model {model.name!r} has no provider, so that it cannot be called: Model(provider=…)")
        if name == "local" and model.run is None:
            raise ConfigError(f"model {model.name!r} is local and has nothing to run: Model(run=…)")
        if name in PRESETS:
            self._check(model, name)
        elif name not in self._known:
            known = [*PRESETS, *self._known]
            raise ConfigError(f"model {model.name!r}: no provider {name!r}{did_you_mean(name, known)}")
        return self._known[name]

    def all_of(self, models: Mapping[str, Model]) -> dict[str, Provider]:
        """Who answers for each model, by its name.

        Raises:
            ConfigError: as `of`.
        """
        found = {name: self.of(model) for name, model in models.items()}
        if any(isinstance(provider, HttpProvider) for provider in found.values()):
            self._transport.open()
        return found

    def _check(self, model: Model, name: str) -> None:
        preset = PRESETS[name]
        if model.origin is None:
            raise ConfigError(f"model {model.name!r}: {name} has no address of its own; pass base_url")
        key_of(model, name, preset)
        if name not in self._known:
            self._known[name] = HttpProvider(name, preset, self._transport, self._clock, self._backoff)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what was opened."""
        await self._transport.aclose()


def _made(given: httpx.AsyncClient | None, options: HttpOptions, kind: TransportKind | None) -> Transport:
    if kind not in (None, "native", "httpx"):
        raise ConfigError(
            f'transport={kind!r}: it is "native" or "httpx"{did_you_mean(str(kind), ["native", "httpx"])}'
        )
    if given is not None and kind == "native":
        raise ConfigError("an http_client of yours is httpx's: leave transport out, or the client")
    if given is not None or (kind or USUAL) == "httpx":
        return HttpClient(given, options)
    from atomic_ai.providers.native import NativeTransport

    return NativeTransport(options)
