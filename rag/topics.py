"""Questions that ask for whatever is said of a topic: "What did the Post write about the ferry?" English.

Nothing is near "What about the ferry?" in meaning, and still every passage on the ferry answers it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.schema import Passage
from rag.terms import Terms, coverage

_ABOUT = r"\s(?:about|on|regarding|concerning)\s+"
_TOPIC = re.compile(
    r"^(?:so\s+)?what(?:\s(?:else|exactly|all))?"
    r"(?:\s(?:do|does|did|have)\s(?:the|my|your|these|those|our)\s(?:articles?|sources?|papers?|press|news)\s"
    r"(?:say|said|write|written|report(?:ed)?|tell\sus|mention(?:ed)?)"
    r"|\s(?:is|was|has\sbeen)\s(?:said|written|reported|known))?"
    rf"{_ABOUT}(?P<topic>.+?)[\s?.!]*$",
    re.IGNORECASE,
)
NEAREST = 3
"""Passages of which one must speak of the topic."""


def topic_of(question: str) -> str:
    """The topic, where the question asks for no more than what is said of one; else nothing."""
    found = _TOPIC.match(" ".join(question.split()))
    return found["topic"] if found else ""


def spoken_of(terms: Terms, passages: Sequence[Passage]) -> float:
    """How sure it is that one of the passages speaks of the topic, 0 to 1: the share of its words, squared.

    Titles do not count: what they name need not be in the paragraph. Half of a topic is another one.
    """
    return max((coverage(terms, passage.paragraph.text) ** 2 for passage in passages[:NEAREST]), default=0.0)
