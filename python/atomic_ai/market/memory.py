"""Where the market's memory is kept between runs: one file, replaced whole."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from atomic_ai.market.market import Market


def recall(market: Market, path: str | Path) -> None:
    """Add what the file at `path` remembers; a file that is not there remembers nothing.

    Raises:
        ConfigError: it cannot be read, is corrupt, or is of a newer version; the message names it.
    """
    try:
        remembered = Path(path).read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{path}: the profiles cannot be read ({type(error).__name__})") from None
    try:
        market.merge(remembered)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def keep(market: Market, path: str | Path) -> None:
    """Replace the file at `path` by what the market remembers now.

    A reader sees the old file or the new one, never half of it. Of two processes with one file the last to close wins;
    give each its own and join them with `Market.merge`.

    Raises:
        ConfigError: it cannot be written; the old file is as it was.
    """
    target = Path(path)
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.write(market.export())
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise ConfigError(f"{path}: the profiles cannot be written ({type(error).__name__})") from None
