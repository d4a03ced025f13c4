"""Storage that fails at its n-th call: SQLite says "disk I/O error", Chroma an error of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from rag import vectors


class Calls:
    """Counts calls; the n-th of them fails, and with `lasting` all after it too."""

    def __init__(self, fatal: int = 0, *, lasting: bool = False, after: bool = False) -> None:
        self.done, self.fatal, self.lasting, self.after = 0, fatal, lasting, after
        self.failed: list[str] = []

    def check(self, what: str) -> bool:
        """Count a call; whether it fails."""
        self.done += 1
        fails = self.done == self.fatal or (self.lasting and 0 < self.fatal < self.done)
        if fails:
            self.failed.append(what)
        return fails


@contextmanager
def failing_storage(calls: Calls) -> Iterator[Calls]:
    """Every SQLite connection of the catalogue, and every collection of Chroma, opened inside counts with `calls`."""
    connect = sqlite3.connect

    class Failing(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            _fail_sqlite(calls, statement)
            return super().execute(statement, *values)

        def executemany(self, statement: str, *values: Any) -> sqlite3.Cursor:
            _fail_sqlite(calls, statement)
            return super().executemany(statement, *values)

    def connect_failing(*where: Any, **how: Any) -> sqlite3.Connection:
        return connect(*where, factory=Failing, **how)

    def open_failing(folder: Any) -> Any:
        if calls.check("open Chroma"):
            raise RuntimeError("Query error: (code: 778) disk I/O error")
        return _Client(connect_chroma(folder), calls)

    connect_chroma = vectors._connect
    with mock.patch("sqlite3.connect", connect_failing), mock.patch.object(vectors, "_connect", open_failing):
        yield calls


def _fail_sqlite(calls: Calls, statement: str) -> None:
    if calls.check(" ".join(statement.split())[:60]):
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR  # as SQLite sets it
        raise error


class _Client:
    """A Chroma client whose collections fail."""

    def __init__(self, client: Any, calls: Calls) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in ("get_collection", "get_or_create_collection"):
            return method
        return lambda *words, **named: _Collection(method(*words, **named), self._calls)


class _Collection:
    """Each call fails before it is done, or with `after` once it is: both happen."""

    def __init__(self, collection: Any, calls: Calls) -> None:
        self._collection, self._calls = collection, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)

        def call(*words: Any, **named: Any) -> Any:
            fails = self._calls.check(f"Chroma {name}")
            if fails and not self._calls.after:
                raise RuntimeError("Query error: (code: 778) disk I/O error")
            done = method(*words, **named)
            if fails:
                raise RuntimeError("Query error: (code: 1546) disk I/O error")
            return done

        return call
