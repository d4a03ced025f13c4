"""Hostile articles through every command: nothing shown steers, hides or runs; nothing is loaded, nothing leaks."""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from attack_articles import ALL, FACTS, LINK, MARKUP, QUESTIONS, STEERING, spiced, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt
from rich.console import Console
from store_helpers import Library, make_article
from typer.testing import CliRunner

import rag.cli
import rag.cli_brief
import rag.cli_sessions
from rag.console import complain
from rag.fields import collapse
from rag.links import sendable_path
from rag.numbering import article_id
from rag.output import write_output
from rag.render_json import to_json
from rag.sanitising import UNSAFE, safe

HOME = "zanzibarovich"
"""A name of a home folder that stands in no text."""
OWN = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;[^;\x1b\x07]*;[ -~]*\x1b\\\\")
"""What our own screens may send a terminal: colours and links."""
TARGET = re.compile("\x1b\\]8;[^;]*;([^\x1b]+)\x1b\\\\")
HIDING = re.compile("[\u200c\u200d]{2}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2}|\u0301{11}")
TOPIC = "Lenne ferry Kell bridge Vester tram Ostra school"
DOCUMENTS = ("page.html", "page.md", "page.txt", "page.docx", "page.pdf", "talk.md", "talk.html")


@dataclass(frozen=True)
class Shown:
    """What every command printed, by name; and the folder of the documents that were written."""

    home: Path
    store: Path
    printed: dict[str, str]
    json: dict[str, str]
    screens: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.home / "out"

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def run(store: Path, *command: str, typed: str = "") -> tuple[str, str]:
    """stdout and stderr of a command that may succeed or be refused, never break."""
    result = CliRunner().invoke(rag.cli.app, [*command, "--store", str(store)], input=typed)
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code in (0, 1, 2)
    return result.stdout, result.stderr


def on_screen(renderable: object, _plain: object) -> None:
    """As `rag.console.show` writes to a terminal."""
    console = Console(file=sys.stdout, width=80, force_terminal=True, legacy_windows=False)
    console.print(renderable())  # type: ignore[operator]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """All commands, asked once, from a folder beside a home whose name is rare."""
    home = tmp_path_factory.mktemp("attacks") / HOME
    store, out, elsewhere = home / "store", home / "out", home.parent / "work"
    for folder in (out, elsewhere):
        folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.chdir(elsewhere)
        write_articles(home / "news")
        printed = {"ingest": "".join(run(store, "ingest", str(home / "news")))}
        records = json.loads(run(store, "articles", "--json")[0])
        printed |= _printed(store, [record["article_id"] for record in records])
        as_json = {"articles": run(store, "articles", "--json")[0], "status": run(store, "status", "--json")[0]}
        as_json["ask school"] = run(store, "ask", QUESTIONS["school"], "--json")[0]
        _write_documents(store, out, printed)
        as_json["chat"] = run(store, "chat", "--json", typed=QUESTIONS["ferry"])[0]
        as_json |= {name: (out / name).read_text(encoding="utf-8") for name in ("page.json", "talk.json")}
        with pytest.MonkeyPatch.context() as terminal:
            screens = _screens(store, terminal)
        yield Shown(home, store, printed, as_json, screens)


def _printed(store: Path, ids: list[str]) -> dict[str, str]:
    commands = {name: ("ask", asked) for name, asked in QUESTIONS.items()}
    commands |= {f"show {name}": ("show", name) for name in ids}
    commands |= {name: (name,) for name in ("articles", "status", "doctor", "sessions")}
    commands |= {"search": ("search", QUESTIONS["ferry"]), "hostile question": ("ask", ALL + MARKUP + LINK)}
    return {name: "".join(run(store, *command)) for name, command in commands.items()}


def _write_documents(store: Path, out: Path, printed: dict[str, str]) -> None:
    title = ("--title", spiced(f"My {MARKUP} {LINK}"))
    for name in ("page.html", "page.md", "page.txt", "page.docx", "page.pdf", "page.json"):
        printed[f"brief {name}"] = "".join(run(store, "brief", TOPIC, "--out", str(out / name), *title))
    for name, suffix in (("bibtex", ".bib"), ("csl-json", ".csl.json")):
        write_output(out / f"list{suffix}", run(store, "brief", TOPIC, "--bibliography", name)[0])
    typed = "\n".join([*QUESTIONS.values(), spiced(f"What {MARKUP} {LINK}?"), "/sources", "/open 1", "/show 1"])
    printed["chat"] = "".join(run(store, "chat", "--session", "my talk", typed=typed))
    for name in ("talk.md", "talk.html", "talk.json"):
        printed[f"export {name}"] = "".join(run(store, "sessions", "export", "my talk", "--out", str(out / name)))
    for form in ("markdown", "html"):
        write_output(out / f"answer.{form}", run(store, "ask", QUESTIONS["ferry"], "--format", form)[0])


def _screens(store: Path, patch: pytest.MonkeyPatch) -> dict[str, str]:
    for room in (rag.cli, rag.cli_brief, rag.cli_sessions):
        patch.setattr(room, "show", on_screen)
    commands = {
        "ask": QUESTIONS["ferry"],
        "search": QUESTIONS["bridge"],
        "brief": TOPIC,
        "articles": "",
        "sessions": "",
    }
    return {name: run(store, name, *([given] if given else []))[0] for name, given in commands.items()}


# --- what a terminal gets ------------------------------------------------------------------------------------------


def test_nothing_printed_steers_a_terminal_or_hides(shown: Shown) -> None:
    for name, text in shown.printed.items():
        assert UNSAFE.findall(text.replace("\n", "")) == [], name
        assert not HIDING.search(text), name
    for fact in FACTS.values():
        assert any(fact in safe(text) or fact.split(" ", 1)[1] in text for text in shown.printed.values())


def test_screens_hold_our_own_sequences_only_and_lead_nowhere_else(shown: Shown) -> None:
    for name, text in shown.screens.items():
        assert UNSAFE.findall(OWN.sub("", text).replace("\n", "")) == [], name
        targets = [target for target in TARGET.findall(text) if not target.startswith("file:///")]
        assert targets == [], name
    assert "\x1b]8;" in shown.screens["ask"]


def test_json_is_harmless_on_a_terminal_and_reads_back_whole(shown: Shown) -> None:
    for name, text in shown.json.items():
        assert UNSAFE.findall(text.replace("\n", "")) == [], name
        assert [json.loads(line) for line in text.splitlines()] if name == "chat" else json.loads(text)
    assert json.loads(to_json({"x": ALL})) == {"x": ALL}


HOSTILE_COMMANDS = [
    ("show", ALL), ("show", f"x{ALL}#1"), ("show", "../x"), ("remove", "--", f"-x{ALL}"), ("search", ALL),
    ("sessions", "export", ALL), ("sessions", "export", "../../x"), ("sessions", "delete", ALL),
    ("ask", "x", "--publisher", ALL), ("ask", "x", "--article", ALL), ("ask", "x", "--since", ALL),
    ("ask", "x", "--format", ALL), ("ask", "x", ALL), ("brief", "x", "--out", f"page.{ALL}"),
    ("brief", "x", "--sections", ALL), ("eval", ALL), ("chat", "--session", ALL), ("chat", "--resume", ALL),
    ("ingest", f"nothing{ALL}"), ("ingest", f"http://[{ALL}"), ("ingest", ".", "--set", f"{ALL}=x"),
    ("ingest", ".", "--set", f"published={ALL}"), ("ingest", f"--{ALL}"), (ALL,),
]  # fmt: skip


@pytest.mark.parametrize("command", HOSTILE_COMMANDS, ids=[" ".join(c).split("\x1b")[0] for c in HOSTILE_COMMANDS])
def test_a_refusal_repeats_nothing_that_steers(shown: Shown, command: tuple[str, ...], in_folder: Path) -> None:
    said = "".join(run(shown.store, *command))
    assert said
    assert UNSAFE.findall(said.replace("\n", "")) == []
    assert not HIDING.search(said)
    assert list(in_folder.iterdir()) == []


@pytest.mark.parametrize("name", STEERING)
def test_messages_are_one_harmless_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    complain(f"a{STEERING[name]}b")
    said = capsys.readouterr().err
    assert said.startswith("rag: a")
    assert said.count("\n") == 1
    assert UNSAFE.findall(said.rstrip("\n")) == []
    assert not HIDING.search(said)


# --- what is written to be passed on -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page.html", "talk.html", "answer.html"])
def test_pages_have_a_policy_and_nothing_live_from_articles(shown: Shown, name: str) -> None:
    page = html.fromstring(shown.text(name))
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert not page.xpath("//img | //iframe | //object | //embed | //form | //link | //base")
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    assert all(address.startswith("#") for address in page.xpath("//@href | //@src | //@action"))
    assert "document.title" in page.text_content()
    assert not any("owned" in script for script in page.xpath("//script/text()"))
    assert "evil.example" not in "".join(page.xpath("//style/text()"))


@pytest.mark.parametrize("name", ["page.md", "talk.md", "answer.markdown"])
def test_markdown_has_no_link_image_or_tag_of_an_article(shown: Shown, name: str) -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    read = html.fromstring(f"<div>{reader.render(shown.text(name))}</div>")
    assert not read.xpath("//script | //img | //iframe | //b | //i")
    assert all(address.startswith("#") for address in read.xpath("//@href | //@src"))


def test_word_documents_have_no_field_no_outside_relation_and_no_author(shown: Shown) -> None:
    with zipfile.ZipFile(shown.folder / "page.docx") as document:
        parts = {name: document.read(name).decode("utf-8", "replace") for name in document.namelist()}
    whole = parts["word/document.xml"]
    assert "instrText" not in whole
    assert "fldSimple" not in whole
    relations = "".join(text for name, text in parts.items() if name.endswith(".rels"))
    assert 'TargetMode="External"' not in relations
    assert "<dc:creator></dc:creator>" in parts["docProps/core.xml"] or "creator" not in parts["docProps/core.xml"]


def test_pdf_documents_run_nothing_and_lead_nowhere(shown: Shown) -> None:
    from pypdf import PdfReader

    reader = PdfReader(shown.folder / "page.pdf")
    assert set(reader.metadata or {}) <= {"/Title", "/Producer"}
    assert not {"/OpenAction", "/AA", "/Names"} & set(reader.root_object) or "/JavaScript" not in str(
        reader.root_object
    )
    annotations = [a.get_object() for page in reader.pages for a in page.get("/Annots", ())]
    assert [a["/A"]["/URI"] for a in annotations if "/URI" in a.get("/A", {})] == []
    assert reader.attachments == {}


def test_bibliographies_start_no_command_and_hold_no_formula(shown: Shown) -> None:
    bibtex = shown.text("list.bib")
    assert not re.search(r"\\(?:input|write|immediate|openin|catcode|def)\b", bibtex)
    assert not re.search(r"(?m)^[=+@-](?!\w+\{)", bibtex)
    assert UNSAFE.findall(bibtex.replace("\n", "")) == []
    assert "evil.example/l)" in json.dumps(json.loads(shown.text("list.csl.json")))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_names_a_folder_of_this_machine(shown: Shown, name: str) -> None:
    content = (shown.folder / name).read_bytes()
    if name.endswith(".docx"):
        with zipfile.ZipFile(shown.folder / name) as document:
            content = b"".join(document.read(part) for part in document.namelist())
    if name.endswith(".pdf"):
        from pypdf import PdfReader

        content += "".join(page.extract_text() for page in PdfReader(shown.folder / name).pages).encode()
        content = content.replace(b"\x00", b"")
    assert HOME.encode() not in content
    assert str(shown.home.parent).encode() not in content
    assert b"school.txt" in content or name.startswith("talk") or name.endswith(".pdf")


def test_json_has_whole_paths_for_the_users_own_programs(shown: Shown) -> None:
    assert HOME in json.loads(shown.json["ask school"])["citations"][0]["path"]


def test_what_is_beneath_the_current_folder_is_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert sendable_path(str(tmp_path / "news" / "a.txt")) == "news/a.txt"
    assert sendable_path(str(tmp_path / "me" / "news" / "a.txt")) == "a.txt"
    assert sendable_path("/elsewhere/b.txt") == "b.txt"
    assert sendable_path("news/c.txt") == "news/c.txt"
    assert sendable_path("https://x.example/d.html") == "https://x.example/d.html"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium: apt-get install chromium")
def test_a_real_browser_asks_for_nothing_and_runs_nothing_of_an_article(shown: Shown) -> None:
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", lambda route: (asked.append(route.request.url), route.continue_()))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: said.append(message.text))
        for name in ("page.html", "talk.html", "answer.html"):
            page.goto((shown.folder / name).as_uri())
            page.keyboard.press("Tab")
            assert page.title() != "owned"
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []


# --- names ---------------------------------------------------------------------------------------------------------

TRICKY = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.sampled_from(
        ["../../x", "..", "/etc/passwd", "C:\\x", "CON", "NUL", "-rf", "#1", "x" * 9000, "a\x00b", "~root", "."]
    ),
    st.lists(st.sampled_from(["..", "/", "\\", "#", "-", "\x00", "~", "%2e%2e%2f", "a", "é", "\u202e", " "])).map(
        "".join
    ),
)


@settings(deadline=None, max_examples=300)
@given(TRICKY, TRICKY, st.lists(TRICKY, max_size=3))
def test_an_id_is_a_short_plain_word_whatever_an_article_is_called(title: str, path: str, others: list[str]) -> None:
    taken: set[str] = set()
    for name in [title, title, *others]:
        for key in (path, f"/news/{path}", f"https://x.example/{path}"):
            made = article_id(make_article("x", "Text.", key=key, path=key, title=name), taken)
            assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", made)
            assert len(made) <= 67
            assert made not in taken
            taken.add(made)


def test_only_what_was_named_is_written(shown: Shown) -> None:
    beside = sorted(path.name for path in shown.home.parent.iterdir())
    assert beside == ["work", HOME]
    assert list((shown.home.parent / "work").iterdir()) == []
    assert sorted(path.name for path in shown.home.iterdir() if not path.name.startswith(".")) == [
        "news",
        "out",
        "store",
    ]


# --- search --------------------------------------------------------------------------------------------------------

INVISIBLE = [
    "\u200b",
    "\u00ad",
    "\u2060",
    "\ufeff",
    "\u200e",
    "\u202e",
    "\u2066",
    "\U000e0041",
    "\x00",
    "\x1b[31m",
    "\x7f",
]
PLAIN = "The harbour of Brennvik opens at seven, and the last ferry leaves at midnight."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = Library(tmp_path_factory.mktemp("invisible"))
    library.write("other.txt", "A flood closed the railway to Brno for three days, the operator said on Friday.\n")
    library.write("chess.txt", "The chess champion of Lisbon lost her title to a player of sixteen.\n")
    yield library
    library.close()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.integers(0, len(PLAIN)), st.sampled_from(INVISIBLE)), min_size=1, max_size=12))
def test_signs_that_no_one_sees_do_not_hide_a_sentence_from_search(
    library: Library, inserted: list[tuple[int, str]]
) -> None:
    text = PLAIN
    for place, sign in sorted(inserted, reverse=True):
        text = text[:place] + sign + text[place:]
    library.write("harbour.txt", f"{text}\n")
    library.ingest()
    best = library.engine.search("When does the last ferry leave Brennvik harbour?", 1).passages[0]
    assert best.paragraph.text == PLAIN
    article = library.engine.catalogue.article(best.article_id)
    assert article.text[best.paragraph.start : best.paragraph.end] == PLAIN


@pytest.mark.parametrize(
    "spelled", ["ｆｅｒｒｙ", "fer\u00adry", "ferr\u200by", "FERRY", "fe\ufb00y".replace("\ufb00", "rr")]
)
def test_other_spellings_of_a_word_are_found_by_the_plain_one(library: Library, spelled: str) -> None:
    library.write("harbour.txt", f"The last {spelled} to Brennvik leaves at midnight.\n")
    library.ingest()
    assert "Brennvik" in library.engine.search("last ferry Brennvik", 1).passages[0].paragraph.text


def test_titles_keep_no_escape_sequence_and_no_invisible_sign() -> None:
    title = "The \x1b[31mferry\x1b]52;c;QQ\x07 to \u202eLu\u200bnde\U000e0041 l\u00adeaves 👩\u200d🚀"
    assert collapse(title) == "The ferry to Lunde leaves 👩\u200d🚀"
