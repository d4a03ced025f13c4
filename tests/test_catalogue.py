"""The catalogue: nothing left over, all or nothing, one moment at a time, and one line when it cannot be used."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rights import without_privileges
from store_helpers import dump, make_article

from rag.catalogue import SCHEMA_VERSION, Catalogue, ChunkRow, days, key_list
from rag.errors import NotFoundError, StoreEmptyError, StoreError, StoreMismatchError
from rag.parts import CATALOGUE
from rag.schema import EVIDENCE, Article, Metadata, Paragraph, Sentence, Span

CONTENT = ("articles", "paragraphs", "chunks", "duplicates", "paragraph_words", "article_words")
INDEXES = ("paragraph_words_content", "paragraph_words_docsize", "article_words_content", "article_words_docsize")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    yield catalogue
    catalogue.close()


def chunk(*paragraphs: int, fill: bytes = b"\0") -> ChunkRow:
    return ChunkRow(paragraphs, fill * 32, fill * 16)


def put(catalogue: Catalogue, article: Article, *chunks: ChunkRow, next_n: int = 9) -> None:
    with catalogue.transaction():
        catalogue.put_article(article, chunks, next_n, b"s" * 8)


def rows(catalogue: Catalogue, *tables: str) -> dict[str, int]:
    return {t: catalogue.connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


def found(catalogue: Catalogue, word: str) -> tuple[int, int]:
    """How many paragraphs and articles a word finds."""
    return tuple(  # type: ignore[return-value]
        catalogue.connection.execute(f"SELECT count(*) FROM {table} WHERE {table} MATCH ?", (word,)).fetchone()[0]
        for table in ("paragraph_words", "article_words")
    )


# --- put, replace, delete ----------------------------------------------------------------------------------------


def test_deleting_every_article_leaves_no_row_anywhere(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill.", "Two mills."), chunk(1), chunk(2))
    put(catalogue, make_article("b", "A flood."), chunk(1))
    with catalogue.transaction():
        catalogue.put_duplicate("/copy.txt", "/copy.txt", "a")
        assert catalogue.delete_article("a")
        assert catalogue.delete_article("b")
    assert rows(catalogue, *CONTENT, *INDEXES) == dict.fromkeys((*CONTENT, *INDEXES), 0)
    assert found(catalogue, "mill") == (0, 0)


def test_replacing_an_article_leaves_only_the_new_one(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill.", "Two mills.", title="Mills"), chunk(1), chunk(2))
    put(catalogue, make_article("b", "A flood."), chunk(1))
    put(catalogue, make_article("a", "A bridge.", title="Bridges"), chunk(1))
    assert rows(catalogue, *CONTENT) == {
        "articles": 2, "paragraphs": 2, "chunks": 2, "duplicates": 0, "paragraph_words": 2, "article_words": 2,
    }  # fmt: skip
    assert found(catalogue, "mill") == (0, 0)
    assert found(catalogue, "bridge") == (1, 1)
    assert [p.text for p in catalogue.paragraphs_of("a")] == ["A bridge."]


def test_chunks_that_go_are_noted_as_stale_and_their_keys_never_come_back(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1), chunk(1))
    put(catalogue, make_article("a", "One mill."), chunk(1))
    stale = {row[0] for row in catalogue.connection.execute("SELECT chunk FROM stale_vectors")}
    kept = {row[0] for row in catalogue.connection.execute("SELECT pk FROM chunks")}
    assert stale == {1, 2}
    assert kept == {3}


def test_deleting_what_is_not_there_is_no_harm(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        assert not catalogue.delete_article("nobody")


def test_only_evidence_is_found_as_a_paragraph_and_headings_as_part_of_the_article(catalogue: Catalogue) -> None:
    paragraphs = (
        Paragraph(1, "heading", "Glaciers", 0, 8, (Sentence(0, 8),)),
        Paragraph(2, "boilerplate", "Subscribe", 10, 19, (Sentence(10, 19),)),
        Paragraph(3, "list", "Tariffs", 21, 28, (Sentence(21, 28),), heading="Glaciers"),
    )
    article = Article("a", "a", "/a.txt", Metadata(title="Ice"), "Glaciers\n\nSubscribe\n\nTariffs", paragraphs, "d")
    put(catalogue, article, chunk(3))
    assert found(catalogue, "tariffs") == (1, 1)
    assert found(catalogue, "glaciers") == (1, 1), "as the heading above the list"
    assert found(catalogue, "subscribe") == (0, 0)
    assert rows(catalogue, "paragraph_words") == {"paragraph_words": 1}


def test_a_copy_goes_with_its_article(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1))
    put(catalogue, make_article("b", "A flood."), chunk(1))
    with catalogue.transaction():
        catalogue.put_duplicate("k1", "/one.txt", "a")
        catalogue.put_duplicate("k2", "/two.txt", "b")
        catalogue.put_duplicate("k3", "/three.txt", "nobody")
    assert catalogue.duplicates() == [("k1", "/one.txt", "a"), ("k2", "/two.txt", "b")]
    with catalogue.transaction():
        catalogue.delete_article("a")
    assert catalogue.duplicates() == [("k2", "/two.txt", "b")]


def test_an_unknown_article_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(NotFoundError, match=r"no article 'nobody' in the store; rag articles"):
        catalogue.article("nobody")
    assert catalogue.paragraphs_of("nobody") == []
    assert catalogue.signature("nobody") is None


def test_deleted_text_is_not_left_in_the_file(catalogue: Catalogue) -> None:
    told = "The source met the reporter under the third bridge."
    put(catalogue, make_article("a", told), chunk(1))
    with catalogue.transaction():
        catalogue.delete_article("a")
    catalogue.close()
    assert told.encode() not in catalogue.path.read_bytes()
    assert [file.name for file in catalogue.path.parent.iterdir()] == [catalogue.path.name]


# --- round trip --------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
NUMBER = st.none() | st.integers(1, 10**6)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Any article that keeps to invariant 1, whatever its characters."""
    paragraphs, start = [], 0
    numbers = draw(st.lists(st.integers(1, 10**6), unique=True, min_size=1, max_size=5))
    for n in numbers:
        text = draw(TEXT)
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)) | {0, len(text)})
        sentences = tuple(
            Sentence(start + a, start + b, draw(NUMBER), draw(NUMBER), draw(NUMBER)) for a, b in pairwise(cuts)
        )
        kind = draw(st.sampled_from(["body", "heading", "list", "boilerplate", "pull quote"]))
        spans = tuple(Span(a, a + 1) for a in draw(st.lists(st.integers(0, 99), max_size=3)))
        paragraphs.append(
            Paragraph(n, kind, text, start, start + len(text), sentences, spans, draw(NUMBER), draw(NUMBER), draw(TEXT))
        )
        start += len(text) + 2
    text = "\n\n".join(p.text for p in paragraphs)
    published = draw(st.none() | st.dates().map(str) | st.sampled_from(["2024", "2024-11"]))
    metadata = Metadata(
        draw(TEXT), tuple(draw(st.lists(TEXT, max_size=3))), draw(st.none() | TEXT), published, draw(st.none() | TEXT),
        draw(st.none() | TEXT), draw(st.dictionaries(TEXT, TEXT, max_size=3)),
    )  # fmt: skip
    return Article(draw(TEXT), draw(TEXT), draw(TEXT), metadata, text, tuple(paragraphs), draw(TEXT))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(article=articles())
def test_an_article_comes_back_as_it_was_put(catalogue: Catalogue, article: Article) -> None:
    put(catalogue, article, *[chunk(p.n) for p in article.paragraphs if p.kind in EVIDENCE], next_n=10**6 + 1)
    assert catalogue.article(article.id) == article
    assert tuple(catalogue.paragraphs_of(article.id)) == article.paragraphs
    assert catalogue.next_n(article.id) == 10**6 + 1
    assert catalogue.signature(article.id) == b"s" * 8
    (summary,) = catalogue.summaries()
    assert summary == (article.id, article.metadata, article.path, len(article.paragraphs), ())
    with catalogue.transaction():
        catalogue.delete_article(article.id)
    assert rows(catalogue, *CONTENT) == dict.fromkeys(CONTENT, 0)


# --- transactions and snapshots ----------------------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_no_trace(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1))
    before = dump(catalogue.path)

    def fail() -> None:
        with catalogue.transaction():
            catalogue.put_article(make_article("b", "A flood."), [chunk(1)], 2, b"")
            catalogue.delete_article("a")
            catalogue.put_file("/a.txt", "digest")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert dump(catalogue.path) == before
    put(catalogue, make_article("c", "A bridge."), chunk(1))


def test_an_error_in_the_database_is_not_hidden_by_its_own_rollback(catalogue: Catalogue) -> None:
    def fail() -> None:
        with catalogue.transaction():
            catalogue.connection.execute("ROLLBACK")  # as SQLite does itself on a full disk
            raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        fail()
    assert not catalogue.connection.in_transaction


def test_a_snapshot_sees_one_moment_while_a_writer_commits(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1))
    reader = Catalogue.open(catalogue.path)
    with reader.snapshot():
        assert reader.article_ids() == {"a"}
        put(catalogue, make_article("b", "A flood."), chunk(1))
        with catalogue.transaction():
            catalogue.delete_article("a")
        assert reader.article_ids() == {"a"}
        assert reader.article("a").text == "One mill."
        assert found(reader, "mill") == (1, 1)
    assert reader.article_ids() == {"b"}
    assert found(reader, "mill") == (0, 0)
    reader.close()


def test_a_reader_sees_nothing_of_an_open_transaction_and_does_not_wait(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1))
    reader = Catalogue.open(catalogue.path)
    with catalogue.transaction():
        catalogue.delete_article("a")
        assert reader.counts()["articles"] == 1
    assert reader.counts()["articles"] == 0
    reader.close()


def test_a_reader_cannot_write(catalogue: Catalogue) -> None:
    reader = Catalogue.open(catalogue.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.set_setting("x", "y")
    reader.close()


# --- opening -----------------------------------------------------------------------------------------------------


def test_opening_where_there_is_nothing_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StoreEmptyError, match=r"no articles in .* yet; add some with: rag ingest FOLDER"):
        Catalogue.open(tmp_path / "catalogue.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_store_without_articles(tmp_path: Path) -> None:
    """What a process leaves that was killed as it made the file."""
    path = tmp_path / "catalogue.sqlite3"
    path.touch()
    with pytest.raises(StoreEmptyError):
        Catalogue.open(path)
    catalogue = Catalogue.create(path)
    put(catalogue, make_article("a", "One mill."), chunk(1))
    catalogue.close()


def test_creating_again_changes_nothing(catalogue: Catalogue) -> None:
    put(catalogue, make_article("a", "One mill."), chunk(1))
    before = dump(catalogue.path)
    Catalogue.create(catalogue.path).close()
    assert dump(catalogue.path) == before


@pytest.mark.parametrize("opening", [Catalogue.open, Catalogue.create])
def test_a_newer_store_is_refused_and_not_touched(catalogue: Catalogue, opening: type) -> None:
    catalogue.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    catalogue.close()
    before = catalogue.path.read_bytes()
    with pytest.raises(StoreMismatchError, match="newer version of rag"):
        opening(catalogue.path)
    assert catalogue.path.read_bytes() == before


@pytest.mark.parametrize("opening", [Catalogue.open, Catalogue.create])
@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 5000], ids=["text", "header"])
def test_a_file_that_is_no_catalogue_is_refused_in_one_line(tmp_path: Path, opening: type, content: bytes) -> None:
    path = tmp_path / "catalogue.sqlite3"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged; move it away and run rag ingest again") as caught:
        opening(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", ["database or disk is full", "database is locked", "disk I/O error"])
def test_what_sqlite_says_becomes_one_line_with_a_next_step(tmp_path: Path, error: str) -> None:
    from rag.catalogue import readable_errors

    with pytest.raises(StoreError, match="; ") as caught, readable_errors(tmp_path / "catalogue.sqlite3"):
        raise sqlite3.OperationalError(error)
    assert "\n" not in str(caught.value)


READ = """
import os
import sys
from pathlib import Path
from rag.catalogue import Catalogue
from rag.errors import StoreError
if os.geteuid() == 0:  # who may write everywhere
    os.setgid(65534)
    os.setuid(65534)
path = Path(sys.argv[1])
print(Catalogue.open(path).article("a").text)
try:
    Catalogue.create(path)
except StoreError as error:
    print(error)
"""


@pytest.fixture
def read_only_store() -> Iterator[Path]:
    """A store in a folder nobody may write, and that others than its owner may read."""
    folder = Path(tempfile.mkdtemp())
    catalogue = Catalogue.create(folder / "store" / "catalogue.sqlite3")
    put(catalogue, make_article("a", "One mill."), chunk(1))
    catalogue.close()
    folder.chmod(0o755)
    catalogue.path.chmod(0o444)
    catalogue.path.parent.chmod(0o555)
    yield catalogue.path
    catalogue.path.parent.chmod(0o755)
    shutil.rmtree(folder)


def test_a_store_in_a_folder_without_write_permission_can_be_read(read_only_store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(read_only_store)], capture_output=True, text=True, check=True
    )
    text, refused = done.stdout.splitlines()
    assert text == "One mill."
    assert (
        refused == f"{read_only_store.parent} cannot be written; check its permissions or choose another with --store"
    )
    assert [file.name for file in read_only_store.parent.iterdir()] == [read_only_store.name]


# --- small things ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "span"),
    [
        ("2024-11-06", (20241106, 20241106)),
        ("2024-11", (20241101, 20241131)),
        ("2024-02", (20240201, 20240231)),
        ("2024", (20240101, 20241231)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_days_are_all_that_a_date_can_mean(published: str | None, span: tuple[int | None, int | None]) -> None:
    assert days(published) == span


@given(date=st.dates(), other=st.dates())
def test_days_are_ordered_as_dates_are(date: object, other: object) -> None:
    assert (days(str(date)) < days(str(other))) == (str(date) < str(other))


def test_a_list_of_keys_of_any_length_is_one_variable(catalogue: Catalogue) -> None:
    from rag.catalogue import IN_KEYS

    put(catalogue, make_article("a", "One mill."), chunk(1))
    query = f"SELECT count(*) FROM articles WHERE pk {IN_KEYS}"
    assert catalogue.connection.execute(query, (key_list(range(100_000)),)).fetchone() == (1,)


def test_settings_overrides_and_files_are_remembered(catalogue: Catalogue) -> None:
    assert catalogue.setting("embedder") is None
    catalogue.set_setting("embedder", "one")
    catalogue.set_setting("embedder", "two")
    assert catalogue.setting("embedder") == "two"
    catalogue.put_overrides("/news", {"authors": ["Åsa"], "publisher": "The Courier"})
    assert catalogue.overrides() == {"/news": {"authors": ["Åsa"], "publisher": "The Courier"}}
    catalogue.put_file("/a.txt", "1")
    catalogue.put_file("/a.txt", "2")
    catalogue.put_file("/b.txt", "3")
    catalogue.forget_file("/b.txt")
    assert catalogue.files() == {"/a.txt": "2"}


def test_what_a_killed_writer_left_is_not_passed_over_where_nothing_can_be_written(tmp_path: Path) -> None:
    writer = Catalogue.create(tmp_path / "here" / CATALOGUE)
    with writer.transaction():
        writer.set_setting("seen", "yes")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "here", copy, ignore=shutil.ignore_patterns("*-shm"))
    writer.close()
    copy.chmod(0o500)
    code = """
import sys
from pathlib import Path
from rag.catalogue import Catalogue
from rag.errors import StoreError
try:
    print(Catalogue.open(Path(sys.argv[1])).setting("seen"))
except StoreError as error:
    print(error)
"""
    said = without_privileges(code, copy / CATALOGUE)
    assert re.search("was left in the middle of a change and cannot be written here; .* rag backup FILE", said)
