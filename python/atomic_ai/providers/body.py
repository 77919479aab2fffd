"""A response's body on its way in: decompressed under a bound, handed on as it arrives."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from atomic_ai.errors import LimitError, TruncatedError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DECODED = 64 * 1024 * 1024
"""Bytes of text that one answer may have once decompressed."""

_STEP = 64 * 1024
_EITHER_HEADER = 47  # zlib's window bits for "gzip or zlib, see the header"


class Body:
    """Decodes one body.

    Raises:
        WireError: an encoding that was not asked for and is not known.
    """

    __slots__ = ("_inflate", "_left", "_limit")

    def __init__(self, encoding: str, limit: int = MAX_DECODED) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise WireError(f"the body is encoded as {encoding[:32]!r}, which was not asked for")
        compressed = encoding not in ("", "identity")
        self._inflate = zlib.decompressobj(_EITHER_HEADER) if compressed else None
        self._limit = self._left = limit

    @property
    def compressed(self) -> bool:
        """Whether what arrives has to be decompressed."""
        return self._inflate is not None

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The text of one chunk, in pieces of bounded size.

        Raises:
            WireError: broken compression.
            LimitError: more text than the bound.
        """
        if self._inflate is None:
            return iter((self._counted(chunk),))
        return self._inflated(self._inflate, chunk)

    def _inflated(self, inflate: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if inflate.eof:  # another member, as RFC 1952 allows
                self._inflate = inflate = zlib.decompressobj(_EITHER_HEADER)
            try:
                text = inflate.decompress(chunk, _STEP)
            except zlib.error:
                raise WireError("the body's compression is broken") from None
            chunk = inflate.unconsumed_tail or inflate.unused_data
            if text:
                yield self._counted(text)

    def finish(self) -> None:
        """The body has ended.

        Raises:
            TruncatedError: in the middle of its compression.
        """
        if self._inflate is not None and not self._inflate.eof:
            raise TruncatedError("the body ended in the middle of its compression")

    def _counted(self, text: bytes) -> bytes:
        self._left -= len(text)
        if self._left < 0:
            raise LimitError(f"the answer has more than {self._limit} bytes", limit="answer", bound=self._limit)
        return text
