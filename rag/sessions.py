"""Sessions: conversations in the catalogue's file, a turn a row, on disk when a call returns.

Writers take turns by SQLite alone, not by the lock of the store, so that a chat goes on beside an ingest. What is
deleted is overwritten in the file and in its write-ahead log.
"""

from __future__ import annotations

import builtins
import difflib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.catalogue import Catalogue, readable_errors
from rag.chat_schema import Session, SessionSummary, Turn
from rag.errors import InputError, NotFoundError, StoreEmptyError, StoreError, StoreMismatchError
from rag.full_disk import told_when_full
from rag.locking import identity
from rag.serialising import to_json
from rag.session_names import checked, free, key, slug
from rag.session_rows import NEXT, TABLES, delete_last, has_tables, last, put, row_of, turn_from, whole

WIPE_MS = 2_000
"""How long emptying the write-ahead log waits for those who read: a search has the catalogue for less than a second,
and somebody is waiting at a prompt."""
TRACES = (
    "another program is reading the store: what was deleted is gone from it, but traces stay in the file until that "
    "program has finished and rag is used again"
)


class Sessions:
    """The sessions of one catalogue, on a connection of their own. Not shared between threads.

    Every method raises StoreError where the file cannot be used.
    """

    def __init__(self, path: Path, catalogue: Catalogue | None, create: bool, warn: Callable[[str], None]) -> None:
        self.path = path
        self._catalogue = catalogue
        self._create = create
        self._writable = create
        self._warn = warn
        self._traces = False
        self._file = identity(path)
        """Which file is open: another one may come to stand in its place."""

    @classmethod
    def open(cls, path: Path, create: bool, warn: Callable[[str], None] = lambda _: None) -> Sessions:
        """Those kept in the file at `path`, which is made if it is not there and `create` says so.

        `warn` gets a line where something deleted could not be wiped from the file yet.
        Raises StoreError, StoreMismatchError.
        """
        if create:
            return cls(path, Catalogue.create(path), create, warn)
        try:
            return cls(path, Catalogue.open(path), create, warn)
        except StoreEmptyError:
            return cls(path, None, create, warn)

    def close(self) -> None:
        if self._catalogue is None:
            return
        try:
            if self._traces:
                with readable_errors(self.path):
                    self._wipe()
        finally:
            self._catalogue.close()
            self._catalogue = None

    # --- reading -----------------------------------------------------------------------------------------------

    def list(self) -> builtins.list[SessionSummary]:
        """Every session, the one used last first; also those that `load` cannot read."""
        query = """SELECT s.name, s.created, s.updated, (SELECT count(*) FROM turns WHERE session = s.pk),
            coalesce((SELECT CAST(asked AS BLOB) FROM turns WHERE session = s.pk ORDER BY position LIMIT 1), x'')
            FROM sessions s ORDER BY s.touched DESC"""
        with self._reading() as connection:
            rows = connection.execute(query).fetchall() if connection else []
        return [
            SessionSummary(name, created, updated, turns, first.decode("utf-8", "replace"))
            for name, created, updated, turns, first in rows
        ]

    def latest(self) -> str | None:
        """Name of the session used last."""
        with self._reading() as connection:
            query = "SELECT name FROM sessions ORDER BY touched DESC LIMIT 1"
            row = connection.execute(query).fetchone() if connection else None
        return row[0] if row else None

    def asked(self, limit: int) -> builtins.list[str]:
        """The questions of all sessions as they were typed, those asked last first, `limit` at most."""
        query = """SELECT CAST(t.asked AS BLOB) FROM turns t JOIN sessions s ON s.pk = t.session
            ORDER BY s.touched DESC, t.position DESC LIMIT ?"""
        with self._reading() as connection:
            rows = connection.execute(query, (limit,)).fetchall() if connection else []
        return [asked.decode("utf-8", "replace") for (asked,) in rows]

    def load(self, name: str) -> Session:
        """A session with its turns; one that is damaged is there as such, and warned of.

        Raises NotFoundError; StoreMismatchError for turns of a newer program; StoreError.
        """
        with self._reading() as connection:
            columns = "pk, name, created, updated, summary, summarised"
            row = row_of(connection, columns, name) if connection else None
            if connection is None or row is None:
                raise self._not_found(connection, name)
            query = """SELECT position, format, CAST(record AS BLOB), CAST(asked AS BLOB) FROM turns WHERE session = ?
                ORDER BY position"""
            kept = connection.execute(query, row[:1]).fetchall()
        _, known, created, updated, summary, summarised = row
        turns = tuple(self._turn(known, *turn) for turn in kept)
        return Session(known, created, updated, turns, summary, summarised)

    def _turn(self, name: str, position: int, written: object, record: bytes, asked: bytes) -> Turn:
        """One turn that cannot be read does not take the others with it."""
        try:
            return turn_from(name, position, written, record)
        except StoreMismatchError:
            raise
        except StoreError as error:
            self._warn(str(error))
            question = asked.decode("utf-8", "replace")
            return Turn(question, question, "", damaged=True)

    # --- writing -----------------------------------------------------------------------------------------------

    def begin(self, name: str | None, first: str, turn: Turn | None = None) -> str:
        """A new session, with its first turn if there is one; its name, made of the words of `first` if none is given.

        Raises InputError for a name that is taken or cannot be one.
        """
        wanted = None if name is None else checked(name)
        record = to_json(turn) if turn else ""
        now = _now()
        with self._writing() as connection:
            for table in TABLES:
                connection.execute(table)
            if wanted is None:
                wanted = free(slug(first), {row[0] for row in connection.execute("SELECT name FROM sessions")})
            elif row_of(connection, "pk", wanted):
                raise InputError(f"there is a session {wanted!r} already; choose another name, or resume that one")
            values = f"VALUES(NULL, ?, ?, ?, {NEXT}, '', 0)"
            session = connection.execute(f"INSERT INTO sessions {values}", (wanted, now, now)).lastrowid or 0
            if turn:
                put(connection, session, 1, turn, record)
        return wanted

    def append(self, name: str, turn: Turn) -> int:
        """Keep a turn after the others; returns how many there are then, those of other terminals included."""
        record = to_json(turn)
        with self._changing(name) as (connection, pk):
            position = last(connection, pk) + 1
            put(connection, pk, position, turn, record)
        return position

    def drop_last(self, name: str, turns: int | None = None) -> None:
        """Forget the last turn.

        `turns` is how many the caller knows of: where there are others, InputError is raised and none is dropped.
        """
        with self._changing(name, wipe=True) as (connection, pk):
            delete_last(connection, pk, name, turns)

    def replace_last(self, name: str, turn: Turn, turns: int | None = None) -> None:
        """Put a turn in the place of the last one; `turns` as in `drop_last`."""
        record = to_json(turn)
        with self._changing(name, wipe=True) as (connection, pk):
            position = delete_last(connection, pk, name, turns)
            put(connection, pk, position, turn, record)

    def keep_summary(self, name: str, summary: str, summarised: int) -> None:
        """Keep what a model made of the first `summarised` turns."""
        with self._changing(name, wipe=True) as (connection, pk):
            query = "UPDATE sessions SET summary = ?, summarised = ? WHERE pk = ?"
            connection.execute(query, (whole(summary), summarised, pk))

    def rename(self, old: str, new: str) -> str:
        """Returns the new name as it is kept. Raises NotFoundError, and InputError as `begin` does."""
        wanted = checked(new)
        with self._writing(wipe=True) as connection:
            row = row_of(connection, "pk", old)
            if row is None:
                raise self._not_found(connection, old)
            taken = row_of(connection, "pk", wanted)
            if taken and taken != row:
                raise InputError(f"there is a session {wanted!r} already; choose another name")
            connection.execute("UPDATE sessions SET name = ? WHERE pk = ?", (wanted, *row))
        return wanted

    def delete(self, names: Sequence[str]) -> None:
        """Forget sessions. Raises NotFoundError, and deletes none, where one is not there."""
        if not names:
            return
        with self._writing(wipe=True) as connection:
            for name in dict.fromkeys(map(key, names)):
                row = row_of(connection, "pk", name)
                if row is None:
                    raise self._not_found(connection, name)
                connection.execute("DELETE FROM sessions WHERE pk = ?", row)

    # --- inside ------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The connection, at one moment; None where no session was ever kept."""
        with told_when_full(self.path.parent), readable_errors(self.path):
            if self._catalogue is None:
                yield None
                return
            with self._catalogue.snapshot():
                connection = self._catalogue.connection
                yield connection if has_tables(connection) else None

    @contextmanager
    def _writing(self, *, wipe: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing, one writer after the other; with `wipe`, what was deleted is gone from the file too."""
        catalogue = self._writer()
        with told_when_full(self.path.parent), readable_errors(self.path):
            with catalogue.transaction():
                yield catalogue.connection
            if wipe or self._traces:
                self._wipe()

    @contextmanager
    def _changing(self, name: str, *, wipe: bool = False) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A session that is used: afterwards it is the latest."""
        with self._writing(wipe=wipe) as connection:
            row = row_of(connection, "pk", name)
            if row is None:
                raise StoreError(f"session {name!r} is not in the store any more: it was deleted or renamed elsewhere")
            yield connection, row[0]
            query = f"UPDATE sessions SET updated = ?, touched = {NEXT} WHERE pk = ?"
            connection.execute(query, (_now(), row[0]))

    def _writer(self) -> Catalogue:
        """The catalogue for writing, also where it was opened for reading; not made where nobody asked for it."""
        if not self._writable or self._catalogue is None:
            if not self._create and not self.path.is_file():
                raise NotFoundError(f"no session is kept in {self.path.parent} yet")
            if self._catalogue is not None:
                self._catalogue.close()
                self._catalogue = None
            self._catalogue = Catalogue.create(self.path)
            self._writable, self._file = True, identity(self.path)
        elif identity(self.path) != self._file:
            raise StoreError(f"{self.path.parent} was moved or deleted meanwhile; begin again when it is back")
        return self._catalogue

    def _wipe(self) -> None:
        """Move the write-ahead log, where deleted text still stands, into the file, where it is overwritten."""
        if self._catalogue is None:
            return
        connection = self._catalogue.connection
        patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout = {0 if self._traces else WIPE_MS}")  # waited for once is enough
        try:
            busy = bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        finally:
            connection.execute(f"PRAGMA busy_timeout = {patience}")
        if busy and not self._traces:
            self._warn(TRACES)
        self._traces = busy

    def _not_found(self, connection: sqlite3.Connection | None, name: str) -> NotFoundError:
        if connection is None or not has_tables(connection):
            return NotFoundError(f"no session {name!r}: none is kept in {self.path.parent} yet")
        names = [row[0] for row in connection.execute("SELECT name FROM sessions ORDER BY touched DESC")]
        begun = [known for known in names if known.startswith(key(name))]
        close = begun or difflib.get_close_matches(key(name), names, n=1)
        hint = f"did you mean {close[0]}?" if close else "rag sessions lists what there is"
        return NotFoundError(f"no session {name!r}; {hint}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
