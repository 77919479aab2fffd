"""The winner's tool calls: each carried out once, in order, under a key; whatever goes wrong is told to the model."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from atomic_ai.errors import ToolError
from atomic_ai.message import Message, Text, ToolResult, ToolUse
from atomic_ai.task import Task
from atomic_ai.tool import Tool, tool
from atomic_ai.toolbox import RESULT_CHARS, Toolbox

pytestmark = pytest.mark.anyio


class Order(BaseModel):
    id: int


class Log:
    """Tools that write down what happens to them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.keys: list[str] = []
        self.running = 0
        self.together = 0

    def tools(self) -> list[Tool]:
        @tool
        async def pay(amount: int, idempotency_key: str) -> str:
            """Pay."""
            self.keys.append(idempotency_key)
            await self._work(f"pay {amount}")
            return f"paid {amount}"

        @tool(effects="read")
        async def look(what: str) -> dict[str, str]:
            """Look."""
            await self._work(f"look {what}")
            return {"what": what}

        return [pay, look]

    async def _work(self, what: str) -> None:
        self.seen.append(what)
        self.running += 1
        self.together = max(self.together, self.running)
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        self.running -= 1


def use(name: str, arguments: str = "{}", call: str = "c") -> ToolUse:
    return ToolUse(call, name, arguments)


async def results(box: Toolbox, *uses: ToolUse, text: str = "") -> list[ToolResult]:
    with anyio.fail_after(5):
        said, told = await box.carry_out(text, uses, lambda use, key: None)
    assert said.role == "assistant"
    assert told.role == "tool"
    assert said.parts[-len(uses) :] == uses
    return list(told.parts)  # type: ignore[arg-type]


async def test_a_call_is_carried_out_and_told() -> None:
    log = Log()
    box = Toolbox(log.tools(), scope="r")
    said, told = await box.carry_out("Paying.", [use("pay", '{"amount": 3}', "c1")], lambda use, key: None)
    assert said == Message("assistant", [Text("Paying."), use("pay", '{"amount": 3}', "c1")])
    assert told == Message("tool", [ToolResult("c1", "pay", "paid 3")])
    assert log.seen == ["pay 3"]


async def test_what_is_no_text_is_told_as_json() -> None:
    @tool
    def find() -> list[Order]:
        """Find."""
        return [Order(id=1)]

    assert (await results(Toolbox([find], scope="r"), use("find")))[0].content == '[{"id":1}]'


async def test_reads_run_together_and_a_write_alone_and_in_its_place() -> None:
    log = Log()
    uses = [
        use("look", '{"what": "a"}'),
        use("look", '{"what": "b"}'),
        use("pay", '{"amount": 1}'),
        use("pay", '{"amount": 2}'),
        use("look", '{"what": "c"}'),
    ]
    told = await results(Toolbox(log.tools(), scope="r"), *uses)
    assert log.together == 2
    assert sorted(log.seen[:2]) == ["look a", "look b"]
    assert log.seen[2:] == ["pay 1", "pay 2", "look c"]
    assert [result.content for result in told] == [
        '{"what":"a"}',
        '{"what":"b"}',
        "paid 1",
        "paid 2",
        '{"what":"c"}',
    ]


async def test_each_call_is_announced_with_its_key_before_it_runs() -> None:
    log = Log()
    announced: list[tuple[str, str]] = []

    def announce(use: ToolUse, key: str) -> None:
        assert not log.seen
        announced.append((use.name, key))

    await Toolbox(log.tools(), scope="r").carry_out("", [use("pay", '{"amount": 1}')], announce)
    assert announced == [("pay", log.keys[0])]


async def test_the_same_call_twice_in_a_turn_is_two_calls_with_two_keys() -> None:
    log = Log()
    await results(Toolbox(log.tools(), scope="r"), use("pay", '{"amount": 1}'), use("pay", '{"amount": 1}'))
    assert len(set(log.keys)) == 2


async def test_a_turn_that_is_repeated_carries_out_nothing_twice() -> None:
    log = Log()
    box = Toolbox(log.tools(), scope="r")
    first = await results(box, use("pay", '{"amount": 1}'))
    box.turns -= 1  # as if the turn's end had been lost
    assert await results(box, use("pay", '{"amount": 1}')) == first
    assert log.seen == ["pay 1"]


async def test_a_call_cut_off_is_not_repeated() -> None:
    started: list[str] = []

    @tool
    async def pay() -> str:
        """Pay."""
        started.append("pay")
        await anyio.sleep_forever()
        return ""

    box = Toolbox([pay], scope="r")
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:

            async def leave() -> None:
                while not started:
                    await anyio.lowlevel.checkpoint()
                scope.cancel()

            tasks.start_soon(leave)
            await box.carry_out("", [use("pay")], lambda use, key: None)
    assert scope.cancelled_caught
    (result,) = await results(box, use("pay"))
    assert started == ["pay"]
    assert result.failed
    assert "unknown" in result.content


@tool
async def breaks() -> str:
    """Break."""
    raise RuntimeError("canary")


@tool
async def says() -> str:
    """Say."""
    raise ToolError("the order has been shipped already")


@tool
async def odd() -> object:
    """Give what has no JSON."""
    return object()


@tool
async def number(n: int) -> int:
    """Give a number."""
    return n


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (use("breaks"), "it raised RuntimeError"),
        (use("says"), "the order has been shipped already"),
        (use("odd"), "no JSON can be made of a object"),
        (use("number", '{"n": "canary"}'), "the arguments do not fit (n: int_parsing)"),
        (use("number", '{"n": 1, "canary": 2}'), "do not fit"),
        (use("number", "canary"), "do not fit"),
        (use("numbr", "{}"), "no tool is called 'numbr': did you mean 'number'?"),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model(call: ToolUse, told: str, caplog: pytest.LogCaptureFixture) -> None:
    (result,) = await results(Toolbox([breaks, says, odd, number], scope="r"), call)
    assert result.failed
    assert told in result.content
    if call.name == "breaks":
        assert "canary" not in result.content
        assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


async def test_a_long_result_is_cut_and_says_so() -> None:
    @tool
    def long() -> str:
        """Be long."""
        return "x" * (RESULT_CHARS + 5)

    (result,) = await results(Toolbox([long], scope="r"), use("long"))
    assert result.content.endswith("(cut: 5 more characters)")


async def test_calls_of_a_tool_without_function_are_the_callers() -> None:
    theirs = Tool("theirs", "Yours to do.", {"type": "object"})
    box = Toolbox([theirs, number], scope="r")
    assert box.handed_over([use("number", '{"n": 1}'), use("theirs")])
    assert not box.handed_over([use("number", '{"n": 1}'), use("nobodys")])


async def test_the_turns_that_follow_are_a_conversation() -> None:
    task = Task("Pay three.", system="Be careful.", tools=[number])
    turns = await Toolbox(task.tools, scope="r").carry_out("", [use("number", '{"n": 3}', "c1")], lambda use, key: None)
    said = task.continued(*turns).conversation()
    assert [message.role for message in said] == ["system", "user", "assistant", "tool"]
    assert said[-1].parts == (ToolResult("c1", "number", "3"),)


KEYS = st.tuples(st.text(max_size=4), st.integers(0, 3), st.text(max_size=4), st.text(max_size=4))


@given(st.lists(KEYS, min_size=2, max_size=2, unique=True))
def test_different_calls_have_different_keys(calls: list[Any]) -> None:
    keys = set()
    for scope, index, name, arguments in calls:
        if "\0" in scope + name + arguments:
            return
        keys.add(Toolbox([], scope=scope).key(index, use(name, arguments)))
    assert len(keys) == 2
