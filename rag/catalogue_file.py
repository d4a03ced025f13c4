"""The file of the catalogue: opened for reading or writing, of a version we know, in transactions and snapshots."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from rag.catalogue_schema import SCHEMA_VERSION, bring_up
from rag.errors import StoreEmptyError, StoreError, StoreMismatchError

_BUSY_MS = 30_000
"""A writer's transaction is one batch of articles, well under a second; 30 s means something is stuck."""


class CatalogueFile:
    """One open file. Not shared between threads."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    # --- opening -----------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path) -> Self:
        """Open for writing; made if it is not there, brought up to date if it is of an earlier version.

        Raises StoreError, StoreMismatchError.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _translate(error, path) from error
        with readable_errors(path):
            catalogue = cls(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000), path)
            try:
                catalogue._prepare()
            except BaseException:
                catalogue.close()
                raise
        return catalogue

    def _prepare(self) -> None:
        version = self._check_version()
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA secure_delete = ON")
        self.connection.execute("PRAGMA foreign_keys = ON")
        if version < SCHEMA_VERSION:
            with self.transaction():  # another process may have done it meanwhile
                bring_up(self.connection, self._check_version())

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open for reading. Raises StoreEmptyError when there is none, StoreError, StoreMismatchError."""
        if not path.is_file():
            raise StoreEmptyError(f"no articles in {path.parent} yet; add some with: rag ingest FOLDER")
        with readable_errors(path):
            catalogue = cls._connect_read_only(path)
            try:
                version = catalogue._check_version()
            except BaseException:
                catalogue.close()
                raise
        if version == 0:
            catalogue.close()
            raise StoreEmptyError(f"no articles in {path.parent} yet; add some with: rag ingest FOLDER")
        return catalogue

    @classmethod
    def _connect_read_only(cls, path: Path) -> Self:
        """A folder that cannot be written has no room for the shared-memory file that WAL needs: read it as it is."""
        try:
            return cls._connect(path, "mode=ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            _check_written_out(path)
            return cls._connect(path, "mode=ro&immutable=1")

    @classmethod
    def _connect(cls, path: Path, mode: str) -> Self:
        uri = f"{path.resolve().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return cls(connection, path)

    def _check_version(self) -> int:
        version = int(self.connection.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise StoreMismatchError(
                f"{self.path.parent} was written by a newer version of rag (store version {version}, this one reads "
                f"{SCHEMA_VERSION}); upgrade rag, or use another folder with --store"
            )
        return version

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, writers one after the other."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # SQLite has rolled back already where the disk is full, say
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside sees the catalogue at one moment, whatever a writer commits meanwhile."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("COMMIT")

    # --- settings ----------------------------------------------------------------------------------------------

    def setting(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_setting(self, name: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO settings VALUES(?, ?)", (name, value))


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """What SQLite says against the catalogue at `path`, whatever the statement, becomes a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error


def _check_written_out(path: Path) -> None:
    """What a killed writer left in its log would be passed over where the file is read as it is. Raises StoreError."""
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        raise StoreError(
            f"{path.parent} was left in the middle of a change and cannot be written here; run rag status on it where "
            "it can, or copy it with: rag backup FILE"
        )


def _translate(error: Exception, path: Path) -> StoreError:
    text = str(error).lower()
    if "not a database" in text or "malformed" in text:
        return StoreError(f"{path} is damaged; move it away and run rag ingest again, or restore a backup of the store")
    if "readonly" in text or "read-only" in text or isinstance(error, PermissionError):
        return StoreError(f"{path.parent} cannot be written; check its permissions or choose another with --store")
    if "locked" in text:
        return StoreError(f"{path} is locked by another program; try again when it has finished")
    if "disk is full" in text:
        return StoreError(f"the disk that holds {path.parent} is full; free some space and run the command again")
    return StoreError(f"cannot open {path}: {error}; check the folder, or choose another with --store")
