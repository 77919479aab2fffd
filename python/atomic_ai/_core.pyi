"""The compiled core. A section per Python-visible noun, in the order of `rust/bindings/src`."""

import builtins
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, Self, final

from typing_extensions import disjoint_base

__version__: str

# --- auction ---------------------------------------------------------------------------------

@final
class Bid:
    """One model's bid with the terms of its score."""

    @property
    def model(self) -> str: ...
    @property
    def quality(self) -> float:
        """Expected quality, 0 to 1; invalid answers count as 0."""
    @property
    def doubt(self) -> float:
        """Standard deviation of that expectation."""
    @property
    def evidence(self) -> float:
        """Outcomes of this model in this class behind it."""
    @property
    def validity(self) -> float:
        """Chance of a valid answer."""
    @property
    def cost_usd(self) -> float: ...
    @property
    def latency_s(self) -> float: ...
    @property
    def score(self) -> float:
        """quality_term + cost_term + latency_term."""
    @property
    def drawn(self) -> float:
        """The score with quality drawn from its posterior, which decided if the market explored."""
    @property
    def quality_term(self) -> float: ...
    @property
    def cost_term(self) -> float: ...
    @property
    def latency_term(self) -> float: ...

@final
class Plan:
    """How lanes run."""

    @property
    def kind(self) -> str:
        """One of "single", "hedge", "cascade", "race"."""
    @property
    def lanes(self) -> list[str]:
        """Model names in order of start."""
    @property
    def starts(self) -> list[float]:
        """Chance that each lane starts."""

@final
class Expected:
    """What is expected of a plan: means over the lanes' joint outcomes."""

    @property
    def quality(self) -> float: ...
    @property
    def cost_usd(self) -> float:
        """Spend over all lanes, stopped ones included."""
    @property
    def latency_s(self) -> float: ...
    @property
    def latency_p90_s(self) -> float:
        """Seconds within which nine in ten results come, by what the profiles say when asked."""

@final
class Award:
    """What the auction decided; its terms are made when asked for."""

    @property
    def id(self) -> int: ...
    @property
    def winner(self) -> str:
        """The first lane's model."""
    @property
    def task_class(self) -> str: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def expected(self) -> Expected: ...
    @property
    def score(self) -> float:
        """The plan's score."""
    @property
    def bids(self) -> list[Bid]:
        """Every bid, in the order of the market's models."""
    @property
    def runner_up(self) -> str | None: ...
    @property
    def critical_price(self) -> float | None:
        """USD up to which the winner would have won; None where no cost decides."""
    @property
    def exploring(self) -> bool:
        """Whether the winner was chosen to learn about it rather than for its score."""
    @property
    def propensity(self) -> float:
        """The chance with which this auction chose this winner."""
    @property
    def filtered(self) -> list[tuple[str, str]]:
        """Models that did not bid, each with the reason."""
    @property
    def weights(self) -> tuple[float, float, float]:
        """Quality, USD (paced) and seconds."""
    def explain(self, form: Literal["text", "words", "table", "json"] = "text") -> str:
        """Why this award, to the number.

        Every bid's terms, who was filtered and why, the critical price, the counterfactuals and, once outcomes were
        observed, what happened beside what was expected.

        Args:
            form: "text" is words and table; "words" and "table" are its halves; "json" is a versioned document
                (`"format": "atomic-award"`) with every number.

        Raises:
            MisuseError: another form.
        """
    def __copy__(self) -> Award: ...
    def __deepcopy__(self, _memo: object) -> Award: ...

@final
class Exchange:
    """The market's core; `atomic_ai.market.Market` is the door to it."""

    def __new__(
        cls,
        models: Sequence[tuple[str, float, float, float | None, float, float]],
        weights: tuple[float, float, float],
        seed: int,
        explore: float,
        remembered: int = 65536,
        max_lanes: int = 3,
        explore_floor: float = 0.0,
    ) -> Exchange: ...
    def award(
        self,
        text: str,
        task_class: str,
        *,
        verifier: tuple[float, float] | None = None,
        weights: tuple[float, float, float] | None = None,
        multiplier: float = 0.0,
        input_tokens: float | None = None,
        output_limit: float | None = None,
        limits: tuple[float | None, float | None, float | None] = ...,
        barred: list[tuple[str, str]] | None = None,
        max_lanes: int | None = None,
        features: Sequence[float] | None = None,
        find: bool = False,
        offers: list[tuple[str, float, float | None]] | None = None,
        hour: int | None = None,
        loads: list[tuple[str, int]] | None = None,
    ) -> Award: ...
    def observe(
        self,
        award: int,
        model: str,
        *,
        quality: float | None,
        cost_usd: float | None,
        latency_s: float | None,
        valid: bool = True,
        ttft_s: float | None = None,
        output_tokens: float | None = None,
    ) -> tuple[str, str, str, int, float] | None: ...
    def feedback(self, award: int, model: str, quality: float) -> tuple[str, str, str, int, float] | None: ...
    def teach(
        self,
        task_class: str,
        task: int,
        input_tokens: float,
        model: str,
        *,
        quality: float | None,
        cost_usd: float | None,
        latency_s: float | None,
        valid: bool = True,
        ttft_s: float | None = None,
        output_tokens: float | None = None,
        features: Sequence[float] | None = None,
        text: str | None = None,
    ) -> tuple[str, str, str, int, float] | None: ...
    def timed(self, model: str, ttft_s: float, cut: bool) -> None: ...
    def reprice(self, model: str, price_in: float, price_out: float) -> None: ...
    def expected_cost(
        self, model: str, task_class: str, input_tokens: float, output_limit: float | None = None
    ) -> float: ...
    def ttft_quantile(self, model: str, p: float) -> float | None: ...
    @property
    def outcomes(self) -> int: ...
    @property
    def task_classes(self) -> list[str]: ...
    @property
    def correlation(self) -> float: ...
    def export(self) -> bytes: ...
    def keep_delta(self) -> None: ...
    def take_delta(self) -> bytes | None: ...
    def renew(self, file: bytes) -> None: ...
    def begin(self, epoch: int) -> None: ...
    def remembers(self, award: int) -> bool: ...
    def take_awards(self, count: int) -> list[tuple[int, bytes]]: ...
    def recall(self, award: int, saved: bytes) -> None: ...
    def merge(self, file: bytes) -> None: ...

@final
class Ledger:
    """Accounts with caps in USD: reserve, then settle."""

    def __new__(cls) -> Ledger: ...
    def cap(self, account: str, usd: float) -> None: ...
    def reserve(self, usd: float, accounts: list[str]) -> int: ...
    def settle(self, reservation: int, billed_usd: float) -> float: ...
    def balance(self, account: str) -> tuple[float, float]: ...
    def left(self, account: str) -> float | None: ...
    def forget(self, account: str) -> bool: ...

@final
class Pacer:
    """The pace of one budget: dual descent on the price of money."""

    def __new__(cls, budget_usd: float, tasks: float, rate: float = 0.05) -> Pacer: ...
    @property
    def multiplier(self) -> float: ...
    def spend(self, usd: float) -> None: ...
    def correct(self, expected_usd: float, billed_usd: float) -> None: ...

def clear(offers: list[tuple[float, float]], seats: int, per_usd: float, reserve_usd: float) -> list[tuple[int, float]]:
    """Clears seats among sealed offers (value, asked USD): (place, pay in USD) of each winner."""

# --- criteria --------------------------------------------------------------------------------

@final
class Criteria:
    """Criteria compiled from their JSON description; immutable, shared by any number of streams.

    Args:
        description: JSON: a list (all must hold) or one object. See `atomic_ai.criteria`, which writes it.

    Raises:
        TaskError: the description is malformed; the message begins with the JSON Pointer of the place.
    """

    def __new__(cls, description: bytes | str) -> Self: ...
    def stream(self) -> CriteriaStream:
        """One growing text."""

    def evaluate(self, text: str) -> CriteriaStream:
        """A whole text, to its end."""

    @property
    def names(self) -> list[str]:
        """The criteria's names, in order of description."""

    def __len__(self) -> int: ...

@final
class CriteriaStream:
    """Criteria over one growing text. Offsets count bytes of UTF-8."""

    def feed(self, text: str) -> list[tuple[str, bool, int]]:
        """More text; what settled by it: (name, met, offset). Raises StateError after `finish`."""

    def finish(self) -> list[tuple[str, bool, int]]:
        """The end of the text. Every criterion but those answered outside settles."""

    def answer(self, name: str, passed: bool, score: float | None = None) -> None:
        """Answer a custom criterion. Raises StateError where no open custom criterion has the name."""

    @property
    def state(self) -> Literal["met", "failed", "open"]: ...
    @property
    def score(self) -> float:
        """0..=1: met criteria by weight; an open one counts nothing."""

    @property
    def safe(self) -> int:
        """Bytes that can be shown: nothing before can become part of what would fail the whole."""

    @property
    def criteria(self) -> list[tuple[str, Literal["met", "failed", "open"]]]:
        """Each criterion's name and state, in order of description."""

# --- hedge -----------------------------------------------------------------------------------

@final
class Allowance:
    """How many hedges there may be: a share of the requests of a sliding window. Shared by races, safe in threads.

    Args:
        share: hedges per request.
        free: hedges that each window has besides.
        window_ns: how long it is.
    """

    def __new__(cls, share: float, free: float, window_ns: int) -> Self: ...
    def request(self, now: int) -> None:
        """A request began at `now`, in nanoseconds; races tell it themselves."""

    def hedge(self, now: int, weight: float = 1.0) -> bool:
        """Take a hedge's weight, in requests, if the window holds it; whether it did."""

    @property
    def window(self) -> tuple[float, float]:
        """Requests, and the weight of hedges, of the window so far."""

    @property
    def ever(self) -> tuple[float, float]:
        """Requests, and the weight of hedges, ever."""

def hedge_prospect(
    exchange: Exchange,
    first: tuple[str, float, float, float, bool],
    second: tuple[str, float, float, float, bool],
    delay_s: float,
    deadline_s: float | None,
    weights: tuple[float, float, float],
    quality: float,
) -> tuple[float, float, float, float, float] | None:
    """What is expected of the hedge `second`, sent after `delay_s` without a token of `first`.

    Each lane is a model, the seconds from its first token to its end, the prices of prompt and whole answer in USD, and
    whether a close is billed in full. Gives the
    seconds saved, the chances to win and to rescue a deadline, the USD extra, and the worth by `weights`; None before
    both have been timed.
    """

# --- simulate --------------------------------------------------------------------------------

def simulate(world: bytes | str) -> bytes:
    """Run a world's policies over virtual races; world and report are JSON, described in the core's module `simulate`.

    Raises:
        ConfigError: the world makes no sense; the message begins with the JSON Pointer of the place.
    """

# --- race ------------------------------------------------------------------------------------

STOP_REASONS: tuple[str, ...]
"""Every stop reason by its stable name: "schema_dead", "criterion_failed", "repetition", "refusal", "judge_refused",
"acceptance_refused", "lost", "late_connect", "late_first_byte", "late_first_token", "late_gap", "late_total", "budget",
"error", "truncated", "limit", "caller_gone", "drained"."""

class _Schema(Protocol):
    """What wraps a compiled schema, such as `atomic_ai.Schema`."""

    @property
    def compiled(self) -> CompiledSchema: ...

@final
class Race:
    """Lanes and the policy that decides between them: who starts, who is stopped, who wins, and why.

    Sans-IO: the driver owns sockets and clock. Every call takes the time in nanoseconds from any fixed moment and
    returns what is to be done and what happened, in order; the last element is always a `Wait`. A time before
    the latest one counts as the latest. Input for a lane that has ended is ignored, as it may have been under way.

    Args:
        config: JSON; see the module documentation of `race` in the core. Times are nanoseconds, sizes bytes, money USD.
        schema: every lane's answer must be valid under it; `None` for text.
        criteria: every lane's answer must meet them.
        tools: the schemas of the arguments of the tools that lanes may propose; a call of any other tool kills its
            lane. `None`: calls are not checked.
        allowance: who is asked about hedges where the configuration meters them; `None` grants them all.

    Raises:
        ConfigError: the configuration is malformed; the message begins with the JSON Pointer of the place.
    """

    def __new__(
        cls,
        config: builtins.bytes | str,
        schema: CompiledSchema | _Schema | None = None,
        criteria: Criteria | None = None,
        tools: Mapping[str, CompiledSchema | _Schema] | None = None,
        allowance: Allowance | None = None,
    ) -> Self: ...
    def start(self, now: int) -> list[Output]:
        """Begin. Raises StateError at a second call; every other call before this one does too."""

    def opened(self, now: int, lane: int, status: int | None = None) -> list[Output]:
        """A lane's response headers arrived. A status outside 2xx ends the lane."""

    def bytes(self, now: int, lane: int, data: builtins.bytes) -> list[Output]:
        """Bytes of a lane's body, decompressed; only for lanes with a dialect."""

    def deltas(self, now: int, lane: int, deltas: Sequence[Delta]) -> list[Output]:
        """Deltas of a lane without a dialect."""

    def ended(
        self, now: int, lane: int, how: Literal["end", "cut", "unconnected", "failed"], detail: str = ""
    ) -> list[Output]:
        """A lane's stream ended by itself: as it should, broken, not connected in time, or without a usable answer.

        `detail` is a few words for people, without keys and prompts; it becomes `LaneEnded.detail`.
        """

    def usage(
        self,
        now: int,
        lane: int,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cached_tokens: int | None = None,
        cost_usd: float | None = None,
    ) -> list[Output]:
        """Tokens and price counted outside; also for a lane that has ended."""

    def checked(self, now: int, ticket: int, passed: bool, score: float | None = None) -> list[Output]:
        """The answer to a `Check`; `score` in 0..=1. After the ticket's expiry it is recorded, not enacted."""

    def cancelled(self, now: int) -> list[Output]:
        """Nobody waits any more: every lane is stopped."""

    def tick(self, now: int) -> list[Output]:
        """Time passed; due at the latest at `Wait.until`."""

    def follow(
        self, bell: Bell, now: int, *, text: bool = True, growth: bool = False, batch_ns: int = 0
    ) -> tuple[int, int]:
        """Bind the race to an event loop's bell, so that native exchanges can be attached; the ids that it rings under.

        The bell rings for orders, questions, ends and deadlines that came nearer, and for what is asked for here. What
        it rings for waits until `drain`, or until the next input gives it along with its own outputs. While text is all
        that there is to tell, it rings under the second id, once until `text` was called; else under the first.

        Args:
            bell: the bell of the loop that drains.
            now: the moment, by the clock that the race is told.
            text: ring for `Text`, `Partial` and other events too; without it those two are not told at all.
            growth: ring when any lane has grown, and keep what `grown` gives.
            batch_ns: how long text may wait for more of it, in nanoseconds.
        """

    def drain(self) -> list[Output]:
        """What the race said while the reactor's thread fed it, in order; the last element is a `Wait`."""

    def text(self) -> tuple[int, str, bool] | None:
        """A lane, its text, and whether its value moved too, where that is all the race said to the reactor's thread.

        To be called when the bell rang for text. `None` where there is anything else to tell, or nothing: `drain` has
        it all, and what it was rung for may have been told meanwhile. A deadline that has only been moved back counts
        as nothing: it is noticed when the old one comes.
        """

    def grown(self) -> list[int]:
        """Lanes that grew since the last call."""

    @property
    def over(self) -> bool:
        """Whether `Over` was told."""

    @property
    def lanes(self) -> int:
        """Lanes so far, continuations included."""

    def lane(self, lane: int) -> Lane:
        """A live view of a lane. Raises StateError for a number no lane has."""

    def trace_facts(self) -> builtins.bytes:
        """The race as JSON for a trace: hashes, lengths, offsets, times and decisions; no text."""

@final
class Lane:
    """A live view of one lane of a race."""

    @property
    def index(self) -> int: ...
    @property
    def source(self) -> int:
        """The lane of the configuration it runs by; differs from `index` for a continuation."""

    @property
    def state(
        self,
    ) -> Literal["waiting", "starting", "open", "streaming", "checking", "good", "done"]: ...
    @property
    def outcome(self) -> str | None:
        """One of "won", "used", "unused", or a stop reason; None while it runs."""

    @property
    def detail(self) -> str: ...
    @property
    def text(self) -> str:
        """Its answer so far: the channel that feeds the referee, a continuation's prefix included."""

    @property
    def repaired(self) -> str | None:
        """The answer as the schema judged it, without what follows its root; None where nothing is to be repaired."""

    def slice(self, start: int, end: int) -> str:
        """Bytes `start..end` of the answer, such as a `Check` asks about; widened to whole characters."""

    @property
    def released(self) -> int:
        """Bytes of the answer that were released to the caller."""

    @property
    def prefix(self) -> int:
        """Bytes of the answer that another lane wrote; 0 but for a continuation."""

    @property
    def message(self) -> Message:
        """Everything heard on this lane's own stream: text, reasoning, refusal, tool calls, finish reason, usage."""

    @property
    def reasoning(self) -> str: ...
    @property
    def tool_calls(self) -> list[ToolCall]: ...
    @property
    def finish_reason(self) -> str | None: ...
    @property
    def usage(self) -> Usage | None:
        """The provider's usage, or what `Race.usage` was told, whichever came last."""

    @property
    def cost_usd(self) -> float:
        """What `Race.usage` was told, or the estimate from the configured prices."""

    @property
    def verdict(self) -> Verdict | None:
        """The schema's verdict on the answer; None without a schema."""

    @property
    def value(self) -> Any:
        """The growing value of the answer; None without a schema or before it begins."""

    @property
    def score(self) -> float:
        """The criteria's score times the judge's, in 0..=1."""

    @property
    def criteria(self) -> list[tuple[str, Literal["met", "failed", "open"]]]:
        """Each criterion's name and state, in order of description."""

    @property
    def timing(self) -> dict[str, int | None]:
        """Nanoseconds: started, opened, first_byte, first_token, last_token, ended."""

    @property
    def chunks(self) -> int:
        """Calls of `bytes` and `deltas`, late ones included."""

    @property
    def received(self) -> int:
        """Bytes of the body, or of the deltas' text, late ones included."""

    @property
    def late(self) -> int:
        """Of `received`, bytes that came after the lane had ended."""

    @property
    def chars(self) -> int:
        """Characters of the answer."""

@disjoint_base
class Output:
    """One thing a race says; match on its subclasses. Offsets count bytes of the lane's answer.

    Orders to the driver: `Start`, `Stop`. Questions: `Check`. The end of every list: `Wait`. All else are events.
    """

    @final
    class Start(Output):
        """Open this lane's stream, configured as lane `source`; `prefix` is text to be continued from."""

        __match_args__ = ("lane", "source", "prefix")
        def __new__(cls, lane: int, source: int, prefix: str | None) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def source(self) -> int: ...
        @property
        def prefix(self) -> str | None: ...

    @final
    class Stop(Output):
        """Close this lane's stream at once."""

        __match_args__ = ("lane", "reason")
        def __new__(cls, lane: int, reason: str) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def reason(self) -> str: ...

    @final
    class Check(Output):
        """Ask `by` ("criterion", "judge", "acceptance") about the bytes `start..end` of the lane's answer."""

        __match_args__ = ("ticket", "lane", "by", "criterion", "start", "end")
        def __new__(cls, ticket: int, lane: int, by: str, criterion: str, start: int, end: int) -> Self: ...
        @property
        def ticket(self) -> int: ...
        @property
        def lane(self) -> int: ...
        @property
        def by(self) -> str: ...
        @property
        def criterion(self) -> str: ...
        @property
        def start(self) -> int: ...
        @property
        def end(self) -> int: ...

    @final
    class Hedge(Output):
        """A hedge was due and the allowance answered: figures of its window after the answer."""

        __match_args__ = ("lane", "late", "granted", "requests", "hedges")
        def __new__(cls, lane: int, late: int, granted: bool, requests: float, hedges: float) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def late(self) -> int:
            """The lane that has no token."""

        @property
        def granted(self) -> bool: ...
        @property
        def requests(self) -> float: ...
        @property
        def hedges(self) -> float: ...

    @final
    class Opened(Output):
        """Response headers arrived."""

        __match_args__ = ("lane", "status")
        def __new__(cls, lane: int, status: int | None) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def status(self) -> int | None: ...

    @final
    class FirstToken(Output):
        """The first token arrived: text, thinking or a tool call."""

        __match_args__ = ("lane",)
        def __new__(cls, lane: int) -> Self: ...
        @property
        def lane(self) -> int: ...

    @final
    class Text(Output):
        """Text released to the caller."""

        __match_args__ = ("lane", "text")
        def __new__(cls, lane: int, text: str) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def text(self) -> str: ...

    @final
    class Partial(Output):
        """The growing value of the shown lane moved: see `Lane.value`."""

        __match_args__ = ("lane",)
        def __new__(cls, lane: int) -> Self: ...
        @property
        def lane(self) -> int: ...

    @final
    class ToolCall(Output):
        """Call `index` of the lane has come to a stage.

        It is "proposed" (its name is known), "whole" (arguments complete and valid), or "decided" (may be executed).
        """

        __match_args__ = ("lane", "index", "stage")
        def __new__(cls, lane: int, index: int, stage: str) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def index(self) -> int: ...
        @property
        def stage(self) -> str: ...

    @final
    class Violated(Output):
        """The document (or the arguments of call `call`) died at byte `at`."""

        __match_args__ = ("lane", "call", "at")
        def __new__(cls, lane: int, call: int | None, at: int) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def call(self) -> int | None: ...
        @property
        def at(self) -> int: ...

    @final
    class Settled(Output):
        """A criterion, judge or acceptance has its answer; `by` is "text" where the core decided.

        `late`: recorded, not enacted.
        """

        __match_args__ = ("lane", "by", "criterion", "passed", "at", "score", "late")
        def __new__(
            cls,
            lane: int,
            by: str,
            criterion: str,
            passed: bool,
            at: int,
            score: float | None,
            late: bool,
        ) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def by(self) -> str: ...
        @property
        def criterion(self) -> str: ...
        @property
        def passed(self) -> bool: ...
        @property
        def at(self) -> int: ...
        @property
        def score(self) -> float | None: ...
        @property
        def late(self) -> bool: ...

    @final
    class Committed(Output):
        """This lane alone will be shown; it is never retracted."""

        __match_args__ = ("lane",)
        def __new__(cls, lane: int) -> Self: ...
        @property
        def lane(self) -> int: ...

    @final
    class Continued(Output):
        """The committed lane `origin` died after `at` bytes were shown; lane `to` goes on from there."""

        __match_args__ = ("origin", "to", "at")
        def __new__(cls, origin: int, to: int, at: int) -> Self: ...
        @property
        def origin(self) -> int: ...
        @property
        def to(self) -> int: ...
        @property
        def at(self) -> int: ...

    @final
    class Replaced(Output):
        """What was shown of lane `origin` is void; lane `to` leads."""

        __match_args__ = ("origin", "to")
        def __new__(cls, origin: int, to: int) -> Self: ...
        @property
        def origin(self) -> int: ...
        @property
        def to(self) -> int: ...

    @final
    class Interrupted(Output):
        """The committed lane died and nobody continues it."""

        __match_args__ = ("lane", "reason")
        def __new__(cls, lane: int, reason: str) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def reason(self) -> str: ...

    @final
    class LaneEnded(Output):
        """A lane's one outcome: "won", "used", "unused" or a stop reason."""

        __match_args__ = ("lane", "outcome", "detail")
        def __new__(cls, lane: int, outcome: str, detail: str) -> Self: ...
        @property
        def lane(self) -> int: ...
        @property
        def outcome(self) -> str: ...
        @property
        def detail(self) -> str: ...

    @final
    class Decided(Output):
        """The race has its winner; `lanes` are all that are joined, the winner first."""

        __match_args__ = ("winner", "lanes", "why")
        def __new__(cls, winner: int, lanes: list[int], why: str) -> Self: ...
        @property
        def winner(self) -> int: ...
        @property
        def lanes(self) -> list[int]: ...
        @property
        def why(self) -> str: ...

    @final
    class Over(Output):
        """The race is over: "won", "interrupted", "failed", "late", "budget" or "cancelled".

        `lane`: the winner, or whose partial answer is the best.
        """

        __match_args__ = ("verdict", "lane")
        def __new__(cls, verdict: str, lane: int | None) -> Self: ...
        @property
        def verdict(self) -> str: ...
        @property
        def lane(self) -> int | None: ...

    @final
    class Wait(Output):
        """Nothing more until input comes or the time is `until`; `why` says what is waited for."""

        __match_args__ = ("until", "why")
        def __new__(cls, until: int | None, why: str) -> Self: ...
        @property
        def until(self) -> int | None: ...
        @property
        def why(self) -> str: ...

# --- schema ----------------------------------------------------------------------------------

@final
class Violation:
    """A rule that the document breaks. Equal if all its parts are; hashable; pickles."""

    def __new__(
        cls,
        keyword: str,
        schema_path: str,
        instance_path: str,
        offset: int,
        message: str,
        line: int | None = None,
        column: int | None = None,
        causes: Sequence[Violation] = ...,
    ) -> Self: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(
        self,
    ) -> tuple[str, str, str, int, str, int | None, int | None, tuple[Violation, ...]]: ...
    @property
    def keyword(self) -> str:
        """The keyword; `syntax` where the text is not JSON, `duplicate` for a repeated key, `false` for that schema."""

    @property
    def schema_path(self) -> str:
        """JSON Pointer to the keyword in the schema; `uri#pointer` where it lies in another document."""

    @property
    def instance_path(self) -> str:
        """JSON Pointer to the value in the document."""

    @property
    def offset(self) -> int:
        """The first byte after which no valid completion exists; -1 if there never was one."""

    @property
    def message(self) -> str:
        """The rule in words; it quotes the schema, never the document."""

    @property
    def causes(self) -> tuple[Violation, ...]:
        """What each alternative of an `anyOf` or `oneOf` broke, where none is left, as far as it is known.

        Their offset is this one's, and so is their instance path where the value that broke the rule is gone.
        """

    @property
    def line(self) -> int | None:
        """The line of `offset`, from 1, if positions were asked for; lines end with a line feed."""

    @property
    def column(self) -> int | None:
        """Its column, from 1, in characters."""

    def position(self, text: bytes | bytearray | str) -> tuple[int, int]:
        """Line and column of `offset` in the text that was judged, both from 1."""

@final
class Repair:
    """A repair that lenient reading made. Equal if its parts are; hashable; pickles."""

    def __new__(cls, name: str, offset: int) -> Self: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str, int]: ...
    @property
    def name(self) -> str:
        """Which repair: one of `atomic_ai.schema.RepairName`."""

    @property
    def offset(self) -> int:
        """The byte where what was repaired begins; of a document cut short, where it ends."""

@final
class Verdict:
    """What is known of a document so far. Equal if all its parts are; pickles."""

    def __new__(
        cls,
        state: Literal["open", "complete", "invalid"],
        dead_at: int | None,
        violations: tuple[Violation, ...],
        repairs: tuple[Repair, ...] | None = None,
    ) -> Self: ...
    def __getnewargs__(self) -> tuple[str, int | None, tuple[Violation, ...], tuple[Repair, ...]]: ...
    @property
    def state(self) -> Literal["open", "complete", "invalid"]:
        """Whether the document can still become valid, is, or never will be."""

    @property
    def dead_at(self) -> int | None:
        """With `i` here, the first `i` bytes can be completed to a valid document and the first `i + 1` cannot.

        -1: no document is valid. The text's length: it died of ending there. None: it lives.
        """

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What it died of, and what else is wrong if all were asked for; empty while it lives."""

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What lenient reading repaired so far, in the order in which it was decided."""

    @property
    def valid(self) -> bool:
        """Whether the document is complete and valid."""

@final
class Change:
    """One change of a growing value."""

    @property
    def pointer(self) -> str:
        """JSON Pointer to what changed."""

    @property
    def kind(self) -> Literal["object", "array", "text", "value", "closed"]:
        """A container opened; a string grew; a scalar is complete; a container closed.

        Applied in order they make the snapshot: put an empty container; append the text to the string there (none yet:
        put it); put the value; nothing.
        """

    @property
    def value(self) -> Any:
        """The appended text (`text`), the scalar (`value`), else None."""

@final
class CompiledSchema:
    """A JSON Schema compiled from its JSON text; immutable, shared by any number of streams.

    `atomic_ai.Schema` wraps it and takes other sources too.

    Raises:
        SchemaError: the text is no schema; `schema_path` says where.
        LimitError: a budget of compiling was reached.
    """

    def __new__(
        cls,
        source: str,
        *,
        draft: str | None = None,
        formats: bool | None = None,
        registry: Mapping[str, str] = ...,
        duplicates: str = "violation",
        patterns: str = "all",
        seed: int = 0,
    ) -> Self: ...
    def validate(
        self,
        data: bytes | bytearray | str,
        *,
        lenient: Sequence[str] = ...,
        violations: str = "first",
        max_violations: int = 1_000,
        positions: bool = False,
    ) -> Verdict:
        """Judge one whole document. Raises LimitError where a bound left it undecided."""

    def stream(
        self,
        *,
        value: bool = True,
        changes: bool = False,
        lenient: Sequence[str] = ...,
        violations: str = "first",
        max_violations: int = 1_000,
        positions: bool = False,
    ) -> SchemaStream:
        """One growing document; `value=False` keeps no value, for a verdict only, or its changes alone."""

    def report(self) -> tuple[Violation | None, list[tuple[str, str, str]]]:
        """What makes every document invalid, if something does; each keyword's path, name and timing."""

    @property
    def satisfiable(self) -> bool:
        """Whether any document can be valid, as far as compiling finds out: False is certain."""

@final
class SchemaStream:
    """Judges one growing document. Not for two threads at once."""

    def feed(self, chunk: bytes | bytearray | str) -> Verdict:
        """Read a chunk, split anywhere. Raises StateError after `finish`, LimitError at a bound."""

    def finish(self) -> Verdict:
        """The text has ended."""

    @property
    def verdict(self) -> Verdict:
        """The verdict so far."""

    def value(self) -> Any:
        """The value so far, growing in place: containers and closed strings keep their identity."""

    def snapshot(self) -> Any:
        """A copy of the value so far."""

    def changes(self) -> list[Change]:
        """What has changed since the last call: applied in order, it makes the snapshot of then the snapshot of now."""

    def select(self, path: str) -> Selection:
        """The values at a path, as they arrive; nothing else is built. Before the first byte only.

        Args:
            path: a JSON Pointer in which a segment `*` stands for every member or item (`/items/*/price`), or a
                JSONPath of `$`, `.name`, `['name']`, `[0]`, `.*` and `[*]` (`$.items[*].price`).

        Raises:
            ValueError: it is no path, or there are too many selections.
            StateError: something was fed already.
        """

    @property
    def repaired(self) -> str | None:
        """The repaired text so far, as it was judged; None where nothing is to be repaired, or with `value=False`."""

    @property
    def consumed(self) -> int:
        """Bytes read."""

@final
class Selected:
    """A value at a selected path."""

    @property
    def pointer(self) -> str:
        """JSON Pointer to it."""

    @property
    def value(self) -> Any:
        """The value; so far, if it is not closed."""

    @property
    def closed(self) -> bool:
        """Whether it is complete."""

@final
class Selection:
    """The values at one path of a stream."""

    def take(self) -> list[Selected]:
        """The values that closed since the last call."""

    def growing(self) -> Selected | None:
        """The value that is open, as far as it goes."""

# --- transport ---------------------------------------------------------------------------------

@final
class Reactor:
    """The one thread that owns the native transport's sockets. It never runs Python."""

    def __new__(cls) -> Self: ...
    def pause(self) -> None:
        """Before a fork: have the thread stand still, with no lock held and nothing half-done."""

    def resume(self) -> None:
        """After a fork, in the parent: let it go on."""

    def descriptors(self) -> list[int]:
        """The sockets that are open; what a forked child closes."""

    def close(self) -> None:
        """End every exchange, close every socket, end the thread."""

@final
class Bell:
    """How the reactor's thread wakes an event loop: a pair of sockets, and who has something for the loop.

    Raises:
        StateError: the reactor is closed.
    """

    def __new__(cls, reactor: Reactor) -> Self: ...
    def fileno(self) -> int:
        """The socket to wait for; readable when somebody has posted."""

    def descriptors(self) -> list[int]:
        """Both sockets; what a forked child closes."""

    def take(self) -> list[int]:
        """The ids of all who have posted since the last call, each once."""

@final
class NativeRoute:
    """All of a request but its body. It shows itself to nobody: its headers may hold a key.

    Args:
        method: the HTTP method.
        url: absolute, in ASCII.
        headers: in order.
        limit: bytes that an answer's body may have.
        proxy: a proxy's URL, and a user's name and password.
        connect_ns: nanoseconds until a connection must stand; None leaves it to who waits.

    Raises:
        ConfigError: a part that no request can carry.
    """

    def __new__(
        cls,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        *,
        limit: int,
        proxy: tuple[str, tuple[str, str] | None] | None = None,
        connect_ns: int | None = None,
    ) -> Self: ...

@final
class NativeClient:
    """Sends requests by the reactor, over connections of its own: HTTP/1.1, or HTTP/2 where TLS agrees on it.

    Args:
        reactor: whose thread carries them.
        ca: a PEM file of certificates to trust instead of Mozilla's, which are compiled in; None trusts those.
        streams: the content types of answers that may run into a race.

    Raises:
        ConfigError: the file cannot be read or holds no certificate.
    """

    def __new__(cls, reactor: Reactor, ca: str | PathLike[str] | None, streams: Sequence[str]) -> Self: ...
    @property
    def waited(self) -> int:
        """How many connections requests have waited for so far; those made ahead are not among them."""

    def send(
        self,
        bell: Bell,
        route: NativeRoute,
        body: builtins.bytes,
        *,
        patient: bool = False,
        at_risk: float = 0.0,
        to: tuple[Race, int] | None = None,
    ) -> NativeExchange:
        """Send a request; what comes of it rings `bell` under the exchange's id.

        Args:
            bell: the bell of the loop that waits.
            route: where it goes, with which headers.
            body: sent as it is.
            patient: whether a millisecond's delay of what arrives does not matter.
            at_risk: how likely it is to be closed before its end, from 0 to 1. Over HTTP/1.1 that costs the connection:
                as many as the running requests are expected to lose are made ahead for those that follow.
            to: a race that follows the bell, and its lane. If the answer is a plain stream (2xx, one of the client's
                `streams`, not compressed), the lane is opened and fed by the reactor, and the bell tells of the
                exchange only what concerns the caller's rate and how it ended.
        """

    def warm(self, route: NativeRoute, count: int) -> None:
        """Connect ahead, until `count` connections wait where `route` leads; one where it carries many requests."""

    def close(self) -> None:
        """Close the idle connections; later requests fail."""

@final
class NativeExchange:
    """One request and its answer. Dropping it closes it."""

    @property
    def id(self) -> int:
        """Under which the bell tells of it."""

    @property
    def head(self) -> tuple[int, dict[str, str]] | None:
        """Status and headers, names in lower case, repeated ones joined; `None` before they arrived."""

    @property
    def ended(self) -> tuple[str, str] | None:
        """How it ended: two empty texts as it should, else the kind of failure and its words; `None` while it runs."""

    def standing(self) -> tuple[bool, tuple[str, str] | None]:
        """Whether the body runs into the race that it was sent for, and `ended`. The bell tells of what comes later."""

    @property
    def received(self) -> int:
        """Bytes of the body so far."""

    def take(self) -> builtins.bytes:
        """The bytes that have arrived since the last call; empty where none have. Makes room for more."""

    def attach(self, race: Race, lane: int) -> None:
        """Let the body run into a lane of a race that follows the bell; the lane has been opened."""

    def serve(self, race: Race, lane: int) -> None:
        """Let a race that stops the lane close it at once, before its answer has begun."""

    def close(self) -> None:
        """End it wherever it stands: the socket is closed, or over HTTP/2 the stream reset."""

# --- wire ------------------------------------------------------------------------------------

@final
class Usage:
    """Token counts as one provider counts them; `None` is "not said".

    Args and attributes:
        input_tokens, output_tokens: prompt and answer tokens by the provider's own rules.
        cached_tokens, cache_write_tokens: prompt tokens read from and written to a cache.
        reasoning_tokens: tokens spent on thinking.
        total_tokens: the provider's own sum.
        cached_beside: cached tokens are not part of `input_tokens` (Anthropic, Bedrock).
        reasoning_beside: thinking is not part of `output_tokens` (Gemini, xAI).
    """

    def __new__(
        cls,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        *,
        cached_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        total_tokens: int | None = None,
        cached_beside: bool = False,
        reasoning_beside: bool = False,
    ) -> Self: ...
    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def cached_tokens(self) -> int | None: ...
    @property
    def cache_write_tokens(self) -> int | None: ...
    @property
    def reasoning_tokens(self) -> int | None: ...
    @property
    def total_tokens(self) -> int | None: ...
    @property
    def cached_beside(self) -> bool: ...
    @property
    def reasoning_beside(self) -> bool: ...
    @property
    def prompt_tokens(self) -> int | None:
        """All prompt tokens, cached ones included."""

    @property
    def generated_tokens(self) -> int | None:
        """All generated tokens, thinking included."""

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class ProviderFault:
    """An error a provider sent inside a stream that began with a success status.

    Args and attributes:
        message: the provider's words; they may quote the prompt.
        kind, code: the provider's type or status word, and its code.
        status: the HTTP status the provider names for it.
    """

    def __new__(
        cls, message: str, *, kind: str | None = None, code: str | None = None, status: int | None = None
    ) -> Self: ...
    @property
    def message(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def code(self) -> str | None: ...
    @property
    def status(self) -> int | None: ...
    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...
    def __eq__(self, other: object, /) -> bool: ...

_DeltaKind = Literal["text", "reasoning", "refusal", "tool_call", "usage", "finish", "error", "truncated", "other"]

@final
class Delta:
    """The smallest thing that is heard from a model; also made by sources that are no byte streams.

    Args and attributes, each `None` but for its kinds:
        kind: what it is.
        text: of "text", "reasoning" and "refusal".
        index: of "tool_call": the call's place in the message, from 0 in order of their begin.
        id, name: of "tool_call", where this delta carries them; `name` also of "other": the provider's word.
        arguments: of "tool_call": the next fragment of the arguments' JSON text.
        usage: of "usage": what was counted so far; a later one replaces it.
        reason: of "finish": the provider's word, as sent.
        error: of "error".
        data: of "other": as sent.

    Raises:
        ValueError: no such kind, or what the kind needs is missing.
    """

    def __new__(
        cls,
        kind: _DeltaKind,
        text: str | None = None,
        *,
        index: int = 0,
        id: str | None = None,
        name: str | None = None,
        arguments: str = ...,
        usage: Usage | None = None,
        reason: str | None = None,
        error: ProviderFault | None = None,
        data: str | None = None,
    ) -> Self: ...
    @property
    def kind(self) -> _DeltaKind: ...
    @property
    def text(self) -> str | None: ...
    @property
    def index(self) -> int | None: ...
    @property
    def id(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def arguments(self) -> str | None: ...
    @property
    def usage(self) -> Usage | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def error(self) -> ProviderFault | None: ...
    @property
    def data(self) -> str | None: ...
    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class ToolCall:
    """A tool call as far as it was heard; `arguments` is JSON text."""

    @property
    def id(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Message:
    """The sum of a stream's deltas when it was asked for."""

    @property
    def text(self) -> str: ...
    @property
    def reasoning(self) -> str: ...
    @property
    def refusal(self) -> str: ...
    @property
    def tool_calls(self) -> list[ToolCall]: ...
    @property
    def finish_reason(self) -> str | None:
        """The provider's last word for the end, as sent."""

    @property
    def usage(self) -> Usage | None: ...
    @property
    def error(self) -> ProviderFault | None:
        """The first error inside the stream."""

    @property
    def truncated(self) -> bool:
        """The stream ended before the provider announced its end."""

    def __eq__(self, other: object, /) -> bool: ...

@final
class WireDecoder:
    """Decodes one response body, however it is split.

    Args:
        dialect: one of `WireDecoder.dialects()`.
        max_line, max_event, max_stream: bounds in bytes, of the decompressed body.
        max_tool_calls: how many calls one message may have.

    Raises:
        ConfigError: an unknown dialect.
    """

    def __new__(
        cls,
        dialect: str,
        *,
        max_line: int | None = None,
        max_event: int | None = None,
        max_stream: int | None = None,
        max_tool_calls: int | None = None,
    ) -> Self: ...
    @staticmethod
    def dialects() -> list[str]:
        """The names of all dialects."""

    def feed(self, chunk: bytes | bytearray) -> list[Delta]:
        """The next bytes; what they say.

        Raises:
            WireError: the bytes are not the dialect, from `offset` on.
            LimitError: past a bound.
            StateError: the decoder was finished.

        What came before the error is its attribute `deltas`; every later call raises the error again.
        """

    def finish(self) -> list[Delta]:
        """The end of the body; a delta of kind "truncated" if the provider did not announce it.

        Raises:
            WireError, LimitError, StateError: as `feed`.
        """

    @property
    def message(self) -> Message:
        """What was heard so far; also after an error."""

@final
class SseEvent:
    """An event of an event stream."""

    def __new__(cls, type: str, data: str, last_event_id: str) -> Self: ...
    @property
    def type(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def last_event_id(self) -> str: ...
    def __getnewargs__(self) -> tuple[str, str, str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class SseParser:
    """Parses one event stream by the WHATWG rules, whatever its events mean."""

    def __new__(cls) -> Self: ...
    def feed(self, chunk: bytes | bytearray) -> list[SseEvent]:
        """The next bytes; the events they complete.

        Raises:
            LimitError: a line or an event past the bounds; `events` are those before it.
        """

    @property
    def retry(self) -> int | None:
        """The reconnection time the stream asked for last, in milliseconds."""

    @property
    def last_event_id(self) -> str:
        """The last event id that an event has set."""
