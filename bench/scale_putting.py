"""Puts the articles of `scale.py` into a store without reading them as an ingest does: for sizes that would take hours.

The store is as an ingest would leave it, the digests of the files included, so that the next ingest finds them
unchanged. Only the signatures by which copies are found are drawn at random, and numbers of lines are not told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scale_articles import HashedWords

from rag.catalogue import Catalogue
from rag.parts import CATALOGUE, CHROMA
from rag.places import file_digest
from rag.schema import Article, Metadata, Paragraph, Sentence, Span
from rag.storing import Writer, check_model, hand_on
from rag.vectors import ChromaVectors


def put(folder: Path, progress: Any) -> int:
    """Paragraphs that are in the store then."""
    draw = np.random.default_rng(1)
    catalogue = Catalogue.create(folder / "store" / CATALOGUE)
    check_model(catalogue, HashedWords(), claim=True)
    catalogue.put_overrides(str(folder / "articles"), {})
    writer, count = Writer(catalogue, HashedWords(), progress), 0
    for path in sorted((folder / "articles").rglob("*.txt")):
        article = read(path)
        digest = file_digest(str(path), {}) or ""
        writer.then(lambda path=path, digest=digest: catalogue.put_file(str(path), digest))  # type: ignore[misc]
        writer.add(article, len(article.paragraphs) + 1, draw.integers(0, 2**32, 128, dtype=np.uint32).tobytes())
        count += len(article.paragraphs)
    writer.flush()
    hand_on(catalogue, lambda anew: ChromaVectors(folder / "store" / CHROMA, anew=anew))
    catalogue.close()
    return count


def read(path: Path) -> Article:
    """A file as `make_articles` writes it."""
    raw = path.read_text(encoding="utf-8")
    head, *texts = raw.strip().split("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    paragraphs, start, before = [], 0, len(head) + 2
    for n, text in enumerate(texts, 1):
        end = start + len(text)
        span = Span(before + start, before + end)
        paragraphs.append(Paragraph(n, "body", text, start, end, _sentences(text, start, before), (span,)))
        start = end + 2
    origins = dict.fromkeys(("title", "publisher", "published"), "front matter") | {"language": "text"}
    metadata = Metadata(facts["title"], (), facts["publisher"], facts["date"], None, "en", origins)
    return Article(path.stem, str(path), str(path), metadata, "\n\n".join(texts), tuple(paragraphs), "put")


def _sentences(text: str, start: int, before: int) -> tuple[Sentence, ...]:
    found, at = [], 0
    while at < len(text):
        end = text.find(". ", at) + 1 or len(text)
        found.append(Sentence(start + at, start + end, before + start + at, before + start + end))
        at = end + 1
    return tuple(found)
