"""An invented conversation, for the tests of what is kept and shown of one."""

from __future__ import annotations

from dataclasses import replace

from briefing_records import BRIEFING, COUNCIL, YARD, coverage_of, verbatim
from rendering_records import ABSTENTION_ANSWER, ANSWER, FERRY, HARBOUR, WRITTEN_ANSWER, make_citation

from rag.briefing_schema import Briefing, Difference, Event, Facet, Side, Voice
from rag.chat_schema import Session, Turn
from rag.citations import number_statements
from rag.schema import Answer, Filters, Statement

OFFER = Answer(
    question="Why was the offer of the yard in Norhaven declined?",
    answered=True,
    mode="extractive",
    statements=(
        Statement(
            "The offer was declined because the older vessel needs a crew of eleven, and the harbour employs four "
            "people.",
            (2,),
            "supported",
        ),
        Statement("The line carried 212,000 people, a record.", (4,), "supported"),
    ),
    citations=(make_citation(2, HARBOUR, 4, 3, 4), replace(make_citation(4, FERRY, 1, 1), since="removed")),
    confidence=0.71,
    seconds={"retrieval": 0.04},
)


def _money() -> Briefing:
    """A short briefing whose sources are numbered on from those of the answers before it."""
    claims = [
        verbatim(COUNCIL, 1, 0),
        verbatim(HARBOUR, 4, 2),
        verbatim(COUNCIL, 1, 0),
        verbatim(COUNCIL, 1, 2),
        verbatim(HARBOUR, 4, 2),
        verbatim(YARD, 2, 0, (COUNCIL, 1, 0)),
        verbatim(COUNCIL, 3, 0),
    ]
    given = {"harbour-dredger#3": 1, "harbour-dredger#4": 2, "steel-prices#1": 3, "ferry-report#1": 4}
    statements, citations = number_statements(claims, given)
    first, second, vote, holm, less, more, unknown = statements
    sides = (Side("4.2 million", less, "2025-10-27", False), Side("8.5 million", more, "2026-01-15", True))
    return Briefing(
        topic="the money",
        title="Money for the harbour",
        mode="extractive",
        points=(Facet("What it costs", (first, second)),),
        timeline=(Event("2025-12-09", "day", vote, "on Tuesday"),),
        voices=(Voice("Arvid Holm", "who leads the opposition", (holm,)),),
        differences=(Difference("figure", "million crowns for the work", sides),),
        open=(unknown,),
        missing=("the price of the old dredger",),
        citations=citations,
        coverage=coverage_of((HARBOUR, COUNCIL, YARD), statements, citations, 7),
    )


SESSION = Session(
    "why-can-large-ships-not-use",
    "2025-12-12T08:58:03+00:00",
    "2025-12-13T17:20:59+00:00",
    (
        Turn(ANSWER.question, ANSWER.question, "2025-12-12T08:58:04+00:00", ANSWER),
        Turn("and why was that offer declined?", OFFER.question, "2025-12-12T08:59:30+00:00", OFFER),
        Turn(
            "who won the regatta?",
            ABSTENTION_ANSWER.question,
            "2025-12-12T09:00:12+00:00",
            ABSTENTION_ANSWER,
            filters=Filters("2024-11", None, ("The Kestrel Courier", "Norhaven Post"), (), ("steel-prices",)),
        ),
        Turn(
            "Why is Kestrel harbour closed to large ships?",
            WRITTEN_ANSWER.question,
            "2025-12-13T17:20:59+00:00",
            WRITTEN_ANSWER,
        ),
        Turn("the money", "the money", "2025-12-13T17:22:40+00:00", briefing=_money()),
    ),
    "A model's own summary of it, which nobody is shown.",
    2,
)
"""Answers that quote, one that declines, one by a model, a briefing; a source gone since; paragraphs cited again."""

WITH_BRIEFING = replace(
    SESSION,
    name="kestrel harbour",
    turns=(
        *SESSION.turns[:1],
        Turn("Kestrel harbour dredger", "Kestrel harbour dredger", "2025-12-13T17:30:00+00:00", briefing=BRIEFING),
    ),
)
"""As two terminals at once may leave it: in the briefing, 1 to 4 mean something else than in the answer."""
