"""Asking again: the model sees its refused answer and the reasons, in the schema's words."""

from __future__ import annotations

from dataclasses import dataclass

from atomic_ai.reask import REASONS, SHOWN_CHARS, reasked
from atomic_ai.task import Task


@dataclass
class Violation:
    keyword: str = "maximum"
    instance_path: str = "/urgency"
    schema_path: str = "/properties/urgency/maximum"
    message: str = "must be at most 9"


TASK = Task("How urgent?", system="Be brief.", output=dict[str, int], task_class="triage").with_input("Help!")


def test_the_answer_and_its_faults_are_further_turns() -> None:
    again = reasked(TASK, '{"urgency": 10}', [Violation()], ["not_too_urgent: calm down"])
    assert again is not None
    said = again.conversation()
    assert [message.role for message in said] == ["system", "user", "assistant", "user"]
    assert said[:2] == TASK.conversation()
    assert said[2].text == '{"urgency": 10}'
    assert "- /urgency: must be at most 9 (maximum)\n- not_too_urgent: calm down\n" in said[3].text


def test_all_else_of_the_task_stays() -> None:
    again = reasked(TASK, "", [Violation()], [])
    assert again is not None
    assert (again.schema, again.task_class, again.validators) == (TASK.schema, "triage", TASK.validators)


def test_it_can_be_asked_again_and_again() -> None:
    again = reasked(TASK, "a", [Violation()], [])
    assert again is not None
    last = reasked(again, "b", [Violation(keyword="type")], [])
    assert last is not None
    assert [message.role for message in last.conversation()] == ["system", *["user", "assistant"] * 2, "user"]


def test_without_a_reason_there_is_nothing_to_ask() -> None:
    assert reasked(TASK, "anything", [], []) is None


def test_what_is_said_is_bounded() -> None:
    again = reasked(TASK, "x" * (SHOWN_CHARS + 1), [Violation(message=str(i)) for i in range(100)], [])
    assert again is not None
    *_, shown, told = again.conversation()
    assert shown.text == "x" * SHOWN_CHARS + " …"
    assert told.text.count("\n- ") == REASONS
