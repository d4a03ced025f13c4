"""Names that last: article ids, and paragraph numbers that survive edits elsewhere in the article."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from rag.schema import Article, Paragraph

_ID_WORDS = 6
_ID_LENGTH = 60
_GENERIC = frozenset({"article", "content", "default", "document", "download", "file", "index", "news", "page", "post"})
_GENERIC |= {"print", "read", "story", "text", "untitled", "view"}
"""File names that say nothing about what is in them."""
_SPELLED_OUT = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "’": "", "'": "", "ʼ": ""})
"""Letters that Unicode does not take apart, and apostrophes, which part no words."""


def article_id(article: Article, taken: Collection[str]) -> str:
    """A readable id: the file's name if it has words in it, else the title; made unique by a hash of its origin."""
    stem = _slug(_stem(article.path))
    speaks = re.search(r"[a-z]{3,}-[a-z]{2,}|^[a-z]{4,}$", stem) and stem not in _GENERIC
    named = article.key == article.path and speaks
    slug = stem if named else _slug(article.metadata.title, _ID_WORDS) or stem or "article"
    return slug if slug not in taken else next(i for i in _told_apart(slug, article.key) if i not in taken)


def _told_apart(slug: str, key: str) -> Iterator[str]:
    for n in count():
        unique = f"{key}\n{n}" if n else key
        yield f"{slug}-{hashlib.sha256(unique.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _stem(path: str) -> str:
    """The last part of a path or of the path of an address, without its extension."""
    if "://" in path:
        try:
            path = urlsplit(path).path
        except ValueError:
            return ""
    return PurePath(unquote(path)).stem


def _slug(text: str, words: int = 12) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED_OUT))
    slug = "-".join(re.findall(r"[a-z0-9]+", decomposed.encode("ascii", "ignore").decode())[:words])
    return slug[:_ID_LENGTH].strip("-")


def renumber(article: Article, old: Sequence[Paragraph], next_n: int) -> tuple[Article, int]:
    """Give paragraphs whose text stayed the same the number they had; returns the next number never used yet.

    Between two that stayed, as many new paragraphs as old ones are taken for edited and keep the numbers too. Others
    get numbers that were never used, so that an old citation never points at another text by accident of counting.
    """
    came_from = _matched([p.text for p in article.paragraphs], [p.text for p in old])
    numbers = [None if i is None else old[i].n for i in came_from]
    for first, last, before, after in _gaps(came_from, len(old)):
        numbers[first:last] = [p.n for p in old[before:after]]
    fresh = count(max([next_n, *(p.n + 1 for p in old)]))
    paragraphs = tuple(
        replace(paragraph, n=next(fresh) if n is None else n)
        for paragraph, n in zip(article.paragraphs, numbers, strict=True)
    )
    return replace(article, paragraphs=paragraphs), next(fresh)


def _matched(new: Sequence[str], old: Sequence[str]) -> list[int | None]:
    """For each new text the place of the same text in `old`, each place once; the beginning and the end first.

    What repeats in between is matched in order.
    """
    head = _common(new, old)
    tail = _common(new[head:][::-1], old[head:][::-1])
    waiting: dict[str, deque[int]] = {}
    for i in range(head, len(old) - tail):
        waiting.setdefault(old[i], deque()).append(i)
    middle = (new[i] for i in range(head, len(new) - tail))
    return [
        *range(head),
        *(waiting[text].popleft() if waiting.get(text) else None for text in middle),
        *range(len(old) - tail, len(old)),
    ]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many texts two sequences begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _gaps(came_from: Sequence[int | None], length: int) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of new paragraphs without a match, and as long a range of old ones between the same neighbours.

    Only where none of these stayed: such ranges never overlap.
    """
    stayed = {i for i in came_from if i is not None}
    start = 0
    for end, place in enumerate([*came_from, length]):
        if place is None:
            continue
        before = (came_from[start - 1] or 0) + 1 if start else 0
        if end - start == place - before > 0 and stayed.isdisjoint(range(before, place)):
            yield start, end, before, place
        start = end + 1
