"""Outside bidders in the market: invited in parallel, scored beside the market's own plan, paid by the second score.

**How it clears.** Models without a bidder are bid for by the market from their profiles and paid list price; the best
plan among them is the market's own offer, at its own score. Each outside bid has the score V·q - per_s·l - per_usd·ask,
with quality and latency as the market has learned them, and the best score wins. An outside winner is paid the ask at
which it would have tied with the next best (the second score; for several seats, Vickrey-Clarke-Groves), at most the
reserve. What it is paid does not depend on what it asked, so that asking its true cost is the best it can do.

**Self-stated quality.** A bidder that states its quality is believed as if that were a few outcomes, so that a newcomer
has a chance, and is paid on the outcome: for what its answer turned out to be worth instead of what it promised
(`Sale.due`). Who promises too much wins tasks that it loses money with.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import current_token

from atomic_ai.errors import ConfigError, StateError
from atomic_ai.market.bidders import Agent, Ask, Invitation, Sale, Silence, collect, notify, sell

if TYPE_CHECKING:
    from atomic_ai._core import Award
    from atomic_ai.market.market import Market
    from atomic_ai.market.options import AwardOptions

STATED_EVIDENCE = 5.0
"""Outcomes that a bidder's own word about its quality is worth."""

HOUSE = ""
"""The market's own offer among the bids; no bidder has this name."""

NOTICE_S = 10.0
"""How long a bidder may take to hear that it won or lost."""


class Outside:
    """Who bids from outside.

    Args:
        agents: each has the name of the model whose runs it sells.
        reserve_usd: the most that is paid for a run.
        deadline_s: how long bids are waited for; later ones are dropped, and the auction runs with what came.

    Raises:
        ConfigError: two agents of one name, or a reserve or deadline that is not above zero.
    """

    def __init__(self, agents: Iterable[Agent], *, reserve_usd: float, deadline_s: float = 0.1) -> None:
        listed = list(agents)
        self.agents = {agent.name: agent for agent in listed}
        if len(self.agents) < len(listed) or HOUSE in self.agents:
            raise ConfigError("outside bidders need names, each its own: that of the model whose runs it sells")
        if not (0 < reserve_usd < float("inf") and 0 < deadline_s < float("inf")):
            raise ConfigError("Outside(reserve_usd=…, deadline_s=…) takes numbers above zero")
        self.reserve_usd, self.deadline_s = reserve_usd, deadline_s


@dataclass(frozen=True, slots=True)
class Auctioned:
    """An auction with outside bidders.

    Attributes:
        award: what is run: the outside winner alone, or the market's own plan.
        sales: the outside winners and what they are paid, best first.
        bids: what each invited bidder answered.
        invitation: what they were told.
    """

    award: Award
    sales: tuple[Sale, ...]
    bids: Mapping[str, Ask | Silence]
    invitation: Invitation
    agents: Sequence[Agent]

    @property
    def sale(self) -> Sale | None:
        """What the award's winner is paid; None for the market's own plan, which is paid list price."""
        return next((sale for sale in self.sales if sale.bidder == self.award.winner), None)

    async def notify(self) -> None:
        """Tells every bidder whether it won, and the losers why not."""
        with anyio.move_on_after(NOTICE_S):
            await notify(self.agents, self.bids, self.sales, self.invitation)

    def explain(self) -> str:
        """The outside bids and what the winner is paid, then the award itself."""
        lines = [f"{name} {_told(bid)}." for name, bid in self.bids.items()]
        lines += [f"{sale.bidder} asked ${sale.ask_usd:.6f} and is paid {sale.told()}." for sale in self.sales]
        return "\n".join([*lines, self.award.explain()])


async def auction(
    market: Market, outside: Outside, task_text: str, task_class: str | None, options: AwardOptions, seats: int = 1
) -> Auctioned:
    """Invites the bidders and clears their bids against the market's own plan; `Market.auction` is the door."""
    filtered = dict(options.get("filtered") or {})
    agents = [agent for name, agent in outside.agents.items() if name not in filtered]
    tokens = options.get("input_tokens")
    invitation = Invitation(
        id=uuid.uuid4().hex,
        task_class=task_class or "",
        input_tokens=len(task_text) / 4 if tokens is None else tokens,
        output_limit=options.get("output_limit"),
        reserve_usd=outside.reserve_usd,
        deadline_s=outside.deadline_s,
    )
    bids = _within(await collect(agents, invitation), outside.reserve_usd, options.get("max_cost_usd"))
    clearing = _Clearing(market, task_text, task_class, options, filtered)
    award, sales = clearing.clear(bids, outside.reserve_usd, seats)
    return Auctioned(award, sales, bids, invitation, agents)


def alone(market: Market, task_text: str, task_class: str | None, options: AwardOptions) -> Award:
    """An auction with outside bidders in an event loop of its own; they are told how it ended.

    Raises:
        StateError: an event loop runs in this thread.
    """

    async def held() -> Award:
        auctioned = await market.auction(task_text, task_class, **options)
        await auctioned.notify()
        return auctioned.award

    if _looped():
        raise StateError("an event loop runs in this thread: use `await market.auction(…)` there")
    return anyio.run(held)


def _looped() -> bool:
    try:
        current_token()
    except RuntimeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Clearing:
    market: Market
    text: str
    task_class: str | None
    options: AwardOptions
    filtered: Mapping[str, str]

    def clear(self, bids: Mapping[str, Ask | Silence], reserve: float, seats: int) -> tuple[Award, tuple[Sale, ...]]:
        asks = {name: bid for name, bid in bids.items() if isinstance(bid, Ask)}
        house = self._house({name: _told(bid) for name, bid in bids.items()}, required=not asks)
        if not asks:
            assert house is not None  # noqa: S101 - without asks it is required
            return house, ()
        sales = self._sales(asks, house, reserve, seats)
        if not sales or sales[0].bidder == HOUSE:
            won = house or self._house(dict.fromkeys(bids, "its score is below zero"), required=True)
            assert won is not None  # noqa: S101 - it is required
            return won, tuple(sale for sale in sales if sale.bidder != HOUSE)
        outbid = {model.name: f"outbid by {sales[0].bidder}" for model in self.market.models}
        outbid |= {name: _told(bid) for name, bid in bids.items() if isinstance(bid, Silence)}
        del outbid[sales[0].bidder]
        award = self._award(outbid | dict(self.filtered), max_lanes=1)
        return award, tuple(sale for sale in sales if sale.bidder != HOUSE)

    def _sales(self, asks: Mapping[str, Ask], house: Award | None, reserve: float, seats: int) -> Sequence[Sale]:
        """Who wins at what price, best first."""
        others = {model.name: "no outside bidder" for model in self.market.models if model.name not in asks}
        known = self._award(others | dict(self.filtered), max_lanes=1)
        quality_weight, per_usd, per_s = known.weights
        qualities = {bid.model: _believed(bid.quality, bid.evidence, asks[bid.model].quality) for bid in known.bids}
        values = {bid.model: quality_weight * qualities[bid.model] - per_s * bid.latency_s for bid in known.bids}
        offers: dict[str, Ask | Silence] = dict(asks)
        if house is not None:
            offers[HOUSE], values[HOUSE] = Ask(0.0), house.score
        sold = sell(offers, values, per_usd=per_usd, reserve_usd=reserve, seats=seats)
        rate = quality_weight / per_usd if per_usd else 0.0
        return [self._signed(sale, asks, qualities, reserve, rate) for sale in sold]

    def _signed(
        self, sale: Sale, asks: Mapping[str, Ask], qualities: Mapping[str, float], reserve: float, rate: float
    ) -> Sale:
        """The sale with the terms by which it is paid."""
        if sale.bidder == HOUSE:
            return sale
        ask = asks[sale.bidder]
        promised = None if ask.quality is None else qualities[sale.bidder]
        return replace(sale, ask_usd=ask.ask_usd, most_usd=reserve, promised=promised, usd_per_quality=rate)

    def _house(self, outsiders: Mapping[str, str], *, required: bool) -> Award | None:
        """The best plan of the models that the market bids for itself; None where there is none."""
        kept_out = {**dict.fromkeys(self.market.outside_names, "it bids from outside"), **outsiders, **self.filtered}
        if not required and all(model.name in kept_out for model in self.market.models):
            return None
        try:
            return self._award(kept_out)
        except ConfigError:
            if required:
                raise
            return None

    def _award(self, filtered: Mapping[str, str], max_lanes: int | None = None) -> Award:
        options: AwardOptions = {**self.options, "filtered": filtered}
        if max_lanes is not None:
            # An outside bid has its own price, which has been held against the limit.
            options |= {"max_lanes": max_lanes, "max_cost_usd": None}
        return self.market.award_inside(self.text, self.task_class, options)


def _believed(learned: float, evidence: float, stated: float | None) -> float:
    """The learned quality, moved by the bidder's own word as by a few outcomes."""
    if stated is None:
        return learned
    return (evidence * learned + STATED_EVIDENCE * min(stated, 1.0)) / (evidence + STATED_EVIDENCE)


def _within(bids: Mapping[str, Ask | Silence], reserve: float, max_cost: float | None) -> Mapping[str, Ask | Silence]:
    """Asks above the reserve or the task's limit become silence with a reason."""
    limit, reason = (reserve, "above the reserve")
    if max_cost is not None and max_cost < reserve:
        limit, reason = max_cost, "above the task's limit of cost"
    above = {name: Silence(reason) for name, bid in bids.items() if isinstance(bid, Ask) and bid.ask_usd > limit}
    return {**bids, **above}


def _told(bid: Ask | Silence) -> str:
    if isinstance(bid, Silence):
        return f"made no bid from outside: {bid.reason}"
    stated = "" if bid.quality is None else f" and states a quality of {bid.quality:.3f}"
    return f"bids from outside: it asks ${bid.ask_usd:.6f}{stated}"
