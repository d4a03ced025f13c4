"""Word files, books and PDFs made by hand, some of them to explode."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BODY = "The ferry to Lunde leaves at nine in the morning."


def docx(body: str = f"<w:p><w:r><w:t>{BODY}</w:t></w:r></w:p>", prolog: str = "") -> bytes:
    """A Word file with this body; `prolog` stands before its root."""
    import docx as python_docx

    made, file = io.BytesIO(), io.BytesIO()
    python_docx.Document().save(made)
    xml = f'<?xml version="1.0"?>{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "word/document.xml" else old.read(name))
    return file.getvalue()


def epub(chapter: str = f"<p>{BODY}</p>", prolog: str = "", package: str = "", href: str = "a.xhtml") -> bytes:
    """A book of one chapter; `prolog` stands before the root of the chapter, `package` before that of the package."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">'
            '<rootfiles><rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles>'
            "</container>",
        )
        archive.writestr(
            "c.opf",
            f'<?xml version="1.0"?>{package}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"'
            ' unique-identifier="i"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<dc:identifier id="i">x</dc:identifier><dc:title>Lunde{"&e;" if package else ""}</dc:title></metadata>'
            f'<manifest><item id="a" href="{href}" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr(
            "a.xhtml",
            f'<?xml version="1.0"?>{prolog}<html xmlns="http://www.w3.org/1999/xhtml"><body>{chapter}</body></html>',
        )
    return file.getvalue()


def with_entry(data: bytes, name: str, content: bytes, times: int = 1) -> bytes:
    """The archive with so many more entries."""
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for i in range(times):
            archive.writestr(name.format(i), content)
    return file.getvalue()


def overlapping(data: bytes, times: int) -> bytes:
    """The last entry listed so many times: many files that are the same bytes of the archive."""
    end = data.rindex(b"PK\5\6")
    last = data.rindex(b"PK\1\2", 0, end)
    size, start = struct.unpack("<II", data[end + 12 : end + 20])
    entry = data[last:end]
    count = struct.unpack("<H", data[end + 10 : end + 12])[0] + times
    tail = struct.pack("<HHIIH", count, count, size + times * len(entry), start, 0)
    return data[:end] + entry * times + data[end : end + 8] + tail


def lying(data: bytes, name: str, size: int) -> bytes:
    """The archive whose directory says that an entry unpacks to `size`."""
    at = data.rindex(b"PK\1\2", 0, data.rindex(name.encode()))
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def pdf(objects: Iterable[bytes], *, listed: bool = True) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    data, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(data)
    if listed:
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(data) + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, start)


def stream(content: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    return b"<</Length %d/Filter[%s]>>\nstream\n%s\nendstream" % (len(content), filters, content)


ROOT = b"<</Type/Catalog/Pages 2 0 R>>"
ONE = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
PAGE = (
    b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 200 200]"
    b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
)
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def written(content: bytes, *more: bytes) -> bytes:
    return pdf([ROOT, ONE, PAGE, stream(zlib.compress(content)), FONT, *more])


def packed(size: int, layers: int) -> bytes:
    data = bytes(size)
    for _ in range(layers):
        data = zlib.compress(data, 9)
    return data


def form(content: bytes, calls: bytes) -> bytes:
    made = zlib.compress(content)
    head = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<<%s>>>>/Length %d/Filter/FlateDecode>>"
    return head % (calls, len(made)) + b"\nstream\n" + made + b"\nendstream"


PDFS: dict[str, Callable[[], bytes]] = {
    "a page tree that is its own child": lambda: pdf([ROOT, b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R 2 0 R]>>"]),
    "a page tree in a ring": lambda: pdf(
        [ROOT, b"<</Type/Pages/Count 9/Kids[3 0 R 3 0 R]>>", b"<</Type/Pages/Parent 2 0 R/Count 9/Kids[2 0 R 2 0 R]>>"]
    ),
    "a page tree that doubles": lambda: pdf(
        [ROOT] + [b"<</Type/Pages/Count 1/Kids[%d 0 R %d 0 R]>>" % (n, n) for n in range(3, 40)]
        + [b"<</Type/Page/Parent 2 0 R>>"]
    ),
    "a deep page tree": lambda: pdf(
        [ROOT] + [b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % n for n in range(3, 20_000)] + [b"<</Type/Page>>"]
    ),
    "a page many times": lambda: pdf(
        [ROOT, b"<</Type/Pages/Count 300000/Kids[%s]>>" % (b"3 0 R " * 300_000), b"<</Type/Page/Parent 2 0 R>>"]
    ),
    "a page count that lies": lambda: pdf([ROOT, b"<</Type/Pages/Count 2000000000/Kids[3 0 R]>>", b"<</Type/Page>>"]),
    "many objects": lambda: pdf([ROOT, ONE, PAGE, *[b"[1 2 3]"] * 100_000]),
    "many objects, not listed": lambda: pdf([ROOT, ONE, PAGE, *[b"[1 2 3]"] * 30_000], listed=False),
    "a stream that unpacks to 128 MB": lambda: pdf([ROOT, ONE, PAGE, stream(packed(2**27, 1)), FONT]),
    "a stream packed three times": lambda: pdf(
        [ROOT, ONE, PAGE, stream(packed(2**27, 3), b"/FlateDecode/FlateDecode/FlateDecode"), FONT]
    ),
    "a form that draws itself": lambda: written(b"/X Do " * 10, form(b"/X Do " * 10, b"/X 6 0 R")),
    "forms that draw forms": lambda: written(
        b"/X Do " * 10, *[form(b"/X Do " * 10, b"/X %d 0 R" % n) for n in range(7, 20)], form(b"", b"")
    ),
    "many words": lambda: written(b"BT /F 1 Tf " + b"(word) Tj 1 0 Td " * 500_000 + b"ET"),
    "saved states": lambda: written(b"q " * 1_000_000),
    "nested arrays": lambda: pdf([ROOT, b"[" * 2_000_000]),
    "nested dictionaries": lambda: pdf([ROOT, b"<</A" * 100_000]),
    "a string without an end": lambda: pdf([ROOT, b"(" * 3_000_000]),
    "an object that is itself": lambda: pdf([b"1 0 R"]),
    "a length that is itself": lambda: pdf([ROOT, ONE, PAGE, b"<</Length 4 0 R>>\nstream\nx\nendstream", FONT]),
    "a ring of tables": lambda: pdf([ROOT, ONE, PAGE]).replace(b"/Size", b"/Prev 9/Size"),
    "many starts": lambda: b"%PDF-1.7\n" + b"startxref\n9\n" * 50_000,
    "comments": lambda: b"%PDF-1.7\n" + b"%" * 5_000_000,
}  # fmt: skip
