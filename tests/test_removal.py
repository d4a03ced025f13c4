"""Deleted means deleted: not a sentence, name, path or rare word of a removed article in any byte of the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from session_records import SESSION, WITH_BRIEFING
from store_helpers import CHESS, FLOOD, VOTE, Library, check_store, make_article

from rag import wiping
from rag.catalogue import Catalogue
from rag.chat_schema import Session, Turn
from rag.conversing import ChatOptions
from rag.llm_records import Message, Reply
from rag.overrides import parse_set
from rag.parts import CATALOGUE, CHROMA
from rag.removed_quotes import LEFT, NOTE, without
from rag.render_session_html import session_html
from rag.render_session_json import session_json
from rag.render_session_markdown import session_markdown
from rag.rendering import plain_lines
from rag.reply_cache import CachedModel
from rag.serialising import to_json
from rag.turn_layout import recalled_lines, turn_lines
from rag.wiping import TRACES

RUN = 20
"""Characters in a row by which a text would be known again."""
LEDGERS = """The informant Wilhelmina Quasthoff met the auditor in a boathouse near Trondheim.

She handed over eleven ledgers of the Pfefferkorn foundation. "Nobody else has seen them," she said.

The foundation's xylograph collection was sold to pay for the silence of two bookkeepers."""
ASKED = "Who handed over the ledgers?"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    for name, text in (("vote.txt", VOTE), ("flood.txt", FLOOD), ("chess.txt", CHESS)):
        library.write(name, text)
    library.ingest()
    yield library
    library.close()


def add_ledgers(library: Library) -> Path:
    file = library.write("boathouse-ledgers-of-the-foundation.txt", LEDGERS)
    url = "https://gazette.example/2024/boathouse-ledgers"
    given = parse_set(["title=Ledgers from a boathouse", "author=Ottilie Vandersloot", f"url={url}"])
    library.ingest(file, given=given)
    return file


def traces(store: Path, *texts: str) -> set[tuple[str, str]]:
    """Name of the file and run of characters, for every run that is found in a file of the store."""
    runs = {text[at : at + RUN] for text in texts for at in range(max(1, len(text) - RUN + 1))}
    found = set()
    for file in filter(Path.is_file, store.rglob("*")):
        data = file.read_bytes()
        found |= {(file.name, run) for run in runs if run.encode() in data}
    return found


def words_in(store: Path, *words: str) -> set[str]:
    """Which of the words stand in a file of the store, as the index of words would spell them."""
    data = b"".join(file.read_bytes().lower() for file in store.rglob("*") if file.is_file())
    return {word for word in words if word.encode() in data}


RARE = ("wilhelmina", "quasthoff", "pfefferkorn", "xylograph", "vandersloot", "ottili")
"""Each has letters that no other word begins with, so that the index, which shares beginnings, spells it out."""


# --- the files ---------------------------------------------------------------------------------------------------


def test_nothing_of_a_removed_article_is_left_in_any_file(library: Library) -> None:
    file = add_ledgers(library)
    conversation = library.engine.chat("ledgers", ChatOptions(model=False))
    conversation.ask(ASKED)
    assert traces(library.store, *LEDGERS.split("\n\n")), "the scan finds what is there"
    assert words_in(library.store, "quasthoff", "xylograph")
    file.unlink()
    (article,) = (one for one in library.engine.articles() if one.path == str(file))
    removal = library.engine.remove([article.id])
    library.close()
    said = (*LEDGERS.split("\n\n"), article.metadata.title, *article.metadata.authors, article.metadata.url or "")
    assert traces(library.store, *said, file.name) == set()
    assert words_in(library.store, *RARE) == set()
    assert removal.turns == 1
    assert library.warnings == []
    check_store(library.store)


def test_a_rebuild_leaves_no_vector_of_it(library: Library) -> None:
    file = add_ledgers(library)
    library.close()
    with sqlite3.connect(library.store / CATALOGUE) as connection:
        query = "SELECT vector FROM chunks c JOIN articles a ON a.pk = c.article WHERE a.path = ?"
        vectors = [row[0] for row in connection.execute(query, (str(file),))]
    connection.close()
    # Runs of zeros, of which the vectors of a bag of words have many, tell nothing.
    runs = {v[at : at + 16] for v in vectors for at in range(0, len(v) - 15, 4)}
    runs = {run for run in runs if np.count_nonzero(np.frombuffer(run, "<f4")) == 4}
    assert runs
    assert any(run in file.read_bytes() for run in runs for file in (library.store / CHROMA).rglob("*.sqlite3"))
    library.engine.remove([library.id_of(file.name)])
    library.engine.rebuild()
    library.close()
    kept = {row for name in library.texts() for row in name}  # opens the store again: it is whole
    assert kept
    library.close()
    for found in filter(Path.is_file, library.store.rglob("*")):
        data = found.read_bytes()
        assert not [run for run in runs if run in data], found.name


def test_what_was_noted_of_its_file_goes_too_but_not_what_others_need(library: Library) -> None:
    file = add_ledgers(library)
    feed = library.write(
        "feed.jsonl", '{"id": "a", "text": "Snow fell on the harbour."}\n{"id": "b", "text": "A mill is open again."}'
    )
    library.ingest(feed, given={"publisher": "The Feed"})
    rows = library.dump()
    assert {str(file), str(feed)} <= {row[0] for row in rows["files"]} & {row[0] for row in rows["overrides"]}
    first = next(one.id for one in library.engine.articles() if one.path == str(feed))
    library.engine.remove([library.id_of(file.name), first])
    rows = library.dump()
    assert str(file) not in {row[0] for table in ("files", "overrides") for row in rows[table]}
    assert str(feed) not in {row[0] for row in rows["files"]}, "read again by the next ingest"
    assert str(feed) in {row[0] for row in rows["overrides"]}


def test_a_reader_in_the_way_is_told_of_and_the_next_command_finishes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiping, "_WAIT_MS", 0)
    file = add_ledgers(library)
    library.close()
    reader = Catalogue.open(library.store / CATALOGUE)
    with reader.snapshot():
        reader.counts()
        library.engine.remove([library.id_of(file.name)])
        library.close()
        assert library.warnings == [TRACES]
        assert traces(library.store, *LEDGERS.split("\n\n")), "what the reader still sees"
    reader.close()
    file.unlink()
    library.ingest(library.write("mill.txt", "The old mill in Orrefors is open again."))
    library.close()
    assert library.warnings == [TRACES]
    assert traces(library.store, *LEDGERS.split("\n\n"), file.name) == set()


def test_a_removal_that_died_before_it_wiped_is_finished_by_the_next_command(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = add_ledgers(library)
    with monkeypatch.context() as patch:
        patch.setattr(wiping, "_merge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            library.engine.remove([library.id_of(file.name)])
    library.close()
    file.unlink()
    assert words_in(library.store, "quasthoff")
    library.ingest(library.write("mill.txt", "The old mill in Orrefors is open again."))
    library.close()
    assert words_in(library.store, *RARE) == set()
    check_store(library.store)


def test_a_rebuild_wipes_the_words_of_what_an_ingest_took_away(library: Library) -> None:
    add_ledgers(library).unlink()
    library.ingest()
    library.engine.rebuild()
    library.close()
    assert words_in(library.store, *RARE[:4]) == set(), "what --set said of a file is kept for when it is back"
    assert traces(library.store, *LEDGERS.split("\n\n")) == set()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=4), min_size=1, max_size=6))
def test_no_word_outlives_its_articles(tmp_path: Path, batches: list[list[tuple[int, bool]]]) -> None:
    """Articles come, change and go in any order and in any transactions."""
    path = tmp_path / CATALOGUE
    path.unlink(missing_ok=True)
    catalogue = Catalogue.create(path)
    there: dict[str, set[str]] = {}
    count = 0
    for batch in batches:
        with catalogue.transaction():
            for number, stays in batch:
                name = f"article-{number}"
                there.pop(name, None)
                if stays:
                    word = f"zzq{count:04}w"
                    count += 1
                    catalogue.put_article(make_article(name, f"A {word} mill. " * 30, title=word), (), 2, b"")
                    there[name] = {word}
                else:
                    catalogue.delete_article(name)
            wiping.note_words(catalogue)
    wiping.wipe(catalogue, pytest.fail)
    for table in ("paragraph_words", "article_words"):
        catalogue.connection.execute(f"CREATE VIRTUAL TABLE temp.{table}_terms USING fts5vocab(main, {table}, row)")
        terms = {row[0] for row in catalogue.connection.execute(f"SELECT term FROM temp.{table}_terms")}
        assert {term for term in terms if term.startswith("zzq")} == set().union(*there.values())
        segments = catalogue.connection.execute(f"SELECT count(DISTINCT segid) FROM {table}_idx").fetchone()[0]
        assert segments <= 1
    catalogue.close()
    data = path.read_bytes()
    gone = {f"zzq{number:04}w" for number in range(count)} - set().union(*there.values())
    assert not [word for word in gone if f"A {word} mill".encode() in data]


def test_pages_that_many_articles_shared_keep_nothing_of_those_removed(tmp_path: Path) -> None:
    """Rows of all sizes, so that SQLite moves them between pages as they come and go."""
    path = tmp_path / CATALOGUE
    catalogue = Catalogue.create(path)
    texts = {
        f"a{n}": [f"Report {n} line {k}: " + f"item{n}x{k} " * (n * 7 % 90 + 1) for k in range(9)] for n in range(120)
    }
    for name, paragraphs in texts.items():
        with catalogue.transaction():
            catalogue.put_article(make_article(name, *paragraphs, title=f"Title of {name} as printed"), (), 10, b"")
    gone = [name for n, name in enumerate(texts) if n % 3]
    for name in gone:
        with catalogue.transaction():
            wiping.note_words(catalogue)
            catalogue.delete_article(name)
    wiping.wipe(catalogue, pytest.fail)
    catalogue.close()
    data = path.read_bytes()
    said = [text[at : at + RUN].encode() for name in gone for text in texts[name] for at in (0, 5)]
    assert not [run for run in said if run in data]
    assert not [name for name in gone if f"Title of {name} as".encode() in data]


# --- kept conversations ------------------------------------------------------------------------------------------


def every_article(turn: Turn) -> set[str]:
    said = turn.answer or turn.briefing
    assert said is not None
    passages = [*(citation.passage for citation in said.citations), *said.nearest]
    covered = turn.briefing.coverage.articles if turn.briefing else ()
    return {passage.article_id for passage in passages} | {one.article_id for one in covered}


TURNS = [*SESSION.turns, *WITH_BRIEFING.turns[1:]]


@pytest.mark.parametrize("turn", TURNS, ids=range(len(TURNS)))
def test_a_turn_keeps_its_question_and_nothing_of_the_article(turn: Turn) -> None:
    for article in every_article(turn) - {""}:
        left = without(turn, {article})
        said = turn.answer or turn.briefing
        assert said is not None
        passages = [*(citation.passage for citation in said.citations), *said.nearest]
        texts = [one.paragraph.text for one in passages if one.article_id == article]
        others = " ".join(one.paragraph.text for one in passages if one.article_id != article)
        record = to_json(left)
        assert f'"article_id":"{article}"' not in record
        for text in texts:
            runs = {text[at : at + RUN] for at in range(max(1, len(text) - RUN + 1))}
            asked = f"{turn.asked} {turn.question}"
            assert not [run for run in runs if run in record and run not in others and run not in asked]
        assert (left.asked, left.question, left.at, left.filters) == (
            turn.asked, turn.question, turn.at, turn.filters,
        )  # fmt: skip
        kept = left.answer or left.briefing
        assert kept is not None
        assert kept.notes == (NOTE,)
        numbers = {citation.number for citation in kept.citations}
        assert all(set(statement.citations) <= numbers for statement in kept.statements)


def test_a_turn_that_does_not_name_the_article_is_as_it_was() -> None:
    assert [without(turn, {"nobody"}) for turn in TURNS] == TURNS


def test_statements_of_other_articles_stay_and_those_gone_are_told_in_one_line() -> None:
    turn = SESSION.turns[0]
    assert turn.answer is not None
    cited = {c.number: c.passage.article_id for c in turn.answer.citations}
    article = cited[turn.answer.statements[0].citations[0]]
    left = without(turn, {article}).answer
    assert left is not None
    kept = [s for s in turn.answer.statements if not any(cited[n] == article for n in s.citations)]
    assert [s for s in left.statements if s.text != LEFT] == kept
    doubled = replace(turn.answer, statements=(turn.answer.statements[0],) * 3)
    told = without(replace(turn, answer=doubled), {article}).answer
    assert told is not None
    assert [statement.text for statement in told.statements] == [LEFT]


@pytest.mark.parametrize("turn", TURNS, ids=range(len(TURNS)))
def test_every_way_to_show_a_conversation_says_so(turn: Turn) -> None:
    left = without(turn, every_article(turn))
    session = Session("one", "2025-12-12T08:58:03+00:00", "2025-12-12T08:58:03+00:00", (left,))
    shown = [plain_lines(turn_lines(left)), session_markdown(session), session_html(session),
             session_json(session)]  # fmt: skip
    for text in shown:
        assert "has been removed" in " ".join(text.split())
    assert list(recalled_lines(left))


def test_only_the_command_touches_conversations(library: Library) -> None:
    """An article whose file is gone stays quoted, and is marked as removed."""
    file = add_ledgers(library)
    library.engine.chat("ledgers", ChatOptions(model=False)).ask(ASKED)
    file.unlink()
    library.ingest()
    (turn,) = library.engine.upkept(library.engine.session("ledgers")).turns
    assert [citation.since for citation in turn.citations] == ["removed"]
    assert "ledgers of the Pfefferkorn foundation" in turn.citations[0].quote


def test_a_summary_that_may_tell_of_it_goes_and_a_later_chat_goes_on(library: Library) -> None:
    file = add_ledgers(library)
    conversation = library.engine.chat("ledgers", ChatOptions(model=False))
    conversation.ask(ASKED)
    conversation.ask("What did Clara Holm say of the tax?")
    keeper = library.engine.keeper()
    assert keeper is not None
    keeper.keep_summary("ledgers", "An informant met an auditor.", 1)
    library.engine.remove([library.id_of(file.name)])
    kept = library.engine.session("ledgers")
    assert (kept.summary, kept.summarised) == ("", 0)
    assert [turn.asked for turn in kept.turns] == [ASKED, "What did Clara Holm say of the tax?"]
    assert kept.turns[0].answer is not None
    assert {statement.text for statement in kept.turns[0].answer.statements} == {LEFT}
    assert kept.turns[1].answer is not None
    assert "forty turbines" in kept.turns[1].answer.statements[0].text
    resumed = library.engine.chat("ledgers", ChatOptions(model=False), resume=True)
    assert resumed.ask("and how many turbines?").answer is not None


class Echo:
    """A model that replies what it is asked."""

    name = identity = "echo"
    context = 4096

    def complete(self, messages: Sequence[Message], **_: object) -> Reply:
        return Reply(messages[-1].content, "stop", 1, 1, seconds=0.0)

    def close(self) -> None: ...


def test_replies_that_quote_it_are_not_kept_on_disk(library: Library, tmp_path: Path) -> None:
    engine = library.open(cache=tmp_path / "cache")
    replies = tmp_path / "cache" / "replies"
    told = {
        "plain": "She handed over eleven ledgers of the Pfefferkorn foundation.",
        "escaped": json.dumps({"quote": 'foundation. "Nobody else has seen them," she said.'}),
        "other": "Clara Holm said the tax would pay for forty turbines off the northern coast.",
    }
    for name, text in told.items():
        assert CachedModel(Echo(), replies).complete([Message("user", text)]).text == text, name
    file = add_ledgers(library)
    engine.remove([library.id_of(file.name)])
    engine.close()
    assert [json.loads(path.read_text())["text"] for path in replies.glob("*.json")] == [told["other"]]


def test_a_turn_that_cannot_be_read_is_told_of(library: Library) -> None:
    file = add_ledgers(library)
    library.engine.chat("ledgers", ChatOptions(model=False)).ask(ASKED)
    library.close()
    with sqlite3.connect(library.store / CATALOGUE) as connection:
        connection.execute("UPDATE turns SET record = substr(record, 1, length(record) - 9)")
    connection.close()
    file.unlink()
    name = library.id_of(file.name)
    removal = library.engine.remove([name])
    assert removal.turns == 0
    assert [note for note in removal.notes if "'ledgers'" in note and "rag doctor --repair" in note]
