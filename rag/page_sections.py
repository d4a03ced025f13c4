"""The sections of a briefing's page, each as its heading promises, with its drawing where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag import wording
from rag.briefing_layout import (
    NOT_COVERED,
    cited_in,
    difference_title,
    event_date,
    side_title,
    speaker,
)
from rag.briefing_schema import HEADINGS, Briefing, Coverage, Covered, Difference, Event, SectionName, Side, Voice
from rag.briefing_wording import EMPTY, coverage_sentences
from rag.charts import months_svg, publishers_svg, undrawn
from rag.links import web_address, web_link
from rag.page_statements import Sources, statement_html
from rag.pages import text
from rag.svg import NARROW, WIDE
from rag.timeline_chart import timeline_svg

AT_ONCE = 12
"""Articles on the topic up to which the list of them is open: beyond, it pushes the sources out of sight."""

_ISO = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)


def section_html(briefing: Briefing, name: SectionName, sources: Sources) -> str:
    """The section with its heading; where it has no lines, what that means."""
    makers = {
        "points": _points,
        "timeline": _timeline,
        "voices": _voices,
        "differences": _differences,
        "open": _open,
        "coverage": _coverage,
    }
    lines = [*makers[name](briefing, sources)] or [f'<p class="about">{EMPTY[name]}</p>']
    heading = f'<h2 id="{name}">{HEADINGS[name]}</h2>'
    return "\n".join([f'<section aria-labelledby="{name}">', heading, *lines, "</section>"])


def _points(briefing: Briefing, sources: Sources) -> Iterator[str]:
    for facet in briefing.points:
        if facet.heading:
            yield f'<h3 dir="auto">{text(facet.heading)}</h3>'
        yield "<ul>"
        yield from (statement_html(each, HEADINGS["points"], sources, "li") for each in facet.statements)
        yield "</ul>"


def _timeline(briefing: Briefing, sources: Sources) -> Iterator[str]:
    if not briefing.timeline:
        return
    if drawn := timeline_svg(briefing.timeline, NARROW, "timeline-narrow"):
        yield f'<div class="drawn">\n{drawn}\n{timeline_svg(briefing.timeline, WIDE, "timeline-wide")}\n</div>'
    yield '<p class="hint">Dates are worked out from the words shown with them and the day the article appeared.</p>'
    yield '<ol class="timeline">'
    for number, event in enumerate(briefing.timeline, start=1):
        yield _event(event, number, sources)
    yield "</ol>"


def _event(event: Event, number: int, sources: Sources) -> str:
    date, expression = (text(part) for part in event_date(event))
    if _ISO.fullmatch(event.date):
        date = f'<time datetime="{event.date}">{date}</time>'
    said = f' <span class="expression" dir="auto">{expression}</span>' if expression else ""
    statement = statement_html(event.statement, HEADINGS["timeline"], sources)
    return f'<li id="event-{number}">\n<p class="when">{date}{said}</p>\n{statement}\n</li>'


def _voices(briefing: Briefing, sources: Sources) -> Iterator[str]:
    for voice in briefing.voices:
        yield from _voice(voice, sources)


def _voice(voice: Voice, sources: Sources) -> Iterator[str]:
    name, role = (text(part) for part in speaker(voice))
    known = f' <span class="role">{role}</span>' if role else ""
    yield f'<h3 dir="auto">{name}{known}</h3>\n<ul>'
    yield from (statement_html(each, HEADINGS["voices"], sources, "li") for each in voice.statements)
    yield "</ul>"


def _differences(briefing: Briefing, sources: Sources) -> Iterator[str]:
    for difference in briefing.differences:
        yield from _difference(difference, sources)


def _difference(difference: Difference, sources: Sources) -> Iterator[str]:
    yield f'<h3 dir="auto">{text(difference_title(difference))}</h3>\n<div class="sides">'
    yield from (_side(side, sources) for side in difference.sides)
    yield "</div>"


def _side(side: Side, sources: Sources) -> str:
    value, facts = side_title(sources.briefing, side)
    whose = " ".join(f'<span class="{"newer" if fact == "newer" else "whose"}">{text(fact)}</span>' for fact in facts)
    return "\n".join(
        [
            '<div class="side">',
            f'<p class="value" dir="auto">{text(value)}</p>',
            f'<p class="facts" dir="auto">{whose}</p>',
            statement_html(side.statement, HEADINGS["differences"], sources, attributed=False),
            "</div>",
        ]
    )


def _open(briefing: Briefing, sources: Sources) -> Iterator[str]:
    if briefing.open:
        yield "<ul>"
        yield from (statement_html(each, HEADINGS["open"], sources, "li") for each in briefing.open)
        yield "</ul>"
    yield from (f'<p class="missing" dir="auto">{NOT_COVERED}{text(topic)}</p>' for topic in briefing.missing)


def _coverage(briefing: Briefing, _: Sources) -> Iterator[str]:
    coverage = briefing.coverage
    yield from (f'<p class="coverage">{text(sentence)}</p>' for sentence in coverage_sentences(coverage))
    yield from _charts(coverage)
    if coverage.articles:
        shown = " open" if len(coverage.articles) <= AT_ONCE else ""
        summary = f"Articles on the topic ({len(coverage.articles):,})"
        yield f'<details class="articles"{shown}>\n<summary>{summary}</summary>\n<ul>'
        yield from (_covered(article) for article in coverage.articles)
        yield "</ul>\n</details>"


def _charts(coverage: Coverage) -> Iterator[str]:
    publishers = publishers_svg(coverage.publishers, "publishers")
    months = months_svg(coverage.months, "months")
    if not publishers and not months:
        return
    yield '<div class="charts">'
    if publishers:
        yield f"<div>\n<h3>By publisher</h3>\n{publishers}\n</div>"
    if months:
        missing = undrawn(coverage.months)
        note = f"Not drawn: {wording.counted(missing, 'article')} dated by year only." if missing else ""
        hint = f'\n<p class="where">{note}</p>' if note else ""
        yield f"<div>\n<h3>By date of publication</h3>\n{months}{hint}\n</div>"
    yield "</div>"


def _covered(article: Covered) -> str:
    name = text(wording.title(article.metadata))
    address = web_link(web_address(article.metadata.url, article.path))
    shown = f'<a href="{text(address)}" rel="noopener noreferrer">{name}</a>' if address else name
    facts = " · ".join(f"<span>{text(fact)}</span>" for fact in [*wording.origin(article.metadata), cited_in(article)])
    return f'<li dir="auto">{shown}<p class="facts">{facts}</p></li>'
