"""A simulated market over a long time: how fast, how large, and how regret grows.

    python benches/market_simulation.py [--bidders 1000] [--auctions 1000000] [--classes 8] [--plot regret.svg]

Bidders' qualities are simulated: logistic of a level that the price's rank tells in part, plus a taste for each
class. Regret is against the best bidder of each class by the true score. The exponent is the slope of
log(regret) on log(auctions) over the last nine tenths: below 1 regret is sublinear.
"""

import argparse
import math
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from atomic_ai.market import Market
from atomic_ai.market.plot import curves_svg


def world(bidders, classes, seed):
    """Cards, the chance of a good answer by class and bidder, and each bidder's cost."""
    dice = np.random.default_rng(seed)
    rank = dice.permutation(np.linspace(-0.5, 0.5, bidders))
    price = 10.0 ** (0.2 + 2.0 * rank)
    level = 0.6 + 1.2 * rank + 0.5 * dice.standard_normal(bidders)
    chance = 1 / (1 + np.exp(-level[None] - 0.4 * dice.standard_normal((classes, bidders))))
    cards = [SimpleNamespace(name=f"m{place}", price_in=0.3 * one, price_out=one) for place, one in enumerate(price)]
    return cards, chance, 1e-6 * price * (0.3 * 100 + 250)


def simulate(options):
    cards, chance, cost = world(options.bidders, options.classes, options.seed)
    weight = 0.1 / cost.max()
    market = Market(cards, weights={"quality": 1.0, "cost": weight}, seed=options.seed, max_lanes=1)
    score = chance - weight * cost
    best = score.max(1)
    place = {card.name: number for number, card in enumerate(cards)}
    dice = np.random.default_rng(options.seed + 1)
    kinds = dice.integers(0, options.classes, options.auctions).tolist()
    luck = dice.random(options.auctions).tolist()
    noise = np.exp(0.3 * dice.standard_normal(options.auctions) - 0.045).tolist()
    curve, regret = [], 0.0
    step = max(1, options.auctions // 2_000)
    for turn, kind in enumerate(kinds):
        award = market.award("", f"c{kind}", input_tokens=100)
        one = place[award.winner]
        good = float(luck[turn] < chance[kind, one])
        market.observe(award, model=award.winner, quality=good, cost_usd=cost[one] * noise[turn], latency_s=1.0)
        regret += best[kind] - score[kind, one]
        if (turn + 1) % step == 0:
            curve.append(regret)
    return market, curve, step


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--bidders", type=int, default=1_000)
    parser.add_argument("--auctions", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    begun = time.process_time()
    market, curve, step = simulate(options)
    took = time.process_time() - begun
    last = [(math.log((place + 1) * step), math.log(curve[place])) for place in range(len(curve) // 10, len(curve))]
    exponent = np.polyfit(*zip(*last, strict=True), 1)[0]
    each = 1e6 * took / options.auctions
    print(f"{options.bidders} bidders, {options.auctions} auctions: {took:.0f} s of one core, {each:.0f} µs each")
    print(f"profiles: {len(market.export()) / 1e6:.1f} MB, {market.outcomes} outcomes")
    for part in (0.01, 0.1, 0.5, 1.0):
        place = max(1, round(part * len(curve)))
        regret, turns = curve[place - 1], place * step
        print(f"regret after {turns:>8} auctions {regret:10.1f}, {regret / turns:.4f} each")
    print(f"exponent {exponent:.2f}")
    if options.plot is not None:
        options.plot.write_text(curves_svg({"regret": curve}, f"regret over {options.auctions} auctions"))


if __name__ == "__main__":
    main()
