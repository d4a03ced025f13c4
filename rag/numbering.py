"""Names that last: article ids, and paragraph numbers that survive edits elsewhere in the article."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from rag.schema import Article, Paragraph

_ID_WORDS = 6
_ID_LENGTH = 60


def article_id(article: Article, taken: Collection[str]) -> str:
    """A readable id: the file's name if it has words in it, else the title; made unique by a hash of where it came from."""
    path = urlsplit(article.path).path if "://" in article.path else article.path
    stem = _slug(PurePath(unquote(path)).stem)
    named = article.key == article.path and re.search(r"[a-z]{3,}-[a-z]{2,}|^[a-z]{4,}$", stem)
    slug = stem if named else _slug(article.metadata.title, _ID_WORDS) or stem or "article"
    if slug not in taken:
        return slug
    return f"{slug}-{hashlib.sha256(article.key.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def _slug(text: str, words: int = 12) -> str:
    ascii_text = unicodedata.normalize("NFKD", text.replace("’", "").replace("'", "")).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", ascii_text.lower())[:words])
    return slug[:_ID_LENGTH].strip("-")


def renumber(article: Article, old: Sequence[Paragraph], next_n: int) -> tuple[Article, int]:
    """Give paragraphs whose text stayed the same the number they had; returns the next number never used yet.

    Between two that stayed, as many new paragraphs as old ones are taken for edited and keep the numbers too. Others
    get numbers that were never used, so that an old citation never points at another text by accident of counting.
    """
    kept = _kept(article.paragraphs, old)
    numbers: list[int | None] = list(kept)
    position = {paragraph.n: i for i, paragraph in enumerate(old)}
    for first, last in _gaps(kept):
        before = position[kept[first - 1] or 0] if first else -1
        after = position[kept[last] or 0] if last < len(kept) else len(old)
        free = [p.n for p in old[before + 1 : after] if p.n not in kept]
        if len(free) == last - first:
            numbers[first:last] = free
    result = []
    for paragraph, n in zip(article.paragraphs, numbers, strict=True):
        if n is None:
            n, next_n = next_n, next_n + 1
        result.append(replace(paragraph, n=n))
    return replace(article, paragraphs=tuple(result)), next_n


def _kept(new: Sequence[Paragraph], old: Sequence[Paragraph]) -> list[int | None]:
    waiting: dict[str, deque[int]] = {}
    for paragraph in old:
        waiting.setdefault(paragraph.text, deque()).append(paragraph.n)
    return [waiting[p.text].popleft() if waiting.get(p.text) else None for p in new]


def _gaps(kept: Sequence[int | None]) -> list[tuple[int, int]]:
    """Half-open ranges of neighbours without a number."""
    gaps, start = [], None
    for i, n in enumerate([*kept, 0]):
        if n is None and start is None:
            start = i
        elif n is not None and start is not None:
            gaps.append((start, i))
            start = None
    return gaps
