"""Is the catalogue whole: its file, its rows and its word indexes?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from rag.catalogue import Catalogue
from rag.health import Fault
from rag.schema import EVIDENCE

WORD_INDEXES = ("paragraph_words", "article_words")
INDEXED = frozenset(("body", "list", "heading", "caption", "pull quote"))
"""Kinds of paragraphs whose words are in the index of whole articles."""
_PROBLEMS = 100
"""Faults SQLite reports of a file before it gives up."""
_SHADOWS = ("data", "idx", "content", "docsize", "config")
"""Tables that an FTS5 index is made of (https://www.sqlite.org/fts5.html, section 9)."""


def file_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """What SQLite finds wrong with the pages and indexes of its file."""
    for (problem,) in catalogue.connection.execute(f"PRAGMA integrity_check({_PROBLEMS})"):
        if problem != "ok":
            index = "index" in problem and "database" not in problem
            yield Fault("indexes" if index else "file", " ".join(problem.split()))


def row_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Rows whose article or session is not there, articles without text, articles noted as copies as well."""
    ask = catalogue.connection.execute
    for table, row, parent, _ in ask("PRAGMA foreign_key_check"):
        yield Fault("orphans", f"{table} {row or ''} without its {parent[:-1]}".replace("  ", " "))
    for pk, name in ask(
        "SELECT pk, id FROM articles a WHERE NOT EXISTS (SELECT 1 FROM paragraphs WHERE article = a.pk)"
    ):
        yield Fault("empty", name, pk)
    for key, name in ask("SELECT d.key, a.id FROM duplicates d JOIN articles a ON a.key = d.key ORDER BY d.key"):
        yield Fault("copies", name, key)


def word_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Rows of the word indexes that are missing, too many or of other words; and indexes that contradict their rows."""
    ask = catalogue.connection.execute
    for article, name in ask("SELECT pk, id FROM articles"):
        wanted = indexed_rows(catalogue, article)
        for table, rows in wanted.items():
            for row in rows:
                known = ask(f"SELECT c0, c1 FROM {table}_content WHERE id = ?", row[:1]).fetchone()
                if known != row[1:]:
                    yield Fault("words", f"{name} in {table}")
    evidence = ", ".join(f"'{kind}'" for kind in sorted(EVIDENCE))
    sources = (f"SELECT pk FROM paragraphs WHERE kind IN ({evidence})", "SELECT pk FROM articles")
    for table, source in zip(WORD_INDEXES, sources, strict=True):
        for (row,) in ask(f"SELECT id FROM {table}_content WHERE id NOT IN ({source})"):
            yield Fault("words", f"row {row} in {table}, of nothing stored")
        if not _index_agrees(catalogue.connection, table):
            yield Fault("words", f"{table} has other words than its rows")


def indexed_rows(catalogue: Catalogue, article: int) -> dict[str, list[tuple[int, str, str]]]:
    """Key, context and text of the rows that each index of words should have of an article."""
    ask = catalogue.connection.execute
    title, publisher = ask("SELECT title, publisher FROM articles WHERE pk = ?", (article,)).fetchone()
    query = "SELECT pk, kind, heading, text FROM paragraphs WHERE article = ? ORDER BY position"
    rows = ask(query, (article,)).fetchall()
    paragraphs = [
        (pk, " ".join(filter(None, (title, publisher, heading))), text)
        for pk, kind, heading, text in rows
        if kind in EVIDENCE
    ]
    whole = "\n\n".join(text for _, kind, _, text in rows if kind in INDEXED)
    return {"paragraph_words": paragraphs, "article_words": [(article, title, whole)]}


def _index_agrees(connection: sqlite3.Connection, table: str) -> bool:
    """Whether an FTS5 index says what its rows say.

    FTS5 is asked this by a write, which a catalogue opened for reading refuses: so a temporary copy is asked.
    """
    (index,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with closing(connection.cursor()) as cursor:
        cursor.execute(index.replace(f"VIRTUAL TABLE {table}", f"VIRTUAL TABLE temp.{table}", 1))
        try:
            for part in _SHADOWS:
                cursor.execute(f"DELETE FROM temp.{table}_{part}")
                cursor.execute(f"INSERT INTO temp.{table}_{part} SELECT * FROM main.{table}_{part}")
            cursor.execute(f"INSERT INTO temp.{table}({table}, rank) VALUES('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
            return False
        finally:
            cursor.execute(f"DROP TABLE temp.{table}")
    return True
