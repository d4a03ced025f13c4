"""BM25 over paragraphs and over whole articles, as SQLite's FTS5 has it. Higher is better; scores are positive."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rag.catalogue import Catalogue
from rag.keeping import integer_columns, once
from rag.postings import Postings, postings, quoted

if TYPE_CHECKING:
    import numpy as np

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?", re.UNICODE)
_NAME_RUN = re.compile(r"(?<![\w’'-])[A-Z][\w’'-]*+(?: (?:of |the |and |for )?[A-Z][\w’'-]*+)+")
STOP_WORDS = frozenset(
    "a about after all also am an and any are aren as at be because been before being between both but by "
    "can could did do does doing don for from further had has have having he her here hers him his how i "
    "if in into is isn it its just let may me might more most my no nor not of off on once only or other "
    "our ours out over own s same shall she should so some such t than that the their theirs them then "
    "there these they this those through to too under until up us very was wasn we were what when where "
    "which while who whom why will with won would you your yours".split()
)
"""Words that say nothing of what a question is about. English: other languages keep theirs and lose a little."""
_MAX_TERMS = 64
"""Terms of a question that are looked up: a pasted page costs no more than a long question."""
_CONTEXT_WEIGHT = 0.4
"""Weight of title, publisher and heading against the paragraph's own words."""
_PARAGRAPHS = ("paragraph_words", "context", _CONTEXT_WEIGHT)
_ARTICLES = ("article_words", "title", 2.0)
"""Index, its column that counts for more or less than the text, and how much."""


def words(text: str) -> list[str]:
    """Words of a text, in order, with typographic apostrophes made plain."""
    return [word.replace("’", "'") for word in _WORD.findall(text)]


def query_terms(question: str) -> list[str]:
    """Distinct words of a question worth looking up, lower case, in order; all of them if every one is a stop word."""
    found = list(dict.fromkeys(w.lower().removesuffix("'s") for w in words(question)))
    telling = [word for word in found if word not in STOP_WORDS]
    return (telling or found)[:_MAX_TERMS]


def abbreviations(question: str) -> dict[str, list[str]]:
    """Short forms that names of several words go by, with those words: initials (WSJ) and first syllables (WaPo)."""
    found = {}
    for run in _NAME_RUN.findall(question):
        parts = [part for part in words(run) if part[0].isupper()]
        while parts and parts[0].lower() in STOP_WORDS:  # "Did the Wall Street Journal …"
            parts = parts[1:]
        if len(parts) > 1:
            found["".join(part[0] for part in parts)] = parts
            found["".join(part[:2] for part in parts)] = parts
    return found


def search_paragraphs(
    catalogue: Catalogue,
    terms: Sequence[str],
    k: int,
    articles: Collection[int] | None = None,
    paragraphs: Collection[int] | None = None,
) -> list[tuple[int, float]]:
    """The k best paragraphs as (key, BM25), only of these `articles` or `paragraphs` (keys) if given."""
    if not terms:
        return []
    with catalogue.snapshot():
        index = postings(catalogue, *_PARAGRAPHS)
        allowed = None if paragraphs is None else _among(len(index.rows), index.places(paragraphs))
        if articles is not None:
            own = _among_articles(catalogue, index, articles)
            allowed = own if allowed is None else allowed & own
        return index.best(terms, k, allowed)


def search_articles(
    catalogue: Catalogue, terms: Sequence[str], k: int, articles: Collection[int] | None = None
) -> list[tuple[int, float]]:
    """The k best articles as (key, BM25)."""
    if not terms:
        return []
    with catalogue.snapshot():
        index = postings(catalogue, *_ARTICLES)
        return index.best(terms, k, None if articles is None else _among(len(index.rows), index.places(articles)))


def _among(count: int, places: Integers) -> Flags:
    import numpy as np

    flags = np.zeros(count, dtype=bool)
    flags[places] = True
    return flags


def _among_articles(catalogue: Catalogue, index: Postings, articles: Collection[int]) -> Flags:
    """Which paragraphs of the index are of these articles."""
    import numpy as np

    article_of = once(catalogue, "article of each paragraph", lambda: _articles_of(catalogue, index))
    flags: Flags = np.isin(article_of, np.fromiter(articles, dtype=np.int64))
    return flags


def _articles_of(catalogue: Catalogue, index: Postings) -> Integers:
    import numpy as np

    keys, articles = integer_columns(catalogue.connection, ["pk", "article"], "paragraphs")
    order = np.argsort(keys)
    article_of: Integers = articles[order][np.searchsorted(keys[order], index.rows)]
    return article_of


def idf(catalogue: Catalogue, terms: Iterable[str]) -> dict[str, float]:
    """How rare each term is among the paragraphs: ln(1 + (N - n + .5) / (n + .5)), as in BM25."""
    with catalogue.snapshot():
        # A search has most of these in memory; what it has not is only counted.
        index = postings(catalogue, *_PARAGRAPHS)
        total, result = len(index.rows), {}
        for term in terms:
            known = index.frequency(term)
            found = _frequency(catalogue, term) if known is None else known
            result[term] = math.log(1 + (total - found + 0.5) / (found + 0.5))
    return result


def _frequency(catalogue: Catalogue, term: str) -> int:
    query = "SELECT count(*) FROM paragraph_words WHERE paragraph_words MATCH ?"
    return int(catalogue.connection.execute(query, (quoted(term),)).fetchone()[0])
