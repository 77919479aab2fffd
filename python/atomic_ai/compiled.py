"""What is made once of an object that many requests share: a compiled schema, a schema fitted to a provider."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")

COMPILED = 256
"""Objects whose made ones are kept, the latest used."""


class Compiled(Generic[K, V]):
    """What was made of an object, kept while it is among the latest used.

    Keyed by identity: a task is reused as the same objects, and hashing a schema would cost more than a look-up may.
    Threads may share it: the worst that a race of theirs does is to make something twice.
    """

    __slots__ = ("_entries", "_make")

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._entries: OrderedDict[int, tuple[K, V]] = OrderedDict()

    def get(self, source: K) -> V:
        """What was made of `source`, now or earlier."""
        entry = self._entries.get(id(source))
        if entry is None:
            # The entry holds its source, so that the identity stays taken.
            entry = self._entries[id(source)] = (source, self._make(source))
            if len(self._entries) > COMPILED:
                self._entries.popitem(last=False)
        else:
            with suppress(KeyError):  # another thread has just dropped it
                self._entries.move_to_end(id(source))
        return entry[1]
