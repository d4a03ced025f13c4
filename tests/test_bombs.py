"""Files made to explode: refused or read within limits, in one line, and the reader goes on with the next file."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_files import BODY, PDFS, docx, epub, lying, overlapping, with_entry
from store_helpers import Library

from rag.bounded import load_bounded
from rag.errors import InputError, LoadError
from rag.loading import load
from rag.overrides import NO_OVERRIDES
from rag.reading import Limits
from rag.schema import Source

HIDDEN = "the secret of this machine"
LAUGHS = '<!DOCTYPE x [<!ENTITY a "hahahaha">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
) + "]>"  # fmt: skip
"""`&m;` stands for 8 TB."""
TIGHT = Limits(max_seconds=1, max_memory=600 * 2**20)


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, limits=limits or Limits())
    return one_line(caught.value)


def one_line(error: Exception) -> str:
    assert "\n" not in str(error)
    assert len(str(error)) < 200
    return str(error)


def attempt(path: Path) -> tuple[str, str]:
    """What was read of a file, and what was said where nothing was."""
    try:
        return repr(load_bounded(str(path), TIGHT, NO_OVERRIDES)), ""
    except LoadError as error:
        return "", one_line(error)


def text_of(source: Source) -> str:
    return " ".join(block.text for block in source.blocks)


# --- archives ------------------------------------------------------------------------------------------------------


ARCHIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "one large entry": (
        lambda data: with_entry(data, "z.xml", bytes(150 * 2**20)),
        "MB, over the limit of 100 MB; if it is no trap, raise max_uncompressed_megabytes",
    ),
    "many entries": (lambda data: with_entry(data, "{}", b"", 10_001), "holds more than 10000 files"),
    "the same bytes many times": (
        lambda data: overlapping(with_entry(data, "z.xml", bytes(2**20)), 200), "over the limit of 100 MB",
    ),
    "cut in the middle": (lambda data: data[: len(data) // 2], "is not a readable"),
}  # fmt: skip


@pytest.mark.parametrize("kind", [docx, epub])
@pytest.mark.parametrize("case", ARCHIVES)
def test_archives_that_unpack_to_too_much(tmp_path: Path, kind: Callable[[], bytes], case: str) -> None:
    explode, message = ARCHIVES[case]
    path = tmp_path / f"a.{kind.__name__}"
    path.write_bytes(explode(kind()))
    assert message in refusal(path)


@pytest.mark.parametrize(("kind", "name"), [(docx, "word/document.xml"), (epub, "a.xhtml")])
def test_a_directory_that_lies_gets_no_more_than_it_says(tmp_path: Path, kind: Callable[..., bytes], name: str) -> None:
    path = tmp_path / f"a.{kind.__name__}"
    path.write_bytes(lying(kind(" " * 5_000_000), name, 100))
    assert "is not a readable" in refusal(path, Limits(max_uncompressed=2**20))


@pytest.mark.parametrize("kind", [docx, epub])
def test_archives_in_archives_stay_closed(tmp_path: Path, kind: Callable[[], bytes]) -> None:
    bomb = with_entry(with_entry(b"", "a", bytes(2**20)), "b", bytes(2**20))
    path = tmp_path / f"a.{kind.__name__}"
    path.write_bytes(with_entry(kind(), "inner.zip", bomb))
    ((source,), failures) = load(path)
    assert (text_of(source), failures) == (BODY, [])


# --- entities ------------------------------------------------------------------------------------------------------


def external(path: Path) -> str:
    return f'<!DOCTYPE x [<!ENTITY e SYSTEM "{path.as_uri()}"><!ENTITY % p SYSTEM "{path.as_uri()}"> %p;]>'


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(HIDDEN)
    return path


HOSTS: dict[str, Callable[[str, str], bytes]] = {
    "a.docx": lambda prolog, use: docx(f"<w:p><w:r><w:t>{BODY}{use}</w:t></w:r></w:p>", prolog),
    "a.epub": lambda prolog, use: epub(f"<p>{BODY}{use}</p>", prolog),
    "package.epub": lambda prolog, use: epub(package=prolog),
    "a.html": lambda prolog, use: f"{prolog}<html><body><p>{BODY}{use}</p></body></html>".encode(),
    "b.html": lambda prolog, use: f"<?xml version='1.0'?>{prolog}<html><body><p>{BODY}{use}</p></body></html>".encode(),
    "a.json": lambda prolog, use: b'[{"text": "<p>%s</p>"}]' % f"{BODY}{use}".encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTS)
def test_external_entities_are_not_read(tmp_path: Path, secret: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTS[name](external(secret), "&e;"))
    read, told = attempt(tmp_path / name)
    assert HIDDEN not in read + told
    assert BODY in read or told


@pytest.mark.parametrize("name", HOSTS)
def test_entities_made_of_entities_are_not_unfolded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HOSTS[name](LAUGHS, "&m;"))
    read, told = attempt(tmp_path / name)
    assert len(read + told) < 5000
    assert "haha" not in read


def test_a_word_file_that_refers_to_files_outside_reads_none(tmp_path: Path, secret: Path) -> None:
    outside = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" TargetMode="External" Target="{0}" Type="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships/{1}"/></Relationships>'
    )
    for kind in ("attachedTemplate", "styles", "aFChunk", "image"):
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(docx())) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                is_list = name == "word/_rels/document.xml.rels"
                new.writestr(name, outside.format(secret.as_uri(), kind) if is_list else old.read(name))
        path = tmp_path / f"{kind}.docx"
        path.write_bytes(file.getvalue())
        assert HIDDEN not in "".join(attempt(path))


@pytest.mark.parametrize("href", ["../../../../../../etc/passwd", "file:///etc/passwd", "/etc/passwd"])
def test_a_book_that_names_files_outside_reads_none(tmp_path: Path, href: str) -> None:
    path = tmp_path / "a.epub"
    path.write_bytes(epub(href=href))
    assert "is not a readable EPUB" in refusal(path)


# --- PDF -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", PDFS)
def test_pdf_bombs_are_a_line_within_limits(tmp_path: Path, case: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDFS[case]())
    with pytest.raises(LoadError) as caught:
        load_bounded(str(path), TIGHT, NO_OVERRIDES)
    one_line(caught.value)


# --- the bound itself ----------------------------------------------------------------------------------------------


def test_a_file_that_takes_too_long_is_left_and_the_next_is_read(tmp_path: Path) -> None:
    bomb, good = tmp_path / "a.pdf", tmp_path / "b.html"
    bomb.write_bytes(PDFS["many words"]())
    good.write_text(f"<p>{BODY}</p>")
    with pytest.raises(LoadError, match=r"takes more than 1 s to read; save its text as .txt, or raise max_seconds"):
        load_bounded(str(bomb), Limits(max_seconds=1), NO_OVERRIDES)
    ((source,), _) = load_bounded(str(good), Limits(), NO_OVERRIDES)
    assert text_of(source) == BODY


def test_a_file_that_takes_too_much_memory_is_left_and_the_next_is_read(tmp_path: Path) -> None:
    bomb, good = tmp_path / "a.json", tmp_path / "b.html"
    bomb.write_bytes(b"[" + b"{}," * 6_000_000 + b"{}]")
    good.write_text(f"<p>{BODY}</p>")
    with pytest.raises(LoadError, match=r"needs more than 300 MB of memory; save its text as .txt, or raise"):
        load_bounded(str(bomb), Limits(max_memory=300 * 2**20), NO_OVERRIDES)
    ((source,), _) = load_bounded(str(good), Limits(), NO_OVERRIDES)
    assert text_of(source) == BODY


def test_what_is_read_elsewhere_is_what_is_read_here(tmp_path: Path) -> None:
    page, records = f"<p>{BODY}</p>".encode(), b'[{"text": "a b"}, 1]'
    files = {"a.docx": docx(), "a.epub": epub(), "a.html": page, "a.json": records, "a.txt": BODY.encode()}
    for name, data in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        given = {"title": "Set", "origins": {"title": "sources.toml"}}
        assert load_bounded(str(path), Limits(), given) == load(path, overrides=given)


def test_errors_come_through_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"")
    with pytest.raises(LoadError, match="is empty; there is nothing to ingest"):
        load_bounded(str(path), Limits(), NO_OVERRIDES)
    with pytest.raises(InputError, match="is no address of a web page") as caught:
        load_bounded("ftp://x.example/", Limits(), NO_OVERRIDES)
    assert type(caught.value) is InputError


def test_one_bomb_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    library = Library(tmp_path, max_seconds=1)
    library.write("a.html", f"<p>{BODY}</p>")
    (library.folder / "b.pdf").write_bytes(PDFS["many words"]())
    library.write("c.html", "<p>The bridge over the Lenne was closed on Monday.</p>")
    os.symlink(library.folder / "b.pdf", library.folder / "d.pdf")
    report = library.ingest()
    library.close()
    assert (report.added, [Path(failure.path).name for failure in report.failed]) == (2, ["b.pdf"])
