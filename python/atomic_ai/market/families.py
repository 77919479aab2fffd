"""What a model's name says before it has answered anything: shipped defaults by family and size.

A *standing* is in logits of quality against a usual model of the same price: 0.5 turns 0.80 into 0.87. The figures are
coarse on purpose, the order that public leaderboards agreed on when this was written; a dozen outcomes outweigh them.
"""

from __future__ import annotations

import math
import re

FAMILIES: tuple[tuple[str, float], ...] = (
    (r"embed|rerank|guard|moderation|whisper|tts", -3.0),
    (r"nano|tiny|lite|1\.5b|0\.5b", -0.3),
    (r"mini|flash|haiku|small|fast", 0.2),
    (r"gpt-5|o[34](?!\d)|opus|sonnet|gemini-[23](\.\d)?-pro|grok-4|deepseek-(r1|v3)|kimi-k2|qwen3-max", 0.6),
    (r"gpt-4|gemini-1\.5-pro|mistral-large|command-a|llama-4|glm-4", 0.3),
    (r"gpt-3\.5|llama-?2|claude-2|claude-instant|mistral-7b|mixtral|vicuna|alpaca|falcon|dolly", -0.5),
    (r"code|coder|math", -0.1),
)
"""Families by a pattern in the lower-cased name, and their standing; the first that fits counts."""

_SIZE = re.compile(r"(?<![\d.x])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z])")
_PER_DOUBLING, _MOST, _USUAL_B = 0.12, 0.5, 14.0


def standing_of(name: str) -> float:
    """The standing of a model by its name: its family's, and its size's where the name states one in billions."""
    name = name.lower()[:200]
    family = next((standing for pattern, standing in FAMILIES if re.search(pattern, name)), 0.0)
    size = _SIZE.search(name)
    if size is None:
        return family
    billions = float(size[2]) * (float(size[1]) / 2 if size[1] else 1.0)
    return family + max(-_MOST, min(_MOST, _PER_DOUBLING * math.log2(max(billions, 0.1) / _USUAL_B)))
