"""What is shown of a statement: its words, whether they may stand in quotation marks, and whom they are from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from rag.briefing_schema import Side
from rag.sanitising import safe
from rag.schema import ABSTENTION, REMOVED, Answer, Citation, Mode, Statement
from rag.wording import people_date, title

_PAIRS = {"“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", '"': '"'}
_DOUBLE = re.compile('["“”„«»]')


class Cited(Protocol):
    """An answer or a briefing: statements, and the citations their numbers stand for."""

    @property
    def mode(self) -> Mode: ...
    @property
    def model(self) -> str | None: ...
    @property
    def statements(self) -> tuple[Statement, ...]: ...
    @property
    def citations(self) -> tuple[Citation, ...]: ...


def cited(document: Cited, statement: Statement) -> list[Citation]:
    """The citations of a statement. A number without a citation is nobody's and is left out."""
    by_number = {citation.number: citation for citation in document.citations}
    return [by_number[number] for number in dict.fromkeys(statement.citations) if number in by_number]


def marks(citations: Sequence[Citation]) -> str:
    """`[1][2]`."""
    return "".join(f"[{citation.number}]" for citation in citations)


def answer_text(answer: Answer) -> str:
    """The answer as one string: each statement followed by its marks. As the records hold it, not made safe."""
    if not answer.answered:
        return ABSTENTION
    parts = ((statement.text, marks(cited(answer, statement))) for statement in answer.statements)
    return " ".join(f"{text} {numbers}" if numbers else text for text, numbers in parts)


def quoted_from(document: Cited, statement: Statement) -> list[Citation]:
    """The cited sources in which the statement's own words stand: only these may be named as being quoted.

    From a model only whole sentences count: a few words that happen to stand in a source quote nobody.
    """
    citations = cited(document, statement) if statement.text else []
    if document.mode == "extractive":
        return [citation for citation in citations if statement.text in citation.quote]
    return [citation for citation in citations if statement.text in _sentences(citation)]


def attribution(citations: Sequence[Citation]) -> str:
    """`The Courier, 27 October 2025`, each source once; the title where the publisher is not known."""
    names: dict[str, None] = {}
    for citation in citations:
        metadata = citation.passage.metadata
        name = safe(metadata.publisher or "").strip() or title(metadata)
        names[f"{name}, {people_date(metadata.published)}" if metadata.published else name] = None
    return "; ".join(names)


def short_attribution(citations: Sequence[Citation]) -> str:
    """`The Courier, 27 October 2025, and 2 more`: for a page of many statements, whose marks name the others.

    Articles are counted, not paragraphs: one article that says a thing twice is still one source.
    """
    if not citations:
        return ""
    more = len({citation.passage.article_id for citation in citations}) - 1
    return attribution(citations[:1]) + (f", and {more} more" if more else "")


def side_sources(document: Cited, side: Side) -> list[Citation]:
    """The sources of a side of a difference, that of the date it goes by first."""
    citations = cited(document, side.statement)
    return sorted(citations, key=lambda citation: citation.passage.metadata.published != side.published)


def provenance(document: Cited) -> str:
    """Whose words the statements are: the difference between a quotation and a paraphrase must never be in doubt."""
    if document.mode == "model":
        return f"written by {safe(document.model or 'a language model')}; quote only from the sources"
    if all(quoted_from(document, statement) for statement in document.statements):
        return "every statement is quoted word for word"
    return "only what stands in quotation marks is word for word"


def support(statement: Statement) -> str:
    """A warning where the sources do not bear a statement out, with the reasons; empty where they do."""
    if statement.support == "supported" or statement.reasons == (REMOVED,):
        return ""
    verdict = "Only partly supported" if statement.support == "partial" else "Not supported by its sources"
    reasons = "; ".join(safe(reason) for reason in statement.reasons)
    return f"{verdict}: {reasons}" if reasons else verdict


LEFT_OUT = "Left out of the answer"
"""Heading over what a model wrote and nothing bears out. Each such statement says "Left out" once more for itself."""


LEFT_OUT_OF_BRIEFING = "Left out of the briefing"


def why_left_out(statement: Statement) -> str:
    """`Why: the figure 50 million is not in what the model was shown`. It has no sources to speak of."""
    return f"Why: {'; '.join(safe(reason) for reason in statement.reasons) or 'no paragraph bears it out'}"


def _sentences(citation: Citation) -> set[str]:
    paragraph = citation.passage.paragraph
    spans = ((quote.start - paragraph.start, quote.end - paragraph.start) for quote in citation.quotes)
    return {citation.quote, *(paragraph.text[start:end] for start, end in spans)}


def in_quotation_marks(text: str) -> str:
    """`“text”`; unchanged if it is one quotation already, and in single marks if it holds double ones."""
    if _is_quotation(text):
        return text
    return f"‘{text}’" if _DOUBLE.search(text) else f"“{text}”"


def _is_quotation(text: str) -> bool:
    """Whether the mark that opens the text is closed by its last character and not before."""
    closing = _PAIRS.get(text[:1], "")
    if len(text) < 3 or not closing or text[-1] not in closing:
        return False
    return not any(mark in text[1:-1] for mark in closing + text[0])
