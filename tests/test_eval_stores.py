"""Stores of public sets: one for each content, embedder and version, filled once, and taken up where that broke off."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag
from rag import chunking, eval_stores, paragraphs
from rag.eval_stores import fill, scratch_store

FILES = {"a.txt": "Two cranes.\r\n", "b.txt": "A ferry – “late”."}
CACHE = Path("/cache")


class Ingest:
    """Remembers what it found in the folder; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.history: list[dict[str, bytes]] = []

    def __call__(self, folder: Path) -> None:
        self.history.append({path.name: path.read_bytes() for path in folder.iterdir()})
        if len(self.history) <= self.failures:
            raise KeyboardInterrupt


@pytest.fixture
def store(tmp_path):
    return scratch_store(tmp_path, FILES, "mini")


def test_the_same_content_has_the_same_store():
    same = scratch_store(CACHE, dict(reversed(FILES.items())), "mini")
    assert scratch_store(CACHE, FILES, "mini") == same
    assert same.parent.parent == CACHE / "eval"


@pytest.mark.parametrize(
    "other",
    [
        {**FILES, "b.txt": "A ferry."}, {**FILES, "c.txt": ""}, {"a.txt": FILES["a.txt"]}, {},
        {"a.txt": FILES["b.txt"], "b.txt": FILES["a.txt"]}, {"c.txt": FILES["a.txt"], "b.txt": FILES["b.txt"]},
    ],
)  # fmt: skip
def test_other_content_has_another_store(other):
    assert scratch_store(CACHE, other, "mini") != scratch_store(CACHE, FILES, "mini")


def test_another_embedder_has_another_store():
    assert scratch_store(CACHE, FILES, "large") != scratch_store(CACHE, FILES, "mini")


@pytest.mark.parametrize(
    ("room", "name", "value"),
    [(eval_stores, "__version__", "999"), (chunking, "VERSION", 999), (paragraphs, "VERSION", 999)],
)
def test_another_version_has_another_store(room, name, value, monkeypatch):
    """Of the program, and of the ways it cuts articles into paragraphs and chunks: these change between releases."""
    before = scratch_store(CACHE, FILES, "mini")
    monkeypatch.setattr(room, name, value)
    assert scratch_store(CACHE, FILES, "mini") != before
    assert rag.__version__ != "999"


contents = st.dictionaries(st.text("ab\0", min_size=1, max_size=3), st.text("ab\0\ud800", max_size=3), max_size=3)


@given(contents, contents)
def test_only_equal_contents_share_a_store(some, other):
    assert (scratch_store(CACHE, some, "x") == scratch_store(CACHE, other, "x")) == (some == other)


def test_files_are_ingested_byte_for_byte_and_once(store):
    ingest = Ingest()
    for _ in range(3):
        fill(store, FILES, ingest)
    assert ingest.history == [{name: text.encode("utf-8") for name, text in FILES.items()}]


def test_half_a_character_keeps_its_place(store):
    ingest = Ingest()
    fill(store, {"a.txt": "Two \ud83d cranes."}, ingest)
    assert ingest.history == [{"a.txt": b"Two ? cranes."}]


def test_what_was_broken_off_is_taken_up(store):
    ingest = Ingest(failures=2)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            fill(store, FILES, ingest)
    for _ in range(2):
        fill(store, FILES, ingest)
    assert ingest.history == [{name: text.encode("utf-8") for name, text in FILES.items()}] * 3


def test_nothing_of_the_store_stands_among_the_articles(store):
    """Its folder may hold files that an ingest would take for articles."""
    fill(store, FILES, lambda folder: store.mkdir())
    assert sorted(path.name for path in store.parent.iterdir()) == ["articles", "complete", "store"]
