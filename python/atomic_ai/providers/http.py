"""Providers over HTTP: a dialect's builder, a vendor's preset, and the care that a socket needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import anyio

from atomic_ai.errors import AtomicError, LimitError, ProviderError, StatusError, WireError
from atomic_ai.providers.body import Body
from atomic_ai.providers.circuit import Circuit
from atomic_ai.providers.dialects import DIALECTS
from atomic_ai.providers.failure import blamed, of_reply, of_status
from atomic_ai.providers.features import lacking
from atomic_ai.providers.flight import Flight
from atomic_ai.providers.headroom import Headroom, Wait
from atomic_ai.providers.keys import key_of
from atomic_ai.providers.sigv4 import authorized

if TYPE_CHECKING:
    from atomic_ai._core import Race
    from atomic_ai.clock import Clock
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Call, Negotiated
    from atomic_ai.providers.flight import Landing
    from atomic_ai.providers.native import NativeReply, Place
    from atomic_ai.providers.native_loop import Loop
    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.reply import Reply, Transport
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.providers.retry import Backoff
    from atomic_ai.secret import Secret

_ERROR_BYTES = 64 * 1024
"""How much of an error's body is read to find its code."""


@dataclass(slots=True)
class Door:
    """What stands before one model: how many may enter, and whether it is fit to."""

    provider: str
    model: str
    slots: anyio.CapacityLimiter | None
    circuit: Circuit
    headroom: Headroom


@dataclass(slots=True)
class HttpProvider:
    """One vendor over HTTP.

    Attributes:
        name: as in `Model(provider=…)`.
        preset: what is known about the vendor.
        transport: who sends.
        clock: the time that waits and rests are measured in.
        backoff: how long to wait between attempts.
    """

    name: str
    preset: Preset
    transport: Transport
    clock: Clock
    backoff: Backoff
    _doors: dict[str, Door] = field(default_factory=dict, init=False)

    @property
    def dialect(self) -> str:
        """The wire dialect."""
        return self.preset.dialect

    def unsupported(self, call: Call) -> tuple[str, ...]:
        """What the model's card does not claim and what the dialect cannot say."""
        return (*lacking(call), *DIALECTS[self.dialect].unsupported(call, self.preset))

    def negotiate(self, call: Call) -> Negotiated:
        """How the answer's shape is asked for."""
        return DIALECTS[self.dialect].negotiate(call, self.preset)

    def circuit(self, model: Model) -> Circuit:
        """The model's breaker."""
        return self._door(model).circuit

    def wait(self, call: Call) -> Wait | None:
        """What stands against a call now, and for how long: its rest after failures, its rate limit."""
        door = self._door(call.model)
        return door.circuit.wait() or door.headroom.wait(call.input_tokens)

    def open(self, call: Call) -> Opening:
        """Send the call; leaving the context closes the socket at once.

        Raises:
            ProviderError: nothing usable arrived, after `call.retries` further attempts.
            MissingKeyError: there is no key.
        """
        return Opening(self, call, self._door(call.model))

    def launch(
        self, call: Call, to: Place, listens: Callable[[Loop], bool], landed: Callable[[Landing], None]
    ) -> Flight | None:
        """Send the call into a lane of a race without waiting for anything; None where it takes waiting.

        Args:
            call: what is asked.
            to: the race and the lane.
            listens: whether the race follows a loop's bell.
            landed: called, in nobody's task, when the flight needs help.

        Raises:
            MissingKeyError: there is no key.
        """
        door, native = self._door(call.model), self.transport.native
        at_once = door.slots is None and door.circuit.state == "closed"
        if native is None or not at_once or not listens(native.loop):
            return None
        request = DIALECTS[self.dialect].build(call, self.preset)
        key = key_of(call.model, self.name, self.preset)
        if key is None:
            request = authorized(request, call.model, self.preset, datetime.now(UTC))
        try:
            reply = native.aimed(request, self.preset, key, call, to)
        except AtomicError as error:
            raise blamed(error, self.name, call.model.name) from None
        door.headroom.sent(call.input_tokens)
        return Flight(door, reply, landed, lambda: Opening(self, call, door, reply))

    def _door(self, model: Model) -> Door:
        door = self._doors.get(model.name)
        if door is None:
            slots = None if model.max_concurrency is None else anyio.CapacityLimiter(model.max_concurrency)
            door = self._doors[model.name] = Door(
                self.name, model.name, slots, Circuit(self.clock), Headroom(self.clock)
            )
        return door


class Opening:
    """One call on its way, and its answer for as long as the context lasts.

    Written out: three contexts made of generators would cost more than all else that a small call does in Python.
    """

    __slots__ = ("_begun", "_call", "_door", "_provider", "_sent", "_source")

    def __init__(self, provider: HttpProvider, call: Call, door: Door, begun: NativeReply | None = None) -> None:
        """Prepare it; `begun` is the first attempt's reply where that was sent already."""
        self._provider, self._call, self._door, self._begun = provider, call, door, begun
        self._sent: AbstractAsyncContextManager[Reply]
        self._source: HttpSource

    async def __aenter__(self) -> HttpSource:
        if self._door.slots is not None:
            # One task may hold several places.
            await self._door.slots.acquire_on_behalf_of(self)
        try:
            self._source = await self._opened()
        except BaseException as error:
            self._leave()
            if isinstance(error, AtomicError):
                raise blamed(error, self._provider.name, self._call.model.name) from None
            raise
        return self._source

    async def __aexit__(self, *failure: Any) -> None:
        try:
            await self._source.aclose()
        finally:
            try:
                await self._sent.__aexit__(*failure)
            finally:
                self._leave()

    def _leave(self) -> None:
        if self._door.slots is not None:
            self._door.slots.release_on_behalf_of(self)

    async def _opened(self) -> HttpSource:
        provider, call = self._provider, self._call
        request = DIALECTS[provider.dialect].build(call, provider.preset)
        key = key_of(call.model, provider.name, provider.preset)
        attempt = 0
        while True:
            try:
                return await self._attempt(request, key)
            except ProviderError as error:
                attempt += 1
                wait_s = provider.backoff.wait_s(error, attempt) if attempt <= call.retries else None
                if wait_s is None:
                    raise
            await provider.clock.wait(anyio.Event(), provider.clock.now() + round(wait_s * 1e9))

    async def _attempt(self, request: HttpRequest, key: Secret | None) -> HttpSource:
        """One request; what it opened stays open only if it is an answer."""
        provider, call, circuit, headroom = self._provider, self._call, self._door.circuit, self._door.headroom
        begun, self._begun = self._begun, None
        if begun is None:
            circuit.enter()
            headroom.sent(call.input_tokens)
        sent: AbstractAsyncContextManager[Reply]
        try:
            if key is None:
                request = authorized(request, call.model, provider.preset, datetime.now(UTC))
            sent = begun or provider.transport.sent(
                request, provider.preset, key, patient=call.patient, at_risk=call.at_risk
            )
            reply = await sent.__aenter__()
            try:
                headroom.heard(reply.status, reply.headers)
                error = of_reply(reply)
                if error is None and not 200 <= reply.status < 300:
                    error = of_status(reply, await _error_body(reply), request, key)
                if error is not None:
                    raise error  # noqa: TRY301 - what leaves this block closes the reply
                source = HttpSource(reply, provider, call.model, circuit)
            except BaseException as why:
                await sent.__aexit__(type(why), why, why.__traceback__)
                raise
        except ProviderError as error:
            circuit.failed() if _unhealthy(error) else circuit.left()
            headroom.gone()
            raise
        except BaseException:
            circuit.left()
            headroom.gone()
            raise
        self._sent = sent
        return source


class HttpSource:
    """One opened answer: raw chunks of its dialect, as they arrive.

    Attributes:
        status: the HTTP status.
        dialect: the wire dialect.
        loop: whose bell tells of it, where it can `flow`; None where each chunk has to be iterated.
    """

    __slots__ = ("_body", "_circuit", "_names", "_pieces", "_reply", "dialect", "loop", "status")

    def __init__(self, reply: Reply, provider: HttpProvider, model: Model, circuit: Circuit) -> None:
        self.status = reply.status
        self.dialect: str | None = provider.dialect
        self._names = provider.name, model.name
        self._reply, self._body = reply, Body(reply.encoding)
        self.loop: Loop | None = None if self._body.compressed else reply.loop
        self._pieces: Iterator[bytes] = iter(())
        self._circuit: Circuit | None = circuit

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            try:
                for piece in self._pieces:
                    if piece:
                        self._tell(None)
                        return piece
                self._pieces = self._body.decode(await self._next())
            except (ProviderError, LimitError) as error:
                self._tell(error)
                raise blamed(error, *self._names) from None

    async def flow(self, race: Race, lane: int) -> None:
        """Let the answer run into a lane of `race` without passing through Python; returns when it has ended.

        Raises:
            ProviderError: the connection broke.
            LimitError: the answer is too long.
        """
        try:
            await self._reply.flow(race, lane)
        except (ProviderError, LimitError) as error:
            self._tell(None if self._reply.received else error)
            raise blamed(error, *self._names) from None
        self._tell(None)

    async def aclose(self) -> None:
        """Stop reading; the reply's owner closes the socket."""
        if self._circuit is not None:
            self._circuit.succeeded() if self._reply.received else self._circuit.left()
        await self._reply.aclose()

    async def _next(self) -> bytes:
        try:
            return await anext(self._reply)
        except StopAsyncIteration:
            self._body.finish()
            raise

    def _tell(self, error: AtomicError | None) -> None:
        """The first sign of health goes to the breaker."""
        if self._circuit is not None:
            self._circuit.succeeded() if error is None else self._circuit.failed()
            self._circuit = None


async def _error_body(reply: Reply) -> bytes:
    """The start of an error's body; nothing where it cannot be read."""
    start = bytearray()
    try:
        body = Body(reply.encoding)
        async for chunk in reply:
            for piece in body.decode(chunk):
                start += piece
                if len(start) >= _ERROR_BYTES:
                    await reply.aclose()
                    return bytes(start)
    except Exception:  # noqa: BLE001 - the status alone is the error then
        return b""
    return bytes(start)


def _unhealthy(error: ProviderError) -> bool:
    """Whether an error speaks against the model's health, and not against the call or the caller's rate."""
    if isinstance(error, StatusError):
        return error.status >= 500
    return not isinstance(error, WireError) or "HTML" in str(error)
