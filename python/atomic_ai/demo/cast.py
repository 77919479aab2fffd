"""The demo's simulated language models: what each costs, how fast it speaks, how often it is right, what it breaks.

Nothing here is a real model. What they say is made from `reference.json` and a seed: for the same mail, question,
attempt and seed a model says the same thing at the same pace, whoever asks, so that runs which compare policies meet
the same luck.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.demo.triage import LANGUAGE_MODELS, Action, Category, Sentiment
from atomic_ai.errors import ConfigError
from atomic_ai.model import Model, Timeouts
from atomic_ai.spelling import did_you_mean
from atomic_ai.testing import Cut, ErrorInside, Fault, Pace, Script, SimulatedEndpoint, Stall, Status
from atomic_ai.testing.composer import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from atomic_ai.demo.mail import Mail
    from atomic_ai.providers.presets import Cancel
    from atomic_ai.testing import Exchange
    from atomic_ai.testing.dialects import DialectName

FAULTS: dict[str, Fault] = {
    "busy": Status(429, retry_after="1"),
    "down": Status(503),
    "stall": Stall("after-headers"),
    "cut": Cut(1),
    "error": ErrorInside(1),
}
"""What a simulated model can do wrong at HTTP's level, by the names of the command's options."""


PATIENCE_S = 3.0
"""How long a simulated model may be silent; many times the median of the slowest."""


@dataclass(frozen=True, slots=True)
class Role:
    """A simulated language model.

    Attributes:
        name: its name in Atomic; it says that it is simulated.
        provider: whose dialect it speaks.
        dialect: the dialect's name.
        price_in, price_out: USD per million tokens.
        pace: how fast it speaks.
        skill: how often it is right where it keeps to the form, 0 to 1.
        slips: how often it leaves the form: chatter before the JSON, a word that is none of the choices; asked
            again with its violations, a quarter as often.
        cancel: whether closing its stream stops the bill.
        faults: how often each of `FAULTS` happens, 0 to 1.
    """

    name: str
    provider: str
    dialect: DialectName
    price_in: float
    price_out: float
    pace: Pace
    skill: float
    slips: float
    cancel: Cancel = "stops"
    faults: Mapping[str, float] = field(default_factory=dict)


ROLES: tuple[Role, ...] = (
    Role(
        "simulated-swift", "openai", "openai-chat", 0.10, 0.40, Pace(0.06, 260, tail_probability=0.06),
        skill=0.78, slips=0.14, faults={"busy": 0.03, "cut": 0.03},
    ),
    Role(
        "simulated-steady", "anthropic", "anthropic-messages", 1.00, 5.00, Pace(0.16, 150, tail_probability=0.06),
        skill=0.92, slips=0.03, faults={"stall": 0.02},
    ),
    Role(
        "simulated-sage", "gemini", "gemini", 3.00, 15.00, Pace(0.35, 90, tail_probability=0.03),
        skill=0.99, slips=0.0, cancel="bills",
    ),
)  # fmt: skip
"""Quick and careless, sound, and slow, dear and nearly always right: the last one bills to the end, closed or not."""


def cast(
    prices: Mapping[str, tuple[float, float]] | None = None,
    faults: Mapping[str, Mapping[str, float]] | None = None,
    speed: float = 1.0,
) -> tuple[Role, ...]:
    """The roles with other prices and faults, by name, with or without "simulated-", and so much faster.

    Raises:
        ConfigError: no such model or fault.
    """
    by_name = {short(role.name): role for role in ROLES}
    prices, faults = prices or {}, faults or {}
    for name in (*prices, *faults):
        if short(name) not in by_name:
            raise ConfigError(f"no simulated model {name!r}{did_you_mean(name, by_name)}")
    for fault in (fault for rates in faults.values() for fault in rates):
        if fault not in FAULTS:
            raise ConfigError(f"no fault {fault!r}{did_you_mean(fault, FAULTS)}")
    for name, (price_in, price_out) in prices.items():
        by_name[short(name)] = replace(by_name[short(name)], price_in=price_in, price_out=price_out)
    for name, rates in faults.items():
        by_name[short(name)] = replace(by_name[short(name)], faults=rates)
    return tuple(replace(role, pace=role.pace.faster(speed)) for role in by_name.values())


def short(name: str) -> str:
    """The name without the word that it is simulated, for a table that says so in its title."""
    return name.removeprefix("simulated-")


@cache
def reference() -> dict[str, dict[str, Any]]:
    """The right answers, by mail and field; `mention` is what a right reply has to name."""
    data = (files("atomic_ai.demo") / "reference.json").read_bytes()
    document: dict[str, dict[str, Any]] = orjson.loads(data)
    return document


class Stage:
    """One simulated model's endpoint for one run over the inbox.

    Args:
        role: who it is.
        mails: the inbox, by which it recognises what it is asked about.
        questions: each field's prompt, by which it recognises what it is asked.
        seed: of what it says, when, and what goes wrong.
    """

    def __init__(self, role: Role, mails: Sequence[Mail], questions: Mapping[str, str], seed: int) -> None:
        self.role = role
        self._mails, self._questions, self._seed = mails, questions, seed
        self._reference = reference()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._drawn: dict[int, tuple[str, str, int]] = {}
        self.endpoint = SimulatedEndpoint(
            role.dialect,
            self._script,
            faults=self._fault,
            pace=role.pace,
            seed=lambda exchange: self._draw("pace", exchange),
            on_close="continue" if role.cancel == "bills" else "stop",
        )

    def model(self) -> Model:
        """Its card; valid while the endpoint is open."""
        role = self.role
        return Model(
            role.name,
            provider=role.provider,
            base_url=self.endpoint.base_url,
            api_key="simulated",
            price_in=role.price_in,
            price_out=role.price_out,
            cancel=role.cancel,
            tags=[LANGUAGE_MODELS],
            timeouts=Timeouts(first_byte_s=PATIENCE_S, first_token_s=PATIENCE_S, gap_s=PATIENCE_S),
        )

    def asked(self, exchange: Exchange) -> tuple[str, str, int]:
        """The mail, the field and the attempt a request is about."""
        if exchange.number not in self._drawn:
            told = orjson.dumps(exchange.json).decode()
            mail = next((mail.name for mail in self._mails if mail.id in told), "")
            asked = next((name for name, prompt in self._questions.items() if prompt in told), "")
            self._drawn[exchange.number] = mail, asked, self._attempts[mail, asked]
            self._attempts[mail, asked] += 1
        return self._drawn[exchange.number]

    def exchanges(self, mails: Collection[str]) -> list[Exchange]:
        """The requests that were about these mails."""
        return [exchange for exchange in self.endpoint.requests if self.asked(exchange)[0] in mails]

    def billed_usd(self, mails: Collection[str]) -> float:
        """What a provider would bill for these mails, by the endpoint's own counters and list prices."""
        exchanges = self.exchanges(mails)
        heard = (exchange for exchange in exchanges if exchange.counters.opened_at is not None)
        tokens_in = sum(words(exchange.json) // 4 + 1 for exchange in heard)
        tokens_out = sum(exchange.counters.tokens_made for exchange in exchanges)
        return (tokens_in * self.role.price_in + tokens_out * self.role.price_out) / 1e6

    def _draw(self, what: str, exchange: Exchange) -> str:
        return f"{self._seed}:{what}:{self.role.name}:{self.asked(exchange)}"

    def _fault(self, exchange: Exchange) -> Fault | None:
        luck = Random(self._draw("fault", exchange)).random()  # noqa: S311 - simulation, no secret
        for name, rate in self.role.faults.items():
            luck -= rate
            if luck < 0:
                return FAULTS[name]
        return None

    def _script(self, exchange: Exchange) -> Script:
        rng = Random(self._draw("words", exchange))  # noqa: S311 - simulation, no secret
        mail, asked, attempt = self.asked(exchange)
        if not mail or not asked:
            return Script("I am a simulated model and only know the demo's inbox.")
        right = self._reference[mail][asked]
        slips = rng.random() < self.role.slips / (4 if attempt else 1)
        skilled = rng.random() < self.role.skill
        if asked == "reply":
            return Script(_reply(right, self._reference[mail]["mention"], slips=slips, skilled=skilled))
        answer = right if skilled else _wrong(asked, right, rng)
        return _choice(asked, answer, rng) if slips else Script.json({asked: answer})


WRONG: dict[str, tuple[Any, ...]] = {
    "category": tuple(Category),
    "sentiment": tuple(Sentiment),
    "priority": (1, 2, 3, 4, 5),
    "suggested_action": tuple(Action),
}


def _wrong(asked: str, right: object, rng: Random) -> object:
    return rng.choice([value for value in WRONG[asked] if value != right])


def _choice(asked: str, answer: object, rng: Random) -> Script:
    """An answer that leaves the form: chatter around the JSON, or a word that is none of the choices."""
    if rng.random() < 0.5:
        return Script(f'Sure! Here is the JSON you asked for:\n```json\n{{"{asked}": "{answer}"}}\n```\nAnything else?')
    return Script.json({asked: f"rather {answer}, I would say, but it depends on how one reads the second paragraph"})


def _reply(right: str, mention: str, *, slips: bool, skilled: bool) -> str:
    """The reference's reply; unskilled, one that could answer any mail; slipping, one that talks about itself."""
    if slips:
        return f"As an AI language model, I cannot contact customers, but here is a draft.\n\n{right}"
    if skilled or right.startswith("No reply"):
        return right
    return (
        "Dear customer,\n\nthank you for your message. We take your feedback very seriously and will look into the "
        "matter as soon as possible. One of our colleagues will get in touch with you in due course. We apologise "
        "for any inconvenience and thank you for your patience.\n\nKind regards,\nNorthwind Goods"
    )
