"""Synthetic outcome tables of many shapes: what the market's learning is developed on and held to.

A task has a class and a difficulty of its own; a model has a level, of which its price's rank tells a part,
a taste for each class, shared in part with its family, a verbosity and a speed. The chance of a good answer is
the logistic function of level + class + taste - difficulty. A `Shape` says how large each of these is;
`drawn(seed)` draws one from a wide prior. Seeds below `HELD_OUT` were looked at while the market was built,
those from it on only when figures are reported.
"""

from dataclasses import dataclass

import numpy as np

from atomic_ai.market.replay import Recorded, Row, Table
from atomic_ai.market.replay.table import Priced

HELD_OUT = 10_000
SIZES = ((20, 1_700), (50, 1_700), (9, 6_000))


@dataclass(frozen=True)
class Shape:
    """What a table is like; standard deviations are in logits.

    `best` is the best model's mean quality, `rank` the correlation of level and price rank, `decades` the span
    of prices, `tiers` the number of distinct prices (0: all differ), `broken` the share of models that fail at
    most things, `imbalance` the concentration of classes, `graded` the share of tasks judged between 0 and 1.
    """

    models: int
    tasks: int
    classes: int = 10
    best: float = 0.9
    spread: float = 0.6
    quirk: float = 0.4
    family: float = 0.5
    ease: float = 0.9
    difficulty: float = 1.8
    rank: float = 0.6
    decades: float = 2.0
    tiers: int = 0
    broken: float = 0.1
    imbalance: float = 2.0
    graded: float = 0.0


@dataclass(frozen=True)
class Arrays:
    """A table as arrays: (task by model), but for what a task or a model has alone."""

    price_in: np.ndarray
    price_out: np.ndarray
    kind: np.ndarray
    tokens: np.ndarray
    quality: np.ndarray
    cost_usd: np.ndarray
    latency_s: np.ndarray


def drawn(seed, models, tasks):
    """A shape from the prior over shapes."""
    dice = np.random.default_rng([seed, models])
    return Shape(
        models,
        tasks,
        classes=int(dice.choice([1, 4, 8, 14, 30])),
        best=dice.uniform(0.6, 0.95),
        spread=dice.uniform(0.3, 1.2),
        quirk=dice.choice([0.1, 0.3, 0.6, 1.0]),
        family=dice.uniform(0.0, 0.9),
        ease=dice.uniform(0.3, 1.6),
        difficulty=dice.uniform(0.5, 3.0),
        rank=dice.uniform(0.2, 0.9),
        decades=dice.uniform(1.0, 2.5),
        tiers=int(dice.choice([0, 0, 3, 6])),
        broken=dice.choice([0.0, 0.1, 0.3]),
        imbalance=dice.uniform(0.5, 5.0),
        graded=dice.choice([0.0, 0.0, 0.3]),
    )


def arrays(shape, seed):
    """A table of this shape."""
    dice = np.random.default_rng([seed, 1])
    tasks, models, classes = shape.tasks, shape.models, shape.classes
    kind = dice.choice(classes, tasks, p=dice.dirichlet(np.full(classes, shape.imbalance)))
    rank, price_out = _prices(shape, dice)
    logit = _levels(shape, rank, dice)[None] + shape.ease * dice.standard_normal(classes)[:, None]
    logit = (logit + _tastes(shape, dice))[kind] + shape.difficulty * dice.standard_normal(tasks)[:, None]
    chance = _lifted(logit, shape.best)
    quality = (dice.random((tasks, models)) < chance).astype(float)
    graded = dice.random(tasks) < shape.graded
    quality[graded] = np.round(dice.beta(4 * chance[graded] + 1e-3, 4 * (1 - chance[graded]) + 1e-3), 2)
    price_in = price_out * dice.uniform(0.2, 1.0)
    tokens = np.exp(dice.normal(5.0, 0.7, tasks)).astype(int) + 10
    verbosity = np.exp(dice.normal(0, 0.5, models))
    output = np.exp(dice.normal(5.3, 0.7, classes))[kind][:, None] * verbosity[None]
    output = np.maximum(output * np.exp(dice.normal(0, 0.45, (tasks, models))), 1.0)
    cost = 1e-6 * (price_in[None] * tokens[:, None] + price_out[None] * output)
    first = np.exp(dice.normal(-1.0, 0.5, models))[None] * np.exp(dice.normal(0, 0.4, (tasks, models)))
    speed = np.exp(dice.normal(4.3, 0.5, models))[None] * np.exp(dice.normal(0, 0.15, (tasks, models)))
    return Arrays(price_in, price_out, kind, tokens, quality, cost, first + output / speed)


def table(shape, seed):
    """The same as a `Table` that policies replay."""
    data = arrays(shape, seed)
    names = [f"m{number}" for number in range(shape.models)]
    cards = [Priced(name, data.price_in[place], data.price_out[place]) for place, name in enumerate(names)]
    quality, cost, latency = data.quality.tolist(), data.cost_usd.tolist(), data.latency_s.tolist()
    rows = []
    for task in range(shape.tasks):
        outcomes = map(Recorded, quality[task], cost[task], latency[task])
        prompt = f"{task} ".ljust(4 * int(data.tokens[task]), "x")
        rows.append(Row(f"c{data.kind[task]}", prompt, dict(zip(names, outcomes, strict=True))))
    return Table.of(cards, rows)


def _prices(shape, dice):
    rank = dice.permutation(np.linspace(-0.5, 0.5, shape.models))
    if shape.tiers:
        rank = np.round((rank + 0.5) * (shape.tiers - 1)) / (shape.tiers - 1) - 0.5
    return rank, 10.0 ** (0.2 + shape.decades * rank)


def _levels(shape, rank, dice):
    noise = np.sqrt(1.0 - shape.rank**2) * dice.standard_normal(shape.models)
    level = shape.spread * (shape.rank * np.sqrt(12) * rank + noise)
    return level - np.where(dice.random(shape.models) < shape.broken, 2.5 * dice.random(shape.models), 0.0)


def _tastes(shape, dice):
    family = dice.integers(0, max(2, shape.models // 4), shape.models)
    shared = dice.standard_normal((shape.classes, family.max() + 1))[:, family]
    own = dice.standard_normal((shape.classes, shape.models))
    return shape.quirk * (np.sqrt(shape.family) * shared + np.sqrt(1.0 - shape.family) * own)


def _lifted(logit, best):
    """Chances whose best mean is `best`, by bisection of a constant."""
    low, high = -15.0, 15.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-logit - middle))).mean(0).max() < best else (low, middle)
    return 1 / (1 + np.exp(-logit - low))
