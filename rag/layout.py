"""What is shown, line by line, as text with roles: the terminal gives roles a style, plain text gives them signs.

Every text that enters a line here has passed `safe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag import wording
from rag.excerpts import excerpt, lines
from rag.links import citation_link, file_link, passage_link, quote_link, web_address
from rag.quoting import (
    LEFT_OUT,
    attribution,
    cited,
    in_quotation_marks,
    marks,
    provenance,
    quoted_from,
    support,
    why_left_out,
)
from rag.sanitising import safe
from rag.schema import (
    ABSTENTION,
    Answer,
    ArticleSummary,
    Citation,
    IngestReport,
    Metadata,
    Paragraph,
    Passage,
    SearchResult,
    Sentence,
    Statement,
    View,
    paragraph_id,
)

Role = Literal["text", "quote", "title", "heading", "mark", "dim", "warning", "struck"]
Bar = Literal["", "context", "quote"]

CLOSEST = 3
"""How many passages an abstention shows."""

GLANCE = 240
"""Characters of a passage that an abstention shows: enough to judge, as none of it answers the question."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text of one role; `link` is an address that has been judged fit to be followed."""

    text: str
    role: Role = "text"
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line before wrapping. What it wraps to keeps the indent, the width of the label and the bar."""

    segments: tuple[Segment, ...] = ()
    indent: int = 0
    label: Segment = Segment("")
    bar: Bar = ""
    whole: bool = False
    """Whether to break the line between segments rather than inside one."""
    hang: int = 0
    """Columns by which what it wraps to is set in further."""

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


BLANK = Line()


def answer_lines(answer: Answer) -> Iterator[Line]:
    """Statements with marks, then the sources; or the abstention and what came closest; last what was left out."""
    if not answer.answered:
        yield Line((Segment(ABSTENTION, "title"),))
        yield from closest_lines(answer.nearest[:CLOSEST])
        yield from note_lines(answer.notes)
        yield from left_out_lines(answer.left_out)
        return
    yield from said_lines(answer)
    yield from (BLANK, Line((Segment("Sources", "heading"),)))
    for citation in answer.citations:
        yield BLANK
        yield from source_detail(citation)
    yield from left_out_lines(answer.left_out)


def said_lines(answer: Answer) -> Iterator[Line]:
    """The statements of an answer, how sure it is and the notes; without its sources."""
    for index, statement in enumerate(answer.statements):
        yield from [BLANK] if index else []
        yield from statement_lines(answer, statement)
    yield BLANK
    yield dim_line(f"Confidence: {wording.confidence(answer.confidence)} · {provenance(answer)}")
    yield from note_lines(answer.notes, gap=False)


def search_lines(result: SearchResult, explain: bool) -> Iterator[Line]:
    """The passages, best first; with `explain`, how each was found."""
    if not result.passages:
        yield Line((Segment("Nothing found.", "title"),))
    width = len(str(len(result.passages)))
    for number, passage in enumerate(result.passages, start=1):
        yield from [BLANK] if number > 1 else []
        label = Segment(f"{number:>{width}}. ", "mark")
        yield from _passage_head(passage, label)
        if explain:
            yield facts_line(_ranks(passage), len(label.text))
        yield from where_lines(passage.metadata, passage.path, len(label.text), link=passage_link(passage))
        yield from _excerpt(passage.paragraph, (), len(label.text))
    yield from note_lines(result.notes)


def view_lines(view: View) -> Iterator[Line]:
    """The paragraph among its neighbours, or the whole article, numbers in the margin."""
    article, paragraph = view.article, view.paragraph
    metadata = article.metadata
    yield Line((Segment(wording.title(metadata), "title"),))
    yield facts_line([*wording.origin(metadata), wording.byline(metadata)])
    if paragraph is None:
        yield facts_line([safe(article.id), wording.counted(len(article.paragraphs), "paragraph")])
        yield from where_lines(metadata, article.path)
    else:
        heading = f"under “{safe(paragraph.heading)}”" if paragraph.heading else ""
        yield facts_line([*wording.place(paragraph), safe(paragraph_id(article.id, paragraph.n)), heading])
        link = quote_link(web_address(metadata.url, article.path), [paragraph.text])
        yield from where_lines(metadata, article.path, line=paragraph.line, link=link)
    yield BLANK
    width = max((len(str(shown.n)) for shown in view.neighbours), default=1)
    for shown in view.neighbours:
        yield numbered_line(shown, width, paragraph)


def articles_lines(articles: Sequence[ArticleSummary]) -> Iterator[Line]:
    """Two lines an article, and a count at the end."""
    for article in articles:
        name = Segment(safe(article.id), "mark")
        yield Line((name, Segment("  "), Segment(wording.title(article.metadata), "title")), hang=4)
        size = wording.counted(article.paragraphs, "paragraph")
        yield facts_line([*wording.origin(article.metadata), size], 4)
        yield from where_lines(article.metadata, article.path, 4)
        yield from (dim_line(f"same text in {wording.people_path(path)}", 4) for path in article.duplicates)
        yield BLANK
    total = sum(article.paragraphs for article in articles)
    count = f"{wording.counted(len(articles), 'article')}, {wording.counted(total, 'paragraph')}"
    yield dim_line(count if articles else "No articles yet.")


def report_lines(report: IngestReport) -> Iterator[Line]:
    """What an ingest did; failures last, where they are seen."""
    yield facts_line(wording.summary(report), role="text")
    yield from note_lines(report.notes)
    if report.duplicates:
        yield from (BLANK, Line((Segment("Same text as an article already stored", "heading"),)))
    for duplicate in report.duplicates:
        same = (Segment(wording.people_path(duplicate.path)), Segment(f" = {safe(duplicate.of)}", "dim"))
        yield Line(same, 2, hang=2)
    if report.failed:
        count = wording.counted(len(report.failed), "source")
        yield from (BLANK, Line((Segment(f"{count} could not be ingested", "warning"),)))
    for failure in report.failed:
        why = (Segment(wording.people_path(failure.path)), Segment(f": {safe(failure.error)}", "warning"))
        yield Line(why, 2, hang=2)


def statement_lines(answer: Answer, statement: Statement) -> Iterator[Line]:
    text, citations = safe(statement.text), cited(answer, statement)
    segments = [Segment(text)]
    if sources := quoted_from(answer, statement):
        segments = [Segment(in_quotation_marks(text)), Segment(f" — {attribution(sources)}", "dim")]
    if citations:
        segments += [Segment(" "), Segment(marks(citations), "mark")]
    yield Line(tuple(segments))
    if warning := support(statement):
        yield Line((Segment(warning, "warning"),), 4)


def source_detail(citation: Citation) -> Iterator[Line]:
    passage = citation.passage
    label = Segment(f"[{citation.number}] ", "mark")
    indent = len(label.text)
    yield Line((Segment(wording.title(passage.metadata), "title"),), label=label)
    place = wording.place(passage.paragraph, wording.cited_line(citation))
    yield facts_line([*wording.origin(passage.metadata), *place, safe(passage.paragraph_id)], indent)
    if since := wording.since(citation):
        yield Line((Segment(since, "warning"),), indent)
    yield from where_lines(passage.metadata, passage.path, indent, link=citation_link(citation))
    yield from _excerpt(passage.paragraph, citation.quotes, indent)


def closest_lines(passages: Sequence[Passage]) -> Iterator[Line]:
    if passages:
        yield from (BLANK, Line((Segment("Closest passages", "heading"),)))
    for passage in passages:
        yield BLANK
        yield from _passage_head(passage, Segment("  "), f"score {passage.score:.2f}")
        yield from _excerpt(passage.paragraph, (), 2, GLANCE)


def _passage_head(passage: Passage, label: Segment, *more: str) -> Iterator[Line]:
    yield Line((Segment(wording.title(passage.metadata), "title"),), label=label)
    facts = [*wording.origin(passage.metadata), *wording.place(passage.paragraph), safe(passage.paragraph_id), *more]
    yield facts_line(facts, len(label.text))


def numbered_line(shown: Paragraph, width: int, viewed: Paragraph | None) -> Line:
    """A paragraph with its number; bold if it is the one viewed, dim beside it, plain where all are."""
    is_it = viewed is not None and shown.n == viewed.n
    role: Role = "quote" if is_it else "text" if viewed is None else "dim"
    tag = [] if shown.kind == "body" else [Segment(f"[{shown.kind}] ", "mark")]
    label = Segment(f"{shown.n:>{width}} ", "mark" if is_it else "dim")
    bar: Bar = "quote" if is_it else "context"
    return Line((*tag, Segment(safe(shown.text).strip(), role)), label=label, bar=bar)


def _ranks(passage: Passage) -> list[str]:
    dense = _rank("dense", passage.dense_rank, passage.dense_score)
    lexical = _rank("lexical", passage.lexical_rank, passage.lexical_score)
    return [f"score {passage.score:.3f}", dense, lexical]


def _rank(name: str, rank: int | None, score: float) -> str:
    return f"{name} rank none" if rank is None else f"{name} rank {rank} ({score:.3f})"


def where_lines(
    metadata: Metadata, path: str, indent: int = 0, *, line: int | None = None, link: str | None = None
) -> Iterator[Line]:
    """The file, and the address on the web, each as something to follow; `link` leads to the very words."""
    if wording.is_file(path):
        spot = f":{line}" if line is not None else ""
        yield Line((Segment(wording.people_path(path) + spot, "dim", file_link(path)),), indent)
    if address := web_address(metadata.url, path):
        yield Line((Segment(safe(address), "dim", link or quote_link(address, ())),), indent)


def _excerpt(paragraph: Paragraph, quotes: Sequence[Sentence], indent: int, limit: int | None = None) -> Iterator[Line]:
    pieces = excerpt(paragraph, quotes) if limit is None else excerpt(paragraph, quotes, limit)
    for group in lines(pieces):
        segments: list[Segment] = []
        for piece in group:
            text = safe(piece.text).strip()
            segments += [Segment(" ")] if segments and text else []
            role: Role = "quote" if piece.role == "quote" else "dim" if piece.role == "omission" else "text"
            segments += [Segment(text, role)] if text else []
        yield Line(tuple(segments), indent, bar="quote" if group[0].role == "quote" else "context")


def left_out_lines(statements: Sequence[Statement], heading: str = LEFT_OUT) -> Iterator[Line]:
    """What a model wrote that nothing bears out, never to be taken for a part of the answer or briefing."""
    if statements:
        yield from (BLANK, Line((Segment(heading, "heading"),)))
    for statement in statements:
        yield BLANK
        text = (Segment("Left out: ", "warning"), Segment(safe(statement.text), "struck"))
        yield Line(text, hang=4)
        yield Line((Segment(why_left_out(statement), "dim"),), 4)


def note_lines(notes: Sequence[str], gap: bool = True) -> Iterator[Line]:
    if notes and gap:
        yield BLANK
    yield from (dim_line(f"Note: {safe(note)}") for note in notes)


def dim_line(text: str, indent: int = 0) -> Line:
    return Line((Segment(text, "dim"),), indent)


def facts_line(facts: Sequence[str], indent: int = 0, role: Role = "dim") -> Line:
    """`a · b · c`, with none of the three torn apart where the line is too long."""
    *others, last = [fact for fact in facts if fact] or [""]
    return Line(tuple(Segment(text, role) for text in (*(f"{fact} · " for fact in others), last)), indent, whole=True)
