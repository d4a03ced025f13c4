"""The rows of sessions and their turns, one statement or two each; `sessions` puts them into transactions."""

from __future__ import annotations

import sqlite3
from typing import Any

from rag.chat_schema import Turn
from rag.errors import InputError, StoreError, StoreMismatchError
from rag.serialising import FORMAT, from_json
from rag.session_names import key

TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions(
    pk INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created TEXT NOT NULL, updated TEXT NOT NULL,
    touched INTEGER NOT NULL, summary TEXT NOT NULL, summarised INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS turns(
    session INTEGER NOT NULL REFERENCES sessions(pk) ON DELETE CASCADE, position INTEGER NOT NULL,
    asked TEXT NOT NULL, format INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY(session, position))""",
)
"""Not part of the catalogue's schema: made when the first session is kept, and older programs pass over them.
`touched` counts changes of the whole table, so that the order does not hang on the clock."""
NEXT = "(SELECT coalesce(max(touched), 0) + 1 FROM sessions)"


def row_of(connection: sqlite3.Connection, columns: str, name: str) -> tuple[Any, ...] | None:
    """The row of a session; None where there is none."""
    if not has_tables(connection):
        return None
    query = f"SELECT {columns} FROM sessions WHERE name = ?"
    row: tuple[Any, ...] | None = connection.execute(query, (whole(key(name)),)).fetchone()
    return row


def has_tables(connection: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('sessions', 'turns')"
    return bool(connection.execute(query).fetchone()[0] == len(TABLES))


def last(connection: sqlite3.Connection, pk: int) -> int:
    """Position of the last turn, which is how many there are; 0 where there is none."""
    query = "SELECT coalesce(max(position), 0) FROM turns WHERE session = ?"
    return int(connection.execute(query, (pk,)).fetchone()[0])


def put(connection: sqlite3.Connection, pk: int, position: int, turn: Turn, record: str) -> None:
    connection.execute("INSERT INTO turns VALUES(?, ?, ?, ?, ?)", (pk, position, whole(turn.asked), FORMAT, record))


def delete_last(connection: sqlite3.Connection, pk: int, name: str, turns: int | None) -> int:
    """Its position. A summary that was made of it goes with it."""
    position = last(connection, pk)
    if turns is not None and turns != position:
        raise InputError(f"session {name!r} was changed in another terminal; resume it to see what it holds")
    if not position:
        raise InputError(f"session {name!r} has no turn to drop")
    connection.execute("DELETE FROM turns WHERE session = ? AND position = ?", (pk, position))
    connection.execute(
        "UPDATE sessions SET summary = '', summarised = 0 WHERE pk = ? AND summarised >= ?", (pk, position)
    )
    return position


def turn_from(name: str, position: int, written: object, record: bytes) -> Turn:
    """Read as bytes: what is no UTF-8 any more is a damaged turn, not a file that cannot be opened."""
    if isinstance(written, int) and written > FORMAT:  # a damaged one is no number
        raise StoreMismatchError(
            f"turn {position} of session {name!r} was written by a newer version of rag (format {written}, this one "
            f"reads {FORMAT}); upgrade rag to read it"
        )
    try:
        return from_json(Turn, record)
    except (ValueError, TypeError) as error:  # TypeError: a value that is no text
        raise StoreError(
            f"turn {position} of session {name!r} is damaged and cannot be read; restore a backup of the store, "
            "or take the turn out with: rag doctor --repair"
        ) from error


def whole(text: str) -> str:
    """Text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text
