"""A briefing as JSON: the names and their order are a contract with programs that read our output."""

from __future__ import annotations

from collections.abc import Iterator

from rag.briefing_schema import HEADINGS, Briefing, Coverage, Event, SectionName
from rag.quoting import cited
from rag.render_json import Record, citation_record, passage_record, rounded, to_json
from rag.schema import Statement


def briefing_json(briefing: Briefing, *, indent: int | None = 2) -> str:
    """What `rag brief --format json` prints."""
    return to_json(briefing_record(briefing), indent=indent)


def briefing_record(briefing: Briefing) -> Record:
    """Sections that were not asked for are absent; offsets are as in the records of citations."""
    return {
        "topic": briefing.topic,
        "title": briefing.title,
        "found": briefing.found,
        "mode": briefing.mode,
        "model": briefing.model,
        "language": briefing.language,
        "sections": [_section(briefing, name) for name in briefing.sections if name not in ("timeline", "coverage")],
        "timeline": [_event(briefing, event) for event in briefing.timeline],
        "missing": list(briefing.missing),
        "citations": [citation_record(citation) for citation in briefing.citations],
        "coverage": _coverage(briefing.coverage),
        "nearest": [passage_record(passage) for passage in briefing.nearest],
        "notes": list(briefing.notes),
        "left_out": [_statement(briefing, statement) for statement in briefing.left_out],
        "tokens": dict(briefing.tokens),
        "seconds": {step: rounded(seconds) for step, seconds in briefing.seconds.items()},
    }


def _section(briefing: Briefing, name: SectionName) -> Record:
    return {"name": name, "heading": HEADINGS[name], "statements": list(_statements(briefing, name))}


def _statements(briefing: Briefing, name: SectionName) -> Iterator[Record]:
    """Those of a section in order, each with what the section knows of it beyond its words."""
    if name == "points":
        for facet in briefing.points:
            yield from ({**_statement(briefing, each), "facet": facet.heading} for each in facet.statements)
    elif name == "voices":
        for voice in briefing.voices:
            who: Record = {"speaker": voice.speaker, "role": voice.role}
            yield from ({**_statement(briefing, each), **who} for each in voice.statements)
    elif name == "differences":
        # Numbered from 1: two differences may be of one kind and about the same.
        for number, difference in enumerate(briefing.differences, start=1):
            what: Record = {"difference": number, "kind": difference.kind, "about": difference.about}
            for side in difference.sides:
                known: Record = {"value": side.value, "published": side.published, "newer": side.newer}
                yield {**_statement(briefing, side.statement), **what, **known}
    elif name == "open":
        yield from (_statement(briefing, each) for each in briefing.open)


def _event(briefing: Briefing, event: Event) -> Record:
    statement = _statement(briefing, event.statement)
    return {"date": event.date, "precision": event.precision, **statement, "expression": event.expression}


def _statement(briefing: Briefing, statement: Statement) -> Record:
    numbers = [citation.number for citation in cited(briefing, statement)]
    quotes = [(number, sentence) for number, sentence in statement.quotes if number in numbers]
    return {
        "text": statement.text,
        "citations": numbers,
        "support": statement.support,
        "reasons": list(statement.reasons),
        "quotes": [{"citation": number, "start": one.start, "end": one.end} for number, one in quotes],
    }


def _coverage(coverage: Coverage) -> Record:
    return {
        "searched": coverage.searched,
        "found": len(coverage.articles),
        "used": coverage.used,
        "publishers": [{"name": name, "articles": count} for name, count in coverage.publishers],
        "months": [{"month": month, "articles": count} for month, count in coverage.months],
        "first": coverage.first,
        "last": coverage.last,
        "undated": coverage.undated,
        "articles": [
            {
                "article_id": article.article_id,
                "title": article.metadata.title,
                "authors": list(article.metadata.authors),
                "publisher": article.metadata.publisher,
                "published": article.metadata.published,
                "url": article.metadata.url,
                "path": article.path,
                "cited": article.cited,
            }
            for article in coverage.articles
        ],
    }
