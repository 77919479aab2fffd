"""`atomic replay`: what a policy would have earned on recorded outcomes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_ai.cli import say

if TYPE_CHECKING:
    from atomic_ai.cli.typed import Commands
    from atomic_ai.market.replay import Comparison, MakePolicy, Run, Table


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "replay recorded outcomes (JSON Lines, CSV, Parquet) through the market, against fixed models"
    parser = commands.add_parser("replay", help=told, description=told, parents=[shared])
    parser.add_argument("data", type=Path, help="the outcome table; NAME.meta.json beside it holds the prices")
    parser.add_argument("--cost-weight", type=float, nargs="+", default=[0.0, 0.1, 0.3, 1.0], metavar="λ")
    parser.add_argument("--seeds", type=int, default=20, help="shuffled orders (default 20)")
    parser.add_argument("--probe", type=int, default=0, help="tasks at the start on which every model is seen")
    accuracy = "award plans that a verifier of this accuracy judges, and hold forecasts against what happened"
    parser.add_argument("--verifier", type=float, metavar="SHARE", help=accuracy)
    cap = "with --verifier: keep plans to this mean cost, in USD per 1,000 tasks; cost weights do not count then"
    parser.add_argument("--cap", type=float, metavar="USD", help=cap)
    own = "DATA is one's own log (traces or awards): what always asking each model would have earned, off policy"
    parser.add_argument("--log", action="store_true", help=own)
    parser.add_argument("--plot", type=Path, metavar="SVG", help="write the mean regret curves here")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Replay and tell."""
    from atomic_ai.market.replay import Table

    if options.log:
        return _estimates(options)
    table = Table.load(options.data)
    if options.verifier is not None:
        return _plans(table, options)
    results = [_result(table, weight, options) for weight in options.cost_weight]
    if options.plot is not None:
        _plot(options.plot, results)
    told = [{name: value for name, value in result.items() if name != "regret"} for result in results]
    if options.json:
        say.document({"tasks": len(table.rows), "models": len(table.models), "unit_usd": table.unit_usd, "runs": told})
        return 0
    head = ("λ", "reward", "best single", "difference, 95 %", "quality", "$ per 1,000")
    say.table(head, [_row(result) for result in told])
    return 0


def _result(table: Table, weight: float, options: argparse.Namespace) -> dict[str, Any]:
    from atomic_ai.market.replay import MarketPolicy, compare

    runs = _runs(table, MarketPolicy, weight, options)
    difference = compare(runs)
    return {
        "cost_weight": weight,
        "reward": _mean([run.reward for run in runs]),
        "best_single": _mean([run.best_single for run in runs]),
        "difference": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "quality": _mean([run.quality for run in runs]),
        "usd_per_1000": 1_000 * _mean([run.cost_usd for run in runs]),
        "regret": [_mean(step) for step in zip(*(run.regret for run in runs), strict=True)],
    }


def _estimates(options: argparse.Namespace) -> int:
    from atomic_ai.market.replay import Log
    from atomic_ai.market.replay.estimate import of_each_model

    log = Log.load(options.data)
    estimates = of_each_model(log.entries, log.models)
    if options.json:
        told = [{"model": one.model, "asked": one.asked, "ips": one.weighed, "dr": one.robust} for one in estimates]
        say.document({"awards": len(log.entries), "unjudged": log.unjudged, "models": told})
        return 0
    say.line(f"{len(log.entries)} awards with a reward, {log.unjudged} without")
    rows = [(one.model, str(one.asked), _interval(one.weighed), _interval(one.robust)) for one in estimates]
    say.table(("always", "asked", "reward by propensities (IPS), 95 %", "doubly robust, 95 %"), rows)
    return 0


def _interval(one: Comparison) -> str:
    return f"{one.mean:.4f} ({one.low:.4f} … {one.high:.4f})"


def _plans(table: Table, options: argparse.Namespace) -> int:
    weights = options.cost_weight if options.cap is None else [0.0]
    results = [_planned(table, weight, options) for weight in weights]
    if options.json:
        say.document(
            {"tasks": len(table.rows), "models": len(table.models), "verifier": options.verifier, "runs": results}
        )
        return 0
    head = ("λ", "quality", "best single", "$ per 1,000", "lanes", "forecast of quality", "of cost", "of p90 latency")
    say.table(head, [_plan_row(result) for result in results])
    return 0


def _planned(table: Table, weight: float, options: argparse.Namespace) -> dict[str, Any]:
    from atomic_ai.market.replay import replay_plans

    cap = None if options.cap is None else options.cap / 1_000
    runs = [
        replay_plans(table, cost_weight=weight, seed=seed, verifier=options.verifier, probe=options.probe, cap_usd=cap)
        for seed in range(options.seeds)
    ]
    late = [run.p90_off for run in runs if run.p90_off is not None]
    return {
        "cost_weight": weight,
        "quality": _mean([run.quality for run in runs]),
        "best_single": _mean([run.best_single for run in runs]),
        "usd_per_1000": 1_000 * _mean([run.cost_usd for run in runs]),
        "lanes": _mean([run.lanes for run in runs]),
        "quality_off": _mean([run.quality_off for run in runs]),
        "cost_off": _mean([run.cost_off for run in runs]),
        "p90_off": _mean(late) if late else None,
    }


def _plan_row(result: dict[str, Any]) -> tuple[str, ...]:
    off = [result[name] for name in ("quality_off", "cost_off", "p90_off")]
    figures = [f"{result[name]:.4f}" for name in ("quality", "best_single")]
    spent = (f"{result['usd_per_1000']:.3f}", f"{result['lanes']:.2f}")
    return (f"{result['cost_weight']:g}", *figures, *spent, *("-" if one is None else f"{one:+.1%}" for one in off))


def _runs(table: Table, make: MakePolicy, weight: float, options: argparse.Namespace) -> list[Run]:
    from atomic_ai.market.replay import replay

    return [replay(table, make, cost_weight=weight, seed=seed, probe=options.probe) for seed in range(options.seeds)]


def _plot(path: Path, results: Sequence[dict[str, Any]]) -> None:
    from atomic_ai.market.plot import curves_svg

    curves = {f"λ = {result['cost_weight']:g}": result["regret"] for result in results}
    path.write_text(curves_svg(curves, "regret against the best single model in hindsight"), encoding="utf-8")


def _row(result: dict[str, Any]) -> tuple[str, ...]:
    interval = f"{result['difference']:+.4f} ({result['low']:+.4f} … {result['high']:+.4f})"
    figures = (f"{result['reward']:.4f}", f"{result['best_single']:.4f}", interval)
    return (f"{result['cost_weight']:g}", *figures, f"{result['quality']:.4f}", f"{result['usd_per_1000']:.3f}")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
