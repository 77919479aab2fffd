"""API keys: text that shows itself to nobody, bound to the one origin it may be sent to."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlsplit

from atomic_ai.errors import ConfigError, MisuseError

_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin (scheme, host, port) of an absolute http(s) URL, as RFC 6454 writes it but with the port always there.

    Raises:
        ConfigError: no absolute http(s) URL, or one that carries a user name or password.
    """
    if any(character <= " " or character == "\x7f" for character in url):
        raise ConfigError("a URL holds white space or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise ConfigError("a URL's host or port cannot be read") from None
    if port is None or not parts.hostname:
        raise ConfigError(f"{parts.scheme or 'a URL without a scheme'}: a model's URL starts with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("a URL must not carry a user name or password; pass the key as api_key")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


class Secret:
    """A key that prints as stars, does not pickle, and is given out for its own origin only.

    Attributes:
        origin: where it may be sent, or None while that is not known.
    """

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: str | None = None) -> None:
        self._value = value
        self.origin = origin

    def bound_to(self, origin: str) -> Secret:
        """The same key bound to `origin`; a key bound elsewhere stays bound there."""
        return self if self.origin is not None else Secret(self._value, origin)

    def reveal_for(self, origin: str) -> str:
        """The key itself, for a request to `origin`.

        Raises:
            MisuseError: the key belongs to another origin.
        """
        if self.origin != origin:
            bound = self.origin or "no origin yet"
            raise MisuseError(
                f"this key is bound to {bound} and is not sent to {origin}; give the model its own api_key"
            )
        return self._value

    def overlaps(self, text: str) -> bool:
        """Whether `text` contains the key or a part of it is the whole text, so that it can be kept out of messages."""
        return self._value in text or text in self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self._value == other._value and self.origin == other.origin

    def __hash__(self) -> int:
        return hash((self._value, self.origin))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise MisuseError("a key is not pickled; let the other process read it from its environment")
