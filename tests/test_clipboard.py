"""What is copied, by which way, and what is said of it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clipboard import LONGEST, copy, native_tool, terminal_sequence


@given(st.text(max_size=200))
def test_a_terminal_gets_the_very_text_and_nothing_that_ends_it_early(text: str) -> None:
    sequence = terminal_sequence(text)
    assert sequence is not None
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\x07")
    told = sequence.removeprefix("\x1b]52;c;")[:-1]
    assert told.isascii()
    assert base64.b64decode(told).decode() == text.encode("utf-8", "replace").decode()


def test_a_text_too_long_for_terminals_is_not_sent_in_part() -> None:
    assert terminal_sequence("x" * LONGEST) is not None
    assert terminal_sequence("x" * (LONGEST + 1)) is None


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is the whole PATH, and no screen to copy to."""
    for name in ("SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_the_tool_of_the_system_is_used_and_named(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tools, "xclip", f'/bin/cat > {tools}/copied; echo "$@" > {tools}/options')
    assert native_tool() is None  # there is no screen for it
    monkeypatch.setenv("DISPLAY", ":0")
    assert copy("“Nine o’clock” [1]") == "copied with xclip and through the terminal"
    assert (tools / "copied").read_text(encoding="utf-8") == "“Nine o’clock” [1]"
    assert (tools / "options").read_text(encoding="utf-8") == "-selection clipboard\n"
    assert capsys.readouterr().out == terminal_sequence("“Nine o’clock” [1]")


def test_a_tool_that_fails_is_not_said_to_have_copied(tools: Path) -> None:
    program(tools, "pbcopy", "exit 1")
    assert copy("text").startswith("handed to the terminal to copy (OSC 52)")


def test_over_ssh_the_tool_would_copy_to_the_wrong_machine(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tools, "pbcopy", "exit 0")
    assert native_tool() == (str(tools / "pbcopy"),)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 22")
    assert native_tool() is None


@pytest.mark.usefixtures("tools")
def test_what_nobody_can_take_is_said_not_to_be_copied() -> None:
    assert copy("x" * (LONGEST + 1)).startswith("nothing was copied")
