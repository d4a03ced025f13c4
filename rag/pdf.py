"""PDF → paragraphs with page numbers, running headers and footers set apart. The only room that knows pypdf."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from rag.dates import iso_date
from rag.errors import LoadError
from rag.fields import author_names, collapse, language_code, make_metadata
from rag.lines import Line, paragraphs
from rag.quiet import quiet
from rag.reading import Limits
from rag.schema import Block, Metadata

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

NO_TEXT = "has no text (scanned?); run OCR first"
BROKEN = "is not a readable PDF; open it in a viewer and save it again"
LEGIBLE_SHARE = 0.7
"""Of characters that are letters, digits, spaces or punctuation. Fonts without a character map give symbols instead."""


def read_pdf(data: bytes, limits: Limits) -> tuple[tuple[Block, ...], Metadata]:
    """Paragraphs and the document's own metadata.

    Raises LoadError where it is broken, encrypted with a password, over `max_pages`, or holds pictures of text only.
    """
    with quiet("pypdf"):
        try:
            reader = _open(data)
            count = len(reader.pages)
            if count > limits.max_pages:
                raise LoadError(f"has {count} pages, over the limit of {limits.max_pages}; split it or raise max_pages")
            pages = [_lines(page, number) for number, page in enumerate(reader.pages, 1)]
            metadata = _metadata(reader)
        except (LoadError, MemoryError):
            raise
        except Exception as error:  # pypdf meets damage with errors of every kind, RecursionError and KeyError included
            raise LoadError(f"{BROKEN} ({type(error).__name__})") from None
    text = "".join(line.text for page in pages for line in page)
    if not text.strip():
        raise LoadError(NO_TEXT)
    if not _is_legible(text):
        raise LoadError("has text that no character can be told from (fonts without a map); run OCR first")
    return tuple(paragraphs(pages)), metadata


def _open(data: bytes) -> PdfReader:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise LoadError("is encrypted; save a copy without the password")
    return reader


def _is_legible(text: str) -> bool:
    """Letters of private areas, controls and replacement characters are what unmapped fonts give."""
    odd = sum(not character.isprintable() or character == "\ufffd" for character in text)
    return len(text) - odd >= LEGIBLE_SHARE * len(text)


class _LineMaker:
    """Collects the pieces of text that pypdf finds on a page into lines, in the order in which the page draws them,
    which is nearly always the reading order."""

    def __init__(self, page: int) -> None:
        self.lines: list[Line] = []
        self._page = page
        self._text: list[str] = []
        self._x = self._y = 0.0
        self._sizes: Counter[tuple[float, bool]] = Counter()

    def visit(self, chunk: str, matrix: Any, text_matrix: Any, font: Any, size: Any) -> None:
        """What `extract_text` calls for each piece, with where it begins and its font."""
        for i, piece in enumerate(chunk.split("\n")):
            if i:
                self.end_line()
            if piece.strip():
                a, b, c, d, e, f = (float(value) for value in matrix)
                _, _, tc, td, te, tf = (float(value) for value in text_matrix)
                if not self._sizes:
                    self._x, self._y = te * a + tf * c + e, te * b + tf * d + f
                scale = math.hypot(tc * a + td * c, tc * b + td * d)
                bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
                self._sizes[round(abs(float(size or 0.0)) * scale, 1), bold] += len(piece)
            self._text.append(piece)

    def end_line(self) -> None:
        text = "".join(self._text).translate(_LETTERS).rstrip()
        line = collapse(text) + ("\u00ad" if text.endswith("\u00ad") else "")
        if line:
            # of the most of it: a bullet or a raised number has its own
            size, bold = self._sizes.most_common(1)[0][0] if self._sizes else (0.0, False)
            self.lines.append(Line(line, self._x, self._y, size, bold, self._page))
        self._text.clear()
        self._sizes.clear()


def _lines(page: PageObject, number: int) -> list[Line]:
    maker = _LineMaker(number)
    page.extract_text(visitor_text=maker.visit)
    maker.end_line()
    return maker.lines


_LETTERS = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x7f": "•"})
"""Ligatures are shapes of the font, not letters of the author: nobody searches for `ﬁnance`. Unused codes of the
Windows encoding are bullets by the PDF standard; pypdf leaves them as they are."""


_NOT_TITLES = re.compile(
    r"untitled|unknown|microsoft word - .*|.*\.(?:docx?|indd|qxd|pdf|tex|rtf|html?)", re.IGNORECASE
)


def _metadata(reader: PdfReader) -> Metadata:
    """The information dictionary. What word processors put there by themselves is no title."""
    try:
        info = reader.metadata
        title = collapse(info.title or "") if info else ""
        authors = author_names(info.author) if info else ()
        published = iso_date(info.creation_date) if info else None
    except Exception:  # dates like D:20240230 and objects in place of strings
        title, authors, published = "", (), None
    root: Any = reader.root_object
    found = {
        "title": "" if _NOT_TITLES.fullmatch(title) else title,
        "authors": authors,
        "published": published,
        "language": language_code(str(root.get("/Lang") or "")),
    }
    return make_metadata(found, "pdf info")
