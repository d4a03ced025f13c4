"""From a question as it was typed to passages: the filters it names, its parts, a search for each, the reranking."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.errors import InputError
from rag.keeping import once
from rag.question_filters import ReadQuestion, read_filters, settle
from rag.question_parts import MOST_PARTS, join, split_question
from rag.retrieval import Retriever, matching_articles
from rag.schema import Filters, Passage
from rag.topics import topic_of

if TYPE_CHECKING:
    import numpy as np

    from rag.reranking import Reranker

    Vector = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Part:
    """One question of those that were asked at once, as it was searched for: with its vector, and what was found."""

    question: str
    vector: Vector
    passages: tuple[Passage, ...]
    topic: bool = False
    """The question is a topic: whatever speaks of it answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question; `passages` are those of all its parts, each part's best first."""

    parts: tuple[Part, ...]
    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Searcher:
    """Searches as people ask: with the publisher, author and days a question names, and for two questions in one."""

    retriever: Retriever
    reranker: Reranker | None = None
    today: date = field(default_factory=date.today)

    def find(
        self, question: str, k: int, filters: Filters | None = None, max_per_article: int = 0,
        also: Collection[str] = (),
    ) -> Found:  # fmt: skip
        """The k best passages for each part. Raises InputError for an empty question, or where no article passes."""
        # First the parts: "What do A and B say?" asks each paper for itself.
        reads = [self.read(one, filters) for one in split_question(question)]
        asked = [(text, read) for read in reads for text in split_question(read.text)][:MOST_PARTS]
        parts = tuple(self._part(text, k, read.filters or None, max_per_article, also) for text, read in asked)
        passages = parts[0].passages if len(parts) == 1 else tuple(join([part.passages for part in parts], k))
        notes = tuple(dict.fromkeys(read.note for read in reads if read.note))
        return Found(parts, passages, notes)

    def read(self, question: str, filters: Filters | None = None) -> ReadQuestion:
        """The question without the words that say in which articles to look, and the filters they became."""
        catalogue = self.retriever.catalogue
        with catalogue.snapshot():
            publishers, authors = once(catalogue, facets, lambda: facets(catalogue))
        read = read_filters(question, publishers, authors, self.today, filters)
        return settle(read, lambda wanted: _passing(catalogue, wanted)) if read.note else read

    def _part(
        self, question: str, k: int, filters: Filters | None, max_per_article: int, also: Collection[str]
    ) -> Part:
        retriever, topic = self.retriever, topic_of(question)
        question = topic or question
        vector = retriever.encode(question)
        if self.reranker is None:
            found = retriever.search(question, vector, k, filters, max_per_article, also)
            return Part(question, retriever.meaning(question, vector), tuple(found), bool(topic))
        wide = retriever.search(question, vector, max(k, self.reranker.most), filters, max_per_article)
        best = self.reranker.rank(question, wide)[:k]
        taken = {passage.paragraph_id for passage in best}
        left = [name for name in also if name not in taken]
        more = retriever.search(question, vector, 0, filters, max_per_article, left) if left else ()
        return Part(question, retriever.meaning(question, vector), (*best, *more), bool(topic))


def facets(catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Publishers and authors of the store, as spelled there, in order."""
    publishers = catalogue.connection.execute(
        "SELECT DISTINCT publisher FROM articles WHERE publisher IS NOT NULL ORDER BY publisher"
    )
    lists = catalogue.connection.execute("SELECT DISTINCT authors FROM articles")
    authors = sorted({author for (held,) in lists for author in json.loads(held)})
    return tuple(row[0] for row in publishers), tuple(authors)


def _passing(catalogue: Catalogue, filters: Filters) -> int:
    """How many articles pass; none is no error here."""
    try:
        return len(matching_articles(catalogue, filters))
    except InputError:
        return 0
