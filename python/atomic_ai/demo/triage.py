"""What is asked of a mail: five microtasks, three of them at once, two that need the others' answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from atomic_ai.criteria import forbids
from atomic_ai.decompose import Micro
from atomic_ai.task import Task


class Category(StrEnum):
    """What a mail is about."""

    COMPLAINT = "complaint"
    BILLING = "billing"
    SALES = "sales"
    SUPPORT = "support"
    INCIDENT = "incident"
    MEETING = "meeting"
    APPLICATION = "application"
    PRAISE = "praise"
    NEWSLETTER = "newsletter"
    SPAM = "spam"


class Sentiment(StrEnum):
    """How the sender feels."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Action(StrEnum):
    """What is done with a mail."""

    URGENT_RESPONSE = "urgent_response"
    STANDARD_RESPONSE = "standard_response"
    FORWARD = "forward"
    FLAG_FOR_REVIEW = "flag_for_review"
    ARCHIVE = "archive"


LANGUAGE_MODELS = "language-model"
LEXICON = "lexicon"
RULES = "rules"
"""Tags: who may be asked what."""


class Triage(BaseModel):
    """One mail, understood and answered."""

    category: Annotated[
        Category,
        Micro("Which category does this mail belong to?", allow=frozenset({LANGUAGE_MODELS, RULES})),
    ]
    sentiment: Annotated[
        Sentiment,
        Micro("How does the sender feel?", allow=frozenset({LANGUAGE_MODELS, LEXICON})),
    ]
    priority: Annotated[
        int,
        Field(ge=1, le=5),
        Micro("How urgent is it, from 1 (can wait) to 5 (now)?", allow=frozenset({LANGUAGE_MODELS, RULES})),
    ]
    suggested_action: Annotated[
        Action,
        Micro("What should be done with it?", after=("category", "sentiment", "priority")),
    ]
    reply: Annotated[
        str,
        Micro(
            "Draft the reply, in the language of the mail.",
            after=("category", "suggested_action"),
            criteria=(forbids("AI language model"),),
        ),
    ]


TRIAGE = Task(
    "You sort the inbox of Northwind Goods, a maker of office furniture.",
    output=Triage,
    allow=[LANGUAGE_MODELS],
    max_tokens=400,
)
"""The demo's task; `TRIAGE.with_input(mail.prompt)` is a request."""

QUESTIONS = {
    name: next(item.prompt for item in field.metadata if isinstance(item, Micro))
    for name, field in Triage.model_fields.items()
}
"""What is asked for each field."""
