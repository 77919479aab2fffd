"""The best plan in hindsight: what quality a table lets any plan of up to three lanes reach under a cap on cost.

    python benches/plan_limits.py [--verifier 0.95] [--cap 0.60] [--shapes 12] [--held-out] [--seeds 4] [TABLE …]

All outcomes are known here: "one plan" is the best for all tasks alike, "by class" the best mixture of plans for each
task class (best by q - λ·c at the two λ about the cap, mixed so that the cap is met), which nobody who knows no more
of a task than its class can exceed, up to the models that are searched. The verifier is right with a stated chance
about good and bad answers alike; the first accepted answer is the result, and the last lane's if none was.
Expectations over the verifier are exact. The cap is in USD per 1,000 tasks. Beside them: the best single model at any
price, and the share of tasks that some model solves at all. With `--seeds` the market plays each table under the same
cap after a probe of `--probe` tasks, and its forecasts are held against what happened.
"""

import argparse
from itertools import permutations
from statistics import fmean

import numpy as np
import outcome_tables

from atomic_ai.market.replay import Table, replay_plans

WEIGHTS = np.concatenate([[0.0], np.logspace(-3, 2, 81)])


def matrices(table):
    """Quality and cost (task by model, USD per 1,000) and the class number of each task."""
    names = [model.name for model in table.models]
    quality = np.array([[row.outcomes[name].quality for name in names] for row in table.rows])
    cost = 1e3 * np.array([[row.outcomes[name].cost_usd for name in names] for row in table.rows])
    return quality, cost, np.unique([row.task_class for row in table.rows], return_inverse=True)[1]


def candidates(quality, cost, cap, count):
    """Models worth a lane: those most often among the best three, over prices of money at which the cap may bind."""
    mean, price = quality.mean(0), cost.mean(0) / cap
    chosen = {}
    for weight in np.logspace(-3, 0.5, 36):
        for place, one in enumerate((mean - weight * price).argsort()[::-1][:4].tolist()):
            chosen[one] = chosen.get(one, 0.0) + 1.0 / (1 + place)
    return sorted(chosen, key=lambda one: -chosen[one])[:count]


def plans(quality, cost, kinds, verifier, lanes, models):
    """Mean quality and cost of every plan in every class: two arrays (plan by class)."""
    share = np.eye(kinds.max() + 1)[kinds]
    share /= np.maximum(share.sum(0), 1.0)
    accepted = verifier * quality + (1.0 - verifier) * (1.0 - quality)
    gains, bills = [], []
    for length in range(1, lanes + 1):
        for order in permutations(models, length):
            open_, good, spent = np.ones(len(quality)), np.zeros(len(quality)), np.zeros(len(quality))
            for place, one in enumerate(order):
                spent += open_ * cost[:, one]
                ends = place == length - 1
                good += open_ * (quality[:, one] if ends else verifier * quality[:, one])
                open_ = open_ * (1.0 - accepted[:, one])
            gains.append(good @ share)
            bills.append(spent @ share)
    return np.array(gains), np.array(bills)


def limits(table, options):
    """Quality and cost of the best plan for all tasks, and of the best plans by class, under the cap."""
    quality, cost, kinds = matrices(table)
    models = candidates(quality, cost, options.cap, options.models)
    gains, bills = plans(quality, cost, kinds, options.verifier, options.lanes, models)
    share = np.bincount(kinds) / len(kinds)
    total, spent = gains @ share, bills @ share
    within = spent <= options.cap
    one = int(np.where(within, total, -1.0).argmax())
    classes = np.arange(len(share))
    best = [(gains - weight * bills / options.cap).argmax(0) for weight in WEIGHTS]
    reached = [(gains[plan, classes] @ share, bills[plan, classes] @ share) for plan in best]
    # Dearer and dearer money buys less and less: the two prices about the cap, mixed, are what meets it.
    dear = next((place for place, (_, paid) in enumerate(reached) if paid <= options.cap), None)
    by_class = (0.0, np.inf) if dear is None else reached[dear]
    if dear:
        (more, over), (less, under) = reached[dear - 1], reached[dear]
        by_class = (less + (more - less) * (options.cap - under) / (over - under), options.cap)
    single = int(quality.mean(0).argmax())
    return {
        "single": (quality.mean(0)[single], cost.mean(0)[single]),
        "one": (total[one], spent[one]) if within.any() else (0.0, np.inf),
        "class": by_class,
        "any": quality.max(1).mean(),
    }


def played(table, options):
    """Means over seeds of what the market's plans came to."""
    runs = [
        replay_plans(
            table,
            cost_weight=0.0,
            seed=seed,
            verifier=options.verifier,
            probe=options.probe,
            cap_usd=1e-3 * options.cap,
            max_lanes=options.lanes,
        )
        for seed in range(options.seeds)
    ]
    names = ("quality", "cost_usd", "quality_off", "cost_off", "p90_off")
    return [fmean(getattr(run, name) or 0.0 for run in runs) for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--verifier", type=float, default=0.95)
    parser.add_argument("--cap", type=float, default=0.60)
    parser.add_argument("--goal", type=float, default=0.92)
    parser.add_argument("--lanes", type=int, default=3)
    parser.add_argument("--models", type=int, default=12, help="models among which plans are searched")
    parser.add_argument("--shapes", type=int, default=12)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--seeds", type=int, default=0, help="orders in which the market plays; 0: limits alone")
    parser.add_argument("--probe", type=int, default=25)
    options = parser.parse_args()
    print("best single    one plan     by class  solvable  market         forecast of quality, cost, p90 off by")
    first = outcome_tables.HELD_OUT if options.held_out else 0
    drawn = [(size, seed) for size in outcome_tables.SIZES for seed in range(first, first + options.shapes)]
    made = (outcome_tables.table(outcome_tables.drawn(seed, *size), seed) for size, seed in drawn)
    within, kept, shares = 0, 0, []
    for table in map(Table.load, options.tables) if options.tables else made:
        found = limits(table, options)
        within += found["class"][0] >= options.goal
        figures = "  ".join(f"{found[name][0]:.3f} ${found[name][1]:5.2f}" for name in ("single", "one"))
        line = f"{figures}  {found['class'][0]:.3f}     {found['any']:.3f}"
        shares.append(1.0)
        if options.seeds:
            quality, cost, *off = played(table, options)
            kept += quality >= options.goal and 1e3 * cost <= options.cap
            shares[-1] = quality / found["class"][0]
            line += f"     {quality:.3f} ${1e3 * cost:5.3f}  " + "  ".join(f"{one:+.1%}" for one in off)
        print(line, flush=True)
    print(f"{within} of {len(shares)} tables let plans by class reach {options.goal} at ${options.cap:.2f} per 1,000")
    if options.seeds:
        print(f"the market reaches it on {kept}, and {fmean(shares):.1%} of the limit's quality in the mean of tables")


if __name__ == "__main__":
    main()
