"""What a request cost: counted from the provider's usage where it came, estimated and marked where it did not.

Prices are USD per million tokens; money is USD.
"""

from __future__ import annotations

from dataclasses import dataclass

CHARS_PER_TOKEN = 4.0
"""English prose and JSON under the common byte-pair vocabularies; a profile replaces it by what it saw."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one lane.

    Attributes:
        input_tokens: prompt tokens, the cached ones among them.
        output_tokens: generated tokens, reasoning among them.
        cached_tokens: prompt tokens read from the provider's cache.
        estimated: True where the provider sent no usage and the figures are counted from what was heard.
        unread_tokens: of the generated ones, those that a provider bills although the stream was closed before them.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    estimated: bool = False
    unread_tokens: int = 0


def estimate_tokens(chars: int) -> int:
    """Tokens in a text of `chars` characters, rounded up."""
    return -int(-chars // CHARS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request cost, and what stopping early saved.

    Attributes:
        total_usd: everything paid: `winner_usd + losers_usd + judge_usd`.
        winner_usd: the lanes whose text became the answer.
        losers_usd: the lanes that were started and not used.
        judge_usd: judging.
        wasted_usd: of all that, what was billed for text that nobody read: written on after its stream was closed.
        saved_usd: what the stopped lanes would have cost more, had they all run to the end: as long as the winner.
        estimated: True where any part is an estimate.
    """

    winner_usd: float = 0.0
    losers_usd: float = 0.0
    judge_usd: float = 0.0
    wasted_usd: float = 0.0
    saved_usd: float = 0.0
    estimated: bool = False

    @property
    def total_usd(self) -> float:
        """Everything paid."""
        return self.winner_usd + self.losers_usd + self.judge_usd

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.winner_usd + other.winner_usd,
            self.losers_usd + other.losers_usd,
            self.judge_usd + other.judge_usd,
            self.wasted_usd + other.wasted_usd,
            self.saved_usd + other.saved_usd,
            self.estimated or other.estimated,
        )
