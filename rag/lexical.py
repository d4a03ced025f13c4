"""BM25 over paragraphs and over whole articles, by SQLite's FTS5. Higher is better; scores are positive."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence

from rag.catalogue import IN_KEYS, Catalogue, key_list

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
_ROW = "+rowid"
"""The plus keeps SQLite from running the search once for every row allowed: of 60,000 rows 7.7 s instead of 0.03 s."""


def words(text: str) -> list[str]:
    """Words of a text, in order, with typographic apostrophes made plain."""
    return [word.replace("’", "'") for word in _WORD.findall(text)]


def query_terms(question: str) -> list[str]:
    """Distinct words of a question worth looking up, lower case, in order; all of them if every one is a stop word."""
    found = list(dict.fromkeys(w.lower().removesuffix("'s") for w in words(question)))
    kept = [word for word in found if word not in STOP_WORDS]
    return (kept or found)[:_MAX_TERMS]


def abbreviations(question: str) -> dict[str, list[str]]:
    """Short forms that names of several words go by, with those words: initials (WSJ) and first syllables (WaPo)."""
    found = {}
    for run in _NAME_RUN.findall(question):
        parts = [part for part in words(run) if part[0].isupper()]
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
    restriction, keys = "", []
    if paragraphs is not None:
        restriction += f"AND {_ROW} {IN_KEYS} "
        keys.append(key_list(paragraphs))
    if articles is not None:
        restriction += f"AND {_ROW} IN (SELECT pk FROM paragraphs WHERE article {IN_KEYS})"
        keys.append(key_list(articles))
    return _ranked(catalogue, "paragraph_words", f"{_CONTEXT_WEIGHT}, 1.0", terms, k, restriction, keys)


def search_articles(
    catalogue: Catalogue, terms: Sequence[str], k: int, articles: Collection[int] | None = None
) -> list[tuple[int, float]]:
    """The k best articles as (key, BM25)."""
    restriction, keys = ("", []) if articles is None else (f"AND {_ROW} {IN_KEYS}", [key_list(articles)])
    return _ranked(catalogue, "article_words", "2.0, 1.0", terms, k, restriction, keys)


def _ranked(
    catalogue: Catalogue, table: str, weights: str, terms: Sequence[str], k: int, restriction: str, keys: list[str]
) -> list[tuple[int, float]]:
    if not terms:
        return []
    rows = catalogue.connection.execute(
        f"SELECT rowid, -bm25({table}, {weights}) AS score FROM {table} WHERE {table} MATCH ? {restriction} "
        "ORDER BY score DESC, rowid LIMIT ?",
        (" OR ".join(_quoted(term) for term in terms), *keys, k),
    )
    return [(row[0], row[1]) for row in rows]


def idf(catalogue: Catalogue, terms: Iterable[str]) -> dict[str, float]:
    """How rare each term is among the paragraphs: ln(1 + (N - n + .5) / (n + .5)), as in BM25."""
    # The index keeps a row of lengths for each paragraph; counting the paragraphs themselves reads all their words.
    total = catalogue.connection.execute("SELECT count(*) FROM paragraph_words_docsize").fetchone()[0]
    result = {}
    for term in terms:
        query = "SELECT count(*) FROM paragraph_words WHERE paragraph_words MATCH ?"
        found = catalogue.connection.execute(query, (_quoted(term),)).fetchone()[0]
        result[term] = math.log(1 + (total - found + 0.5) / (found + 0.5))
    return result


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
