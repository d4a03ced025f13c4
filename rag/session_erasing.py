"""Saved conversations lose what they quote of articles that are removed; their questions stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from rag.errors import StoreError
from rag.removed_quotes import without
from rag.serialising import FORMAT, to_json
from rag.session_rows import has_tables, turn_from


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of the conversations."""

    turns: int = 0
    """Answers and briefings that lost something."""
    unread: tuple[str, ...] = ()
    """Conversations with a turn that names an article but cannot be read: it is as it was."""


def erase_quotes(connection: sqlite3.Connection, articles: Collection[str]) -> Erased:
    """Blank what kept turns quote of these articles (ids). Inside a transaction."""
    if not has_tables(connection):
        return Erased()
    rows = connection.execute(
        "SELECT t.session, s.name, t.position, t.format, CAST(t.record AS BLOB) FROM turns t "
        "JOIN sessions s ON s.pk = t.session"
    )
    names = [f'"article_id":"{name}"'.encode() for name in articles]
    # Ids hold no character that JSON escapes; a turn is read only where one of them stands in it.
    named = (row for row in rows if any(name in row[4] for name in names))
    turns = 0
    unread: dict[str, None] = {}
    for session, name, position, written, record in list(named):
        try:
            turn = turn_from(name, position, written, record)
        except StoreError:
            unread[name] = None
            continue
        left = without(turn, articles)
        if left != turn:
            _put(connection, session, position, to_json(left))
            turns += 1
    return Erased(turns, tuple(unread))


def _put(connection: sqlite3.Connection, session: int, position: int, record: str) -> None:
    """Overwrite a turn. A summary that a model made of it, among others, goes."""
    connection.execute(
        "UPDATE turns SET format = ?, record = ? WHERE session = ? AND position = ?",
        (FORMAT, record, session, position),
    )
    connection.execute(
        "UPDATE sessions SET summary = '', summarised = 0 WHERE pk = ? AND summarised >= ?", (session, position)
    )
