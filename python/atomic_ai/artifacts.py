"""The four artifacts that flow: Request, Microtask, Execution, Response. A trace is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from atomic_ai.cost import Cost, Usage

if TYPE_CHECKING:
    from atomic_ai.message import Message
    from atomic_ai.trace import Trace

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for.

    Attributes:
        id: unique per request.
        time: when it arrived, in UTC.
        input_hash: BLAKE2b of the input's canonical JSON; a trace keeps no prompt.
        input_chars: the input's length in characters.
        metadata: the caller's own, carried to the outcome.
        schema: the output's JSON Schema, or None for text.
    """

    id: str
    time: datetime
    input_hash: str
    input_chars: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Microtask:
    """One auctioned piece of a request.

    Attributes:
        id: unique per request; the field's or function's name where it has one.
        request_id: the request it belongs to.
        task_class: the class it is profiled under, or None.
        input_schema: JSON Schema of its input, or None for free text.
        output_schema: JSON Schema of its output, or None for text.
        constraints: what an eligible model must offer (tags, features).
        criteria: names of the criteria its text is held to.
        deadline_s: seconds from its start, or None.
    """

    id: str
    request_id: str
    task_class: str | None = None
    input_schema: Mapping[str, Any] | None = None
    output_schema: Mapping[str, Any] | None = None
    constraints: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    deadline_s: float | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """One lane's one outcome, the stopped ones too.

    Attributes:
        microtask: the microtask's id.
        lane: the lane's number in its race.
        round: which race of the microtask, from 0: a re-ask and a turn with tool results are further ones.
        model: the model's name.
        outcome: "won", "used" (merged or quorum), or why it ended: the stop reason, or how the stream ended.
        detail: a sentence for people, without text of the caller's.
        output_hash: BLAKE2b of the text heard, or None where nothing was.
        output_chars: its length.
        started_s: seconds after the request's start.
        first_token_s: likewise, None where none came.
        ended_s: likewise.
        usage: tokens, marked where estimated.
        cost_usd: what this lane cost.
        finish_reason: as the provider sent it.
        dead_at: the fatal byte of its document, or None.
        violations: (keyword, schema path, instance path, offset) of each violation.
        quality: what judge and criteria made of it, or None.
        repairs: (name, offset) of what was repaired of its document before the schema judged it.
    """

    microtask: str
    lane: int
    model: str
    outcome: str
    round: int = 0
    detail: str = ""
    output_hash: str | None = None
    output_chars: int = 0
    started_s: float = 0.0
    first_token_s: float | None = None
    ended_s: float = 0.0
    usage: Usage = Usage(0, 0, 0, estimated=True)
    cost_usd: float = 0.0
    finish_reason: str | None = None
    dead_at: int | None = None
    violations: tuple[tuple[str, str, str, int], ...] = ()
    quality: float | None = None
    repairs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Response(Generic[T_co]):
    """The one answer.

    Attributes:
        request_id: the request it answers.
        time: when it was complete, in UTC.
        output: the typed, validated output; the text itself for a task without output type.
        text: the winner's text as it was sent.
        message: the answer as a message, ready to be appended to a history.
        model: the winner's name; several, joined by "+", where lanes or microtasks were combined.
        cost: what it cost.
        latency_s: seconds from request to answer.
        trace: the record of every decision.
        validation: "valid" (schema and validators passed), "text" (nothing to validate), "fallback"
            (the caller's `on_deadline` value).
        metadata: the caller's own.
    """

    request_id: str
    time: datetime
    output: T_co
    text: str
    message: Message
    model: str
    cost: Cost
    latency_s: float
    trace: Trace
    validation: Literal["valid", "text", "fallback"]
    metadata: Mapping[str, str] = field(default_factory=dict)
