"""Learners that a user might pick in the market's place, each with the same three methods.

`NAMES` lists all; `make(name)` gives a factory, or a reason (a string) where the package is not installed:

    pip install vowpalwabbit mabwiser river paretobandit
"""

import importlib
import random

import numpy as np


class Peer:
    """What all share: the reward of an outcome, and one-hot features of a task's class."""

    def __init__(self, table, cost_weight, seed):
        self.names = [model.name for model in table.models]
        self.weight = cost_weight / table.unit_usd
        classes = sorted({row.task_class for row in table.rows})
        self.place = {name: number + 1 for number, name in enumerate(classes)}
        self.dice = random.Random(seed)

    def reward(self, outcome):
        return outcome.quality - self.weight * outcome.cost_usd

    def features(self, row):
        x = np.zeros(len(self.place) + 1)
        x[0] = x[self.place[row.task_class]] = 1.0
        return x


class LinUcb(Peer):
    """Disjoint LinUCB (Li et al. 2010) on one-hot task classes and a constant, in numpy."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        size = len(self.place) + 1
        self.inverse = np.stack([np.eye(size)] * len(self.names))
        self.sums = np.zeros((len(self.names), size))

    def choose(self, row):
        x = self.features(row)
        inverse = np.einsum("mij,j->mi", self.inverse, x)
        mean = np.einsum("mi,mi->m", inverse, self.sums)
        return self.names[int((mean + 0.3 * np.sqrt(inverse @ x)).argmax())]

    def learn(self, row, model, outcome):
        place, x = self.names.index(model), self.features(row)
        v = self.inverse[place] @ x
        self.inverse[place] -= np.outer(v, v) / (1.0 + x @ v)
        self.sums[place] += self.reward(outcome) * x


class Greedy(Peer):
    """Greedy on the mean of each model from an optimistic start, whatever the class; `weight` outcomes of `start`."""

    weight_of_start, start = 10.0, 0.95

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        self.seen = {name: [self.weight_of_start, self.weight_of_start * self.start, 1e-9, 0.0] for name in self.names}

    def choose(self, row):
        return max(self.seen, key=lambda name: self.score(*self.seen[name]))

    def score(self, weight, good, bills, spent):
        return good / weight - self.weight * spent / bills

    def learn(self, row, model, outcome):
        seen = self.seen[model]
        for place, value in enumerate((1.0, outcome.quality, 1.0, outcome.cost_usd)):
            seen[place] += value


class QuickGreedy(Greedy):
    """The same with a start that three outcomes outweigh."""

    weight_of_start = 3.0


class Thompson(Peer):
    """Beta-Bernoulli Thompson sampling for each (task class, model)."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        self.cells, self.bills = {}, {name: [1e-9, 0.0] for name in self.names}

    def cell(self, row):
        return row.task_class

    def choose(self, row):
        def draw(name):
            good, bad = self.cells.get((self.cell(row), name), (1.0, 1.0))
            bills, spent = self.bills[name]
            return self.dice.betavariate(good, bad) - self.weight * spent / bills

        return max(self.names, key=draw)

    def learn(self, row, model, outcome):
        good, bad = self.cells.get((self.cell(row), model), (1.0, 1.0))
        self.cells[self.cell(row), model] = (good + outcome.quality, bad + 1.0 - outcome.quality)
        self.bills[model][0] += 1.0
        self.bills[model][1] += outcome.cost_usd


class GlobalThompson(Thompson):
    """The same for each model, whatever the class."""

    def cell(self, row):
        return None


class VowpalWabbit(Peer):
    """Contextual bandit with action features, SquareCB exploration, class crossed with model."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        package = importlib.import_module("vowpalwabbit")
        self.learner = package.Workspace(f"--cb_explore_adf --squarecb -q ua --quiet --random_seed {seed + 1}")
        self.chance = {}

    def lines(self, row):
        shared = f"shared |u c{self.place[row.task_class]}"
        return [shared, *(f"|a m{place}" for place in range(len(self.names)))]

    def choose(self, row):
        chances = self.learner.predict(self.lines(row))
        place = self.dice.choices(range(len(chances)), chances)[0]
        self.chance = {self.names[place]: chances[place]}
        return self.names[place]

    def learn(self, row, model, outcome):
        lines, place = self.lines(row), self.names.index(model)
        lines[place + 1] = (
            f"0:{-self.reward(outcome)}:{self.chance.get(model, 1.0 / len(self.names))} {lines[place + 1]}"
        )
        self.learner.learn(lines)


class MabWiser(Peer):
    """mabwiser's LinUCB on one-hot task classes."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        package = importlib.import_module("mabwiser.mab")
        self.learner = package.MAB(self.names, package.LearningPolicy.LinUCB(alpha=0.3), seed=seed)
        self.fitted = False

    def choose(self, row):
        return self.learner.predict([self.features(row)]) if self.fitted else self.dice.choice(self.names)

    def learn(self, row, model, outcome):
        fit = self.learner.partial_fit if self.fitted else self.learner.fit
        fit([model], [self.reward(outcome)], [self.features(row)])
        self.fitted = True


class River(Peer):
    """river's disjoint LinUCB on one-hot task classes."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        bandit = importlib.import_module("river.bandit")
        self.learner = bandit.LinUCBDisjoint(alpha=0.3, seed=seed)

    def context(self, row):
        return {"one": 1.0, row.task_class: 1.0}

    def choose(self, row):
        return self.learner.pull(self.names, context=self.context(row))

    def learn(self, row, model, outcome):
        self.learner.update(model, self.context(row), self.reward(outcome))


class ParetoBandit(Peer):
    """ParetoBandit's policy with its own defaults on one-hot task classes."""

    def __init__(self, table, cost_weight, seed):
        super().__init__(table, cost_weight, seed)
        policy = importlib.import_module("pareto_bandit").DisjointLinUCBPolicy
        self.learner = policy(self.names, dim=len(self.place) + 1, seed=seed)

    def choose(self, row):
        model, _ = self.learner.select_arm(self.features(row))
        self.learner.mark_selected(model)
        return model

    def learn(self, row, model, outcome):
        self.learner.update(model, self.features(row), self.reward(outcome), advance_time=False)


OWN = {
    "linucb": LinUcb,
    "greedy": Greedy,
    "greedy, quick": QuickGreedy,
    "thompson": Thompson,
    "thompson, one": GlobalThompson,
}
PACKAGED = {
    "vowpalwabbit": ("vowpalwabbit", VowpalWabbit),
    "mabwiser": ("mabwiser.mab", MabWiser),
    "river": ("river.bandit", River),
    "paretobandit": ("pareto_bandit", ParetoBandit),
}
NAMES = [*OWN, *PACKAGED]


def make(name):
    """A factory of peers by name, or why there is none."""
    if name in OWN:
        return OWN[name]
    module, peer = PACKAGED[name]
    try:
        importlib.import_module(module)
    except ImportError as error:
        return f"not installed ({error})"
    return peer
