"""Which command opens a file at its line, and that no word of an article or a variable reaches a shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import make_article

from rag.errors import InputError
from rag.launching import command_for, open_citation, open_file
from rag.schema import Citation, Metadata, Passage

FILE = Path("/news/the strike.md")


@pytest.mark.parametrize(
    ("variables", "command"),
    [
        ({"EDITOR": "vim"}, ["vim", "+12", str(FILE)]),
        ({"EDITOR": "/usr/bin/nano -w"}, ["/usr/bin/nano", "-w", "+12", str(FILE)]),
        ({"VISUAL": "code --wait", "EDITOR": "vi"}, ["code", "--wait", "--goto", f"{FILE}:12"]),
        ({"EDITOR": "subl"}, ["subl", f"{FILE}:12"]),
        ({"EDITOR": "'/opt/my editor/hx'"}, ["/opt/my editor/hx", f"{FILE}:12"]),
        ({"EDITOR": "kate"}, ["kate", str(FILE)]),
        ({"PAGER": "less -R"}, ["less", "-R", "+12", str(FILE)]),
        ({"EDITOR": "vi; rm -rf /"}, ["vi;", "rm", "-rf", "/", str(FILE)]),
        ({"EDITOR": "broken 'quote"}, ["broken", "'quote", str(FILE)]),
        ({"EDITOR": "  "}, None),
        ({}, None),
    ],
)
def test_the_line_is_told_as_each_program_wants_it(variables: dict[str, str], command: list[str] | None) -> None:
    assert command_for(FILE, 12, variables) == command


def test_without_a_line_the_file_alone_is_told() -> None:
    assert command_for(FILE, None, {"EDITOR": "vim"}) == ["vim", str(FILE)]


def test_what_is_no_text_is_not_given_to_an_editor() -> None:
    assert command_for(Path("/news/report.pdf"), None, {"EDITOR": "vim"}) is None


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=30))
def test_the_file_stays_one_word(editor: str) -> None:
    command = command_for(FILE, 3, {"EDITOR": editor})
    assert command is None or command[-1] in (str(FILE), f"{FILE}:3")


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not there any more; /show has what was cited of it$"):
        open_file(tmp_path / "gone.md", 3)


def test_a_program_that_cannot_be_started_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("x", encoding="utf-8")
    monkeypatch.setenv("VISUAL", str(tmp_path / "no-editor"))
    with pytest.raises(InputError, match=r"cannot start .*no-editor: no such file"):
        open_file(tmp_path / "a.md", 3)


def test_an_address_that_is_no_web_page_is_never_opened() -> None:
    article = make_article("harm", "The door was open.", path="javascript://alert(1)")
    passage = Passage("harm#1", "harm", article.paragraphs[0], article.path, Metadata(url="file:///etc/passwd"), 1.0)
    with pytest.raises(InputError, match="no address on the web is known"):
        open_citation(Citation(1, passage, article.paragraphs[0].sentences))
