"""One model's place in a race as Python sees it: which call it makes, and what that may and did cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomic_ai.adapt import input_tokens
from atomic_ai.cost import CHARS_PER_TOKEN, Usage, estimate_tokens

if TYPE_CHECKING:
    from atomic_ai import _core
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Call, Negotiated, Provider


@dataclass(frozen=True, slots=True)
class Lane:
    """One model's place in a race.

    Attributes:
        call: what it is asked.
        provider: who carries the call.
        negotiated: where its answer arrives and which schema keywords its provider refuses.
        input_tokens: the prompt's tokens, estimated.
    """

    call: Call
    provider: Provider
    negotiated: Negotiated
    input_tokens: int

    @classmethod
    def of(cls, call: Call, provider: Provider) -> Lane:
        """The lane of one call."""
        return cls(call, provider, provider.negotiate(call), input_tokens(call.messages))

    @property
    def model(self) -> Model:
        """The model's card."""
        return self.call.model

    @property
    def most_usd(self) -> float:
        """The most it can cost: the prompt and an answer of full length."""
        return self.model.cost(self.input_tokens, self.call.max_tokens)

    @property
    def start_usd(self) -> float:
        """What it costs as soon as it starts."""
        return self.model.cost(self.input_tokens, 0)

    @property
    def char_usd(self) -> float:
        """What a character of its answer costs, estimated."""
        return self.model.cost(0, 1) / CHARS_PER_TOKEN

    def usage(self, heard: _core.Usage | None, chars: int, longest: int) -> Usage:
        """Its tokens: as the provider counted them, else estimated.

        Args:
            heard: the provider's usage, or None.
            chars: characters heard, answer and reasoning.
            longest: characters of the longest answer in the race: what a provider is taken to bill that writes on
                after the close.
        """
        if heard is not None and heard.generated_tokens is not None:
            return Usage(heard.prompt_tokens or self.input_tokens, heard.generated_tokens, heard.cached_tokens or 0)
        written = max(chars, longest) if self.model.cancel == "bills" else chars
        return Usage(self.input_tokens, min(estimate_tokens(written), self.call.max_tokens), 0, estimated=True)

    def price(self, usage: Usage) -> float:
        """USD for `usage`."""
        return self.model.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
