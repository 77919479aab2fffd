"""The race through Python: orders, questions and events as a driver sees them."""

import json
import random

import pytest

from atomic_ai._core import STOP_REASONS, Delta, Output, Race
from atomic_ai.criteria import compile_criteria, contains, forbids
from atomic_ai.errors import ConfigError, StateError
from atomic_ai.schema import Schema

NUMBER = Schema({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


def race(schema=None, criteria=None, tools=None, **config):
    config.setdefault("lanes", [{}, {}])
    return Race(json.dumps(config), schema, criteria and compile_criteria(criteria), tools)


def started(*args, **config):
    it = race(*args, **config)
    for output in it.start(0):
        if isinstance(output, Output.Start):
            it.opened(0, output.lane, 200)
    return it


def say(it, now, lane, *texts, stop=False):
    deltas = [Delta("text", text) for text in texts]
    return it.deltas(now, lane, [*deltas, Delta("finish", reason="stop")] if stop else deltas)


def of(kind, outputs):
    return [output for output in outputs if isinstance(output, kind)]


def test_the_first_good_lane_wins():
    it = started(NUMBER)
    outputs = say(it, 1, 0, '{"n": "one"}')
    assert [(stop.lane, stop.reason) for stop in of(Output.Stop, outputs)] == [(0, "schema_dead")]
    assert it.lane(0).verdict.dead_at == 6
    outputs = say(it, 2, 1, '{"n": 1} and more')
    match of(Output.Decided, outputs):
        case [Output.Decided(winner, lanes, why)]:
            assert (winner, lanes, why) == (1, [1], "first_valid")
        case _:
            pytest.fail("no decision")
    assert "".join(text.text for text in of(Output.Text, outputs)) == '{"n": 1}'
    outputs = it.ended(3, 1, "end")
    assert [(over.verdict, over.lane) for over in of(Output.Over, outputs)] == [("won", 1)]
    assert it.over
    lane = it.lane(1)
    assert (lane.outcome, lane.value, lane.chars, lane.state) == ("won", {"n": 1}, 8, "done")
    assert lane.timing == {
        "started": 0, "opened": 0, "first_byte": 2, "first_token": 2, "last_token": 2, "ended": 3,
    }  # fmt: skip


def test_every_list_ends_with_wait():
    it = race(lanes=[{"deadlines": {"connect_ns": 50}}])
    outputs = it.start(7)
    assert isinstance(outputs[0], Output.Start)
    match outputs[-1]:
        case Output.Wait(until, why):
            assert (until, why) == (57, "lane 0 late_connect")
        case _:
            pytest.fail("no wait")
    outputs = it.tick(57)
    assert [ended.outcome for ended in of(Output.LaneEnded, outputs)] == ["late_connect"]
    assert outputs[-1].until is None


def test_acceptance_is_asked_before_rivals_are_stopped():
    it = started(NUMBER, acceptance=True)
    (check,) = of(Output.Check, say(it, 1, 0, '{"n": 1}'))
    assert (check.by, it.lane(0).slice(check.start, check.end)) == ("acceptance", '{"n": 1}')
    outputs = it.checked(2, check.ticket, passed=False)
    assert [stop.lane for stop in of(Output.Stop, outputs)] == [0]
    (check,) = of(Output.Check, say(it, 3, 1, '{"n": 2}'))
    assert of(Output.Decided, it.checked(4, check.ticket, passed=True, score=0.5))


def test_a_committed_lane_is_continued_from_what_was_shown():
    it = started(
        criteria=[forbids("bad")],
        show="committed",
        gate={"chars": 3},
        lanes=[{}, {"start": [], "can_continue": True}],
    )
    shown = of(Output.Text, say(it, 1, 0, "Hello ba"))
    assert [text.text for text in shown] == ["Hello "]
    outputs = say(it, 2, 0, "d")
    (start,) = of(Output.Start, outputs)
    assert (start.lane, start.source, start.prefix) == (1, 1, "Hello ")
    assert of(Output.Continued, outputs)[0].at == 6
    it.opened(3, 1)
    assert of(Output.Text, say(it, 4, 1, "world", stop=True))[0].text == "world"
    assert (it.lane(1).text, it.lane(1).prefix) == ("Hello world", 6)


def test_bytes_of_a_dialect_and_their_usage():
    it = started(lanes=[{"dialect": "ollama-chat"}])
    first = json.dumps({"message": {"role": "assistant", "content": "Hi"}, "done": False})
    last = json.dumps(
        {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 4, "eval_count": 2}
    )
    it.bytes(1, 0, f"{first}\n".encode())
    assert of(Output.Decided, it.bytes(2, 0, f"{last}\n".encode()))
    lane = it.lane(0)
    assert (lane.text, lane.usage.output_tokens, lane.finish_reason) == ("Hi", 2, "stop")
    assert lane.message.text == "Hi"


def test_tool_calls_are_decided_for_the_winner():
    it = started(tools={"add": NUMBER})
    outputs = it.deltas(1, 0, [Delta("tool_call", index=0, id="c1", name="add", arguments='{"n": 1}')])
    assert [call.stage for call in of(Output.ToolCall, outputs)] == ["proposed", "whole"]
    outputs = it.deltas(2, 0, [Delta("finish", reason="tool_calls")])
    assert [call.stage for call in of(Output.ToolCall, outputs)] == ["decided"]
    assert it.lane(0).tool_calls[0].arguments == '{"n": 1}'


def test_the_wrong_order_is_a_state_error():
    it = race()
    with pytest.raises(StateError, match="not started"):
        it.tick(0)
    it.start(0)
    with pytest.raises(StateError, match="already started"):
        it.start(0)
    with pytest.raises(StateError, match="no lane 7"):
        it.opened(0, 7)
    with pytest.raises(StateError, match="no lane 7"):
        it.lane(7)
    with pytest.raises(StateError, match="not opened"):
        say(it, 0, 0, "a")
    it.opened(0, 0)
    with pytest.raises(StateError, match="dialect"):
        it.bytes(0, 0, b"a")
    with pytest.raises(StateError, match="no ticket 3"):
        it.checked(0, 3, passed=True)
    with pytest.raises(StateError, match="failed"):
        it.ended(0, 0, "badly")


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"lanes": []}, "/lanes"),
        ({"sho": "final"}, "/sho"),
        ({"lanes": [{"start": "soon"}]}, "/lanes/0/start"),
        ({"show": "committed", "join": "merge"}, "/show"),
    ],
)
def test_a_configuration_error_names_its_place(config, place):
    with pytest.raises(ConfigError, match=f"race: {place}: "):
        race(**config)


def test_reprs_and_facts_hold_no_text():
    canary = "Kanarienvogel"
    it = started(criteria=[contains("x")], show="lead")
    outputs = [*say(it, 1, 0, canary), *say(it, 2, 1, f"{canary} x", stop=True)]
    assert len(of(Output.Text, outputs)) == 2
    assert canary not in repr(outputs)
    assert canary not in repr(it.lane(0))
    facts = it.trace_facts()
    assert canary.encode() not in facts
    facts = json.loads(facts)
    assert facts["version"] == 1
    assert [lane["bytes"] for lane in facts["lanes"]] == [len(canary), len(canary) + 2]


def test_usage_and_price_are_told_from_outside():
    it = started(lanes=[{"start_usd": 0.5, "byte_usd": 0.25}])
    say(it, 1, 0, "ab")
    assert it.lane(0).cost_usd == 1.0
    it.usage(2, 0, output_tokens=7, cost_usd=0.125)
    assert (it.lane(0).cost_usd, it.lane(0).usage.output_tokens) == (0.125, 7)


def test_stop_reasons_are_stable():
    assert STOP_REASONS == (
        "schema_dead", "criterion_failed", "repetition", "refusal", "judge_refused", "acceptance_refused", "lost",
        "late_connect", "late_first_byte", "late_first_token", "late_gap", "late_total", "budget", "error",
        "truncated", "limit", "caller_gone", "drained",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_what_is_shown_is_what_was_said(seed):
    """Random races with deaths: the shown text is the winner's, and no forbidden match is ever in it."""
    rng = random.Random(seed)
    lanes = [{"can_continue": True} for _ in range(4)]
    it = started(criteria=[forbids("bad")], show="committed", gate={"chars": rng.randrange(1, 9)}, lanes=lanes)
    shown, heads = "", {}
    open_lanes = {0, 1, 2, 3}
    now = 0
    while not it.over and open_lanes:
        now += 1
        lane = rng.choice(sorted(open_lanes))
        roll = rng.random()
        if roll < 0.03:
            outputs = it.ended(now, lane, "cut")
        else:
            outputs = say(it, now, lane, rng.choice(["b", "a", "d", "ba", "good "]), stop=roll > 0.95)
        for output in outputs:
            match output:
                case Output.Start(started_lane, _, prefix):
                    heads[started_lane] = prefix or ""
                    assert (prefix or "") == shown
                    it.opened(now, started_lane)
                    open_lanes.add(started_lane)
                case Output.Stop(stopped, _) | Output.LaneEnded(stopped, _, _):
                    open_lanes.discard(stopped)
                case Output.Text(_, text):
                    shown += text
                case Output.Over("won", winner):
                    assert it.lane(winner).text == shown
                    assert shown.startswith(heads.get(winner, ""))
    assert "bad" not in shown
