"""`atomic demo`: the main job on the example inbox."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import anyio

from atomic_ai.cli import say
from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from atomic_ai.cli.typed import Commands


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "sort an inbox with local specialists and simulated models that bid against each other"
    parser = commands.add_parser("demo", help=told, description=told, parents=[shared])
    parser.add_argument("--plain", action="store_true", help="no live view")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default 1)")
    parser.add_argument("--mails", type=_count, metavar="N", help="only the first N mails")
    parser.add_argument("--parallel", type=_count, default=5, metavar="N", help="mails at once (default 5)")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="simulated models X times as fast")
    parser.add_argument(
        "--price",
        type=_price,
        action="append",
        default=[],
        metavar="MODEL=IN/OUT",
        help="another price of a simulated model, USD per million tokens, such as sage=2/8",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="MODEL=FAULT:RATE",
        help="another rate of a fault (busy, down, stall, cut, error), such as swift=cut:0.3; MODEL=none for none",
    )
    parser.add_argument("--real", action="store_true", help="real models, by the keys in the environment")
    parser.add_argument("--cap", type=float, metavar="USD", help="the most --real may spend (default 0.01)")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Play the demo."""
    from atomic_ai.demo.play import REAL_CAP_USD, Options, play

    faults: dict[str, dict[str, float]] = {}
    for model, fault, rate in options.fault:
        faults.setdefault(model, {}).update({fault: rate} if fault else {})
    chosen = Options(
        seed=options.seed,
        parallel=options.parallel,
        mails=options.mails,
        prices={model: (price_in, price_out) for model, price_in, price_out in options.price},
        faults=faults,
        speed=options.speed,
        live=not options.plain and not options.json and sys.stdout.isatty(),
        real=options.real,
        cap_usd=REAL_CAP_USD if options.cap is None else options.cap,
    )
    played = anyio.run(play, chosen, None if options.json else _console(plain=options.plain))
    if options.json:
        say.document(played)
    return 0


def _console(*, plain: bool) -> Console:
    try:
        from rich.console import Console
    except ImportError:
        raise ConfigError("the demo's views need rich: pip install 'atomic-ai[demo]', or use --json") from None
    return Console(no_color=plain, width=None if sys.stdout.isatty() else 160)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("a whole number above zero is wanted")
    return count


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < 1e6:
        raise argparse.ArgumentTypeError("a number above zero is wanted")
    return speed


def _price(text: str) -> tuple[str, float, float]:
    model, _, prices = text.partition("=")
    price_in, _, price_out = prices.partition("/")
    try:
        return model, float(price_in), float(price_out)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not MODEL=IN/OUT, such as sage=2/8") from None


def _fault(text: str) -> tuple[str, str, float]:
    model, _, fault = text.partition("=")
    if fault == "none":
        return model, "", 0.0
    name, _, rate = fault.partition(":")
    try:
        chance = float(rate)
    except ValueError:
        chance = -1.0
    if not name or not 0 <= chance <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not MODEL=FAULT:RATE, such as swift=cut:0.3")
    return model, name, chance
