"""Backup and restore: one moment of the store in one file, and back again, or nothing at all."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rights import without_privileges
from store_helpers import CHESS, FLOOD, VOTE, Library, check_store, dump
from typer.testing import CliRunner

from rag import backup as backing_up
from rag import restoring
from rag.catalogue import SCHEMA_VERSION, Catalogue
from rag.cli import app
from rag.config import Config
from rag.conversing import ChatOptions
from rag.engine import Engine
from rag.errors import InputError, StoreBusyError, StoreEmptyError, StoreMismatchError
from rag.locking import writing
from rag.parts import CATALOGUE
from rag.restoring import STAGED
from rag.vectors_opening import STORE_ID

ASKED = "Who said that the wind tax would pay for forty turbines?"
KEPT = ("articles", "paragraphs", "files", "duplicates", "overrides", "sessions", "turns")
"""Tables that a restored store has row by row as they were; chunks too, but that the vectors are handed on anew."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    library.write("vote.txt", VOTE)
    library.write("flood.txt", FLOOD)
    library.write("railway.txt", FLOOD)
    library.ingest()
    library.engine.chat("wind tax", ChatOptions(model=False)).ask(ASKED)
    yield library
    library.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept.backup"


def kept(store: Path) -> dict[str, object]:
    rows = dump(store / CATALOGUE)
    return {table: rows.get(table) for table in KEPT}


def change(library: Library) -> None:
    """Another article, one less, another conversation."""
    library.write("chess.txt", CHESS)
    library.ingest()
    library.engine.remove(["flood"])
    library.engine.chat("chess", ChatOptions(model=False)).ask("Who lost the chess title?")
    library.close()


def others(folder: Path) -> list[str]:
    """Names beside the folders of a library."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


# --- there and back ----------------------------------------------------------------------------------------------


def test_a_store_is_put_back_to_what_it_was(library: Library, file: Path) -> None:
    before = kept(library.store)
    answer = library.engine.ask(ASKED, model=False)
    saved = library.engine.backup(file)
    assert (saved.held.articles, saved.held.sessions, saved.held.version) == (2, 1, SCHEMA_VERSION)
    assert saved.held.bytes == file.stat().st_size
    change(library)
    assert kept(library.store) != before
    library.embedder.history.clear()
    restored = library.engine.restore(file, force=True)
    assert library.embedder.history == [], "nothing is embedded again"
    assert restored.held == saved.held
    assert kept(library.store) == before
    assert library.engine.ask(ASKED, model=False).statements == answer.statements
    assert [turn.asked for turn in library.engine.session("wind tax").turns] == [ASKED]
    library.close()
    check_store(library.store)
    assert not list(library.store.glob(f"{STAGED}*"))


def test_a_store_that_is_not_there_is_made(library: Library, file: Path, tmp_path: Path) -> None:
    before = kept(library.store)
    library.engine.backup(file)
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Library(tmp_path / "elsewhere")
    elsewhere.engine.restore(file)
    elsewhere.close()
    assert kept(elsewhere.store) == before
    check_store(elsewhere.store)


def test_a_backup_is_one_private_file_beside_which_nothing_lies(library: Library, file: Path) -> None:
    before = others(file.parent)
    library.engine.backup(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert others(file.parent) == sorted([*before, file.name])
    restoring.read_backup(file)
    assert others(file.parent) == sorted([*before, file.name]), "reading it makes no file either"


def test_what_was_deleted_is_not_in_a_backup(library: Library, file: Path) -> None:
    library.engine.remove(["flood"])
    library.engine.backup(file)
    data = file.read_bytes()
    assert b"railway between Ostrava" not in data
    assert b"forty turbines" in data


def test_a_backup_is_of_one_moment_while_a_writer_works(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer commits between two pages of the copy, and is not kept waiting."""
    monkeypatch.setattr(backing_up, "PAGES", 1)
    before = kept(library.store)
    steps = []

    def write(done: int, total: int) -> None:
        steps.append((done, total))
        if len(steps) == 5:
            library.write("chess.txt", CHESS)
            writer = library.open()
            writer.ingest([str(library.folder)])
            writer.close()

    library.engine.backup(file, write)
    assert kept(library.store) != before
    assert {done for done, _ in steps} == set(range(1, steps[0][1] + 1)), "it never begins again"
    restoring.read_backup(file)
    rows = dump(file)
    assert {table: rows.get(table) for table in KEPT} == before


def test_a_store_that_cannot_be_written_can_be_backed_up(library: Library, file: Path) -> None:
    library.close()
    places = [library.store / CATALOGUE, library.store]
    for place in places:
        place.chmod(0o500 if place.is_dir() else 0o400)
    try:
        library.engine.backup(file)
    finally:
        library.store.chmod(0o700)
    assert restoring.read_backup(file).articles == 2


# --- refused -----------------------------------------------------------------------------------------------------


def test_a_file_that_is_there_is_kept_unless_forced(library: Library, file: Path) -> None:
    file.write_text("my notes")
    with pytest.raises(InputError, match="--force"):
        library.engine.backup(file)
    assert file.read_text() == "my notes"
    library.engine.backup(file, force=True)
    assert restoring.read_backup(file).articles == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_goes_nowhere_into_the_store(library: Library, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(library.store)
    for place in (library.store / "b", library.store / CATALOGUE, tmp_path / "link" / "b"):
        with pytest.raises(InputError, match="in the store itself"):
            library.engine.backup(place, force=True)
    for place in (tmp_path / "nowhere" / "b", library.folder):
        with pytest.raises(InputError, match="folder"):
            library.engine.backup(place, force=True)


def test_a_store_that_is_empty_has_no_backup(tmp_path: Path, file: Path) -> None:
    library = Library(tmp_path)
    with pytest.raises(StoreEmptyError):
        library.engine.backup(file)
    assert not file.exists()


def test_a_store_that_holds_something_is_replaced_only_when_forced(library: Library, file: Path) -> None:
    library.engine.backup(file)
    change(library)
    before = kept(library.store)
    with pytest.raises(InputError, match=r"holds 2 articles and 2 conversations; --force"):
        library.engine.restore(file)
    assert kept(library.store) == before


def spoil_header(file: Path) -> None:
    file.write_bytes(b"PK\3\4" + file.read_bytes()[4:])


def spoil_pages(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 5] = os.urandom(4096 * 2)
    file.write_bytes(data)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: 4096 * 5])


def another_database(file: Path) -> None:
    file.unlink()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE birds(name)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def nothing_in_it(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("spoil", [spoil_header, spoil_pages, cut_short, another_database, nothing_in_it])
def test_what_is_no_whole_backup_is_refused_and_the_store_kept(
    library: Library, file: Path, spoil: Callable[[Path], None]
) -> None:
    library.engine.backup(file)
    spoil(file)
    before = kept(library.store)
    with pytest.raises(InputError, match=r"is no backup|is damaged"):
        library.engine.restore(file, force=True)
    assert kept(library.store) == before
    library.close()
    check_store(library.store)


def test_a_backup_of_a_newer_program_is_refused(library: Library, file: Path) -> None:
    library.engine.backup(file)
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreMismatchError, match=r"newer version of rag.*upgrade rag"):
        library.engine.restore(file, force=True)
    with pytest.raises(InputError, match="cannot be read"):
        library.engine.restore(file.with_name("nothing"), force=True)


def test_a_damaged_store_is_replaced_when_forced(library: Library, file: Path) -> None:
    before = kept(library.store)
    library.engine.backup(file)
    library.close()
    (library.store / CATALOGUE).write_bytes(b"garbage" * 5000)
    with pytest.raises(InputError, match=r"damaged.*--force"):
        library.engine.restore(file)
    library.engine.restore(file, force=True)
    library.close()
    assert kept(library.store) == before
    check_store(library.store)


def test_a_restore_waits_its_turn(library: Library, file: Path) -> None:
    library.engine.backup(file)
    with writing(library.store, wait=False, warn=pytest.fail), pytest.raises(StoreBusyError):
        library.engine.restore(file, force=True)


# --- others who have the store open ------------------------------------------------------------------------------


def test_a_reader_and_a_chat_go_on_over_a_restore(library: Library, file: Path) -> None:
    library.engine.backup(file)
    change(library)
    reader, chatting = library.open(), library.open()
    conversation = chatting.chat("chess", ChatOptions(model=False), resume=True)
    assert reader.search("chess champion").passages[0].article_id == "chess"
    catalogue = Catalogue.open(library.store / CATALOGUE)
    with catalogue.snapshot():
        assert "chess" in catalogue.article_ids()
        library.engine.restore(file, force=True)
        assert "chess" in catalogue.article_ids(), "what was begun sees the old store to its end"
        assert catalogue.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert catalogue.article_ids() == {"flood", "vote"}
    catalogue.close()
    assert reader.search("railway Ostrava").passages[0].article_id == "flood"
    told: list[str] = []
    conversation.warn = told.append
    conversation.ask("Who lost the title?")
    assert any("not in the store any more" in line for line in told), "its conversation is not in the backup"
    reader.close()
    chatting.close()
    library.ingest()
    library.close()
    check_store(library.store)


def test_stores_restored_from_one_backup_do_not_share_a_name(library: Library, file: Path) -> None:
    """Under which servers keep their vectors."""

    def name_of(store: Path, new: str = "") -> str | None:
        catalogue = Catalogue.create(store / CATALOGUE)
        if new:
            catalogue.set_setting(STORE_ID, new)
        found = catalogue.setting(STORE_ID)
        catalogue.close()
        return found

    library.close()
    name_of(library.store, "first")
    library.engine.backup(file)
    copy = Engine(Config(store=library.home / "copy"))
    copy.restore(file)
    copy.close()
    assert name_of(library.home / "copy") is None
    library.engine.restore(file, force=True)
    library.close()
    assert name_of(library.store) == "first"


# --- killed, and out of space --------------------------------------------------------------------------------------


def killed(work: Callable[[Callable[[int, int], None]], object], at: int) -> bool:
    """Whether a fork that does the work died at its `at`-th step; False where it was done before."""
    child = os.fork()
    if child == 0:
        steps = 0

        def count(done: int, total: int) -> None:
            nonlocal steps
            steps += 1
            if steps == at:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            work(count)
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


def test_a_killed_restore_leaves_the_old_store_or_the_new_one(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.engine.backup(file)
    new = kept(library.store)
    change(library)
    old = kept(library.store)
    library.close()
    monkeypatch.setattr(backing_up, "PAGES", 7)
    found = []
    at = 1
    while killed(lambda count: restoring.restore(file, library.store / CATALOGUE, count), at):
        now = kept(library.store)
        assert now in (old, new)
        found.append(now == new)
        at += 1
    assert at > 10
    assert kept(library.store) == new
    assert not any(found[:-1])
    library.engine.rebuild()
    library.ingest()
    library.close()
    assert not list(library.store.glob(f"{STAGED}*"))
    check_store(library.store)


def test_what_a_killed_restore_leaves_beside_the_store_is_cleared_by_the_next_command(
    library: Library, file: Path
) -> None:
    library.engine.backup(file)
    library.close()
    assert killed(lambda count: restoring.restore(file, library.store / CATALOGUE, count), 1)
    assert list(library.store.glob(f"{STAGED}*"))
    library.ingest()
    assert not list(library.store.glob(f"{STAGED}*"))


def test_a_restore_killed_before_its_vectors_is_mended_by_the_next_command(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.engine.backup(file)
    change(library)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "_writing", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            library.engine.restore(file, force=True)
    assert library.engine.search("railway Ostrava").passages[0].article_id == "flood"
    assert not library.engine.status()["consistent"]
    library.ingest(keep_missing=True)
    library.close()
    check_store(library.store)


def test_a_killed_backup_leaves_the_older_one(library: Library, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.engine.backup(file)
    before = file.read_bytes()
    change(library)
    monkeypatch.setattr(backing_up, "PAGES", 5)
    for at in (1, 3, 5):
        assert killed(lambda count: backing_up.write_backup(library.store / CATALOGUE, file, count, force=True), at)
        assert file.read_bytes() == before
    library.engine.backup(file, force=True)
    assert restoring.read_backup(file).articles == 2


def test_a_backup_that_finds_no_space_says_so_and_leaves_nothing(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(source: sqlite3.Connection, copy: sqlite3.Connection, _: object) -> None:
        copy.executescript("PRAGMA max_page_count = 8; CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(99999))")

    before = others(file.parent)
    monkeypatch.setattr(backing_up, "copy_pages", no_space)
    with pytest.raises(InputError, match=r"no backup was written to .* \(database or disk is full\); free some space"):
        library.engine.backup(file)
    assert others(file.parent) == before


def test_a_folder_that_cannot_be_written_is_told_of(library: Library, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    library.close()
    code = """
import sys
from pathlib import Path
from rag.config import Config
from rag.engine import Engine
from rag.errors import InputError
try:
    Engine(Config(store=Path(sys.argv[1]))).backup(Path(sys.argv[2]))
except InputError as error:
    print(error)
"""
    said = without_privileges(code, library.store, closed / "b")
    assert re.match(r"no backup was written.*Permission denied", said)


# --- the command line --------------------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(library: Library, file: Path) -> None:
    library.close()
    store = ["--store", str(library.store)]
    run = CliRunner().invoke
    shown = run(app, ["backup", str(file), *store])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"2 articles, 6 paragraphs, 1 conversation kept in {file} · ")
    assert "MB/s" in shown.stdout
    assert run(app, ["backup", str(file), *store]).exit_code == 1
    told = json.loads(run(app, ["backup", str(file), "--force", "--json", *store]).stdout)
    assert (told["articles"], told["paragraphs"], told["sessions"]) == (2, 6, 1)
    assert told["bytes"] == file.stat().st_size
    refused = run(app, ["restore", str(file), *store])
    assert refused.exit_code == 1
    assert refused.stderr.count("\n") == 1
    told = json.loads(run(app, ["restore", str(file), "--force", "--json", "--no-wait", *store]).stdout)
    assert told["articles"] == 2
    check_store(library.store)


def test_many_backups_at_once_are_all_whole(library: Library, tmp_path: Path) -> None:
    library.close()
    files = [tmp_path / f"{number % 2}.backup" for number in range(4)]
    failed: list[BaseException] = []

    def keep(file: Path) -> None:
        try:
            backing_up.write_backup(library.store / CATALOGUE, file, lambda *_: None, force=True)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=keep, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [restoring.read_backup(file).articles for file in files] == [2] * 4
