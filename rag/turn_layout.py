"""A turn of a conversation line by line, as `layout` has it for answers: what was said, its sources in a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from rag import wording
from rag.briefing_layout import briefing_lines, told_lines
from rag.chat_schema import SessionSummary, Turn
from rag.excerpts import excerpt, lines
from rag.layout import (
    BLANK,
    Bar,
    Line,
    Role,
    Segment,
    answer_lines,
    dim_line,
    facts_line,
    left_out_lines,
    numbered_line,
    said_lines,
    source_detail,
    statement_lines,
    where_lines,
)
from rag.links import citation_link, file_link, web_address
from rag.quoting import in_quotation_marks
from rag.sanitising import safe
from rag.schema import Answer, Article, Citation, Paragraph


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A source in its article. `focus` is the line at which the quote begins."""

    title: str
    lines: tuple[Line, ...]
    focus: int


def turn_lines(turn: Turn) -> Iterator[Line]:
    """What was answered, and where it stands; what a model wrote in vain is only counted (in a note)."""
    briefing = turn.briefing
    if briefing and briefing.found:
        yield from told_lines(briefing)
        yield BLANK
        yield from source_lines(briefing.citations)
    elif briefing:
        yield from briefing_lines(replace(briefing, left_out=()))
    elif turn.answer:
        yield from _answer(turn.answer)
    elif turn.damaged:
        yield dim_line(wording.DAMAGED_TURN)


def recalled_lines(turn: Turn) -> Iterator[Line]:
    """The last turn of a conversation that is taken up again: the question, too, as it was typed."""
    yield Line((Segment(f"> {safe(turn.asked)}", "dim"),), hang=2)
    if turn.answer and turn.answer.answered:
        for statement in turn.answer.statements:
            yield from statement_lines(turn.answer, statement)
        yield from source_lines(turn.answer.citations)
    elif turn.briefing:
        yield Line((Segment("a briefing; /sources lists what it cites", "dim"),))
    elif turn.damaged:
        yield dim_line(wording.DAMAGED_TURN)
    else:
        yield Line((Segment("not answered by the articles", "dim"),))


def source_lines(citations: Sequence[Citation]) -> Iterator[Line]:
    """A line each; what is the same for two in a row is said once."""
    before = ""
    for citation in citations:
        yield _source_line(citation, again=citation.passage.article_id == before)
        before = citation.passage.article_id


def _source_line(citation: Citation, *, again: bool) -> Line:
    """`[3] Title · Publisher · date · strike.md:12`, or `[4] the same article · strike.md:19`."""
    passage = citation.passage
    link = citation_link(citation) or file_link(passage.path)
    facts = [wording.title(passage.metadata), *wording.origin(passage.metadata)]
    facts = ["the same article"] if again else facts
    parts = [Segment(f"{fact} · ", "dim" if index or again else "text") for index, fact in enumerate(facts)]
    if since := wording.since(citation):
        parts.append(Segment(f"{since} · ", "warning"))
    label = Segment(f"[{citation.number}] ", "mark")
    return Line((*parts, Segment(spot(citation), "dim", link)), label=label, whole=True)


def spot(citation: Citation) -> str:
    """`strike.md:12`, `report.pdf, page 3`, or the host of a page on the web."""
    path, paragraph = citation.passage.path, citation.passage.paragraph
    if not wording.is_file(path):
        host = urlsplit(web_address(citation.passage.metadata.url, path) or "").hostname or ""
        return f"{safe(host)}, paragraph {paragraph.n}"
    name = safe(path.replace("\\", "/").rpartition("/")[2])
    if paragraph.page is not None:
        return f"{name}, page {paragraph.page}"
    line = wording.cited_line(citation)
    return f"{name}:{line}" if line is not None else f"{name}, paragraph {paragraph.n}"


def sources_lines(citations: Sequence[Citation], left_out: Answer | None) -> Iterator[Line]:
    """Every source with its quote, and what a model wrote for the last answer that nothing bears out."""
    for index, citation in enumerate(citations):
        yield from [BLANK] if index else []
        yield from source_detail(citation)
    if left_out is not None:
        yield from left_out_lines(left_out.left_out)


def sessions_lines(sessions: Sequence[SessionSummary], current: str | None) -> Iterator[Line]:
    """Two lines a conversation, the newest first."""
    for session in sessions:
        here = [Segment("  this one", "dim")] if session.name == current else []
        yield Line((Segment(safe(session.name), "mark"), *here))
        day = safe(session.updated).replace("T", " ")[:16]
        yield facts_line([wording.counted(session.turns, "turn"), f"{day} UTC", safe(session.first)], 4)
    if not sessions:
        yield dim_line("No conversation is kept in this store yet.")


def cited_page(citation: Citation, article: Article | None) -> SourcePage:
    """The source in its article; alone, and said to be, where the article has gone or says it otherwise now."""
    passage = citation.passage
    known = _known(passage.paragraph, article)
    page = list(_head(citation))
    if known is None:
        gone = "is no longer in the store" if article is None else "has been changed since it was cited"
        page.append(Line((Segment(f"The article {gone}: this is the paragraph as it was cited.", "warning"),)))
    page.append(BLANK)
    paragraphs = article.paragraphs if article and known else (passage.paragraph,)
    width, focus = max(len(str(p.n)) for p in paragraphs), len(page)
    for paragraph in paragraphs:
        if known is None or paragraph is known:
            quoted = list(_quoted(citation, paragraph.n, width))
            focus = len(page) + next((i for i, line in enumerate(quoted) if line.bar == "quote"), 0)
            page += quoted
        else:
            page.append(numbered_line(paragraph, width, None))
        page.append(BLANK)
    return SourcePage(f"[{citation.number}] {wording.title(passage.metadata)}", tuple(page), focus)


def article_page(article: Article, n: int | None) -> SourcePage:
    """An article, at one of its paragraphs if a number is given."""
    view = next((p for p in article.paragraphs if p.n == n), None)
    page = [Line((Segment(wording.title(article.metadata), "title"),))]
    page.append(facts_line([*wording.origin(article.metadata), wording.byline(article.metadata), safe(article.id)]))
    page += [*where_lines(article.metadata, article.path), BLANK]
    width, focus = max((len(str(p.n)) for p in article.paragraphs), default=1), 0
    for paragraph in article.paragraphs:
        if paragraph is view:
            focus = len(page)
        page += [numbered_line(paragraph, width, view), BLANK]
    return SourcePage(wording.title(article.metadata), tuple(page), focus)


def _answer(answer: Answer) -> Iterator[Line]:
    if not answer.answered:
        yield from answer_lines(replace(answer, left_out=()))
        return
    yield from said_lines(answer)
    yield from source_lines(answer.citations)


def _head(citation: Citation) -> Iterator[Line]:
    passage = citation.passage
    metadata, paragraph = passage.metadata, passage.paragraph
    yield Line((Segment(wording.title(metadata), "title"),), label=Segment(f"[{citation.number}] ", "mark"))
    yield facts_line([*wording.origin(metadata), wording.byline(metadata)])
    heading = f"under “{safe(paragraph.heading)}”" if paragraph.heading else ""
    place = wording.place(paragraph, wording.cited_line(citation))
    yield facts_line([*place, safe(passage.paragraph_id), heading])
    yield from where_lines(metadata, passage.path, link=citation_link(citation))


def _known(cited: Paragraph, article: Article | None) -> Paragraph | None:
    """The paragraph as the article has it today, where it has the same words: under its number, else elsewhere."""
    same = [p for p in article.paragraphs if p.text.split() == cited.text.split()] if article else []
    return min(same, key=lambda p: p.n != cited.n, default=None)


def _quoted(citation: Citation, n: int, width: int) -> Iterator[Line]:
    """The cited paragraph, whole, with its number before the first line and the quotes marked."""
    paragraph = citation.passage.paragraph
    number = f"{n:>{width}} "
    for index, group in enumerate(lines(excerpt(paragraph, citation.quotes, len(paragraph.text) + 1))):
        text = " ".join(safe(piece.text).strip() for piece in group)
        bar: Bar = "quote" if group[0].role == "quote" else "context"
        role: Role = "quote" if bar == "quote" else "text"
        label = Segment(number if index == 0 else " " * len(number), "mark")
        yield Line((Segment(text, role),), label=label, bar=bar)


def copied_quote(citation: Citation) -> str:
    """A quote with its origin, as it is pasted elsewhere."""
    passage = citation.passage
    return f"{in_quotation_marks(safe(citation.quote))}\n{_origin(citation)}\n({safe(passage.paragraph_id)})\n"


def copied_turn(turn: Turn) -> str:
    """The answer with its sources, as it is pasted elsewhere."""
    from rag.rendering import plain_lines

    return plain_lines(turn_lines(turn)) + "\n"


def _origin(citation: Citation) -> str:
    metadata = citation.passage.metadata
    address = web_address(metadata.url, citation.passage.path)
    facts: Iterable[str] = (wording.title(metadata), *wording.origin(metadata), spot(citation))
    return ", ".join([*facts, *([safe(address)] if address else [])])
