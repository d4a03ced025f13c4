"""Bytes → text: by byte order mark, by declaration, by evidence."""

from __future__ import annotations

import codecs
import re

from rag.errors import LoadError


def decode(data: bytes, declared: str | None = None) -> str:
    """The text after the byte order mark, line ends as they are.

    Byte order mark, then the `declared` encoding, then UTF-8, then UTF-16 without a mark, then the likeliest 8-bit
    encoding. Raises LoadError for what is not text.
    """
    text = _by_mark(data)
    if text is None:
        text = _by_declaration(data, declared)
    if text is None:
        text = _by_evidence(data)
    if _is_binary(text):
        raise LoadError(BINARY)
    return text


BINARY = "looks like a binary file, not text; name it by its real type, or save it as UTF-8 text"

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _by_mark(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], encoding)
            if text is not None:
                return text
            if encoding == "utf-8":
                return _by_evidence(data[len(mark) :])
    return None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


_AS_BROWSERS_READ = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
"""Declared encodings that stand for a larger one. A declaration that could be read at all was not in UTF-16."""

_NOT_ENCODINGS = {"unicode-escape", "raw-unicode-escape", "punycode", "idna", "undefined", "utf-7"}
"""Python's own transformations: no page is written in them, and they would rewrite its text."""


def _by_declaration(data: bytes, declared: str | None) -> str | None:
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name.replace("_", "-")
    except (LookupError, ValueError, UnicodeError):
        return None
    if name in _NOT_ENCODINGS:
        return None
    if not data.isascii() and (text := _strict(data, "utf-8")) is not None:
        # saved and converted pages keep their old declaration; other text is not valid UTF-8 by chance
        return text
    return _strict(data, _AS_BROWSERS_READ.get(name, name))


def _by_evidence(data: bytes) -> str:
    if b"\0" in data:
        text = _utf16_without_mark(data)
        if text is None:
            raise LoadError(BINARY)
        return text
    text = _strict(data, "utf-8")
    if text is None:
        text = _damaged_utf8(data)
    return _guess(data) if text is None else text


def _utf16_without_mark(data: bytes) -> str | None:
    """NULs at one parity, in at least a tenth of its places: even Cyrillic has that many spaces and line ends. Only Ā
    and its like put one at the other."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    encoding, most, least = ("utf-16-le", odd, even) if odd >= even else ("utf-16-be", even, odd)
    if len(data) % 2 or least * 10 > most or most * 20 < len(data):
        return None
    text = _strict(data, encoding)
    if text is None:
        return None
    begin = text[:SAMPLE]
    readable = sum(character.isprintable() or character.isspace() for character in begin)
    return text if readable >= 0.9 * len(begin) else None


def _damaged_utf8(data: bytes) -> str | None:
    """UTF-8 with a few strange bytes in it (a pasted Windows quote): those are read as Windows-1252."""
    sample = _telling_part(data)
    replaced = sample.decode("utf-8", "replace")
    broken = replaced.count("\ufffd") - sample.count(b"\xef\xbf\xbd")
    valid = len(replaced) - broken - len(sample.translate(None, _HIGH))
    return data.decode("utf-8", "rag-cp1252") if valid >= 4 * broken else None


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  the handler is named only in decode() above
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_HIGH = bytes(range(0x80, 0x100))

codecs.register_error("rag-cp1252", _as_cp1252)

_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "mac_roman")
"""By how much is written in them."""
_OTHER = (
    *("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic", "cp1253", "cp1255", "cp1256", "cp874"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "cp1250", "cp1254"),
)
_ALPHABETS = tuple(
    frozenset(letters) | frozenset("“”„’‘–—…«»‚‹›€£°§©®·\xa0")
    for letters in (
        *("éèêëàâçîïôùûüœæ", "äöüß", "áéíóúüñ", "ãõâêôáéíóúàç", "àèéìòù", "åäöéæø", "äëéèêïöüóáú", "ğışçöüâîi̇"),
        *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
        *("āčēģīķļņšūž", "ąčęėįšųūž"),
    )
)
"""What Latin alphabets add to ASCII, language by language."""

LATIN_SHARE = 0.25
"""Bytes from 0x80 on among those that are not blank: Latin scripts stay below (Turkish .17, English .01), others do not
(Russian in cp1251 .97). Below it the alphabets decide: of 899 pieces of 20 to 600 characters in 12 languages 842 are
read right so, and 713 by charset-normalizer alone, which finds Baltic in Polish and Polish in French."""
SAMPLE = 64 * 1024
"""Bytes from which encodings are told."""


def _guess(data: bytes) -> str:
    sample = _telling_part(data)
    dark = len(sample.translate(None, b" \t\r\n"))
    high = dark - len(sample.translate(None, b" \t\r\n" + _HIGH))
    guess = _latin_encoding(sample) if high < LATIN_SHARE * dark else None
    if guess is None:
        from charset_normalizer import from_bytes

        best = from_bytes(sample, cp_isolation=list(_OTHER), threshold=0.4).best()
        guess = best.encoding if best is not None else "cp1252"
    for encoding in (guess, "cp1252"):
        text = _strict(data, encoding)
        if text is not None:
            return text
    raise LoadError("is in an encoding that cannot be told; save it as UTF-8")


def _latin_encoding(sample: bytes) -> str | None:
    """The encoding in which the accented letters best fit one alphabet."""
    scores = {}
    for encoding in _LATIN:
        text = _strict(sample, encoding)
        if text is not None:
            accented = [character.lower() for character in text if character > "\x7f"]
            scores[encoding] = max(sum(letter in known for letter in accented) for known in _ALPHABETS) / len(accented)
    best = max(scores, key=scores.__getitem__, default=None)
    return best if best is not None and scores[best] > 0.5 else None


def _telling_part(data: bytes) -> bytes:
    """What surrounds the first bytes that are not ASCII, from a line end on so that no character is cut."""
    first = next((match.start() for match in re.finditer(rb"[\x80-\xff]", data)), 0)
    begin = data.rfind(b"\n", 0, first) + 1
    return data[max(begin, first - SAMPLE // 2) :][:SAMPLE]


_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F, 0xFFFE, 0xFFFF])


def _is_binary(text: str) -> bool:
    """Over one control character in a hundred; a form feed, an escape and the white ones are no sign of anything."""
    return "\0" in text or (len(text) - len(text.translate(_CONTROLS))) * 100 > len(text)
