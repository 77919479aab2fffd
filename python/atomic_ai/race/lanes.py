"""One model's place in a race as Python sees it: which call it makes, and what that may and did cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atomic_ai.cost import Usage
from atomic_ai.gauge import Gauge

if TYPE_CHECKING:
    from atomic_ai import _core
    from atomic_ai.market.bidders import Sale
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Call, Negotiated, Provider


@dataclass(frozen=True, slots=True)
class Lane:
    """One model's place in a race.

    Attributes:
        call: what it is asked.
        provider: who carries the call.
        negotiated: where its answer arrives and which schema keywords its provider refuses.
        gauge: what is known of its model's tokens.
        sale: the terms on which its run was bought from an outside bidder; None for a list price.
    """

    call: Call
    provider: Provider
    negotiated: Negotiated
    gauge: Gauge = field(default_factory=Gauge)
    sale: Sale | None = None

    @classmethod
    def of(cls, call: Call, provider: Provider, gauge: Gauge | None = None) -> Lane:
        """The lane of one call."""
        return cls(call, provider, provider.negotiate(call), gauge or Gauge())

    @property
    def model(self) -> Model:
        """The model's card."""
        return self.call.model

    @property
    def input_tokens(self) -> int:
        """The prompt's tokens, estimated."""
        return self.call.input_tokens

    @property
    def most_usd(self) -> float:
        """The most it can cost: the prompt and an answer of full length."""
        return self.call.most_usd if self.sale is None else max(self.sale.pay_usd, self.sale.due(1.0))

    @property
    def start_usd(self) -> float:
        """What it costs as soon as it starts."""
        if self.sale is not None:
            return self.sale.pay_usd
        return self.model.cost(self.input_tokens, 0)

    @property
    def char_usd(self) -> float:
        """What a character of its answer costs, estimated."""
        if self.sale is not None:
            return 0.0
        return self.model.cost(0, 1) / self.gauge.chars_per_token

    def usage(self, heard: _core.Usage | None, text: str, longest: int, *, whole: bool) -> Usage:
        """Its tokens: as the provider counted them, else estimated.

        Args:
            heard: the provider's usage so far, or None.
            text: what was heard, answer and reasoning.
            longest: characters of the longest answer in the race: what a provider is taken to bill that writes on
                after the close.
            whole: whether the answer was heard to its end; some providers count in every chunk, so that the count
                of a stopped lane is only what had been written by then.
        """
        counted = None if heard is None else heard.generated_tokens
        prompt = (heard.prompt_tokens if heard is not None else None) or self.input_tokens
        cached = (heard.cached_tokens if heard is not None else None) or 0
        writes_on = not whole and self.model.cancel == "bills"
        if counted is not None and not writes_on:
            return Usage(prompt, counted, cached)
        read = max(self.gauge.count(text), counted or 0)
        written = max(read, self.gauge.tokens(longest)) if writes_on else read
        billed = min(written, max(self.call.max_tokens, counted or 0))
        return Usage(prompt, billed, cached, estimated=True, unread_tokens=max(0, billed - read))

    def price(self, usage: Usage, quality: float | None) -> float:
        """USD for `usage`; of a run bought from outside, what is due for an answer of this quality, if known."""
        if self.sale is not None:
            return self.sale.due(quality)
        return self.model.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
