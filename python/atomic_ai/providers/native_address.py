"""An address as the native transport takes it: host in ASCII, path quoted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from atomic_ai.errors import ConfigError

_QUOTED = "!#$%&'()*+,/:;=?@[]~-._"
"""Characters of a path and a query that stay as they are (RFC 3986, 2.2 and 2.3), the percent sign among them."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes.

    Attributes:
        url: absolute, in ASCII, without a fragment.
        scheme: "http" or "https".
        host: in ASCII, without brackets.
        port: as written, else the scheme's own.
    """

    url: str
    scheme: str
    host: str
    port: int


@lru_cache(maxsize=256)
def address_of(url: str) -> Address:
    """The address of a request.

    Raises:
        ConfigError: it is none.
    """
    try:
        parts = urlsplit(url)
        host = _host(parts.hostname or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ConfigError("base_url is no usable address") from None
    place = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe=_QUOTED)
    query = f"?{quote(parts.query, safe=_QUOTED)}" if parts.query else ""
    return Address(f"{parts.scheme}://{place}:{port}{path}{query}", parts.scheme, host, port)


def _host(host: str) -> str:
    """The host in ASCII (RFC 5891), or as it is where it is a number or plain."""
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if host.rpartition(".")[2].isdigit():
        return str(ipaddress.IPv4Address(host))
    if host.isascii() and "xn--" not in host:
        return host
    import idna  # here: few hosts need it

    return idna.encode(host, uts46=True).decode("ascii")  # its errors are ValueErrors
