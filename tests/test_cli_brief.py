"""`rag brief` through its real entry point: every format and option, every refusal, and nothing else on stdout."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from briefing_library import ENDED, FOREIGN, NEWS, TOPIC
from model_chain import KEY, Chain
from typer.testing import CliRunner, Result

from rag.briefing_schema import HEADINGS, NOTHING, SECTIONS
from rag.cli import app

PATIENCE = 120
"""Seconds after which something will not happen any more."""
CONTROL = re.compile(r"\x1b\][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def store(_clean_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five articles, embedded by the packaged model."""
    home = tmp_path_factory.mktemp("cli-brief")
    (home / "news").mkdir()
    for name, text in NEWS.items():
        (home / "news" / name).write_text(text, encoding="utf-8")
    assert CliRunner().invoke(app, ["ingest", str(home / "news"), "--store", str(home / "store")]).exit_code == 0
    return home / "store"


@pytest.fixture(autouse=True)
def here(in_folder: Path) -> Iterator[Path]:
    """An empty current folder, which holds afterwards what was written and nothing half written."""
    yield in_folder
    assert not [name for name in os.listdir(in_folder) if name.startswith(".")]


def run(store: Path, *args: str, topic: str = TOPIC, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["brief", topic, "--store", str(store), *args], input=stdin)


def shown(store: Path, *args: str, topic: str = TOPIC) -> str:
    """What is printed, with nothing on stderr."""
    result = run(store, *args, topic=topic)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(store: Path, *args: str, topic: str = TOPIC) -> str:
    """The one line of an error; nothing was printed or written."""
    before = sorted(Path().rglob("*"))
    result = run(store, *args, topic=topic)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("rag: ")
    assert result.stderr.count("\n") == 1
    assert sorted(Path().rglob("*")) == before
    return result.stderr


def misused(store: Path, *args: str) -> str:
    """What is said of wrong usage, as one line of words."""
    result = run(store, *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert not list(Path().iterdir())
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())


# --- formats -------------------------------------------------------------------------------------------------------


def test_every_text_format_is_printed_with_nothing_beside_it(store: Path) -> None:
    assert shown(store).startswith(f"{TOPIC}\n")
    assert shown(store, "--format", "terminal") == shown(store)
    assert shown(store, "--format", "markdown").startswith(f"# {TOPIC}\n")
    assert shown(store, "--format", "html").startswith("<!doctype html>")
    record = json.loads(shown(store, "--format", "json"))
    assert (record["topic"], record["found"], record["mode"]) == (TOPIC, True, "extractive")
    assert "\x1b" not in shown(store)


def test_json_is_the_format_json(store: Path) -> None:
    one, two = (json.loads(shown(store, *options)) for options in (["--json"], ["--format", "json"]))
    for record in (one, two):
        assert record.pop("seconds").keys() == {"searching", *(HEADINGS[n].lower() for n in SECTIONS[:-1]), "numbering"}
    assert one == two


def test_what_two_articles_report_is_one_line_with_both_marks(store: Path) -> None:
    points = shown(store, "--sections", "points").partition("\nSources\n")[0]
    (line,) = [line for line in points.splitlines() if ENDED in line]
    assert len(re.findall(r"\[\d+\]", line)) == 2


BINARY = {"pdf": b"%PDF-", "docx": b"PK"}


@pytest.mark.parametrize("form", BINARY)
def test_documents_go_into_a_pipe_or_a_file(store: Path, form: str) -> None:
    pytest.importorskip({"pdf": "weasyprint", "docx": "docx"}[form])
    piped = CliRunner().invoke(app, ["brief", TOPIC, "--store", str(store), "--format", form])
    assert piped.exit_code == 0
    assert piped.stdout_bytes.startswith(BINARY[form])
    result = run(store, "--out", f"brief.{form}")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Path(f"brief.{form}").read_bytes().startswith(BINARY[form])


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("brief.md", "# the strike"), ("brief.MARKDOWN", "# the strike"), ("brief.html", "<!doctype"),
        ("brief.htm", "<!doctype"), ("brief.json", "{"), ("brief.txt", "the strike"), ("brief", "the strike"),
    ],
)  # fmt: skip
def test_the_name_of_the_file_tells_the_format(store: Path, name: str, begins: str) -> None:
    result = run(store, "--out", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"rag: wrote {name}\n")
    assert Path(name).read_text(encoding="utf-8").startswith(begins)
    assert os.listdir() == [name]


def test_a_format_that_is_named_goes_before_the_name_of_the_file(store: Path) -> None:
    assert run(store, "--format", "markdown", "--out", "brief.dat").exit_code == 0
    assert Path("brief.dat").read_text(encoding="utf-8").startswith("# ")
    assert run(store, "--json", "--out", "brief.md").exit_code == 0
    assert json.loads(Path("brief.md").read_text(encoding="utf-8"))["topic"] == TOPIC


def test_a_file_holds_what_is_printed(store: Path) -> None:
    printed = shown(store, "--format", "markdown")
    run(store, "--out", "brief.md")
    assert Path("brief.md").read_text(encoding="utf-8").rstrip("\n") == printed.rstrip("\n")


def test_an_old_file_is_written_over_and_keeps_its_mode(store: Path) -> None:
    Path("brief.md").write_text("old " * 100_000)
    Path("brief.md").chmod(0o600)
    assert run(store, "--out", "brief.md").exit_code == 0
    assert Path("brief.md").read_text(encoding="utf-8").startswith("# ")
    assert "old old" not in Path("brief.md").read_text(encoding="utf-8")
    assert stat.S_IMODE(Path("brief.md").stat().st_mode) == 0o600


def test_an_unknown_ending_is_wrong_usage(store: Path) -> None:
    assert "cannot tell the format from brief.odt; add --format" in misused(store, "--out", "brief.odt")


def test_a_place_that_cannot_be_written_is_refused(store: Path) -> None:
    Path("folder.md").mkdir()
    assert "it is a folder; name a file in it" in refused(store, "--out", "folder.md")
    assert "there is no folder nowhere; make it first" in refused(store, "--out", "nowhere/brief.md")
    Path("file").touch()
    assert "is not a folder" in refused(store, "--out", "file/brief.md")


def test_a_folder_that_is_not_ones_own_is_refused(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("locked").mkdir(mode=0o500)
    # To root everything is allowed: what the modes say to anybody else is asked instead.
    monkeypatch.setattr(os, "access", lambda path, wish: bool(os.stat(path).st_mode & 0o200) or not wish & os.W_OK)
    assert "you may not write there" in refused(store, "--out", "locked/brief.md")


def test_a_place_is_refused_before_any_work(store: Path) -> None:
    """Where the store is empty too, it is the place that is complained of."""
    Path("folder.md").mkdir()
    empty = Path("nothing-here")
    assert "rag ingest" in refused(empty)
    assert "it is a folder" in refused(empty, "--out", "folder.md")
    Path("brief.bib").mkdir()
    assert "it is a folder" in refused(empty, "--out", "brief.md", "--bibliography", "bibtex")


# --- bibliography --------------------------------------------------------------------------------------------------


def test_a_bibliography_is_printed_in_place_of_the_page(store: Path) -> None:
    bibtex = shown(store, "--bibliography", "bibtex")
    assert bibtex.count("@") == 4
    assert "Dockers of Porthaven stop work" in bibtex
    assert "champion" not in bibtex
    listed = json.loads(shown(store, "--bibliography", "csl-json"))
    assert len(listed) == 4


@pytest.mark.parametrize(("kind", "name"), [("bibtex", "brief.bib"), ("csl-json", "brief.csl.json")])
def test_a_bibliography_goes_beside_the_page(store: Path, kind: str, name: str) -> None:
    result = run(store, "--out", "brief.md", "--bibliography", kind)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"rag: wrote brief.md and {name}\n"
    assert sorted(os.listdir()) == sorted(["brief.md", name])
    printed = shown(store, "--bibliography", kind)
    assert Path(name).read_text(encoding="utf-8").rstrip("\n") == printed.rstrip("\n")


def test_a_page_is_never_written_over_by_its_own_bibliography(store: Path) -> None:
    said = misused(store, "--format", "markdown", "--out", "brief.bib", "--bibliography", "bibtex")
    assert "brief.bib is where the bibliography goes" in said


# --- wishes --------------------------------------------------------------------------------------------------------


def sections_of(store: Path, *args: str) -> list[str]:
    page = shown(store, "--format", "markdown", *args)
    return [name for name in SECTIONS if f"\n## {HEADINGS[name]}\n" in page]


def test_sections_that_are_named_come_in_the_order_of_a_page(store: Path) -> None:
    assert sections_of(store) == list(SECTIONS)
    assert sections_of(store, "--sections", "open, Timeline,points") == ["points", "timeline", "open"]
    assert sections_of(store, "--sections", "coverage,coverage,") == ["coverage"]


@pytest.mark.parametrize("names", ["summary", "points,summary", "", " , ", "all"])
def test_an_unknown_section_is_wrong_usage_that_names_those_there_are(store: Path, names: str) -> None:
    said = misused(store, "--sections", names)
    assert "is no section; there are points, timeline, voices, differences, open, coverage" in said


def test_length_and_title(store: Path) -> None:
    def points(length: str) -> int:
        record = json.loads(shown(store, "--json", "--length", length))
        return len(record["sections"][0]["statements"])

    assert points("short") == 3
    assert 3 < points("standard") <= 8
    assert shown(store, "--title", "The long autumn", "--format", "markdown").startswith("# The long autumn\n")
    misused(store, "--length", "endless")


def test_filters_narrow_it(store: Path) -> None:
    def used(*args: str) -> set[str]:
        record = json.loads(shown(store, "--json", *args))
        return {Path(citation["path"]).stem for citation in record["citations"]}

    assert used() == {"strike", "talks", "end", "back"}
    assert used("--since", "2024-11") == {"end", "back"}
    assert used("--until", "2024-10-20") == {"strike"}
    assert used("--publisher", "The Coast Courier") == {"strike", "end"}
    assert used("--author", "Anna Holm") == {"talks"}
    assert "no article passes these filters" in refused(store, "--since", "2030")
    assert "rag articles" in refused(store, "--article", "nowhere")
    assert "is no date" in misused(store, "--since", "someday")


def test_the_topic_may_come_from_standard_input(store: Path) -> None:
    result = run(store, "--json", topic="-", stdin=f"{TOPIC}\n")
    assert json.loads(result.stdout)["topic"] == TOPIC


def test_an_empty_topic_and_another_language_without_a_model_are_refused(store: Path) -> None:
    for topic in ("", "  ", "\n"):
        assert "the topic is empty; name one" in refused(store, topic=topic)
    assert "--language needs a language model" in refused(store, "--language", "de")
    result = run(store, topic="-", stdin="")
    assert result.exit_code == 1
    assert "the topic is empty" in result.stderr


def test_an_empty_store_says_how_to_begin(store: Path) -> None:
    assert "rag ingest" in refused(Path("nothing-here"))


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_a_topic_nothing_is_said_on_is_a_result(store: Path, form: str) -> None:
    assert NOTHING in shown(store, "--format", form, topic=FOREIGN)


def test_a_topic_nothing_is_said_on_in_json_and_as_a_file(store: Path) -> None:
    record = json.loads(shown(store, "--json", topic=FOREIGN))
    assert (record["found"], record["citations"], record["timeline"]) == (False, [], [])
    assert 0 < len(record["nearest"]) <= 3
    assert run(store, "--out", "nothing.md", topic=FOREIGN).exit_code == 0
    assert NOTHING in Path("nothing.md").read_text(encoding="utf-8")


# --- as a program --------------------------------------------------------------------------------------------------


def command(store: Path, *args: str) -> list[str]:
    return [str(Path(sys.executable).with_name("rag")), "brief", TOPIC, "--store", str(store), *args]


def test_the_installed_program_prints_the_page_and_nothing_else(store: Path) -> None:
    result = subprocess.run(command(store), capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{TOPIC}\n")
    assert result.stdout == shown(store)


class Terminal:
    """A program whose input and outputs are a pseudo-terminal."""

    def __init__(self, *command: str, **settings: str) -> None:
        pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
        self.own, its = pty.openpty()
        with open(its, "rb", buffering=0) as end:
            self.process = subprocess.Popen(
                command, stdin=end, stdout=end, stderr=end, start_new_session=True,
                env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "50", **settings},
            )  # fmt: skip

    def end(self) -> tuple[int, str]:
        """Exit code, and all that it has written, when it has ended."""
        written = b""
        with open(self.own, "rb", buffering=0) as source, suppress(OSError):  # Linux reports the end as an error
            while piece := source.read(65536):
                written += piece
        return self.process.wait(PATIENCE), written.decode("utf-8", "replace")


def words(written: str) -> str:
    """Without control sequences and frames."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", CONTROL.sub("", written)).split())


def cursor_is_back(written: str) -> bool:
    return written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0


def test_on_a_terminal_stages_are_named_while_they_last_and_gone_afterwards(store: Path) -> None:
    code, written = Terminal(*command(store)).end()
    assert code == 0
    assert "searching …" in words(written)
    assert cursor_is_back(written)
    taken_away = written.rindex("\x1b[2K")
    assert "…" not in written[taken_away:].partition(HEADINGS["points"])[0]
    assert TOPIC in words(written[taken_away:])
    assert "Sources" in words(written[taken_away:])


def test_with_only_the_messages_on_a_terminal_the_page_alone_is_piped(store: Path) -> None:
    """`rag brief … > page.md` in a shell."""
    terminal = Terminal("/bin/sh", "-c", f"{shlex.join(command(store, '--format', 'markdown'))} > page.md")
    code, written = terminal.end()
    assert code == 0
    assert "searching …" in words(written)
    assert Path("page.md").read_text(encoding="utf-8") == shown(store, "--format", "markdown")


def test_on_a_terminal_a_document_needs_a_file(store: Path) -> None:
    code, written = Terminal(*command(store, "--format", "pdf")).end()
    assert code == 2
    assert "pdf is no text; add --out FILE" in words(written)


def scripted(chain: Chain) -> dict[str, str]:
    return {"RAG_LLM_BASE_URL": chain.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY}


def test_an_interrupt_ends_with_130_and_leaves_no_file(chain: Chain) -> None:
    """The model has been asked and does not answer."""
    chain.server.hang()
    settings = {**os.environ, **scripted(chain)}
    waiting = subprocess.Popen(
        command(chain.store, "--out", "brief.md", "--bibliography", "bibtex"), env=settings, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert chain.server.asked.wait(PATIENCE)
    waiting.send_signal(signal.SIGINT)
    stdout, stderr = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, stdout, stderr) == (130, "", "rag: interrupted\n")
    assert os.listdir() == []


def test_an_interrupt_on_a_terminal_takes_the_stage_away(chain: Chain) -> None:
    chain.server.hang()
    terminal = Terminal(*command(chain.store, "--out", "brief.md"), **scripted(chain))
    assert chain.server.asked.wait(PATIENCE)
    terminal.process.send_signal(signal.SIGINT)
    code, written = terminal.end()
    assert code == 130
    assert words(written).endswith("rag: interrupted")
    assert cursor_is_back(written)
    assert os.listdir() == []
