"""A file is written whole or not at all, and every refusal is one line that says what to do."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.output import check_place, write_output


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.startswith(".")]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary() | st.text(), before=st.none() | st.binary())
def test_what_is_written_is_what_is_read(tmp_path, content, before):
    file = tmp_path / "brief.md"
    file.unlink(missing_ok=True)
    if before is not None:
        file.write_bytes(before)
    write_output(file, content)
    assert file.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert os.listdir(tmp_path) == ["brief.md"]


def test_line_ends_stay_as_they_are(tmp_path):
    write_output(tmp_path / "a", "one\r\ntwo\n")
    assert (tmp_path / "a").read_bytes() == b"one\r\ntwo\n"


def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path):
    (tmp_path / "usual").touch()
    write_output(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o640)
    write_output(tmp_path / "old", "x")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_output(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_file_in_the_current_folder(in_folder):
    write_output(Path("brief.md"), "x")
    assert (in_folder / "brief.md").read_text() == "x"


def test_what_is_no_file_is_written_to_directly(tmp_path):
    write_output(Path(os.devnull), "x")
    code = "from pathlib import Path; from rag.output import write_output; write_output(Path('/dev/stdout'), 'hello')"
    root = Path(__file__).parents[1]
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert shown.stdout == "hello"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "it is a folder; name a file in it"),
        ("folder", "it is a folder; name a file in it"),
        ("none/brief.md", "there is no folder {}/none; make it first"),
        ("file/brief.md", "{}/file is not a folder; choose another place"),
        ("long" * 100, "file name too long; choose another place"),
        ("nul\0", "embedded null byte; choose another place"),
        ("nowhere", "no file can be made there; choose another place"),
        ("loop", "too many levels of symbolic links; choose another place"),
    ],
)
def test_refusals(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("none/brief.md")
    path = tmp_path / name
    with pytest.raises(InputError) as refused:
        write_output(path, "x")
    assert str(refused.value) == f"cannot write {path}: {message.format(tmp_path)}"
    assert not leftovers(tmp_path)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_file_that_may_not_be_changed_is_not(tmp_path, monkeypatch):
    # To root everything is allowed: what the modes say to anybody else is asked instead.
    monkeypatch.setattr(os, "access", lambda path, wish: bool(os.stat(path).st_mode & 0o200) or not wish & os.W_OK)
    (tmp_path / "a").write_text("kept")
    (tmp_path / "a").chmod(0o444)
    for act in (check_place, lambda path: write_output(path, "x")):
        with pytest.raises(InputError, match="the file may not be changed; choose another name"):
            act(tmp_path / "a")
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match="you may not write there; choose another place"):
        check_place(tmp_path / "b")
    tmp_path.chmod(0o755)
    assert (tmp_path / "a").read_text() == "kept"


def test_a_place_that_will_not_do_is_known_before_the_work(tmp_path):
    (tmp_path / "file").write_text("kept")
    for name, message in (
        ("none/brief.md", "make it first"),
        ("file/brief.md", "not a folder"),
        ("", "it is a folder"),
    ):
        with pytest.raises(InputError, match=message):
            check_place(tmp_path / name)
    check_place(tmp_path / "new.md")
    check_place(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_leaves_what_was_there(tmp_path):
    """As good as full: a process that may write no more than 4 KiB to one file."""
    (tmp_path / "brief.md").write_text("kept")
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom rag.output import check_place, write_output\n"
        "from rag.errors import InputError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (4096, {resource.RLIM_INFINITY}))\n"
        "try:\n    write_output(Path(sys.argv[1]), 'x' * 100_000)\n"
        "except InputError as error:\n    print(error)"
    )
    root, file = Path(__file__).parents[1], tmp_path / "brief.md"
    ran = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, cwd=root)
    assert ran.stdout == f"cannot write {file}: file too large; choose another place\n"
    assert file.read_text() == "kept"
    assert not leftovers(tmp_path)


def test_an_interruption_leaves_what_was_there(tmp_path, monkeypatch):
    def interrupted(handle):
        raise KeyboardInterrupt

    (tmp_path / "brief.md").write_text("kept")
    monkeypatch.setattr("rag.output.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_output(tmp_path / "brief.md", "new")
    assert (tmp_path / "brief.md").read_text() == "kept"
    assert not leftovers(tmp_path)
