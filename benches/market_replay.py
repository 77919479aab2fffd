"""The market against learners that a user might pick instead, on recorded and on synthetic outcomes.

    python benches/market_replay.py [--seeds 20] [--cost-weight 0 0.1 0.3 1] [--probe 0] [TABLE …]

Every policy sees the outcome of the model it chose and nothing else; orders are paired by seed. Without
tables, synthetic ones are made: models of correlated quality and price, classes that differ.
Peers: LinUCB on the task class (numpy), greedy from an optimistic start, Thompson sampling per class.
"""

import argparse
import math
import random

import numpy as np

from atomic_ai.market.replay import MarketPolicy, Recorded, Row, Table, compare, replay
from atomic_ai.market.replay.table import Priced


class LinUcb:
    """Disjoint LinUCB (Li et al. 2010) on one-hot task classes and a constant."""

    def __init__(self, table, cost_weight, seed):
        self.names = [model.name for model in table.models]
        classes = sorted({row.task_class for row in table.rows})
        self.place = {name: number + 1 for number, name in enumerate(classes)}
        size = len(classes) + 1
        self.inverse = np.stack([np.eye(size)] * len(self.names))
        self.sums = np.zeros((len(self.names), size))
        self.weight = cost_weight / table.unit_usd

    def features(self, row):
        x = np.zeros(self.inverse.shape[1])
        x[0] = x[self.place[row.task_class]] = 1.0
        return x

    def choose(self, row):
        x = self.features(row)
        mean = np.einsum("mij,mj,i->m", self.inverse, self.sums, x)
        bonus = np.sqrt(np.einsum("i,mij,j->m", x, self.inverse, x))
        return self.names[int((mean + 0.3 * bonus).argmax())]

    def learn(self, row, model, outcome):
        place, x = self.names.index(model), self.features(row)
        v = self.inverse[place] @ x
        self.inverse[place] -= np.outer(v, v) / (1.0 + x @ v)
        self.sums[place] += (outcome.quality - self.weight * outcome.cost_usd) * x


class Optimist:
    """Greedy on the mean of each model from an optimistic start, whatever the class."""

    def __init__(self, table, cost_weight, seed):
        self.seen = {model.name: [9.5, 9.0, 1e-9, 0.0] for model in table.models}
        self.weight = cost_weight / table.unit_usd

    def choose(self, row):
        return max(self.seen, key=lambda name: self.score(*self.seen[name]))

    def score(self, weight, good, bills, spent):
        return good / weight - self.weight * spent / bills

    def learn(self, row, model, outcome):
        seen = self.seen[model]
        for place, value in enumerate((1.0, outcome.quality, 1.0, outcome.cost_usd)):
            seen[place] += value


class Thompson:
    """Beta-Bernoulli Thompson sampling for each (task class, model)."""

    def __init__(self, table, cost_weight, seed):
        self.dice = random.Random(seed)
        self.names = [model.name for model in table.models]
        self.cells, self.bills = {}, {name: [1e-9, 0.0] for name in self.names}
        self.weight = cost_weight / table.unit_usd

    def choose(self, row):
        def draw(name):
            good, bad = self.cells.get((row.task_class, name), (1.0, 1.0))
            bills, spent = self.bills[name]
            return self.dice.betavariate(good, bad) - self.weight * spent / bills

        return max(self.names, key=draw)

    def learn(self, row, model, outcome):
        good, bad = self.cells.get((row.task_class, model), (1.0, 1.0))
        self.cells[row.task_class, model] = (good + outcome.quality, bad + 1.0 - outcome.quality)
        self.bills[model][0] += 1.0
        self.bills[model][1] += outcome.cost_usd


POLICIES = {"market": MarketPolicy, "linucb": LinUcb, "optimist": Optimist, "thompson": Thompson}


def synthetic(models, tasks, classes, seed, *, best=0.905, spread=0.5, quirk=0.3, rank=0.6):
    """A table of this shape whose best model has this mean quality; price rank explains part of it."""
    dice = np.random.default_rng(seed)
    ranks = dice.permutation(np.linspace(-0.5, 0.5, models))
    price = 10.0 ** (2.2 * ranks)
    noise = math.sqrt(1.0 - rank**2) * dice.standard_normal(models)
    level = spread * (rank * math.sqrt(12) * ranks + noise)
    kind = dice.choice(classes, tasks, p=dice.dirichlet(np.full(classes, 2.0)))
    effect = 0.75 * dice.standard_normal(classes)[:, None] + quirk * dice.standard_normal((classes, models))
    logit = level[None] + effect[kind] + 1.8 * dice.standard_normal(tasks)[:, None]
    low, high = -5.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-logit - middle))).mean(0).max() < best else (low, middle)
    good = dice.random((tasks, models)) < 1 / (1 + np.exp(-logit - low))
    length = np.exp(dice.normal(6.5, 0.6, tasks)).astype(int) + 20
    output = np.exp(dice.normal(5.5, 0.7, classes))[kind][:, None] * np.exp(dice.normal(0, 0.5, models))[None]
    cost = 1e-6 * price[None] * (0.3 * length[:, None] / 4 + output * np.exp(dice.normal(0, 0.4, (tasks, models))))
    names = [f"m{number}" for number in range(models)]
    cards = [Priced(name, 0.3 * price[place], price[place]) for place, name in enumerate(names)]
    rows = [
        Row(
            f"c{kind[task]}",
            "x" * length[task],
            {name: Recorded(float(good[task, place]), float(cost[task, place])) for place, name in enumerate(names)},
        )
        for task in range(tasks)
    ]
    return Table.of(cards, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--probe", type=int, default=0)
    parser.add_argument("--cost-weight", type=float, nargs="+", default=[0.0, 0.1, 0.3, 1.0])
    parser.add_argument("--policies", nargs="+", default=list(POLICIES), choices=list(POLICIES))
    options = parser.parse_args()
    tables = {path: Table.load(path) for path in options.tables} or {
        "synthetic 20 x 1700": synthetic(20, 1_700, 10, 1),
        "synthetic 50 x 1700": synthetic(50, 1_700, 10, 2),
    }
    for name, table in tables.items():
        for weight in options.cost_weight:
            runs = {
                policy: [
                    replay(table, POLICIES[policy], cost_weight=weight, seed=seed, probe=options.probe)
                    for seed in range(options.seeds)
                ]
                for policy in options.policies
            }
            for policy, own in runs.items():
                gap = compare(own)
                lead = compare(runs[options.policies[0]], own)
                print(
                    f"{name[-40:]:40}  λ {weight:<4g} {policy:9} reward {np.mean([run.reward for run in own]):.4f}"
                    f"  to best single {gap.mean:+.4f} ({gap.low:+.4f} … {gap.high:+.4f})"
                    f"  {options.policies[0]} ahead by {lead.mean:+.4f} ({lead.low:+.4f} … {lead.high:+.4f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
