"""The task: what is asked, of what shape the answer is, and what makes it good. Immutable and reusable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar, Unpack, overload

from atomic_ai.errors import TaskError
from atomic_ai.history import Turn, messages_of
from atomic_ai.message import Message, Part, Text, part_of, written
from atomic_ai.output import OutputType
from atomic_ai.providers.call import ReasoningEffort, Sampling
from atomic_ai.repair import Lenient, RepairName, repair_names
from atomic_ai.tool import Tool, tool

if TYPE_CHECKING:
    from pydantic import BaseModel

    from atomic_ai.join import Join

T = TypeVar("T")

Show = Literal["final", "committed", "lead"]


@dataclass(frozen=True, slots=True)
class Example:
    """One worked answer, shown to the model before the real input.

    Attributes:
        input: what was asked.
        output: the right answer, as the model should write it.
    """

    input: tuple[Part, ...] = field(repr=False)
    output: str = field(repr=False)


class TaskOptions(TypedDict, total=False):
    """What `Task(…)` takes besides the prompt and the output type; `Task`'s attributes say what each means."""

    system: str | None
    messages: Iterable[Turn]
    tools: Iterable[Tool | Callable[..., Any]]
    examples: Iterable[tuple[Any, Any]]
    criteria: Iterable[Any]
    validators: Iterable[Callable[[Any], object]]
    judge: Any
    join: Join
    task_class: str | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    seed: int | None
    stop: str | Sequence[str]
    frequency_penalty: float | None
    presence_penalty: float | None
    max_tokens: int | None
    reasoning_effort: ReasoningEffort | None
    allow: Iterable[str] | None
    metadata: Mapping[str, str]
    tags: Iterable[str]
    show: Show | None
    lenient: Lenient


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Task(Generic[T]):
    """One kind of work. `Task("…", output=Triage)` is a `Task[Triage]`; without an output type it is a `Task[str]`.

    Attributes:
        prompt: the instruction.
        shape: the answer's type, or None for text.
        system: the system message.
        messages: the conversation so far.
        input: what this run is about; `with_input` sets it.
        tools: what the model may propose to call.
        examples: worked answers, shown before the input.
        criteria: checks on the answer as it grows.
        validators: asked with the typed answer before rivals are stopped; False or an exception refuses it.
        judge: who scores answers: a model's name or a callable.
        join: when several lanes run, which of them make the answer; see `atomic_ai.join`.
        task_class: the class whose past decides the bids.
        sampling: how tokens are drawn.
        max_tokens: bound on the answer's tokens; None leaves it to the model's card.
        reasoning_effort: how hard a reasoning model should think.
        allow: tags of the models it may go to, at least one of which a model must carry; None means all models.
        metadata: the caller's own words, carried to every outcome.
        tags: labels for traces and metrics.
        show: what a caller of `stream` sees before the verdict; None means the default for text or typed output.
        lenient: what is repaired of an answer before its schema judges it, by name; `True` means every repair. The
            output is made of the repaired text; `response.text` stays as it was sent, and each lane's `Execution` says
            what was repaired.

    Raises:
        TaskError: an argument does not fit; the message names it.
    """

    prompt: str | None
    shape: OutputType[T] | None
    system: str | None
    messages: tuple[Message, ...]
    input: tuple[Part, ...]
    tools: tuple[Tool, ...]
    examples: tuple[Example, ...]
    criteria: tuple[Any, ...]
    validators: tuple[Callable[[Any], object], ...]
    judge: Any
    join: Join
    task_class: str | None
    sampling: Sampling
    max_tokens: int | None
    reasoning_effort: ReasoningEffort | None
    allow: frozenset[str] | None
    metadata: Mapping[str, str]
    tags: frozenset[str]
    show: Show | None
    lenient: tuple[RepairName, ...]
    _said: tuple[Message, ...] | None

    @overload
    def __init__(
        self: Task[str], prompt: str | None = None, *, output: None = None, **options: Unpack[TaskOptions]
    ) -> None: ...
    @overload
    def __init__(self, prompt: str | None = None, *, output: type[T], **options: Unpack[TaskOptions]) -> None: ...
    @overload
    def __init__(
        self: Task[Any], prompt: str | None = None, *, output: object, **options: Unpack[TaskOptions]
    ) -> None: ...
    def __init__(
        self,
        prompt: str | None = None,
        *,
        output: object = None,
        system: str | None = None,
        messages: Iterable[Turn] = (),
        tools: Iterable[Tool | Callable[..., Any]] = (),
        examples: Iterable[tuple[Any, Any]] = (),
        criteria: Iterable[Any] = (),
        validators: Iterable[Callable[[Any], object]] = (),
        judge: Any = None,
        join: Join = "first_valid",
        task_class: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        seed: int | None = None,
        stop: str | Sequence[str] = (),
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        max_tokens: int | None = None,
        reasoning_effort: ReasoningEffort | None = None,
        allow: Iterable[str] | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
        show: Show | None = None,
        lenient: Lenient = False,
    ) -> None:
        sampling = Sampling(
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            seed=seed,
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
        )
        self._set(
            prompt=_text_or_none("prompt", prompt),
            shape=None if output is None or output is str else OutputType(output),
            system=_text_or_none("system", system),
            messages=messages_of(messages),
            input=(),
            tools=_tools(tools),
            examples=tuple(_worked(pair) for pair in examples),
            criteria=tuple(criteria),
            validators=_callables(validators),
            judge=judge,
            join=join,
            task_class=_text_or_none("task_class", task_class),
            sampling=sampling,
            max_tokens=_count("max_tokens", max_tokens),
            reasoning_effort=_one_of("reasoning_effort", reasoning_effort, ReasoningEffort),
            allow=None if allow is None else _labels("allow", allow),
            metadata=checked_metadata(metadata or {}),
            tags=_labels("tags", tags),
            show=_one_of("show", show, Show),
            lenient=_repairs(lenient),
            _said=None,
        )

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def changed(self, **changes: Any) -> Task[Any]:
        """This task with other values of some attributes, taken as they are: for the flow's steps, which made them."""
        copy: Task[Any] = object.__new__(type(self))
        copy._set(**{f.name: getattr(self, f.name) for f in fields(self)} | {"_said": None} | changes)
        return copy

    def with_input(self, content: str | Part | BaseModel | Iterable[str | Part | BaseModel]) -> Task[T]:
        """This task about `content`: text, parts, or a pydantic model (as JSON); an earlier input is replaced.

        Raises:
            TaskError: something in it is no part.
        """
        return self.changed(input=_parts(content))

    def with_prompt(self, prompt: str) -> Task[T]:
        """This task with another instruction, such as a prompt variant or a re-ask."""
        return self.changed(prompt=_text_or_none("prompt", prompt))

    def continued(self, *turns: Message) -> Task[T]:
        """This task after further turns: everything said so far is history, and nothing new is asked but by `turns`."""
        said = (*self.conversation(), *turns)
        return self.changed(system=None, prompt=None, examples=(), input=(), messages=said)

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The answer's JSON Schema, or None for text."""
        return None if self.shape is None else self.shape.schema

    def allows(self, tags: Iterable[str]) -> bool:
        """Whether a model that carries `tags` may see this task."""
        return self.allow is None or not self.allow.isdisjoint(tags)

    def conversation(self) -> tuple[Message, ...]:
        """What a model is told: system, examples, history, then prompt and input.

        With examples the prompt joins the system message, so that example turns and the real one look alike.

        Raises:
            TaskError: there is nothing to say.
        """
        if self._said is None:
            self._set(_said=self._conversation())
        assert self._said is not None  # noqa: S101 - set above
        return self._said

    def _conversation(self) -> tuple[Message, ...]:
        lifted = bool(self.examples and self.input)
        system = "\n\n".join(filter(None, (self.system, self.prompt if lifted else None)))
        turns = [Message("system", system)] if system else []
        for example in self.examples:
            turns += [Message("user", example.input), Message("assistant", example.output)]
        turns += self.messages
        last: tuple[Part, ...] = self.input if lifted or not self.prompt else (Text(self.prompt), *self.input)
        if last:
            turns.append(Message("user", last))
        if all(turn.role == "system" for turn in turns):
            raise TaskError("nothing is asked: give the task a prompt, messages or an input")
        return tuple(turns)

    def __repr__(self) -> str:
        shape = "text" if self.shape is None else self.shape.name
        return f"Task({shape}, task_class={self.task_class!r})"


def _parts(content: object) -> tuple[Part, ...]:
    from pydantic import BaseModel

    if isinstance(content, str | Part | BaseModel):
        content = [content]
    if not isinstance(content, Iterable) or isinstance(content, bytes | Mapping):
        raise TaskError(f"an input is text, parts or a pydantic model, not {type(content).__name__}")
    return tuple(Text(item.model_dump_json()) if isinstance(item, BaseModel) else part_of(item) for item in content)


def _example(answer: object) -> str:
    try:
        return written(answer)
    except TaskError as error:
        raise TaskError(f"an example's answer: {error}") from None


def _worked(pair: object) -> Example:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TaskError("Task(examples=…) takes pairs: what was asked, and the right answer")
    return Example(_parts(pair[0]), _example(pair[1]))


def _callables(given: Iterable[Callable[[Any], object]]) -> tuple[Callable[[Any], object], ...]:
    validators = () if callable(given) else tuple(given)
    if callable(given) or not all(callable(one) for one in validators):
        raise TaskError("Task(validators=…) takes a list of functions of the typed answer")
    return validators


def checked_metadata(given: Mapping[str, str]) -> dict[str, str]:
    """A copy of a caller's metadata.

    Raises:
        TaskError: it is no dict with names as keys.
    """
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise TaskError("metadata is a dict with names as keys")
    return dict(given)


def _tools(given: Iterable[Tool | Callable[..., Any]]) -> tuple[Tool, ...]:
    tools = tuple(item if isinstance(item, Tool) else tool(item) for item in given)
    names = [item.name for item in tools]
    if len(set(names)) < len(names):
        raise TaskError(f"two tools share a name: {', '.join(sorted(names))}")
    return tools


def _repairs(lenient: Lenient) -> tuple[RepairName, ...]:
    try:
        return tuple(repair_names(lenient))
    except ValueError as error:
        raise TaskError(f"Task(lenient=…): {error}") from None


def _text_or_none(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TaskError(f"Task({name}=…) takes text, not {type(value).__name__}")
    return value


def _labels(name: str, value: Iterable[str]) -> frozenset[str]:
    if isinstance(value, str):
        raise TaskError(f"Task({name}=…) takes a list of words, not one text")
    return frozenset(value)


def _count(name: str, value: int | None) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise TaskError(f"Task({name}=…) takes a whole number above zero")
    return value


def _one_of(name: str, value: Any, choices: Any) -> Any:
    if value is not None and value not in choices.__args__:
        raise TaskError(f"Task({name}={value!r}): use one of {', '.join(choices.__args__)}")
    return value
