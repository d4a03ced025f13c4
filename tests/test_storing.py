"""What survives: damage to the vector store, another model, an embedder that fails. Kills: faults/."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, Library, check_store, make_article

from rag.catalogue import Catalogue
from rag.config import Config
from rag.engine import CATALOGUE, CHROMA, Engine
from rag.errors import StoreEmptyError, StoreMismatchError
from rag.storing import Writer, check_model
from rag.vectors import ChromaVectors


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Two articles, ingested."""
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    library.ingest()
    yield library
    library.close()


# --- the vector store can be made again --------------------------------------------------------------------------


def stored_vectors(library: Library) -> list[bytes]:
    return [row[3] for row in sorted(library.dump()["chunks"], key=lambda row: row[0])]


def test_rebuild_makes_the_vector_store_anew_without_embedding(library: Library) -> None:
    vectors = ChromaVectors(library.store / CHROMA)
    vectors.delete([1, 2])
    vectors.add([777], vectors_of(1), [{"article": "x"}])
    vectors.close()
    before = stored_vectors(library)
    library.embedder.history.clear()
    assert library.engine.rebuild() == 6
    assert library.embedder.history == []
    assert stored_vectors(library) == before
    check_store(library.store)


def vectors_of(n: int) -> object:
    import numpy as np

    return np.ones((n, 64), dtype=np.float32)


@pytest.mark.parametrize("damage", ["gone", "empty", "garbage", "half"])
def test_rebuild_mends_any_damage_to_the_vector_store(library: Library, damage: str) -> None:
    folder = library.store / CHROMA
    for file in sorted(folder.rglob("*"), reverse=True):
        if damage == "garbage" and file.is_file():
            file.write_bytes(b"garbage")
        elif damage in ("gone", "empty") or (damage == "half" and file.suffix == ".sqlite3"):
            file.rmdir() if file.is_dir() else file.unlink()
    if damage == "gone":
        folder.rmdir()
    library.engine.rebuild()
    check_store(library.store)


def test_rebuild_without_a_store_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        Library(tmp_path).engine.rebuild()
    assert not (tmp_path / "store").exists()


def test_an_ingest_notices_that_the_vector_store_lost_vectors(library: Library) -> None:
    vectors = ChromaVectors(library.store / CHROMA)
    vectors.delete([1, 2, 3])
    vectors.close()
    library.write("chess.txt", CHESS)
    library.ingest()
    check_store(library.store)


def test_vectors_that_wait_are_handed_on_by_the_next_ingest(library: Library) -> None:
    library.close()
    catalogue = Catalogue.create(library.store / CATALOGUE)
    catalogue.connection.execute("UPDATE chunks SET stored = 0 WHERE pk > 2")
    catalogue.connection.execute("INSERT INTO stale_vectors VALUES(999)")
    catalogue.close()
    assert not library.engine.status()["consistent"]
    library.ingest()
    assert library.engine.status()["consistent"]
    check_store(library.store)


# --- another model -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [FakeEmbedder("other-64"), FakeEmbedder("other-96", 96)], ids=["same size", "larger"])
def test_another_model_is_refused_with_the_command_that_helps(library: Library, other: FakeEmbedder) -> None:
    before = library.dump()
    engine = library.open(other)
    library.write("chess.txt", CHESS)
    for command in (
        lambda: engine.ingest([str(library.folder)]),
        lambda: engine.ask("Who said the tax would pay?"),
        lambda: engine.search("tax"),
    ):
        with pytest.raises(StoreMismatchError, match="rag rebuild --embed"):
            command()
    engine.close()
    assert other.history == []
    assert library.dump() == before


def test_rebuild_embed_changes_the_model_and_its_size(library: Library) -> None:
    other = FakeEmbedder("other-96", 96)
    engine = library.open(other)
    assert engine.rebuild(embed=True) == 6
    assert len(other.history) == 6
    assert engine.status()["model"] == "other-96"
    assert engine.status()["dimension"] == 96
    assert engine.search("turbines", 1).passages[0].article_id == "vote"
    engine.close()
    check_store(library.store)
    with pytest.raises(StoreMismatchError):
        library.engine.search("turbines")


def test_a_store_emptied_of_articles_takes_another_model(library: Library) -> None:
    library.engine.remove(["vote", "flood"])
    engine = library.open(FakeEmbedder("other-96", 96))
    assert engine.ingest([str(library.folder)]).added == 2
    engine.close()
    check_store(library.store)


def test_another_way_of_cutting_chunks_is_refused_too(library: Library) -> None:
    library.close()
    catalogue = Catalogue.create(library.store / CATALOGUE)
    catalogue.set_setting("chunking", "0")
    with pytest.raises(StoreMismatchError, match="another way of cutting chunks"):
        check_model(catalogue, library.embedder)
    catalogue.close()
    library.engine.rebuild(embed=True)
    assert library.engine.search("turbines").passages


def test_reading_a_new_store_claims_no_model(tmp_path: Path) -> None:
    catalogue = Catalogue.create(tmp_path / CATALOGUE)
    check_model(catalogue, FakeEmbedder())
    assert catalogue.setting("embedder") is None
    check_model(catalogue, FakeEmbedder(), claim=True)
    assert catalogue.setting("embedder") == "fake-64"
    catalogue.close()


# --- the writer --------------------------------------------------------------------------------------------------


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(tmp_path / "alone" / CATALOGUE)
    yield catalogue
    catalogue.close()


def test_articles_are_committed_batch_by_batch_and_then_reported(catalogue: Catalogue) -> None:
    reported: list[tuple[int, int, int]] = []

    def stored(articles: int, paragraphs: int) -> None:
        reported.append((articles, paragraphs, catalogue.counts()["articles"]))

    writer = Writer(catalogue, FakeEmbedder(), stored, batch=3)
    for n in range(5):
        mill = f"Paragraph {n} is about a mill by the river that turns all day long."
        bridge = f"Paragraph {n} is about a bridge that was built over the river last year."
        writer.add(make_article(f"a{n}", mill, bridge), 3, b"")
    writer.flush()
    assert reported == [(2, 4, 2), (2, 4, 4), (1, 2, 5)]


def test_a_text_that_stands_twice_is_embedded_once(catalogue: Catalogue) -> None:
    embedder = FakeEmbedder()
    writer = Writer(catalogue, embedder, lambda *_: None)
    writer.add(make_article("a", "One mill stands by the river and turns all day long.", title="Mills"), 2, b"")
    writer.add(make_article("b", "One mill stands by the river and turns all day long.", title="Mills"), 2, b"")
    writer.flush()
    writer.add(make_article("c", "One mill stands by the river and turns all day long.", title="Mills"), 2, b"")
    writer.flush()
    assert len(embedder.history) == 1
    assert len({row[0] for row in catalogue.connection.execute("SELECT vector FROM chunks")}) == 1


def test_a_step_is_done_in_the_transaction_of_the_articles_before_it(catalogue: Catalogue) -> None:
    writer = Writer(catalogue, FakeEmbedder(), lambda *_: None)
    writer.add(make_article("a", "One mill."), 2, b"")

    def fail() -> None:
        assert catalogue.article_ids() == {"a"}
        raise OSError("the disk is gone")

    writer.then(fail)
    with pytest.raises(OSError, match="the disk is gone"):
        writer.flush()
    assert catalogue.article_ids() == set()


def test_an_embedder_that_fails_leaves_earlier_batches_in_place(tmp_path: Path) -> None:
    class Failing(FakeEmbedder):
        def encode(self, texts: object, **options: object) -> object:  # type: ignore[override]
            if len(self.history) > 3:
                raise ConnectionError("the endpoint is gone")
            return super().encode(texts, **options)  # type: ignore[arg-type]

    catalogue = Catalogue.create(tmp_path / CATALOGUE)
    writer = Writer(catalogue, Failing(), lambda *_: None, batch=2)

    def write_all() -> None:
        for n in range(9):
            writer.add(
                make_article(f"a{n}", f"Paragraph {n} tells of a mill by the river that turns all day long."), 2, b""
            )

    with pytest.raises(ConnectionError):
        write_all()
    assert catalogue.article_ids() == {"a0", "a1", "a2", "a3"}
    catalogue.close()


def test_a_long_record_file_is_committed_in_parts_and_remembered_whole(tmp_path: Path) -> None:
    """The note that a file was read to its end is written with the last of its articles, never before."""
    library = Library(tmp_path)
    records = [{"id": str(n), "text": f"Record {n} tells of the {n}th mill on the river {n * n}."} for n in range(18)]
    file = library.write("feed.jsonl", "\n".join(map(json.dumps, records)))
    noted: list[tuple[int, bool]] = []

    class Watched:
        def begin(self, files: int) -> None: ...

        def looked(self) -> None: ...

        def stored(self, articles: int, paragraphs: int) -> None:
            catalogue = Catalogue.open(library.store / CATALOGUE)
            noted.append((catalogue.counts()["articles"], str(file) in catalogue.files()))
            catalogue.close()

    class SmallBatches(Engine):
        def _synchroniser(self, catalogue: Catalogue, writer: Writer, *rest: Any) -> Any:
            writer.batch = 5
            return super()._synchroniser(catalogue, writer, *rest)

    engine = SmallBatches(Config(store=library.store))
    engine.__dict__["embedder"] = library.embedder
    report = engine.ingest([str(library.folder)], progress=Watched())
    assert report.added == report.articles == 18
    assert noted == [(5, False), (10, False), (15, False), (18, True)]
