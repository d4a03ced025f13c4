"""What is left of a kept turn once an article it quotes has been removed: the question, and what other articles say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from rag.briefing_schema import Briefing, Coverage, Facet
from rag.chat_schema import Turn
from rag.schema import REMOVED, Answer, Citation, Metadata, Passage, Statement

LEFT = "What stood here quoted an article that has been removed."
"""Stands in the place of statements."""
NOTE = "an article that was shown here has been removed from the store, and what stood here of it with it"
_BLANK = Statement(LEFT, (), "unsupported", (REMOVED,))
_NAMELESS = Metadata("a removed article")


def without(turn: Turn, articles: Collection[str]) -> Turn:
    """The turn without a word of these articles (ids); the same turn where it has none.

    Whatever a model wrote, and notes, may tell of an article without citing it: of an answer that showed one, drafts
    that were left out and notes go altogether.
    """
    if turn.answer is not None:
        return replace(turn, answer=_answer(turn.answer, articles)) if _shows(turn.answer, articles) else turn
    if turn.briefing is not None and (_shows(turn.briefing, articles) or _covers(turn.briefing.coverage, articles)):
        return replace(turn, briefing=_briefing(turn.briefing, articles))
    return turn


def _shows(said: Answer | Briefing, articles: Collection[str]) -> bool:
    passages = (*(citation.passage for citation in said.citations), *said.nearest)
    return any(passage.article_id in articles for passage in passages)


def _covers(coverage: Coverage, articles: Collection[str]) -> bool:
    return any(covered.article_id in articles for covered in coverage.articles)


def _answer(answer: Answer, articles: Collection[str]) -> Answer:
    gone = _numbers(answer.citations, articles)
    return replace(
        answer,
        statements=_blanked(answer.statements, gone),
        citations=_kept(answer.citations, gone),
        nearest=_elsewhere(answer.nearest, articles),
        notes=(NOTE,),
        left_out=(),
    )


def _briefing(briefing: Briefing, articles: Collection[str]) -> Briefing:
    """Key points keep their places; events, speakers and differences go whole, with what an article calls them."""
    gone = _numbers(briefing.citations, articles)
    covered = tuple(
        replace(one, article_id="", metadata=_NAMELESS, path="") if one.article_id in articles else one
        for one in briefing.coverage.articles
    )
    return replace(
        briefing,
        title=briefing.topic,
        points=tuple(_facet(facet, gone) for facet in briefing.points),
        timeline=tuple(event for event in briefing.timeline if not _cites(event.statement, gone)),
        voices=tuple(voice for voice in briefing.voices if not any(_cites(one, gone) for one in voice.statements)),
        differences=tuple(
            one for one in briefing.differences if not any(_cites(side.statement, gone) for side in one.sides)
        ),
        open=_blanked(briefing.open, gone),
        citations=_kept(briefing.citations, gone),
        coverage=replace(briefing.coverage, articles=covered),
        nearest=_elsewhere(briefing.nearest, articles),
        notes=(NOTE,),
        left_out=(),
    )


def _facet(facet: Facet, gone: Collection[int]) -> Facet:
    """Its heading is made of words of its statements."""
    touched = any(_cites(statement, gone) for statement in facet.statements)
    return Facet("", _blanked(facet.statements, gone)) if touched else facet


def _numbers(citations: Iterable[Citation], articles: Collection[str]) -> set[int]:
    """Numbers under which the articles are cited."""
    return {citation.number for citation in citations if citation.passage.article_id in articles}


def _kept(citations: Iterable[Citation], gone: Collection[int]) -> tuple[Citation, ...]:
    return tuple(citation for citation in citations if citation.number not in gone)


def _elsewhere(passages: Iterable[Passage], articles: Collection[str]) -> tuple[Passage, ...]:
    return tuple(passage for passage in passages if passage.article_id not in articles)


def _cites(statement: Statement, gone: Collection[int]) -> bool:
    return any(number in gone for number in (*statement.citations, *(number for number, _ in statement.quotes)))


def _blanked(statements: Iterable[Statement], gone: Collection[int]) -> tuple[Statement, ...]:
    """Those that cite what is gone are told in one line, however many follow each other."""

    def told() -> Iterator[Statement]:
        before = False
        for statement in statements:
            now = _cites(statement, gone)
            if not now:
                yield statement
            elif not before:
                yield _BLANK
            before = now

    return tuple(told())
