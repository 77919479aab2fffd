"""Outside bidders: a Python callable or an HTTP endpoint that bids for tasks with its own price.

**A callable** is asked with an `Invitation` and gives a price in USD, an `Ask`, or None for no bid.

**An endpoint** hears one signed JSON document a POST, in the manner of OpenRTB, and answers an invitation with one::

    → {"version": 1, "type": "request", "id": "…", "sent_at": 1767225600.0, "bidder": "name", "task_class": "…",
       "input_tokens": 120, "output_limit": 400, "reserve_usd": 0.01, "deadline_s": 0.05}
    ← {"id": "…", "ask_usd": 0.002, "quality": 0.9}                            a bid; quality, 0 to 1, may be left out
    ← {"id": "…", "no_bid": "reason"}, or status 204                           no bid
    → {"version": 1, "type": "win", "id": "…", "pay_usd": 0.0031, "starts": 1.0, …}      its run was bought
    → {"version": 1, "type": "loss", "id": "…", "reason": "outbid by other", …}          it was not; why
    → {"version": 1, "type": "paid", "id": "…", "quality": 0.8, "due_usd": 0.0029, …}    what is owed for a run

`starts` is the chance that the run is called for: a plan may hold it ready in case another is late or refused.

**Signed** is both directions: `X-Atomic-Signature: sha256=HEX` is the HMAC-SHA256 of the body's bytes under the shared
secret. An answer without it, or with another, is garbage. **Replay**: each invitation has an id of its own, which its
answer must repeat, so that an old answer fits no new invitation; the other way round a bidder should refuse documents
whose `sent_at` (seconds since 1970) is old and those it has seen. `atomic_ai.market.desk.Desk` is a bidder's side that
does all this behind any web server.

The task's text is never sent. Claims are claims: what the market has learned of a bidder, and what its claims have
meant before, decides; see `atomic_ai.market.outside` for what is paid.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import anyio.to_thread
import orjson
from anyio.lowlevel import RunVar

from atomic_ai._core import clear

if TYPE_CHECKING:
    import httpx

VERSION = 1
SIGNED = "x-atomic-signature"
"""The header that holds a document's signature."""
CALLS_AT_ONCE = 8
"""Calls of one plain function that may be under way."""

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; a larger one is garbage."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a bidder is told of a task."""

    id: str
    task_class: str
    input_tokens: float
    output_limit: float | None
    reserve_usd: float
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Ask:
    """What a bidder wants: its price, and what it claims."""

    ask_usd: float
    quality: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why there is no bid: "no bid: …", "late", "garbage: …", "failed: …"."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sale:
    """The winner and what it is paid.

    Attributes:
        bidder: its name.
        pay_usd: what it is paid if its answer is as good as was expected.
        ask_usd: what it asked.
        most_usd: the most it is ever paid.
        promised: the quality that its own word counted for; None where it stated none: it is paid `pay_usd` then.
        usd_per_quality: what a quality of 1 is worth to the buyer.
        starts: the chance that its run is called for.
    """

    bidder: str
    pay_usd: float
    ask_usd: float = 0.0
    most_usd: float = 0.0
    promised: float | None = None
    usd_per_quality: float = 0.0
    starts: float = 1.0

    def due(self, quality: float | None) -> float:
        """What is owed by the answer's quality: 0 to 1, an invalid answer has 0; None where nobody judged it."""
        if self.promised is None or quality is None:
            return self.pay_usd
        return min(max(self.pay_usd + self.usd_per_quality * (quality - self.promised), 0.0), self.most_usd)

    def told(self) -> str:
        """What is paid, in words."""
        on_outcome = "" if self.promised is None else ", more or less as its answer turns out"
        return f"${self.pay_usd:.6f}, the price up to which it would have won{on_outcome}"


class Agent(Protocol):
    """Somebody who bids."""

    @property
    def name(self) -> str:
        """Its name in the market."""

    async def bid(self, invitation: Invitation) -> Ask | Silence:
        """Bids, or says why not."""

    async def notify(self, notice: Mapping[str, Any]) -> None:
        """Hears that it won or lost."""


class CallableAgent:
    """A Python function, plain or async, that gives a price in USD, an `Ask`, or None for no bid.

    A plain function runs in a thread, so that one that never returns is late and holds up nobody.
    """

    def __init__(self, name: str, function: Callable[[Invitation], Any | Awaitable[Any]]) -> None:
        self.name = name
        self._function = function
        self._limiter: RunVar[anyio.CapacityLimiter | None] = RunVar(f"bidder {id(self)}")

    async def bid(self, invitation: Invitation) -> Ask | Silence:
        """Calls the function; what it raises is a reason, not an error."""
        try:
            if inspect.iscoroutinefunction(self._function):
                answer = await self._function(invitation)
            else:
                call = anyio.to_thread.run_sync
                answer = await call(self._function, invitation, abandon_on_cancel=True, limiter=self._threads())
        except Exception as error:  # noqa: BLE001  # a bidder's failure must not fail the auction
            return Silence(f"failed: {type(error).__name__}")
        if answer is None:
            return Silence("no bid")
        return _checked({"ask_usd": answer} if not isinstance(answer, Ask) else asdict(answer))

    async def notify(self, notice: Mapping[str, Any]) -> None:
        """A function has no ear for notices."""

    def _threads(self) -> anyio.CapacityLimiter:
        """Threads of its own in each event loop: calls that never return hold up nobody else."""
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = anyio.CapacityLimiter(CALLS_AT_ONCE)
            self._limiter.set(limiter)
        return limiter


class HttpAgent:
    """An HTTP endpoint that speaks the protocol.

    Args:
        name: its name in the market.
        url: where invitations and notices are posted.
        secret: shared with the bidder: signs both sides' documents.
        client: an httpx client, owned by the caller.
    """

    def __init__(self, name: str, url: str, secret: bytes, client: httpx.AsyncClient) -> None:
        self.name = name
        self._url, self._secret, self._client = url, secret, client

    async def bid(self, invitation: Invitation) -> Ask | Silence:
        """Posts the invitation; anything but a bid is a reason."""
        import httpx

        try:
            answer = await self._post({"type": "request", **asdict(invitation)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Silence(f"failed: {type(error).__name__}")
        return answer if isinstance(answer, Silence) else _heard(answer, invitation.id)

    async def notify(self, notice: Mapping[str, Any]) -> None:
        """Posts a notice; nobody waits for its effect."""
        import httpx

        with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
            await self._post(notice)

    async def _post(self, document: Mapping[str, Any]) -> bytes | Silence:
        body = orjson.dumps({"version": VERSION, "sent_at": time.time(), "bidder": self.name, **document})
        headers = {"content-type": "application/json", SIGNED: signature(self._secret, body)}
        async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
            if response.status_code == 204:
                return Silence("no bid")
            if response.status_code != 200:
                return Silence(f"failed: HTTP {response.status_code}")
            answer = bytearray()
            async with contextlib.aclosing(response.aiter_bytes()) as pieces:  # type: ignore[type-var]  # a generator
                async for piece in pieces:
                    answer += piece
                    if len(answer) > LARGEST_ANSWER:
                        return Silence("garbage: the answer is too large")
            signed = response.headers.get(SIGNED, "")
        if not hmac.compare_digest(signed.encode(), signature(self._secret, bytes(answer)).encode()):
            return Silence("garbage: its signature is wrong" if signed else "garbage: it is not signed")
        return bytes(answer)


def signature(secret: bytes, body: bytes) -> str:
    """What stands in `X-Atomic-Signature`; compare with `hmac.compare_digest`."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


async def collect(agents: Sequence[Agent], invitation: Invitation) -> dict[str, Ask | Silence]:
    """Asks all agents at once; who has not answered by the deadline is late, and the auction goes on."""
    heard: dict[str, Ask | Silence] = {agent.name: Silence("late") for agent in agents}

    async def ask(agent: Agent) -> None:
        try:
            heard[agent.name] = await agent.bid(invitation)
        except Exception as error:  # noqa: BLE001  # whatever a bidder raises, the auction goes on
            heard[agent.name] = Silence(f"failed: {type(error).__name__}")

    with anyio.move_on_after(invitation.deadline_s):
        async with anyio.create_task_group() as group:
            for agent in agents:
                group.start_soon(ask, agent)
    return heard


def sell(
    bids: Mapping[str, Ask | Silence],
    values: Mapping[str, float],
    *,
    per_usd: float,
    reserve_usd: float,
    seats: int = 1,
) -> list[Sale]:
    """Clears the bids: `values` is what the buyer thinks each award is worth apart from its price.

    Winners are paid the price up to which they would have won (second score; Vickrey-Clarke-Groves for
    several seats), so that asking one's true cost is the best one can do.
    """
    offers = [(name, bid.ask_usd) for name, bid in bids.items() if isinstance(bid, Ask) and name in values]
    payments = clear([(values[name], ask) for name, ask in offers], seats, per_usd, reserve_usd)
    return [Sale(offers[place][0], pay) for place, pay in payments]


async def notify(
    agents: Sequence[Agent],
    bids: Mapping[str, Ask | Silence],
    sales: Sequence[Sale],
    invitation: Invitation,
    winner: str | None = None,
) -> None:
    """Tells every agent whether it won, and the losers why not."""
    sold = {sale.bidder: sale for sale in sales}
    outbid = "outbid" if winner is None else f"outbid by {winner}"

    def notice(agent: Agent) -> dict[str, Any]:
        sale = sold.get(agent.name)
        if sale is not None:
            return {"id": invitation.id, "type": "win", "pay_usd": sale.pay_usd, "starts": sale.starts}
        bid = bids.get(agent.name)
        return {"id": invitation.id, "type": "loss", "reason": bid.reason if isinstance(bid, Silence) else outbid}

    async def tell(agent: Agent) -> None:
        with contextlib.suppress(Exception):  # a bidder that cannot be told harms nobody else
            await agent.notify(notice(agent))

    async with anyio.create_task_group() as group:
        for agent in agents:
            group.start_soon(tell, agent)


def _heard(answer: bytes, request: str) -> Ask | Silence:
    try:
        document = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return Silence("garbage: no JSON")
    if not isinstance(document, dict) or document.get("id") != request:
        return Silence("garbage: not an answer to this request")
    if "no_bid" in document:
        return Silence(f"no bid: {str(document['no_bid'])[:100]}")
    return _checked({name: document.get(name) for name in ("ask_usd", "quality", "latency_s")})


def _checked(claims: Mapping[str, Any]) -> Ask | Silence:
    for name, value in claims.items():
        if value is None and name != "ask_usd":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            return Silence(f"garbage: {name} is no amount")
    quality = claims.get("quality")
    if quality is not None and quality > 1:
        return Silence("garbage: quality is above 1")
    return Ask(**claims)
