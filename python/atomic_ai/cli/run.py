"""`atomic run TASK|-`: one task to its answer."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import orjson

from atomic_ai.budget import Budget
from atomic_ai.cli import say, setup
from atomic_ai.errors import ConfigError, SchemaError
from atomic_ai.events import TextDelta
from atomic_ai.task import Task

if TYPE_CHECKING:
    from atomic_ai.artifacts import Response
    from atomic_ai.cli.typed import Commands


def add(commands: Commands, configured: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "run one task and print its answer"
    parser = commands.add_parser("run", help=told, description=told, parents=[configured])
    parser.add_argument("task", metavar="TASK", help="what is asked; - reads it from stdin")
    parser.add_argument("--input", metavar="FILE", help="what it is about, from a file")
    parser.add_argument("--system", metavar="TEXT", help="the system message")
    parser.add_argument("--schema", metavar="FILE", help="the JSON Schema that the answer must fit")
    parser.add_argument("--allow", metavar="TAG", action="append", help="only models with this tag (repeatable)")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="bound on the answer's tokens")
    parser.add_argument("--usd", type=float, metavar="USD", help="the most it may cost")
    parser.add_argument("--deadline", type=float, metavar="S", help="seconds until there must be an answer")
    parser.add_argument("--trace", metavar="FILE", help="append the request's record to this file")
    parser.add_argument("--explain", action="store_true", help="print why, below the answer (to stderr)")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run the task."""
    prompt = sys.stdin.read() if options.task == "-" else options.task
    task: Task[Any] = Task(
        prompt,
        output=None if options.schema is None else _schema(options.schema),
        system=options.system,
        allow=options.allow,
        max_tokens=options.max_tokens,
    )
    if options.input is not None:
        task = task.with_input(_read(options.input))
    budget = None
    if options.usd is not None or options.deadline is not None:
        budget = Budget(usd=options.usd, deadline_s=options.deadline)
    response = anyio.run(_run, options, task, budget)
    if options.trace is not None:
        response.trace.append_to(options.trace)
    if options.explain:
        sys.stderr.write(response.trace.explain() + "\n")
    if options.json:
        say.document(_document(response))
    return 0


async def _run(options: argparse.Namespace, task: Task[Any], budget: Budget | None) -> Response[Any]:
    """The response; its text is printed as it is committed, a typed answer when it is complete."""
    async with setup.atomic(options.config) as atomic, atomic.stream(task, budget=budget) as stream:
        async for event in stream:
            if isinstance(event, TextDelta) and not options.json and task.shape is None:
                sys.stdout.write(event.text)
                sys.stdout.flush()
        response = stream.response
    if not options.json:
        say.line("" if task.shape is None else orjson.dumps(response.output, option=orjson.OPT_INDENT_2).decode())
    return response


def _document(response: Response[Any]) -> dict[str, Any]:
    return {
        "output": response.output,
        "model": response.model,
        "validation": response.validation,
        "latency_s": response.latency_s,
        "cost_usd": response.cost.total_usd,
        "estimated": response.cost.estimated,
        "request_id": response.request_id,
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as text ({type(error).__name__})") from None


def _schema(path: str) -> Any:
    try:
        return orjson.loads(_read(path))
    except orjson.JSONDecodeError as error:
        raise SchemaError(f"{path}: no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
