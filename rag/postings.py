"""BM25 over the words that FTS5 has indexed, from its postings kept in memory: the same scores in less time.

FTS5 goes through the rows of every word of a question one by one, and does so again for every query. Here the rows
of a word are read once, as numbers, and kept (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework).
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.keeping import integer_columns, once

if TYPE_CHECKING:
    import numpy as np

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Scores = np.ndarray[Any, np.dtype[np.float64]]

_K1 = 1.2
_B = 0.75
"""Both as in FTS5, where they cannot be changed."""
_LEAST_IDF = 1e-6
"""Of a word that stands in more than half of the rows, as in FTS5."""
KEPT_POSTINGS = 2_000_000
"""Rows of words that one index keeps, 16 bytes each: 32 MB. In 100,000 paragraphs the words of 150 questions have
790,000."""
_TOKENIZER = "porter unicode61 remove_diacritics 2"
"""As in the catalogue."""


@dataclass(slots=True)
class Postings:
    """One FTS5 table: its rows, and the words met lately with what each adds to the score of which row."""

    connection: sqlite3.Connection
    table: str
    aside: str
    """The column that is weighted; the other one counts once."""
    weight: float
    rows: Integers
    """Keys, ascending."""
    norms: Scores
    """k1 · (1 - b + b · length / mean length) of each row."""
    _words: dict[str, tuple[Integers, Scores]] = field(default_factory=dict)
    """Places in `rows`, and scores there; the word used longest ago first."""
    _size: int = 0

    def scores(self, terms: Sequence[str]) -> Scores:
        """BM25 of every row, (n,), in the order of `rows`; 0 where none of the words stands."""
        import numpy as np

        total = np.zeros(len(self.rows))
        for places, scores in self._postings(terms):
            total[places] += scores
        return total

    def best(self, terms: Sequence[str], k: int, allowed: Flags | None = None) -> list[tuple[int, float]]:
        """The k best rows as (key, score), ties by key; only those that are True in `allowed` (n,) if given."""
        import numpy as np

        scores = self.scores(terms)
        if allowed is not None:
            scores = np.where(allowed, scores, 0.0)
        found = np.flatnonzero(scores)
        if len(found) > k > 0:
            least = np.partition(scores[found], -k)[-k]
            found = found[scores[found] >= least]
        # Places are in the order of the keys, and a stable sort keeps it where scores are equal.
        order = found[np.argsort(-scores[found], kind="stable")][: max(k, 0)]
        return list(zip(self.rows[order].tolist(), scores[order].tolist(), strict=True))

    def frequency(self, term: str) -> int | None:
        """Rows that hold a word, if that is known without looking it up."""
        return len(self._words[term][0]) if term in self._words else None

    def places(self, keys: Iterable[int]) -> Integers:
        """Places in `rows` of those keys that are there."""
        import numpy as np

        wanted = np.fromiter(keys, dtype=np.int64)
        at = np.searchsorted(self.rows, wanted)
        inside = at < len(self.rows)
        places: Integers = at[inside][self.rows[at[inside]] == wanted[inside]]
        return places

    def _postings(self, terms: Sequence[str]) -> list[tuple[Integers, Scores]]:
        new = dict.fromkeys(term for term in terms if term not in self._words)
        fresh = self._read_all(new) if new else {}
        found = {term: self._words.pop(term) if term in self._words else fresh[term] for term in dict.fromkeys(terms)}
        self._words |= found
        self._size += sum(len(places) for places, _ in fresh.values())
        while self._size > KEPT_POSTINGS:
            self._size -= len(self._words.pop(next(iter(self._words)))[0])
        return [found[term] for term in terms]

    def _read_all(self, terms: Collection[str]) -> dict[str, tuple[Integers, Scores]]:
        # Made again where it is gone: a transaction that was rolled back takes it along.
        self.connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{self.table}_instances "
            f"USING fts5vocab(main, {self.table}, instance)"
        )
        tokens = _tokens(terms)
        return {term: self._read_word(token) if token else self._read_phrase(term) for term, token in tokens.items()}

    def _read_word(self, token: str) -> tuple[Integers, Scores]:
        import numpy as np

        place = f"CASE col WHEN '{self.aside}' THEN -doc ELSE doc END"
        (instances,) = integer_columns(self.connection, [place], f"temp.{self.table}_instances WHERE term = ?", [token])
        keys, where = np.unique(np.abs(instances), return_inverse=True)
        counts = np.bincount(where, weights=np.where(instances < 0, self.weight, 1.0), minlength=len(keys))
        places = np.searchsorted(self.rows, keys)
        idf = math.log((len(self.rows) - len(keys) + 0.5) / (len(keys) + 0.5))
        return places, max(idf, _LEAST_IDF) * counts * (_K1 + 1) / (counts + self.norms[places])

    def _read_phrase(self, term: str) -> tuple[Integers, Scores]:
        """What is one word here and several in the index, or none ("o'brien"): left to FTS5."""
        import numpy as np

        query = (
            f"SELECT rowid, -bm25({self.table}, {self.weight}, 1.0) FROM {self.table} WHERE {self.table} MATCH ? "
            "ORDER BY rowid"
        )
        found = self.connection.execute(query, (quoted(term),)).fetchall()
        return self.places(row[0] for row in found), np.array([row[1] for row in found], dtype=np.float64)


def postings(catalogue: Catalogue, table: str, aside: str, weight: float) -> Postings:
    """The index of a table, kept until the catalogue is written to. Inside `catalogue.snapshot()`.

    `aside` is the first column of two, whose words count `weight` times.
    """
    return once(catalogue, ("postings", table, weight), lambda: _read_index(catalogue, table, aside, weight))


def _read_index(catalogue: Catalogue, table: str, aside: str, weight: float) -> Postings:
    import numpy as np

    keys, sizes = catalogue.connection.execute(
        f"SELECT group_concat(id), group_concat(hex(sz), '') FROM (SELECT id, sz FROM {table}_docsize ORDER BY id)"
    ).fetchone()
    rows = np.fromstring(keys or "", dtype=np.int64, sep=",")
    lengths = _varints(bytes.fromhex(sizes or "")).reshape(len(rows), 2).sum(axis=1)
    mean = lengths.mean() if lengths.any() else 1.0
    return Postings(catalogue.connection, table, aside, weight, rows, _K1 * (1 - _B + _B * lengths / mean))


def _varints(data: bytes) -> Integers:
    """Numbers as SQLite packs them: seven bits a byte, highest first, the top bit set on all bytes but the last."""
    import numpy as np

    octets = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
    if not len(octets):
        return octets
    last = np.flatnonzero(octets < 0x80)
    first = np.concatenate(([0], last[:-1] + 1))
    behind = np.repeat(last, last - first + 1) - np.arange(len(octets))
    values: Integers = np.add.reduceat((octets & 0x7F) << (7 * behind), first)
    return values


def _tokens(terms: Collection[str]) -> dict[str, str | None]:
    """Each term as the index spells it; None for one that is not exactly one word there."""
    with closing(sqlite3.connect(":memory:")) as scratch:
        scratch.execute(f"CREATE VIRTUAL TABLE words USING fts5(word, tokenize = '{_TOKENIZER}')")
        scratch.execute("CREATE VIRTUAL TABLE spelled USING fts5vocab(words, instance)")
        scratch.executemany("INSERT INTO words(rowid, word) VALUES(?, ?)", enumerate(terms))
        found: dict[int, list[str]] = {}
        for row, token in scratch.execute("SELECT doc, term FROM spelled"):
            found.setdefault(row, []).append(token)
    return {term: found[row][0] if len(found.get(row, ())) == 1 else None for row, term in enumerate(terms)}


def quoted(term: str) -> str:
    """A term as a string of FTS5's query language, whatever stands in it."""
    return '"' + term.replace('"', '""') + '"'
