"""Outside bidders in the market: invited in parallel, cleared beside the models that the market bids for, paid by rule.

**How it clears.** Models without a bidder are bid for by the market from their profiles and paid list price. An
outside bidder's model has the price it asks and the quality that the market believes. The best plan over all of them is
awarded: outside runs may stand alone, be held ready as a hedge, or be a cascade's next lane.

**What is paid.** A lane of an outside bidder is paid what it asked and, on top, what its presence is worth:
(score of the plan - best score without it) / (per_usd · chance that the lane starts), at most the reserve. For a run
that stands alone that is the price up to which it would have won (the second score: Che 1993). A bidder's expected
payment is thus Vickrey-Clarke-Groves', so that asking its true cost is the best it can do; exactly, where the market
does not explore. Several seats (`auction(seats=…)`) are single runs, each paid what its presence is worth.

**Self-stated quality.** What a bidder claims counts as a few outcomes, so that a newcomer has a chance; its claims are
held against what came of them (`atomic_ai.market.stated`), and it is paid on the outcome: for what its answer turned
out to be worth instead of what it was believed to be (`Sale.due`). Who promises too much wins tasks that it loses money
with, and is believed less the next time.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import current_token

from atomic_ai.errors import ConfigError, StateError, UnknownModelError
from atomic_ai.market.bidders import Agent, Ask, Invitation, Sale, Silence, collect, notify, sell

if TYPE_CHECKING:
    from atomic_ai._core import Award
    from atomic_ai.market.market import Market
    from atomic_ai.market.options import AwardOptions, Offer

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
        for place, agent in enumerate(listed):
            if not isinstance(getattr(agent, "name", None), str):
                kind = type(agent).__name__
                raise ConfigError(f"agents[{place}] is {kind}: use CallableAgent(name, function) or HttpAgent(…)")
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
        award: what is run.
        sales: the outside bidders whose runs were bought and what they are paid: in order of start, or best seat first.
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
        return self.sold(self.award.winner)

    def sold(self, model: str) -> Sale | None:
        """What a run of this model is paid; None for one that is paid list price."""
        return next((sale for sale in self.sales if sale.bidder == model), None)

    async def notify(self) -> None:
        """Tells every bidder whether it won, and the losers why not."""
        with anyio.move_on_after(NOTICE_S):
            await notify(self.agents, self.bids, self.sales, self.invitation, self.award.winner)

    async def pay(self, *, model: str, quality: float | None) -> float:
        """What is owed for a run that was bought, by what it was worth; its bidder is told.

        Args:
            model: whose run it was.
            quality: 0 to 1, an invalid answer has 0; None where nobody judged it.

        Raises:
            UnknownModelError: no run of this model was bought.
        """
        sale = self.sold(model)
        if sale is None:
            bought = ", ".join(sale.bidder for sale in self.sales) or "none"
            raise UnknownModelError(f"no run of {model!r} was bought from outside here; bought: {bought}")
        due = sale.due(quality)
        agent = next(agent for agent in self.agents if agent.name == model)
        notice = {"id": self.invitation.id, "type": "paid", "quality": quality, "due_usd": due}
        with anyio.move_on_after(NOTICE_S), contextlib.suppress(Exception):  # whom nobody can tell is owed all the same
            await agent.notify(notice)
        return due

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
    bids = _within(await collect(agents, invitation), outside.reserve_usd)
    clearing = _Clearing(market, task_text, task_class, options, filtered, seats)
    award, sales = clearing.clear(bids, outside.reserve_usd)
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
    seats: int

    def clear(self, bids: Mapping[str, Ask | Silence], reserve: float) -> tuple[Award, tuple[Sale, ...]]:
        asks = {name: bid for name, bid in bids.items() if isinstance(bid, Ask)}
        barred = {**dict.fromkeys(self.market.outside_names, "it bids from outside"), **self.filtered}
        barred |= {name: _told(bid) for name, bid in bids.items() if isinstance(bid, Silence)}
        if not asks:
            return self._award(barred), ()
        for name in asks:
            barred.pop(name, None)
        offers = self._offers(asks)
        award = self._award(barred, offers)
        if not award.weights[1]:
            # A bidder could ask anything where money weighs nothing.
            return self._award(barred | dict.fromkeys(asks, "money weighs nothing: a price cannot win")), ()
        self.market.claims.made(award.id, {name: ask.quality for name, ask in asks.items() if ask.quality is not None})
        if self.seats > 1:
            return award, self._seated(award, asks, reserve)
        sales = [self._sale(award, name, asks, offers, barred, reserve) for name in award.plan.lanes if name in asks]
        if any(sale is None for sale in sales):
            return self._award(barred | dict.fromkeys(asks, "its score is below zero")), ()
        return award, tuple(sale for sale in sales if sale is not None)

    def _offers(self, asks: Mapping[str, Ask]) -> Mapping[str, Offer]:
        """Price and believed quality of each outside bid."""
        if all(ask.quality is None for ask in asks.values()):
            return {name: (name, ask.ask_usd, None) for name, ask in asks.items()}
        others = {model.name: "not asked" for model in self.market.models if model.name not in asks}
        # Limits are for the bids, not for what is known of the bidders.
        free: AwardOptions = {"max_cost_usd": None, "max_latency_s": None, "min_quality": None, "max_lanes": 1}
        known = self.market.award_inside(self.text, self.task_class, {**self.options, **free, "filtered": others})
        learned = {bid.model: (bid.quality, bid.evidence) for bid in known.bids}
        calibrated = self.market.claims.of
        return {
            name: (
                name,
                ask.ask_usd,
                None if ask.quality is None else calibrated(name).believed(ask.quality, *learned[name]),
            )
            for name, ask in asks.items()
        }

    def _sale(
        self,
        award: Award,
        name: str,
        asks: Mapping[str, Ask],
        offers: Mapping[str, Offer],
        barred: Mapping[str, str],
        reserve: float,
    ) -> Sale | None:
        """What a lane of the plan is paid; None where it is worth less than no answer at all, and nobody else bids."""
        starts = award.plan.starts[award.plan.lanes.index(name)]
        without = self._without(name, offers, barred)
        if without is None and award.score < 0:
            return None
        presence = max(award.score - (0.0 if without is None else without.score), 0.0)
        ask = asks[name].ask_usd
        most = ask + presence / (award.weights[1] * starts) if starts > 0 else reserve
        return self._signed(award, asks[name], Sale(name, min(max(most, ask), reserve), starts=starts), reserve)

    def _without(self, name: str, offers: Mapping[str, Offer], barred: Mapping[str, str]) -> Award | None:
        """The award if this bidder were not there; None if then nobody bids."""
        others = {other: offer for other, offer in offers.items() if other != name}
        try:
            return self._award({**barred, name: "not there"}, others)
        except ConfigError:
            return None

    def _seated(self, award: Award, asks: Mapping[str, Ask], reserve: float) -> tuple[Sale, ...]:
        """Several single runs: the best offers, the market's own best one among them."""
        quality_weight, per_usd, per_s = award.weights
        values = {bid.model: quality_weight * bid.quality - per_s * bid.latency_s for bid in award.bids}
        own = [bid.score for bid in award.bids if bid.model not in asks]
        offers: dict[str, Ask | Silence] = dict(asks)
        if own:
            offers[HOUSE], values[HOUSE] = Ask(0.0), max(own)
        sold = sell(offers, values, per_usd=per_usd, reserve_usd=reserve, seats=self.seats)
        return tuple(self._signed(award, asks[s.bidder], s, reserve) for s in sold if s.bidder != HOUSE)

    def _signed(self, award: Award, ask: Ask, sale: Sale, reserve: float) -> Sale:
        """The sale with the terms by which it is paid."""
        believed = next(bid.quality for bid in award.bids if bid.model == sale.bidder)
        return replace(
            sale,
            ask_usd=ask.ask_usd,
            most_usd=reserve,
            promised=None if ask.quality is None else believed,
            usd_per_quality=award.weights[0] / award.weights[1],
        )

    def _award(self, filtered: Mapping[str, str], offers: Mapping[str, Offer] | None = None) -> Award:
        options: AwardOptions = {**self.options, "filtered": filtered}
        if self.seats > 1:
            options["max_lanes"] = 1
        return self.market.award_inside(self.text, self.task_class, options, (offers or {}).values())


def _within(bids: Mapping[str, Ask | Silence], reserve: float) -> Mapping[str, Ask | Silence]:
    """Asks above the reserve become silence with a reason."""
    above = {
        n: Silence("above the reserve") for n, bid in bids.items() if isinstance(bid, Ask) and bid.ask_usd > reserve
    }
    return {**bids, **above}


def _told(bid: Ask | Silence) -> str:
    if isinstance(bid, Silence):
        return f"made no bid from outside: {bid.reason}"
    stated = "" if bid.quality is None else f" and states a quality of {bid.quality:.3f}"
    return f"bids from outside: it asks ${bid.ask_usd:.6f}{stated}"
