"""The tables of the catalogue, and the steps that bring one written by an earlier version up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

SCHEMA_VERSION = 2
"""2: what is removed is wiped, and `erasing` notes what of that is still to be done. A program that does not know of it
must not remove anything, so the version is another one."""

_TABLES = """
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles(
    pk INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
    title TEXT NOT NULL, authors TEXT NOT NULL, publisher TEXT, published TEXT, first_day INTEGER, last_day INTEGER,
    url TEXT, language TEXT, origins TEXT NOT NULL, digest TEXT NOT NULL, next_n INTEGER NOT NULL, signature BLOB);
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
CREATE TABLE erasing(what TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_ERASING = """
DROP INDEX articles_path;
CREATE TABLE erasing(what TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO erasing VALUES('words');
"""
"""The index was used by no query. The words of what was removed before are wiped by the next command that writes."""
_MIGRATIONS = {1: _ERASING}
"""By the version they start from. Each takes no time, since a chat may be what opens the store, and keeps what readers
use: they take a catalogue of any earlier version as it is."""


def bring_up(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables, or bring them from `version` up to SCHEMA_VERSION. Inside a transaction."""
    scripts = [_MIGRATIONS[step] for step in range(version, SCHEMA_VERSION)] if version else [_TABLES]
    for script in scripts:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """Statements of a script one by one: `executescript` would commit the transaction they stand in."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
