"""What the demo shows: lanes that grow, die and win; claims, figures and losses in words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from atomic_ai import events
from atomic_ai.artifacts import Execution
from atomic_ai.demo.board import Board
from atomic_ai.demo.cast import reference
from atomic_ai.demo.claims import claims
from atomic_ai.demo.comparison import compare
from atomic_ai.demo.document import document
from atomic_ai.demo.mail import inbox
from atomic_ai.demo.report import show_answers, show_comparison
from atomic_ai.demo.rounds import Attempt, Round, Sorted
from atomic_ai.demo.score import FIELDS
from atomic_ai.demo.triage import Triage

MAIL = inbox()[0]


def shown(board):
    """The board as plain and as styled text."""
    console = Console(width=140, record=True, color_system="truecolor", force_terminal=True, file=io.StringIO())
    console.print(board)
    return console.export_text(clear=False), console.export_text(styles=True)


def lane(kind, number=0, model="simulated-swift", **facts):
    return kind(at_s=0.1, request_id="r", microtask="category", round=0, lane=number, model=model, **facts)


def test_a_lane_grows_and_dies_at_its_fatal_byte():
    board = Board(total=13)
    board.hear(MAIL, lane(events.LaneStarted))
    board.hear(MAIL, lane(events.LaneGrew, chars=14, text='{"category": "ra'))
    plain, _ = shown(board)
    assert '▸ swift    {"category": "ra' in plain
    assert "SIMULATED" in plain
    board.hear(MAIL, lane(events.LaneGrew, chars=20, text="ther"))
    board.hear(MAIL, lane(events.Violated, keyword="enum", schema_path="/x", instance_path="/category", offset=14))
    plain, styled = shown(board)
    assert '✗ swift    {"category": "r  byte 14: enum' in plain
    assert "\x1b[1;37;41mr" in styled
    board.hear(MAIL, lane(events.LaneGrew, chars=21, text="!"))
    assert "✗ swift" in shown(board)[0]


@pytest.mark.parametrize("offset", [5, 6, 400])
def test_a_fatal_byte_may_lie_within_a_character_or_at_the_end(offset):
    board = Board(total=1)
    board.hear(MAIL, lane(events.LaneStarted))
    board.hear(MAIL, lane(events.LaneGrew, chars=3, text="Grüße"))
    board.hear(MAIL, lane(events.Violated, keyword="type", schema_path="", instance_path="", offset=offset))
    assert f"byte {offset}: type" in shown(board)[0]


def test_the_winner_and_the_closed_are_told_apart():
    board = Board(total=1)
    for number, model in enumerate(("simulated-swift", "simulated-sage")):
        board.hear(MAIL, lane(events.LaneStarted, number, model))
    board.hear(MAIL, lane(events.Decided, 1, "simulated-sage", why="first valid"))
    board.hear(MAIL, lane(events.LaneEnded, 0, execution=Execution("category", 0, "simulated-swift", "lost")))
    board.hear(MAIL, lane(events.LaneEnded, 1, "simulated-sage", execution=Execution("category", 1, "x", "won")))
    plain, _ = shown(board)
    assert "✓ sage" in plain
    assert "swift" not in plain  # decided: who only lost steps aside


def test_a_closed_lane_says_why_while_the_others_race():
    board = Board(total=1)
    board.hear(MAIL, lane(events.LaneStarted))
    board.hear(MAIL, lane(events.LaneEnded, execution=Execution("category", 0, "simulated-swift", "late_gap")))
    assert "◌ swift" in shown(board)[0]
    assert "late_gap" in shown(board)[0]


def test_a_sorted_mail_leaves_the_board():
    board = Board(total=1)
    board.hear(MAIL, lane(events.LaneStarted))
    board.hear(MAIL, events.Failed(at_s=1.0, request_id="r", microtask="answer", error="RaceError", detail=""))
    assert MAIL.name not in shown(board)[0]
    assert "1 of 1" in shown(board)[0]


def played(name, latency_s=1.0, **wrong):
    """A round in which every mail is answered as the reference has it, but for `wrong`."""
    mails = []
    for mail in inbox():
        right = {field: reference()[mail.name][field] for field in FIELDS}
        output = Triage.model_validate({**right, **wrong})
        mails.append(Sorted(mail, (Attempt(output, "", False, 0.0, 0.001, ()),), latency_s))
    return Round(name, mails=mails)


def test_where_atomic_loses_is_said():
    compared = compare(
        played("Atomic", 2.0, category="spam"), played("race"), [played("sage", 1.0), played("swift", 3.0, reply="")]
    )
    assert compared.best.name == "sage"
    assert compared.everything.source.startswith("computed")
    assert [loss for loss in compared.losses if loss.startswith("sage is better: 1.000 against")]
    assert [loss for loss in compared.losses if loss.startswith("sage is faster: median 1.00 s against 2.00 s")]
    assert [loss for loss in compared.losses if loss.startswith("01-late-delivery: sage answers better")]
    assert not [loss for loss in compared.losses if loss.startswith("03-you-have-won:")]  # spam is spam


def test_the_majority_of_everything():
    rounds = [played("a", category="spam"), played("b", category="spam"), played("c")]
    compared = compare(played("Atomic"), played("race"), rounds)
    assert compared.everything.quality < 1
    assert compared.everything.median_s == 1.0


def test_reports_and_documents():
    ours = played("Atomic")
    compared = compare(ours, played("race"), [played("sage"), played("swift", reply="")])
    console = Console(width=200, record=True, file=io.StringIO())
    show_answers(console, ours)
    show_comparison(console, compared)
    text = console.export_text()
    assert "01-late-delivery" in text
    assert "everything to the end" in text
    told = document(ours, {"Atomic": claims(ours)}, compared, seed=1)
    assert (told["format"], len(told["mails"]), told["claims"]) == ("atomic-demo", 13, {"Atomic": []})
    assert told["mails"][0]["marks"]["category"] == 1.0
