"""A key and a prompt that must not be found anywhere: no log, repr, error, trace or profile."""

from __future__ import annotations

import gc
import logging
import pickle
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, AtomicError, Model, Task, tool
from atomic_ai.testing import Cut, HtmlPage, Script, SimulatedEndpoint, Status, WrongSchema

if TYPE_CHECKING:
    from pathlib import Path

    from atomic_ai.events import Event

pytestmark = pytest.mark.anyio

KEY = "sk-canary-7f3a91"
PROMPT = "canary prompt 52c8"
ANSWER = "canary answer 9d10"


class Mail(BaseModel):
    category: str


def contents(folder: Path) -> list[str]:
    return [file.read_bytes().decode("latin-1") for file in folder.iterdir()]


async def test_canaries_are_found_nowhere(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    trace_file, profiles = tmp_path / "traces.jsonl", tmp_path / "profiles.sqlite"

    def follow(event: Event) -> None:
        told.append(event.kind)

    @tool
    def look_up(what: str) -> str:
        """Look it up."""
        raise ValueError(ANSWER)

    task = Task(PROMPT, system=PROMPT, output=Mail, tools=[look_up], task_class="mail").with_input(PROMPT)
    faults = [None, Status(500, message=PROMPT), HtmlPage(PROMPT), Cut(), WrongSchema(f'{{"x": "{ANSWER}"}}'), None]
    for fault in faults:
        with SimulatedEndpoint("openai-chat", Script.json({"category": ANSWER}), faults=fault) as endpoint:
            model = Model("only", provider="openai", base_url=endpoint.base_url, api_key=KEY)
            async with Atomic([model], trace_file=trace_file, profiles=profiles, hooks=[follow]) as atomic:
                told += [repr(atomic), repr(model), repr(task), str(model.api_key), f"{model.api_key!r}"]
                try:
                    response = await atomic.run(task)
                except AtomicError as error:
                    told += [str(error), repr(error), error.trace.explain(), error.trace.to_json().decode()]
                    told += [str(pickle.dumps(error.args))]
                else:
                    told += [response.trace.to_json().decode(), response.trace.explain()]
                told.append(atomic.market.export().decode("latin-1"))
            assert any(KEY in value for value in endpoint.requests[0].headers.values()), "the key was really used"
            assert PROMPT.encode() in endpoint.requests[0].body, "the prompt was really sent"
    gc.collect()
    told += [record.getMessage() + str(record.args) for record in caplog.records]
    told += contents(tmp_path)
    for canary in (KEY, PROMPT, ANSWER):
        assert not [text for text in told if canary in text], canary
    assert any("lane 0" in text for text in told), "there was something to be searched"
