"""The market by itself: awards, learning, bad input."""

import math
from types import SimpleNamespace

import pytest

from atomic_ai import Model
from atomic_ai.errors import ConfigError, MisuseError, StateError, UnknownModelError
from atomic_ai.market import Budgets, Market, Outside


def model(name, price_in=1.0, price_out=1.0):
    return SimpleNamespace(name=name, price_in=price_in, price_out=price_out)


MODELS = [model("cheap", 0.1, 0.2), model("middle", 1.0, 2.0), model("dear", 5.0, 10.0)]


TWINS = [model("left"), model("right")]


def market(**settings):
    return Market(MODELS, **{"weights": {"quality": 1.0, "cost": 1.0, "latency": 0.0}, "seed": 1, **settings})


def learn(market, task_class, qualities, rounds=40):
    for turn in range(rounds):
        for name, quality in qualities.items():
            good = float(turn % 10 < 10 * quality)
            market.teach(f"task {turn}", task_class, model=name, quality=good, cost_usd=0.001, latency_s=1.0)


def test_an_unknown_market_awards_one_lane_and_a_hedge():
    award = market(explore=0).award("Sort this mail.")
    assert (award.winner, award.plan.kind, len(award.plan.lanes)) == ("dear", "hedge", 2)
    assert market(explore=0).award("Sort this mail.", max_lanes=1).plan.kind == "single"
    assert Market([MODELS[0]]).award("Sort this mail.").plan.kind == "single"


def test_it_learns_who_is_good_at_what():
    learner = market(explore=0)
    learn(learner, "mail", {"cheap": 0.9, "middle": 0.4, "dear": 0.5})
    learn(learner, "law", {"cheap": 0.2, "middle": 0.4, "dear": 0.9})
    assert learner.award("x", "mail").winner == "cheap"
    assert learner.award("x", "law").winner == "dear"


def test_a_verifier_allows_a_cascade_whose_expectation_beats_each_lane():
    weights = {"quality": 1.0, "cost": 20.0, "latency": 0.0}
    learner = Market([MODELS[0], MODELS[2]], weights=weights, explore=0)
    for turn in range(50):
        for bid, quality, cost in (("cheap", 0.8, 0.0001), ("dear", 0.9, 0.01)):
            good = float((turn * (7 if bid == "cheap" else 3)) % 10 < 10 * quality)
            learner.teach(f"task {turn}", "c", model=bid, quality=good, cost_usd=cost, latency_s=1.0)
    award = learner.award("x", "c", verifier=0.95)
    assert award.plan.kind == "cascade"
    assert award.plan.lanes == ["cheap", "dear"]
    assert award.expected.quality > max(bid.quality for bid in award.bids)
    assert award.expected.cost_usd < 0.006


def test_terms_add_up_to_the_score_and_the_critical_price_ties():
    award = market().award("x" * 400)
    for bid in award.bids:
        assert bid.quality_term + bid.cost_term + bid.latency_term == pytest.approx(bid.score)
    by_name = {bid.model: bid for bid in award.bids}
    winner, second = by_name[award.winner], by_name[award.runner_up]
    at_critical = winner.score - (award.critical_price - winner.cost_usd)
    assert at_critical == pytest.approx(second.score)
    assert award.winner in award.explain()


def test_equal_seeds_give_equal_awards():
    def awards(seed):
        trial = Market(TWINS, seed=seed)
        return [trial.award("x").winner for _ in range(50)]

    assert awards(3) == awards(3)
    assert awards(3) != awards(4)


def test_exploration_says_so_and_its_chances_add_up():
    trial = Market(TWINS, seed=1)
    seen = [trial.award("x") for _ in range(400)]
    assert any(award.exploring for award in seen)
    chance = {award.winner: award.propensity for award in seen}
    assert sum(chance.values()) == pytest.approx(1.0, abs=0.01)
    for name, expected in chance.items():
        assert sum(award.winner == name for award in seen) / 400 == pytest.approx(expected, abs=0.08)


def test_a_cascade_under_a_floor_knows_how_likely_its_lead_was():
    models = [model("cheap", 0.1, 0.1), model("strong", 9.0, 9.0)]
    trial = Market(models, {"quality": 1.0, "cost": 10.0}, explore=0, explore_floor=0.4)
    for turn in range(40):
        for name, good in (("cheap", turn % 4 > 0), ("strong", turn % 20 > 0)):
            trial.teach(f"{turn}", "c", model=name, quality=float(good), cost_usd=1e-6, latency_s=1.0)
    seen = [trial.award("x", "c", verifier=0.95) for _ in range(400)]
    assert {award.plan.kind for award in seen} == {"cascade"}
    for name in ("cheap", "strong"):
        chances = {round(award.propensity, 6) for award in seen if award.winner == name}
        assert len(chances) <= 1
        share = sum(award.winner == name for award in seen) / 400
        assert share == pytest.approx(chances.pop() if chances else 0.0, abs=0.08), name


def test_filters_and_limits_name_their_reasons():
    trial = market(explore=0)
    award = trial.award("x", filtered={"dear": "it must stay in the EU"})
    assert award.winner == "middle"
    assert award.filtered == [("dear", "it must stay in the EU")]
    with pytest.raises(ConfigError, match="above the limit"):
        trial.award("x" * 4_000, max_cost_usd=0.0)


def test_late_feedback_counts_once_and_can_be_corrected():
    trial = market(explore=0)
    award = trial.award("x", "c")
    trial.observe(award, model="dear", cost_usd=0.001, latency_s=1.0)
    before = trial.export()
    trial.feedback(award.id, model="dear", quality=0.0)
    once = {bid.model: (bid.quality, bid.evidence) for bid in trial.award("x", "c").bids}
    trial.feedback(award.id, model="dear", quality=0.0)
    assert {bid.model: (bid.quality, bid.evidence) for bid in trial.award("x", "c").bids} == once
    trial.feedback(award.id, model="dear", quality=1.0)
    assert {bid.model: bid for bid in trial.award("x", "c").bids}["dear"].quality > once["dear"][0]
    assert once["dear"][1] == 1.0
    assert before != trial.export()


def test_profiles_move_and_add_up():
    left, right, both = market(), market(), market()
    learn(left, "mail", {"cheap": 0.9, "dear": 0.3})
    learn(right, "law", {"dear": 0.9})
    both.merge(left)
    both.import_(right.export())
    assert both.outcomes == left.outcomes + right.outcomes == 120
    assert both.award("x", "mail", filtered={"middle": "nobody knows it"}, max_lanes=1).winner == "cheap"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file[:-10], "before its stated length"),
        (lambda file: file[:5], "before its stated length"),
        (lambda file: file.replace(b'"atomic_profiles":1', b'"atomic_profiles":99'), "newer"),
        (lambda file: file[:-3] + b"xyz", "check sum"),
        (lambda _: b"no profiles\n", "not a profile file of Atomic, or damaged"),
    ],
)
def test_a_damaged_profile_file_is_refused_and_harms_nothing(damage, message):
    trial = market()
    learn(trial, "mail", {"cheap": 0.9})
    before = trial.export()
    with pytest.raises(ConfigError, match=message):
        trial.merge(damage(before))
    assert trial.export() == before


@pytest.mark.parametrize("price", [-1.0, math.nan, math.inf])
def test_prices_that_are_none_are_refused(price):
    with pytest.raises(ConfigError, match="'odd': price_in is USD per million tokens, zero or more"):
        Market([model("odd", price_in=price)])
    with pytest.raises(ConfigError, match="prices"):
        market().reprice("cheap", price_in=1.0, price_out=price)


def test_a_market_of_nobody_or_of_twins_is_refused():
    with pytest.raises(ConfigError, match="at least one"):
        Market([])
    with pytest.raises(ConfigError, match="two models"):
        Market([model("same"), model("same")])


@pytest.mark.parametrize("quality", [math.nan, -0.1, 1.1, math.inf])
def test_qualities_that_are_none_are_refused_everywhere(quality):
    trial = market()
    award = trial.award("x")
    before = trial.outcomes
    with pytest.raises(MisuseError, match="quality"):
        trial.observe(award, model="dear", quality=quality)
    with pytest.raises(MisuseError, match="quality"):
        trial.teach("x", None, model="dear", quality=quality)
    with pytest.raises(MisuseError, match="quality"):
        trial.feedback(award.id, model="dear", quality=quality)
    assert trial.outcomes == before


def test_strangers_are_refused_by_name():
    trial = market()
    award = trial.award("x")
    with pytest.raises(UnknownModelError, match="cheap, middle, dear"):
        trial.observe(award, model="stranger", quality=1.0)
    with pytest.raises(UnknownModelError):
        trial.feedback(award.id, model="stranger", quality=1.0)
    with pytest.raises(MisuseError, match="not known"):
        trial.feedback(12345, model="dear", quality=1.0)
    with pytest.raises(StateError, match="no outcome"):
        trial.feedback(award.id, model="dear", quality=1.0)
    trial.observe(award, model="dear", quality=1.0)
    with pytest.raises(StateError, match="before"):
        trial.observe(award, model="dear", quality=1.0)
    with pytest.raises(MisuseError, match="unknown weights"):
        market(weights={"qualty": 1.0})


def test_no_text_of_a_task_is_kept():
    trial = market()
    award = trial.award("canary-5ab1", "c")
    trial.observe(award, model="dear", quality=1.0, cost_usd=0.1, latency_s=1.0)
    trial.teach("canary-5ab1", "c", model="dear", quality=1.0)
    assert "canary" not in award.explain() + repr(award) + trial.export().decode()


def test_budgets_reserve_before_they_spend():
    budgets = Budgets({"day": 1.0}, at_the_end="cheapest")
    hold = budgets.reserve(0.8, "day", "caller")
    with pytest.raises(Exception, match="day") as refusal:
        budgets.reserve(0.3, "day")
    assert refusal.value.policy == "cheapest"
    budgets.settle(hold, 0.1)
    assert (budgets.spent("day"), budgets.left("day"), budgets.spent("caller")) == (0.1, 0.9, 0.1)
    with pytest.raises(StateError):
        budgets.settle(hold, 0.1)


def awarded(market):
    return market.award("a task", "mail")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Market(["small"]), ConfigError, r"models\[0\] is str: a market takes Model\(name"),
        (
            lambda: Market([SimpleNamespace(name="a")]),
            ConfigError,
            "'a': price_in is USD per million tokens.* not None",
        ),
        (lambda: Market([Model("a")], priors="magic"), ConfigError, 'there are "prices" and "families"'),
        (lambda: Market([Model("a")], explore=-1), ConfigError, "explore is zero or more"),
        (lambda: Market([Model("a")], max_lanes=0), ConfigError, "max_lanes and remembered are at least 1"),
        (lambda: Market([Model("a")], {"quality": "much"}), MisuseError, "weight of quality is a number, zero or more"),
        (lambda: Market([Model("a")], {"cost": -1}), MisuseError, "weight of cost is a number, zero or more"),
        (
            lambda: awarded(Market([Model("a")])) and Market([Model("a")]).observe(7, model="a"),
            MisuseError,
            "award itself",
        ),
        (lambda: Market([Model("a")]).feedback("7", model="a", quality=1), MisuseError, "award's number, award.id"),
        (
            lambda: Market([Model("a")]).feedback(7, model="a", quality=1),
            MisuseError,
            r"Market\(remembered=…\) keeps more",
        ),
        (lambda: Market([Model("a")]).award("x", verifier=2), MisuseError, "verifier is how often"),
        (lambda: Market([Model("a")]).award("x", max_cost_usd=-1), MisuseError, "max_cost_usd, .* zero or more"),
        (lambda: Budgets({"daily": 1.0}), ConfigError, "budget 'daily': no task draws on it.*day"),
        (lambda: Budgets({"day": "1"}), MisuseError, "cap of 'day' is USD, zero or more, not '1'"),
        (lambda: Outside([print], reserve_usd=1), ConfigError, r"agents\[0\] is builtin.*: use CallableAgent"),
    ],
)
def test_every_refusal_names_the_place_and_the_remedy(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


def test_a_market_and_its_functions_in_a_few_lines():
    functions = {"cheap": lambda text: "no" in text, "dear": lambda text: "no" in text or "never" in text}
    market = Market([Model("cheap"), Model("dear")], weights={"quality": 1.0, "cost": 10.0})
    for text, refuses in [("no thanks", True), ("never", True), ("yes", False)] * 100:
        award = market.award(text)
        right = functions[award.winner](text) == refuses
        market.observe(
            award, model=award.winner, quality=float(right), cost_usd={"cheap": 0.001, "dear": 0.01}[award.winner]
        )
    assert market.award("never").winner == "dear"
    assert repr(market) == "Market(2 models, 300 outcomes)"
