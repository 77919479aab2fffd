"""Why a model did not bid: the award says it, and so does every form of the explanation."""

from __future__ import annotations

import json

import anyio
import pytest

from atomic_ai import Atomic, Budget, Image, Judge, Model, Task
from atomic_ai.errors import AtomicError
from atomic_ai.market import Budgets
from atomic_ai.testing import Script, SimulatedEndpoint, Status

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def place_of_sun(at: str) -> str:
    """Where is the sun at this place?"""
    return at


def local(name: str, **card) -> Model:
    return Model(name, run=lambda _: "Hello there.", **{"price_in": 1.0, "price_out": 1.0} | card)


def remote(name: str, endpoint: SimulatedEndpoint | None = None, **card) -> Model:
    url = "http://127.0.0.1:9/v1" if endpoint is None else endpoint.base_url
    return Model(name, provider="openai", base_url=url, api_key="simulated", **{"price_in": 1, "price_out": 1} | card)


def awarded(response, model="kept"):
    """The award of a request, held to say the same of `model` in each of its forms; and what it says."""
    award = next(event["award"] for event in response.trace.events if event["event"] == "awarded")
    reason = dict(award.filtered)[model]
    assert f"{model} did not bid: {reason}" in award.explain()
    assert f"{model} did not bid: {reason}" in award.explain("words")
    assert {"model": model, "reason": reason} in json.loads(award.explain("json"))["filtered"]
    return reason


@pytest.mark.parametrize(
    ("kept", "task", "reason"),
    [
        (remote("kept", context=50), Task("word " * 100), "do not fit its context of 50"),
        (remote("kept", tags=("cloud",)), Task("Say hello.", allow=["eu-west"]), "the task allows eu-west"),
        (remote("kept", region="us-east"), Task("Say hello.", allow=["eu-west"]), "the task allows eu-west"),
        (
            remote("kept", capabilities={"tools"}),
            Task("What is this?").with_input([Image(PNG)]),
            "it does not support vision",
        ),
        (
            remote("kept", capabilities={"vision"}),
            Task("Say hello.", tools=[place_of_sun]),
            "it does not support tools",
        ),
    ],
    ids=["context", "tags", "region", "vision", "tools"],
)
def test_what_a_model_cannot_do_is_the_awards_reason(kept, task, reason):
    able = local("able", region="eu-west")
    response = Atomic([kept, able]).run_sync(task)
    assert response.model == "able"
    assert reason in awarded(response)


def test_a_price_above_what_is_left_is_the_awards_reason():
    models = [local("kept", price_out=1e6), local("able")]
    response = Atomic(models).run_sync(Task("Say hello.", max_tokens=100), budget=Budget(usd=0.01))
    assert awarded(response).endswith("$0.010000 is left")


def test_a_shared_budget_that_ends_is_the_awards_reason():
    models = [local("kept", price_out=1e6), local("able")]
    response = Atomic(models, budgets=Budgets({"day": 0.01})).run_sync(Task("Say hello.", max_tokens=100))
    assert "budget 'day' has $0.010000 left" in awarded(response)


@pytest.mark.parametrize(
    ("fault", "faults", "reason"),
    [
        (Status(429, retry_after="30"), 1, "its provider asked for a pause: asked again in"),
        (Status(500), 8, "it failed too often and rests: asked again in"),
    ],
    ids=["headroom", "circuit"],
)
def test_a_rate_limit_and_an_open_breaker_are_the_awards_reason(fault, faults, reason):
    async def main(endpoint):
        models = [remote("kept", endpoint, tags=["remote"]), local("able", tags=["local"])]
        async with Atomic(models) as atomic:
            for _ in range(faults):
                with pytest.raises(AtomicError):
                    await atomic.run(Task("Say hello.", allow=["remote"]), budget=Budget(deadline_s=5))
            return await atomic.run(Task("Say hello."))

    with SimulatedEndpoint("openai-chat", Script("Hi."), faults=[fault] * 40) as endpoint:
        assert reason in awarded(anyio.run(main, endpoint))


def test_a_judge_asks_one_model_alone_and_its_award_says_so():
    judge = Model("kept", run=lambda _: '{"score": 1.0, "reason": "fine"}', tags=["judge"])
    response = Atomic([local("able", tags=["work"]), judge]).run_sync(
        Task("Say hello.", allow=["work"], judge=Judge("kept", "Polite."))
    )
    awards = [event["award"] for event in response.trace.events if event["event"] == "awarded"]
    told = {award.winner: dict(award.filtered) for award in awards}
    assert told["able"] == {"kept": "the task allows work"}
    assert told["kept"] == {"able": "this round is for another model alone"}
