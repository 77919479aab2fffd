"""One accepted connection: bytes in order, and the peer's close seen before every send."""

from __future__ import annotations

import asyncio
import socket
import struct

from atomic_ai.testing.http import MAX_HEAD_BYTES, BadRequestError, Head, parse_head, read_body


class PeerGoneError(Exception):
    """The client has closed its side."""


class Connection:
    """A non-blocking socket on the endpoint's loop.

    A close is seen twice: by the reader, as soon as the loop turns, and by a peek at the socket before every
    send, so that a close that happened before a send is never missed because the loop had not turned yet.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self.gone = asyncio.Event()

    async def read(self) -> None:
        """Read until the client closes; runs beside whoever answers."""
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self._socket, 65_536):
                self._buffer += data
                self._arrived.set()
        except OSError:
            pass
        self.gone.set()
        self._arrived.set()

    async def next_head(self) -> Head:
        """The head of the next request."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequestError("a head past the limit")
            await self._more()
        data = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        return parse_head(data)

    async def body(self, head: Head) -> bytes:
        """The body that belongs to `head`."""
        return await read_body(head.headers, self._take)

    async def send(self, data: bytes) -> None:
        """Hand `data` to the kernel, unless the client has closed."""
        if self.closed_by_peer():
            raise PeerGoneError
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except OSError as error:
            self.gone.set()
            raise PeerGoneError from error

    def closed_by_peer(self) -> bool:
        """Whether the client has closed its side, by a look at the socket itself."""
        if not self.gone.is_set():
            try:
                if self._socket.recv(1, socket.MSG_PEEK) == b"":
                    self.gone.set()
            except BlockingIOError:
                return False
            except OSError:
                self.gone.set()
        return self.gone.is_set()

    def reset(self) -> None:
        """Make the coming close an RST instead of a FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def _more(self) -> None:
        if self.gone.is_set():
            raise PeerGoneError
        self._arrived.clear()
        await self._arrived.wait()
