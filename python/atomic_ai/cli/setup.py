"""Which models a command works with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from atomic_ai.config import DEFAULT_FILE, from_environment, load, read

if TYPE_CHECKING:
    from atomic_ai.atomic import Atomic
    from atomic_ai.model import Model


def cards(config: str | None) -> list[Model]:
    """The models of the file, or of the environment where there is no file.

    Raises:
        ConfigError: the file is missing or wrong.
        MissingKeyError: no file, and no key in the environment.
    """
    path = chosen(config)
    return read(path).cards() if path is not None else from_environment()


def atomic(config: str | None) -> Atomic:
    """The `Atomic` of the file, or of the environment where there is no file; errors as `cards`."""
    from atomic_ai.atomic import Atomic

    path = chosen(config)
    return load(path) if path is not None else Atomic(from_environment())


def chosen(config: str | None) -> Path | None:
    """The file named, or the default one if it is here."""
    if config is not None:
        return Path(config)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None
