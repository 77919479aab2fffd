"""The command: arguments, exit codes, JSON everywhere. What needs models is tested with simulated ones elsewhere."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from atomic_ai.artifacts import Execution, Request
from atomic_ai.cli import main
from atomic_ai.cli.exits import EXIT_CODES, exit_code, told
from atomic_ai.cost import Cost
from atomic_ai.errors import BudgetError, ConfigError, DeadlineError, RaceError, SchemaError, StatusError
from atomic_ai.market import Market
from atomic_ai.model import Model
from atomic_ai.testing import Script, SimulatedEndpoint, Stall
from atomic_ai.trace import Trace

FILE = '[[models]]\nname = "small"\nprovider = "openai"\nprice_in = 1\nprice_out = 2\ntags = ["eu"]\n'


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No keys and no file but those of the test."""
    for name in os.environ:
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_help_has_every_exit_code():
    done = subprocess.run([sys.executable, "-m", "atomic_ai.cli", "--help"], capture_output=True, text=True, check=True)
    assert [meaning for meaning in EXIT_CODES.values() if meaning not in done.stdout] == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RaceError("none was good"), 1),
        (StatusError("503"), 1),
        (ConfigError("wrong"), 2),
        (SchemaError("wrong"), 2),
        (BudgetError("spent"), 3),
        (DeadlineError("late"), 4),
    ],
)
def test_each_blame_has_its_exit_code(error, code):
    assert exit_code(error) == code
    assert told(error, as_json=False) == f"atomic: {error}\n"
    assert json.loads(told(error, as_json=True))["error"] == type(error).__name__


def test_models_of_a_file(tmp_path, capsys, monkeypatch):
    (tmp_path / "atomic.toml").write_text(FILE)
    assert main(["models", "--json"]) == 0
    (card,) = json.loads(capsys.readouterr().out)["models"]
    assert (card["name"], card["price_out"], card["key_env"], card["key_found"]) == (
        "small",
        2,
        "OPENAI_API_KEY",
        False,
    )
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    assert main(["models"]) == 0
    shown = capsys.readouterr().out
    assert "found" in shown
    assert "canary" not in shown


def test_models_of_the_environment(capsys, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-key")
    assert main(["models", "--json"]) == 0
    assert [card["provider"] for card in json.loads(capsys.readouterr().out)["models"]] == ["anthropic"]


def test_no_models_is_told_with_the_remedy(capsys):
    assert main(["models"]) == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_a_wrong_key_is_told_with_the_nearest(tmp_path, capsys):
    (tmp_path / "other.toml").write_text(FILE.replace("price_in", "prise_in"))
    assert main(["models", "--config", "other.toml", "--json"]) == 2
    assert "did you mean 'price_in'" in json.loads(capsys.readouterr().err)["message"]


def trace(request_id):
    request = Request(request_id, datetime(2026, 1, 1, tzinfo=UTC), "0" * 32, 12)
    return Trace(request, (), (Execution("answer", 0, "small", "won"),), (), Cost(winner_usd=0.25))


def test_traces_are_told(tmp_path, capsys):
    for request_id in ("aaaa", "bbbb"):
        trace(request_id).append_to(tmp_path / "traces.jsonl")
    assert main(["explain", "traces.jsonl"]) == 0
    shown = capsys.readouterr().out
    assert "Request bbbb" in shown
    assert "Request aaaa" not in shown
    assert main(["explain", "traces.jsonl", "--request", "aa", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["traces"]
    assert (document["request"]["id"], document["cost"]["total_usd"]) == ("aaaa", 0.25)
    assert main(["explain", "traces.jsonl", "--all"]) == 0
    assert capsys.readouterr().out.count("Paid $0.250000") == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["explain", "none.jsonl"], "cannot be read"),
        (["explain", "not.jsonl"], "not a trace"),
        (["explain", "empty.jsonl"], "no such request"),
        (["profiles", "--config", "atomic.toml"], "no profile file"),
        (["profiles", "not.jsonl", "--config", "atomic.toml"], "profile"),
        (["run", "Hello", "--schema", "not.jsonl"], "no JSON"),
        (["run", "Hello", "--usd", "0"], "nothing to spend"),
        (["run", "Hello", "--input", "none.txt"], "cannot be read"),
        (["demo", "--json", "--price", "sgae=1/1"], "did you mean 'sage'"),
        (["demo", "--real", "--json"], "no models"),
    ],
)
def test_bad_input_is_told_with_its_place(tmp_path, capsys, arguments, told):
    (tmp_path / "atomic.toml").write_text(FILE)
    (tmp_path / "not.jsonl").write_text("not a trace\n")
    (tmp_path / "empty.jsonl").write_text("")
    assert main(arguments) in (2, 3)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["demo", "--fault", "swift=cut"], ["demo", "--mails", "0"], ["demon"], []])
def test_bad_arguments_exit_with_two(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_profiles_are_shown(tmp_path, capsys):
    (tmp_path / "atomic.toml").write_text(FILE + '[atomic]\nprofiles = "learned"\n')
    with Market([Model("small", price_in=1, price_out=2)], profiles=tmp_path / "learned") as market:
        market.teach("a task", "triage", model="small", quality=1.0, cost_usd=0.001, latency_s=1.0)
    assert main(["profiles", "--class", "triage", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["outcomes"], document["models"][0]["outcomes"]) == (1, 1.0)
    assert main(["profiles"]) == 0
    assert "1 outcomes learned" in capsys.readouterr().out


SCHEMA = '{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}'
GREETING = Script("Good morning from a simulation.")


def configured(endpoint, more=""):
    """A TOML file whose one model is simulated."""
    return f'{FILE}base_url = "{endpoint.base_url}"\n{more}'


def test_run_prints_the_text(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    with SimulatedEndpoint("openai-chat", GREETING) as endpoint:
        (tmp_path / "atomic.toml").write_text(configured(endpoint))
        assert main(["run", "Greet me.", "--trace", "traces.jsonl", "--explain"]) == 0
        shown = capsys.readouterr()
        assert endpoint.requests[0].headers["authorization"] == "Bearer canary-key"
    assert shown.out == GREETING.text + "\n"
    assert "small" in shown.err
    assert main(["explain", "traces.jsonl"]) == 0
    assert "canary" not in shown.out + shown.err + (tmp_path / "traces.jsonl").read_text() + capsys.readouterr().out


def test_run_reads_stdin_and_holds_the_answer_to_a_schema(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr("sys.stdin", io.StringIO("Classify this."))
    (tmp_path / "schema.json").write_text(SCHEMA)
    with SimulatedEndpoint("openai-chat", Script.json({"a": 1})) as endpoint:
        (tmp_path / "atomic.toml").write_text(configured(endpoint))
        assert main(["run", "-", "--schema", "schema.json", "--json"]) == 0
        assert "Classify this." in endpoint.requests[0].body.decode()
    document = json.loads(capsys.readouterr().out)
    assert (document["output"], document["model"], document["validation"]) == ({"a": 1}, "small", "valid")


@pytest.mark.parametrize(
    ("script", "arguments", "code"),
    [
        (Script.json({"a": "no integer"}), ["--schema", "schema.json"], 1),
        (GREETING, ["--usd", "0.0000001"], 3),
    ],
)
def test_run_exits_with_the_codes_it_documents(tmp_path, capsys, monkeypatch, script, arguments, code):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (tmp_path / "schema.json").write_text(SCHEMA)
    with SimulatedEndpoint("openai-chat", script) as endpoint:
        (tmp_path / "atomic.toml").write_text(configured(endpoint))
        assert main(["run", "Hello", "--json", *arguments]) == code
    assert json.loads(capsys.readouterr().err)["error"]


def test_run_meets_its_deadline(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with SimulatedEndpoint("openai-chat", GREETING, faults=Stall("after-headers")) as endpoint:
        (tmp_path / "atomic.toml").write_text(configured(endpoint, "[budget]\ndeadline_s = 0.2\n"))
        assert main(["run", "Hello"]) == 4
        endpoint.wait(lambda endpoint: endpoint.running == 0)
    assert "atomic: " in capsys.readouterr().err
