"""Records as JSON: the names and their order are a contract with programs that read our output.

The `…_record` functions give dictionaries, for outputs that hold them (a chat turn, a briefing).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

from rag.quoting import answer_text, cited
from rag.sanitising import UNSAFE
from rag.schema import (
    Answer,
    ArticleSummary,
    Citation,
    IngestReport,
    Metadata,
    Paragraph,
    Passage,
    SearchResult,
    Sentence,
    Span,
    Statement,
    View,
    paragraph_id,
)
from rag.wording import cited_line

Record = dict[str, object]


def search_json(result: SearchResult, *, indent: int | None = 2) -> str:
    """What `rag search --json` prints."""
    return to_json(search_record(result), indent=indent)


def answer_json(answer: Answer, *, indent: int | None = 2) -> str:
    """What `rag ask --json` prints."""
    return to_json(answer_record(answer), indent=indent)


def view_json(view: View, *, indent: int | None = 2) -> str:
    """What `rag show --json` prints."""
    return to_json(view_record(view), indent=indent)


def articles_json(articles: Sequence[ArticleSummary], *, indent: int | None = 2) -> str:
    """What `rag articles --json` prints."""
    return to_json([article_record(article) for article in articles], indent=indent)


def ingest_json(report: IngestReport, *, indent: int | None = 2) -> str:
    """What `rag ingest --json` prints."""
    return to_json(ingest_record(report), indent=indent)


def to_json(record: Record | Sequence[Record], *, indent: int | None = 2) -> str:
    """JSON text that reads back as the record and has no character in it that a terminal would act on.

    With `indent=None` it is one line.
    """
    text = json.dumps(record, ensure_ascii=False, indent=indent, allow_nan=False)
    # The line ends of the layout are the only controls that stand outside strings.
    return UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else _escaped(found), text)


def answer_record(answer: Answer) -> Record:
    return {
        "question": answer.question,
        "answered": answer.answered,
        "mode": answer.mode,
        "model": answer.model,
        "text": answer_text(answer),
        "statements": [statement_record(answer, statement) for statement in answer.statements],
        "citations": [citation_record(citation) for citation in answer.citations],
        "confidence": rounded(answer.confidence),
        "nearest": [passage_record(passage) for passage in answer.nearest],
        "seconds": {step: rounded(seconds) for step, seconds in answer.seconds.items()},
        "notes": list(answer.notes),
        "left_out": [statement_record(answer, statement) for statement in answer.left_out],
        "tokens": dict(answer.tokens),
    }


def statement_record(answer: Answer, statement: Statement) -> Record:
    return {
        "text": statement.text,
        "citations": [citation.number for citation in cited(answer, statement)],
        "support": statement.support,
        "reasons": list(statement.reasons),
    }


def citation_record(citation: Citation) -> Record:
    passage = citation.passage
    paragraph = passage.paragraph
    return {
        "number": citation.number,
        "paragraph_id": passage.paragraph_id,
        "article_id": passage.article_id,
        "n": paragraph.n,
        "quote": citation.quote,
        "start": paragraph.start,
        "end": paragraph.end,
        "quote_spans": [[sentence.start, sentence.end] for sentence in citation.quotes],
        **_raw(paragraph),
        "line": cited_line(citation),
        "page": paragraph.page,
        **_metadata(passage.metadata),
        "path": passage.path,
        "quote_raw_spans": _quote_raw_spans(citation.quotes),
        "kind": paragraph.kind,
        **({"since": citation.since} if citation.since else {}),
    }


def search_record(result: SearchResult) -> Record:
    return {
        "question": result.question,
        "passages": [passage_record(passage) for passage in result.passages],
        "notes": list(result.notes),
    }


def passage_record(passage: Passage) -> Record:
    paragraph = passage.paragraph
    return {
        "paragraph_id": passage.paragraph_id,
        "article_id": passage.article_id,
        "n": paragraph.n,
        "text": paragraph.text,
        "score": rounded(passage.score),
        "dense_rank": passage.dense_rank,
        "lexical_rank": passage.lexical_rank,
        **_metadata(passage.metadata),
        "path": passage.path,
        "start": paragraph.start,
        "end": paragraph.end,
    }


def view_record(view: View) -> Record:
    """Without a `paragraph_id` it is a whole article, and `neighbours` are all its paragraphs."""
    article, paragraph = view.article, view.paragraph
    return {
        **(paragraph_record(article.id, paragraph) if paragraph else {"article_id": article.id}),
        **_metadata(article.metadata),
        "language": article.metadata.language,
        "path": article.path,
        "neighbours": [paragraph_record(article.id, paragraph) for paragraph in view.neighbours],
    }


def paragraph_record(article_id: str, paragraph: Paragraph) -> Record:
    return {
        "paragraph_id": paragraph_id(article_id, paragraph.n),
        "article_id": article_id,
        "n": paragraph.n,
        "kind": paragraph.kind,
        "heading": paragraph.heading,
        "text": paragraph.text,
        "start": paragraph.start,
        "end": paragraph.end,
        **_raw(paragraph),
        "raw_spans": _spans(paragraph.raw_spans),
        "line": paragraph.line,
        "page": paragraph.page,
        "sentences": [[sentence.start, sentence.end] for sentence in paragraph.sentences],
    }


ORIGINS = ("title", "authors", "publisher", "published", "url", "language")


def article_record(article: ArticleSummary) -> Record:
    return {
        "article_id": article.id,
        **_metadata(article.metadata),
        "language": article.metadata.language,
        "path": article.path,
        "paragraphs": article.paragraphs,
        "duplicates": list(article.duplicates),
        # where each fact was found: "byline", "front matter", "meta" …
        **{f"{name}_from": article.metadata.origins.get(name) for name in ORIGINS},
    }


def ingest_record(report: IngestReport) -> Record:
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": [{"path": failure.path, "error": failure.error} for failure in report.failed],
        "duplicates": [{"path": duplicate.path, "of": duplicate.of} for duplicate in report.duplicates],
        "articles": report.articles,
        "paragraphs": report.paragraphs,
        "seconds": rounded(report.seconds),
        "notes": list(report.notes),
    }


def rounded(value: float) -> float | None:
    """Four decimals; None for what JSON has no number for."""
    return round(float(value), 4) + 0.0 if math.isfinite(value) else None  # + 0.0: no negative zero


def _metadata(metadata: Metadata) -> Record:
    return {
        "title": metadata.title,
        "authors": list(metadata.authors),
        "publisher": metadata.publisher,
        "published": metadata.published,
        "url": metadata.url,
    }


def _raw(paragraph: Paragraph) -> Record:
    """Where the paragraph begins and ends in the file; other text may stand between its pieces."""
    spans = paragraph.raw_spans
    return {
        "raw_start": min(span.start for span in spans) if spans else None,
        "raw_end": max(span.end for span in spans) if spans else None,
    }


def _quote_raw_spans(quotes: Sequence[Sentence]) -> list[list[int]] | None:
    """A span of the file for every quoted sentence; None unless all are known."""
    spans: list[list[int]] = []
    for sentence in quotes:
        if sentence.raw_start is None or sentence.raw_end is None:
            return None
        spans.append([sentence.raw_start, sentence.raw_end])
    return spans or None


def _spans(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _escaped(found: re.Match[str]) -> str:
    r"""`\u202e`; two such for a character beyond the first 65,536, as JSON has it."""
    return json.dumps(found[0])[1:-1]
