"""`rag sessions` through its real entry point: lists, exports and deletes, and says what to do where it cannot."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from session_records import SESSION, WITH_BRIEFING
from store_helpers import FLOOD, VOTE
from typer.testing import CliRunner, Result

from rag.chat_schema import Turn
from rag.cli import app
from rag.config import Config
from rag.engine import Engine
from rag.parts import CATALOGUE
from rag.render_session_html import session_html
from rag.render_session_markdown import session_markdown
from rag.sessions import Sessions
from rag.upkeep import marked

QUESTION = "Who has protested against the turbines?"


@pytest.fixture
def store(_clean_environment: None, in_folder: Path) -> Path:
    """Three conversations: two invented ones, whose articles the store does not have, and one on its articles."""
    (in_folder / "news").mkdir()
    for name, text in {"vote.txt": VOTE, "flood.txt": FLOOD}.items():
        (in_folder / "news" / name).write_text(text, encoding="utf-8")
    store = in_folder / "store"
    with Engine(Config(store=store, cache=Path(os.environ["RAG_CACHE"]))) as engine:
        engine.ingest([str(in_folder / "news")])
        answer = engine.ask(QUESTION)
    assert answer.answered
    sessions = Sessions.open(store / CATALOGUE, create=True)
    for kept in (SESSION, WITH_BRIEFING):
        name = sessions.begin(kept.name, "")
        for turn in kept.turns:
            sessions.append(name, turn)
    name = sessions.begin(None, QUESTION)
    sessions.append(name, Turn(QUESTION, QUESTION, "2025-12-12T08:58:04+00:00", answer))
    sessions.close()
    return store


@pytest.fixture
def empty(in_folder: Path) -> Iterator[Path]:
    """No store; and looking for one makes none."""
    yield in_folder / "nothing"
    assert not (in_folder / "nothing").exists()


def run(store: Path, *args: str) -> Result:
    return CliRunner().invoke(app, ["sessions", *args, "--store", str(store)])


def shown(store: Path, *args: str) -> str:
    result = run(store, *args)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(store: Path, *args: str) -> str:
    result = run(store, *args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("rag: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def kept(store: Path, name: str):
    """A session as a reader of the store has it now."""
    with Engine(Config(store=store)) as engine:
        return marked(engine.session(name), engine.catalogue)


# --- list --------------------------------------------------------------------------------------------------------


def test_the_newest_conversation_comes_first(store: Path) -> None:
    names = re.findall(r"^(\S.*)$", shown(store), re.MULTILINE)
    assert names == ["who-has-protested-against-the-turbines", "kestrel harbour", "why-can-large-ships-not-use"]
    assert "Why can large ships not use Kestrel harbour?" in shown(store)


def test_the_list_as_json(store: Path) -> None:
    listed = json.loads(shown(store, "--json"))
    assert [(one["session"], one["turns"], one["first"]) for one in listed] == [
        ("who-has-protested-against-the-turbines", 1, QUESTION),
        ("kestrel harbour", 2, SESSION.turns[0].asked),
        ("why-can-large-ships-not-use", 5, SESSION.turns[0].asked),
    ]
    assert all(list(one) == ["session", "created", "updated", "turns", "first"] for one in listed)


def test_where_nothing_is_kept(empty: Path) -> None:
    assert shown(empty) == "No conversation is kept in this store yet.\n"
    assert shown(empty, "--json") == "[]\n"
    assert "none is kept in" in refused(empty, "export", "x")


# --- export ------------------------------------------------------------------------------------------------------


def test_a_conversation_is_exported_in_every_format(store: Path) -> None:
    session = kept(store, SESSION.name)
    assert shown(store, "export", SESSION.name) == session_markdown(session)
    assert shown(store, "export", SESSION.name, "--format", "html") == session_html(session)
    record = json.loads(shown(store, "export", SESSION.name, "--format", "json"))
    assert record == json.loads(shown(store, "export", SESSION.name, "--json"))
    assert [turn["asked"] for turn in record["turns"]] == [turn.asked for turn in SESSION.turns]


@pytest.mark.parametrize(("file", "begins"), [("a.md", "# kestrel"), ("a.HTML", "<!doctype html>"), ("a.json", "{\n")])
def test_the_format_is_that_of_the_file(store: Path, in_folder: Path, file: str, begins: str) -> None:
    result = run(store, "export", "kestrel harbour", "--out", file)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"rag: wrote {file}\n")
    written = (in_folder / file).read_text(encoding="utf-8")
    assert written.startswith(begins)
    assert written.endswith("\n")
    assert not [name for name in os.listdir(in_folder) if name.startswith(".")]


def test_a_file_is_written_whole_or_not_at_all(store: Path, in_folder: Path) -> None:
    (in_folder / "a.md").write_text("before", encoding="utf-8")
    refused(store, "export", "nobody", "--out", "a.md")
    assert (in_folder / "a.md").read_text(encoding="utf-8") == "before"
    assert "there is no folder" in refused(store, "export", SESSION.name, "--out", "none/a.md")
    result = run(store, "export", SESSION.name, "--out", "a.odt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot tell the format from a.odt; add --format" in " ".join(result.stderr.split())
    assert run(store, "export", SESSION.name, "--out", "a.odt", "--format", "html").exit_code == 0


def test_what_became_of_the_sources_is_told(store: Path, in_folder: Path) -> None:
    name = "who-has-protested-against-the-turbines"
    document = shown(store, "export", name)
    assert "Fishing crews in the harbour of Brennvik" in document
    assert "since it was cited" not in document
    changed = VOTE.replace("the spring of 2021", "the autumn of 2020")
    (in_folder / "news" / "vote.txt").write_text(changed, encoding="utf-8")
    with Engine(Config(store=store, cache=Path(os.environ["RAG_CACHE"]))) as engine:
        engine.ingest([str(in_folder / "news")])
        after = shown(store, "export", name)
        assert after.replace(" · **Changed since it was cited**", "") == document
        (in_folder / "news" / "vote.txt").unlink()
        engine.ingest([str(in_folder / "news")])
    assert shown(store, "export", name).replace(" · **No longer in the store**", "") == document
    assert {c["since"] for c in json.loads(shown(store, "export", name, "--json"))["turns"][0]["citations"]} == {
        "removed"
    }


def test_what_quoted_an_article_that_was_removed_is_told(store: Path) -> None:
    name = "who-has-protested-against-the-turbines"
    told = CliRunner().invoke(app, ["remove", "vote", "--store", str(store)])
    assert told.exit_code == 0, told.output
    assert "blanked what 1 kept answer quoted of it" in told.stdout
    document = shown(store, "export", name)
    assert "Fishing crews" not in document
    assert "quoted an article that has been removed" in document


def test_a_name_that_is_not_there_is_told_with_one_that_is(store: Path) -> None:
    assert "no session 'kestrel'; did you mean kestrel harbour?" in refused(store, "export", "kestrel")
    assert "no session 'kestral harbor'; did you mean kestrel harbour?" in refused(store, "delete", "kestral harbor")


# --- delete ------------------------------------------------------------------------------------------------------


def test_what_is_deleted_is_gone_from_the_file(store: Path) -> None:
    assert b"regatta" in (store / CATALOGUE).read_bytes()
    assert shown(store, "delete", SESSION.name, "kestrel harbour") == f"deleted {SESSION.name}, kestrel harbour\n"
    assert not [file.name for file in store.glob(f"{CATALOGUE}*") if b"Kestrel" in file.read_bytes()]
    assert [one["session"] for one in json.loads(shown(store, "--json"))] == ["who-has-protested-against-the-turbines"]
    with Engine(Config(store=store)) as engine:
        assert len(engine.articles()) == 2


def test_either_all_are_deleted_or_none(store: Path) -> None:
    refused(store, "delete", SESSION.name, "nobody")
    assert len(json.loads(shown(store, "--json"))) == 3
    record = json.loads(shown(store, "delete", SESSION.name, SESSION.name, "--json"))
    assert record == {"deleted": [SESSION.name]}


def test_nothing_is_deleted_where_there_is_no_store(empty: Path) -> None:
    assert "is kept in" in refused(empty, "delete", "x")


# --- usage -------------------------------------------------------------------------------------------------------


def test_the_store_may_be_named_before_the_command(store: Path) -> None:
    result = CliRunner().invoke(app, ["sessions", "--store", str(store), "--json", "export", SESSION.name])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["session"] == SESSION.name


def test_help_names_the_commands() -> None:
    told = CliRunner().invoke(app, ["sessions", "--help"]).stdout
    assert all(word in told for word in ("export", "delete", "--store", "--json"))


@pytest.mark.parametrize(
    "args", [["export"], ["delete"], ["forget"], ["export", "a", "b"], ["export", "a", "--format", "pdf"]]
)
def test_wrong_usage_is_told(store: Path, args: list[str]) -> None:
    result = run(store, *args)
    assert (result.exit_code, result.stdout) == (2, "")
