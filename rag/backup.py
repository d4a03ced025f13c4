"""A backup is the catalogue in one file: articles, vectors and conversations, as they were at one moment.

The vector store is not in it, since it is made from the catalogue without embedding. Copied by SQLite's online backup
(https://www.sqlite.org/backup.html) from a snapshot, so that neither readers nor a writer are in the way.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rag.catalogue import Catalogue, readable_errors
from rag.errors import InputError, StoreError
from rag.session_rows import has_tables

PAGES = 2_500
"""Copied at a time, between two calls of `Progress`: 10 MB."""
_RETRY_SECONDS = 0.05
"""Between two tries to get the lock of the file that is written to."""
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)

Progress = Callable[[int, int], None]
"""Called with (pages copied, pages in all)."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    version: int
    """Of the tables; see `catalogue_schema`."""
    articles: int
    paragraphs: int
    chunks: int
    sessions: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """What `rag backup` and `rag restore` did, in how many seconds."""

    file: Path
    held: Contents
    seconds: float

    @property
    def megabytes_per_second(self) -> float:
        return self.held.bytes / 1e6 / max(self.seconds, 1e-3)


def write_backup(catalogue: Path, target: Path, progress: Progress, *, force: bool = False) -> Contents:
    """Copy the catalogue at `catalogue` to `target`, check the copy, and only then give it that name.

    Whatever happens, `target` is what it was or a whole backup. Raises InputError for a place that will not do, or
    where there is a file already and not `force`; StoreEmptyError, StoreError.
    """
    target = _place(target, catalogue.parent, force)
    source = Catalogue.open(catalogue)
    with closing(source), readable_errors(catalogue), source.snapshot(), _target_errors(target):
        held = contents(source.connection)
        with _beside(target) as unfinished:
            with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
                copy.execute("PRAGMA synchronous = OFF")  # synchronised as a whole before it gets its name
                copy_pages(source.connection, copy, progress)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, that can be read where nothing can be written
                _check(copy, held, catalogue)
            size = unfinished.stat().st_size
    return Contents(held.version, held.articles, held.paragraphs, held.chunks, held.sessions, size)


def contents(connection: sqlite3.Connection) -> Contents:
    """What a catalogue holds; sqlite3.Error for a file that is none."""

    def count(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    articles, paragraphs, chunks = (
        count(f"SELECT count(*) FROM {name}") for name in ("articles", "paragraphs", "chunks")
    )
    sessions = count("SELECT count(*) FROM sessions") if has_tables(connection) else 0
    return Contents(count("PRAGMA user_version"), articles, paragraphs, chunks, sessions)


def copy_pages(source: sqlite3.Connection, target: sqlite3.Connection, progress: Progress) -> None:
    """All of one database over another, in one transaction of the latter."""
    source.backup(
        target, pages=PAGES, sleep=_RETRY_SECONDS,
        progress=lambda _status, remaining, total: progress(total - remaining, total),
    )  # fmt: skip


def _place(target: Path, store: Path, force: bool) -> Path:
    """Where the file is to lie, without links. Raises InputError."""
    place = target.expanduser().resolve()
    if place.is_relative_to(store.resolve()):
        raise InputError(f"{target} lies in the store itself; name a file elsewhere, best on another disk")
    if not place.parent.is_dir():
        raise InputError(f"{place.parent} is no folder; make it, or name a file elsewhere")
    if place.is_dir():
        raise InputError(f"{target} is a folder; name a file in it")
    if place.exists() and not force:
        raise InputError(f"there is a file {target} already; name another, or overwrite it with --force")
    return place


def _check(copy: sqlite3.Connection, held: Contents, catalogue: Path) -> None:
    problem = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok" or contents(copy) != held:
        raise StoreError(
            f"{catalogue} is damaged ({' '.join(str(problem).split())}), so no backup was written; run: rag doctor"
        )


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A file only its owner may read, which is given the name `target` at the end; gone where something fails."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".partial")
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        _synchronise(unfinished)
        os.replace(unfinished, target)
        _synchronise(target.parent)
    except BaseException:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
        raise


def _synchronise(path: Path) -> None:
    """On disk, whatever happens to the power. A folder cannot be opened everywhere."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _target_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritten(target, error.strerror or str(error)) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _FULL:
            raise
        raise _unwritten(target, str(error)) from error


def _unwritten(target: Path, reason: str) -> InputError:
    return InputError(
        f"no backup was written to {target} ({reason}); free some space there, check its permissions, or name a file "
        "elsewhere"
    )
