"""Explanations: words, table, JSON, counterfactuals that are true, what happened, plots, traces."""

import copy
import json
import pickle
import sys
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atomic_ai import Atomic, Model, Task
from atomic_ai.cli import main
from atomic_ai.errors import ConfigError, MisuseError
from atomic_ai.market import Market
from atomic_ai.market.plot import award_svg, learning_svg, save
from atomic_ai.trace import Trace

WEIGHTS = {"quality": 1.0, "cost": 20.0, "latency": 0.05}


def taught(figures, **settings):
    """A market in which each model has given 60 answers of these (quality, USD, seconds)."""
    models = [SimpleNamespace(name=name, price_in=1.0, price_out=1.0) for name in figures]
    market = Market(models, WEIGHTS, **({"explore": 0, "max_lanes": 1} | settings))
    for turn in range(60):
        for name, (quality, usd, seconds) in figures.items():
            good = float(turn % 10 < quality * 10)
            market.teach(f"task {turn}", "mail", model=name, quality=good, cost_usd=usd, latency_s=seconds)
    return market


FIGURES = {"small": (0.7, 0.001, 1.0), "large": (0.9, 0.02, 2.0), "slow": (0.8, 0.002, 9.0)}


def test_words_table_and_json_say_the_same():
    award = taught(FIGURES | {"huge": (0.9, 0.5, 1.0)}).award("a task", "mail", max_cost_usd=0.1)
    told = json.loads(award.explain("json"))
    assert (told["format"], told["version"], told["id"]) == ("atomic-award", 1, award.id)
    assert told["winner"] == award.winner
    assert told["critical_price_usd"] == pytest.approx(award.critical_price)
    assert told["filtered"] == [{"model": "huge", "reason": "its expected cost is above the limit"}]
    for bid in told["bids"]:
        assert sum(bid["terms"].values()) == pytest.approx(bid["score"])
        assert bid["model"] in award.explain("table")
    words = award.explain("words")
    assert f"until it costs more than ${award.critical_price:.6f}" in words
    assert "huge did not bid: its expected cost is above the limit" in words
    assert award.explain() == told["text"]
    assert set(award.explain().splitlines()) == set((words + award.explain("table")).splitlines())
    with pytest.raises(MisuseError, match='"json"'):
        award.explain("yaml")


# In steps: terms that differ by rounding alone need weights so large that rounding decides.
FIGURE = st.tuples(
    st.sampled_from([0.3, 0.6, 0.9]),
    st.integers(1, 500).map(lambda step: step / 10_000),
    st.integers(1, 90).map(lambda step: step / 10),
)


@given(st.lists(FIGURE, min_size=2, max_size=4))
def test_past_the_counterfactual_weight_the_named_model_wins_and_before_it_does_not(figures):
    market = taught({f"model {place}": figure for place, figure in enumerate(figures)})
    award = market.award("a task", "mail")
    told = json.loads(award.explain("json"))
    # Between bids that tie but for rounding no weight decides.
    scores = sorted(bid["score"] for bid in told["bids"])
    assume(all(above - below > 1e-6 for below, above in pairwise(scores)))
    for flip in told["counterfactuals"]:
        if flip["at"] > 1e6:
            continue
        for beyond in (-1e-6, 1e-6):
            at = flip["at"] * (1 + beyond) + beyond
            expected = flip["winner"] if (beyond > 0) == (flip["side"] == "above") else award.winner
            if at >= 0:
                assert market.award("a task", "mail", weights={**WEIGHTS, flip["weight"]: at}).winner == expected


def test_a_loser_that_gets_what_it_lacked_wins():
    award = taught(FIGURES).award("a task", "mail")
    told = json.loads(award.explain("json"))
    best = max(bid["score"] for bid in told["bids"])
    losers = [bid for bid in told["bids"] if bid["would_win"] is not None]
    assert len(losers) == 2
    for bid in losers:
        needs = bid["would_win"]
        for key, value in (("quality", needs["quality_above"]), ("cost_usd", needs["cost_below_usd"])):
            if value is not None:
                changed = {**bid, key: value}
                score = changed["quality"] - 20 * changed["cost_usd"] - 0.05 * changed["latency_s"]
                assert score == pytest.approx(best)
    assert "would have won with" in award.explain()


def test_what_happened_stands_beside_what_was_expected():
    market = taught(FIGURES, max_lanes=3)
    award = market.award("a task", "mail", verifier=0.95)
    assert json.loads(award.explain("json"))["happened"] == []
    assert "Happened" not in award.explain()
    first = award.plan.lanes[0]
    market.observe(award, model=first, cost_usd=0.003, latency_s=1.5)
    assert f"{first} not judged yet, $0.003000, 1.50 s" in award.explain()
    market.feedback(award.id, model=first, quality=0.25)
    market.observe(award, model="slow" if first != "slow" else "small", valid=False)
    assert "quality 0.250" in award.explain()
    assert "no valid answer; $0.003000 in all" in award.explain()


def test_exploration_is_marked_as_such():
    market = taught({"a": (0.7, 0.001, 1.0), "b": (0.7, 0.001, 1.0)}, explore=3.0)
    award = next(award for award in (market.award("x", "new") for _ in range(200)) if award.exploring)
    assert "chosen to learn about it" in award.explain()
    assert "without exploring it would have been chosen" in award.explain()
    assert "until it costs more" not in award.explain()
    assert json.loads(award.explain("json"))["exploring"] is True
    assert "chosen to learn about it" in award_svg(award)


def test_a_cascade_that_starts_with_a_weak_model_says_why():
    figures = {"weak": (0.6, 0.0001, 0.1), "strong": (0.9, 0.002, 0.1)}
    award = taught(figures, max_lanes=3).award("x", "mail", verifier=0.99)
    assert (award.plan.kind, award.plan.lanes) == ("cascade", ["weak", "strong"])
    assert "strong alone has score" in award.explain()
    assert "the plan as a whole has the better expectation" in award.explain()


def test_a_model_whose_name_is_markup_is_text_in_a_plot():
    award = taught({"<b>&": (0.7, 0.001, 1.0), "plain": (0.6, 0.001, 1.0)}).award("x", "<i>")
    root = ElementTree.fromstring(award_svg(award))
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<b>&" in texts
    assert not list(root.iter("{http://www.w3.org/2000/svg}b"))


async def answered(monkeypatch_free_models, path, count):
    async with Atomic(monkeypatch_free_models, trace_file=path) as atomic:
        return [await atomic.run(Task("Say hello.", task_class="greeting")) for _ in range(count)]


@pytest.fixture
def traced(tmp_path):
    import anyio

    models = [Model(name, run=lambda _: "Hello there.", price_in=1, price_out=2) for name in ("one", "two")]
    path = tmp_path / "traces.jsonl"
    responses = anyio.run(answered, models, path, 3)
    return path, responses


def test_a_trace_keeps_the_award_and_what_came_of_it(traced):
    path, responses = traced
    live = responses[-1].trace
    read = Trace.from_json(path.read_bytes().splitlines()[-1])
    pickled = pickle.loads(pickle.dumps(live))
    assert pickled.to_json() == read.to_json() == live.to_json()
    award = next(event["award"] for event in read.events if event["event"] == "awarded")
    assert award["happened"][0]["model"] == award["winner"] == responses[-1].model
    assert read.explain() == live.explain()
    assert "Happened: " in read.explain()
    event = next(event for event in live.events if event["event"] == "awarded")
    assert copy.deepcopy(event)["award"].explain() == event["award"].explain()


def test_the_command_plots_an_award_and_learning_over_time(traced, tmp_path, capsys):
    path, _ = traced
    for arguments, word in (([], "expected: quality"), (["--all"], "share of awards won")):
        plot = tmp_path / "plot.svg"
        assert main(["explain", str(path), "--plot", str(plot), *arguments]) == 0
        assert word in plot.read_text()
        ElementTree.parse(plot)
    assert main(["explain", str(path), "--plot", str(tmp_path / "plot.gif")]) == 2
    assert "plots are .svg or .png, not .gif" in capsys.readouterr().err


def test_a_png_is_drawn_where_its_library_is_and_asked_for_where_it_is_not(tmp_path, monkeypatch):
    drawn = SimpleNamespace(svg2png=lambda bytestring, scale: bytestring[:4] * scale)
    monkeypatch.setitem(sys.modules, "cairosvg", drawn)
    save("<svg/>", tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes() == b"<svg<svg"
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(ConfigError, match="cairosvg"):
        save("<svg/>", tmp_path / "plot.png")


def test_learning_without_outcomes_cannot_be_plotted():
    award = taught(FIGURES).award("x", "mail")
    with pytest.raises(ConfigError, match="no learning to plot"):
        learning_svg([json.loads(award.explain("json"))])
