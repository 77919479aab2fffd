"""What the command prints: JSON documents, and tables of plain text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import orjson


def document(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def line(text: str) -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    whole = [head, *rows]
    widths = [max(len(row[place]) for row in whole) for place in range(len(head))]
    for row in whole:
        line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
