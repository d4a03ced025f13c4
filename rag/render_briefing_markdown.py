"""A briefing as Markdown to keep, send or publish. Marks lead to headings, which have an address in every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag import wording
from rag.briefing_layout import (
    NOT_COVERED,
    about,
    cited_in,
    difference_title,
    event_date,
    quoted_text,
    searched,
    side_title,
    speaker,
    title,
)
from rag.briefing_schema import HEADINGS, NOTHING, Briefing, Covered, Event, SectionName, Side
from rag.briefing_wording import EMPTY, coverage_sentences
from rag.excerpts import excerpt, lines
from rag.layout import CLOSEST
from rag.links import citation_link
from rag.quoting import LEFT_OUT_OF_BRIEFING, cited, support, why_left_out
from rag.render_markdown import cited_head, closest_lines, escaped, quoted_line, where_line
from rag.schema import Citation, Statement


def briefing_markdown(briefing: Briefing) -> str:
    """A complete document: sections, sources with their quotes, what was left out."""
    blocks = [f"# {escaped(title(briefing))}"]
    if briefing.found:
        blocks.append(f"*{escaped(' · '.join(about(briefing)))}*")
    else:
        blocks += [f"**{NOTHING}**", *searched(briefing)]
    blocks += [f"*Note: {escaped(note)}*" for note in briefing.notes]
    if briefing.found:
        for name in briefing.sections:
            blocks += _section(briefing, name)
        blocks += ["## Sources"] if briefing.citations else []
        blocks += [_source(citation) for citation in briefing.citations]
    elif briefing.nearest:
        blocks += ["## Closest passages", *(closest_lines(passage) for passage in briefing.nearest[:CLOSEST])]
    if briefing.left_out:
        blocks.append(f"## {LEFT_OUT_OF_BRIEFING}")
        blocks += [f"Left out: ~~{escaped(s.text)}~~ *({escaped(why_left_out(s))})*" for s in briefing.left_out]
    return "\n\n".join(blocks) + "\n"


def _section(briefing: Briefing, name: SectionName) -> list[str]:
    makers = {
        "points": _points,
        "timeline": _timeline,
        "voices": _voices,
        "differences": _differences,
        "open": _open,
        "coverage": _coverage,
    }
    return [f"## {HEADINGS[name]}", *([*makers[name](briefing)] or [EMPTY[name]])]


def _points(briefing: Briefing) -> Iterator[str]:
    for facet in briefing.points:
        if heading := escaped(facet.heading):
            yield f"### {heading}"
        yield _listed(_statement(briefing, statement) for statement in facet.statements)


def _timeline(briefing: Briefing) -> Iterator[str]:
    if briefing.timeline:
        yield _listed(_event(briefing, event) for event in briefing.timeline)


def _voices(briefing: Briefing) -> Iterator[str]:
    for voice in briefing.voices:
        yield f"### {escaped(', '.join(part for part in speaker(voice) if part))}"
        yield _listed(_statement(briefing, statement) for statement in voice.statements)


def _differences(briefing: Briefing) -> Iterator[str]:
    for difference in briefing.differences:
        yield f"### {escaped(difference_title(difference))}"
        yield "\n\n".join(_side(briefing, side) for side in difference.sides)


def _open(briefing: Briefing) -> Iterator[str]:
    lines = [_statement(briefing, statement) for statement in briefing.open]
    lines += [f"{NOT_COVERED}{escaped(what)}" for what in briefing.missing]
    if lines:
        yield _listed(lines)


def _coverage(briefing: Briefing) -> Iterator[str]:
    yield from (escaped(sentence) for sentence in coverage_sentences(briefing.coverage))
    if briefing.coverage.articles:
        yield _listed(_article(article) for article in briefing.coverage.articles)


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _statement(briefing: Briefing, statement: Statement, *, attributed: bool = True) -> str:
    text, whose = quoted_text(briefing, statement)
    parts = [escaped(text)]
    if whose and attributed:
        parts.append(f"— {escaped(whose)}")
    if citations := cited(briefing, statement):
        parts.append(_marks(citations))
    if warning := support(statement):
        parts.append(f"*({escaped(warning)})*")
    return " ".join(part for part in parts if part)


def _marks(citations: Iterable[Citation]) -> str:
    r"""`[\[1\]](#source-1)`. Brackets are escaped since note-taking programs make `[[1]]` a link of their own."""
    return "".join(f"[\\[{citation.number}\\]](#source-{citation.number})" for citation in citations)


def _event(briefing: Briefing, event: Event) -> str:
    date, expression = event_date(event)
    line = f"**{escaped(date)}:** {_statement(briefing, event.statement)}"
    return f"{line} *(dated from {escaped(expression)})*" if expression else line


def _side(briefing: Briefing, side: Side) -> str:
    """A list item of two paragraphs: the value and who gives it, and what they say."""
    value, facts = side_title(briefing, side)
    heads = [f"**{escaped(value)}**" if value else "", escaped(" · ".join(facts))]
    statement = _statement(briefing, side.statement, attributed=False)
    return f"- {' — '.join(head for head in heads if head)}\n\n  {statement}"


def _article(article: Covered) -> str:
    facts = [*wording.origin(article.metadata), wording.byline(article.metadata), cited_in(article)]
    return " · ".join([f"**{escaped(wording.title(article.metadata))}**", *(escaped(fact) for fact in facts if fact)])


def _source(citation: Citation) -> str:
    """A heading that marks lead to; under it what it is, where it is, what it says."""
    passage = citation.passage
    where = " · ".join(where_line(passage, citation_link(citation)))
    quoted = "\n".join(f"> {quoted_line(group)}" for group in lines(excerpt(passage.paragraph, citation.quotes)))
    return f"### Source {citation.number}\n\n{cited_head(citation)}\n\n{where}\n\n{quoted}"
