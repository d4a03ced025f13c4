"""Hybrid retrieval: nearest chunks, BM25 over paragraphs and over whole articles, fused into one ranking."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rag.catalogue import (
    IN_KEYS,
    METADATA_COLUMNS,
    PARAGRAPH_COLUMNS,
    Catalogue,
    days,
    key_list,
    metadata_from,
    paragraph_from,
)
from rag.dense import EXACT_LIMIT, Held, cosines, nearest_chunks
from rag.errors import InputError, NotFoundError
from rag.fusion import Evidence, fuse
from rag.keeping import once
from rag.lexical import abbreviations, idf, query_terms, search_articles, search_paragraphs
from rag.matching import Surrounded, match, sought
from rag.schema import Filters, Passage, paragraph_id
from rag.vectors import VectorStore

if TYPE_CHECKING:
    import numpy as np

    from rag.embedding import Embedder

    Vector = np.ndarray[Any, np.dtype[np.float32]]

CANDIDATES = 100
"""Hits taken from each part of the search. On 597 passages 50 and 200 gave the same nDCG@10."""
FILTERS_KEPT = 16
"""Filters whose articles are remembered: of 5,000 articles they take 20 ms to find, and 300 kB to keep."""
READ = 40
"""Hits of each part whose words are read. Reading all candidates changes nDCG@10 by .001 at most on eleven sets,
reading 20 loses .005 to .015 on three; 80 short paragraphs take 5 ms, 80 of 1,000 characters 17."""
MAX_QUESTION = 8000
"""Characters of a question that are used; the rest of a pasted page adds cost, not meaning."""


@dataclass(slots=True)
class Retriever:
    """Finds passages for a question. `open_vectors` is called only when the store is too large to score exactly."""

    catalogue: Catalogue
    embedder: Embedder
    open_vectors: Callable[[], VectorStore]
    exact_limit: int = EXACT_LIMIT
    candidates: int = CANDIDATES
    held: Held = field(default_factory=Held)
    reader: Embedder | None = None
    """Embeds what is found, where the embedder only finds: a static one tells too little of single sentences."""
    warn: Callable[[str], None] = lambda _: None

    @property
    def reading(self) -> Embedder:
        """What embeds sentences of passages: the reader, or the embedder itself."""
        return self.reader or self.embedder

    def meaning(self, question: str, vector: Vector) -> Vector:
        """Vector of a question to compare with sentences; `vector` is `encode(question)`."""
        if self.reader is None:
            return vector
        found: Vector = self.reader.encode([_usable(question)], kind="query")[0]
        return found

    def encode(self, question: str) -> Vector:
        """Vector of a question, (dimension,) float32. Raises InputError for an empty one."""
        question = _usable(question)
        if not question:
            raise InputError('the question is empty; ask something like: rag ask "Who said what?"')
        vector: Vector = self.embedder.encode([question], kind="query")[0]
        return vector

    def search(
        self,
        question: str,
        vector: Vector,
        k: int = 10,
        filters: Filters | None = None,
        max_per_article: int = 0,
        also: Collection[str] = (),
    ) -> list[Passage]:
        """The k best passages, best first, ties by paragraph id; `max_per_article` of one article at most (0: any).

        After them, where they are not among them, the paragraphs whose ids are in `also` and that pass the filters.
        `vector` is `encode(question)`. Raises InputError when no article passes the filters.
        """
        question = _usable(question)
        with self.catalogue.snapshot():
            articles = matching_articles(self.catalogue, filters) if filters else None
            kept = self._keys_of(also, articles)
            found = self._evidence(question, vector, articles, kept)
            ranked = self._ranked(found, len(query_terms(question)))
            best = _spread(ranked, max_per_article)[:k]
            taken = {one.paragraph for one in best}
            return self._passages([*best, *(one for one in ranked if one.paragraph in kept - taken)])

    def _keys_of(self, names: Collection[str], articles: Collection[int] | None) -> set[int]:
        """Keys of the named paragraphs that are in the store, and in one of `articles` unless that is None."""
        query = "SELECT p.pk, a.pk FROM paragraphs p JOIN articles a ON a.pk = p.article WHERE a.id = ? AND p.n = ?"
        places = (name.rpartition("#")[::2] for name in names)
        rows = (self.catalogue.connection.execute(query, place).fetchone() for place in places)
        return {row[0] for row in rows if row and (articles is None or row[1] in articles)}

    def _evidence(
        self, question: str, vector: Vector, articles: Collection[int] | None, kept: Collection[int] = ()
    ) -> list[Evidence]:
        """Every paragraph that any part of the search found, and those `kept`, with the scores of all parts."""
        terms = [*query_terms(question), *abbreviations(question)]
        chunks = nearest_chunks(
            self.catalogue, self.open_vectors, vector, self.candidates, articles, self.exact_limit, self.held,
            self.warn,
        )  # fmt: skip
        lexical = search_paragraphs(self.catalogue, terms, self.candidates, articles)
        whole = dict(search_articles(self.catalogue, terms, self.candidates, articles))
        dense, lexical_scores = self._by_paragraph(chunks), dict(lexical)
        dense_rank, lexical_rank = _ranks(dense), _ranks(lexical_scores)
        found = dense.keys() | lexical_scores.keys() | set(kept)
        # What one part of the search missed is scored by it all the same: fusion compares like with like.
        dense |= self._missing_cosines(found - dense.keys(), vector)
        lexical_scores |= dict(
            search_paragraphs(self.catalogue, terms, len(found), None, found - lexical_scores.keys())
        )
        article_of = self._articles_of(found)
        evidence = [
            Evidence(pk, dense.get(pk, 0.0), lexical_scores.get(pk, 0.0), whole.get(article_of[pk], 0.0),
                     dense_rank.get(pk), lexical_rank.get(pk))
            for pk in sorted(found)
        ]  # fmt: skip
        return self._with_words(question, evidence)

    def _with_words(self, question: str, found: Sequence[Evidence]) -> list[Evidence]:
        """With what the best of each part hold of the question's words; the rest are too far off to come first."""
        best = [e for e in found if min(e.dense_rank or READ + 1, e.lexical_rank or READ + 1) <= READ]
        # The paragraphs of an article are numbered without a gap, in reading order.
        rows = self.catalogue.connection.execute(
            "SELECT p.pk, p.text, a.title, a.publisher, p.heading, b.text FROM paragraphs p "
            "JOIN articles a ON a.pk = p.article "
            f"LEFT JOIN paragraphs b ON b.pk = p.pk - 1 AND b.article = p.article WHERE p.pk {IN_KEYS}",
            (key_list(one.paragraph for one in best),),
        )
        places = {row[0]: Surrounded(row[1], " ".join(filter(None, row[2:5])), row[5] or "") for row in rows}
        wanted = sought(question, idf(self.catalogue, query_terms(question)))
        matches = dict(zip(places, match(wanted, list(places.values())), strict=True))
        return [
            replace(one, cover=matches[one.paragraph].cover, pairs=matches[one.paragraph].pairs)
            if one.paragraph in matches
            else one
            for one in found
        ]

    def _by_paragraph(self, chunks: Sequence[tuple[int, float]]) -> dict[int, float]:
        """Best cosine of each paragraph over the chunks that hold it."""
        scores = dict(chunks)
        best: dict[int, float] = {}
        # CROSS keeps this order: SQLite would go through all paragraphs of the article for every chunk.
        rows = self.catalogue.connection.execute(
            "SELECT c.pk, p.pk FROM chunks c CROSS JOIN json_each(c.paragraphs) n CROSS JOIN paragraphs p "
            f"ON p.article = c.article AND p.n = n.value WHERE c.pk {IN_KEYS}",
            (key_list(scores),),
        )
        for chunk, paragraph in rows:
            best[paragraph] = max(best.get(paragraph, -1.0), scores[chunk])
        return best

    def _missing_cosines(self, paragraphs: Collection[int], vector: Vector) -> dict[int, float]:
        if not paragraphs:
            return {}
        # Reading a list of numbers costs more than seeing that the number does not stand in it at all.
        pairs = self.catalogue.connection.execute(
            "SELECT p.pk, c.pk FROM paragraphs p JOIN chunks c ON c.article = p.article, json_each(c.paragraphs) n "
            f"WHERE p.pk {IN_KEYS} AND instr(c.paragraphs, p.n) AND n.value = p.n",
            (key_list(paragraphs),),
        ).fetchall()
        scores = cosines(self.catalogue, vector, {chunk for _, chunk in pairs}, self.held)
        best: dict[int, float] = {}
        for paragraph, chunk in pairs:
            best[paragraph] = max(best.get(paragraph, -1.0), scores[chunk])
        return best

    def _articles_of(self, paragraphs: Collection[int]) -> dict[int, int]:
        query = f"SELECT pk, article FROM paragraphs WHERE pk {IN_KEYS}"
        return dict(self.catalogue.connection.execute(query, (key_list(paragraphs),)))

    def _ranked(self, found: Sequence[Evidence], words: int) -> list[_Scored]:
        """Best first, ties by paragraph id; `words` as in `fuse`."""
        names = {
            row[0]: (row[1], row[2])
            for row in self.catalogue.connection.execute(
                f"SELECT p.pk, a.id, p.n FROM paragraphs p JOIN articles a ON a.pk = p.article WHERE p.pk {IN_KEYS}",
                (key_list(one.paragraph for one in found),),
            )
        }
        scored = [
            _Scored(one.paragraph, names[one.paragraph][0], paragraph_id(*names[one.paragraph]), score, one)
            for one, score in zip(found, fuse(found, words), strict=True)
        ]
        return sorted(scored, key=lambda one: (-one.score, one.paragraph_id))

    def _passages(self, ranked: Sequence[_Scored]) -> list[Passage]:
        """The paragraphs themselves, in the order given: reading one costs more than scoring it."""
        rows = self.catalogue.connection.execute(
            f"SELECT p.pk, a.path, {METADATA_COLUMNS}, {PARAGRAPH_COLUMNS} FROM paragraphs p "
            f"JOIN articles a ON a.pk = p.article WHERE p.pk {IN_KEYS}",
            (key_list(one.paragraph for one in ranked),),
        )
        held = {row[0]: row for row in rows}
        passages = []
        for one in ranked:
            _, path, *columns = held[one.paragraph]
            part = one.evidence
            passages.append(
                Passage(one.paragraph_id, one.article_id, paragraph_from(columns[9:]), path,
                        metadata_from(columns[:9]), one.score, part.dense_rank, part.lexical_rank, part.dense,
                        part.lexical)
            )  # fmt: skip
        return passages


@dataclass(frozen=True, slots=True)
class _Scored:
    """A paragraph that was found, by its key, before it is read."""

    paragraph: int
    article_id: str
    paragraph_id: str
    score: float
    evidence: Evidence


def _usable(question: str) -> str:
    """As much of a question as is used; what a terminal sent that is no UTF-8 becomes a question mark."""
    return question.strip()[:MAX_QUESTION].encode("utf-8", "replace").decode()


def matching_articles(catalogue: Catalogue, filters: Filters) -> frozenset[int]:
    """Keys of the articles that pass. Raises InputError when none does, NotFoundError for an unknown article id."""
    with catalogue.snapshot():
        passing: dict[str, frozenset[int]] = once(catalogue, "articles that pass", dict)
        name = repr(filters)
        if name not in passing:
            if len(passing) >= FILTERS_KEPT:
                passing.clear()
            passing[name] = _passing(catalogue, filters)
        return passing[name]


def _passing(catalogue: Catalogue, filters: Filters) -> frozenset[int]:
    clauses, values = ["1"], []
    # A date of low precision matches when any day it can mean does.
    if filters.since:
        clauses.append("last_day >= ?")
        values.append(days(filters.since)[0])
    if filters.until:
        clauses.append("first_day <= ?")
        values.append(days(filters.until)[1])
    rows = catalogue.connection.execute(
        f"SELECT pk, id, publisher, authors FROM articles WHERE {' AND '.join(clauses)}", values
    ).fetchall()
    unknown = set(filters.articles) - catalogue.article_ids() if filters.articles else None
    if unknown:
        raise NotFoundError(f"no article {min(unknown)!r} in the store; rag articles lists what there is")
    publishers = _named(filters.publishers, _distinct(catalogue, "publisher")) if filters.publishers else set()
    lists = {text: json.loads(text) for text in _distinct(catalogue, "authors")} if filters.authors else {}
    named = _named(filters.authors, {author for held in lists.values() for author in held})
    authors = {text for text, held in lists.items() if not named.isdisjoint(held)}
    found = frozenset(
        pk
        for pk, name, publisher, author in rows
        if (not filters.articles or name in filters.articles)
        and (not filters.publishers or publisher in publishers)
        and (not filters.authors or author in authors)
    )
    if not found:
        raise InputError("no article passes these filters; rag articles lists publishers, authors and dates")
    return found


def _distinct(catalogue: Catalogue, column: str) -> set[str]:
    """Of all articles: which names are whole ones must not hang on the other filters."""
    rows = catalogue.connection.execute(f"SELECT DISTINCT {column} FROM articles WHERE {column} IS NOT NULL")
    return {row[0] for row in rows}


def _named(wanted: Iterable[str], names: Collection[str]) -> set[str]:
    """The names that are wanted, in full or in part, however capitalised: "Time" is not also "The New York Times"
    where there is a "Time".
    """
    found: set[str] = set()
    for want in map(str.casefold, wanted):
        holding = {name for name in names if want in name.casefold()}
        found |= {name for name in holding if name.casefold() == want} or holding
    return found


def _ranks(scores: dict[int, float]) -> dict[int, int]:
    ordered = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: rank for rank, key in enumerate(ordered, 1)}


def _spread(ranked: Sequence[_Scored], limit: int) -> list[_Scored]:
    """At most `limit` paragraphs of each article, in order; 0 for no limit."""
    if not limit:
        return list(ranked)
    taken: dict[str, int] = {}
    kept = []
    for one in ranked:
        taken[one.article_id] = taken.get(one.article_id, 0) + 1
        if taken[one.article_id] <= limit:
            kept.append(one)
    return kept
