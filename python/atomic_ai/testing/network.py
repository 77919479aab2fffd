"""A guard that lets no socket leave the machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class UnexpectedNetworkError(OSError):
    """Code under `no_network()` tried to reach the network."""


@contextmanager
def no_network(*, loopback: bool = True) -> Iterator[list[str]]:
    """Refuse every connection and name look-up that leaves the machine; without `loopback` its own too.

    Gives the list of what was tried. A refusal is an `OSError`, which a client may swallow and retry: so
    leaving the context raises again if anything was tried. It covers Python's sockets, in every thread; code
    that opens its sockets elsewhere (a native library) is beyond it.

    Raises:
        UnexpectedNetworkError: at the attempt, and on leaving the context.
    """
    tried: list[str] = []

    def guarded(real: Callable[..., Any], place: int) -> Callable[..., Any]:
        def attempt(*args: Any, **kwargs: Any) -> Any:
            target = args[place] if len(args) > place else next(iter(kwargs.values()), "")
            if not _allowed(target, loopback=loopback):
                tried.append(_named(target))
                raise UnexpectedNetworkError(f"{real.__name__} to {_named(target)} under no_network()")
            return real(*args, **kwargs)

        return attempt

    with (
        mock.patch.object(socket.socket, "connect", guarded(socket.socket.connect, 1)),
        mock.patch.object(socket.socket, "connect_ex", guarded(socket.socket.connect_ex, 1)),
        mock.patch.object(socket.socket, "sendto", guarded(socket.socket.sendto, -1)),
        mock.patch.object(socket, "getaddrinfo", guarded(socket.getaddrinfo, 0)),
    ):
        yield tried
    if tried:
        raise UnexpectedNetworkError(f"the network was tried under no_network(): {', '.join(tried)}")


def _named(target: object) -> str:
    return ":".join(str(part) for part in target[:2]) if isinstance(target, tuple) else str(target)


def _allowed(target: object, *, loopback: bool) -> bool:
    host = target[0] if isinstance(target, tuple) else target
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not loopback:
        return False
    if host is None or host in ("", "localhost") or str(host).startswith(("/", "\0")):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
