"""What a Word document is made of, through python-docx: headings, lists, tables, links inside and out.

Knows nothing of briefings. Every text that enters is cleared of what XML cannot hold.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

Look = Literal["plain", "strong", "note", "quote", "warning", "struck", "link"]

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_COLOURS: dict[Look, str] = {"note": "595959", "warning": "8A3B00", "link": "0B5394"}
"""All of them at a contrast of 5.9 or more with white."""

OLDEST = (1980, 1, 1, 0, 0, 0)
"""The time that every part of the file bears: the first a ZIP can hold. The time of writing would change the bytes."""
LONGEST_ADDRESS = 2_000
"""Word calls a file damaged that holds a link of more than 2,083 characters; several long quotes make such links."""
TEXT_WIDTH = 6.0
"""Inches between the margins of python-docx's page."""


class Block:
    """A paragraph that text is added to."""

    def __init__(self, paragraph: Paragraph, document: Document) -> None:
        self._paragraph = paragraph
        self._document = document

    def text(self, text: str, look: Look = "plain") -> None:
        """Nothing is added for an empty text."""
        if text:
            _dress(self._paragraph.add_run(xml_text(text)), look)

    def bookmarked(self, text: str, name: str) -> None:
        """Text that `inner_link` can lead to."""
        self._bookmark(name, self._paragraph.add_run(xml_text(text)))

    def inner_link(self, text: str, target: str, *, bookmark: str = "") -> None:
        """Leads to the bookmark `target`; is one itself where it is given a name."""
        self._link(text, {"w:anchor": target}, bookmark)

    def web_link(self, text: str, address: str) -> None:
        """Leads to an address that has been judged fit to be followed; to the top of its page if it is too long."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        if len(address) > LONGEST_ADDRESS:
            address = address.partition("#")[0]
        if len(address) > LONGEST_ADDRESS:
            self.text(text, "note")
            return
        related = self._paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        self._link(text, {"r:id": related}, "")

    def _link(self, text: str, attributes: dict[str, str], bookmark: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        run = self._paragraph.add_run(xml_text(text))
        _dress(run, "link")
        link = OxmlElement("w:hyperlink", {qn(name): value for name, value in attributes.items()})
        run._r.addprevious(link)
        link.append(run._r)
        if bookmark:
            self._bookmark(bookmark, run)

    def _bookmark(self, name: str, run: Run) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        number = str(self._document.next_bookmark())
        run._r.addprevious(OxmlElement("w:bookmarkStart", {qn("w:id"): number, qn("w:name"): name}))
        run._r.addnext(OxmlElement("w:bookmarkEnd", {qn("w:id"): number}))


class Table:
    """Rows under a heading that is shown anew on every page."""

    def __init__(self, table: Any, document: Document, widths: Sequence[float]) -> None:
        self._table = table
        self._document = document
        self._widths = widths

    def row(self) -> list[Block]:
        """A new last row: a block a column."""
        from docx.shared import Inches

        cells = self._table.add_row().cells
        for cell, width in zip(cells, self._widths, strict=True):
            cell.width = Inches(TEXT_WIDTH * width)
        return [Block(cell.paragraphs[0], self._document) for cell in cells]


class Document:
    """An empty document with a title among its properties."""

    def __init__(self, title: str) -> None:
        import docx

        self._docx = docx.Document()
        self._bookmarks = 0
        self._set_properties(title)

    def title(self, text: str) -> None:
        self._docx.add_paragraph(xml_text(text), "Title")

    def heading(self, text: str, level: int) -> Block:
        """`level` counts from 1."""
        return Block(self._docx.add_heading(xml_text(text), level), self)

    def paragraph(self) -> Block:
        return Block(self._docx.add_paragraph(), self)

    def bullet(self) -> Block:
        return Block(self._docx.add_paragraph(style="List Bullet"), self)

    def quotation(self) -> Block:
        """Set in, as quoted paragraphs are."""
        from docx.shared import Inches

        paragraph = self._docx.add_paragraph()
        paragraph.paragraph_format.left_indent = Inches(0.3)
        return Block(paragraph, self)

    def table(self, headings: Sequence[str], widths: Sequence[float]) -> Table:
        """A table of one row; `widths` are shares of the page."""
        from docx.oxml import OxmlElement
        from docx.shared import Inches

        drawn = self._docx.add_table(rows=0, cols=len(headings), style="Table Grid")
        drawn.autofit = False
        for column, width in zip(drawn.columns, widths, strict=True):
            column.width = Inches(TEXT_WIDTH * width)
        table = Table(drawn, self, widths)
        for block, heading in zip(table.row(), headings, strict=True):
            block.text(heading, "strong")
        drawn.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        return table

    def next_bookmark(self) -> int:
        """Bookmarks are numbered over the whole document."""
        self._bookmarks += 1
        return self._bookmarks

    def to_bytes(self) -> bytes:
        """The file, its parts in python-docx's order and all of one time."""
        written, fixed = io.BytesIO(), io.BytesIO()
        self._docx.save(written)
        with zipfile.ZipFile(written) as parts, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as file:
            for part in parts.infolist():
                known = zipfile.ZipInfo(part.filename, OLDEST)
                known.compress_type = zipfile.ZIP_DEFLATED
                known.external_attr = 0o644 << 16
                file.writestr(known, parts.read(part))
        return fixed.getvalue()

    def _set_properties(self, title: str) -> None:
        """The title, and nothing of who wrote it when: python-docx's template says 2013, and names itself."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        properties = self._docx.core_properties
        properties.title = xml_text(title)[:255]  # as many as the format allows
        for element in list(properties._element):
            if not element.tag.endswith("}title"):
                properties._element.remove(element)
        package = self._docx.part.package
        for name, related in list(package.rels.items()):
            if related.reltype == RELATIONSHIP_TYPE.THUMBNAIL:  # a picture of an empty page
                del package.rels[name]


def xml_text(text: str) -> str:
    """The text without the characters that XML forbids; python-docx would refuse them."""
    return _NOT_XML.sub("", text)


def _dress(run: Run, look: Look) -> None:
    from docx.enum.text import WD_COLOR_INDEX
    from docx.shared import RGBColor

    if look in _COLOURS:
        run.font.color.rgb = RGBColor.from_string(_COLOURS[look])
    if look == "strong":
        run.bold = True
    elif look == "quote":
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    elif look == "struck":
        run.font.strike = True
    elif look == "warning":
        run.italic = True
