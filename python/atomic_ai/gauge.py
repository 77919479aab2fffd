"""How many tokens a text has where no provider has said so: counted by a tokenizer, else by the model's own habit.

With the extra `tokens` installed, OpenAI's models are counted in their own vocabulary, which comes with the package.
Any other model is gauged: the characters and tokens of its answers that came with usage give its characters per token,
and before there are any the common vocabularies' four. Either way the figure is marked as estimated.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from atomic_ai.cost import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from atomic_ai.model import Model

PRIOR_TOKENS = 200.0
"""How many tokens of answers the usual four characters are worth."""

MEMORY_TOKENS = 200_000.0
"""Past so many tokens old ones count half: models change under their names."""

RANGE = (0.5, 20.0)
"""Characters per token that are believed; past them something else is counted, such as hidden reasoning."""

OPENAI = frozenset({"openai", "openai-responses", "azure"})


@dataclass(slots=True)
class Gauge:
    """What is known of one model's tokens.

    Attributes:
        encoding: the tokenizer of its vocabulary, or None.
    """

    encoding: Any = None
    _chars: float = field(default=PRIOR_TOKENS * CHARS_PER_TOKEN, init=False)
    _tokens: float = field(default=PRIOR_TOKENS, init=False)

    @classmethod
    def of(cls, model: Model) -> Gauge:
        """The gauge of a model that nothing was heard of yet."""
        return cls(_encoding(model.model) if model.provider in OPENAI else None)

    @property
    def chars_per_token(self) -> float:
        """Characters that one of its tokens has in the mean."""
        return self._chars / self._tokens

    def tokens(self, chars: int) -> int:
        """Tokens of so many characters, rounded up."""
        return -int(-chars // self.chars_per_token)

    def count(self, text: str) -> int:
        """Tokens of a text."""
        if self.encoding is None:
            return self.tokens(len(text))
        return len(self.encoding.encode_ordinary(text))

    def learn(self, chars: int, tokens: int) -> None:
        """An answer of so many characters came with the provider's count."""
        if tokens <= 0 or not RANGE[0] <= chars / tokens <= RANGE[1]:
            return
        self._chars += chars
        self._tokens += tokens
        if self._tokens > MEMORY_TOKENS:
            self._chars, self._tokens = self._chars / 2, self._tokens / 2


@cache
def _encoding(model: str) -> Any:
    """The tokenizer of an OpenAI model; None without the extra. One a vocabulary is enough for a process."""
    try:
        with warnings.catch_warnings():
            # It reads its vocabulary by a call of the standard library's that newer ones call old.
            warnings.simplefilter("ignore", DeprecationWarning)
            import bpe_openai
    except ImportError:
        return None
    try:
        name = bpe_openai.encoding_name_for_model(model)
    except KeyError:
        name = "o200k_base"  # what every model since gpt-4o is written in
    return bpe_openai.get_encoding(name)
