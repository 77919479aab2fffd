"""Replay: tables in, paired rewards out; off-policy estimates; the recorded outcomes."""

import json
import os
import random
import sys
from pathlib import Path

import pytest

from atomic_ai.cli import main
from atomic_ai.errors import ConfigError, MisuseError
from atomic_ai.market import Market
from atomic_ai.market.plot import award_svg, curves_svg
from atomic_ai.market.replay import (
    Fixed,
    Logged,
    MarketPolicy,
    Table,
    compare,
    doubly_robust,
    inverse_propensity,
    replay,
)
from atomic_ai.market.replay.estimate import of_each_model, table_prediction
from atomic_ai.market.replay.table import Priced

CONFORMANCE = Path(os.environ.get("ATOMIC_CONFORMANCE", Path(__file__).parents[1] / "../shared/conformance"))


def write(tmp_path, rows=400):
    """Two classes; each model is good at one of them."""
    dice = random.Random(0)
    path = tmp_path / "table.jsonl"
    with path.open("w") as file:
        for number in range(rows):
            kind = number % 2
            outcomes = {
                name: {
                    "quality": float(dice.random() < (0.9 if place == kind else 0.3)),
                    "cost_usd": 0.001 * (place + 1),
                }
                for place, name in enumerate(("left", "right"))
            }
            file.write(json.dumps({"task_class": f"c{kind}", "prompt": f"task {number}", "outcomes": outcomes}) + "\n")
    prices = {name: {"price_in": 1.0, "price_out": 1.0} for name in ("left", "right")}
    (tmp_path / "table.meta.json").write_text(json.dumps({"models": prices}))
    return path


def test_the_market_passes_the_best_single_model_where_classes_differ(tmp_path):
    table = Table.load(write(tmp_path))
    runs = [replay(table, MarketPolicy, cost_weight=0.1, seed=seed) for seed in range(20)]
    fixed = [replay(table, lambda *_: Fixed("left"), cost_weight=0.1, seed=seed) for seed in range(20)]
    assert compare(runs).low > 0.1
    assert compare(runs, fixed).low > 0.1
    assert len(runs[0].regret) == 400


def test_csv_and_jsonl_say_the_same(tmp_path):
    table = Table.load(write(tmp_path, 10))
    lines = ["task_class,prompt,model,quality,cost_usd,latency_s"]
    for row in table.rows:
        for name, one in row.outcomes.items():
            lines.append(f"{row.task_class},{row.prompt},{name},{one.quality},{one.cost_usd},")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    assert Table.load(path) == table


def test_parquet_says_the_same_too(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="Parquet: pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = Table.load(write(tmp_path, 10))
    records = [
        {
            "task_class": row.task_class,
            "prompt": row.prompt,
            "model": name,
            "quality": one.quality,
            "cost_usd": one.cost_usd,
        }
        for row in table.rows
        for name, one in row.outcomes.items()
    ]
    parquet.write_table(arrow.Table.from_pylist(records), tmp_path / "table.parquet")
    assert Table.load(tmp_path / "table.parquet") == table
    (tmp_path / "odd.parquet").write_bytes(b"PAR1 but nothing else PAR1")
    with pytest.raises(ConfigError, match=r"odd.parquet is no Parquet file"):
        Table.load(tmp_path / "odd.parquet")
    with pytest.raises(ConfigError, match=r"missing.parquet cannot be read"):
        Table.load(tmp_path / "missing.parquet")


def test_without_pyarrow_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=r"atomic-ai\[parquet\]"):
        Table.load(tmp_path / "table.parquet")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.jsonl", "{}", "line 1"),
        ("t.jsonl", '{"outcomes": {"a": {"quality": NaN}}}', "line 1"),
        ("t.jsonl", '{"outcomes": {"a": {"quality": 2}}}', "line 1"),
        ("t.jsonl", "", "at least one"),
        ("t.csv", "prompt,model,quality\nx,a,good", "line 2"),
        ("t.txt", "", "outcome table is"),
        (
            "t.jsonl",
            '{"outcomes": {"a": {"quality": 1}, "b": {"quality": 1}}}\n{"outcomes": {"a": {"quality": 1}}}',
            "task 2 has no outcome of 'b'",
        ),
    ],
)
def test_tables_that_are_none_are_refused_by_line(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        Table.load(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        Table.load(tmp_path / "missing.jsonl")


def test_the_command_replays_and_plots(tmp_path, capsys):
    plot = tmp_path / "regret.svg"
    arguments = ["replay", str(write(tmp_path, 60)), "--seeds", "3", "--cost-weight", "0", "0.3", "--json"]
    assert main([*arguments, "--plot", str(plot)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["cost_weight"] for run in told["runs"]] == [0.0, 0.3]
    assert plot.read_text().startswith("<svg")
    assert main(arguments[:-1]) == 0
    assert "best single" in capsys.readouterr().out


def test_off_policy_estimates_find_what_another_policy_earns():
    dice = random.Random(1)
    truth = {"a": 0.8, "b": 0.5}
    log = []
    for _ in range(5_000):
        model, chance = ("a", 0.2) if dice.random() < 0.2 else ("b", 0.8)
        log.append(Logged("c", model, chance, float(dice.random() < truth[model])))

    def always_a(_, model):
        return float(model == "a")

    weighed = inverse_propensity(log, always_a)
    robust = doubly_robust(log, always_a, table_prediction(log), ["a", "b"])
    assert weighed.low < 0.8 < weighed.high
    assert robust.low < 0.8 < robust.high
    assert robust.high - robust.low < weighed.high - weighed.low
    with pytest.raises(MisuseError, match="outside"):
        inverse_propensity([Logged("c", "a", 0.0, 1.0)], always_a)
    with pytest.raises(MisuseError, match="empty"):
        inverse_propensity([], always_a)


def test_a_floor_leaves_a_log_that_says_what_a_model_would_have_earned():
    dice, truth = random.Random(2), {"good": 0.9, "poor": 0.4}
    market = Market([Priced(name, 0.1, 0.1) for name in truth], {"quality": 1.0}, explore_floor=0.1, max_lanes=1)
    log = []
    for _ in range(3_000):
        award = market.award("x", "c")
        quality = float(dice.random() < truth[award.winner])
        log.append(Logged("c", award.winner, award.propensity, quality))
        market.observe(award, model=award.winner, quality=quality, cost_usd=0.001, latency_s=1.0)
    assert min(entry.propensity for entry in log) >= 0.05
    poor = next(one for one in of_each_model(log, list(truth)) if one.model == "poor")
    assert poor.asked > 75
    assert poor.weighed.low < 0.4 < poor.weighed.high
    assert poor.weighed.high - poor.weighed.low < 0.4
    for floor in (-0.1, 1.5, float("nan")):
        with pytest.raises(ConfigError, match="explore_floor"):
            Market(market.models, explore_floor=floor)


def test_plots_escape_names(tmp_path):
    table = Table.load(write(tmp_path, 4))
    market = Market(table.models)
    assert "left" in award_svg(market.award("x"))
    assert "<script>" not in curves_svg({"<script>": [0.0, 1.0]}, "t")


def recorded(name):
    path = CONFORMANCE / "outcomes" / name
    if not path.exists():
        if os.environ.get("ATOMIC_REQUIRE_CONFORMANCE") == "1":
            pytest.fail(f"{path} is missing")
        pytest.skip("no recorded outcomes here")
    return Table.load(path)


@pytest.mark.parametrize("cost_weight", [0.0, 0.3])
def test_recorded_outcomes_cold_above_the_best_single_model_where_classes_differ(cost_weight):
    table = recorded("nine_models_fourteen_tasks.jsonl.gz")
    runs = [replay(table, MarketPolicy, cost_weight=cost_weight, seed=seed) for seed in range(8)]
    assert compare(runs).mean > 0.0


def test_recorded_outcomes_a_cascade_is_better_and_cheaper_and_forecast_right():
    table = recorded("nine_models_fourteen_tasks.jsonl.gz")
    dice = random.Random(5)
    rows = list(table.rows)
    dice.shuffle(rows)
    market = Market(table.models, weights={"quality": 1.0, "cost": 0.3 / table.unit_usd}, seed=1)
    for row in rows[:25]:
        for name, one in row.outcomes.items():
            market.teach(row.prompt, row.task_class, model=name, quality=one.quality, cost_usd=one.cost_usd)
    forecast, seen = [0.0, 0.0], [0.0, 0.0]
    for row in rows[25:]:
        award = market.award(row.prompt, row.task_class, verifier=0.95)
        quality = 0.0
        for name in award.plan.lanes:
            one = row.outcomes[name]
            market.observe(award, model=name, quality=one.quality, cost_usd=one.cost_usd)
            seen[1] += one.cost_usd
            quality = one.quality
            if (dice.random() < 0.95) == (dice.random() < one.quality):
                break
        seen[0] += quality
        forecast[0] += award.expected.quality
        forecast[1] += award.expected.cost_usd
    best = max(sum(row.outcomes[model.name].quality for row in rows) for model in table.models) / len(rows)
    assert seen[0] / (len(rows) - 25) > best
    assert seen[1] / (len(rows) - 25) < table.unit_usd
    assert seen[0] / forecast[0] == pytest.approx(1.0, abs=0.05)
    assert seen[1] / forecast[1] == pytest.approx(1.0, abs=0.05)
