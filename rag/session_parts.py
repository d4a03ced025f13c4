"""A turn of a conversation in parts that Markdown and HTML show alike: words, whose they are, their sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag import wording
from rag.briefing_layout import (
    NOT_COVERED,
    difference_title,
    event_date,
    quoted_text,
    side_title,
    speaker,
)
from rag.briefing_layout import title as briefing_title
from rag.briefing_schema import HEADINGS, Briefing, SectionName
from rag.briefing_wording import EMPTY, coverage_sentences, scope
from rag.chat_schema import Session, Turn
from rag.quoting import Cited, attribution, cited, in_quotation_marks, provenance, quoted_from, support
from rag.sanitising import safe
from rag.schema import Answer, Citation, Passage, Statement


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. Every string is safe to show, once it is escaped."""

    words: str
    whose: str = ""
    """Where the words are those of a source."""
    citations: tuple[Citation, ...] = ()
    doubt: str = ""
    """What the sources do not bear out."""
    lead: str = ""
    """What stands before the words: a date, or what two sources give differently."""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading, in a list or as paragraphs."""

    entries: tuple[Entry, ...] = ()
    heading: str = ""
    level: int = 3
    listed: bool = False


def name(session: Session) -> str:
    """What the session is called."""
    return safe(session.name).strip() or "Conversation"


def about_session(session: Session) -> list[str]:
    """`3 questions`, `begun 27 October 2025, 14:02 UTC`."""
    return [wording.counted(len(session.turns), "question"), f"begun {wording.people_moment(session.created)}"]


def heading(turn: Turn) -> str:
    """The question as it was typed."""
    asked = safe(turn.asked).strip()
    return f"Briefing: {asked}" if turn.briefing else asked or "Question"


def about_turn(turn: Turn) -> list[str]:
    """When it was answered, and which articles were used if not all."""
    if turn.damaged:
        return ["damaged"]
    only = "; ".join(wording.restrictions(turn.filters))
    return [wording.people_moment(turn.at), *([f"only articles {only}"] if only else [])]


def stand_alone(turn: Turn) -> str:
    """The question as it was asked of the articles, where that is not how it was typed."""
    question = " ".join(safe(turn.question).split())
    return "" if question == " ".join(safe(turn.asked).split()) else question


def parts(turn: Turn) -> Iterator[Part]:
    """What was answered, or that this cannot be read any more; nothing where it was declined."""
    if turn.damaged:
        yield Part((Entry(wording.DAMAGED_TURN),))
    elif turn.answer and turn.answer.answered:
        yield Part(tuple(_answered(turn.answer)))
    elif turn.briefing and turn.briefing.found:
        for section in turn.briefing.sections:
            yield from _section(turn.briefing, section)


def remarks(turn: Turn) -> list[str]:
    """How sure it is and whose words, or what the briefing rests on; then the notes."""
    answer, briefing = turn.answer, turn.briefing
    said = answer or briefing
    first = ""
    if answer and answer.answered:
        first = f"Confidence: {wording.confidence(answer.confidence)} · {provenance(answer)}"
    elif briefing and briefing.found:
        facts = " · ".join(_about_briefing(briefing, turn))
        first = facts[:1].upper() + facts[1:]
    notes = [f"Note: {safe(note)}" for note in said.notes] if said else []
    return [*([first] if first else []), *notes]


def nearest(turn: Turn) -> Sequence[Passage]:
    """What came closest, best first, where it was declined."""
    if turn.answer and not turn.answer.answered:
        return turn.answer.nearest
    return turn.briefing.nearest if turn.briefing and not turn.briefing.found else ()


def _about_briefing(briefing: Briefing, turn: Turn) -> list[str]:
    """Its title where that is not what was typed, what it rests on where no section tells, and whose words it has."""
    called = briefing_title(briefing)
    named = [called] if called != safe(turn.asked).strip() else []
    rests = [] if "coverage" in briefing.sections else scope(briefing)
    return [*named, *(rests or [provenance(briefing)])]


def _answered(answer: Answer) -> Iterator[Entry]:
    for statement in answer.statements:
        words, sources = safe(statement.text), quoted_from(answer, statement)
        whose = attribution(sources) if sources else ""
        yield _entry(answer, statement, in_quotation_marks(words) if sources else words, whose)


def _section(briefing: Briefing, section: SectionName) -> Iterator[Part]:
    makers = {
        "points": _points,
        "timeline": _timeline,
        "voices": _voices,
        "differences": _differences,
        "open": _open,
        "coverage": _coverage,
    }
    made = [*makers[section](briefing)]
    yield Part((() if made else (Entry(EMPTY[section]),)), HEADINGS[section])
    yield from made


def _points(briefing: Briefing) -> Iterator[Part]:
    for facet in briefing.points:
        yield _listed(_quoted(briefing, facet.statements), safe(facet.heading).strip())


def _timeline(briefing: Briefing) -> Iterator[Part]:
    if briefing.timeline:
        entries = []
        for event in briefing.timeline:
            date, expression = event_date(event)
            words, whose = quoted_text(briefing, event.statement)
            after = f"dated from {expression}" if expression else ""
            entries.append(_entry(briefing, event.statement, words, whose, f"{date}:", after))
        yield _listed(entries)


def _voices(briefing: Briefing) -> Iterator[Part]:
    for voice in briefing.voices:
        who = ", ".join(part for part in speaker(voice) if part)
        yield _listed(_quoted(briefing, voice.statements), who)


def _differences(briefing: Briefing) -> Iterator[Part]:
    for difference in briefing.differences:
        entries = []
        for side in difference.sides:
            value, facts = side_title(briefing, side)
            words, _ = quoted_text(briefing, side.statement)
            entries.append(_entry(briefing, side.statement, words, " · ".join(facts), f"{value}:" if value else ""))
        yield _listed(entries, difference_title(difference))


def _open(briefing: Briefing) -> Iterator[Part]:
    entries = [*_quoted(briefing, briefing.open), *(Entry(NOT_COVERED + safe(what)) for what in briefing.missing)]
    if entries:
        yield _listed(entries)


def _coverage(briefing: Briefing) -> Iterator[Part]:
    yield Part(tuple(Entry(sentence) for sentence in coverage_sentences(briefing.coverage)))


def _listed(entries: Iterable[Entry], title: str = "") -> Part:
    return Part(tuple(entries), title, 4, listed=True)


def _quoted(briefing: Briefing, statements: Iterable[Statement]) -> Iterator[Entry]:
    for statement in statements:
        yield _entry(briefing, statement, *quoted_text(briefing, statement))


def _entry(document: Cited, statement: Statement, words: str, whose: str, lead: str = "", after: str = "") -> Entry:
    return Entry(words, whose, tuple(cited(document, statement)), support(statement), lead, after)
