"""The demo from options to outcome."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atomic_ai.config import from_environment
from atomic_ai.demo.cast import priced
from atomic_ai.demo.claims import claims
from atomic_ai.demo.comparison import compare
from atomic_ai.demo.document import document
from atomic_ai.demo.mail import inbox
from atomic_ai.demo.rounds import Setting, simulated_round, sort_inbox
from atomic_ai.demo.specialists import specialists
from atomic_ai.demo.triage import LANGUAGE_MODELS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from atomic_ai.demo.rounds import Hear, Round

REAL_CAP_USD = 0.01
"""What `--real` may spend unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options.

    Attributes:
        seed: of everything random.
        parallel: mails sorted at once.
        mails: how many of the inbox, or None for all.
        prices: other prices, (in, out) by model.
        faults: other rates of faults, by model.
        live: whether the lanes are shown as they grow.
        real: real models by the keys in the environment, instead of simulated ones.
        cap_usd: the most that `real` may spend on the whole inbox.
    """

    seed: int = 1
    parallel: int = 3
    mails: int | None = None
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    faults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    live: bool = False
    real: bool = False
    cap_usd: float = REAL_CAP_USD


async def play(options: Options, console: Console | None) -> dict[str, Any]:
    """Play the demo and give its document; with a console, show it too.

    Raises:
        MissingKeyError: `real`, and no key in the environment.
        ConfigError: an option names no model or fault.
    """
    return await (_real(options, console) if options.real else _simulated(options, console))


async def _simulated(options: Options, console: Console | None) -> dict[str, Any]:
    setting = Setting(inbox()[: options.mails], options.seed, options.parallel)
    roles = priced(options.prices, options.faults)
    shown, hear = _view(options, console, len(setting.mails))
    with shown:
        played = await simulated_round("Atomic", setting, roles, specialists(), hear)
    singles = []
    for role in sorted(roles, key=lambda role: role.price_out):
        _say(console, f"running {role.name} by itself over the inbox …")
        singles.append(await simulated_round(role.name, setting, [role]))
    claimed, compared = claims(played), compare(played, singles)
    if console is not None:
        from atomic_ai.demo import report

        report.show_answers(console, played)
        report.show_claims(console, claimed, played)
        report.show_comparison(console, compared)
        _say(console, "All language models here are SIMULATED: real HTTP on loopback, scripted answers, seeded luck.")
    return document(played, claimed, compared, seed=options.seed)


async def _real(options: Options, console: Console | None) -> dict[str, Any]:
    models = [*from_environment(tags=[LANGUAGE_MODELS]), *specialists()]
    setting = Setting(inbox()[: options.mails], options.seed, options.parallel)
    shown, hear = _view(options, console, len(setting.mails))
    with shown:
        played = await sort_inbox("Atomic", setting, models, hear, options.cap_usd)
    if console is not None:
        from atomic_ai.demo import report

        report.show_answers(console, played)
        _say(console, f"Atomic says it cost ${_spent(played):.5f} of at most ${options.cap_usd:.2f}. Models were real.")
    return document(played, (), None, seed=options.seed)


def _view(options: Options, console: Console | None, mails: int) -> tuple[AbstractContextManager[Any], Hear | None]:
    if console is None or not options.live:
        return nullcontext(), None
    from rich.live import Live

    from atomic_ai.demo.board import Board

    board = Board(mails)
    return Live(board, console=console, refresh_per_second=12, transient=True), board.hear


def _say(console: Console | None, words: str) -> None:
    if console is not None:
        console.print(words, style="dim", highlight=False)


def _spent(played: Round) -> float:
    return sum(mail.cost_usd for mail in played.mails)
