"""The engine: showing, listing, removing, status; several commands on one store, and stores that are damaged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_helpers import CHESS, FLOOD, VOTE, FakeEmbedder, Library, check_store, counts

from rag.catalogue import Catalogue
from rag.engine import CATALOGUE, CHROMA, Engine
from rag.errors import NotFoundError, RagError, StoreEmptyError, StoreError
from rag.schema import Filters, paragraph_id


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three articles, and a copy of one."""
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    library.write("chess.txt", CHESS)
    library.write("vote copy.txt", VOTE)
    library.write("sources.toml", '["flood.txt"]\npublisher = "Brno Daily News"\npublished = 2024-11-06\n')
    library.ingest()
    yield library
    library.close()


# --- show --------------------------------------------------------------------------------------------------------


def test_a_paragraph_is_shown_among_its_neighbours(library: Library) -> None:
    view = library.engine.show("chess#2", context=1)
    assert view.paragraph is not None
    assert view.paragraph.text == CHESS.split("\n\n")[1]
    assert [p.n for p in view.neighbours] == [1, 2, 3]
    assert view.article.text == CHESS


@pytest.mark.parametrize(("context", "shown"), [(0, [1]), (1, [1, 2]), (9, [1, 2, 3])])
def test_neighbours_end_where_the_article_does(library: Library, context: int, shown: list[int]) -> None:
    assert [p.n for p in library.engine.show("chess#1", context).neighbours] == shown


def test_an_article_without_a_number_is_shown_whole(library: Library) -> None:
    view = library.engine.show("chess")
    assert view.paragraph is None
    assert view.neighbours == view.article.paragraphs
    assert len(view.neighbours) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ches", "no article 'ches' in the store; did you mean chess?"),
        ("Chess#1", "no article 'Chess' in the store; did you mean chess?"),
        ("zzzz", "no article 'zzzz' in the store; rag articles lists what there is"),
        ("chess#4", "chess has no paragraph '4'; its paragraphs are numbered 1 to 3"),
        ("chess#0", "chess has no paragraph '0'"),
        ("chess#-1", "chess has no paragraph '-1'"),
        ("chess#01", "chess has no paragraph '01'"),
        ("chess#1#2", "chess has no paragraph '1#2'"),
        ("chess#two", "chess has no paragraph 'two'"),
        ("", "no article '' in the store"),
    ],
)
def test_what_is_not_there_is_named_with_a_hint(library: Library, name: str, said: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        library.engine.show(name)
    assert str(caught.value).startswith(said)


def test_every_passage_can_be_shown_by_its_id(library: Library) -> None:
    for passage in library.engine.search("the", 99).passages:
        assert library.engine.show(passage.paragraph_id).paragraph == passage.paragraph
        assert passage.paragraph_id == paragraph_id(passage.article_id, passage.paragraph.n)


# --- articles, status --------------------------------------------------------------------------------------------


def test_articles_are_listed_by_id_with_their_copies(library: Library) -> None:
    listed = library.engine.articles()
    assert [article.id for article in listed] == sorted(article.id for article in listed)
    assert {Path(a.path).name: a.paragraphs for a in listed} == {"chess.txt": 3, "flood.txt": 3, "vote copy.txt": 3}
    (vote,) = (article for article in listed if article.duplicates)
    assert vote.duplicates == (str(library.folder / "vote.txt"),)
    (flood,) = (article for article in listed if article.metadata.publisher)
    assert (flood.id, flood.metadata.published) == ("flood", "2024-11-06")


def test_status_counts_what_is_there(library: Library) -> None:
    status = library.engine.status()
    assert {name: status[name] for name in ("articles", "paragraphs", "chunks", "duplicates")} == {
        "articles": 3, "paragraphs": 9, "chunks": 9, "duplicates": 1,
    }  # fmt: skip
    assert (status["model"], status["dimension"]) == ("fake-64", 64)
    assert (status["consistent"], status["waiting"], status["stale"]) == (True, 0, 0)
    assert status["store"] == str(library.store)
    assert status["catalogue"]["bytes"] >= (library.store / CATALOGUE).stat().st_size > 0
    assert status["vectors"]["bytes"] > 0
    assert set(status["versions"]) >= {"rag", "chromadb"}
    json.dumps(status)


def test_status_says_when_the_vector_store_is_behind(library: Library) -> None:
    library.close()
    catalogue = Catalogue.create(library.store / CATALOGUE)
    with catalogue.transaction():
        catalogue.delete_article("chess")
    catalogue.close()
    status = library.engine.status()
    assert (status["consistent"], status["stale"]) == (False, 3)


@pytest.mark.parametrize("command", ["ask", "search", "show", "articles", "status", "remove", "rebuild"])
def test_without_a_store_every_command_says_how_to_begin_and_makes_none(tmp_path: Path, command: str) -> None:
    engine = Library(tmp_path).engine
    commands: dict[str, Callable[[], object]] = {
        "ask": lambda: engine.ask("anything"),
        "search": lambda: engine.search("anything"),
        "show": lambda: engine.show("anything"),
        "articles": engine.articles,
        "status": engine.status,
        "remove": lambda: engine.remove(["anything"]),
        "rebuild": engine.rebuild,
    }
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        commands[command]()
    assert not (tmp_path / "store").exists()


# --- remove ------------------------------------------------------------------------------------------------------


def test_what_is_removed_is_found_nowhere(library: Library) -> None:
    removal = library.engine.remove(["chess", "flood"])
    assert (removal.removed, removal.articles, removal.paragraphs) == (("chess", "flood"), 1, 3)
    for limit in (0, 1000):
        engine = library.open(exact_limit=limit)
        for question in ("chess champion Ines Duarte", "flood railway Ostrava"):
            assert {p.article_id for p in engine.search(question, 99).passages} == set(library.ids())
        engine.close()
    with pytest.raises(NotFoundError):
        library.engine.show("chess#1")
    with pytest.raises(NotFoundError):
        library.engine.search("chess", filters=Filters(articles=("chess",)))
    check_store(library.store)


def test_what_is_removed_is_in_no_file_of_the_store(library: Library) -> None:
    library.engine.remove(["chess"])
    library.close()
    for file in library.store.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for sentence in ("Ines Duarte", "left the hall by a side door"):
                assert sentence.encode() not in content, file


def test_no_text_ever_reaches_the_vector_store(library: Library) -> None:
    """Chroma keeps what was deleted in its log: text must never go in."""
    files = [file for file in (library.store / CHROMA).rglob("*") if file.is_file()]
    assert files
    for file in files:
        content = file.read_bytes().lower()
        for word in (b"turbines", b"parliament", b"ostrava", b"duarte", b"insurers"):
            assert word not in content, file


def test_one_unknown_id_removes_nothing(library: Library) -> None:
    before = library.dump()
    with pytest.raises(NotFoundError, match=r"no article 'ches' in the store; did you mean chess\?"):
        library.engine.remove(["flood", "ches"])
    assert library.dump() == before


def test_an_id_given_twice_is_removed_once(library: Library) -> None:
    assert library.engine.remove(["chess", "chess"]).removed == ("chess",)


def test_a_removal_says_when_the_next_ingest_would_undo_it(library: Library) -> None:
    (library.folder / "flood.txt").unlink()
    removal = library.engine.remove(["chess", "flood"])
    assert removal.notes == ("the file of chess is still there: the next rag ingest of its folder brings it back",)
    assert counts(library.ingest())[:2] == (1, 0)
    assert "chess" in library.ids()


def test_a_copy_is_promoted_when_its_original_is_removed(library: Library) -> None:
    (vote,) = (article for article in library.engine.articles() if article.duplicates)
    Path(vote.path).unlink()
    assert len(library.engine.remove([vote.id]).notes) == 1
    assert VOTE not in library.texts()
    report = library.ingest()
    assert counts(report) == (1, 0, 2, 0, 0, 0)
    assert VOTE in library.texts()
    check_store(library.store)


def test_a_removed_article_whose_file_is_gone_stays_removed(library: Library) -> None:
    (library.folder / "chess.txt").unlink()
    library.engine.remove(["chess"])
    assert counts(library.ingest()) == (0, 0, 2, 0, 0, 1)
    assert "chess" not in library.ids()


# --- several commands on one store -------------------------------------------------------------------------------


def test_one_engine_may_read_and_write_in_turn(library: Library) -> None:
    engine = library.open(exact_limit=0)
    assert engine.ask("Who lost her title in Lisbon?").answered
    library.write("mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    engine.ingest([str(library.folder)])
    assert engine.search("mill Orrefors").passages[0].article_id == "mill"
    engine.remove(["mill"])
    assert "mill" not in {p.article_id for p in engine.search("mill Orrefors").passages}
    engine.rebuild()
    assert engine.search("chess champion").passages[0].article_id == "chess"
    engine.close()
    check_store(library.store)


def test_a_reader_that_is_open_sees_what_another_command_wrote(library: Library) -> None:
    reader = library.open()
    assert "mill" not in {p.article_id for p in reader.search("mill Orrefors").passages}
    library.write("mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    library.ingest()
    assert reader.search("mill Orrefors").passages[0].article_id == "mill"
    reader.close()


def test_a_reader_through_chroma_sees_what_another_command_wrote(library: Library) -> None:
    reader = library.open(exact_limit=0)
    assert reader.search("chess champion").passages[0].article_id == "chess"
    other = library.open()
    other.remove(["chess"])
    other.close()
    assert "chess" not in {p.article_id for p in reader.search("chess champion").passages}
    reader.close()


def test_an_article_removed_by_another_command_meanwhile_is_named(library: Library) -> None:
    """Between the first look and the lock."""

    class Slow(Engine):
        def _writing(self) -> object:  # type: ignore[override]
            if not library.warnings:
                library.warnings.append("the other one was faster")
                library.engine.remove(["chess"])
            return super()._writing()

    engine = Slow(library.engine.config, wait=False)
    with pytest.raises(NotFoundError, match="no article 'chess'"):
        engine.remove(["flood", "chess"])
    assert set(library.ids()) >= {"flood"}
    engine.close()


def test_an_engine_closes_what_it_opened_and_can_be_used_again(library: Library) -> None:
    with library.open(exact_limit=0) as engine:
        assert engine.search("chess").passages
        engine.close()
        assert engine.search("chess").passages
    engine.close()
    engine.close()


# --- damage ------------------------------------------------------------------------------------------------------


READING: dict[str, Callable[[Engine], object]] = {
    "ask": lambda engine: engine.ask("Who lost her title?"),
    "search": lambda engine: engine.search("title"),
    "show": lambda engine: engine.show("chess"),
    "articles": lambda engine: engine.articles(),
    "status": lambda engine: engine.status(),
}
WRITING: dict[str, Callable[[Engine], object]] = {
    "remove": lambda engine: engine.remove(["chess"]),
    "rebuild": lambda engine: engine.rebuild(),
}


@pytest.mark.parametrize("command", [*READING, *WRITING])
@pytest.mark.parametrize("kept", [5000, 9000, 40_000])
def test_a_truncated_catalogue_is_an_error_in_one_line(library: Library, command: str, kept: int) -> None:
    library.close()
    path = library.store / CATALOGUE
    path.write_bytes(path.read_bytes()[:kept])
    with library.open() as engine, pytest.raises(StoreError) as caught:
        (READING | WRITING)[command](engine)
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value)


def test_a_catalogue_with_a_table_missing_is_an_error_in_one_line(library: Library) -> None:
    library.close()
    connection = sqlite3.connect(library.store / CATALOGUE)
    connection.execute("DROP TABLE paragraph_words")
    connection.close()
    with pytest.raises(StoreError, match="check the folder, or choose another with --store") as caught:
        library.engine.search("title")
    assert "\n" not in str(caught.value)


def test_without_a_sound_vector_store_questions_are_answered_and_rebuild_is_named(library: Library) -> None:
    library.close()
    for file in (library.store / CHROMA).glob("*.sqlite3"):
        file.write_bytes(b"garbage")
    engine = library.open(exact_limit=0)
    assert engine.search("chess champion").passages[0].article_id == "chess"
    assert "rag rebuild" in library.warnings[-1]
    library.warnings.clear()
    engine.rebuild()
    assert engine.search("chess champion").passages[0].article_id == "chess"
    assert not library.warnings
    engine.close()


def test_small_stores_are_read_without_their_vector_store(library: Library) -> None:
    """So that asking costs no import of Chroma."""
    library.close()
    for file in sorted((library.store / CHROMA).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert library.engine.ask("Who lost her title in Lisbon?").answered


def test_every_error_of_the_engine_is_one_that_the_command_line_shows(library: Library) -> None:
    for name in ("#", "#1", "a" * 10_000, "\0", "chess#١", "chess\n#1"):
        with pytest.raises(RagError) as caught:
            library.engine.show(name)
        assert "\n" not in str(caught.value)


def test_another_embedder_is_only_a_part(tmp_path: Path) -> None:
    library = Library(tmp_path, FakeEmbedder("tiny-8", 8))
    library.write("vote.txt", VOTE)
    library.ingest()
    assert library.engine.status()["dimension"] == 8
    check_store(library.store)
    library.close()
