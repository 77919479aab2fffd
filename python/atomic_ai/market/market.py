"""`Market`: the auction by itself, without a network.

The core (`atomic_ai._core.Exchange`) holds the profiles and decides; this is the door that users and
the engine come through.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

from atomic_ai._core import Award, Exchange, hedge_prospect
from atomic_ai.errors import ConfigError, MisuseError, UnknownModelError
from atomic_ai.market.stated import Claims
from atomic_ai.market.terms import DEFAULT_WEIGHTS, Bidder, Change, Weights, chances, is_amount, listed, triple

if TYPE_CHECKING:
    from atomic_ai.market.keeper import Keeper
    from atomic_ai.market.options import AwardOptions, Offer
    from atomic_ai.market.outside import Auctioned, Outside


EXPLORE = 1.0
"""A market that learns weighs what finding out is worth in full; see the core's `explore`."""

UNCLASSED = "default"
"""The class of tasks that name none."""


class Market:
    """Awards tasks to models and learns from what came of it.

    Args:
        models: what may be awarded; anything with `name`, `price_in` and `price_out`.
        weights: what quality, money and time are worth; see `Weights`.
        seed: of every draw; equal seeds and calls give equal awards.
        explore: share of what finding out is worth that counts in an award; 0 never tries what looks worse.
        explore_floor: chance that an award goes to any bid, each alike, whatever the scores: every award's
            `propensity` is then at least `explore_floor` divided by the number of bids, and `atomic replay --log` can
            say what other models would have earned. A few hundredths; the loss is that share of awards.
        priors: what is expected before outcomes: by list price alone, or also by what family and size a model's
            name says it has (`atomic_ai.market.families`). A dozen outcomes outweigh either.
        remembered: how many awards late feedback can reach.
        max_lanes: most lanes of a plan.
        profiles: where what is learned is kept, shared with other processes: an SQLite file, or a database by its
            `postgresql://` address (the extra `postgres`). Close the market, or use it as a context, so that the
            last outcomes are written.
        write_every_s: how often it is written and read.
        outside: who bids from outside; see `auction`.

    Raises:
        ConfigError: a store that cannot be used, no models, two of one name, a price that is negative or no number, or
            another argument that is out of range.
        MisuseError: a weight that is unknown, negative or no number.
    """

    def __init__(
        self,
        models: Iterable[Bidder],
        weights: Weights | None = None,
        seed: int = 0,
        *,
        explore: float = EXPLORE,
        explore_floor: float = 0.0,
        priors: Literal["prices", "families"] = "prices",
        remembered: int = 65_536,
        max_lanes: int = 3,
        profiles: str | Path | None = None,
        write_every_s: float = 5.0,
        outside: Outside | None = None,
    ) -> None:
        if priors not in ("prices", "families"):
            raise ConfigError(f'priors={priors!r}: there are "prices" and "families"')
        if not is_amount(explore) or max_lanes < 1 or remembered < 1:
            raise ConfigError("a market's explore is zero or more, and max_lanes and remembered are at least 1")
        if not 0.0 <= explore_floor <= 1.0:
            raise ConfigError(f"explore_floor={explore_floor!r} is no chance: 0 to 1")
        self.models = listed(models)
        self.outside = outside
        self.claims = Claims()
        for name in self.outside_names - {model.name for model in self.models}:
            raise UnknownModelError(f"outside bidder {name!r}: no such model; a bidder has the name of what it sells")
        self.weights: Weights = DEFAULT_WEIGHTS if weights is None else weights
        self.changes: list[Change] = []
        self._settings = (triple(self.weights), seed & (2**64 - 1), explore, remembered, max_lanes, explore_floor)
        self._families = priors == "families"
        self._core = self._blank()
        self._keeper: Keeper | None = None
        if profiles is not None:
            from atomic_ai.market.keeper import keep  # loads only where something is to be stored

            self._keeper = keep(profiles, self._core, self._blank, interval_s=write_every_s)

    def _blank(self) -> Exchange:
        """An exchange of this market's models that has learned nothing."""
        cards = [
            (model.name, model.price_in, model.price_out, None, 0.0, self._standing(model)) for model in self.models
        ]
        return Exchange(cards, *self._settings)

    def _standing(self, model: Bidder) -> float:
        """What is expected of a model by its name, in logits, if names count."""
        if not self._families:
            return 0.0
        from atomic_ai.market.families import standing_of  # most markets never ask

        return standing_of(getattr(model, "model", None) or model.name)

    def award(
        self,
        task_text: str,
        task_class: str | None = None,
        schema: object = None,
        verifier: float | tuple[float, float] | None = None,
        *,
        weights: Weights | None = None,
        multiplier: float = 0.0,
        input_tokens: float | None = None,
        output_limit: float | None = None,
        max_cost_usd: float | None = None,
        max_latency_s: float | None = None,
        min_quality: float | None = None,
        filtered: Mapping[str, str] | None = None,
        max_lanes: int | None = None,
        features: Sequence[float] | None = None,
        hour: int | None = None,
        load: Mapping[str, int] | None = None,
    ) -> Award:
        """Holds the auction for one task.

        With outside bidders it invites them, waits for their bids and tells them how it ended; in an event loop
        `await market.auction(…)` does that, and says what they are paid.

        Args:
            task_text: the task; its length prices the input. It is neither kept nor logged.
            task_class: what kind of task it is; outcomes are learned per class.
            schema: the output's schema, if any; part of the input's length.
            verifier: how often whoever will judge the answers is right, or a pair: chance that a good
                and that a bad answer is accepted. Allows cascades and races.
            weights: in the place of the market's.
            multiplier: from a paced budget: money is 1 + multiplier times as dear.
            input_tokens: if known; otherwise a quarter of the characters.
            output_limit: the most tokens that may come back.
            max_cost_usd: models expected to cost more do not bid.
            max_latency_s: models expected to take longer do not bid.
            min_quality: models expected to be worse do not bid.
            filtered: models that must not bid, each with the reason.
            max_lanes: most lanes of this plan.
            features: an embedding of the task. Without one, a task that names no class is classed by its
                words. Either counts only where classes so found have predicted outcomes better than the
                table of given classes; `award.explain()` says whether they did.
            hour: the hour of the day, 0 to 23; by it and by
            load: calls under way to each model, as far as known, latencies are learned and expected.

        Raises:
            ConfigError: no model may bid; the message has each one's reason.
            UnknownModelError: `filtered` names a model that is not there.
            MisuseError: a number out of range.
            StateError: there are outside bidders, and an event loop runs in this thread.
        """
        if schema is not None and input_tokens is None:
            input_tokens = (len(task_text) + len(str(schema))) / 4
        if self.outside is not None:
            options: AwardOptions = {
                "verifier": verifier,
                "weights": weights,
                "multiplier": multiplier,
                "input_tokens": input_tokens,
                "output_limit": output_limit,
                "max_cost_usd": max_cost_usd,
                "max_latency_s": max_latency_s,
                "min_quality": min_quality,
                "filtered": filtered,
                "max_lanes": max_lanes,
                "features": features,
                "hour": hour,
                "load": load,
            }
            from atomic_ai.market.outside import alone

            return alone(self, task_text, task_class, options)
        return self._core.award(
            task_text,
            UNCLASSED if task_class is None else task_class,
            verifier=chances(verifier),
            weights=None if weights is None else triple(weights),
            multiplier=multiplier,
            input_tokens=input_tokens,
            output_limit=output_limit,
            limits=(max_cost_usd, max_latency_s, min_quality),
            barred=None if filtered is None else list(filtered.items()),
            max_lanes=max_lanes,
            features=features,
            find=task_class is None,
            hour=hour,
            loads=None if load is None else list(load.items()),
        )

    async def auction(
        self, task_text: str, task_class: str | None = None, *, seats: int = 1, **options: Unpack[AwardOptions]
    ) -> Auctioned:
        """Holds the auction for one task, outside bidders included: see `atomic_ai.market.outside`.

        They are asked at once and have until the deadline; what is late or garbage is left out with its reason.
        `await auctioned.notify()` tells them how it ended; do it beside the work, not before.

        Args:
            task_text: the task; bidders are told its length, never its text.
            task_class: what kind of task it is; bidders are told.
            seats: how many runs are bought at once; of several winners each is paid what its presence is worth.
            options: as in `award`.

        Raises:
            ConfigError, UnknownModelError, MisuseError: as `award`.
        """
        from atomic_ai.market.outside import Outside, auction

        outside = self.outside or Outside((), reserve_usd=1.0)
        return await auction(self, outside, task_text, task_class, options, seats)

    @property
    def outside_names(self) -> frozenset[str]:
        """The models whose runs outside bidders sell."""
        return frozenset() if self.outside is None else frozenset(self.outside.agents)

    def award_inside(
        self, task_text: str, task_class: str | None, options: AwardOptions, offers: Iterable[Offer] = ()
    ) -> Award:
        """`award` without asking anybody outside; `offers` are the prices that those who were asked have named."""
        tokens, schema = options.get("input_tokens"), options.get("schema")
        if schema is not None and tokens is None:
            tokens = (len(task_text) + len(str(schema))) / 4
        filtered, weights, load = options.get("filtered"), options.get("weights"), options.get("load")
        return self._core.award(
            task_text,
            UNCLASSED if task_class is None else task_class,
            verifier=chances(options.get("verifier")),
            weights=None if weights is None else triple(weights),
            multiplier=options.get("multiplier", 0.0),
            input_tokens=tokens,
            output_limit=options.get("output_limit"),
            limits=(options.get("max_cost_usd"), options.get("max_latency_s"), options.get("min_quality")),
            barred=None if filtered is None else list(filtered.items()),
            max_lanes=options.get("max_lanes"),
            features=options.get("features"),
            find=task_class is None,
            offers=list(offers) or None,
            hour=options.get("hour"),
            loads=None if load is None else list(load.items()),
        )

    def observe(
        self,
        award: Award,
        *,
        model: str,
        quality: float | None = None,
        cost_usd: float | None = None,
        latency_s: float | None = None,
        valid: bool = True,
        ttft_s: float | None = None,
        output_tokens: float | None = None,
    ) -> Change | None:
        """Learns the outcome of one lane, once per (award, model) that ran; gives a change if one is noticed.

        Args:
            award: what was awarded.
            model: the lane's model; any model of the market, also one outside the plan.
            quality: 0 to 1, or None where nobody has judged it yet. An invalid answer counts as 0.
            cost_usd: the bill, if known.
            latency_s: seconds to the complete answer, if it was complete.
            valid: whether the answer held the schema and criteria.
            ttft_s: seconds to the first token.
            output_tokens: tokens received, if the provider said so.

        Raises:
            UnknownModelError: no such model. StateError: observed before.
            MisuseError: an unknown award, or a number out of range. Nothing is learned then.
        """
        if not isinstance(award, Award):
            raise MisuseError(f"observe takes the award itself, not {type(award).__name__}; by number: feedback(…)")
        change = self._core.observe(
            award.id,
            model,
            quality=quality,
            cost_usd=cost_usd,
            latency_s=latency_s,
            valid=valid,
            ttft_s=ttft_s,
            output_tokens=output_tokens,
        )
        if self.outside is not None and (quality is not None or not valid):
            self.claims.judged(award.id, model, quality if valid and quality is not None else 0.0)
        return None if change is None else self._noticed(change)

    def feedback(self, award_id: int, *, model: str, quality: float) -> Change | None:
        """Learns a judgement that came later. Repeating it changes nothing; another one replaces it.

        With `profiles=` it finds awards of earlier runs and of other processes too, by their number; such an award is
        read from the store, and what was learned is written back, before this returns.

        Raises:
            MisuseError: an award that is not remembered, or a quality outside 0..1.
            StateError: no outcome of this lane was observed. UnknownModelError: no such model.
            ConfigError: the award is not of this run, and the store cannot be used.
        """
        if not isinstance(award_id, int) or not 0 <= award_id < 2**63:
            raise MisuseError(f"award {award_id!r} is not known here: feedback takes an award's number, award.id")
        recalled = self._keeper is not None and not self._core.remembers(award_id) and self._keeper.recall(award_id)
        change = self._core.feedback(award_id, model, quality)
        if self.outside is not None:
            self.claims.judged(award_id, model, quality)
        if recalled and self._keeper is not None:
            self._keeper.push()
        return None if change is None else self._noticed(change)

    def teach(
        self,
        task_text: str,
        task_class: str | None,
        *,
        model: str,
        quality: float | None = None,
        cost_usd: float | None = None,
        latency_s: float | None = None,
        valid: bool = True,
        features: Sequence[float] | None = None,
    ) -> Change | None:
        """Learns an outcome from elsewhere: an evaluation, a log.

        Several models on one text teach how outcomes go together.

        Raises:
            UnknownModelError: no such model. MisuseError: a number out of range.
        """
        change = self._core.teach(
            UNCLASSED if task_class is None else task_class,
            zlib.crc32(task_text.encode("utf-8", "surrogatepass")),
            len(task_text) / 4,
            model,
            quality=quality,
            cost_usd=cost_usd,
            latency_s=latency_s,
            valid=valid,
            features=features,
            text=task_text if task_class is None else None,
        )
        return None if change is None else self._noticed(change)

    def timed(self, model: str, ttft_s: float, *, cut: bool = False) -> None:
        """Learns when a lane spoke, or, if it was `cut` before it did, how long it had been silent.

        For lanes that lost, of which nothing else is to be learned: without them a market that hedges would see
        only the quick half of its slowest model's times.

        Raises:
            UnknownModelError: no such model. MisuseError: a number out of range.
        """
        self._core.timed(model, ttft_s, cut)

    def reprice(self, model: str, *, price_in: float, price_out: float) -> None:
        """Changes a model's list prices in USD per million tokens; what was learned in tokens stays true."""
        self._core.reprice(model, price_in, price_out)

    def expected_cost(
        self, model: str, *, task_class: str | None = None, input_tokens: float, output_limit: float | None = None
    ) -> float:
        """Expected USD of one call, from list prices and the output length learned."""
        return self._core.expected_cost(
            model, UNCLASSED if task_class is None else task_class, input_tokens, output_limit
        )

    def ttft_quantile(self, model: str, p: float) -> float | None:
        """Seconds within which a share `p` of a model's first tokens come, or None before any was timed."""
        return self._core.ttft_quantile(model, p)

    def hedge_prospect(
        self,
        first: tuple[str, float, float, float, bool],
        second: tuple[str, float, float, float, bool],
        *,
        delay_s: float,
        deadline_s: float | None,
        quality: float,
    ) -> tuple[float, float, float, float, float] | None:
        """What is expected of a hedge: seconds saved, chances to win and to rescue, USD extra, worth by the weights.

        Each lane is a model's name, the seconds from its first token to its end, the prices of prompt and whole
        answer in USD, and whether a close is billed in full; `quality` is the hedge's. None before both were timed.
        """
        return hedge_prospect(self._core, first, second, delay_s, deadline_s, triple(self.weights), quality)

    def __repr__(self) -> str:
        return f"Market({len(self.models)} models, {self.outcomes} outcomes)"

    @property
    def outcomes(self) -> int:
        """How many outcomes were ever learned here, merged ones included."""
        return self._core.outcomes

    def export(self) -> bytes:
        """The profiles as a versioned, checked file. It holds names and numbers, no task text."""
        return self._core.export()

    def merge(self, profiles: bytes | Market) -> None:
        """Adds what another market, or its export, has learned: counts and sketches add up, found classes too.

        Qualities are then estimated anew from all of it. A market that learns outcome by outcome does that every 16 of
        them or so and in between estimates the touched model alone, so that its figures may differ in the third digit
        from those of a market that has the same outcomes by merging.

        Raises:
            ConfigError: the file is cut short, corrupt or of a newer version; nothing was changed.
        """
        self._core.merge(profiles.export() if isinstance(profiles, Market) else profiles)

    def import_(self, profiles: bytes) -> None:
        """The same as `merge`, for a file: `import` is a keyword."""
        self._core.merge(profiles)

    def sync(self) -> None:
        """Writes what was learned to the profile store and reads what others have; nothing without a store.

        Raises:
            ConfigError: the store cannot be used.
        """
        if self._keeper is not None:
            self._keeper.sync()

    def close(self) -> None:
        """Writes what was learned and lets go of the profile store. The market itself stays usable.

        Raises:
            ConfigError: the last write failed.
        """
        if self._keeper is not None:
            self._keeper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _noticed(self, change: Sequence[Any]) -> Change:
        noticed = Change(*change)
        self.changes.append(noticed)
        del self.changes[:-1_000]
        return noticed
