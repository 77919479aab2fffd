"""The demo, played fast over real sockets: what it claims is what the endpoints counted."""

from __future__ import annotations

import json

import pytest

from atomic_ai.cli import main
from atomic_ai.demo.cast import Stage, cast
from atomic_ai.demo.mail import inbox
from atomic_ai.demo.play import WEIGHTS, Options, play
from atomic_ai.demo.rounds import Setting
from atomic_ai.demo.score import FIELDS
from atomic_ai.demo.triage import QUESTIONS

pytestmark = pytest.mark.anyio

FAST = 40.0
CALM = {"swift": {}, "steady": {}, "sage": {}}


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def played(**options):
    return await play(Options(**{"seed": 1, "mails": 2, "speed": FAST, "faults": CALM, **options}), None)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_every_mail_gets_one_typed_answer(anyio_backend):
    document = await played(mails=2)
    assert len(document["mails"]) == 2
    assert [mail["error"] for mail in document["mails"]] == ["", ""]
    assert all(set(mail["output"]) == set(FIELDS) for mail in document["mails"])
    assert document["simulated"] is True


async def test_claims_are_what_the_endpoints_counted():
    document = await played(mails=5)
    for claim in [claim for lanes in document["claims"].values() for claim in lanes]:
        assert claim["chunks_sent"] <= claim["chunks_planned"]
        assert claim["words"].startswith(("closed after ", "ended by itself"))
    billed, claimed = document["cost"]["billed_usd"], document["cost"]["claimed_usd"]
    assert claimed == pytest.approx(billed, rel=0.3)
    assert document["claims"]["Atomic, racing all"]


async def test_the_policies_are_compared_on_the_same_mails():
    document = await played()
    compared = document["comparison"]
    assert compared["cheapest"]["billed_usd"] <= compared["best"]["billed_usd"]
    assert compared["best"]["quality"] >= compared["cheapest"]["quality"]
    assert compared["everything"]["billed_usd"] > compared["best"]["billed_usd"]
    assert "computed" in compared["everything"]["source"]
    assert all(compared[policy]["answered"] == 2 for policy in ("atomic", "best", "cheapest", "everything"))


@pytest.mark.parametrize("fault", ["busy", "cut"])
async def test_a_model_that_always_fails_does_not_lose_a_mail(fault):
    document = await played(mails=1, faults={**CALM, "sage": {fault: 1.0}})
    assert [mail["error"] for mail in document["mails"]] == [""]


def test_the_command_prints_one_document(capsys):
    assert main(["demo", "--plain", "--json", "--mails", "1", "--speed", "40", "--seed", "3"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["seed"], len(document["mails"])) == ("atomic-demo", 3, 1)


def test_the_command_tells_people(capsys):
    assert main(["demo", "--plain", "--mails", "1", "--speed", "40"]) == 0
    shown = capsys.readouterr().out
    for words in ("Typed answers", "endpoint's own counters", "everything to the end", "SIMULATED"):
        assert words in shown


async def test_real_models_are_capped_on_the_whole_inbox(monkeypatch):
    setting = Setting(inbox()[:8], 1, 5, WEIGHTS)
    stage = Stage(cast(faults=CALM, speed=FAST)[1], setting.mails, QUESTIONS, 1)
    with stage.endpoint:
        monkeypatch.setattr("atomic_ai.demo.play.from_environment", lambda tags: [stage.model()])
        document = await play(Options(mails=8, real=True, cap_usd=0.012), None)
    spent = stage.billed_usd({mail.name for mail in setting.mails})
    assert 0 < spent <= 0.012
    assert document["mails"][0]["error"] == ""
    # Which of a mail's questions fails first is chance: one that nobody could pay, or one that only a model that was
    # too dear for what is left would have answered.
    error = document["mails"][-1]["error"]
    assert "BudgetError" in error or "it may cost up to" in error
    assert (document["simulated"], document["comparison"]) == (False, None)
