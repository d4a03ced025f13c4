"""A briefing line by line, as `layout` has it for answers, and how its parts are put into words for every output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag import wording
from rag.briefing_schema import (
    HEADINGS,
    NOTHING,
    Briefing,
    Covered,
    Difference,
    Event,
    SectionName,
    Side,
    Voice,
)
from rag.briefing_wording import EMPTY, coverage_sentences, scope
from rag.layout import (
    BLANK,
    CLOSEST,
    Line,
    Segment,
    closest_lines,
    dim_line,
    facts_line,
    left_out_lines,
    note_lines,
    source_detail,
)
from rag.quoting import (
    LEFT_OUT_OF_BRIEFING,
    cited,
    in_quotation_marks,
    marks,
    quoted_from,
    short_attribution,
    side_sources,
    support,
)
from rag.sanitising import safe
from rag.schema import Statement

NOT_COVERED = "No article covers: "

_BULLET = Segment("• ", "mark")

DATE_COLUMN = len("27 September 2025")
"""Columns of the dates of a timeline; what is longer (no date of the calendar is) moves its own line only."""


def briefing_lines(briefing: Briefing) -> Iterator[Line]:
    """The sections in their order, then the sources; or that nothing was found and what came closest."""
    if not briefing.found:
        yield Line((Segment(NOTHING, "title"),))
        yield from (dim_line(fact) for fact in searched(briefing))
        yield from closest_lines(briefing.nearest[:CLOSEST])
        yield from note_lines(briefing.notes)
        yield from left_out_lines(briefing.left_out, LEFT_OUT_OF_BRIEFING)
        return
    yield from told_lines(briefing)
    if briefing.citations:
        yield from (BLANK, Line((Segment("Sources", "heading"),)))
    for citation in briefing.citations:
        yield BLANK
        yield from source_detail(citation)
    yield from left_out_lines(briefing.left_out, LEFT_OUT_OF_BRIEFING)


def told_lines(briefing: Briefing) -> Iterator[Line]:
    """What is told of the topic, without the sources."""
    yield Line((Segment(title(briefing), "title"),))
    yield facts_line(about(briefing))
    yield from note_lines(briefing.notes, gap=False)
    for name in briefing.sections:
        yield from _section(briefing, name)


def title(briefing: Briefing) -> str:
    """The title, else the topic."""
    return safe(briefing.title).strip() or safe(briefing.topic).strip() or "Briefing"


def about(briefing: Briefing) -> list[str]:
    """`Topic: the harbour` where the title is another, and what the briefing rests on."""
    topic = safe(briefing.topic).strip()
    named = [f"Topic: {topic}"] if topic and topic.casefold() != title(briefing).casefold() else []
    return [*named, *scope(briefing)]


def quoted_text(briefing: Briefing, statement: Statement) -> tuple[str, str]:
    """The statement, in quotation marks if it is word for word that of a source, and whose words it is then."""
    text = safe(statement.text)
    sources = quoted_from(briefing, statement)
    return (in_quotation_marks(text), short_attribution(sources)) if sources else (text, "")


def event_date(event: Event) -> tuple[str, str]:
    """`9 December 2025`, and how the article puts it: `“on Tuesday”`; the latter empty where that says no less."""
    date, expression = wording.people_date(event.date), safe(event.expression).strip()
    # With the year there was nothing to work out, but for 1/2/2024, which is read in two ways.
    plain = not expression or (event.date[:4] in expression and "/" not in expression)
    return date, "" if plain else in_quotation_marks(expression)


def speaker(voice: Voice) -> tuple[str, str]:
    """`Petra Wiik`, and `who runs the yard` if an article says so."""
    return safe(voice.speaker).strip() or "Unnamed", safe(voice.role).strip()


def difference_title(difference: Difference) -> str:
    """`Figure: the cost a week`."""
    kind, thing = difference.kind.capitalize(), safe(difference.about).strip()
    return f"{kind}: {thing}" if thing else kind


def side_title(briefing: Briefing, side: Side) -> tuple[str, list[str]]:
    """`90,000 crowns`, and `Coast Bulletin, 6 November 2025` with `newer` where it is; neither side is called right."""
    source = short_attribution(side_sources(briefing, side))
    return safe(side.value).strip(), [*([source] if source else []), *(["newer"] if side.newer else [])]


def searched(briefing: Briefing) -> list[str]:
    """`214 articles searched`, for a briefing that found nothing; nothing where that is not known."""
    count = briefing.coverage.searched
    return [f"{wording.counted(count, 'article')} searched"] if count else []


def cited_in(article: Covered) -> str:
    """`cited in 3 lines`, or `not cited`."""
    return f"cited in {wording.counted(article.cited, 'line')}" if article.cited else "not cited"


def _section(briefing: Briefing, name: SectionName) -> Iterator[Line]:
    makers = {
        "points": _points,
        "timeline": _timeline,
        "voices": _voices,
        "differences": _differences,
        "open": _open,
        "coverage": _coverage,
    }
    yield from (BLANK, Line((Segment(HEADINGS[name], "heading"),)))
    yield from [*makers[name](briefing)] or [BLANK, dim_line(EMPTY[name])]


def _points(briefing: Briefing) -> Iterator[Line]:
    for facet in briefing.points:
        yield BLANK
        if heading := safe(facet.heading).strip():
            yield Line((Segment(heading, "title"),))
        yield from _listed(briefing, facet.statements)


def _timeline(briefing: Briefing) -> Iterator[Line]:
    yield from [BLANK] if briefing.timeline else []
    for event in briefing.timeline:
        yield from _event(briefing, event)


def _voices(briefing: Briefing) -> Iterator[Line]:
    for voice in briefing.voices:
        who, role = speaker(voice)
        yield from (BLANK, Line((Segment(who, "title"), Segment(f", {role}" if role else "", "dim"))))
        yield from _listed(briefing, voice.statements)


def _differences(briefing: Briefing) -> Iterator[Line]:
    for difference in briefing.differences:
        yield from (BLANK, Line((Segment(difference_title(difference), "title"),)))
        for side in difference.sides:
            yield from _side(briefing, side)


def _open(briefing: Briefing) -> Iterator[Line]:
    yield from [BLANK] if briefing.open or briefing.missing else []
    yield from _listed(briefing, briefing.open)
    yield from (Line((Segment(NOT_COVERED + safe(what)),), label=_BULLET) for what in briefing.missing)


def _coverage(briefing: Briefing) -> Iterator[Line]:
    yield BLANK
    yield from (Line((Segment(sentence),)) for sentence in coverage_sentences(briefing.coverage))


def _listed(briefing: Briefing, statements: Iterable[Statement]) -> Iterator[Line]:
    for statement in statements:
        yield from _statement(briefing, statement, _BULLET)


def _statement(briefing: Briefing, statement: Statement, label: Segment, *, attributed: bool = True) -> Iterator[Line]:
    """A statement with its marks, and under it what its sources do not bear out."""
    text, whose = quoted_text(briefing, statement)
    segments = [Segment(text)]
    if whose and attributed:
        segments.append(Segment(f" — {whose}", "dim"))
    if citations := cited(briefing, statement):
        segments += [Segment(" "), Segment(marks(citations), "mark")]
    yield Line(tuple(segments), label=label)
    if warning := support(statement):
        yield Line((Segment(warning, "warning"),), len(label.text) + 4)


def _event(briefing: Briefing, event: Event) -> Iterator[Line]:
    date, expression = event_date(event)
    first, *rest = _statement(briefing, event.statement, Segment(f"{date:<{DATE_COLUMN}}  ", "mark"))
    said = Segment(f" (dated from {expression})" if expression else "", "dim")
    yield from (Line((*first.segments, said), label=first.label), *rest)


def _side(briefing: Briefing, side: Side) -> Iterator[Line]:
    """The value and who gives it, and below, set in, the statement."""
    value, facts = side_title(briefing, side)
    source = Segment(f" — {' · '.join(facts)}" if facts else "", "dim")
    yield Line((Segment(value, "title"), source), label=_BULLET)
    yield from _statement(briefing, side.statement, Segment("    "), attributed=False)
