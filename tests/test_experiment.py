"""A/B: the sequence covers at every moment, verdicts are right, assignment is stable and by share, traces carry it."""

import random

import anyio
import pytest

from atomic_ai import Atomic, Judge, Model, Task
from atomic_ai.errors import ConfigError, MisuseError, RaceError, UnknownModelError
from atomic_ai.market.experiment import Experiment
from atomic_ai.market.trial import Trial


def run(seed, control, challenger, outcomes, share=0.5, **settings):
    """An experiment on Bernoulli outcomes, looked at after each, until its verdict."""
    dice, trial = random.Random(seed), Experiment(f"trial {seed}", {"old": 1 - share, "new": share}, **settings)
    covered = True
    for turn in range(outcomes):
        arm = trial.assign(str(turn))
        found = trial.observe(arm, float(dice.random() < (challenger if arm == "new" else control)))
        covered &= found.low <= challenger - control <= found.high
        if found.verdict is not None:
            break
    return found, covered


def test_looked_at_after_every_outcome_it_is_wrong_no_more_often_than_it_says():
    trials = [run(seed, 0.8, 0.8, 500, alpha=0.2) for seed in range(60)]
    assert sum(found.verdict is not None for found, _ in trials) <= 12
    assert sum(not covered for _, covered in trials) <= 12


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_a_real_difference_is_found_and_a_worse_challenger_is_stopped(share):
    for seed in range(5):
        assert run(seed, 0.5, 0.8, 5_000, share)[0].verdict == "new"
        assert run(seed, 0.8, 0.5, 5_000, share)[0].verdict == "old"


def test_a_difference_too_small_to_matter_ends_it_too():
    found, _ = run(1, 0.95, 0.95, 20_000, matters=0.05)
    assert found.verdict == "no difference"
    assert str(found).endswith("no difference")


def test_traffic_is_divided_by_share_stays_with_its_key_and_goes_to_the_winner():
    trial = Experiment("prompt", {"today": 0.9, "new": 0.1})
    arms = [trial.assign(f"user {number}") for number in range(5_000)]
    assert arms.count("new") == pytest.approx(500, rel=0.2)
    assert arms == [trial.assign(f"user {number}") for number in range(5_000)]
    other = Experiment("model", {"today": 0.9, "new": 0.1})
    both = sum(other.assign(f"user {n}") == arm == "new" for n, arm in enumerate(arms))
    assert both < 120
    while trial.observe("new", 1.0).verdict is None:
        trial.observe("today", 0.0)
    assert {trial.assign(str(number)) for number in range(100)} == {"new"}
    told = str(trial.finding())
    assert told.startswith("prompt: today 0.000 of ")
    assert told.endswith("): new is better")
    assert trial.observe("today", 1.0) == trial.finding()


def test_the_arm_is_in_the_trace():
    trial = Experiment("prompt", {"today": 0.5, "new": 0.5})
    arm = trial.assign("user 7")

    async def main():
        async with Atomic([Model("a", run=lambda _: "Hello.", price_in=1, price_out=1)]) as atomic:
            return await atomic.run(Task("Say hello.", metadata=trial.note(arm)))

    response = anyio.run(main)
    assert response.metadata == response.trace.request.metadata == {"experiment": "prompt", "arm": arm}


def answers(name, text):
    return Model(name, run=lambda _: text, price_in=1, price_out=1)


def judged(text):
    return 1.0 if text == "Good." else 0.4


async def asked(atomic, count, **metadata):
    return [await atomic.run(Task("Say good.", metadata=metadata)) for _ in range(count)]


def test_live_requests_are_divided_explained_observed_and_go_to_the_winner():
    trial = Trial(
        Experiment("bigger", {"today": 0.5, "new": 0.5}),
        {"today": ["small"], "new": ["big"]},
        value=lambda response: float(response.output == "Good."),
    )

    async def main():
        async with Atomic([answers("small", "Bad."), answers("big", "Good.")], experiment=trial) as atomic:
            first = await asked(atomic, 200)
            return first, trial.finding, await asked(atomic, 20, user="ann")

    first, finding, then = anyio.run(main)
    for response in first[:10]:
        award = next(event["award"] for event in response.trace.events if event["event"] == "awarded")
        arm, other = response.metadata["arm"], {"small": "big", "big": "small"}[response.model]
        assert (arm, response.model) in (("today", "small"), ("new", "big"))
        assert dict(award.filtered) == {other: f"experiment 'bigger': arm '{arm}' does not ask it"}
        assert f"{other} did not bid: experiment 'bigger'" in response.trace.explain()
    assert (finding.verdict, finding.arms["today"].mean, finding.arms["new"].mean) == ("new", 0.0, 1.0)
    assert {response.model for response in then} == {"big"}
    assert then[0].metadata == {"user": "ann", "experiment": "bigger", "arm": "new"}


def test_an_arm_stays_with_its_key_and_failures_count_against_it():
    trial = Trial(Experiment("by user", {"today": 1, "new": 1}, alpha=1e-9), {"new": ["b"]}, by="user")

    def fails(_):
        raise ValueError("canary")

    async def main():
        models = [Model("a", run=lambda _: "Hi."), Model("b", run=fails)]
        async with Atomic(models, experiment=trial, plan="single") as atomic:
            arms = {}
            for turn in range(40):
                try:
                    response = await atomic.run(Task("Say hi.", metadata={"user": str(turn % 8)}))
                    arms.setdefault(str(turn % 8), set()).add(response.metadata["arm"])
                except RaceError as error:
                    arms.setdefault(str(turn % 8), set()).add(error.trace.request.metadata["arm"])
            return arms

    arms = anyio.run(main)
    assert all(len(seen) == 1 for seen in arms.values())
    assert {arm for seen in arms.values() for arm in seen} == {"today", "new"}
    assert trial.finding.arms["new"].mean == 0.0
    assert trial.finding.arms["new"].outcomes >= 2


def test_a_judges_score_is_the_outcome_and_the_judge_is_asked_in_every_arm():
    trial = Trial(Experiment("x", {"today": 1, "new": 1}), {"today": ["small"], "new": ["big"]})
    judge = Judge(judged, threshold=0.0)

    async def main():
        async with Atomic([answers("small", "Bad."), answers("big", "Good.")], experiment=trial) as atomic:
            for _ in range(20):
                await atomic.run(Task("Say good.", judge=judge))

    anyio.run(main)
    assert {name: arm.mean for name, arm in trial.finding.arms.items()} == pytest.approx({"today": 0.4, "new": 1.0})


def test_trials_that_cannot_be_are_refused():
    experiment = Experiment("x", {"today": 1, "new": 1})
    with pytest.raises(ConfigError, match="has no arm 'old': today and new"):
        Trial(experiment, {"old": ["a"]})
    with pytest.raises(ConfigError, match="arm 'new' asks no model"):
        Trial(experiment, {"new": []})
    with pytest.raises(UnknownModelError, match=r"arm 'new' asks 'smal', no such model.*small"):
        Atomic([answers("small", "Hi.")], experiment=Trial(experiment, {"new": ["smal"]}))


def test_misuse_is_told():
    for shares in ({"a": 1.0}, {"a": 0.5, "b": 0.0}, {"a": 0.5, "b": float("nan")}, {"a": 1, "b": 1, "c": 1}):
        with pytest.raises(ConfigError, match="two arms"):
            Experiment("x", shares)
    with pytest.raises(ConfigError, match="alpha"):
        Experiment("x", {"a": 1, "b": 1}, alpha=1.0)
    trial = Experiment("x", {"a": 1, "b": 1})
    with pytest.raises(MisuseError, match="no arm 'c': there are a, b"):
        trial.observe("c", 1.0)
    for value in (-0.1, 1.1, float("nan")):
        with pytest.raises(MisuseError, match="from 0 to 1"):
            trial.observe("a", value)
