"""Write-behind: a thread that carries profiles between an exchange and its store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from atomic_ai.errors import AtomicError

if TYPE_CHECKING:
    from atomic_ai._core import Exchange
    from atomic_ai.market.store import Store


class Keeper:
    """Owns a store and the thread that serves it.

    The profiles in the store are read before the constructor returns; what is learned is written every
    `interval_s` and when the keeper is closed. A process that dies loses at most one interval; the file is
    whole at every moment.

    Attributes:
        error: why the last exchange with the store failed, or None. Nothing is lost by it: the next one
            carries what this one could not.
    """

    def __init__(self, store: Store, exchange: Exchange, blank: Callable[[], Exchange], *, interval_s: float) -> None:
        self.error: AtomicError | None = None
        self._store, self._exchange, self._blank = store, exchange, blank
        self._turn = threading.Lock()
        self._closing = threading.Event()
        exchange.keep_delta()
        store.pull(exchange)
        self._thread = threading.Thread(target=self._serve, args=(interval_s,), name="atomic-profiles", daemon=True)
        self._thread.start()

    def sync(self) -> None:
        """Writes what was learned and reads what others have, now.

        Raises:
            ConfigError: the store cannot be used.
        """
        with self._turn:
            self._store.push(self._exchange)
            self._store.pull(self._exchange)

    def close(self) -> None:
        """Writes what was learned and lets go of the file. Closing twice is closing once.

        Raises:
            ConfigError: the last write failed.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        with self._turn:
            try:
                self._store.push(self._exchange)
                self._store.fold(self._blank())
            finally:
                self._store.close()

    def _serve(self, interval_s: float) -> None:
        while not self._closing.wait(interval_s):
            try:
                self.sync()
                self.error = None
            except AtomicError as error:
                self.error = error
