"""Nothing is read but what was named: not by links, not by what files say of themselves, and nothing blocks."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from store_helpers import Library

from rag.errors import ConfigError, LoadError
from rag.fields import LONGEST, LONGEST_ADDRESS, MOST_AUTHORS, make_metadata
from rag.finding import find_files
from rag.loading import load
from rag.overrides import read_overrides
from rag.reading import read_bytes

BODY = "The ferry to Lunde leaves at nine in the morning."
OUTSIDE = "What stands outside is nobody's business here."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "key.txt").write_text(OUTSIDE)
    library = Library(tmp_path)
    library.write("a.txt", BODY)
    return library


def test_links_that_lead_out_of_the_folder_are_named_and_left(library: Library) -> None:
    (library.folder / "b.txt").symlink_to(library.home / "outside" / "key.txt")
    (library.folder / "c").symlink_to(library.home / "outside")
    (library.folder / "d.txt").symlink_to("../outside/key.txt")
    report = library.ingest()
    assert (report.added, report.failed) == (1, ())
    assert library.texts() == {BODY}
    assert [warning.split(" leads out of the folder and was not followed")[0] for warning in library.warnings] == [
        str(library.folder / name) for name in ("b.txt", "c", "d.txt")
    ]
    library.close()


def test_a_link_that_is_named_is_followed(library: Library) -> None:
    link = library.home / "link"
    link.symlink_to(library.home / "outside")
    (library.folder / "b.txt").symlink_to(library.home / "outside" / "key.txt")
    assert find_files(link) == [link / "key.txt"]
    library.ingest(library.folder / "b.txt")
    assert library.texts() == {OUTSIDE}
    library.close()


def test_odd_names_are_read_or_refused_and_shown_in_one_line(library: Library) -> None:
    for name in (
        "line\nbreak.txt",
        "\x1b[31mred.txt",
        "tab\t.txt",
        "\u202etxt.exe.txt",
        "-rf.txt",
        "~.txt",
        "$HOME.txt",
    ):
        library.write(name, f"{BODY} {name!a}")
    Path(os.fsdecode(os.fsencode(library.folder) + b"/\xff.txt")).write_text(BODY)
    report = library.ingest()
    assert report.added + len(report.duplicates) == 8
    assert [failure.error for failure in report.failed] == ["has a name that is not UTF-8; rename it"]
    library.close()


KEYS = ("path", "file", "url", "source", "link", "include", "location", "id", "image")


@pytest.mark.parametrize("target", ["{}", "file://{}", "../outside/key.txt"])
def test_what_a_file_names_is_not_read(library: Library, target: str) -> None:
    target = target.format(library.home / "outside" / "key.txt")
    records = [{"title": key, "text": f"A ticket costs {n} euros.", key: target} for n, key in enumerate(KEYS)]
    library.write("r.json", json.dumps(records))
    for n, key in enumerate(KEYS):
        front = f"---\ntitle: Fares\n{key}: {target}\n---\n"
        library.write(f"f{n}.md", f"{front}The bridge {n} is closed. ![x]({target}) <{target}>\n")
    library.write("p.html", f'<p>The harbour wall is new.</p><img src="{target}"><iframe src="{target}"></iframe>')
    report = library.ingest()
    assert (len(library.ids()) + len(report.duplicates), report.failed) == (2 + 2 * len(KEYS), ())
    assert not any(OUTSIDE in text for text in library.texts())
    articles = [library.engine.catalogue.article(name) for name in library.ids()]
    assert {article.metadata.url for article in articles} == {None}
    library.close()


def test_special_files_never_block(library: Library, tmp_path: Path) -> None:
    os.mkfifo(library.folder / "pipe.txt")
    (library.folder / "null.txt").symlink_to("/dev/null")
    (library.folder / "zero.txt").symlink_to("/dev/zero")
    assert library.ingest().added == 1
    for path in (library.folder / "pipe.txt", Path("/dev/zero"), Path("/dev/stdin")):
        with pytest.raises(LoadError, match="is not a regular file"):
            read_bytes(path)
    library.close()


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "a.txt", tmp_path / "real.txt"
    os.mkfifo(path)
    real.write_text(BODY)
    looked = os.stat
    monkeypatch.setattr(os, "stat", lambda at, **given: looked(real if at == path else at, **given))
    told: list[str] = []

    def read() -> None:
        with pytest.raises(LoadError) as caught:
            read_bytes(path)
        told.append(str(caught.value))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(20)
    assert told == ["changed while it was read; wait until it is complete and try again"]


def test_facts_of_a_folder_are_read_from_a_file_of_some_lines_only(tmp_path: Path) -> None:
    facts = tmp_path / "sources.toml"
    os.mkfifo(facts)
    with pytest.raises(ConfigError, match="is not a regular file"):
        read_overrides(tmp_path)
    facts.unlink()
    facts.write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigError, match=r"more than the limit of 1.0 MB"):
        read_overrides(tmp_path)


def test_metadata_is_of_a_length_that_people_read() -> None:
    address = "https://x.example/" + "a" * LONGEST_ADDRESS
    found = make_metadata({"title": "a" * 10**6, "authors": ("b" * 10**6,) * 1000, "url": address}, "meta")
    assert found.title == "a" * LONGEST + "…"
    assert found.authors == ("b" * LONGEST + "…",) * MOST_AUTHORS
    assert (found.url, "url" in found.origins) == (None, False)


def test_a_heading_of_a_megabyte_makes_no_title_of_a_megabyte(tmp_path: Path) -> None:
    from rag.paragraphs import read_article

    path = tmp_path / "a.md"
    path.write_text("# " + "word " * 100_000 + f"\n\n{BODY}\n")
    ((source,), _) = load(path)
    assert len(read_article(source).metadata.title) == LONGEST
