"""The command's arguments."""

from __future__ import annotations

import argparse

from atomic_ai import __version__
from atomic_ai.cli import demo, explain, models, profiles, record, replay, run, simulate
from atomic_ai.cli.exits import EXIT_CODES
from atomic_ai.config import DEFAULT_FILE

CODES = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command; each subcommand is in the file of its name."""
    whole = argparse.ArgumentParser(
        prog="atomic",
        description="Models bid for your task, the best race on real streams, one validated answer comes out.",
        epilog=f"exit codes:\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"atomic {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", title="commands")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document to stdout")
    configured = argparse.ArgumentParser(add_help=False, parents=[shared])
    configured.add_argument(
        "--config",
        metavar="FILE",
        help=f"a TOML file; by default {DEFAULT_FILE} if it is here, else the keys found in the environment",
    )
    demo.add(commands, shared)
    run.add(commands, configured)
    models.add(commands, configured)
    explain.add(commands, shared)
    profiles.add(commands, configured)
    record.add(commands, shared)
    replay.add(commands, shared)
    simulate.add(commands, configured)
    return whole
