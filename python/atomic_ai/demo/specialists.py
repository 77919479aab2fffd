"""Local specialists that bid beside the language models: free, fast, narrow, and silent where they are not sure.

Each answers one kind of question in microseconds. One that is not sure raises instead of guessing: its lane fails, and
the auction's next lane takes over. What that does to its profile is what makes its next bid honest.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from atomic_ai.demo.triage import LEXICON, RULES, Category, Sentiment
from atomic_ai.model import Model
from atomic_ai.providers.local import Confident

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atomic_ai.providers.call import Call

ENGLISH = frozenset(
    "the and to of is it we you in that for not are have with was my this be our on i".split()  # noqa: SIM905 - prose
)
"""Function words: a text in which few of its words are among them is not English."""

ENGLISH_SHARE = 0.15
"""English mails have a sixth or more of their words among them, German and Japanese ones next to none."""

CLEAR = 0.25
"""Mean sentence polarity beyond which the lexicon commits itself; below it, sentences of opposite mood cancel out."""


class NotSureError(Exception):
    """The specialist will not answer this one; the message says how sure it was."""


def specialists() -> list[Model]:
    """Both specialists, as models."""
    return [
        Model("lexicon", run=feel, price_in=0, price_out=0, tags=[LEXICON], capabilities=["json_schema"]),
        Model("rules", run=match, price_in=0, price_out=0, tags=[RULES], capabilities=["json_schema"]),
    ]


def feel(call: Call) -> Confident:
    """The sentiment by the VADER lexicon (Hutto and Gilbert 2014): the mean polarity of the sentences.

    Raises:
        NotSureError: the text is not English, or its sentences cancel out.
    """
    text = _mail(call)
    words = re.findall(r"[a-z']+", text.lower())
    share = sum(word in ENGLISH for word in words) / max(1, len(words))
    if share < ENGLISH_SHARE:
        raise NotSureError(f"an English lexicon, and {share:.0%} English function words")
    sentences = [sentence for sentence in re.split(r"(?<=[.!?])\s+|\n\n", text) if sentence.strip()]
    polarity = sum(_polarity(sentence) for sentence in sentences) / max(1, len(sentences))
    if abs(polarity) < CLEAR:
        raise NotSureError(f"a mean polarity of {polarity:+.2f} is within ±{CLEAR:.2f}")
    sentiment = Sentiment.POSITIVE if polarity > 0 else Sentiment.NEGATIVE
    return Confident({"sentiment": sentiment}, min(1.0, 0.5 + abs(polarity)))


@cache
def _analyzer() -> Any:
    try:
        lexicon = import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        raise NotSureError("no lexicon here: pip install 'atomic-ai[demo]'") from None
    return lexicon.SentimentIntensityAnalyzer()


def _polarity(sentence: str) -> float:
    return float(_analyzer().polarity_scores(sentence)["compound"])


# The first pattern that fits decides; each is meant to be right when it speaks, not to speak often.
CATEGORY: tuple[tuple[str, Category], ...] = (
    (r"(?i)^Sent to a list: yes$|\bunsubscribe\b", Category.NEWSLETTER),
    (r"(?i)lottery|you have been awarded|verify your password|act now|click here to claim", Category.SPAM),
    (r"(?i)\[SEV\d\]|\boutage\b|\bdown since\b", Category.INCIDENT),
    (r"(?i)^Subject: .*\bapplication\b", Category.APPLICATION),
    (r"(?i)^Attachments: .*\.ics\b", Category.MEETING),
    (r"(?i)^Subject: .*\binvoice\b", Category.BILLING),
)

PRIORITY: tuple[tuple[str, int], ...] = (
    (r"(?i)^Sent to a list: yes$|lottery|verify your password", 1),
    (r"(?i)\[SEV1\]", 5),
    (r"(?i)\bno hurry\b", 2),
)


SURE = 0.95
"""A rule that speaks is right on the whole inbox; the rest is for mails nobody has seen."""


def match(call: Call) -> Confident:
    """The category or the priority by patterns that are right when they speak.

    Raises:
        NotSureError: no pattern fits, or something else is asked.
    """
    mail = _mail(call, whole=True)
    asked = _asked(call)
    if asked == "category":
        return Confident({asked: _first(CATEGORY, mail)}, SURE)
    if asked == "priority":
        return Confident({asked: _first(PRIORITY, mail)}, SURE)
    raise NotSureError(f"no rules for {asked!r}")


def _first(rules: Iterable[tuple[str, Any]], mail: str) -> Any:
    for pattern, answer in rules:
        if re.search(pattern, mail, re.MULTILINE):
            return answer
    raise NotSureError("no rule fits")


def _asked(call: Call) -> str:
    """The one member of the object that is asked for."""
    properties = {} if call.output is None else call.output.schema.get("properties", {})
    return next(iter(properties), "")


def _mail(call: Call, *, whole: bool = False) -> str:
    """The mail in the last message: its words, or all of it."""
    text = call.messages[-1].text
    mail = text[max(0, text.rfind("Mail ")) :]
    return mail if whole else mail.partition("\n\n")[2]
