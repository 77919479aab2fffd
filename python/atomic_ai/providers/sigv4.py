"""AWS Signature Version 4: signs a request by its method, address, headers and body.

The steps are those of the AWS General Reference, "Create a signed AWS API request": canonical request, string to sign,
derived key, signature. Nothing here knows an HTTP client; the time is an argument.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from atomic_ai.model import Model
    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.request import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_UNSIGNED = frozenset({"authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs.

    Attributes:
        key_id: the access key's id.
        secret: its secret; never shown.
        token: of temporary credentials, or None.
    """

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def signed(
    credentials: Credentials,
    *,
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    region: str,
    service: str,
    at: datetime,
) -> list[tuple[str, str]]:
    """The headers to add: date, session token where there is one, and authorization.

    Args:
        credentials: who signs.
        method: the HTTP method.
        url: absolute; its path is encoded once more, as every service but S3 wants it.
        headers: that are sent besides; hop-by-hop headers and the user agent stay unsigned, as proxies change them.
        body: the payload.
        region: such as "us-east-1".
        service: such as "bedrock".
        at: now, in UTC.
    """
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    added = [("x-amz-date", stamp)]
    if credentials.token is not None:
        added.append(("x-amz-security-token", credentials.token))
    names, canonical = canonical_request(method, url, [*headers, *added], body)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret}".encode()
    for step in (stamp[:8], region, service, "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return [*added, ("authorization", authorization)]


def canonical_request(method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> tuple[str, str]:
    """The names of the signed headers, and the request in its canonical form."""
    parts = urlsplit(url)
    values: dict[str, list[str]] = {}
    for name, value in [("host", parts.netloc), *headers]:
        if name.lower() not in _UNSIGNED and not (name.lower() == "host" and "host" in values):
            values.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = ";".join(sorted(values))
    lines = [f"{name}:{','.join(values[name])}" for name in sorted(values)]
    query = sorted((_encoded(name), _encoded(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    payload = hashlib.sha256(body).hexdigest()
    path = quote(_normal(parts.path), safe="/-_.~")
    joined = "&".join(f"{name}={value}" for name, value in query)
    return names, "\n".join((method, path, joined, *lines, "", names, payload))


def credentials(environ: Mapping[str, str] | None = None) -> Credentials | None:
    """The environment's credentials, by the names that every AWS client reads; None where there are none."""
    found = os.environ if environ is None else environ
    key_id, secret = found.get("AWS_ACCESS_KEY_ID"), found.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key_id, secret, found.get("AWS_SESSION_TOKEN") or None) if key_id and secret else None


def authorized(request: HttpRequest, model: Model, preset: Preset, at: datetime) -> HttpRequest:
    """The request as it is sent at `at`: signed, where its vendor takes signatures and the environment can sign.

    For calls without a key of their own. A signature is of one request, host and moment, and worth nothing elsewhere.

    Raises:
        ConfigError: no region in the card or the address.
    """
    who = None if preset.signs is None else credentials()
    if who is None or preset.signs is None:
        return request
    added = signed(
        who,
        method=request.method,
        url=request.url,
        headers=request.headers,
        body=request.body,
        region=model.region or region_of(request.url),
        service=preset.signs,
        at=at,
    )
    return replace(request, headers=(*request.headers, *added))


def region_of(url: str) -> str:
    """The region in a host such as bedrock-runtime.us-east-1.amazonaws.com.

    Raises:
        ConfigError: there is none.
    """
    for label in (urlsplit(url).hostname or "").split("."):
        if _REGION.fullmatch(label):
            return label
    raise ConfigError("no AWS region in base_url: https://bedrock-runtime.<region>.amazonaws.com, or Model(region=…)")


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _normal(path: str) -> str:
    """The path without empty, "." and ".." segments (RFC 3986, 5.2.4); the last slash stays."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    last = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + last
