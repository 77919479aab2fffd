"""The wheel, installed where there is no Rust, runs a race.

`make wheel-test` builds the wheel and names it in ATOMIC_WHEEL; without it there is nothing to test.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

RACE = """
import json, pathlib
from pydantic import BaseModel
from atomic_ai import Atomic, Model, Task, _core
from atomic_ai.testing import Pace, Script, ScriptedModel, VirtualClock, no_network

assert pathlib.Path(_core.__file__).parts[-3:-1] == ("site-packages", "atomic_ai"), _core.__file__

class Triage(BaseModel):
    priority: int

clock = VirtualClock()
models = [
    Model("dies", run=ScriptedModel(Script('{"priority": "high"}'), clock)),
    Model("wins", run=ScriptedModel(Script.json({"priority": 2}), clock, pace=Pace(ttft_s=1.0))),
]
with no_network():
    response = Atomic(models, clock=clock, plan="race").run_sync(Task("How urgent?", output=Triage).with_input("Help!"))
outcomes = {lane.model: lane.outcome for lane in response.trace.executions}
print(json.dumps([response.output.priority, response.model, outcomes]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an empty environment that holds the wheel and its dependencies."""
    wheel = os.environ.get("ATOMIC_WHEEL")
    if not wheel:
        pytest.skip("no wheel named by ATOMIC_WHEEL: run `make wheel-test`")
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", wheel)
    return python


def run(python: Path, *arguments: str) -> str:
    """Run an isolated interpreter that finds no compiler on its path and nothing of this checkout."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CARGO", "RUST", "PYTHON"))
    }
    environment["PATH"] = str(python.parent)
    done = subprocess.run(
        [str(python), "-I", *arguments],
        cwd=python.parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_abi3() -> None:
    wheel = os.environ.get("ATOMIC_WHEEL")
    if not wheel:
        pytest.skip("no wheel named by ATOMIC_WHEEL: run `make wheel-test`")
    assert "-cp311-abi3-" in Path(wheel).name


def test_it_needs_four_packages(python: Path) -> None:
    requires = run(python, "-c", "from importlib.metadata import requires; print('\\n'.join(requires('atomic-ai')))")
    runtime = {line.split(">")[0].split("<")[0].strip() for line in requires.splitlines() if "extra ==" not in line}
    assert runtime == {"pydantic", "anyio", "httpx", "orjson"}


def test_it_runs_a_race(python: Path) -> None:
    assert json.loads(run(python, "-c", RACE)) == [2, "wins", {"dies": "schema_dead", "wins": "won"}]


def test_its_command_answers(python: Path) -> None:
    command = python.parent / ("atomic.exe" if os.name == "nt" else "atomic")
    done = subprocess.run([str(command), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "demo" in done.stdout
