"""The command `atomic`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from atomic_ai.cli.exits import INTERRUPTED, exit_code, told
from atomic_ai.cli.options import parser
from atomic_ai.errors import AtomicError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process; gives its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except AtomicError as error:
        sys.stderr.write(told(error, as_json=options.json))
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
        return 0
