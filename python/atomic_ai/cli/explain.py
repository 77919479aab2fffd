"""`atomic explain TRACE`: why each model was chosen, stopped and paid."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from atomic_ai.cli import say
from atomic_ai.errors import ConfigError
from atomic_ai.trace import Trace

if TYPE_CHECKING:
    from atomic_ai.cli.typed import Commands


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "tell a trace in words and numbers"
    parser = commands.add_parser("explain", help=told, description=told, parents=[shared])
    parser.add_argument("trace", metavar="TRACE", help="a file with one JSON line a request; - reads stdin")
    parser.add_argument("--request", metavar="ID", help="only the request whose id begins so; by default the last")
    parser.add_argument("--all", action="store_true", help="every request of the file")
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help="draw it to an .svg (or .png): the award of one request, or with --all what was learned over time",
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Tell the traces."""
    traces = [Trace.from_json(line) for line in _lines(options.trace)]
    if options.request is not None:
        traces = [trace for trace in traces if trace.request.id.startswith(options.request)]
    if not traces:
        raise ConfigError(f"{options.trace}: no such request")
    chosen = traces if options.all else traces[-1:]
    if options.plot is not None:
        _plot(chosen, options.plot, over_time=options.all)
    if options.json:
        say.document({"traces": [orjson.Fragment(trace.to_json()) for trace in chosen]})
        return 0
    for trace in chosen:
        say.line(trace.explain())
    return 0


def _plot(traces: Sequence[Trace], path: Path, *, over_time: bool) -> None:
    """The last award, or all of them over time.

    Raises:
        ConfigError: there is nothing to plot, or the file cannot be written.
    """
    from atomic_ai.market.plot import award_svg, learning_svg, save

    awards = [event["award"] for trace in traces for event in trace.events if "award" in event]
    if not awards:
        raise ConfigError(f"{path}: no award in this trace: there is nothing to plot")
    save(learning_svg(awards) if over_time else award_svg(awards[-1]), path)


def _lines(path: str) -> list[bytes]:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__})") from None
    return [line for line in data.splitlines() if line.strip()]
