"""The catalogue: one SQLite file that is the source of truth for articles, paragraphs, word indexes and vectors.

Each article is written in one transaction; what the vector store still has to learn is kept beside it, so that a
process that dies leaves work for the next one and never a lie.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import NotFoundError, StoreEmptyError, StoreError, StoreMismatchError
from rag.schema import Article, Metadata, Paragraph, Sentence, Span

SCHEMA_VERSION = 1
_BUSY_MS = 30_000
"""A writer's transaction is one batch of articles, well under a second; 30 s means something is stuck."""
_SEPARATOR = "\n\n"

_SCHEMA = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles(
    pk INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
    title TEXT NOT NULL, authors TEXT NOT NULL, publisher TEXT, published TEXT, first_day INTEGER, last_day INTEGER,
    url TEXT, language TEXT, origins TEXT NOT NULL, digest TEXT NOT NULL, next_n INTEGER NOT NULL, signature BLOB);
CREATE INDEX articles_path ON articles(path);
CREATE TABLE paragraphs(
    pk INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles(pk) ON DELETE CASCADE,
    n INTEGER NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, start INTEGER NOT NULL,
    sentences TEXT NOT NULL, raw_spans TEXT NOT NULL, line INTEGER, page INTEGER, heading TEXT NOT NULL,
    UNIQUE(article, n));
CREATE TABLE chunks(
    pk INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles(pk) ON DELETE CASCADE,
    paragraphs TEXT NOT NULL, hash BLOB NOT NULL, vector BLOB NOT NULL, stored INTEGER NOT NULL DEFAULT 0);
CREATE INDEX chunks_article ON chunks(article);
CREATE INDEX chunks_hash ON chunks(hash);
CREATE INDEX chunks_waiting ON chunks(pk) WHERE stored = 0;
CREATE TABLE stale_vectors(chunk INTEGER PRIMARY KEY);
CREATE TRIGGER chunk_gone AFTER DELETE ON chunks BEGIN
    INSERT OR IGNORE INTO stale_vectors VALUES(old.pk); END;
CREATE TABLE files(path TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE duplicates(key TEXT PRIMARY KEY, path TEXT NOT NULL,
    article INTEGER NOT NULL REFERENCES articles(pk) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TABLE overrides(path TEXT PRIMARY KEY, facts TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE paragraph_words USING fts5(context, text, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE article_words USING fts5(title, text, tokenize = 'porter unicode61 remove_diacritics 2');
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue remembers of an article, enough to tell whether it changed."""

    id: str
    key: str
    path: str
    digest: str


class Catalogue:
    """One open catalogue. Not shared between threads."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    # --- opening -----------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path) -> Catalogue:
        """Open for writing; made if it is not there. Raises StoreError, StoreMismatchError."""
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
        if version == 0:
            with self.transaction():
                if self._check_version() == 0:
                    for statement in _statements(_SCHEMA):
                        self.connection.execute(statement)
                    self.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @classmethod
    def open(cls, path: Path) -> Catalogue:
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
    def _connect_read_only(cls, path: Path) -> Catalogue:
        """A folder that cannot be written has no room for the shared-memory file that WAL needs: read it as it is."""
        try:
            return cls._connect(path, "mode=ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            return cls._connect(path, "mode=ro&immutable=1")

    @classmethod
    def _connect(cls, path: Path, mode: str) -> Catalogue:
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

    def counts(self) -> dict[str, int]:
        """Articles, paragraphs, chunks, duplicates; and chunks the vector store has yet to learn or forget."""
        queries = {
            "articles": "SELECT count(*) FROM articles",
            "paragraphs": "SELECT count(*) FROM paragraphs",
            "chunks": "SELECT count(*) FROM chunks",
            "duplicates": "SELECT count(*) FROM duplicates",
            "waiting": "SELECT count(*) FROM chunks WHERE stored = 0",
            "stale": "SELECT count(*) FROM stale_vectors",
        }
        with self.snapshot():
            return {name: self.connection.execute(query).fetchone()[0] for name, query in queries.items()}

    # --- articles ----------------------------------------------------------------------------------------------

    def known(self) -> list[Known]:
        rows = self.connection.execute("SELECT id, key, path, digest FROM articles ORDER BY id")
        return [Known(*row) for row in rows]

    def article_ids(self) -> set[str]:
        return {row[0] for row in self.connection.execute("SELECT id FROM articles")}

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError."""
        with self.snapshot():
            row = self.connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
            if row is None:
                raise NotFoundError(f"no article {article_id!r} in the store; rag articles lists what there is")
            paragraphs = tuple(self._paragraphs(row[0]))
        text = _SEPARATOR.join(paragraph.text for paragraph in paragraphs)
        return Article(row[1], row[2], row[3], _metadata(row[4:13]), text, paragraphs, row[13])

    def paragraphs_of(self, article_id: str) -> list[Paragraph]:
        """Paragraphs in reading order; empty for an article that is not there."""
        with self.snapshot():
            row = self.connection.execute("SELECT pk FROM articles WHERE id = ?", (article_id,)).fetchone()
            return list(self._paragraphs(row[0])) if row else []

    def next_n(self, article_id: str) -> int:
        row = self.connection.execute("SELECT next_n FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else 1

    def _paragraphs(self, article: int) -> Iterator[Paragraph]:
        rows = self.connection.execute(
            f"SELECT {PARAGRAPH_COLUMNS} FROM paragraphs p WHERE article = ? ORDER BY position", (article,)
        )
        return (paragraph_from(row) for row in rows)

    def summaries(self) -> list[tuple[str, Metadata, str, int, tuple[str, ...]]]:
        """Id, metadata, path, number of paragraphs and paths of duplicates of every article, by id."""
        paths: dict[int, list[str]] = {}
        with self.snapshot():
            for article, path in self.connection.execute("SELECT article, path FROM duplicates ORDER BY key"):
                paths.setdefault(article, []).append(path)
            rows = self.connection.execute(
                "SELECT a.*, (SELECT count(*) FROM paragraphs WHERE article = a.pk) FROM articles a ORDER BY a.id"
            ).fetchall()
        return [(row[1], _metadata(row[4:13]), row[3], row[16], tuple(paths.get(row[0], ()))) for row in rows]

    def put_article(self, article: Article, chunks: Sequence[ChunkRow], next_n: int, signature: bytes) -> None:
        """Add an article or replace the one of the same id, with its indexes and vectors. Inside a transaction."""
        self.delete_article(article.id)
        metadata = article.metadata
        first_day, last_day = days(metadata.published)
        cursor = self.connection.execute(
            "INSERT INTO articles VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (article.id, article.key, article.path, metadata.title, _json(metadata.authors), metadata.publisher,
             metadata.published, first_day, last_day, metadata.url, metadata.language, _json(dict(metadata.origins)),
             article.digest, next_n, signature),
        )  # fmt: skip
        pk = cursor.lastrowid or 0
        for position, paragraph in enumerate(article.paragraphs):
            self._put_paragraph(pk, position, paragraph, metadata)
        self.connection.execute(
            "INSERT INTO article_words(rowid, title, text) VALUES(?, ?, ?)",
            (pk, metadata.title, _SEPARATOR.join(p.text for p in article.paragraphs if p.kind in _INDEXED)),
        )
        self.put_chunks(article.id, chunks)

    def put_chunks(self, article_id: str, chunks: Sequence[ChunkRow]) -> None:
        """Add chunks of an article. Inside a transaction."""
        self.connection.executemany(
            "INSERT INTO chunks(article, paragraphs, hash, vector) SELECT pk, ?, ?, ? FROM articles WHERE id = ?",
            [(_json(chunk.paragraphs), chunk.hash, chunk.vector, article_id) for chunk in chunks],
        )

    def _put_paragraph(self, article: int, position: int, paragraph: Paragraph, metadata: Metadata) -> None:
        sentences = [[s.start, s.end, s.raw_start, s.raw_end, s.line] for s in paragraph.sentences]
        cursor = self.connection.execute(
            "INSERT INTO paragraphs VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (article, paragraph.n, position, paragraph.kind, paragraph.text, paragraph.start, _json(sentences),
             _json([[s.start, s.end] for s in paragraph.raw_spans]), paragraph.line, paragraph.page, paragraph.heading),
        )  # fmt: skip
        if paragraph.kind in _EVIDENCE:
            context = " ".join(filter(None, (metadata.title, metadata.publisher, paragraph.heading)))
            self.connection.execute(
                "INSERT INTO paragraph_words(rowid, context, text) VALUES(?, ?, ?)",
                (cursor.lastrowid, context, paragraph.text),
            )

    def delete_article(self, article_id: str) -> bool:
        """Forget an article and all that hangs on it; False when it is not there. Inside a transaction."""
        row = self.connection.execute("SELECT pk FROM articles WHERE id = ?", (article_id,)).fetchone()
        if row is None:
            return False
        self.connection.execute(
            "DELETE FROM paragraph_words WHERE rowid IN (SELECT pk FROM paragraphs WHERE article = ?)", row
        )
        self.connection.execute("DELETE FROM article_words WHERE rowid = ?", row)
        self.connection.execute("DELETE FROM chunks WHERE article = ?", row)
        self.connection.execute("DELETE FROM articles WHERE pk = ?", row)
        return True

    # --- files, duplicates, overrides --------------------------------------------------------------------------

    def files(self) -> dict[str, str]:
        """Digest of every file that was read to its end, by path."""
        return dict(self.connection.execute("SELECT path, digest FROM files"))

    def put_file(self, path: str, digest: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO files VALUES(?, ?)", (path, digest))

    def forget_file(self, path: str) -> None:
        """Make the next ingest read `path` anew."""
        self.connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def duplicates(self) -> list[tuple[str, str, str]]:
        """Key, path and id of the stored article of every duplicate."""
        rows = self.connection.execute(
            "SELECT d.key, d.path, a.id FROM duplicates d JOIN articles a ON a.pk = d.article ORDER BY d.key"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def put_duplicate(self, key: str, path: str, of: str) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO duplicates SELECT ?, ?, pk FROM articles WHERE id = ?", (key, path, of)
        )

    def delete_duplicate(self, key: str) -> None:
        self.connection.execute("DELETE FROM duplicates WHERE key = ?", (key,))

    def overrides(self) -> dict[str, dict[str, Any]]:
        """What --set said of a file or folder, by path."""
        return {path: json.loads(facts) for path, facts in self.connection.execute("SELECT * FROM overrides")}

    def put_overrides(self, path: str, facts: dict[str, Any]) -> None:
        self.connection.execute("INSERT OR REPLACE INTO overrides VALUES(?, ?)", (path, _json(facts)))

    def signatures(self) -> Iterator[tuple[str, bytes]]:
        """Id and MinHash signature of every article."""
        yield from self.connection.execute("SELECT id, signature FROM articles WHERE signature IS NOT NULL ORDER BY id")

    def signature(self, article_id: str) -> bytes | None:
        row = self.connection.execute("SELECT signature FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else None


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as stored: numbers of its paragraphs, hash of the embedded text, float32 vector."""

    paragraphs: tuple[int, ...]
    hash: bytes
    vector: bytes


_EVIDENCE = ("body", "list")
_INDEXED = ("body", "list", "heading", "caption", "pull quote")
PARAGRAPH_COLUMNS = "p.n, p.kind, p.text, p.start, p.sentences, p.raw_spans, p.line, p.page, p.heading"
"""What `paragraph_from` reads, in its order."""
METADATA_COLUMNS = "a.title, a.authors, a.publisher, a.published, a.first_day, a.last_day, a.url, a.language, a.origins"
"""What `metadata_from` reads, in its order."""


def paragraph_from(row: Sequence[Any]) -> Paragraph:
    n, kind, text, start, sentences, raw_spans, line, page, heading = row
    return Paragraph(
        n, kind, text, start, start + len(text), tuple(Sentence(*s) for s in json.loads(sentences)),
        tuple(Span(*s) for s in json.loads(raw_spans)), line, page, heading,
    )  # fmt: skip


def metadata_from(row: Sequence[Any]) -> Metadata:
    title, authors, publisher, published, _first, _last, url, language, origins = row
    return Metadata(title, tuple(json.loads(authors)), publisher, published, url, language, json.loads(origins))


_metadata = metadata_from
IN_KEYS = "IN (SELECT value FROM json_each(?))"
"""For `key_list`: one variable however many keys there are."""


def key_list(keys: Iterable[int]) -> str:
    """Keys as the value of the variable in `IN_KEYS`."""
    return _json(sorted(keys))


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """What SQLite says against the catalogue at `path`, whatever the statement, becomes a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error


def days(published: str | None) -> tuple[int | None, int | None]:
    """First and last day, as YYYYMMDD, that an ISO date of any precision can mean."""
    if not published:
        return None, None
    year, month, day = [*published.split("-"), "", ""][:3]
    return int(f"{year}{month or '01'}{day or '01'}"), int(f"{year}{month or '12'}{day or '31'}")


def _statements(script: str) -> Iterable[str]:
    """Statements of a script one by one: `executescript` would commit the transaction they stand in."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
