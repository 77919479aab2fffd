"""`atomic simulate`: what a policy does to latency, cost and quality, before it is used."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.cli import profiles, say, setup
from atomic_ai.errors import ConfigError
from atomic_ai.market import Market
from atomic_ai.market.plot import curves_svg, save
from atomic_ai.simulate import Row, curves_of, simulate, world_of

if TYPE_CHECKING:
    from atomic_ai.cli.typed import Commands

RACES = 100_000


def add(commands: Commands, configured: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "compare policies over virtual races, from profiles or from a world written as JSON"
    parser = commands.add_parser("simulate", help=told, description=told, parents=[configured])
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="a world (.json) or a profile file; by default the TOML's"
    )
    parser.add_argument("--class", dest="task_class", metavar="NAME", help="the class of tasks (default: all others)")
    parser.add_argument("--input-tokens", type=int, default=500, metavar="N", help="the prompt's length (default: 500)")
    parser.add_argument("--races", type=int, metavar="N", help=f"requests for each policy (default: {RACES})")
    parser.add_argument("--rate", type=float, metavar="N", help="requests a second (default: 10)")
    parser.add_argument("--deadline", type=float, metavar="S", help="seconds after which a request is over")
    parser.add_argument("--seed", type=int, help="of every draw (default: 0)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the curves as .svg or .png")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Simulate."""
    world = {"races": RACES} | _world(options)
    given = {"races": options.races, "rate": options.rate, "deadline_s": options.deadline, "seed": options.seed}
    rows = simulate(world | {name: value for name, value in given.items() if value is not None})
    if options.plot is not None:
        title = "simulated seconds to a valid answer, p50 to p99.9 (log scale of what is slower)"
        save(curves_svg(curves_of(rows), title), options.plot)
    if options.json:
        say.document([row._asdict() for row in rows])
        return 0
    say.line(f"{rows[0].races} simulated requests for each policy; seconds to a valid answer:")
    head = ("policy", "p50", "p90", "p99", "p99.9", "no answer", "USD a request", "spend", "quality", "hedged")
    say.table(head, [_row(row) for row in rows])
    return 0


def _world(options: argparse.Namespace) -> dict[str, Any]:
    path = None if options.file is None else Path(options.file)
    if path is not None and path.suffix == ".json":
        try:
            world = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise ConfigError(f"{path}: no world that can be read ({type(error).__name__})") from None
        if not isinstance(world, dict):
            raise ConfigError(f"{path}: a world is a JSON object")
        return world
    cards = setup.cards(options.config)
    with Market(cards, explore=0, profiles=profiles.store(options)) as market:
        models = {card.name: card for card in cards}
        return world_of(market, models, task_class=options.task_class, input_tokens=options.input_tokens)


def _row(row: Row) -> tuple[str, ...]:
    times = ("never" if time is None else f"{time:.3g}" for time in (row.p50_s, row.p90_s, row.p99_s, row.p999_s))
    shares = f"{row.unanswered:.2%}", f"{row.cost_usd:.6f}", f"{row.extra_spend:+.1%}"
    return (row.name, *times, *shares, f"{row.quality:.3f}", f"{row.hedges:.1%}")
