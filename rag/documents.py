"""DOCX and EPUB → blocks and metadata. The only room that knows python-docx and ebooklib."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.dates import iso_date
from rag.decoding import decode
from rag.errors import LoadError
from rag.fields import author_names, collapse, language_code, make_metadata
from rag.quiet import quiet
from rag.reading import Limits
from rag.schema import Block, Kind, Metadata
from rag.webpages import fragment_blocks

if TYPE_CHECKING:
    from docx.document import Document

PROTECTED = "is protected against copying (DRM)"
_ENTRY = b"PK\1\2"
"""What an entry of a zip directory begins with."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _checked_zip(data: bytes, limits: Limits, what: str) -> zipfile.ZipFile:
    """The archive, refused by its own directory where it unpacks to too much; zipfile reads no more than that says.

    Entries that overlap count each for itself. Raises LoadError.
    """
    if data.startswith(_OLD_OFFICE):
        raise LoadError(f"is encrypted or of an old format; save it as {what} without a password")
    if data.count(_ENTRY) > limits.max_entries:  # before anybody makes an object of each
        raise LoadError(f"holds more than {limits.max_entries} files; save it as {what} anew")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise LoadError(f"is not a readable {what} file; open it in its program and save it again") from None
    size = sum(entry.file_size for entry in entries)
    if size > limits.max_uncompressed:
        raise LoadError(
            f"unpacks to {size / 2**20:.0f} MB, over the limit of {limits.max_uncompressed / 2**20:.0f} MB; "
            f"if it is no trap, raise max_uncompressed_megabytes"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise LoadError("is encrypted; save a copy without the password")
    return archive


# --- DOCX ----------------------------------------------------------------------------------------------------------


def read_docx(data: bytes, limits: Limits) -> tuple[tuple[Block, ...], Metadata]:
    """Paragraphs, headings, items, captions and table rows in order, and the document's properties.

    Text is as with all changes accepted; footnotes, headers, footers and text boxes are left out. Raises LoadError.
    """
    _checked_zip(data, limits, "DOCX")
    with quiet("docx"):
        try:
            import docx

            document = docx.Document(io.BytesIO(data))
            return tuple(_docx_blocks(document)), _docx_metadata(document)
        except MemoryError:
            raise
        except Exception as error:  # python-docx meets damage with errors of every kind
            raise LoadError(f"is not a readable DOCX file; save it again as DOCX ({type(error).__name__})") from None


def _docx_blocks(document: Document) -> Iterator[Block]:
    from docx.oxml.ns import qn

    # by elements, since the paragraphs of content controls and nested tables are in no list of python-docx
    paragraph, row = qn("w:p"), qn("w:tr")
    names = {style.style_id: str(style.name or "").lower() for style in document.styles}
    one_line_rows: set[Any] = set()
    for element in document.element.body.iter(paragraph, row):
        if element.xpath("boolean(ancestor::w:txbxContent)"):
            continue  # Word stores the text of boxes twice, far from where it is seen
        if not one_line_rows.isdisjoint(element.xpath("ancestor::w:tr")):
            continue
        if element.tag == row:
            cells = _row_cells(element)
            if cells:
                one_line_rows.add(element)
                yield Block(" | ".join(cells))
        elif text := _paragraph_text(element):
            yield Block(text, _docx_kind(element, names))


def _row_cells(row: Any) -> list[str]:
    """Texts of the cells of a row that is one line of a table; nothing where its cells hold the layout of a page."""
    cells = row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc")
    if len(cells) < 2:
        return []
    texts = []
    for cell in cells:
        inside = [text for paragraph in cell.xpath(".//w:p") if (text := _paragraph_text(paragraph))]
        if len(inside) > 1:
            return []
        texts += inside
    return texts


_TEXT = " | ".join(
    f".//w:{name}[not(ancestor::w:txbxContent or ancestor::w:moveFrom)]"
    for name in ("t", "tab", "br", "cr", "noBreakHyphen")
)
"""With insertions and without deletions (`w:delText`): python-docx leaves out both."""


def _paragraph_text(paragraph: Any) -> str:
    pieces: list[str] = []
    for part in paragraph.xpath(_TEXT):
        tag = part.tag.rpartition("}")[2]
        pieces.append((part.text or "") if tag == "t" else "-" if tag == "noBreakHyphen" else " ")
    return collapse("".join(pieces))


def _docx_kind(paragraph: Any, names: dict[str, str]) -> Kind | None:
    styles = paragraph.xpath("./w:pPr/w:pStyle/@w:val")
    style = names.get(styles[0], str(styles[0]).lower()) if styles else ""
    if re.match(r"heading|title$|subtitle$", style) or paragraph.xpath("boolean(./w:pPr/w:outlineLvl[@w:val < 9])"):
        return "heading"
    if style.startswith("list") or paragraph.xpath("boolean(./w:pPr/w:numPr)"):
        return "list"
    return "caption" if style == "caption" else None


def _docx_metadata(document: Document) -> Metadata:
    properties = document.core_properties
    if properties.author == "python-docx":
        return Metadata()  # the template's properties, dated 2013
    found = {
        "title": collapse(properties.title or ""),
        "authors": author_names(properties.author),
        "published": iso_date(properties.created),
        "language": language_code(properties.language or ""),
    }
    return make_metadata(found, "document properties")


# --- EPUB ----------------------------------------------------------------------------------------------------------


def read_epub(data: bytes, limits: Limits) -> tuple[tuple[Block, ...], Metadata]:
    """Headings, paragraphs and items of all chapters in reading order, and the book's metadata. Raises LoadError."""
    archive = _checked_zip(data, limits, "EPUB")
    with quiet("ebooklib"):
        try:
            _refuse_protected(archive)
            from ebooklib import epub  # type: ignore[import-untyped]

            book = epub.read_epub(io.BytesIO(data), {"ignore_ncx": True})
            return tuple(_epub_blocks(book)), _epub_metadata(book)
        except (LoadError, MemoryError):
            raise
        except Exception as error:  # ebooklib meets damage with errors of every kind
            raise LoadError(f"is not a readable EPUB file; convert it to EPUB anew ({type(error).__name__})") from None


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    """Scrambled fonts are listed in the same place as scrambled chapters, and do no harm."""
    if "META-INF/encryption.xml" in archive.namelist():
        listed = archive.read("META-INF/encryption.xml")
        if re.search(rb"URI\s*=\s*[\"'][^\"']*\.x?html?[\"']", listed, re.IGNORECASE):
            raise LoadError(f"{PROTECTED}; a copy without protection can be read")


def _epub_blocks(book: Any) -> Iterator[Block]:
    from ebooklib.epub import EpubHtml, EpubNav  # type: ignore[import-untyped]

    items = {item.id: item for item in book.get_items()}
    for name, *_ in book.spine:
        item = items.get(name)
        if isinstance(item, EpubHtml) and not isinstance(item, EpubNav):
            try:
                chapter = decode(item.content, "utf-8")
            except LoadError:
                raise LoadError(f"{PROTECTED} or is damaged") from None
            yield from fragment_blocks(chapter)


def _epub_metadata(book: Any) -> Metadata:
    def values(name: str) -> list[str]:
        return [str(value) for value, _ in book.get_metadata("DC", name) if value]

    dates = filter(None, map(iso_date, values("date")))
    found = {
        "title": next(map(collapse, values("title")), ""),
        "authors": author_names(values("creator")),
        "publisher": next(map(collapse, values("publisher")), ""),
        "published": next(dates, None),
        "language": next(map(language_code, values("language")), None),
    }
    return make_metadata(found, "epub metadata")
