"""Mends what the catalogue itself can tell how to mend. Hold the store's lock. No article's text is ever deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.catalogue import PARAGRAPH_COLUMNS, Catalogue, ChunkRow, paragraph_from
from rag.catalogue_checks import WORD_INDEXES, indexed_rows, row_faults
from rag.doctor import Patient
from rag.errors import RagError
from rag.file_checks import source_faults
from rag.health import Fault
from rag.paragraph_checks import paragraph_faults, right_starts
from rag.session_checks import session_faults
from rag.setting_aside import set_aside
from rag.storing import start_anew
from rag.text_checks import text_faults
from rag.vector_checks import store_faults, vector_faults

if TYPE_CHECKING:
    from rag.embedding import Embedder
    from rag.schema import Article

_COLUMNS = {"paragraph_words": "context, text", "article_words": "title, text"}


@dataclass(slots=True)
class Repair:
    """One repair: what it works on, and what it has done."""

    patient: Patient
    done: list[str] = field(default_factory=list)
    """A line for each thing that was mended."""
    again: list[str] = field(default_factory=list)
    """Files that the next ingest reads again, and that wait for it."""

    def run(self, kinds: Collection[str]) -> None:
        """Mend faults of these kinds; what cannot be mended is left, to be found by the next examination."""
        for wanted, step in _STEPS:
            if not wanted.isdisjoint(kinds):
                try:
                    step(self)
                except (sqlite3.DatabaseError, RagError, ValueError, TypeError) as error:
                    self.done.append(f"not mended ({', '.join(sorted(wanted.intersection(kinds)))}): {error}")

    def say(self, count: int, what: str) -> None:
        if count:
            self.done.append(f"{count} {what}")


def _keys(faults: Iterable[Fault], *kinds: str) -> list[Any]:
    """Keys of the faults of these kinds, each once."""
    return list(dict.fromkeys(fault.key for fault in faults if fault.kind in kinds))


# --- the catalogue -------------------------------------------------------------------------------------------------


def _indexes(repair: Repair) -> None:
    repair.patient.catalogue.connection.execute("REINDEX")
    repair.done.append("the indexes of the catalogue were made anew")


def _orphans(repair: Repair) -> None:
    """Rows whose article or session is not there go into a file; vectors among them can be made again."""
    catalogue, count = repair.patient.catalogue, 0
    ask = catalogue.connection.execute
    tables = [row[0] for row in ask("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")]
    for table in tables:
        for _, _, parent, column, to, *_ in ask(f"SELECT * FROM pragma_foreign_key_list('{table}')").fetchall():
            lost = f"FROM {table} WHERE {column} NOT IN (SELECT {to} FROM {parent})"
            if table != "chunks":
                path = set_aside(catalogue, table, f"SELECT * {lost}")
                if path:
                    repair.done.append(f"rows of {table} were moved to {path}")
            with catalogue.transaction():
                count += ask(f"DELETE {lost}").rowcount
    repair.say(count, "rows that belonged to nothing were taken out")


def _copies(repair: Repair) -> None:
    catalogue = repair.patient.catalogue
    keys = _keys(row_faults(catalogue), "copies")
    with catalogue.transaction():
        for key in keys:
            catalogue.delete_duplicate(key)
    repair.say(len(keys), "articles are no longer noted as copies")


def _starts(repair: Repair) -> None:
    catalogue = repair.patient.catalogue
    wrong = set(_keys(paragraph_faults(catalogue), "starts"))
    articles = catalogue.connection.execute("SELECT pk FROM articles").fetchall()
    with catalogue.transaction():
        for (article,) in articles:
            for key, start in right_starts(catalogue, article):
                if key in wrong:
                    catalogue.connection.execute("UPDATE paragraphs SET start = ? WHERE pk = ?", (start, key))
    repair.say(len(wrong), "paragraphs were put in their place")


def _words(repair: Repair) -> None:
    """Throw the indexes away, which may be damaged beyond reading, and fill new ones from the articles."""
    catalogue = repair.patient.catalogue
    ask = catalogue.connection.execute
    with catalogue.transaction():
        for table in WORD_INDEXES:
            (made,) = ask("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            ask(f"DROP TABLE {table}")
            ask(made)
        for (article,) in ask("SELECT pk FROM articles").fetchall():
            for table, rows in indexed_rows(catalogue, article).items():
                catalogue.connection.executemany(f"INSERT INTO {table}(rowid, {_COLUMNS[table]}) VALUES(?, ?, ?)", rows)
    repair.done.append("the indexes of words were made anew")


def _read_again(repair: Repair) -> None:
    """An article without a digest is one that its file does not agree with: the next ingest replaces it."""
    patient = repair.patient
    articles = [
        *_keys(row_faults(patient.catalogue), "empty"),
        *_keys(paragraph_faults(patient.catalogue), "spans"),
        *_keys(source_faults(patient.catalogue, patient.limits), "origins"),
        *_keys(text_faults(patient.catalogue, patient.embedder), "altered"),
    ]
    with patient.catalogue.transaction():
        for article in dict.fromkeys(articles):
            ask = patient.catalogue.connection.execute
            (path,) = ask("SELECT path FROM articles WHERE pk = ?", (article,)).fetchone()
            ask("UPDATE articles SET digest = '' WHERE pk = ?", (article,))
            _without_rubbish(patient.catalogue, article)
            patient.catalogue.forget_file(path)
            repair.again.append(path)


def _without_rubbish(catalogue: Catalogue, article: int) -> None:
    """Parts of paragraphs that cannot be read would stop the ingest that replaces them."""
    query = f"SELECT p.pk, {PARAGRAPH_COLUMNS} FROM paragraphs p WHERE article = ?"
    for key, *row in catalogue.connection.execute(query, (article,)).fetchall():
        try:
            paragraph_from(row)
        except (ValueError, TypeError):
            catalogue.connection.execute(
                "UPDATE paragraphs SET sentences = '[]', raw_spans = '[]' WHERE pk = ?", (key,)
            )


# --- conversations -------------------------------------------------------------------------------------------------


def _turns(repair: Repair) -> None:
    """Turns that cannot be read go into a file, so that their conversation can be read again."""
    catalogue = repair.patient.catalogue
    ask = catalogue.connection.execute
    keys = _keys(session_faults(catalogue), "turns")
    if keys:
        query = (
            "SELECT s.name AS session, t.position, t.asked, t.format, t.record FROM turns t JOIN sessions s "
            f"ON s.pk = t.session WHERE t.rowid IN ({', '.join(map(str, keys))})"
        )
        repair.say(len(keys), f"turns of conversations were moved to {set_aside(catalogue, 'turns', query)}")
    with catalogue.transaction():
        mixed = _keys(session_faults(catalogue), "order")
        touched = [ask("SELECT session FROM turns WHERE rowid = ?", (key,)).fetchone()[0] for key in keys]
        for key in keys:
            ask("DELETE FROM turns WHERE rowid = ?", (key,))
        for session in dict.fromkeys([*touched, *mixed]):
            _number(catalogue.connection, session)
    repair.say(len(mixed), "conversations have their turns numbered one by one again")


def _number(connection: sqlite3.Connection, session: int) -> None:
    """Turns from 1 on without a gap; a summary may have been made of what is gone."""
    rows = connection.execute("SELECT rowid FROM turns WHERE session = ? ORDER BY position", (session,)).fetchall()
    for sign in (-1, 1):  # two turns never have one number, not even for a moment
        for place, (row,) in enumerate(rows, 1):
            connection.execute("UPDATE turns SET position = ? WHERE rowid = ?", (sign * place, row))
    connection.execute("UPDATE sessions SET summary = '', summarised = 0 WHERE pk = ?", (session,))


# --- vectors -------------------------------------------------------------------------------------------------------


def _embed(repair: Repair) -> None:
    """Cut and embed articles again whose vectors are damaged or missing, an article a transaction."""
    from rag.storing import check_model

    patient = repair.patient
    catalogue, embedder = patient.catalogue, patient.embedder()
    check_model(catalogue, embedder)
    articles = _keys(vector_faults(catalogue), "vectors", "uncovered")
    for article in articles:
        (name,) = catalogue.connection.execute("SELECT id FROM articles WHERE pk = ?", (article,)).fetchone()
        rows = list(_chunk_rows(catalogue.article(name), embedder))
        with catalogue.transaction():
            catalogue.connection.execute("DELETE FROM chunks WHERE article = ?", (article,))
            catalogue.put_chunks(name, rows)
    repair.say(len(articles), "articles were embedded again")


def _chunk_rows(article: Article, embedder: Embedder) -> Iterator[ChunkRow]:
    from hashlib import sha256

    from rag.chunking import chunk_article

    chunks = chunk_article(article, embedder.count_tokens, embedder.max_tokens)
    vectors = embedder.encode([chunk.text for chunk in chunks])
    for chunk, vector in zip(chunks, vectors, strict=True):
        yield ChunkRow(chunk.paragraphs, sha256(chunk.text.encode()).digest(), vector.astype("<f4").tobytes())


def _store(repair: Repair) -> None:
    """Note what the vector store has to learn and forget; `hand_on` does it. A useless one is filled anew."""
    catalogue = repair.patient.catalogue
    faults = list(store_faults(catalogue, repair.patient.look))
    lost, strange = _keys(faults, "lost"), _keys(faults, "strange")
    with catalogue.transaction():
        if _keys(faults, "chroma"):
            start_anew(catalogue)
            repair.done.append("the vector store was made anew from the catalogue's vectors")
            return
        ask = catalogue.connection.executemany
        ask("UPDATE chunks SET stored = 0 WHERE pk = ?", [(key,) for key in lost])
        ask("INSERT OR IGNORE INTO stale_vectors VALUES(?)", [(key,) for key in strange])
    repair.say(len(lost), "vectors were added to the vector store")
    repair.say(len(strange), "vectors were taken out of the vector store")


_STEPS: tuple[tuple[frozenset[str], Callable[[Repair], None]], ...] = (
    (frozenset({"indexes"}), _indexes),
    (frozenset({"orphans"}), _orphans),
    (frozenset({"copies"}), _copies),
    (frozenset({"starts"}), _starts),
    (frozenset({"words", "orphans"}), _words),
    (frozenset({"turns", "order"}), _turns),
    (frozenset({"vectors", "uncovered"}), _embed),
    (frozenset({"chroma", "lost", "strange"}), _store),
    (frozenset({"empty", "spans", "origins", "altered"}), _read_again),
)
"""Which kinds of faults are mended by what, in this order: rows before what is made of them."""
MENDED = frozenset().union(*(kinds for kinds, _ in _STEPS)) | {"waiting", "stale"}
"""Kinds that a repair changes something about."""
