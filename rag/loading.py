"""A file → the articles in it: bytes by `reading`, text by `decoding`, then the room of its format."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Literal
from urllib.parse import urlsplit

from rag.dates import iso_date
from rag.decoding import decode
from rag.errors import LoadError
from rag.fields import make_metadata, merge
from rag.finding import SUFFIXES, find_files
from rag.frontmatter import front_matter
from rag.overrides import NO_OVERRIDES, apply_overrides, digest_of
from rag.reading import DEFAULT_LIMITS, EMPTY, Limits, read_bytes
from rag.schema import Block, Failure, Metadata, Source

__all__ = ["DEFAULT_LIMITS", "SUFFIXES", "Limits", "find_files", "load", "read_source"]

NO_TEXT = "has no text of an article"
_WEAK = frozenset(("pdf info", "document properties", "url", "text"))
"""Origins of dates that the date in a file's name beats: programs write the former, and the latter are guesses."""


def load(
    path: Path, *, limits: Limits = DEFAULT_LIMITS, overrides: Mapping[str, object] = NO_OVERRIDES
) -> tuple[list[Source], list[Failure]]:
    """The articles of one file, and the records in it that could not be read.

    Raises LoadError where the whole file cannot be read; the message does not repeat the path.
    """
    location = os.path.abspath(path)
    try:
        location.encode()
    except UnicodeError:
        raise LoadError("has a name that is not UTF-8; rename it") from None
    suffix = PurePath(location).suffix.lower()
    if suffix not in SUFFIXES and not os.path.isdir(location):
        raise LoadError(f"has an unknown type ({suffix or 'no suffix'}); known are {', '.join(SUFFIXES)}")
    data = read_bytes(Path(location), limits)
    if suffix in (".json", ".jsonl"):
        return _load_records(data, location, lines=suffix == ".jsonl", overrides=overrides)
    return [read_source(data, suffix, location, limits=limits, overrides=overrides)], []


def read_source(
    data: bytes,
    suffix: str,
    location: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    overrides: Mapping[str, object] = NO_OVERRIDES,
    charset: str | None = None,
    url: str | None = None,
) -> Source:
    """The article in `data`, read as a file with this suffix. `charset`, `url`: as the server said, for pages.

    Raises LoadError.
    """
    if not data.strip():
        raise LoadError(EMPTY)
    if suffix in (".txt", ".md"):
        source = _read_text(data, suffix, charset)
    else:
        blocks, metadata = _read_blocks(data, suffix, limits, charset, url)
        if not any(block.kind != "boilerplate" for block in blocks):
            raise LoadError(f"{NO_TEXT}; check it, or save its text as .txt")
        source = Source(location, markup="blocks", blocks=blocks, metadata=metadata)
    metadata = _with_name_date(source.metadata, location)
    return replace(
        source,
        location=location,
        metadata=apply_overrides(metadata, overrides),
        digest=digest_of(data, overrides),
    )


def _read_text(data: bytes, suffix: str, charset: str | None) -> Source:
    if data.startswith(b"%PDF-"):
        raise LoadError("looks like a binary file, not text (it is a PDF); name it .pdf")
    raw = decode(data, charset)
    if not raw.strip():
        raise LoadError(EMPTY)
    metadata, body_start = front_matter(raw)
    if not raw[body_start:].strip():
        raise LoadError("has no text after its front matter; write the article below it")
    markup: Literal["markdown", "text"] = "markdown" if suffix == ".md" else "text"
    return Source("", markup=markup, raw=raw, body_start=body_start, metadata=metadata)


def _read_blocks(
    data: bytes, suffix: str, limits: Limits, charset: str | None, url: str | None
) -> tuple[tuple[Block, ...], Metadata]:
    if suffix in (".html", ".htm"):
        from rag.webpages import page_text, read_page

        return read_page(page_text(data, charset), url=url)
    if suffix == ".pdf":
        from rag.pdf import read_pdf

        return read_pdf(data, limits)
    from rag.documents import read_docx, read_epub

    return read_docx(data, limits) if suffix == ".docx" else read_epub(data, limits)


def _load_records(
    data: bytes, location: str, *, lines: bool, overrides: Mapping[str, object]
) -> tuple[list[Source], list[Failure]]:
    from rag.records import read_records

    text = decode(data) if data.strip() else ""
    if not text.strip():
        raise LoadError(EMPTY)
    records, problems = read_records(text, lines=lines)
    if not records and not problems:
        raise LoadError("holds no records; there is nothing to ingest")
    sources = [
        Source(
            location,
            record=record.id,
            markup="blocks",
            blocks=record.blocks,
            metadata=apply_overrides(_with_name_date(record.metadata, location), overrides),
            digest=digest_of(record.canonical, overrides),
        )
        for record in records
    ]
    return sources, [Failure(location, problem) for problem in problems]


_NAME_DATE = re.compile(r"(?<!\d)(\d{4})([-_./])(\d{2})\2(\d{2})(?!\d)|^(\d{4})(\d{2})(\d{2})(?!\d)", re.ASCII)


def _with_name_date(metadata: Metadata, location: str) -> Metadata:
    """`2024-11-06-vote.txt` was published on that day, unless the article itself says otherwise."""
    if metadata.published and metadata.origins.get("published") not in _WEAK:
        return metadata
    is_url = "://" in location
    found = _NAME_DATE.search(urlsplit(location).path if is_url else PurePath(location).stem)
    if found is None:
        return metadata
    published = iso_date("-".join(part for part in found.groups() if part and part.isdigit()))
    return merge(make_metadata({"published": published}, "url" if is_url else "file name"), metadata)
