"""Plays a plan to a client: in time or on release, until the end, a fault, or the client's close."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from atomic_ai.testing import http
from atomic_ai.testing.connection import Connection, PeerGoneError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from atomic_ai.testing.exchange import Exchange
    from atomic_ai.testing.plan import Chunk, Plan

OnClose = Literal["stop", "continue"]
"""What the provider does when its client closes: stop making tokens, or make (and bill) the rest."""


@dataclass(frozen=True, slots=True)
class Player:
    """How plans are played to the clients of one endpoint."""

    gated: bool
    on_close: OnClose

    async def play(self, plan: Plan, connection: Connection, exchange: Exchange) -> bool:
        """Answer; True if the connection can take another request."""
        exchange.note(chunks_planned=len(plan.chunks), tokens_planned=plan.tokens)
        try:
            if plan.opens:
                left_s = exchange.counters.received_at + plan.opens_at_s - time.monotonic()
                if left_s > 0:
                    await _unless_gone(asyncio.sleep(left_s), connection)
                await connection.send(http.head(plan.status, plan.headers))
                exchange.note(opened_at=time.monotonic())
            for chunk in plan.chunks:
                await self._send(chunk, connection, exchange)
            return await self._end(plan, connection, exchange)
        except PeerGoneError:
            exchange.note(close_seen_at=time.monotonic())
            await self._after_close(plan, exchange)
            exchange.note(outcome="closed", ended_at=time.monotonic())
            return False

    async def _send(self, chunk: Chunk, connection: Connection, exchange: Exchange) -> None:
        if self.gated or _left_s(chunk, exchange) > 0:
            await _unless_gone(self._turn(chunk, exchange), connection)
        await connection.send(http.chunk(chunk.data))
        _count(exchange, chunk, sent=True)

    async def _turn(self, chunk: Chunk, exchange: Exchange) -> None:
        if self.gated:
            await exchange.permit()
        if (left_s := _left_s(chunk, exchange)) > 0:
            await asyncio.sleep(left_s)

    async def _end(self, plan: Plan, connection: Connection, exchange: Exchange) -> bool:
        if plan.ending == "complete":
            await connection.send(http.LAST_CHUNK)
            exchange.note(outcome="complete", ended_at=time.monotonic())
            return True
        if plan.ending == "stall":
            exchange.note(outcome="stalled")
            await connection.gone.wait()
            raise PeerGoneError
        if plan.ending == "reset":
            connection.reset()
        exchange.note(outcome=plan.ending, ended_at=time.monotonic())
        return False

    async def _after_close(self, plan: Plan, exchange: Exchange) -> None:
        if self.on_close == "stop":
            return
        for chunk in plan.chunks[exchange.chunks_sent :]:
            await self._turn(chunk, exchange)
            _count(exchange, chunk, sent=False)


def _left_s(chunk: Chunk, exchange: Exchange) -> float:
    return exchange.counters.received_at + chunk.at_s - time.monotonic()


def _count(exchange: Exchange, chunk: Chunk, *, sent: bool) -> None:
    counted = exchange.counters
    made = counted.tokens_made + chunk.tokens
    if sent:
        size = counted.bytes_sent + len(chunk.data)
        exchange.note(chunks_sent=counted.chunks_sent + 1, bytes_sent=size, tokens_made=made)
    else:
        exchange.note(chunks_after_close=counted.chunks_after_close + 1, tokens_made=made)


async def _unless_gone(turn: Coroutine[Any, Any, None], connection: Connection) -> None:
    """Wait for the turn, or for the client's close, whichever comes first."""
    waiting, gone = asyncio.create_task(turn), asyncio.ensure_future(connection.gone.wait())
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        if connection.gone.is_set():
            raise PeerGoneError
        await waiting
    finally:
        waiting.cancel()
        gone.cancel()
