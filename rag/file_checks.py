"""Do the files still say what was read from them?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag.blocks import line_index
from rag.catalogue import Catalogue
from rag.decoding import decode
from rag.errors import ConfigError, LoadError
from rag.facts import Facts
from rag.health import Fault
from rag.loading import load
from rag.paragraphs import read_article
from rag.places import file_digest, is_there
from rag.reading import Limits, read_bytes

_NOT_LETTERS = re.compile(r"[\W_]+")
_TRACED = (".txt", ".md")
"""Files whose paragraphs carry the places they were read from."""


def source_faults(catalogue: Catalogue, limits: Limits) -> Iterator[Fault]:
    """Files that are gone, cannot be read, or changed (hints), and paragraphs that unchanged files do not hold.

    The key of the latter is their article's. One file is in memory at a time.
    """
    facts = Facts(catalogue, (), {})
    known = catalogue.files()
    articles = dict(catalogue.connection.execute("SELECT path, pk FROM articles"))
    for path in sorted(known.keys() | {path for path in articles if "://" not in path}):
        try:
            state = _state(path, known.get(path), facts)
        except ConfigError as error:
            yield Fault("unread", f"{path} ({error})")
            continue
        if state:
            yield Fault(state, path)
        elif path in articles and os.path.splitext(path)[1].lower() in _TRACED:
            yield from _origins(catalogue, articles[path], path, facts, limits)


def _state(path: str, digest: str | None, facts: Facts) -> str | None:
    """Kind of what is to be said of a file; None where it is the one that was read."""
    if not is_there(path):
        return "gone"
    now = file_digest(path, facts.of(path))
    if now is None:
        return "closed"
    if digest is None:
        return "unread"
    return None if now == digest else "changed"


def _origins(catalogue: Catalogue, article: int, path: str, facts: Facts, limits: Limits) -> Iterator[Fault]:
    rows = catalogue.connection.execute(
        """SELECT a.id, p.n, p.text, p.start, p.sentences, p.raw_spans, p.line FROM paragraphs p
        JOIN articles a ON a.pk = p.article WHERE a.pk = ? ORDER BY p.position""",
        (article,),
    ).fetchall()
    try:
        raw = decode(read_bytes(Path(path), limits))
    except LoadError:
        yield Fault("closed", path)
        return
    line_of = line_index(raw)
    odd = [row for row in rows if not _says(row, raw, line_of)]
    if odd:  # Markdown, and words that extraction changed: reading the file again is the last word
        anew = _read_again(path, facts, limits)
        for row in odd:
            if _shape(row[2:]) not in anew:
                yield Fault("origins", f"{row[0]}#{row[1]}", article)


def _says(row: Sequence[Any], raw: str, line_of: Any) -> bool:
    """Whether the places of a paragraph, and those of its sentences, hold its words and no others."""
    _, _, text, start, sentences, raw_spans, line = row
    try:
        places = json.loads(raw_spans)
        if not places or line != line_of(places[0][0]) or places[-1][1] > len(raw):
            return False
        if not _same_words("".join(raw[a:b] for a, b in places), text):
            return False
        return all(
            _same_words(raw[s[2] : s[3]], text[s[0] - start : s[1] - start]) and s[4] == line_of(s[2])
            for s in json.loads(sentences)
        )
    except (ValueError, TypeError, LookupError):
        return False


def _same_words(one: str, other: str) -> bool:
    """The same letters in the same order; other spaces, the usual case, are told three times as fast."""
    if "".join(one.split()) == "".join(other.split()):
        return True
    return _NOT_LETTERS.sub("", one) == _NOT_LETTERS.sub("", other)


def _shape(row: Sequence[Any]) -> tuple[Any, ...]:
    """What is the same however often a file is read: words, places in the file, line; offsets within the paragraph."""
    text, start, sentences, raw_spans, line = row
    try:
        parts = tuple((s[0] - start, s[1] - start, *s[2:]) for s in json.loads(sentences))
        return text, parts, tuple(map(tuple, json.loads(raw_spans))), line
    except (ValueError, TypeError, LookupError):
        return ()


def _read_again(path: str, facts: Facts, limits: Limits) -> set[tuple[Any, ...]]:
    """Shapes of the paragraphs that are read from the file now."""
    try:
        sources, _ = load(Path(path), limits=limits, overrides=facts.of(path))
        articles = [read_article(source) for source in sources]
    except LoadError:
        return set()
    return {
        (
            p.text,
            tuple((s.start - p.start, s.end - p.start, s.raw_start, s.raw_end, s.line) for s in p.sentences),
            tuple((span.start, span.end) for span in p.raw_spans),
            p.line,
        )
        for article in articles
        for p in article.paragraphs
    }
