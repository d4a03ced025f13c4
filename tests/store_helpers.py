"""A store for tests: a real embedder without a model, folders of small articles, and the engine that holds both."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import Stemmer

from rag.catalogue import Catalogue
from rag.config import Config
from rag.engine import Engine
from rag.ingesting import Options
from rag.parts import CATALOGUE, CHROMA
from rag.schema import Article, IngestReport, Metadata, Paragraph, Sentence
from rag.vectors import ChromaVectors

DIMENSION = 64
VOTE = """The parliament voted on Tuesday to keep the wind tax. Nobody had expected the vote to be so close.

The minister of energy, Clara Holm, said the tax would pay for forty turbines off the northern coast.

Fishing crews in the harbour of Brennvik have protested against the turbines since the spring of 2021."""
FLOOD = """A flood closed the railway between Ostrava and Brno for three days, the operator reported.

Repair trains worked through the night, and the first passengers crossed the bridge at dawn on Friday.

Insurers put the damage at ninety million crowns, half of what they had feared at first."""
CHESS = """The chess champion Ines Duarte lost her title to a player of sixteen in a tournament in Lisbon.

She declined to talk to reporters and left the hall by a side door before the closing ceremony.

Her coach blamed a cold that had kept her awake for most of the week."""


class FakeEmbedder:
    """Hashed bag of word stems: texts that share words are near each other. Remembers what it was asked for."""

    def __init__(self, identity: str = "fake-64", dimension: int = DIMENSION, max_tokens: int = 200) -> None:
        self.identity = identity
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.history: list[str] = []
        """Every text that was embedded as a passage, in order."""

    def encode(
        self, texts: Sequence[str], *, kind: str = "passage", progress: Callable[[int], None] | None = None
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        if kind == "passage":
            self.history += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        stemmer = Stemmer.Stemmer("porter")
        for row, text in enumerate(texts):
            for stem in stemmer.stemWords(re.findall(r"\w+", text.lower())):
                vectors[row, zlib.crc32(stem.encode("utf-8", "replace")) % self.dimension] += 1
            if not vectors[row].any():
                vectors[row, 0] = 1
            vectors[row] /= np.linalg.norm(vectors[row])
        if progress is not None:
            progress(len(texts))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


class Library:
    """A store and the folder of articles it is made from."""

    def __init__(self, home: Path, embedder: FakeEmbedder | None = None, **settings: Any) -> None:
        self.home = home
        self.folder = home / "news"
        self.folder.mkdir(exist_ok=True)
        self.store = home / "store"
        self.embedder = embedder or FakeEmbedder()
        self.warnings: list[str] = []
        self.settings = settings
        self.engine = self.open()

    def open(self, embedder: FakeEmbedder | None = None, *, wait: bool = False, **settings: Any) -> Engine:
        """Another engine on the same store, as another command would be."""
        config = Config(store=self.store, **(self.settings | settings))
        engine = Engine(config, self.warnings.append, wait=wait)
        engine.__dict__["embedder"] = embedder or self.embedder
        return engine

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def ingest(
        self,
        *targets: Path,
        keep_missing: bool = False,
        prune: bool = False,
        given: Mapping[str, object] | None = None,
    ) -> IngestReport:
        """What is embedded by it alone is in `embedder.history` afterwards."""
        self.embedder.history.clear()
        names = [str(target) for target in targets or (self.folder,)]
        return self.engine.ingest(names, Options(keep_missing, prune), given)

    def ids(self) -> list[str]:
        return [article.id for article in self.engine.articles()]

    def id_of(self, name: str) -> str:
        """Id of the one article of a file."""
        (found,) = (a.id for a in self.engine.articles() if a.path == str(self.folder / name))
        return found

    def texts(self) -> set[str]:
        """Texts of all articles."""
        catalogue = self.engine.catalogue
        return {catalogue.article(name).text for name in catalogue.article_ids()}

    def numbers(self, name: str) -> dict[str, int]:
        """Paragraph text → number, of one file."""
        return {p.text: p.n for p in self.engine.catalogue.article(self.id_of(name)).paragraphs}

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        return dump(self.store / CATALOGUE)

    def close(self) -> None:
        self.engine.close()


def counts(report: IngestReport) -> tuple[int, int, int, int, int, int]:
    """Added, updated, unchanged, removed, failed, duplicates."""
    return (
        report.added, report.updated, report.unchanged, report.removed, len(report.failed), len(report.duplicates),
    )  # fmt: skip


def dump(catalogue: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a catalogue."""
    connection = sqlite3.connect(f"{catalogue.as_uri()}?mode=ro", uri=True)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    rows = {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables}
    connection.close()
    return rows


def check_store(store: Path) -> None:
    """What holds of every store at rest: each article whole in each table and index, and the vector store in step."""
    catalogue = Catalogue.create(store / CATALOGUE)
    ask = catalogue.connection.execute
    assert ask("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert ask("PRAGMA foreign_key_check").fetchall() == []
    for table in ("paragraph_words", "article_words"):
        ask(f"INSERT INTO {table}({table}, rank) VALUES('integrity-check', 1)")
    evidence = {row[0] for row in ask("SELECT pk FROM paragraphs WHERE kind IN ('body', 'list')")}
    assert {row[0] for row in ask("SELECT rowid FROM paragraph_words")} == evidence
    articles = {row[0] for row in ask("SELECT pk FROM articles")}
    assert {row[0] for row in ask("SELECT rowid FROM article_words")} == articles
    assert {row[0] for row in ask("SELECT article FROM paragraphs")} == articles
    assert {row[0] for row in ask("SELECT article FROM chunks")} == articles
    covered = ask(
        "SELECT p.pk FROM chunks c, json_each(c.paragraphs) n "
        "JOIN paragraphs p ON p.article = c.article AND p.n = n.value"
    )
    assert {row[0] for row in covered} == evidence
    lengths = {row[0] for row in ask("SELECT length(vector) / 4 FROM chunks")}
    assert lengths <= {int(catalogue.setting("dimension") or 0)}
    for known in catalogue.known():
        check_article(catalogue.article(known.id))
    chunks = {row[0] for row in ask("SELECT pk FROM chunks")}
    status = catalogue.counts()
    catalogue.close()
    assert (status["waiting"], status["stale"]) == (0, 0)
    if (store / CHROMA).is_dir():
        vectors = ChromaVectors(store / CHROMA)
        found = vectors.ids()
        vectors.close()
        assert found == chunks
    else:
        assert not chunks


def check_article(article: Article) -> None:
    """Invariant 1: every span says the text it stands for; and no paragraph is there twice."""
    for paragraph in article.paragraphs:
        assert article.text[paragraph.start : paragraph.end] == paragraph.text
        for sentence in paragraph.sentences:
            assert paragraph.start <= sentence.start < sentence.end <= paragraph.end
    numbers = [paragraph.n for paragraph in article.paragraphs]
    assert len(set(numbers)) == len(numbers)


def make_article(name: str, *texts: str, key: str | None = None, path: str | None = None, **facts: Any) -> Article:
    """An article of body paragraphs, each of one sentence."""
    paragraphs, start = [], 0
    for n, text in enumerate(texts, 1):
        paragraphs.append(Paragraph(n, "body", text, start, start + len(text), (Sentence(start, start + len(text)),)))
        start += len(text) + 2
    path = path or f"/news/{name}.txt"
    return Article(name, key or path, path, Metadata(**facts), "\n\n".join(texts), tuple(paragraphs), "digest")
