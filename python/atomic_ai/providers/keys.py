"""Whose key a call carries: the card's, else the environment's, each for one origin only."""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from atomic_ai.errors import ConfigError, MissingKeyError
from atomic_ai.providers.sigv4 import credentials
from atomic_ai.secret import Secret, origin_of

if TYPE_CHECKING:
    from atomic_ai.model import Model
    from atomic_ai.providers.presets import Preset


def key_of(model: Model, provider: str, preset: Preset) -> Secret | None:
    """The model's key, bound to its origin; None where the provider wants none, or where its requests are signed.

    A vendor's usual variable holds a key for the vendor. It is not sent to another address unless the card says so
    (`api_key_env=`), but for this machine's own, where test servers and proxies live and may do without.

    Raises:
        MissingKeyError: none is given; names the variable.
    """
    if model.api_key is not None:
        return model.api_key
    variable = model.api_key_env or preset.key_env
    if variable is None:
        return None
    base_url = model.base_url or preset.base_url or ""
    local = _loopback(base_url)
    own = model.api_key_env is not None or local or model.base_url in (None, preset.base_url)
    value = os.environ.get(variable, "").strip() if own else ""
    if value:
        if not value.isascii() or not value.isprintable():
            raise ConfigError(f"${variable} has characters that no header can carry")
        return Secret(value, origin_of(base_url))
    if local and model.api_key_env is None:
        return None
    if preset.signs is not None and model.api_key_env is None and _amazons(base_url) and credentials() is not None:
        return None
    remedy = f"set ${variable} or pass api_key" if own else f'pass api_key or api_key_env="{variable}" for {base_url}'
    raise MissingKeyError(f"model {model.name!r} has no key for {provider!r}: {remedy}")


def _amazons(url: str) -> bool:
    """Whether an address is one that session tokens may go to: Amazon's, or this machine's."""
    host = urlsplit(url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn")) or _loopback(url)


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
