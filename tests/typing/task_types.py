"""What type checkers must infer for tasks; mypy and pyright read this file, nothing runs it."""

from typing import Any, Literal, assert_type

from pydantic import BaseModel

from atomic_ai.task import Task


class Triage(BaseModel):
    priority: int


def checked(triage: Triage) -> bool:
    return triage.priority > 0


assert_type(Task("Say hello."), Task[str])
assert_type(Task(messages=[{"role": "user", "content": "hi"}]), Task[str])
assert_type(Task("Sort it.", output=Triage), Task[Triage])
assert_type(Task("Sort it.", output=Triage, validators=[checked], temperature=0, allow=["eu"]), Task[Triage])
assert_type(Task("Sort it.", output=Triage).with_input("mail"), Task[Triage])
assert_type(Task("Count.", output=list[int]), Task[list[int]])
assert_type(Task("Pick.", output=Literal["a", "b"]), Task[Any])
assert_type(Task("Any.", output={"type": "object"}), Task[Any])
