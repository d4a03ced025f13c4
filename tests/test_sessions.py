"""Sessions: kept when a call returns, shared by terminals, and gone from the file when they are deleted."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from session_records import OFFER, SESSION, WITH_BRIEFING
from store_helpers import make_article

from rag import sessions as module
from rag.catalogue import SCHEMA_VERSION, Catalogue
from rag.chat_schema import Turn
from rag.errors import InputError, NotFoundError, StoreError, StoreMismatchError
from rag.serialising import FORMAT
from rag.session_names import LONGEST, checked, slug
from rag.sessions import TRACES, Sessions

TELLTALE = "Zwiebelturm"
"""Stands in everything that is deleted, and in nothing else."""
TURN = SESSION.turns[0]


def turn_of(text, size=0):
    """A turn that says `text` in every field, `size` characters of it in its answer."""
    statement = replace(OFFER.statements[0], text=(text + " ") * (size // (len(text) + 1) + 1))
    return Turn(text, text, "2025-12-12T08:58:04+00:00", replace(OFFER, question=text, statements=(statement,)))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalogue.sqlite3"


@pytest.fixture
def opened(path):
    """Opens the sessions of one store, as many times as there are terminals, and closes them."""
    all_of_them = []

    def open_sessions(create=True, warn=lambda _: None, at=path):
        sessions = Sessions.open(at, create, warn)
        all_of_them.append(sessions)
        return sessions

    yield open_sessions
    for sessions in all_of_them:
        sessions.close()


@pytest.fixture
def sessions(opened):
    return opened()


def files_with(path, text):
    """Names of the files of a store in which the bytes of `text` stand."""
    return sorted(file.name for file in path.parent.iterdir() if text.encode() in file.read_bytes())


# --- kept --------------------------------------------------------------------------------------------------------


def test_a_session_is_read_as_it_was_kept(opened, sessions):
    name = sessions.begin(None, TURN.asked)
    assert [sessions.append(name, turn) for turn in SESSION.turns] == [1, 2, 3, 4, 5]
    sessions.keep_summary(name, SESSION.summary, SESSION.summarised)
    read = opened(create=False).load(name)
    assert (read.name, read.turns) == ("why-can-large-ships-not-use", SESSION.turns)
    assert (read.summary, read.summarised) == (SESSION.summary, 2)
    assert "2026" <= read.created <= read.updated
    assert read.updated.endswith("+00:00")


def test_a_briefing_is_a_turn(sessions):
    name = sessions.begin("kestrel harbour", "")
    for turn in WITH_BRIEFING.turns:
        sessions.append(name, turn)
    assert sessions.load(name).turns == WITH_BRIEFING.turns


def test_the_list_has_the_one_used_last_first(sessions):
    first, second, third = (sessions.begin(None, question) for question in ("One?", "Two?", "Three?"))
    assert [one.name for one in sessions.list()] == [third, second, first]
    sessions.append(first, TURN)
    assert [one.name for one in sessions.list()] == [first, third, second]
    assert sessions.latest() == first
    assert [(one.turns, one.first) for one in sessions.list()] == [(1, TURN.asked), (0, ""), (0, "")]


def test_where_nothing_was_kept_there_are_no_sessions_and_no_file_is_made(opened, path):
    sessions = opened(create=False)
    assert (sessions.list(), sessions.latest()) == ([], None)
    for refused in (lambda: sessions.load("x"), lambda: sessions.delete(["x"]), lambda: sessions.rename("x", "y")):
        with pytest.raises(NotFoundError, match=r"none is kept|no session is kept"):
            refused()
    assert list(path.parent.iterdir()) == []


def test_a_store_made_before_there_were_sessions_has_none_and_keeps_its_articles(opened, path):
    """And an older program opens it afterwards: the version of the catalogue is as it was."""
    catalogue = Catalogue.create(path)
    with catalogue.transaction():
        catalogue.put_article(make_article("a", "One mill."), (), 2, b"")
    catalogue.close()
    before = path.read_bytes()
    reader = opened(create=False)
    assert (reader.list(), reader.latest()) == ([], None)
    with pytest.raises(NotFoundError):
        reader.load("x")
    assert path.read_bytes() == before
    opened().begin(None, "Who?")
    assert [one.name for one in reader.list()] == ["who"]
    catalogue = Catalogue.open(path)
    assert catalogue.article_ids() == {"a"}
    assert catalogue.connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    catalogue.close()


def test_what_was_opened_for_reading_can_still_delete(opened, sessions):
    sessions.begin("one", "")
    reader = opened(create=False)
    assert len(reader.list()) == 1
    reader.delete(["one"])
    assert (reader.list(), sessions.list()) == ([], [])


def test_a_folder_that_cannot_be_written_can_be_read(opened, sessions, path):
    sessions.begin("one", "")
    sessions.append("one", TURN)
    sessions.close()
    copy = path.parent / "copy"
    copy.mkdir()
    (copy / path.name).write_bytes(path.read_bytes())
    for place in (copy / path.name, copy):
        place.chmod(0o500 if place.is_dir() else 0o400)
    try:
        assert opened(create=False, at=copy / path.name).load("one").turns == (TURN,)
    finally:
        copy.chmod(0o700)


# --- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who heads the RDIF?", "who-heads-the-rdif"),
        ("Who heads the RDIF?  And since when, and who was it before?", "who-heads-the-rdif-and-since"),
        ("What did O’Hara's yard say?", "what-did-oharas-yard-say"),
        ("Кто возглавляет порт?", "кто-возглавляет-порт"),
        ("बंदरगाह कब खुलेगा?", "बंदरगाह-कब-खुलेगा"),
        ("東京の船はいつ着きますか", "東京の船はいつ着きますか"),
        ("/etc/passwd -rf", "etc-passwd-rf"),
        ("\x1b[31mred\x07", "red"),
        ("???", "chat"),
        ("", "chat"),
        ("Donaudampfschifffahrtsgesellschaftskapitänsmützen sind blau", "donaudampfschifffahrtsgesellschaftskapit"),
    ],
)
def test_a_name_is_made_from_the_first_question(question, name):
    assert slug(question) == name


@given(st.text(max_size=80))
def test_every_name_that_is_made_is_one_that_can_be_given(question):
    assert checked(slug(question)) == slug(question)


def test_names_are_unique(sessions):
    assert [sessions.begin(None, "Who?") for _ in range(3)] == ["who", "who-2", "who-3"]
    assert sessions.begin("  a   name ", "Who?") == "a name"
    with pytest.raises(InputError, match="there is a session 'a name' already"):
        sessions.begin("a name", "")
    with pytest.raises(InputError, match="there is a session 'who-2' already"):
        sessions.rename("who", "who-2")
    assert [one.name for one in sessions.list()] == ["a name", "who-3", "who-2", "who"]


@pytest.mark.parametrize(
    "name", ["", "  ", "a\x1b[31m", "/a", "-a", "a\u202eb", "x" * (LONGEST + 1), "\u200d", "a\ud800"]
)
def test_what_is_no_name_is_refused(sessions, name):
    sessions.begin("one", "")
    for give in (lambda: sessions.begin(name, ""), lambda: sessions.rename("one", name)):
        with pytest.raises(InputError, match="name"):
            give()
    assert [one.name for one in sessions.list()] == ["one"]


def test_a_name_is_found_however_its_accents_are_typed(sessions):
    sessions.begin("Zu\u0308rich", "")
    sessions.append("Z\u00fcrich ", TURN)
    assert sessions.load("Zu\u0308rich").name == "Z\u00fcrich"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("harbor strike", "did you mean harbour strike?"),
        ("harb", "did you mean harbour strike?"),
        ("who", "rag sessions lists what there is"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_one_that_is(sessions, typed, hint):
    sessions.begin("harbour strike", "")
    sessions.begin("zoo", "")
    for ask in (lambda: sessions.load(typed), lambda: sessions.rename(typed, "x"), lambda: sessions.delete([typed])):
        with pytest.raises(NotFoundError) as error:
            ask()
        assert str(error.value) == f"no session {typed!r}; {hint}"


def test_a_renamed_session_is_the_same(sessions):
    sessions.begin("one", "")
    sessions.begin("two", "")
    sessions.append("one", TURN)
    assert sessions.rename("one", " three ") == "three"
    assert sessions.load("three").turns == (TURN,)
    assert sessions.rename("three", "three") == "three"
    assert [one.name for one in sessions.list()] == ["three", "two"]


# --- changing ----------------------------------------------------------------------------------------------------


def test_the_last_turn_is_dropped_or_replaced(sessions):
    name = sessions.begin("one", "")
    first, second, third, fourth, _ = SESSION.turns
    sessions.append(name, first)
    sessions.append(name, second)
    sessions.drop_last(name)
    assert sessions.load(name).turns == (first,)
    assert sessions.append(name, third) == 2
    sessions.replace_last(name, fourth)
    assert sessions.load(name).turns == (first, fourth)
    sessions.drop_last(name)
    sessions.drop_last(name)
    with pytest.raises(InputError, match="no turn to drop"):
        sessions.drop_last(name)
    assert sessions.load(name).turns == ()


def test_a_summary_goes_with_a_turn_it_was_made_of(sessions):
    name = sessions.begin("one", "")
    for turn in SESSION.turns[:3]:
        sessions.append(name, turn)
    sessions.keep_summary(name, "of two", 2)
    sessions.drop_last(name)
    assert (sessions.load(name).summary, sessions.load(name).summarised) == ("of two", 2)
    sessions.drop_last(name)
    assert (sessions.load(name).summary, sessions.load(name).summarised) == ("", 0)


def test_either_all_are_deleted_or_none(sessions):
    for name in ("one", "two", "three"):
        sessions.begin(name, "")
    with pytest.raises(NotFoundError, match="'four'"):
        sessions.delete(["one", "four", "two"])
    assert len(sessions.list()) == 3
    sessions.delete(["one", "two", "one"])
    sessions.delete([])
    assert [one.name for one in sessions.list()] == ["three"]


def test_two_terminals_lose_nothing(opened):
    """Each writes 25 turns to one session; the order within each is kept."""
    opened().begin("shared", "")
    failed = []

    def write(letter):
        sessions = opened()
        try:
            for number in range(25):
                sessions.append("shared", turn_of(f"{letter}{number}"))
        except Exception as error:  # told by the thread that looks
            failed.append(error)
        finally:
            sessions.close()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    asked = [turn.asked for turn in opened(create=False).load("shared").turns]
    assert len(asked) == 50
    for letter in "ab":
        assert [text for text in asked if text[0] == letter] == [f"{letter}{number}" for number in range(25)]


def test_a_turn_of_another_terminal_is_not_dropped(opened, sessions):
    other = opened()
    sessions.begin("shared", "")
    mine = sessions.append("shared", turn_of("mine"))
    other.append("shared", turn_of("theirs"))
    for take in (lambda: sessions.drop_last("shared", mine), lambda: sessions.replace_last("shared", TURN, mine)):
        with pytest.raises(InputError, match="changed in another terminal"):
            take()
    assert [turn.asked for turn in sessions.load("shared").turns] == ["mine", "theirs"]
    sessions.drop_last("shared", 2)


def test_a_session_deleted_elsewhere_is_told(opened, sessions):
    sessions.begin("shared", "")
    opened().delete(["shared"])
    for change in (
        lambda: sessions.append("shared", TURN),
        lambda: sessions.drop_last("shared"),
        lambda: sessions.replace_last("shared", TURN),
        lambda: sessions.keep_summary("shared", "s", 1),
    ):
        with pytest.raises(StoreError, match="not in the store any more: it was deleted or renamed elsewhere"):
            change()


def test_a_chat_goes_on_beside_an_ingest(opened, path):
    """Between the transactions of a writer; and what it has begun is waited for."""
    sessions, catalogue = opened(), Catalogue.create(path)
    catalogue.connection.execute("PRAGMA busy_timeout = 0")
    sessions.begin("one", "")
    with catalogue.transaction():
        catalogue.put_article(make_article("a", "One mill."), (), 2, b"")
        assert sessions.load("one").turns == (), "readers do not wait"
    sessions.append("one", TURN)
    with catalogue.transaction():
        catalogue.delete_article("a")
    assert sessions.load("one").turns == (TURN,)
    catalogue.close()


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_sessions import turn_of
from rag.sessions import Sessions
sessions = Sessions.open(Path(sys.argv[1]), True)
name = sessions.begin("killed", "")
for number in range(10_000):
    sessions.append(name, turn_of(f"turn {number}", 5_000))
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [0, 3, 11])
def test_what_was_reported_as_kept_outlives_a_kill(path, opened, after):
    command = [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after + 1):
            reported = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        reported = max([reported, *map(int, process.stdout.read().split())])
    turns = opened(create=False).load("killed").turns
    assert [turn.asked for turn in turns[: reported + 1]] == [f"turn {number}" for number in range(reported + 1)]
    assert len(turns) <= reported + 2


# --- gone --------------------------------------------------------------------------------------------------------

SIZES = [0, 700, 3_000, 4_100, 20_000, 300_000]
"""Characters: within a page of the file, about one, and over many."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("others", [0, 1])
def test_no_byte_of_what_was_deleted_is_left(opened, sessions, path, size, others):
    """Also while other connections are open, which keeps SQLite from tidying up by itself."""
    held = [opened(create=False) for _ in range(others)]
    sessions.begin("kept", "")
    sessions.append("kept", turn_of("harmless", size))
    sessions.begin(f"{TELLTALE} one", "")
    sessions.append(f"{TELLTALE} one", turn_of(TELLTALE, size))
    assert files_with(path, TELLTALE)
    sessions.delete([f"{TELLTALE} one"])
    assert files_with(path, TELLTALE) == []
    sessions.append("kept", turn_of(TELLTALE, size))
    sessions.drop_last("kept")
    assert files_with(path, TELLTALE) == []
    sessions.append("kept", turn_of(TELLTALE, size))
    sessions.replace_last("kept", turn_of("harmless", size))
    assert files_with(path, TELLTALE) == []
    sessions.rename("kept", TELLTALE)
    sessions.rename(TELLTALE, "kept")
    sessions.keep_summary("kept", TELLTALE * 1000, 1)
    sessions.keep_summary("kept", "", 0)
    assert files_with(path, TELLTALE) == []
    assert all(len(one.list()) == 1 for one in held)
    assert [turn.asked for turn in sessions.load("kept").turns] == ["harmless", "harmless"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_whatever_else_is_written_nothing_of_it_is_left(tmp_path_factory, seed):
    """Turns of every size come and go in several sessions, so that pages are split, joined and used again."""
    dice = random.Random(seed)  # noqa: S311 - a story to repeat, not a secret
    path = tmp_path_factory.mktemp("store") / "catalogue.sqlite3"
    sessions, other = Sessions.open(path, True), Sessions.open(path, True)
    names = [sessions.begin(None, f"story {number}") for number in range(3)]
    for number in range(30):
        words = TELLTALE if dice.random() < 0.5 else f"harmless {number}"
        dice.choice([sessions, other]).append(dice.choice(names), turn_of(words, dice.choice(SIZES[:5])))
    kept = {}
    for name in names:
        asked = [turn.asked for turn in sessions.load(name).turns]
        last = max((at for at, words in enumerate(asked) if words != TELLTALE), default=-1)
        for _ in asked[last + 1 :]:
            dice.choice([sessions, other]).drop_last(name)
        if TELLTALE in asked[: last + 1]:
            dice.choice([sessions, other]).delete([name])
        else:
            kept[name] = asked[: last + 1]
    sessions.begin(None, "to have been the last to write")
    sessions.delete(["to-have-been-the-last-to"])
    assert files_with(path, TELLTALE) == []
    assert {one.name: [turn.asked for turn in other.load(one.name).turns] for one in other.list()} == kept
    sessions.close()
    other.close()


def test_a_reader_in_the_way_is_told_of_and_the_rest_is_wiped_later(opened, path, monkeypatch):
    monkeypatch.setattr(module, "WIPE_MS", 1)
    said = []
    sessions = opened(warn=said.append)
    sessions.begin("one", "")
    sessions.append("one", turn_of(TELLTALE, 20_000))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM turns").fetchone()
    sessions.delete(["one"])
    assert (said, sessions.list()) == ([TRACES], [])
    sessions.begin("two", "")
    assert said == [TRACES], "told once"
    assert files_with(path, TELLTALE)
    reader.execute("COMMIT")
    sessions.append("two", TURN)
    assert files_with(path, TELLTALE) == []
    reader.close()


def test_what_a_reader_kept_back_is_wiped_when_the_sessions_are_closed(opened, path, monkeypatch):
    monkeypatch.setattr(module, "WIPE_MS", 1)
    sessions, other = opened(), opened()
    sessions.begin(TELLTALE, "")
    with other._reading():
        sessions.delete([TELLTALE])
    assert files_with(path, TELLTALE)
    sessions.close()
    assert files_with(path, TELLTALE) == []


# --- damaged, and newer ------------------------------------------------------------------------------------------


def harmed(path, change, *values):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(change, values)
    connection.close()


@pytest.fixture
def three(sessions):
    for name in ("one", "two", "three"):
        sessions.begin(name, "")
        sessions.append(name, turn_of(f"first of {name}"))
        sessions.append(name, TURN)
    return sessions


HARMED = "WHERE position = 2 AND session = (SELECT pk FROM sessions WHERE name = 'two')"


@pytest.mark.parametrize("record", ["{", "", "{}", "null", b"\xff\xfe\x00", 7, '{"asked":1}'])
def test_a_damaged_turn_is_told_and_all_other_turns_can_be_read(three, path, record):
    harmed(path, f"UPDATE turns SET record = ? {HARMED}", record)
    told = []
    three._warn = told.append
    assert three.load("two").turns == (turn_of("first of two"), Turn(TURN.asked, TURN.asked, "", damaged=True))
    (line,) = told
    assert re.fullmatch(r"turn 2 of session 'two' is damaged .* rag doctor --repair", line)
    assert [(one.name, one.first) for one in three.list()] == [
        ("three", "first of three"), ("two", "first of two"), ("one", "first of one"),
    ]  # fmt: skip
    assert len(three.load("one").turns) == 2
    three.delete(["two"])
    assert len(three.list()) == 2


def test_a_turn_of_a_newer_program_is_told(three, path):
    harmed(path, f"UPDATE turns SET format = ? {HARMED}", FORMAT + 1)
    with pytest.raises(StoreMismatchError, match=r"turn 2 of session 'two' .* newer version of rag .*; upgrade rag"):
        three.load("two")
    assert len(three.list()) == 3
    assert len(three.load("three").turns) == 2


def test_a_damaged_file_is_one_line(opened, path):
    path.write_bytes(b"no database " * 1000)
    for create in (False, True):
        with pytest.raises(StoreError, match="is damaged"):
            opened(create=create)


def test_a_store_of_a_newer_program_is_refused(opened, path):
    harmed(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for create in (False, True):
        with pytest.raises(StoreMismatchError, match="newer version"):
            opened(create=create)
