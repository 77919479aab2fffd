"""The market against learners that a user might pick instead: reward and time per decision in one table.

    python benches/market_replay.py [--seeds 20] [--cost-weight 0 0.1 0.3 1] [--probe 0] [--held-out] [TABLE …]

Every policy sees the outcome of the model it chose and nothing else; orders are paired by seed. Without
tables, synthetic ones of many shapes are made (`outcome_tables.py`): `--shapes` of each size, from the seeds
that were looked at while the market was built, or with `--held-out` from those that were not. For these,
the intervals are over tables, each the mean of its seeds. With `--verifier 0.95` plans are awarded instead, and
each table's forecasts are held against what happened.
"""

import argparse
import time
from statistics import fmean, median

import market_peers
import outcome_tables

from atomic_ai.market.replay import Comparison, MarketPolicy, Table, compare, replay, replay_plans


class Timed:
    """A policy whose decisions are timed."""

    def __init__(self, policy, spent):
        self.policy, self.spent = policy, spent

    def choose(self, row):
        begun = time.perf_counter()
        model = self.policy.choose(row)
        self.spent.append(time.perf_counter() - begun)
        return model

    def learn(self, row, model, outcome):
        self.policy.learn(row, model, outcome)


def runs_of(make, table, weight, options, spent):
    def timed(*arguments):
        return Timed(make(*arguments), spent)

    return [replay(table, timed, cost_weight=weight, seed=seed, probe=options.probe) for seed in range(options.seeds)]


def policies(options):
    """The market first, then every peer that is installed; the others are named."""
    found = {"market": MarketPolicy}
    for name in options.peers:
        peer = market_peers.make(name)
        if isinstance(peer, str):
            print(f"{name}: {peer}")
        else:
            found[name] = peer
    return found


def over_tables(runs, others=None):
    """The comparison of one table's seeds, or of several tables' means."""
    if len(runs) == 1:
        return compare(runs[0], None if others is None else others[0])
    pairs = zip(runs, others or [None] * len(runs), strict=True)
    return Comparison.of([compare(own, other).mean for own, other in pairs])


def report(title, weight, runs, spent):
    own = median(spent["market"])
    print(f"\n{title}, λ {weight:g}, best single {fmean(run.best_single for one in runs['market'] for run in one):.4f}")
    print(
        f"{'policy':14}  reward  to best single, 95 %           market ahead by, 95 %         decision, µs p50   ratio"
    )
    for name, mine in runs.items():
        gap, lead = over_tables(mine), over_tables(runs["market"], mine)
        reward, took = fmean(run.reward for one in mine for run in one), median(spent[name])
        ahead = "" if name == "market" else f"{lead.mean:+.4f} ({lead.low:+.4f} … {lead.high:+.4f})"
        print(
            f"{name:14}  {reward:.4f}  {gap.mean:+.4f} ({gap.low:+.4f} … {gap.high:+.4f})  {ahead:28}"
            f"  {1e6 * took:18.1f}  {took / own:6.1f}",
            flush=True,
        )


def report_plans(title, tables, weight, options):
    """Quality and cost of plans beside the best single model, and by how much forecasts were off, table by table."""
    print(f"\n{title}, λ {weight:g}, verifier {options.verifier:g}")
    print("quality  best single  $ per 1,000  dearest  forecast of quality, of cost, of p90 latency off by")
    for table in tables:
        runs = [
            replay_plans(table, cost_weight=weight, seed=seed, verifier=options.verifier, probe=options.probe)
            for seed in range(options.seeds)
        ]
        off = [[getattr(run, name) or 0.0 for run in runs] for name in ("quality_off", "cost_off", "p90_off")]
        print(
            f"{fmean(run.quality for run in runs):.4f}   {fmean(run.best_single for run in runs):.4f}"
            f"       {1e3 * fmean(run.cost_usd for run in runs):9.3f}  {1e3 * table.unit_usd:9.3f}  "
            + "  ".join(f"{fmean(one):+.1%}" for one in off),
            flush=True,
        )


def groups(options):
    """Tables by title: each given one by itself, synthetic ones by size."""
    if options.tables:
        return {path[-50:]: [Table.load(path)] for path in options.tables}
    first = outcome_tables.HELD_OUT if options.held_out else 0
    seeds = range(first, first + options.shapes)
    kind = "held-out shapes" if options.held_out else "shapes"
    return {
        f"{options.shapes} {kind} of {models} models x {tasks}": [
            outcome_tables.table(outcome_tables.drawn(seed, models, tasks), seed) for seed in seeds
        ]
        for models, tasks in outcome_tables.SIZES
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--shapes", type=int, default=12)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--probe", type=int, default=0)
    parser.add_argument("--verifier", type=float)
    parser.add_argument("--cost-weight", type=float, nargs="+", default=[0.0, 0.1, 0.3, 1.0])
    parser.add_argument("--peers", nargs="*", default=market_peers.NAMES, choices=market_peers.NAMES)
    options = parser.parse_args()
    found = {} if options.verifier is not None else policies(options)
    for title, tables in groups(options).items():
        for weight in options.cost_weight:
            if options.verifier is not None:
                report_plans(title, tables, weight, options)
                continue
            spent = {name: [] for name in found}
            runs = {
                name: [runs_of(make, table, weight, options, spent[name]) for table in tables]
                for name, make in found.items()
            }
            report(title, weight, runs, spent)


if __name__ == "__main__":
    main()
