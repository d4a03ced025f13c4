"""Does every paragraph stand where it says in its article, once, with sentences of its own?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from rag.catalogue import Catalogue
from rag.health import Fault

SEPARATOR = "\n\n"


def paragraph_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Paragraphs noted at the wrong place (key: that of the paragraph), or with the wrong parts (key: the article's).

    An article's text is its paragraphs, joined by blank lines: invariant 1 is that each is found at its offsets.
    """
    for article, name, next_n in catalogue.connection.execute("SELECT pk, id, next_n FROM articles"):
        seen: set[int] = set()
        start = 0
        for row in _rows(catalogue, article):
            key, n, text, noted = row[:4]
            if n in seen or not 1 <= n < next_n or not _parts_fit(row, start):
                yield Fault("spans", f"{name}#{n}", article)
            elif noted != start:
                yield Fault("starts", f"{name}#{n}", key)
            seen.add(n)
            start += len(text) + len(SEPARATOR)


def right_starts(catalogue: Catalogue, article: int) -> Iterator[tuple[int, int]]:
    """Key of each paragraph of an article, and where it starts in the article's text."""
    start = 0
    for key, _, text, *_ in _rows(catalogue, article):
        yield key, start
        start += len(text) + len(SEPARATOR)


def twin_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Articles with the very text of another one. Ingest stores a text once; 32 bytes an article are held."""
    seen: dict[bytes, str] = {}
    for article, name in catalogue.connection.execute("SELECT pk, id FROM articles ORDER BY pk"):
        digest = hashlib.sha256()
        for row in _rows(catalogue, article):
            digest.update(row[2].encode("utf-8", "surrogatepass") + b"\0")
        first = seen.setdefault(digest.digest(), name)
        if first != name:
            yield Fault("twins", f"{name} as {first}")


def _rows(catalogue: Catalogue, article: int) -> list[Any]:
    return catalogue.connection.execute(
        "SELECT pk, n, text, start, sentences, raw_spans FROM paragraphs WHERE article = ? ORDER BY position",
        (article,),
    ).fetchall()


def _parts_fit(row: Sequence[Any], start: int) -> bool:
    """Whether its sentences lie inside it, one after the other, and its places in the file are places."""
    _, _, text, _, sentences, raw_spans = row
    try:
        spans = [(int(s[0]), int(s[1])) for s in json.loads(sentences)]
        places = [(int(first), int(last)) for first, last in json.loads(raw_spans)]
    except (ValueError, TypeError, LookupError):
        return False
    edges = [start, *(edge for span in spans for edge in span), start + len(text)]
    in_order = all(a <= b for a, b in pairwise(edges))
    return bool(spans) and in_order and all(a < b for a, b in spans) and all(0 <= a < b for a, b in places)
