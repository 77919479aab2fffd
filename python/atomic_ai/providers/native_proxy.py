"""Which proxy stands before an address: the one that is given, else the environment's."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from atomic_ai.providers.native_address import Address

Through = tuple[str, tuple[str, str] | None]
"""A proxy's address, and a user's name and password where it has them."""

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class Proxies:
    """The proxies of one client, as they were when it was made.

    Args:
        given: a proxy for every address; None takes the environment's, though never for addresses of this machine.

    Raises:
        ConfigError: one of them is no usable URL.
    """

    __slots__ = ("_all", "_by_scheme")

    def __init__(self, given: str | None) -> None:
        self._all = None if given is None else _through(given)
        found = _environment() if given is None else {}
        self._by_scheme: dict[str, Through] = {
            scheme: _through(url) for scheme, url in found.items() if scheme in ("http", "https", "all")
        }

    def of(self, address: Address) -> Through | None:
        """The proxy before an address, or None."""
        if self._all is not None or not self._by_scheme or address.host in _THIS_MACHINE:
            return self._all
        from urllib.request import proxy_bypass

        if proxy_bypass(f"{address.host}:{address.port}") or proxy_bypass(address.host):
            return None
        return self._by_scheme.get(address.scheme) or self._by_scheme.get("all")


def _environment() -> dict[str, str]:
    """The environment's proxies by scheme; the system's where it keeps them elsewhere."""
    told = any(name.lower().endswith("_proxy") for name in os.environ)
    if not told and sys.platform not in ("darwin", "win32"):
        return {}
    from urllib.request import getproxies  # here: it takes long to load, and few need it

    return {scheme: url if "://" in url else f"http://{url}" for scheme, url in getproxies().items() if url}


def _through(url: str) -> Through:
    # The URL is not quoted: proxies have passwords.
    refused = ConfigError("proxy=… or a proxy of the environment is no usable URL")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise refused from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refused
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return f"{parts.scheme}://{host}:{port}", user
