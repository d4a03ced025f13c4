"""PDF, DOCX and EPUB files, made here by the libraries that write them."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from ebooklib import epub
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from rag.errors import LoadError, RagError
from rag.lines import Line, paragraphs
from rag.loading import Limits, load, read_source
from rag.schema import Block, Source

PARAGRAPHS = [
    "The council of the harbour town met on Tuesday evening to talk about the new road, which has been planned for "
    "more than ten years and was never built, because nobody could say who would pay for the bridge over the canal.",
    "“We have waited long enough,” said the mayor, who had brought a drawing with her. She asked the members to vote "
    "before the summer, since the offer of the builders ends in June and will not be made again at the same price.",
    "Nobody objected.",
    "The opposition wants to hear the people who live along the road first. Their spokesman said that two meetings in "
    "May would be enough for that, and that a vote in June would then still be possible, if everybody came prepared.",
]


def kept(blocks: Sequence[Block]) -> list[str]:
    return [block.text for block in blocks if block.kind != "boilerplate"]


def one(file: Path, data: bytes, limits: Limits | None = None) -> Source:
    file.write_bytes(data)
    (source,), failures = load(file, limits=limits or Limits())
    assert not failures
    assert (source.markup, source.raw) == ("blocks", "")
    return source


def refusal(file: Path, data: bytes, limits: Limits | None = None) -> str:
    file.write_bytes(data)
    with pytest.raises(LoadError) as caught:
        load(file, limits=limits or Limits())
    assert "\n" not in str(caught.value)
    assert str(file) not in str(caught.value)
    return str(caught.value)


# --- PDF -----------------------------------------------------------------------------------------------------------


def make_pdf(
    texts: Sequence[str], *, indent: float = 0, space: float = 6, title: str = "", header: str = "", align: int = 0
) -> bytes:
    """A PDF of flowing paragraphs; the first is a title where `title` is given."""
    out = io.BytesIO()

    def decorate(canvas: Canvas, document: Any) -> None:
        if header:
            canvas.drawString(72, 800, header)
            canvas.drawString(280, 30, f"Page {document.page}")

    style = ParagraphStyle(
        "text", parent=getSampleStyleSheet()["BodyText"], firstLineIndent=indent, spaceBefore=space, alignment=align
    )
    flow = [Paragraph(escape(text), style) for text in texts]
    if title:
        flow.insert(0, Paragraph(title, getSampleStyleSheet()["Title"]))
    author = "Jane Roe and Bo Lee" if title else ""
    document = SimpleDocTemplate(out, title=title or "untitled", author=author, lang="en-GB")
    document.build(flow, onFirstPage=decorate, onLaterPages=decorate)
    return out.getvalue()


def draw_pdf(*pages: Sequence[tuple[float, float, str]]) -> bytes:
    """A PDF with each text at its place."""
    out = io.BytesIO()
    canvas = Canvas(out)
    for page in pages:
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(("indent", "space"), [(0, 6), (12, 0), (12, 6)])
def test_pdf_paragraphs(tmp_path: Path, indent: float, space: float) -> None:
    source = one(tmp_path / "a.pdf", make_pdf(PARAGRAPHS, indent=indent, space=space, align=TA_JUSTIFY))
    assert kept(source.blocks) == PARAGRAPHS
    assert {block.page for block in source.blocks} == {1}
    assert {block.line for block in source.blocks} == {None}


def test_pdf_title_pages_and_running_lines(tmp_path: Path) -> None:
    texts = [f"{text[:-1]}, number {n}." for n in range(15) for text in PARAGRAPHS if len(text) > 50]
    source = one(tmp_path / "a.pdf", make_pdf(texts, title="The Harbour Road", header="The Example Times"))
    assert source.blocks[0].kind == "boilerplate"
    assert (kept(source.blocks)[0], source.blocks[2].kind) == ("The Harbour Road", "heading")
    assert kept(source.blocks)[1:] == texts
    running = [block.text for block in source.blocks if block.kind == "boilerplate"]
    count = max(block.page or 0 for block in source.blocks)
    assert count > 1
    assert sorted(running) == sorted([f"Page {n}" for n in range(1, count + 1)] + ["The Example Times"] * count)
    pages = [block.page or 0 for block in source.blocks]
    assert pages == sorted(pages)


def test_pdf_metadata(tmp_path: Path) -> None:
    metadata = one(tmp_path / "a.pdf", make_pdf(PARAGRAPHS, title="The Harbour Road")).metadata
    assert (metadata.title, metadata.authors, metadata.language) == ("The Harbour Road", ("Jane Roe", "Bo Lee"), "en")
    assert metadata.published is not None
    assert len(metadata.published) == 10
    assert set(metadata.origins.values()) == {"pdf info"}
    assert one(tmp_path / "b.pdf", make_pdf(PARAGRAPHS)).metadata.title == ""


def test_the_name_knows_the_date_better_than_the_program(tmp_path: Path) -> None:
    metadata = one(tmp_path / "2024-11-06-road.pdf", make_pdf(PARAGRAPHS)).metadata
    assert (metadata.published, metadata.origins["published"]) == ("2024-11-06", "file name")


def test_hyphens_at_line_ends() -> None:
    """Divided words are joined, compounds keep their hyphen: told by what else the text says."""
    texts = [
        "The government wants to build the long-",
        "awaited bridge and says that the admini-",
        "stration is ready. The administration had",
        "said so before, and the well-",
        "known architect is a well-known man. An-",
        "na Smith of the Franco-",
        "German office drew the bridge for it.",
    ]
    lines = [Line(text, 72, 700 - 12 * n, 10, False, 1) for n, text in enumerate(texts)]
    (block,) = paragraphs([lines])
    assert block.text == (
        "The government wants to build the longawaited bridge and says that the administration is ready. The "
        "administration had said so before, and the well-known architect is a well-known man. Anna Smith of the "
        "Franco-German office drew the bridge for it."
    )


def test_soft_hyphens_and_text_that_is_never_divided() -> None:
    filler = [f"A line of text that fills its column quite well, number {n} of very" for n in range(60)]
    last = ["many, and a right-", "minded man says that the Bundes\u00ad", "kanzler came to the town late today."]
    texts = [*filler, *last]
    lines = [Line(text, 72, 1000 - 12 * n, 10, False, 1) for n, text in enumerate(texts)]
    (block,) = paragraphs([lines])
    assert block.text.endswith("many, and a right-minded man says that the Bundeskanzler came to the town late today.")


def test_paragraphs_go_on_over_pages_and_columns(tmp_path: Path) -> None:
    left = [(72.0, 700.0 - 12 * n, f"line {n} of the first column goes on") for n in range(20)]
    right = [(320.0, 700.0 - 12 * n, f"line {n} of the second column, too") for n in range(20)]
    below = [(72.0, 700.0, "and the sentence ends on the next page."), (72.0, 676.0, "Another begins there.")]
    blocks = one(tmp_path / "a.pdf", draw_pdf(left + right, below)).blocks
    assert [block.page for block in blocks] == [1, 2]
    assert blocks[0].text.endswith("line 19 of the second column, too and the sentence ends on the next page.")


def test_lists_and_page_numbers_in_pdf(tmp_path: Path) -> None:
    page = [(72.0, 700.0, "Three things were said there on that day:"), (80.0, 686.0, "• the first of them"),
            (80.0, 674.0, "• the second of them"), (80.0, 662.0, "• the third of them")]  # fmt: skip
    page.append((300.0, 30.0, "- 1 -"))
    data = draw_pdf(page, [(72.0, 700.0, "The end of it came soon."), (300.0, 30.0, "- 2 -")])
    blocks = one(tmp_path / "a.pdf", data).blocks
    assert [(block.kind, block.text) for block in blocks if block.page == 1] == [
        (None, "Three things were said there on that day:"),
        ("list", "the first of them"),
        ("list", "the second of them"),
        ("list", "the third of them"),
        ("boilerplate", "- 1 -"),
    ]


def test_ligatures_are_spelled_out() -> None:
    from rag.pdf import _LineMaker

    maker = _LineMaker(1)
    maker.visit("The ﬁnance oﬃce\n", [1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 72, 700], None, 10)
    assert maker.lines == [Line("The finance office", 72, 700, 10, False, 1)]


def encrypted(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf(PARAGRAPHS))))
    writer.encrypt(user_password=user, owner_password="owner", algorithm="AES-256")  # noqa: S106
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_encrypted_pdf(tmp_path: Path) -> None:
    assert kept(one(tmp_path / "a.pdf", encrypted("")).blocks) == PARAGRAPHS
    assert "is encrypted; save a copy without the password" in refusal(tmp_path / "b.pdf", encrypted("secret"))


def test_pdf_without_text(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    assert "has no text (scanned?); run OCR first" in refusal(tmp_path / "a.pdf", out.getvalue())


def test_broken_and_long_pdf(tmp_path: Path) -> None:
    data = make_pdf(PARAGRAPHS)
    for broken in (b"%PDF-1.7\nnothing", b"not a pdf at all", data[:200], b"%PDF-1.4\n" + b"[" * 5000):
        assert "PDF" in refusal(tmp_path / "a.pdf", broken)
    long = draw_pdf(*[[(72.0, 700.0, "x")]] * 4)
    assert "has 4 pages, over the limit of 3" in refusal(tmp_path / "a.pdf", long, Limits(max_pages=3))


# --- DOCX ----------------------------------------------------------------------------------------------------------


def make_docx(*, author: str = "Jane Roe; Bo Lee") -> bytes:
    document = docx.Document()
    document.add_heading("The Harbour Road", 0)
    document.add_paragraph(PARAGRAPHS[0])
    document.add_heading("What is planned", 1)
    document.add_paragraph("first item", style="List Bullet")
    document.add_paragraph("second item", style="List Number")
    document.add_paragraph("A drawing of the road", style="Caption")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("Year", "Cost"), ("2024", "5 million")), strict=True):
        row.cells[0].text, row.cells[1].text = texts
    layout = document.add_table(rows=1, cols=1)
    layout.cell(0, 0).text = "In a frame."
    layout.cell(0, 0).add_paragraph("Its second paragraph.")
    changed = document.add_paragraph("The vote was ")
    ns = nsdecls("w")
    changed._p.append(parse_xml(f"<w:del {ns}><w:r><w:delText>lost</w:delText></w:r></w:del>"))
    changed._p.append(parse_xml(f"<w:ins {ns}><w:r><w:t>won</w:t><w:tab/><w:t>at last.</w:t></w:r></w:ins>"))
    inner = "<w:sdtContent><w:p><w:r><w:t>In a content control.</w:t></w:r></w:p></w:sdtContent>"
    document.element.body.insert(-1, parse_xml(f"<w:sdt {ns}>{inner}</w:sdt>"))
    document.add_paragraph("   ")
    properties = document.core_properties
    properties.title, properties.author, properties.language = "Road", author, "de-DE"
    properties.created = datetime(2024, 11, 6, 10, 0)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_docx(tmp_path: Path) -> None:
    source = one(tmp_path / "a.docx", make_docx())
    assert [(block.kind, block.text) for block in source.blocks] == [
        ("heading", "The Harbour Road"),
        (None, PARAGRAPHS[0]),
        ("heading", "What is planned"),
        ("list", "first item"),
        ("list", "second item"),
        ("caption", "A drawing of the road"),
        (None, "Year | Cost"),
        (None, "2024 | 5 million"),
        (None, "In a frame."),
        (None, "Its second paragraph."),
        (None, "The vote was won at last."),
        (None, "In a content control."),
    ]
    metadata = source.metadata
    assert (metadata.title, metadata.authors, metadata.published) == ("Road", ("Jane Roe", "Bo Lee"), "2024-11-06")
    assert metadata.language == "de"
    assert set(metadata.origins.values()) == {"document properties"}


def test_properties_of_the_template_are_nobodys(tmp_path: Path) -> None:
    assert one(tmp_path / "a.docx", make_docx(author="python-docx")).metadata.published is None


def test_docx_that_is_none(tmp_path: Path) -> None:
    old_office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99
    assert "save it as DOCX without a password" in refusal(tmp_path / "a.docx", old_office)
    assert "not a readable DOCX" in refusal(tmp_path / "a.docx", b"PK\x03\x04 broken")
    assert "not a readable DOCX" in refusal(tmp_path / "a.docx", make_zip({"x.txt": b"x"}))
    empty = io.BytesIO()
    docx.Document().save(empty)
    assert "no text of an article" in refusal(tmp_path / "a.docx", empty.getvalue())


def make_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("suffix", [".docx", ".epub"])
def test_zip_bombs_are_refused_by_their_directory(tmp_path: Path, suffix: str) -> None:
    bomb = make_zip({"big": b"\0" * 3_000_000})
    assert len(bomb) < 10_000
    message = refusal(tmp_path / f"a{suffix}", bomb, Limits(max_uncompressed=2 * 2**20))
    assert message == "unpacks to 3 MB, over the limit of 2 MB; if it is no trap, raise max_uncompressed_megabytes"


def test_entities_of_a_docx_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_docx())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/document.xml":
                dtd = f'<!DOCTYPE w [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
                head, mark, rest = content.partition(b"?>")
                content = head + mark + dtd + rest.replace(b"first item", b"first &x; item")
            new.writestr(name, content)
    try:
        texts = kept(one(tmp_path / "a.docx", out.getvalue()).blocks)
    except LoadError:
        return
    assert "SECRET" not in " ".join(texts)


# --- EPUB ----------------------------------------------------------------------------------------------------------


def make_epub(**more: bytes) -> bytes:
    book = epub.EpubBook()
    book.set_identifier("id1")
    book.set_title("Two Chapters")
    book.set_language("en-US")
    book.add_author("Jane Roe")
    book.add_author("Bo Lee")
    book.add_metadata("DC", "publisher", "The Press")
    book.add_metadata("DC", "date", "2024-11")
    chapters = []
    contents = {
        "two": "<h1>Two</h1><p>Second chapter.</p>",
        "one": "<h1>One</h1><p>First&nbsp;one.</p><ul><li>Item.</li></ul>",
    }
    for name, text in contents.items():
        chapter = epub.EpubHtml(title=name, file_name=f"{name}.xhtml", uid=name)
        chapter.content = text
        book.add_item(chapter)
        chapters.append(chapter)
    for name, content in more.items():
        book.add_item(epub.EpubItem(uid=name, file_name=f"{name}.png", media_type="image/png", content=content))
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.toc = chapters
    book.spine = ["nav", *reversed(chapters)]
    out = io.BytesIO()
    epub.write_epub(out, book)
    return out.getvalue()


def test_epub(tmp_path: Path) -> None:
    source = one(tmp_path / "a.epub", make_epub(picture=b"\x89PNG"))
    assert [(block.kind, block.text) for block in source.blocks] == [
        ("heading", "One"),
        (None, "First one."),
        ("list", "Item."),
        ("heading", "Two"),
        (None, "Second chapter."),
    ]
    metadata = source.metadata
    assert (metadata.title, metadata.authors) == ("Two Chapters", ("Jane Roe", "Bo Lee"))
    assert (metadata.publisher, metadata.published, metadata.language) == ("The Press", "2024-11", "en")
    assert set(metadata.origins.values()) == {"epub metadata"}


def with_file(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_epub_that_cannot_be_read(tmp_path: Path) -> None:
    listed = b'<encryption><CipherReference URI="EPUB/one.xhtml"/></encryption>'
    assert "DRM" in refusal(tmp_path / "a.epub", with_file(make_epub(), "META-INF/encryption.xml", listed))
    fonts = listed.replace(b"one.xhtml", b"font.otf")
    assert one(tmp_path / "a.epub", with_file(make_epub(), "META-INF/encryption.xml", fonts)).blocks
    assert "not a readable EPUB" in refusal(tmp_path / "a.epub", make_zip({"mimetype": b"application/epub+zip"}))
    assert "not a readable EPUB" in refusal(tmp_path / "a.epub", b"PK")


# --- damage --------------------------------------------------------------------------------------------------------


@cache
def sample(suffix: str) -> bytes:
    makers: dict[str, Callable[[], bytes]] = {
        ".pdf": lambda: make_pdf(PARAGRAPHS, title="T"),
        ".docx": make_docx,
        ".epub": make_epub,
    }
    return makers[suffix]()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([".pdf", ".docx", ".epub"]), st.integers(0, 2**32), st.integers(1, 40), st.booleans())
def test_damaged_files_load_or_raise_our_error(suffix: str, seed: int, flips: int, cut: bool) -> None:
    data = bytearray(sample(suffix))
    choice = random.Random(seed)  # noqa: S311
    for _ in range(flips):
        data[choice.randrange(len(data))] = choice.randrange(256)
    if cut:
        del data[choice.randrange(len(data)) :]
    try:
        source = read_source(bytes(data), suffix, f"/somewhere/a{suffix}")
    except RagError:
        return
    assert source.blocks
