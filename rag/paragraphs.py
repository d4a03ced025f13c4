"""From a source to an article: paragraphs as a reader would call them, their kinds, sentences and spans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rag.blocks import Draft, drafts, join_broken, line_index
from rag.errors import LoadError
from rag.kinds import classify, set_apart
from rag.metadata import from_head, from_text, same_words
from rag.schema import EVIDENCE, Article, Metadata, Paragraph, Sentence, Source, Span
from rag.sentences import split_sentences

VERSION = 1
"""Raised when the same file would be cut into other paragraphs, so that the next ingest reads every file anew."""
SEPARATOR = "\n\n"
_SAMPLE = 2000
"""Characters that the language is told from."""


def read_article(source: Source, article_id: str = "") -> Article:
    """The article a source holds, its paragraphs numbered from 1.

    Raises LoadError when nothing in it could be cited.
    """
    found = drafts(source)
    set_apart(found, source.raw)
    found, metadata = from_head(found, source.raw, source.metadata)
    found = join_broken(found, source.raw)
    metadata = from_text(found, metadata)
    classify(found)
    if not any(draft.kind in EVIDENCE for draft in found):
        raise LoadError("holds no text that could be cited; check the file, or remove it from the folder")
    metadata = _with_language(metadata, found)
    line_of = line_index(source.raw)
    paragraphs: list[Paragraph] = []
    position, heading = 0, ""
    for n, draft in enumerate(found, 1):
        if draft.kind == "heading" and not same_words(draft.text, metadata.title):
            heading = draft.text
        paragraphs.append(_paragraph(draft, n, position, heading, metadata.language, line_of))
        position += len(draft.text) + len(SEPARATOR)
    text = SEPARATOR.join(draft.text for draft in found)
    return Article(article_id, source.key, source.location, metadata, text, tuple(paragraphs), source.digest)


def _paragraph(
    draft: Draft, n: int, start: int, heading: str, language: str | None, line_of: Callable[[int], int]
) -> Paragraph:
    sentences = tuple(_sentence(draft, span, start, line_of) for span in split_sentences(draft.text, language))
    return Paragraph(
        n=n,
        kind=draft.kind or "body",
        text=draft.text,
        start=start,
        end=start + len(draft.text),
        sentences=sentences,
        raw_spans=tuple(draft.spans),
        line=line_of(draft.traced.starts[0]) if draft.traced.starts else draft.line,
        page=draft.page,
        heading="" if draft.kind == "heading" else heading,
    )


def _sentence(draft: Draft, span: Span, start: int, line_of: Callable[[int], int]) -> Sentence:
    traced = draft.traced
    if not traced.starts:
        return Sentence(start + span.start, start + span.end, line=draft.line)
    raw_start = traced.starts[span.start]
    return Sentence(start + span.start, start + span.end, raw_start, traced.ends[span.end - 1], line_of(raw_start))


def _with_language(metadata: Metadata, found: list[Draft]) -> Metadata:
    if metadata.language:
        return metadata
    sample = " ".join(draft.text for draft in found if draft.kind in EVIDENCE)[:_SAMPLE]
    if len(sample) < 20:
        return metadata
    import py3langid

    language = str(py3langid.classify(sample)[0])
    return replace(metadata, language=language, origins=dict(metadata.origins) | {"language": "text"})
