"""`atomic record`: keep real streams, to play them again in tests."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from atomic_ai.cli import say

if TYPE_CHECKING:
    from atomic_ai.cli.typed import Commands


def add(commands: Commands, shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    told = "record a provider's streams through a proxy on this machine, without keys and prompts"
    parser = commands.add_parser("record", help=told, description=told, parents=[shared])
    parser.add_argument("upstream", metavar="URL", help="the base URL that a client would use")
    parser.add_argument("file", metavar="FILE", type=Path, help="where the recording goes (JSON lines)")
    parser.add_argument("--port", type=int, default=0, help="of the proxy (default: a free one)")
    parser.add_argument("--requests", type=int, metavar="N", help="stop after so many (default: at Ctrl-C)")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Record until enough requests have passed, or until interrupted."""
    from atomic_ai.testing import Recorder

    with Recorder(options.upstream, options.file, port=options.port) as recorder:
        if not options.json:
            say.line(f"recording {options.upstream}: use {recorder.base_url} in its place; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            recorder.wait(lambda _: recorder.takes == options.requests, timeout_s=None)
        takes = recorder.takes
    if options.json:
        say.document({"file": str(options.file), "requests": takes})
    else:
        say.line(f"{takes} request(s) recorded in {options.file}")
    return 0
