"""Rows of the catalogue as the records they stand for, and the values its queries take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.schema import Metadata, Paragraph, Sentence, Span


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue remembers of an article, enough to tell whether it changed."""

    id: str
    key: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as stored: numbers of its paragraphs, hash of the embedded text, float32 vector."""

    paragraphs: tuple[int, ...]
    hash: bytes
    vector: bytes


PARAGRAPH_COLUMNS = "p.n, p.kind, p.text, p.start, p.sentences, p.raw_spans, p.line, p.page, p.heading"
"""What `paragraph_from` reads, in its order."""
METADATA_COLUMNS = "a.title, a.authors, a.publisher, a.published, a.first_day, a.last_day, a.url, a.language, a.origins"
"""What `metadata_from` reads, in its order."""


def paragraph_from(row: Sequence[Any]) -> Paragraph:
    n, kind, text, start, sentences, raw_spans, line, page, heading = row
    return Paragraph(
        n, kind, text, start, start + len(text), tuple(Sentence(*s) for s in json.loads(sentences)),
        tuple(Span(*s) for s in json.loads(raw_spans)), line, page, heading,
    )  # fmt: skip


def metadata_from(row: Sequence[Any]) -> Metadata:
    title, authors, publisher, published, _first, _last, url, language, origins = row
    return Metadata(title, tuple(json.loads(authors)), publisher, published, url, language, json.loads(origins))


IN_KEYS = "IN (SELECT value FROM json_each(?))"
"""For `key_list`: one variable however many keys there are."""


def key_list(keys: Iterable[int]) -> str:
    """Keys as the value of the variable in `IN_KEYS`."""
    return as_json(sorted(keys))


def days(published: str | None) -> tuple[int | None, int | None]:
    """First and last day, as YYYYMMDD, that an ISO date of any precision can mean."""
    if not published:
        return None, None
    year, month, day = [*published.split("-"), "", ""][:3]
    return int(f"{year}{month or '01'}{day or '01'}"), int(f"{year}{month or '12'}{day or '31'}")


def as_json(value: object) -> str:
    """On one line, in the characters of the text itself."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
