"""A store is put back to what a backup holds: all of it or nothing, whatever is killed and whoever reads meanwhile.

The backup is copied beside the catalogue, brought up to date and checked there, and then copied into the catalogue in
one transaction: programs that have it open see the old store until then and the new one afterwards. Another file in its
place would do them harm, as they would go on with the log of the old one (https://www.sqlite.org/howtocorrupt.html,
section 1.4).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rag.backup import Contents, Progress, contents, copy_pages
from rag.catalogue import SCHEMA_VERSION, Catalogue, readable_errors
from rag.errors import InputError, StoreEmptyError, StoreError, StoreMismatchError
from rag.storing import start_anew
from rag.vectors_opening import STORE_ID

STAGED = ".restoring.sqlite3"
"""In the folder of the store while one is restored; what a killed command left there, the next one clears away."""
_MAGIC = b"SQLite format 3\0"


def read_backup(file: Path) -> Contents:
    """What a backup holds, once it was found whole. Raises InputError, StoreMismatchError."""
    try:
        with file.open("rb") as opened:
            magic = opened.read(len(_MAGIC))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); check the path") from error
    nothing = InputError(f"{file} is no backup that rag backup has written; name another file")
    if magic != _MAGIC:
        raise nothing
    try:
        with closing(_opened(file)) as source:
            version = int(source.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise StoreMismatchError(
                    f"{file} was written by a newer version of rag (store version {version}, this one reads "
                    f"{SCHEMA_VERSION}); upgrade rag to restore it"
                )
            tables = {row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not version or not {"settings", "articles", "paragraphs", "chunks", "files"} <= tables:
                raise nothing
            if source.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise InputError(f"{file} is damaged; restore another backup")
            return replace(contents(source), bytes=file.stat().st_size)
    except sqlite3.Error as error:
        raise InputError(f"{file} is damaged ({error}); restore another backup") from error


def check_free(catalogue: Path) -> None:
    """Raises InputError where restoring would replace something."""
    try:
        with closing(Catalogue.open(catalogue)) as there, readable_errors(catalogue):
            held = contents(there.connection)
    except StoreEmptyError:
        return
    except StoreError as error:
        raise InputError(f"{error}; to replace it with the backup, use --force") from error
    if held.articles or held.sessions:
        raise InputError(
            f"{catalogue.parent} holds {held.articles} articles and {held.sessions} conversations; --force replaces "
            "them with the backup (first: rag backup FILE), --store names another folder to restore into"
        )


def restore(file: Path, catalogue: Path, progress: Progress) -> None:
    """Make the catalogue what the backup holds. The caller holds the lock, and hands the vectors on afterwards.

    Raises StoreError; the catalogue is what it was then.
    """
    with readable_errors(catalogue), _staged(file, catalogue, progress) as staged:
        try:
            with (
                closing(sqlite3.connect(catalogue, isolation_level=None)) as live,
                closing(_opened(staged)) as source,
            ):
                live.execute("PRAGMA journal_mode = WAL")
                live.execute("PRAGMA synchronous = FULL")
                copy_pages(source, live, progress)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            _put_in_place(staged, catalogue)


def clear(store: Path) -> None:
    """Away with what a restore that was killed has left, if that can be. The caller holds the lock."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            (store / f"{STAGED}{suffix}").unlink(missing_ok=True)


@contextmanager
def _staged(file: Path, catalogue: Path, progress: Progress) -> Iterator[Path]:
    """The backup as it will be the catalogue: of our version, its vectors to be handed on, under the store's name."""
    staged = catalogue.parent / STAGED
    clear(catalogue.parent)
    try:
        os.close(os.open(staged, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_opened(file)) as source, closing(sqlite3.connect(staged, isolation_level=None)) as copy:
            copy_pages(source, copy, progress)
        _prepare(staged, _own_name(catalogue))
        yield staged
    finally:
        clear(catalogue.parent)


def _prepare(staged: Path, name: str | None) -> None:
    opened = Catalogue.create(staged)  # which brings it up to our version
    with closing(opened):
        with opened.transaction():
            start_anew(opened)
            opened.connection.execute("DELETE FROM settings WHERE name = ?", (STORE_ID,))
            if name is not None:
                opened.set_setting(STORE_ID, name)
            opened.connection.execute("INSERT OR IGNORE INTO erasing VALUES('log')")
        opened.connection.execute("PRAGMA journal_mode = DELETE")
        if opened.connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise StoreError("the backup could not be copied without a fault; check the disk, and try again")


def _own_name(catalogue: Path) -> str | None:
    """What the store is called on servers: two stores must not share one, though both were restored from a backup."""
    try:
        with closing(Catalogue.open(catalogue)) as there, readable_errors(catalogue):
            return there.setting(STORE_ID)
    except StoreError:
        return None


def _put_in_place(staged: Path, catalogue: Path) -> None:
    """For a catalogue that is no database any more, of which nobody can make use. Its log must not meet the new one."""
    for suffix in ("-wal", "-shm"):
        Path(f"{catalogue}{suffix}").unlink(missing_ok=True)
    os.replace(staged, catalogue)


def _opened(file: Path) -> sqlite3.Connection:
    """For reading. `immutable` where the folder has no room for the files that a database with a log needs."""
    uri = file.resolve().as_uri()
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
