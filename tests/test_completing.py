"""What Tab offers after a slash, and that it offers nothing in a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from rag.completing import MOST, ChatCompleter
from rag.schema import ArticleSummary, Metadata
from rag.slash import COMMANDS

COURIER = "The Coast Courier"
ARTICLES = [
    ArticleSummary("dockers-strike", Metadata("Dockers end strike", ("Bo Lind",), COURIER, "2024-11-06"), "/a", 5),
    ArticleSummary("new-bridge", Metadata("A new bridge", ("Anna Holm", "Bo Lind"), "Valley News", "2025-03"), "/b", 2),
    ArticleSummary("cranes", Metadata("Cranes for the quay", (), COURIER), "/c", 3),
]  # fmt: skip


@dataclass
class Desk:
    """What a conversation knows when Tab is pressed."""

    cited: list[tuple[int, str]] = field(default_factory=lambda: [(1, "Dockers end strike"), (2, "A new bridge")])
    held: list[ArticleSummary] = field(default_factory=lambda: list(ARTICLES))

    def sources(self) -> Sequence[tuple[int, str]]:
        return self.cited

    def articles(self) -> Sequence[ArticleSummary]:
        return self.held

    def sessions(self) -> Sequence[str]:
        return ["harbour", "bridge-and-tolls"]

    def models(self) -> Sequence[str]:
        return ["scripted"]


def offered(line: str, desk: Desk | None = None) -> list[str]:
    """The lines that the choices would make of it, in their order."""
    document = Document(line)
    completions = ChatCompleter(desk or Desk()).get_completions(document, CompleteEvent())
    return [line[: len(line) + c.start_position] + c.text for c in completions]


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("/sh", ["/show "]),
        ("/se", ["/search ", "/sessions"]),
        ("/show ", ["/show 1", "/show 2"]),
        ("/show 2", ["/show 2"]),
        ("/show bri", ["/show 2", "/show new-bridge"]),
        ("/show cr", ["/show cranes"]),
        ("/copy ", ["/copy 1", "/copy 2"]),
        ("/resume b", ["/resume bridge-and-tolls"]),
        ("/delete ", ["/delete harbour", "/delete bridge-and-tolls"]),
        ("/model ", ["/model on", "/model off", "/model scripted"]),
        ("/help fil", ["/help filter"]),
        ("/search the har", []),
        ("/nonsense x", []),
        ("What did /sh", []),
        ("Who", []),
    ],
)
def test_what_may_follow_is_offered(line: str, choices: list[str]) -> None:
    assert offered(line) == choices


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("/filter p", ["/filter publisher "]),
        ("/filter o", ["/filter off"]),
        ("/filter publisher ", ['/filter publisher "The Coast Courier"', '/filter publisher "Valley News"']),
        ("/filter publisher va", ['/filter publisher "Valley News"']),
        ("/filter publisher cour", ['/filter publisher "The Coast Courier"']),
        ('/filter publisher "The', ['/filter publisher "The Coast Courier"']),
        ('/filter publisher "Valley News"', []),
        ('/filter author "Anna Holm" p', ['/filter author "Anna Holm" publisher ']),
        ("/filter author ", ['/filter author "Bo Lind"', '/filter author "Anna Holm"']),
        ("/filter author bo", ['/filter author "Bo Lind"']),
        ("/filter article dock", ["/filter article dockers-strike"]),
        ("/filter since 2025", ["/filter since 2025-03"]),
        ("/filter since ", ["/filter since 2025-03", "/filter since 2024-11-06"]),
        ("/filter since 2024 u", ["/filter since 2024 until "]),
    ],
)  # fmt: skip
def test_a_filter_is_completed_with_what_the_articles_have(line: str, choices: list[str]) -> None:
    assert offered(line) == choices


def test_keywords_are_offered_before_anything_is_typed() -> None:
    assert offered("/filter ") == [
        f"/filter {word}" for word in ("since ", "until ", "publisher ", "author ", "article ", "off")
    ]


def test_every_command_is_offered_with_its_help() -> None:
    completions = list(ChatCompleter(Desk()).get_completions(Document("/"), CompleteEvent()))
    spaced = [f"/{name} " if command.takes else f"/{name}" for name, command in COMMANDS.items()]
    assert [c.text for c in completions] == spaced
    assert all(c.display_meta_text for c in completions)


def test_a_long_list_is_cut() -> None:
    many = [ArticleSummary(f"storm-{n}", Metadata(f"Storm {n}"), "/s", 1) for n in range(3 * MOST)]
    assert len(offered("/show storm", Desk(held=many))) == MOST


def test_hostile_titles_and_names_steer_nothing() -> None:
    bad = "Storm\x1b[2J\u202e\n\x07"
    desk = Desk([(1, bad)], [ArticleSummary("storm", Metadata(bad, (bad,), bad), "/s", 1)])
    for line in ("/show ", "/show st", "/filter publisher ", "/filter author ", "/filter article st"):
        for completion in ChatCompleter(desk).get_completions(Document(line), CompleteEvent()):
            shown = completion.text + completion.display_meta_text + completion.display_text
            assert not set(shown) & set("\x1b\u202e\n\x07")


def test_files_to_export_to_are_offered(in_folder: Path) -> None:
    for name in ("notes.md", "notes.html", "photo.png", ".hidden.md"):
        (in_folder / name).write_text("", encoding="utf-8")
    (in_folder / "drafts").mkdir()
    (in_folder / "drafts" / "old.json").write_text("{}", encoding="utf-8")
    assert offered("/export n") == ["/export notes.html", "/export notes.md"]
    assert offered("/export ") == ["/export drafts/", "/export notes.html", "/export notes.md"]
    assert offered("/export drafts/") == ["/export drafts/old.json"]
    assert offered("/export nowhere/x") == []


@given(st.text(max_size=40))
def test_only_what_stands_after_the_command_is_replaced(line: str) -> None:
    for command in ("/filter ", "/show ", "/export ", ""):
        before = command + line
        for completion in ChatCompleter(Desk()).get_completions(Document(before), CompleteEvent()):
            assert -len(line) <= completion.start_position <= 0
            assert before.startswith("/")
