"""What was removed is wiped from the bytes of the catalogue's files: from the word indexes, and from the log.

SQLite overwrites the rows themselves (secure_delete). FTS5 only notes that a word is gone until it merges the parts of
its index, and the write-ahead log keeps pages as they were until it is emptied. The table `erasing` remembers that this
is still to be done, so that a process that dies, or a reader that is in the way, leaves it to the next one that writes.
"""

from __future__ import annotations

from collections.abc import Callable

from rag.catalogue import Catalogue

TRACES = (
    "another program is reading the store: what was removed is gone from it, but traces stay in its files until that "
    "program has finished and a command writes to the store again (rag rebuild does)"
)
_WAIT_MS = 2_000
"""How long emptying the log waits for those who read: a search has the catalogue for less than a second."""
_PAGES = 2_000
"""Pages of an index merged in one transaction, so that a chat that is being kept goes on in between. All of it takes
6 s at 100,000 paragraphs, where deleting an article takes 0.02 s: so `rag ingest` leaves it. secure-delete of FTS5,
from SQLite 3.42 on, would make the index unreadable for older ones."""


def note_words(catalogue: Catalogue) -> None:
    """Remember that words of what is removed are to be wiped: in the transaction that removes it."""
    catalogue.connection.execute("INSERT OR IGNORE INTO erasing VALUES('words')")


def wipe(catalogue: Catalogue, warn: Callable[[str], None]) -> None:
    """Do what is noted; a line to `warn` where a reader is in the way, and the next call tries again."""
    waiting = {row[0] for row in catalogue.connection.execute("SELECT what FROM erasing")}
    if not waiting:
        return
    if "words" in waiting:
        for table in ("paragraph_words", "article_words"):
            _merge(catalogue, table)
        with catalogue.transaction():
            catalogue.connection.execute("DELETE FROM erasing")
            catalogue.connection.execute("INSERT INTO erasing VALUES('log')")
    if not _empty_log(catalogue):
        warn(TRACES)
        return
    with catalogue.transaction():
        catalogue.connection.execute("DELETE FROM erasing")


def _merge(catalogue: Catalogue, table: str) -> None:
    """One part of the index instead of several, some pages at a time: only then FTS5 drops what was deleted.

    https://www.sqlite.org/fts5.html#the_merge_command; a negative number begins the merging of all parts.
    """
    pages = -_PAGES
    while True:
        before = catalogue.connection.total_changes
        with catalogue.transaction():
            catalogue.connection.execute(f"INSERT INTO {table}({table}, rank) VALUES('merge', ?)", (pages,))
        if catalogue.connection.total_changes - before < 2:
            return
        pages = _PAGES


def _empty_log(catalogue: Catalogue) -> bool:
    """Move the write-ahead log into the file and cut it to nothing; False while somebody reads from it."""
    connection = catalogue.connection
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
    try:
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
