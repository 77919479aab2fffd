"""`atomic profiles`: what the market has learned of each model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomic_ai.cli import say, setup
from atomic_ai.config import read
from atomic_ai.errors import ConfigError
from atomic_ai.market import Market

if TYPE_CHECKING:
    from atomic_ai._core import Bid
    from atomic_ai.cli.typed import Commands


def add(commands: Commands, configured: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "show what the market has learned of each model"
    parser = commands.add_parser("profiles", help=told, description=told, parents=[configured])
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="a profile file or postgresql://…; by default the TOML file's"
    )
    parser.add_argument("--class", dest="task_class", metavar="NAME", help="the class of tasks (default: all others)")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Show the profiles."""
    with Market(setup.cards(options.config), explore=0, profiles=store(options)) as market:
        told = [_told(bid, market) for bid in market.award("", options.task_class).bids]
    if options.json:
        say.document({"outcomes": market.outcomes, "class": options.task_class, "models": told})
        return 0
    say.line(f"{market.outcomes} outcomes learned; class {options.task_class or 'of no name'}:")
    head = ("model", "outcomes", "quality", "valid", "first token p50", "p95")
    say.table(head, [_row(row) for row in told])
    return 0


def store(options: argparse.Namespace) -> str | Path:
    """The store that is meant; a file that is not there is not made."""
    where: str | Path | None = options.file
    if where is None:
        config = setup.chosen(options.config)
        where = None if config is None else read(config).atomic.store(config.resolve().parent)
    if where is None:
        raise ConfigError("no profile file: name one, or set profiles in the TOML file's [atomic]")
    if "://" not in str(where) and not Path(where).is_file():
        raise ConfigError(f"{where}: there is no profile file")
    return where


def _told(bid: Bid, market: Market) -> dict[str, Any]:
    return {
        "model": bid.model,
        "outcomes": bid.evidence,
        "quality": bid.quality,
        "doubt": bid.doubt,
        "validity": bid.validity,
        "ttft_p50_s": market.ttft_quantile(bid.model, 0.5),
        "ttft_p95_s": market.ttft_quantile(bid.model, 0.95),
    }


def _row(told: dict[str, Any]) -> tuple[str, ...]:
    times = ["-" if told[name] is None else f"{told[name]:.2f} s" for name in ("ttft_p50_s", "ttft_p95_s")]
    quality = f"{told['quality']:.3f} ± {told['doubt']:.3f}"
    return (told["model"], f"{told['outcomes']:.0f}", quality, f"{told['validity']:.3f}", *times)
