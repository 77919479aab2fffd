"""What happens in a request, as one typed stream: hooks, traces and `async for` read the same events.

Times are seconds since the request began. Events hold facts, lengths and offsets; text is in those that exist to carry
it (`TextDelta`, `Partial`, `ToolCall`, `Interrupted`, `Completed`), and in `LaneGrew` if `trace_text=True`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from atomic_ai._core import Award
    from atomic_ai.artifacts import Execution, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """Common to all events: when, in which request and microtask."""

    kind: ClassVar[str]
    at_s: float
    request_id: str
    microtask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered(_Event):
    """A model was not asked to bid: `reasons` names the missing features, tags or states."""

    kind = "filtered"
    model: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued(_Event):
    """Every model that may bid rests: the request waits for `wait_s` seconds, then asks again."""

    kind = "queued"
    models: tuple[str, ...]
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded(_Event):
    """The auction cleared: the plan, its lanes in order of start, and what it is expected to give."""

    kind = "awarded"
    plan: str
    lanes: tuple[str, ...]
    quality: float
    cost_usd: float
    latency_s: float
    award: Award

    @property
    def explanation(self) -> str:
        """The award in words and a table; `award.explain("json")` has it as numbers."""
        return self.award.explain()


@dataclass(frozen=True, slots=True, kw_only=True)
class _LaneEvent(_Event):
    """Common to the events of one lane.

    Attributes:
        round: which race of the microtask, from 0: a re-ask and a turn with tool results are further ones.
        lane: its number in the race.
        model: its model's name.
    """

    round: int
    lane: int
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneStarted(_LaneEvent):
    """A call left; `stripped` lists schema keywords the provider refused, `continues` marks a continuation."""

    kind = "lane_started"
    stripped: tuple[str, ...] = ()
    continues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedged(_LaneEvent):
    """A hedge was due, or would have been: whether `lane` was sent, and the grounds."""

    kind = "hedged"
    sent: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOpened(_LaneEvent):
    """Response headers arrived."""

    kind = "lane_opened"
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstToken(_LaneEvent):
    """The first delta of the answer arrived."""

    kind = "first_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneGrew(_LaneEvent):
    """A lane's text is `chars` long now; `text` is what was added, if `trace_text=True`.

    Made only where there are hooks or a trace that keeps text.
    """

    kind = "lane_grew"
    chars: int
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionSettled(_LaneEvent):
    """A criterion, or the judge, or acceptance, has its answer for a lane."""

    kind = "criterion_settled"
    criterion: str
    passed: bool
    score: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violated(_LaneEvent):
    """A lane's document died at byte `offset`."""

    kind = "violated"
    keyword: str
    schema_path: str
    instance_path: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(_LaneEvent):
    """This lane alone will be shown; it is never retracted."""

    kind = "committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta(_LaneEvent):
    """Text released to the caller; `continued` marks text of a lane that continues a dead one."""

    kind = "text_delta"
    text: str
    continued: bool = False


_set_at_s = vars(_Event)["at_s"].__set__
_set_request_id = vars(_Event)["request_id"].__set__
_set_microtask = vars(_Event)["microtask"].__set__
_set_round = vars(_LaneEvent)["round"].__set__
_set_lane = vars(_LaneEvent)["lane"].__set__
_set_model = vars(_LaneEvent)["model"].__set__
_set_text = vars(TextDelta)["text"].__set__
_set_continued = vars(TextDelta)["continued"].__set__
_new = object.__new__


def text_delta(
    request_id: str, microtask: str, number: int, lane: int, model: str, continued: bool, at_s: float, text: str
) -> TextDelta:
    """A `TextDelta` of round `number`, made without its constructor.

    Text is what most events are about, and what a frozen dataclass does for each field is most of their cost: here the
    slots are written as they are. What a lane's deltas have in common comes first, for `functools.partial`.
    """
    event = _new(TextDelta)
    _set_at_s(event, at_s)
    _set_request_id(event, request_id)
    _set_microtask(event, microtask)
    _set_round(event, number)
    _set_lane(event, lane)
    _set_model(event, model)
    _set_text(event, text)
    _set_continued(event, continued)
    return event


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(_LaneEvent):
    """The growing value of the shown lane: a snapshot."""

    kind = "partial"
    value: Any


_set_value = vars(Partial)["value"].__set__


def partial_value(
    request_id: str, microtask: str, number: int, lane: int, model: str, at_s: float, value: object
) -> Partial:
    """A `Partial` of round `number`, made as `text_delta` makes a `TextDelta`."""
    event = _new(Partial)
    _set_at_s(event, at_s)
    _set_request_id(event, request_id)
    _set_microtask(event, microtask)
    _set_round(event, number)
    _set_lane(event, lane)
    _set_model(event, model)
    _set_value(event, value)
    return event


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall(_LaneEvent):
    """A tool call of the winner, about to be executed once under `idempotency_key`."""

    kind = "tool_call"
    id: str
    name: str
    arguments: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced(_LaneEvent):
    """With `show="lead"`: what was shown of lane `previous` is void, `lane` leads now."""

    kind = "replaced"
    previous: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(_LaneEvent):
    """A committed lane died and nobody could continue it; `partial` is what was shown."""

    kind = "interrupted"
    partial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneEnded(_LaneEvent):
    """A lane's one outcome."""

    kind = "lane_ended"
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(_LaneEvent):
    """The race has its winner, and why."""

    kind = "decided"
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(_Event):
    """The request's one outcome; the last event."""

    kind = "completed"
    response: Response[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Event):
    """The request's one outcome, where there is no answer.

    Attributes:
        error: the error's class; "Cancelled" where the caller went away.
        detail: its message.
        cost_usd: what was paid all the same.
        metadata: the caller's own.
    """

    kind = "failed"
    error: str
    detail: str
    cost_usd: float = 0.0
    metadata: Mapping[str, str] = field(default_factory=dict)


Event = (
    Filtered
    | Queued
    | Awarded
    | LaneStarted
    | Hedged
    | LaneOpened
    | FirstToken
    | LaneGrew
    | CriterionSettled
    | Violated
    | Committed
    | TextDelta
    | Partial
    | ToolCall
    | Replaced
    | Interrupted
    | LaneEnded
    | Decided
    | Completed
    | Failed
)
