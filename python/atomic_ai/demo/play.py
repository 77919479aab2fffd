"""The demo from options to outcome."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from atomic_ai.config import from_environment
from atomic_ai.demo.calibration import PROBED, learn
from atomic_ai.demo.cast import cast
from atomic_ai.demo.claims import claims
from atomic_ai.demo.comparison import compare
from atomic_ai.demo.document import document
from atomic_ai.demo.mail import inbox
from atomic_ai.demo.rounds import Policy, Setting, simulated_round, sort_inbox
from atomic_ai.demo.specialists import specialists
from atomic_ai.demo.triage import LANGUAGE_MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from rich.console import Console

    from atomic_ai.demo.cast import Role
    from atomic_ai.demo.claims import Claim
    from atomic_ai.demo.comparison import Comparison
    from atomic_ai.demo.mail import Mail
    from atomic_ai.demo.rounds import Hear, Round
    from atomic_ai.market.terms import Weights
    from atomic_ai.model import Model

WEIGHTS: Weights = {"quality": 1.0, "cost": 120.0, "latency": 0.02}
"""A wrong answer is as bad as half a cent or fifty seconds."""

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
        speed: how many times faster than life the simulated models speak.
        live: whether the lanes are shown as they grow.
        real: real models by the keys in the environment, instead of simulated ones.
        cap_usd: the most that `real` may spend on the whole inbox.
    """

    seed: int = 1
    parallel: int = 5
    mails: int | None = None
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    faults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    speed: float = 1.0
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
    setting = _setting(options)
    probe, rest = _probe(setting)
    roles, locals_ = cast(options.prices, options.faults, options.speed), specialists()
    singles = []
    for role in roles:
        _say(console, f"{role.name} sorts the inbox by itself …")
        singles.append(await simulated_round(Policy(role.name), setting, [role]))
    with TemporaryDirectory() as folder:
        profiles = Path(folder) / "profiles.sqlite"
        learn(profiles, singles, locals_, probe, setting.weights, options.seed)
        auto, race = Policy("Atomic", profiles=profiles), Policy("Atomic, racing all", "race", 3, profiles)
        setting = replace(setting, mails=rest)
        played = await _shown(options, console, auto, setting, roles, locals_)
        racing = await _shown(options, console, race, setting, roles, locals_)
    names = {mail.name for mail in rest}
    probed = sum(single.about({mail.name for mail in probe}).billed_usd for single in singles)
    compared = compare(played, racing, [single.about(names) for single in singles])
    claimed = {one.name: claims(one) for one in (played, racing)}
    if console is not None:
        _report(console, (played, racing), claimed, compared)
        _say(console, f"Before that, the market was told how all did on {len(probe)} other mails, for ${probed:.5f}.")
        _say(console, "All language models here are SIMULATED: real HTTP on loopback, scripted answers, seeded luck.")
    return {**document(played, claimed, compared, seed=options.seed), "probe_usd": probed}


async def _shown(
    options: Options,
    console: Console | None,
    policy: Policy,
    setting: Setting,
    roles: Sequence[Role],
    locals_: Sequence[Model],
) -> Round:
    _say(console, f"{policy.name}: {len(setting.mails)} mails …")
    view, hear = _view(options, console, len(setting.mails))
    with view:
        return await simulated_round(policy, setting, roles, locals_, hear)


def _report(
    console: Console, rounds: Sequence[Round], claimed: Mapping[str, Sequence[Claim]], compared: Comparison
) -> None:
    from atomic_ai.demo import report

    report.show_answers(console, rounds[0])
    for played in rounds:
        report.show_claims(console, claimed[played.name], played)
    report.show_comparison(console, compared)


async def _real(options: Options, console: Console | None) -> dict[str, Any]:
    models = [*from_environment(tags=[LANGUAGE_MODELS]), *specialists()]
    setting = _setting(options)
    view, hear = _view(options, console, len(setting.mails))
    with view:
        played = await sort_inbox(Policy("Atomic"), setting, models, hear, options.cap_usd)
    if console is not None:
        from atomic_ai.demo import report

        report.show_answers(console, played)
        cost = f"${played.claimed_usd:.5f} of at most ${options.cap_usd:.2f}"
        _say(console, f"Atomic says it cost {cost}. These models were real.")
    return document(played, {}, None, seed=options.seed)


def _probe(setting: Setting) -> tuple[Sequence[Mail], Sequence[Mail]]:
    """The mails whose answers the market is told, drawn by the seed, and the others; a small inbox is both."""
    drawn = Random(f"{setting.seed}:probe").sample(setting.mails, min(PROBED, len(setting.mails)))  # noqa: S311
    rest = [mail for mail in setting.mails if mail not in drawn]
    return drawn, rest or setting.mails


def _setting(options: Options) -> Setting:
    return Setting(inbox()[: options.mails], options.seed, options.parallel, WEIGHTS)


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
