"""A bidder's side of the protocol in `atomic_ai.market.bidders`, behind any web server.

desk = Desk(secret, bid=lambda invitation: 0.002)
status, headers, body = desk.answer(request_body, request_headers["x-atomic-signature"])
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

import orjson

from atomic_ai.market.bidders import SIGNED, Ask, Invitation, signature

FRESH_S = 60.0
"""How old a document may be, and how far two clocks may differ."""

REMEMBERED = 100_000
"""Documents whose repetition is noticed."""

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body of an HTTP response."""


class Desk:
    """Verifies what is sent, asks for a bid, signs the answer.

    Args:
        secret: shared with the buyer.
        bid: gives a price in USD, an `Ask`, or None for no bid. What it raises is the caller's.
        hear: is told of every notice: a win, a loss with its reason, a payment.
        now: seconds since 1970.
    """

    def __init__(
        self,
        secret: bytes,
        bid: Callable[[Invitation], Ask | float | None],
        hear: Callable[[Mapping[str, Any]], None] | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._secret, self._bid, self._hear, self._now = secret, bid, hear, now
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def answer(self, body: bytes, signed: str | None) -> Answer:
        """The response to a POST: 401 for a wrong signature, 409 for what is old or was heard before, 400 for garbage.

        Args:
            body: the request's body, byte by byte as it came.
            signed: its header `X-Atomic-Signature`.
        """
        if not hmac.compare_digest((signed or "").encode("utf-8", "replace"), signature(self._secret, body).encode()):
            return self._said(401, {"error": "the signature is wrong"})
        try:
            document = orjson.loads(body)
            kind, identity, sent = str(document["type"]), str(document["id"]), float(document["sent_at"])
        except (ValueError, TypeError, KeyError, AttributeError):
            return self._said(400, {"error": "no document of this protocol"})
        if abs(self._now() - sent) > FRESH_S or not self._fresh(kind, identity):
            return self._said(409, {"error": "the document is old, or was heard before"})
        if kind == "request":
            return self._bidden(document, identity)
        if self._hear is not None:
            self._hear(document)
        return self._said(200, {"id": identity})

    def _bidden(self, document: Mapping[str, Any], identity: str) -> Answer:
        try:
            invitation = Invitation(**{field.name: document[field.name] for field in fields(Invitation)})
        except KeyError as missing:
            return self._said(400, {"error": f"the invitation has no {missing}"})
        bid = self._bid(invitation)
        if bid is None:
            return self._said(200, {"id": identity, "no_bid": "not for this task"})
        ask = bid if isinstance(bid, Ask) else Ask(bid)
        return self._said(200, {"id": identity, **asdict(ask)})

    def _fresh(self, kind: str, identity: str) -> bool:
        if (kind, identity) in self._seen:
            return False
        self._seen[kind, identity] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def _said(self, status: int, document: Mapping[str, Any]) -> Answer:
        body = orjson.dumps(document)
        return status, {"content-type": "application/json", SIGNED: signature(self._secret, body)}, body
