"""Bringing a store up to date with its files: what is added, kept, followed, removed and reported."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_helpers import CHESS, FLOOD, VOTE, Library, check_store, counts

from rag.catalogue import Catalogue
from rag.errors import ConfigError, InputError, LoadError
from rag.ingesting import Options, Synchroniser
from rag.parts import CATALOGUE
from rag.schema import Block, Failure, Source
from rag.storing import Writer

STORIES = {"vote.txt": VOTE, "flood.txt": FLOOD, "chess.txt": CHESS}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.close()


@pytest.fixture
def stories(library: Library) -> Library:
    """Three articles, ingested."""
    for name, text in STORIES.items():
        library.write(name, text)
    library.ingest()
    return library


def edited(text: str, old: str = "Clara Holm", new: str = "Marta Lind") -> str:
    assert old in text
    return text.replace(old, new)


# --- counts ------------------------------------------------------------------------------------------------------


def test_a_first_ingest_adds_every_article(library: Library) -> None:
    for name, text in STORIES.items():
        library.write(name, text)
    report = library.ingest()
    assert counts(report) == (3, 0, 0, 0, 0, 0)
    assert (report.articles, report.paragraphs) == (3, 9)
    assert library.texts() == set(STORIES.values())
    check_store(library.store)


def test_every_file_is_reported_by_what_became_of_it(stories: Library) -> None:
    stories.write("vote.txt", edited(VOTE))
    stories.write("empty.txt", "")
    stories.write("copy/flood.txt", FLOOD)
    (stories.folder / "chess.txt").unlink()
    stories.write("new.txt", "A glassblower from Orrefors has opened a school for apprentices in an old mill.")
    report = stories.ingest()
    assert counts(report) == (1, 1, 1, 1, 1, 1)
    assert (report.articles, report.paragraphs) == (3, 7)
    check_store(stories.store)


def test_ingesting_twice_changes_nothing(stories: Library) -> None:
    stories.write("again.txt", CHESS)
    stories.write("records.jsonl", json.dumps({"id": "r1", "title": "Mill", "text": "The mill is open again."}))
    stories.write("broken.txt", "")
    stories.ingest()
    before = stories.dump()
    report = stories.ingest()
    assert counts(report) == (0, 0, 4, 0, 1, 1)
    assert stories.dump() == before
    assert stories.embedder.history == []


def test_a_store_made_again_elsewhere_has_the_same_ids_and_numbers(stories: Library, tmp_path: Path) -> None:
    other = stories.open(None)
    other.store = tmp_path / "second"
    other.ingest([str(stories.folder)])
    assert other.articles() == stories.engine.articles()
    other.close()


def test_progress_counts_each_file_and_each_article_once(library: Library) -> None:
    class Watched:
        files = seen = articles = paragraphs = 0

        def begin(self, files: int) -> None:
            self.files += files

        def looked(self) -> None:
            self.seen += 1

        def stored(self, articles: int, paragraphs: int) -> None:
            self.articles += articles
            self.paragraphs += paragraphs

    watched = Watched()
    for name, text in STORIES.items():
        library.write(name, text)
    library.engine.ingest([str(library.folder)], progress=watched)
    assert (watched.files, watched.seen, watched.articles, watched.paragraphs) == (3, 3, 3, 9)


# --- ids, numbers, vectors ---------------------------------------------------------------------------------------


def test_a_changed_paragraph_embeds_its_chunk_alone_and_keeps_all_numbers(library: Library) -> None:
    library.write("vote.md", f"# The wind tax\n\n{VOTE}")
    library.ingest()
    before = library.numbers("vote.md")
    library.write("vote.md", f"# The wind tax\n\n{edited(VOTE)}")
    report = library.ingest()
    assert counts(report) == (0, 1, 0, 0, 0, 0)
    (embedded,) = library.embedder.history
    assert "Marta Lind" in embedded
    after = library.numbers("vote.md")
    assert sorted(after.values()) == sorted(before.values())
    assert {text: n for text, n in after.items() if text in before} == {
        text: n for text, n in before.items() if text in after
    }
    check_store(library.store)


def test_a_paragraph_put_in_front_leaves_the_numbers_of_the_others(library: Library) -> None:
    library.write("vote.md", f"# The wind tax\n\n{VOTE}")
    library.ingest()
    before = library.numbers("vote.md")
    library.write("vote.md", f"# The wind tax\n\nRain fell on the capital all through the session.\n\n{VOTE}")
    library.ingest()
    after = library.numbers("vote.md")
    assert before.items() <= after.items()
    assert set(after.values()) - set(before.values()) == {max(before.values()) + 1}


def test_a_number_once_used_is_never_given_to_another_text(library: Library) -> None:
    first, second, third = VOTE.split("\n\n")
    library.write("vote.md", f"# Tax\n\n{first}\n\n{second}\n\n{third}")
    library.ingest()
    gone = library.numbers("vote.md")[third]
    library.write("vote.md", f"# Tax\n\n{first}\n\n{second}")
    library.ingest()
    library.write("vote.md", f"# Tax\n\n{first}\n\n{second}\n\nThe session ended at midnight with a song.")
    library.ingest()
    assert gone not in library.numbers("vote.md").values()


def test_other_files_do_not_move_an_articles_id_numbers_or_vectors(stories: Library) -> None:
    before = (stories.id_of("vote.txt"), stories.numbers("vote.txt"))
    stories.write("a/vote.txt", "Another vote was held in the town of Lund, where the school gets a new roof.")
    stories.write("chess.txt", CHESS + "\n\nThe title now goes to the youngest player ever.")
    stories.ingest()
    assert (stories.id_of("vote.txt"), stories.numbers("vote.txt")) == before
    assert not any("turbines" in text for text in stories.embedder.history)


@pytest.mark.parametrize("target", ["renamed.txt", "below/vote.txt", "0.txt", "zz z #1.txt", "vote.md"])
def test_a_file_that_moves_keeps_id_and_numbers_and_embeds_nothing(stories: Library, target: str) -> None:
    before = (stories.id_of("vote.txt"), stories.numbers("vote.txt"))
    (stories.folder / target).parent.mkdir(exist_ok=True)
    (stories.folder / "vote.txt").rename(stories.folder / target)
    report = stories.ingest()
    assert counts(report) == (0, 1, 2, 0, 0, 0)
    assert (stories.id_of(target), stories.numbers(target)) == before
    assert stories.embedder.history == []
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    check_store(stories.store)


def test_a_file_that_comes_back_to_where_it_was_is_a_copy_of_the_one_that_moved(stories: Library) -> None:
    (stories.folder / "vote.txt").rename(stories.folder / "moved.txt")
    stories.ingest()
    stories.write("vote.txt", VOTE)
    report = stories.ingest()
    assert counts(report) == (0, 0, 3, 0, 0, 1)
    assert report.duplicates[0].path == str(stories.folder / "vote.txt")


def test_a_whole_folder_that_moves_keeps_its_articles(stories: Library) -> None:
    ids = stories.ids()
    stories.folder.rename(stories.home / "archive")
    report = stories.ingest(stories.home / "archive")
    assert counts(report) == (0, 3, 0, 0, 0, 0)
    assert stories.ids() == ids
    assert {Path(a.path).parent.name for a in stories.engine.articles()} == {"archive"}
    assert stories.embedder.history == []
    check_store(stories.store)


def test_a_file_moved_onto_another_takes_its_place(stories: Library) -> None:
    (stories.folder / "vote.txt").rename(stories.folder / "flood.txt")
    report = stories.ingest()
    assert counts(report) == (0, 1, 1, 1, 0, 0)
    assert stories.texts() == {VOTE, CHESS}
    assert stories.engine.catalogue.article(stories.id_of("flood.txt")).text == VOTE
    assert counts(stories.ingest()) == (0, 0, 2, 0, 0, 0)
    check_store(stories.store)


def test_files_that_trade_their_texts_are_both_updated(stories: Library) -> None:
    ids = {name: stories.id_of(name) for name in ("vote.txt", "flood.txt")}
    stories.write("vote.txt", FLOOD)
    stories.write("flood.txt", VOTE)
    report = stories.ingest()
    assert counts(report) == (0, 2, 1, 0, 0, 0)
    assert stories.texts() == set(STORIES.values())
    assert {name: stories.id_of(name) for name in ids} == ids
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    check_store(stories.store)


def test_texts_that_go_round_three_files_are_all_kept(stories: Library) -> None:
    for name, text in zip(("chess.txt", "flood.txt", "vote.txt"), (FLOOD, VOTE, CHESS), strict=True):
        stories.write(name, text)
    assert counts(stories.ingest()) == (0, 3, 0, 0, 0, 0)
    assert stories.texts() == set(STORIES.values())
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


# --- files that go -----------------------------------------------------------------------------------------------


def test_an_article_whose_file_is_gone_is_removed(stories: Library) -> None:
    (stories.folder / "chess.txt").unlink()
    report = stories.ingest()
    assert counts(report) == (0, 0, 2, 1, 0, 0)
    assert stories.texts() == {VOTE, FLOOD}
    check_store(stories.store)


def test_keep_missing_keeps_an_article_whose_file_is_gone(stories: Library) -> None:
    (stories.folder / "chess.txt").unlink()
    report = stories.ingest(keep_missing=True)
    assert counts(report) == (0, 0, 2, 0, 0, 0)
    assert CHESS in stories.texts()


def test_a_kept_article_whose_file_returns_is_unchanged(stories: Library) -> None:
    (stories.folder / "chess.txt").unlink()
    stories.ingest(keep_missing=True)
    stories.write("chess.txt", CHESS)
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


def test_a_folder_that_lost_more_than_half_keeps_its_articles_and_says_so(stories: Library) -> None:
    for name in ("chess.txt", "flood.txt"):
        (stories.folder / name).unlink()
    report = stories.ingest()
    assert counts(report) == (0, 0, 1, 0, 0, 0)
    assert report.articles == 3
    (note,) = report.notes
    assert "2 of 3 articles" in note
    assert f"rag ingest {stories.folder} --prune" in note
    check_store(stories.store)


def test_prune_removes_even_most_of_a_folder(stories: Library) -> None:
    for name in ("chess.txt", "flood.txt"):
        (stories.folder / name).unlink()
    report = stories.ingest(prune=True)
    assert counts(report) == (0, 0, 1, 2, 0, 0)
    assert report.notes == ()
    assert stories.texts() == {VOTE}
    check_store(stories.store)


def test_exactly_half_of_a_folder_is_removed_without_asking(stories: Library) -> None:
    stories.write("mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    stories.ingest()
    for name in ("chess.txt", "flood.txt"):
        (stories.folder / name).unlink()
    assert counts(stories.ingest()) == (0, 0, 2, 2, 0, 0)


def test_new_files_do_not_outvote_the_ones_that_are_gone(stories: Library) -> None:
    for name in STORIES:
        (stories.folder / name).unlink()
    for n, thing in enumerate(("harbour", "school", "theatre", "library", "station", "museum", "bakery")):
        stories.write(f"{thing}.txt", f"The {thing} of a small town was repainted in {1990 + n}, {thing} staff recall.")
    report = stories.ingest()
    assert (report.added, report.removed) == (7, 0)
    assert len(report.notes) == 1


def test_an_emptied_folder_keeps_everything_until_prune(stories: Library) -> None:
    for name in STORIES:
        (stories.folder / name).unlink()
    report = stories.ingest()
    assert counts(report) == (0, 0, 0, 0, 0, 0)
    assert report.articles == 3
    assert "3 of 3" in report.notes[0]
    assert stories.ingest(prune=True).articles == 0
    check_store(stories.store)


def test_a_missing_folder_keeps_everything_and_says_so(stories: Library) -> None:
    shutil.rmtree(stories.folder)
    with pytest.raises(InputError, match=r"news does not exist; the 3 articles stored from it were kept"):
        stories.ingest()
    assert len(stories.ids()) == 3


def test_a_folder_that_was_never_there_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match=r"nowhere does not exist; check the path"):
        library.ingest(library.home / "nowhere")
    assert not library.store.exists()


def test_a_folder_without_articles_is_refused(library: Library) -> None:
    library.write("notes.rtf", "{}")
    with pytest.raises(InputError, match="no articles in"):
        library.ingest()


def test_other_folders_are_left_alone(stories: Library) -> None:
    elsewhere = stories.home / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mill.txt").write_text("The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    (stories.folder / "chess.txt").unlink()
    assert counts(stories.ingest(elsewhere)) == (1, 0, 0, 0, 0, 0)
    assert CHESS in stories.texts()


def test_ingesting_one_file_again_leaves_its_neighbours_alone(stories: Library) -> None:
    (stories.folder / "chess.txt").unlink()
    assert counts(stories.ingest(stories.folder / "vote.txt")) == (0, 0, 1, 0, 0, 0)
    assert len(stories.ids()) == 3


def test_a_file_named_by_hand_outlives_an_ingest_of_its_folder(library: Library) -> None:
    """A folder's listing leaves out README files; one that was asked for by name is still there all the same."""
    library.write("vote.txt", VOTE)
    readme = library.write("README.md", "The archive was given to the town by a collector from Lund in 1931.")
    library.ingest(readme)
    report = library.ingest()
    assert (report.removed, report.articles) == (0, 2)


def test_a_folder_named_with_dots_is_the_same_folder(stories: Library) -> None:
    (stories.folder / "chess.txt").unlink()
    (stories.folder / "sub").mkdir()
    assert counts(stories.ingest(stories.folder / "sub" / "..")) == (0, 0, 2, 1, 0, 0)


# --- records -----------------------------------------------------------------------------------------------------

RECORDS = [
    {"id": "a", "title": "Vote", "text": VOTE},
    {"id": "b", "title": "Flood", "text": FLOOD},
    {"id": "c", "title": "Chess", "text": CHESS},
]


def lines(*records: dict[str, str]) -> str:
    return "\n".join(json.dumps(record) for record in records)


def test_records_are_added_changed_and_removed_one_by_one(library: Library) -> None:
    a, b, c = RECORDS
    library.write("feed.jsonl", lines(a, b, c))
    assert counts(library.ingest()) == (3, 0, 0, 0, 0, 0)
    new = {
        "id": "d",
        "title": "Mill",
        "text": "The old mill in Orrefors is open again, and its wheel turns on Sundays.",
    }
    library.write("feed.jsonl", lines(a | {"text": edited(VOTE)}, b, new))
    report = library.ingest()
    assert counts(report) == (1, 1, 1, 1, 0, 0)
    assert library.texts() == {edited(VOTE), FLOOD, new["text"]}
    assert counts(library.ingest()) == (0, 0, 3, 0, 0, 0)
    check_store(library.store)


def test_records_in_another_order_are_unchanged(library: Library) -> None:
    library.write("feed.jsonl", lines(*RECORDS))
    library.ingest()
    library.write("feed.jsonl", lines(*reversed(RECORDS)))
    assert counts(library.ingest()) == (0, 0, 3, 0, 0, 0)
    assert library.embedder.history == []


def test_a_record_that_gets_another_id_keeps_its_article(library: Library) -> None:
    library.write("feed.jsonl", lines(*RECORDS))
    library.ingest()
    ids = library.ids()
    library.write("feed.jsonl", lines(RECORDS[0] | {"id": "other"}, *RECORDS[1:]))
    assert counts(library.ingest()) == (0, 1, 2, 0, 0, 0)
    assert library.ids() == ids
    assert library.embedder.history == []


def test_a_record_that_cannot_be_read_removes_nothing(library: Library) -> None:
    library.write("feed.jsonl", lines(*RECORDS))
    library.ingest()
    library.write("feed.jsonl", lines(RECORDS[0]) + "\n{broken\n")
    report = library.ingest()
    assert counts(report) == (0, 0, 1, 0, 1, 0)
    assert "line 2" in report.failed[0].error
    assert len(library.ids()) == 3


def test_a_file_that_was_broken_and_turns_back_is_read_again(library: Library) -> None:
    """While it was broken one of its records had another text: that one must not stay."""
    library.write("feed.jsonl", lines(*RECORDS))
    library.ingest()
    library.write("feed.jsonl", lines(RECORDS[0] | {"text": edited(VOTE)}) + "\n{broken\n")
    assert counts(library.ingest()) == (0, 1, 0, 0, 1, 0)
    library.write("feed.jsonl", lines(*RECORDS))
    assert counts(library.ingest()) == (0, 1, 2, 0, 0, 0)
    assert library.texts() == {VOTE, FLOOD, CHESS}


def test_a_record_with_half_a_surrogate_pair_harms_no_other(library: Library) -> None:
    library.write(
        "feed.jsonl", '{"id": "x", "text": "A broken \\ud83d face stood in the headline."}\n' + lines(RECORDS[0])
    )
    report = library.ingest()
    assert VOTE in library.texts()
    assert report.added + len(report.failed) == 2


# --- files that cannot be read -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n\n ",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00",
        b"%PDF-1.7 and then nothing",
        b"# Only a heading\n",
    ],
    ids=["empty", "blank", "binary", "pdf", "no paragraph"],
)
def test_a_file_without_an_article_fails_alone(library: Library, content: bytes) -> None:
    library.write("vote.txt", VOTE)
    (library.folder / "bad.md").write_bytes(content)
    report = library.ingest()
    assert counts(report) == (1, 0, 0, 0, 1, 0)
    assert report.failed[0].path == str(library.folder / "bad.md")
    assert report.failed[0].error
    assert "\n" not in report.failed[0].error
    check_store(library.store)


def test_a_file_that_fails_keeps_its_old_version_and_is_repaired_later(stories: Library) -> None:
    stories.write("vote.txt", "")
    assert counts(stories.ingest()) == (0, 0, 2, 0, 1, 0)
    assert VOTE in stories.texts()
    stories.write("vote.txt", VOTE)
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    stories.write("vote.txt", "")
    stories.ingest()
    stories.write("vote.txt", edited(VOTE))
    assert counts(stories.ingest()) == (0, 1, 2, 0, 0, 0)
    assert edited(VOTE) in stories.texts()


def test_a_pipe_or_device_is_refused_without_being_opened(stories: Library) -> None:
    pipe = stories.home / "pipe.txt"
    os.mkfifo(pipe)
    report = stories.ingest(stories.folder, pipe, Path("/dev/null"))
    assert counts(report) == (0, 0, 3, 0, 2, 0)


def test_a_socket_in_a_folder_is_no_article(stories: Library) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(stories.folder)  # the path of a socket is short
        try:
            server.bind("s.txt")
        finally:
            os.chdir(here)
        assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


def run_with(
    library: Library,
    load: Callable[[str, object], tuple[list[Source], list[Failure]]],
    *paths: str,
    urls: tuple[str, ...] = (),
) -> tuple[int, int, int, int, int, int]:
    """An ingest whose files are read by `load`."""
    library.engine.close()
    catalogue = Catalogue.create(library.store / CATALOGUE)
    writer = Writer(catalogue, library.embedder, lambda *_: None)
    roots = [(library.folder, [Path(path) for path in paths])] if paths else []
    report = Synchroniser(catalogue, writer, load, lambda _: {}, Options(), _Nobody()).run(roots, urls)
    catalogue.close()
    return counts(report)


class _Nobody:
    def begin(self, files: int) -> None: ...

    def looked(self) -> None: ...

    def stored(self, articles: int, paragraphs: int) -> None: ...


def test_a_file_that_vanishes_before_it_is_read_keeps_its_article(stories: Library) -> None:
    vote = stories.write("vote.txt", edited(VOTE))

    def load(path: str, facts: object) -> tuple[list[Source], list[Failure]]:
        vote.unlink()
        raise LoadError("does not exist")

    paths = [str(stories.folder / name) for name in STORIES]
    assert run_with(stories, load, *paths) == (0, 0, 2, 0, 1, 0)
    assert VOTE in stories.texts()
    (stories.folder / "vote.txt").write_text(VOTE)
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


# --- URLs --------------------------------------------------------------------------------------------------------


def page(text: str) -> Callable[[str, object], tuple[list[Source], list[Failure]]]:
    def load(url: str, facts: object) -> tuple[list[Source], list[Failure]]:
        blocks = tuple(Block(piece) for piece in text.split("\n\n"))
        return [Source(url, markup="blocks", blocks=blocks, digest=text)], []

    return load


def test_an_address_given_twice_is_one_article(library: Library) -> None:
    url = "https://example.org/vote"
    assert run_with(library, page(VOTE), urls=(url, url)) == (1, 0, 0, 0, 0, 0)
    assert run_with(library, page(VOTE), urls=(url,)) == (0, 0, 1, 0, 0, 0)
    assert run_with(library, page(edited(VOTE)), urls=(url,)) == (0, 1, 0, 0, 0, 0)


def test_a_page_stays_when_folders_are_ingested(stories: Library) -> None:
    run_with(stories, page("The old mill in Orrefors is open again."), urls=("https://example.org/mill",))
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    assert len(stories.ids()) == 4


def test_a_page_that_copies_a_file_stays_its_copy_when_the_file_changes(stories: Library) -> None:
    assert run_with(stories, page(VOTE), urls=("https://example.org/vote",)) == (0, 0, 0, 0, 0, 1)
    stories.write("vote.txt", edited(VOTE))
    assert counts(stories.ingest()) == (0, 1, 2, 0, 0, 0)
    (article,) = (a for a in stories.engine.articles() if a.duplicates)
    assert article.duplicates == ("https://example.org/vote",)


def test_an_address_that_is_none_fails_alone(library: Library) -> None:
    file = library.write("vote.txt", VOTE)
    report = library.engine.ingest([str(file), "gopher://example.org/vote"])
    assert counts(report) == (1, 0, 0, 0, 1, 0)


# --- duplicates --------------------------------------------------------------------------------------------------

NEAR = " ".join(f"{VOTE} {FLOOD}".split())  # 115 words: one that is changed leaves a similarity of .95


def test_an_exact_copy_is_reported_and_stored_once(stories: Library) -> None:
    stories.write("copy/vote copy.txt", VOTE)
    report = stories.ingest()
    assert counts(report) == (0, 0, 3, 0, 0, 1)
    (duplicate,) = report.duplicates
    assert duplicate.path == str(stories.folder / "copy/vote copy.txt")
    assert duplicate.of == stories.id_of("vote.txt")
    (article,) = (a for a in stories.engine.articles() if a.duplicates)
    assert article.duplicates == (duplicate.path,)
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 1)
    check_store(stories.store)


def test_a_near_copy_is_reported_and_stored_once(library: Library) -> None:
    library.write("a.txt", NEAR)
    library.write("b.txt", edited(NEAR))
    report = library.ingest()
    assert counts(report) == (1, 0, 0, 0, 0, 1)
    assert library.texts() == {NEAR}


def test_a_copy_takes_the_place_of_an_original_that_is_removed(stories: Library) -> None:
    stories.write("copy.txt", VOTE)
    stories.ingest()
    before = (stories.id_of("vote.txt"), stories.numbers("vote.txt"))
    (stories.folder / "vote.txt").unlink()
    report = stories.ingest()
    assert counts(report) == (0, 1, 2, 0, 0, 0)
    assert (stories.id_of("copy.txt"), stories.numbers("copy.txt")) == before
    assert stories.embedder.history == []
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    check_store(stories.store)


def test_of_two_copies_one_takes_the_place_and_the_other_is_its_copy(stories: Library) -> None:
    stories.write("copy1.txt", VOTE)
    stories.write("copy2.txt", VOTE)
    stories.ingest()
    (stories.folder / "vote.txt").unlink()
    report = stories.ingest()
    assert counts(report) == (0, 1, 2, 0, 0, 1)
    assert report.duplicates[0].of == stories.id_of("copy1.txt")
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 1)


@pytest.mark.parametrize("copy", ["a-copy.txt", "z-copy.txt"], ids=["before it", "after it"])
def test_a_copy_of_a_text_that_changed_becomes_an_article(stories: Library, copy: str) -> None:
    stories.write(copy, VOTE)
    stories.ingest()
    new = "A glassblower from Orrefors has opened a school for apprentices in an old mill."
    stories.write("vote.txt", new)
    report = stories.ingest()
    assert counts(report) == (1, 1, 2, 0, 0, 0)
    assert stories.texts() == {VOTE, FLOOD, CHESS, new}
    assert counts(stories.ingest()) == (0, 0, 4, 0, 0, 0)
    check_store(stories.store)


@pytest.mark.parametrize("copy", ["a-copy.txt", "z-copy.txt"], ids=["before it", "after it"])
def test_a_copy_made_in_the_same_moment_its_original_changes_is_an_article(stories: Library, copy: str) -> None:
    stories.write(copy, VOTE)
    stories.write("vote.txt", "A glassblower from Orrefors has opened a school for apprentices in an old mill.")
    stories.ingest()
    assert VOTE in stories.texts()
    assert len(stories.ids()) == 4
    assert counts(stories.ingest()) == (0, 0, 4, 0, 0, 0)
    check_store(stories.store)


def test_a_copy_outside_the_folder_is_looked_at_when_its_original_changes(stories: Library) -> None:
    elsewhere = stories.home / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "copy.txt").write_text(VOTE)
    assert counts(stories.ingest(elsewhere)) == (0, 0, 0, 0, 0, 1)
    stories.write("vote.txt", "A glassblower from Orrefors has opened a school for apprentices in an old mill.")
    assert counts(stories.ingest()) == (1, 1, 2, 0, 0, 0)
    assert VOTE in stories.texts()


def test_an_article_that_becomes_a_copy_is_stored_once(stories: Library) -> None:
    stories.write("vote.txt", FLOOD)
    report = stories.ingest()
    assert counts(report) == (0, 0, 2, 1, 0, 1)
    assert stories.texts() == {FLOOD, CHESS}
    assert counts(stories.ingest()) == (0, 0, 2, 0, 0, 1)
    stories.write("vote.txt", VOTE)
    assert counts(stories.ingest()) == (1, 0, 2, 0, 0, 0)
    check_store(stories.store)


def test_a_copy_that_is_deleted_is_forgotten(stories: Library) -> None:
    copy = stories.write("copy.txt", VOTE)
    stories.ingest()
    copy.unlink()
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)
    assert not any(article.duplicates for article in stories.engine.articles())


def test_a_folder_of_copies_that_is_emptied_is_forgotten(stories: Library) -> None:
    copies = stories.home / "copies"
    copies.mkdir()
    (copies / "vote.txt").write_text(VOTE)
    stories.ingest(copies)
    (copies / "vote.txt").unlink()
    stories.ingest(copies)
    assert not any(article.duplicates for article in stories.engine.articles())


def test_a_record_that_is_a_copy_is_forgotten_with_its_line(library: Library) -> None:
    library.write("article.txt", VOTE)
    library.write("feed.jsonl", lines(*RECORDS))
    assert counts(library.ingest()) == (3, 0, 0, 0, 0, 1)
    library.write("feed.jsonl", lines(*RECORDS[1:]))
    assert counts(library.ingest()) == (0, 0, 3, 0, 0, 0)
    assert not any(article.duplicates for article in library.engine.articles())
    assert library.texts() == {VOTE, FLOOD, CHESS}


def test_a_copied_file_in_a_moved_folder_is_no_article_of_its_own(stories: Library) -> None:
    """Moved by copying first and deleting later: the copies are reported, then take the place of the originals."""
    ids = stories.ids()
    archive = stories.home / "archive"
    shutil.copytree(stories.folder, archive)
    assert counts(stories.ingest(archive)) == (0, 0, 0, 0, 0, 3)
    for name in STORIES:
        (stories.folder / name).unlink()
    report = stories.ingest(stories.folder)
    assert report.articles == 3
    assert stories.ids() == ids
    assert {Path(a.path).parent.name for a in stories.engine.articles()} == {"archive"}


# --- what is set from outside ------------------------------------------------------------------------------------


def test_set_is_remembered_for_the_folder_it_was_given_for(stories: Library) -> None:
    stories.ingest(given={"publisher": "The Courier"})
    stories.write("mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    assert counts(stories.ingest()) == (1, 0, 3, 0, 0, 0)
    assert {article.metadata.publisher for article in stories.engine.articles()} == {"The Courier"}


def test_set_for_one_file_wins_over_its_folder_whatever_the_order(stories: Library) -> None:
    stories.ingest(stories.folder / "vote.txt", given={"publisher": "The Gazette"})
    stories.ingest(given={"publisher": "The Courier"})
    publishers = {Path(a.path).name: a.metadata.publisher for a in stories.engine.articles()}
    assert publishers == {"vote.txt": "The Gazette", "flood.txt": "The Courier", "chess.txt": "The Courier"}
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


def test_a_later_set_adds_to_an_earlier_one(stories: Library) -> None:
    stories.ingest(given={"publisher": "The Courier"})
    stories.ingest(given={"language": "fr"})
    assert {(a.metadata.publisher, a.metadata.language) for a in stories.engine.articles()} == {("The Courier", "fr")}


def test_what_is_not_embedded_is_updated_without_embedding(stories: Library) -> None:
    stories.write("sources.toml", '["*"]\nauthor = "Rosa Lehn"\n')
    report = stories.ingest()
    assert counts(report) == (0, 3, 0, 0, 0, 0)
    assert stories.embedder.history == []
    assert {a.metadata.authors for a in stories.engine.articles()} == {("Rosa Lehn",)}
    check_store(stories.store)


def test_a_change_in_sources_toml_touches_the_files_it_names_alone(stories: Library) -> None:
    stories.write("sources.toml", '["vote.txt"]\npublisher = "The Courier"\n')
    report = stories.ingest()
    assert counts(report) == (0, 1, 2, 0, 0, 0)
    assert len(stories.embedder.history) == 3
    (stories.folder / "sources.toml").unlink()
    assert counts(stories.ingest()) == (0, 1, 2, 0, 0, 0)
    assert {a.metadata.publisher for a in stories.engine.articles()} == {None}


def test_a_file_ingested_on_its_own_keeps_what_its_folder_says(stories: Library) -> None:
    file = stories.write("2024/mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    stories.write("sources.toml", '["*"]\npublisher = "The Courier"\n')
    stories.ingest()
    for target in (file, file.parent, stories.folder):
        assert counts(stories.ingest(target))[1] == 0
    assert {a.metadata.publisher for a in stories.engine.articles()} == {"The Courier"}


def test_a_file_beside_a_folder_does_not_lend_it_its_facts(library: Library) -> None:
    """What holds when both are named must hold when one is."""
    ferry = library.write("ferry.txt", "The ferry to the islands is cancelled because of the strong wind today.")
    comet = library.write("below/comet.txt", "A comet was seen above the town hall by two hundred people on Monday.")
    library.write("sources.toml", '["*"]\npublisher = "The Courier"\n')
    library.ingest(ferry, comet.parent)
    assert counts(library.ingest(comet.parent)) == (0, 0, 1, 0, 0, 0)
    publishers = {Path(a.path).stem: a.metadata.publisher for a in library.engine.articles()}
    assert publishers == {"ferry": "The Courier", "comet": None}


@pytest.mark.parametrize("order", [1, -1], ids=["outer first", "inner first"])
def test_nested_folders_read_the_same_facts_in_any_order(library: Library, order: int) -> None:
    library.write("inner/mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    library.write("sources.toml", '["*"]\npublisher = "The Courier"\n')
    library.ingest(*[library.folder, library.folder / "inner"][::order])
    assert [a.metadata.publisher for a in library.engine.articles()] == ["The Courier"]


def test_a_mistake_in_a_sources_toml_below_shows_before_any_work(stories: Library) -> None:
    stories.write("mill/mill.txt", "The old mill in Orrefors is open again, and its wheel turns on Sundays.")
    stories.write("mill/sources.toml", '["*"]\npublsher = "The Courier"\n')

    class Watched(_Nobody):
        def begin(self, files: int) -> None:
            raise AssertionError("work has begun")

    with pytest.raises(ConfigError, match="publsher"):
        stories.engine.ingest([str(stories.folder)], progress=Watched())


def test_a_mistake_in_sources_toml_forgets_the_set_of_that_command(stories: Library) -> None:
    stories.write("sources.toml", "publisher = 'The Courier'\n")
    with pytest.raises(ConfigError):
        stories.ingest(given={"publisher": "The Gazette"})
    (stories.folder / "sources.toml").unlink()
    assert counts(stories.ingest()) == (0, 0, 3, 0, 0, 0)


# --- what is named -----------------------------------------------------------------------------------------------


def test_a_file_named_twice_is_read_once(library: Library) -> None:
    file = library.write("vote.txt", VOTE)
    assert counts(library.ingest(file, file)) == (1, 0, 0, 0, 0, 0)


def test_a_folder_and_a_file_in_it_are_read_once(library: Library) -> None:
    file = library.write("below/vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    report = library.ingest(file, library.folder, library.folder / "below")
    assert counts(report) == (2, 0, 0, 0, 0, 0)
    file.unlink()
    assert counts(library.ingest(library.folder)) == (0, 0, 1, 1, 0, 0)


def test_two_folders_are_kept_apart_when_one_is_emptied(library: Library) -> None:
    library.write("a/vote.txt", VOTE)
    library.write("b/flood.txt", FLOOD)
    library.write("b/chess.txt", CHESS)
    roots = library.folder / "a", library.folder / "b"
    assert counts(library.ingest(*roots)) == (3, 0, 0, 0, 0, 0)
    (library.folder / "a/vote.txt").unlink()
    report = library.ingest(*roots)
    assert report.articles == 3
    assert str(roots[0]) in report.notes[0]


def test_an_article_that_moves_between_two_folders_is_followed(library: Library) -> None:
    library.write("a/vote.txt", VOTE)
    library.write("b/flood.txt", FLOOD)
    roots = library.folder / "a", library.folder / "b"
    library.ingest(*roots)
    (library.folder / "a/vote.txt").rename(library.folder / "b/vote.txt")
    report = library.ingest(*roots)
    assert counts(report) == (0, 1, 1, 0, 0, 0)
    assert report.notes == ()


NAMES = [
    "with space.txt", "größe – straße.txt", "a#b.txt", "two\nlines.txt", "quote'\".txt", "投票.txt", "%41.txt",
    "-n.txt", "😀.txt", "café.txt", "UPPER.TXT", "semi;colon&.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_files_with_odd_names_are_ingested_kept_and_shown(library: Library, name: str) -> None:
    library.write(name, VOTE)
    assert counts(library.ingest()) == (1, 0, 0, 0, 0, 0)
    assert counts(library.ingest()) == (0, 0, 1, 0, 0, 0)
    (article,) = library.engine.articles()
    assert article.path == str(library.folder / name)
    assert "#" not in article.id
    assert library.engine.show(f"{article.id}#2").paragraph is not None
    check_store(library.store)


def test_a_name_that_is_not_utf8_fails_alone(library: Library) -> None:
    library.write("vote.txt", VOTE)
    Path(os.fsdecode(os.fsencode(library.folder) + b"/caf\xe9.txt")).write_text(FLOOD)
    assert counts(library.ingest()) == (1, 0, 0, 0, 1, 0)


def test_a_folder_whose_name_is_not_utf8_is_refused(library: Library) -> None:
    folder = Path(os.fsdecode(os.fsencode(library.folder) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "vote.txt").write_text(VOTE)
    with pytest.raises(InputError, match="not UTF-8"):
        library.ingest(folder)


def test_links_to_files_and_folders_are_read_once(library: Library) -> None:
    library.write("real/vote.txt", VOTE)
    (library.folder / "link.txt").symlink_to(library.folder / "real/vote.txt")
    (library.folder / "linked").symlink_to(library.folder / "real")
    (library.folder / "loop").symlink_to(library.folder)
    assert counts(library.ingest()) == (1, 0, 0, 0, 0, 0)
    assert library.engine.articles()[0].path == str(library.folder / "real/vote.txt")
    assert counts(library.ingest()) == (0, 0, 1, 0, 0, 0)


def test_a_link_to_nothing_fails_alone(library: Library) -> None:
    library.write("vote.txt", VOTE)
    (library.folder / "dangling.txt").symlink_to(library.folder / "nowhere.txt")
    assert counts(library.ingest()) == (1, 0, 0, 0, 1, 0)


def test_a_linked_folder_ingested_by_its_link_is_followed_to_its_own_name(library: Library) -> None:
    library.write("real/vote.txt", VOTE)
    (library.folder / "linked").symlink_to(library.folder / "real")
    library.ingest(library.folder / "linked")
    ids = library.ids()
    assert counts(library.ingest()) == (0, 1, 0, 0, 0, 0)
    assert library.ids() == ids
    assert counts(library.ingest()) == (0, 0, 1, 0, 0, 0)


# --- whatever happens to a folder ----------------------------------------------------------------------------------

WORDS = "river council bridge turbine champion harvest museum border choir engine glacier tariff senate orchard".split()


def story(seed: int) -> str:
    """An article unlike any other."""
    draw = random.Random(seed)  # noqa: S311
    return "\n\n".join(" ".join(draw.choices(WORDS, k=14)).capitalize() + f" in {seed}." for _ in range(2))


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 4), st.integers(0, 5)),
        st.tuples(st.just("delete"), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("swap"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("ingest"), st.just(0), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_after_any_history_the_store_holds_exactly_what_the_folder_holds(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, int]]
) -> None:
    library = Library(tmp_path_factory.mktemp("history"))
    files: dict[str, str] = {"keep.txt": story(99)}
    library.write("keep.txt", files["keep.txt"])
    library.ingest()
    for action, first, second in [*actions, ("ingest", 0, 0)]:
        one, two = f"{first}.txt", f"{second}.txt"
        if action == "write":
            files[one] = story(second)
        elif action == "delete":
            files.pop(one, None)
        elif action == "move" and one in files:
            files[two] = files.pop(one)
        elif action == "swap" and one in files and two in files:
            files[one], files[two] = files[two], files[one]
        elif action == "ingest":
            for file in library.folder.iterdir():
                file.unlink()
            for name, text in files.items():
                library.write(name, text)
            report = library.ingest(prune=True)
            assert library.texts() == set(files.values())
            assert report.articles == len(set(files.values()))
            assert report.articles + len(report.duplicates) == len(files)
            assert {article.path for article in library.engine.articles()} <= {str(library.folder / n) for n in files}
            copies = sorted(path for article in library.engine.articles() for path in article.duplicates)
            assert copies == sorted(duplicate.path for duplicate in report.duplicates)
            before = library.dump()
            again = library.ingest(prune=True)
            assert counts(again) == (0, 0, report.articles, 0, 0, len(report.duplicates))
            assert library.dump() == before
            assert library.embedder.history == []
    library.close()
    check_store(library.store)
    shutil.rmtree(library.home)


# --- much ----------------------------------------------------------------------------------------------------------


def test_many_articles_are_written_in_batches(library: Library) -> None:
    """Held in memory until the end they would be one; each batch is safe as soon as it is reported."""
    batches: list[int] = []

    class Watched(_Nobody):
        def stored(self, articles: int, paragraphs: int) -> None:
            batches.append(articles)

    for n in range(300):
        library.write(f"{n}.txt", story(n))
    library.engine.ingest([str(library.folder)], progress=Watched())
    assert sum(batches) == 300
    assert max(batches) <= 256  # two chunks each
