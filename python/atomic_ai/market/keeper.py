"""Write-behind: a thread that carries profiles between an exchange and its store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from atomic_ai.errors import AtomicError
from atomic_ai.market.store import Store, open_log

if TYPE_CHECKING:
    from atomic_ai._core import Exchange


class Keeper:
    """Owns a store and the thread that serves it.

    The profiles in the store are read before the constructor returns; what is learned is written every
    `interval_s` and when the keeper is closed. A process that dies loses at most one interval; the store is
    whole at every moment.

    Attributes:
        error: why the last exchange with the store failed, or None. Nothing is lost by it: the next one
            carries what this one could not.
    """

    def __init__(self, store: Store, *, interval_s: float) -> None:
        self.error: AtomicError | None = None
        self._store = store
        self._turn = threading.Lock()
        self._closing = threading.Event()
        store.pull()
        self._thread = threading.Thread(target=self._serve, args=(interval_s,), name="atomic-profiles", daemon=True)
        self._thread.start()

    def sync(self) -> None:
        """Writes what was learned and reads what others have, now.

        Raises:
            ConfigError: the store cannot be used.
        """
        with self._turn:
            self._store.push()
            self._store.pull()

    def recall(self, award: int) -> bool:
        """Takes an award of another run or process back into the exchange; False if it is not stored.

        Raises:
            ConfigError: the store cannot be used.
        """
        with self._turn:
            return not self._closing.is_set() and self._store.recall(award)

    def push(self) -> None:
        """Writes what was learned, now.

        Raises:
            ConfigError: the store cannot be used.
        """
        with self._turn:
            if not self._closing.is_set():
                self._store.push()

    def close(self) -> None:
        """Writes what was learned and lets go of the store. Closing twice is closing once.

        Raises:
            ConfigError: the last write failed.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        with self._turn:
            try:
                self._store.push()
                self._store.fold()
            finally:
                self._store.close()

    def _serve(self, interval_s: float) -> None:
        while not self._closing.wait(interval_s):
            try:
                self.sync()
                self.error = None
            except AtomicError as error:
                self.error = error


def keep(where: str | Path, exchange: Exchange, blank: Callable[[], Exchange], *, interval_s: float) -> Keeper:
    """Opens the store at `where` and keeps an exchange in it.

    Raises:
        ConfigError: the store cannot be used; nothing of it stays open then.
    """
    log = open_log(where)
    try:
        return Keeper(Store(log, exchange, blank), interval_s=interval_s)
    except BaseException:
        log.close()
        raise
