"""The catalogue: one SQLite file that is the source of truth for articles, paragraphs, word indexes and vectors.

Each article is written in one transaction; what the vector store still has to learn is kept beside it, so that a
process that dies leaves work for the next one and never a lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rag.catalogue_file import CatalogueFile, readable_errors
from rag.catalogue_rows import (
    IN_KEYS,
    METADATA_COLUMNS,
    PARAGRAPH_COLUMNS,
    ChunkRow,
    Known,
    as_json,
    days,
    key_list,
    metadata_from,
    paragraph_from,
)
from rag.catalogue_schema import SCHEMA_VERSION
from rag.errors import NotFoundError
from rag.schema import Article, Metadata, Paragraph

__all__ = [
    "IN_KEYS",
    "METADATA_COLUMNS",
    "PARAGRAPH_COLUMNS",
    "SCHEMA_VERSION",
    "Catalogue",
    "ChunkRow",
    "Known",
    "days",
    "key_list",
    "metadata_from",
    "paragraph_from",
    "readable_errors",
]

_SEPARATOR = "\n\n"
"""Between paragraphs of an article's text."""
_EVIDENCE = ("body", "list")
_INDEXED = ("body", "list", "heading", "caption", "pull quote")
"""Kinds in the index of paragraphs, and in that of whole articles."""


class Catalogue(CatalogueFile):
    """One open catalogue. Not shared between threads."""

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
        return Article(row[1], row[2], row[3], metadata_from(row[4:13]), text, paragraphs, row[13])

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
        return [(row[1], metadata_from(row[4:13]), row[3], row[16], tuple(paths.get(row[0], ()))) for row in rows]

    def put_article(self, article: Article, chunks: Sequence[ChunkRow], next_n: int, signature: bytes) -> None:
        """Add an article or replace the one of the same id, with its indexes and vectors. Inside a transaction."""
        self.delete_article(article.id)
        metadata = article.metadata
        first_day, last_day = days(metadata.published)
        cursor = self.connection.execute(
            "INSERT INTO articles VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (article.id, article.key, article.path, metadata.title, as_json(metadata.authors), metadata.publisher,
             metadata.published, first_day, last_day, metadata.url, metadata.language, as_json(dict(metadata.origins)),
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
            [(as_json(chunk.paragraphs), chunk.hash, chunk.vector, article_id) for chunk in chunks],
        )

    def _put_paragraph(self, article: int, position: int, paragraph: Paragraph, metadata: Metadata) -> None:
        sentences = [[s.start, s.end, s.raw_start, s.raw_end, s.line] for s in paragraph.sentences]
        cursor = self.connection.execute(
            "INSERT INTO paragraphs VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (article, paragraph.n, position, paragraph.kind, paragraph.text, paragraph.start, as_json(sentences),
             as_json([[s.start, s.end] for s in paragraph.raw_spans]), paragraph.line, paragraph.page,
             paragraph.heading),
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
        self.connection.execute("INSERT OR REPLACE INTO overrides VALUES(?, ?)", (path, as_json(facts)))

    def signatures(self) -> Iterator[tuple[str, bytes]]:
        """Id and MinHash signature of every article."""
        yield from self.connection.execute("SELECT id, signature FROM articles WHERE signature IS NOT NULL ORDER BY id")

    def signature(self, article_id: str) -> bytes | None:
        row = self.connection.execute("SELECT signature FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else None
