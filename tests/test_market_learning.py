"""Learning by itself: drift, found classes, forecasts, one's own log."""

import json
import math
import random
from statistics import median

import anyio
import pytest

from atomic_ai import Atomic, Judge, Model, Task
from atomic_ai.cli import main
from atomic_ai.errors import ConfigError, MisuseError
from atomic_ai.market import Market
from atomic_ai.market.families import standing_of
from atomic_ai.market.replay import Log, Recorded, Row, Table, replay_plans
from atomic_ai.market.replay.table import Priced
from atomic_ai.market.stated import Stated


class Card:
    def __init__(self, name, price=1.0):
        self.name, self.price_in, self.price_out = name, price, price


def lived(market, dice, chances, usd, turns, task=("x", "mail")):
    """Awards and outcomes; gives the winners."""
    winners = []
    for _ in range(turns):
        award = market.award(*task, max_lanes=1, input_tokens=100)
        good = float(dice.random() < chances[award.winner])
        bill = usd[award.winner] * math.exp(dice.gauss(0, 0.4))
        market.observe(award, model=award.winner, quality=good, cost_usd=bill, latency_s=1.0)
        winners.append(award.winner)
    return winners


def adopted(winners, new):
    """Tasks until the new model has the majority of twenty."""
    chosen = (place for place in range(len(winners) - 20) if winners[place : place + 20].count(new) > 10)
    return next(chosen, len(winners))


def test_a_best_model_that_degrades_by_twenty_points_is_left_within_a_hundred_of_its_tasks():
    delays = []
    for seed in range(15):
        dice = random.Random(seed)
        market = Market([Card("best"), Card("next")], weights={"quality": 1.0}, seed=seed)
        usd = {"best": 0.001, "next": 0.001}
        lived(market, dice, {"best": 0.93, "next": 0.83}, usd, 600)
        winners = lived(market, dice, {"best": 0.73, "next": 0.83}, usd, 500)
        delays.append(winners[: adopted(winners, "next")].count("best"))
    print(f"degraded by 20 points: left after {median(delays)} of its own tasks, {sorted(delays)[-2]} in one of 15")
    assert median(delays) <= 100


def test_a_price_that_falls_tenfold_is_adopted_within_a_hundred_of_its_tasks():
    delays, stayed = [], 0
    for seed in range(15):
        dice = random.Random(seed)
        market = Market([Card("dear", 20.0), Card("cheap", 2.0)], weights={"quality": 1.0, "cost": 20.0}, seed=seed)
        chances = {"dear": 0.92, "cheap": 0.85}
        before = lived(market, dice, chances, {"dear": 0.02, "cheap": 0.002}, 400)
        assert before[-100:].count("cheap") > 90
        market.reprice("dear", price_in=2.0, price_out=2.0)
        winners = lived(market, dice, chances, {"dear": 0.002, "cheap": 0.002}, 500)
        delays.append(winners[: adopted(winners, "dear")].count("dear"))
        stayed += winners[-100:].count("dear") > 50
    print(f"price fell tenfold: adopted by {stayed} of 15, after {median(delays)} of its own tasks")
    assert stayed >= 13
    assert median(delays) <= 100


TEXTS = {
    "left": "Solve this equation for x, and show the steps.",
    "right": "Translate this letter into French, please.",
}


def unclassed(differ, seed, features=None, turns=500):
    """Two models; if they differ, each is good at one kind of text alone, and nobody names the kinds."""
    dice = random.Random(seed)
    market = Market([Card("left"), Card("right")], weights={"quality": 1.0}, seed=seed)
    got = []
    for _ in range(turns):
        kind = dice.choice(["left", "right"])
        award = market.award(TEXTS[kind], features=features and features[kind], max_lanes=1)
        good = float(dice.random() < (0.9 if award.winner == kind or not differ else 0.4))
        market.observe(award, model=award.winner, quality=good)
        got.append(good)
    return sum(got[-200:]) / 200, award.explain()


@pytest.mark.parametrize("features", [None, {"left": [1.0, 0.0, 0.0], "right": [0.0, 1.0, 0.0]}])
def test_classes_that_nobody_names_are_found_where_they_help_and_said(features):
    runs = [unclassed(True, seed, features) for seed in range(5)]
    assert median(quality for quality, _ in runs) > 0.8, "the best single model is good in 0.65"
    assert sum("classed by its features" in text for _, text in runs) >= 4


def taught(market, turns=500):
    """Each of two models is good at one kind of text alone."""
    dice = random.Random(1)
    for _ in range(turns):
        kind, model = dice.choice(["left", "right"]), dice.choice(["left", "right"])
        award = market.award(TEXTS[kind], max_lanes=1)
        market.observe(award, model=model, quality=float(dice.random() < (0.9 if model == kind else 0.3)))
    return market


def sorts(market):
    """Whether each kind of text goes to its model, by its features."""
    awards = [(kind, market.award(text, max_lanes=1)) for kind, text in TEXTS.items()]
    return all(award.winner == kind and "classed by its features" in award.explain() for kind, award in awards)


def test_found_classes_are_exported_and_merged():
    cards, still = [Card("left"), Card("right")], {"weights": {"quality": 1.0}, "explore": 0}
    learned = taught(Market(cards, **still))
    assert sorts(learned)
    assert not sorts(Market(cards, **still))
    other = Market(cards, **still)
    other.import_(learned.export())
    assert sorts(other)
    other.merge(learned)
    assert sorts(other)
    assert other.outcomes == 2 * learned.outcomes


def test_found_classes_are_kept_with_the_profiles_and_shared(tmp_path):
    path, cards = tmp_path / "profiles.db", [Card("left"), Card("right")]
    still = {"weights": {"quality": 1.0}, "explore": 0, "profiles": path, "write_every_s": 3600}
    with Market(cards, **still) as one, Market(cards, **still) as other:
        taught(one, 250)
        one.sync()
        taught(other, 250)
        other.sync()
        one.sync()
        assert sorts(one)
        assert sorts(other)
        assert one.outcomes == other.outcomes == 500
    with Market(cards, **still) as again:
        assert sorts(again)
        assert again.outcomes == 500


def test_features_that_tell_nothing_stay_out():
    texts = [unclassed(False, seed)[1] for seed in range(8)]
    assert sum("features were not used" in text for text in texts) >= 7


def table(tasks=900):
    """Three models, two classes, one difficulty a task for all; log-normal seconds."""
    dice = random.Random(3)
    rows = []
    for number in range(tasks):
        kind, hard = number % 2, dice.gauss(0, 1.5)
        outcomes = {}
        for place, (level, usd) in enumerate([(0.8, 0.0002), (1.4, 0.001), (2.2, 0.006)]):
            chance = 1 / (1 + math.exp(hard - level - 0.5 * kind))
            seconds = (1 + place) * (1 + kind) * math.exp(dice.gauss(0, 0.5))
            quality = float(dice.random() < chance)
            outcomes[f"m{place}"] = Recorded(quality, usd * math.exp(dice.gauss(0, 0.3)), seconds)
        rows.append(Row(f"c{kind}", f"task {number}", outcomes))
    return Table.of([Priced("m0", 0.2, 0.8), Priced("m1", 1.0, 4.0), Priced("m2", 5.0, 25.0)], rows)


def test_plans_are_better_and_cheaper_than_one_model_and_do_what_was_forecast():
    runs = [replay_plans(table(), cost_weight=0.1, seed=seed, verifier=0.95) for seed in range(6)]
    mean = lambda name: sum(getattr(run, name) for run in runs) / len(runs)  # noqa: E731
    assert mean("quality") > mean("best_single")
    assert mean("cost_usd") < table().unit_usd
    assert mean("lanes") > 1.0
    for name in ("quality_off", "cost_off", "p90_off"):
        assert abs(mean(name)) < 0.05, name


def test_plans_keep_to_a_cap_on_their_mean_cost():
    free = replay_plans(table(), cost_weight=0.0, seed=1, probe=25)
    for share in (0.2, 0.5):
        cap_usd = share * free.cost_usd
        run = replay_plans(table(), cost_weight=0.0, seed=1, probe=25, cap_usd=cap_usd)
        assert 0.8 * cap_usd < run.cost_usd < 1.05 * cap_usd
        assert run.quality > 0.8 * free.quality


def write(path):
    lines = [
        {
            "task_class": row.task_class,
            "prompt": row.prompt,
            "outcomes": {
                name: {"quality": one.quality, "cost_usd": one.cost_usd, "latency_s": one.latency_s}
                for name, one in row.outcomes.items()
            },
        }
        for row in table(120).rows
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def test_the_command_reports_plans(tmp_path, capsys):
    arguments = ["replay", write(tmp_path / "t.jsonl"), "--seeds", "2", "--cost-weight", "0.3", "--verifier", "0.95"]
    assert main([*arguments, "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["p90_off"] is not None
    assert main(arguments) == 0
    assert "of p90 latency" in capsys.readouterr().out
    assert main([*arguments, "--cap", "0.5", "--json"]) == 0
    (capped,) = json.loads(capsys.readouterr().out)["runs"]
    assert capped["usd_per_1000"] < run["usd_per_1000"]


def test_the_command_estimates_from_ones_own_log(tmp_path, capsys):
    dice = random.Random(0)
    market = Market([Card("good"), Card("poor")], weights={"quality": 1.0}, seed=0)
    path = tmp_path / "log.jsonl"
    with path.open("w") as file:
        for turn in range(200):
            award = market.award("x", "mail", max_lanes=1)
            if turn % 10:
                chance = {"good": 0.9, "poor": 0.5}[award.winner]
                market.observe(award, model=award.winner, quality=float(dice.random() < chance))
            file.write(
                json.dumps({"events": [{"event": "awarded", "award": json.loads(award.explain("json"))}]}) + "\n"
            )
    log = Log.load(path)
    assert len(log.entries) == 180
    assert log.unjudged == 20
    assert main(["replay", str(path), "--log", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["unjudged"] == 20
    assert told["models"][0]["model"] == "good"
    assert main(["replay", str(path), "--log"]) == 0
    assert "doubly robust" in capsys.readouterr().out
    for text, message in [("{", "line 1"), ("{}", "no awards"), ('{"format": "atomic-award"}', "lacks")]:
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            Log.load(path)


@pytest.mark.parametrize(
    ("better", "worse"),
    [("llama-3.1-70b-instruct", "llama-3.1-8b-instruct"), ("gpt-5", "gpt-5-nano"), ("acme-1", "text-embedding-3")],
)
def test_names_tell_something_before_outcomes_do(better, worse):
    assert standing_of(better) > standing_of(worse)
    cards = [Card(worse), Card(better)]
    assert Market(cards, weights={"quality": 1.0}, explore=0, priors="families").award("x").winner == better
    plain = Market(cards, weights={"quality": 1.0}, explore=0).award("x", max_lanes=1)
    assert plain.bids[0].quality == plain.bids[1].quality, "names count only where they are asked to"


def test_what_a_bidder_says_of_itself_counts_as_far_as_it_was_true():
    dice = random.Random(0)
    honest, boaster = Stated(), Stated()
    for _ in range(600):
        chance = dice.random()
        good = float(dice.random() < chance)
        honest.observe(chance, good)
        boaster.observe(0.99, good)
    assert honest.quality(0.9) - honest.quality(0.1) > 0.6
    assert abs(boaster.quality(0.99) - 0.5) < 0.08
    curve = [honest.quality(claim / 100) for claim in range(101)]
    assert curve == sorted(curve)
    for wrong in (float("nan"), -0.1, 1.1):
        with pytest.raises(MisuseError):
            honest.observe(wrong, 1.0)
        with pytest.raises(MisuseError):
            honest.quality(wrong)


def test_an_atomics_requests_that_name_no_class_are_classed_by_their_words_too():
    def says(good_at):
        return lambda call: "Good." if TEXTS[good_at] in call.messages[-1].text else "Bad."

    models = [Model(name, run=says(name), price_in=1, price_out=1, tags=[name]) for name in TEXTS]
    dice = random.Random(1)
    judge = Judge(lambda text: 0.9 if text == "Good." else 0.2, threshold=0.0)

    async def main():
        async with Atomic(models, weights={"quality": 1.0}, plan="single") as atomic:
            for _ in range(300):
                kind, model = dice.choice(list(TEXTS)), dice.choice(list(TEXTS))
                await atomic.run(Task(TEXTS[kind], judge=judge, allow=[model]))
            return {kind: await atomic.run(Task(TEXTS[kind], judge=judge)) for kind in TEXTS}

    answers = anyio.run(main)
    assert {kind: answer.model for kind, answer in answers.items()} == {kind: kind for kind in TEXTS}
    assert all("classed by its features" in answer.trace.explain() for answer in answers.values())
