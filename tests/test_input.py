"""Tasks, messages, tools, cards, budgets: what they accept, what they refuse and how they say it."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import math
import pickle
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from atomic_ai.budget import Budget
from atomic_ai.errors import BudgetError, ConfigError, DeadlineError, MisuseError, TaskError
from atomic_ai.message import File, Image, Message, Text, ToolResult, ToolUse
from atomic_ai.model import Model, Timeouts
from atomic_ai.secret import Secret, origin_of
from atomic_ai.task import Task
from atomic_ai.tool import Tool, tool

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
CANARY = "canary-7f3a"


class Triage(BaseModel):
    priority: int
    reason: str = ""


# --- tasks


def test_a_task_speaks_system_history_then_prompt_and_input() -> None:
    task = Task("Sort it.", system="Be brief.", messages=["earlier"]).with_input(["mail", Image(PNG)])
    system, earlier, last = task.conversation()
    assert (system.role, system.text) == ("system", "Be brief.")
    assert earlier == Message("user", "earlier")
    assert last == Message("user", [Text("Sort it."), Text("mail"), Image(PNG)])


def test_with_input_leaves_the_task_as_it_was_and_replaces_an_earlier_input() -> None:
    task = Task("Sort it.")
    assert task.with_input("a").with_input("b").input == (Text("b"),)
    assert task.input == ()


def test_examples_come_before_the_input_and_lift_the_prompt_into_the_system_message() -> None:
    task = Task("Sort it.", examples=[("fire!", Triage(priority=1))], output=Triage).with_input("tea?")
    assert task.conversation() == (
        Message("system", "Sort it."),
        Message("user", "fire!"),
        Message("assistant", '{"priority":1,"reason":""}'),
        Message("user", "tea?"),
    )


def test_a_pydantic_input_is_sent_as_json() -> None:
    task = Task("Check it.").with_input(Triage(priority=2))
    assert task.conversation()[-1].parts[-1] == Text('{"priority":2,"reason":""}')


def test_the_output_type_gives_schema_and_parser() -> None:
    task = Task("Sort it.", output=Triage)
    assert task.schema is not None
    assert task.schema["required"] == ["priority"]
    assert task.shape is not None
    assert task.shape.parse(b'{"priority": 3}') == Triage(priority=3)
    assert Task("Say.", output=str).shape is None


@pytest.mark.parametrize("number", ["9007199254740993", "18446744073709551617", "-" + "123456789" * 100])
def test_a_large_integer_is_read_to_its_last_digit(number: str) -> None:
    for text in (number, f'{{"n": [{number}]}}'):
        shape = Task("Count.", output={"type": ["integer", "object"]}).shape
        assert shape is not None
        assert json.dumps(shape.parse(text)) == text


@pytest.mark.parametrize("output", [list[int], Literal["a", "b"], int | None, dict[str, float]])
def test_any_type_that_pydantic_knows_is_an_output_type(output: Any) -> None:
    assert Task("Do it.", output=output).schema


class Opaque:
    """A class that has no JSON Schema."""


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: Task(7), "prompt"),
        (lambda: Task("x", output=Opaque), "Opaque"),
        (lambda: Task("x", output=list[Opaque]), "output="),
        (lambda: Task("x", max_tokens=0), "max_tokens"),
        (lambda: Task("x", reasoning_effort="most"), "reasoning_effort"),
        (lambda: Task("x", show="all"), "show"),
        (lambda: Task("x", tags="one"), "tags"),
        (lambda: Task("x", allow="eu"), "allow"),
        (lambda: Task("x", tools=[tool(twice), twice]), "twice"),
        (lambda: Task("x", temperature=math.nan), "temperature"),
        (lambda: Task("x", temperature="hot"), "temperature"),
        (lambda: Task("x", top_p=1.5), "top_p"),
        (lambda: Task("x", top_k=0), "top_k"),
        (lambda: Task("x", seed=0.5), "seed"),
        (lambda: Task("x", presence_penalty=-3), "presence_penalty"),
        (lambda: Task("x", stop=["", "y"]), "stop"),
        (lambda: Task("x", stop=[7]), "stop"),
        (lambda: Task("x", metadata={1: "a"}), "metadata"),
        (lambda: Task("x", metadata=["a"]), "metadata"),
        (lambda: Task("x", validators=print), "validators"),
        (lambda: Task("x", validators=["a"]), "validators"),
        (lambda: Task("x", examples=["ab"]), "examples"),
        (lambda: Task("x", task_class=7), "task_class"),
        (lambda: Task("x").with_input(7), "int"),
        (lambda: Task("x").with_input([7]), "int"),
        (lambda: Task("x").with_input(b"bytes"), "bytes"),
        (lambda: Task("x", examples=[("a", object())]), "example"),
        (lambda: Task(system="only this").conversation(), "nothing is asked"),
    ],
)
def test_a_task_refuses_what_does_not_fit_and_names_it(make: Any, place: str) -> None:
    with pytest.raises(TaskError, match=place):
        make()


def test_a_task_is_immutable_and_pickles() -> None:
    task = Task("Sort it.", output=Triage, metadata={"caller": "a"}, temperature=0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.prompt = "else"  # type: ignore[misc]
    copied = pickle.loads(pickle.dumps(task))
    assert (copied.prompt, copied.sampling, copied.schema) == (task.prompt, task.sampling, task.schema)


def test_allow_names_the_models_a_task_may_go_to() -> None:
    task = Task("x", allow=["eu", "own"])
    assert task.allows({"eu", "fast"})
    assert not task.allows({"us"})
    assert not task.allows(())
    assert Task("x").allows(())


def test_no_repr_shows_a_prompt() -> None:
    task = Task(CANARY, system=CANARY, messages=[CANARY], examples=[(CANARY, CANARY)]).with_input(
        [CANARY, File(CANARY.encode(), "text/plain")]
    )
    turns = (Message("assistant", [ToolUse("1", "t", CANARY), ToolResult("1", "t", CANARY)]), Image("http://" + CANARY))
    assert CANARY not in repr((task, task.conversation(), task.input, task.examples, turns))


# --- messages


def test_a_picture_tells_its_own_format() -> None:
    found = [Image(head + bytes(9)).media_type for head in (PNG, b"\xff\xd8\xff", b"GIF89a", b"RIFF0000WEBP")]
    assert found == ["image/png", "image/jpeg", "image/gif", "image/webp"]
    assert Image(b"odd", "image/x-odd").media_type == "image/x-odd"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Image(b""),
        lambda: Image(b"no picture"),
        lambda: Image("mail.png"),
        lambda: Image(7),
        lambda: File(b""),
        lambda: File("text"),
        lambda: File(b"x", "pdf"),
        lambda: Message("oracle", "x"),
        lambda: Message("user", [object()]),
    ],
)
def test_parts_refuse_what_is_none(make: Any) -> None:
    with pytest.raises(TaskError):
        make()


def test_history_in_openai_style_becomes_messages() -> None:
    data = "data:image/png;base64," + base64.b64encode(PNG).decode()
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":1}'}}
    task = Task(
        messages=[
            {"role": "developer", "content": "Rules."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "See:"},
                    {"type": "image_url", "image_url": {"url": data, "detail": "low"}},
                    {"type": "image_url", "image_url": "https://e.org/a.png"},
                    {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "found"},
        ]
    )
    assert task.conversation() == (
        Message("system", "Rules."),
        Message(
            "user",
            [
                Text("See:"),
                Image(PNG, "image/png", "low"),
                Image("https://e.org/a.png"),
                File(b"hi", "text/plain", "a.txt"),
            ],
        ),
        Message("assistant", ToolUse("c1", "look", '{"at":1}')),
        Message("tool", ToolResult("c1", "look", "found")),
    )


@pytest.mark.parametrize(
    ("turn", "place"),
    [
        (7, r"messages\[1\]"),
        ({"role": "oracle", "content": "x"}, r"messages\[1\].role"),
        ({"role": ["user"], "content": "x"}, r"messages\[1\].role"),
        ({"role": "user"}, r"messages\[1\] says nothing"),
        ({"role": "user", "content": 7}, r"messages\[1\].content"),
        ({"role": "user", "content": [7]}, r"content\[0\]"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, r"content\[0\].type"),
        ({"role": "user", "content": [{"type": "text"}]}, r"content\[0\].type"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, r"image_url.url"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "data:x,y"}]}, "base64"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": "data:a/b;base64,!"}]}, "base64"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}, "file_data"),
        ({"role": "assistant", "tool_calls": [{}]}, r"tool_calls\[0\].function"),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "x"}}]}, r"tool_calls\[0\].function"),
        ({"role": "tool", "content": "x"}, "tool_call_id"),
        ({"role": "tool", "tool_call_id": "nobody", "content": "x"}, "tool_call_id"),
    ],
)
def test_a_turn_that_cannot_be_read_is_named_by_its_place(turn: Any, place: str) -> None:
    with pytest.raises(TaskError, match=place):
        Task(messages=["fine", turn])


_CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
_HISTORY: list[Any] = [
    {"role": "system", "content": "Rules."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "See:"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
            {"type": "file", "file": {"filename": "a", "file_data": "data:text/plain;base64,aGk="}},
        ],
    },
    {"role": "assistant", "content": "So.", "tool_calls": [_CALL]},
    {"role": "tool", "tool_call_id": "c1", "name": "look", "content": "found"},
]
_JUNK: list[Any] = [
    None,
    5,
    True,
    "",
    "junk",
    "data:a/b;base64,",
    b"b",
    [],
    [5],
    [None],
    {},
    {"type": "text"},
    object(),
]


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in keys:
        yield (*path, key)
        yield from _places(part, (*path, key))


@pytest.mark.parametrize("place", list(_places(_HISTORY)), ids=lambda place: ".".join(map(str, place)))
def test_junk_anywhere_in_a_history_is_read_or_refused_by_its_place(place: tuple[Any, ...]) -> None:
    for junk in _JUNK:
        history = copy.deepcopy(_HISTORY)
        holder = history
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = junk
        try:
            Task(messages=history).conversation()
        except TaskError as error:
            told = str(error)
        else:
            continue
        assert f"messages[{place[0]}]" in told or "messages[3].tool_call_id" in told


def test_messages_wants_a_list() -> None:
    with pytest.raises(TaskError, match="list of turns"):
        Task(messages="hello")


# --- tools


def twice(number: int, note: str = "-") -> str:
    """Double a number."""
    return f"{number * 2}{note}"


@pytest.mark.anyio
async def test_a_tool_takes_schema_and_words_from_its_function() -> None:
    made = tool(twice)
    assert (made.name, made.description, made.effects) == ("twice", "Double a number.", "write")
    assert made.parameters["required"] == ["number"]
    assert made.parameters["additionalProperties"] is False
    assert await made.invoke('{"number": 4}', "k") == "8-"
    assert await made.invoke(b'{"number": 4, "note": "!"}', "k") == "8!"


@pytest.mark.anyio
async def test_a_tool_hands_its_idempotency_key_on_without_showing_it_to_the_model() -> None:
    @tool(effects="read", name="look_up", description="Finds it.")
    async def look(what: str, *, idempotency_key: str) -> tuple[str, str]:
        return what, idempotency_key

    assert list(look.parameters["properties"]) == ["what"]
    assert (look.name, look.description, look.effects) == ("look_up", "Finds it.", "read")
    assert await look.invoke('{"what": "x"}', "key-1") == ("x", "key-1")


@pytest.mark.anyio
@pytest.mark.parametrize("arguments", ["{}", '{"number": "many"}', '{"number": 1, "more": 2}', "[]", "{"])
async def test_arguments_that_do_not_fit_are_refused_without_quoting_them(arguments: str) -> None:
    with pytest.raises(TaskError, match="'twice'") as caught:
        await tool(twice).invoke(arguments, "k")
    assert "many" not in str(caught.value)


@pytest.mark.anyio
async def test_a_tool_without_a_function_is_not_invoked() -> None:
    with pytest.raises(TaskError, match="no function"):
        await Tool("bare", "", {"type": "object"}).invoke("{}", "k")


def test_tools_refuse_signatures_that_no_model_can_call() -> None:
    def untyped(x): ...  # type: ignore[no-untyped-def]

    def several(*x: int) -> None: ...

    def opaque(x: Opaque) -> None: ...

    for function, place in ((untyped, "no type"), (several, "by name"), (opaque, "no JSON Schema")):
        with pytest.raises(TaskError, match=place):
            tool(function)
    with pytest.raises(TaskError, match="effects"):
        tool(effects="maybe")(twice)  # type: ignore[call-overload]
    with pytest.raises(TaskError, match="object"):
        Tool("t", "", {"type": "string"})


# --- cards, keys, budgets


def test_a_card_needs_a_name_and_two_prices_only() -> None:
    card = Model("fast", price_in=1, price_out=4)
    assert (card.model, card.provider, card.priced, card.cancel) == ("fast", None, True, "stops")
    assert card.cost(1_000_000, 500_000) == 3
    assert not Model("free").priced


def test_cached_tokens_are_counted_inside_the_input() -> None:
    card = Model("m", price_in=10, price_out=0, price_cached=1)
    assert card.cost(1_000, 0, cached_tokens=400) == pytest.approx((600 * 10 + 400 * 1) / 1e6)
    assert Model("m", price_in=10).cost(1_000, 0, cached_tokens=400) == pytest.approx(0.01)


@pytest.mark.parametrize(("provider", "cancel"), [("openai", "stops"), ("gemini", "bills"), ("groq", "bills")])
def test_a_card_knows_what_closing_a_stream_does(provider: str, cancel: str) -> None:
    assert Model("m", provider=provider).cancel == cancel
    assert Model("m", provider=provider, cancel="stops").cancel == "stops"


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"price_in": -1}, "price_in"),
        ({"price_out": math.nan}, "price_out"),
        ({"price_out": math.inf}, "price_out"),
        ({"price_cached": "1"}, "price_cached"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"context": True}, "context"),
        ({"capabilities": ["visoin"]}, "did you mean 'vision'"),
        ({"capabilities": "vision"}, "list of words"),
        ({"cancel": "maybe"}, "cancel"),
        ({"headers": {"x-a": "b\r\nx-evil: 1"}}, "x-a"),
        ({"headers": {"x-a\n": "b"}}, "line break"),
        ({"api_key": "sk-\r\nx"}, "api_key"),
        ({"api_key": ""}, "api_key"),
        ({"base_url": "api.example.org"}, "https://"),
        ({"base_url": "ftp://example.org"}, "https://"),
        ({"base_url": "https://me:pw@example.org"}, "password"),
        ({"base_url": "https://example.org:none"}, "port"),
        ({"base_url": "https://example.org/v1?key=evil"}, "api_key"),
        ({"base_url": "https://example.org/\r\nx-evil: 1"}, "control"),
    ],
)
def test_a_card_refuses_what_does_not_fit_and_names_it(arguments: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError, match=place) as caught:
        Model("m", **arguments)
    assert "evil" not in str(caught.value)


def test_a_card_needs_a_name() -> None:
    with pytest.raises(ConfigError):
        Model("")


def test_timeouts_are_positive() -> None:
    with pytest.raises(ConfigError, match="gap_s"):
        Timeouts(gap_s=0)


def test_a_key_shows_itself_to_nobody() -> None:
    card = Model("m", provider="openai", api_key=CANARY, headers={"x-auth": CANARY})
    assert card.api_key is not None
    shown = (repr(card), str(card), f"{card.api_key}", f"{card.api_key!r}", repr(dataclasses.asdict(card)["api_key"]))
    assert CANARY not in "".join(shown)
    with pytest.raises(MisuseError):
        pickle.dumps(card)
    assert copy.deepcopy(card.api_key) is card.api_key


def test_a_key_goes_to_its_own_origin_only() -> None:
    card = Model("m", provider="openai", api_key=CANARY)
    assert card.api_key is not None
    assert card.api_key.reveal_for("https://api.openai.com:443") == CANARY
    with pytest.raises(MisuseError, match="bound to"):
        card.api_key.reveal_for("https://evil.example:443")
    moved = dataclasses.replace(card, base_url="https://evil.example/v1")
    assert moved.api_key is not None
    with pytest.raises(MisuseError):
        moved.api_key.reveal_for("https://evil.example:443")
    with pytest.raises(MisuseError, match="no origin"):
        Secret(CANARY).reveal_for("https://api.openai.com:443")


def test_origins_are_compared_whole() -> None:
    assert origin_of("https://Example.org/v1") == origin_of("https://example.org:443/other")
    assert origin_of("http://[::1]:8/x") == "http://[::1]:8"
    assert origin_of("http://example.org") != origin_of("https://example.org")


def test_budgets_that_are_spent_or_late_are_refused() -> None:
    for usd in (0, -1.0):
        with pytest.raises(BudgetError):
            Budget(usd=usd)
    for deadline in (0, -0.5):
        with pytest.raises(DeadlineError):
            Budget(deadline_s=deadline)
    for bad in ("2", math.nan, True):
        with pytest.raises(ConfigError):
            Budget(usd=bad)  # type: ignore[arg-type]


def test_a_budget_shrinks_until_nothing_is_left() -> None:
    budget = Budget(usd=1.0, deadline_s=2.0).after(0.25, 0.5)
    assert budget == Budget(usd=0.75, deadline_s=1.5)
    assert Budget().after(100, 100) == Budget()
    with pytest.raises(BudgetError):
        budget.after(0.75, 0)
    with pytest.raises(DeadlineError):
        budget.after(0, 1.5)
