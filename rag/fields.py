"""Metadata from keys and values as front matter, JSON, HTML and documents name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TypeVar
from urllib.parse import urlsplit

from rag.characters import ESCAPE
from rag.dates import iso_date
from rag.schema import Metadata

_T = TypeVar("_T")

_KEYS = {
    "title": ("title", "headline"),
    "authors": ("authors", "author", "by", "byline"),
    "publisher": ("publisher", "source", "site", "sitename", "outlet"),
    "published": ("published", "publishedat", "datepublished", "publishdate", "publicationdate", "pubdate", "date"),
    "url": ("url", "link", "canonical", "canonicalurl"),
    "language": ("language", "lang"),
}
"""First match wins. Compared without case, `_`, `-` and spaces: `published_at` is `publishedAt`."""

KNOWN_KEYS = frozenset(key for keys in _KEYS.values() for key in keys)

LONGEST = 500
"""Characters of a title or name. They stand before every chunk and beside every quote, so that a megabyte of title
would be read thousands of times; the longest real titles (of scientific papers) have 300."""
LONGEST_ADDRESS = 2083
"""Characters that the most cautious browser took."""
MOST_AUTHORS = 200

_HIDDEN = dict.fromkeys(
    [
        *(*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0xAD, 0x61C, 0x180E, 0x3164),
        *(0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xFFA0),
        *range(0xE0000, 0xE1000),
    ]
)
"""Control characters, soft hyphens, zero-width spaces, marks of direction, fillers, tags: no reader sees them, and they
split words for a search. Joiners stay: scripts and emoji are written with them."""


def collapse(text: str) -> str:
    """One line: runs of white space become a space, what is invisible goes, broken surrogates become U+FFFD."""
    line = " ".join(ESCAPE.sub("", text).translate(_HIDDEN).split())
    if line.isascii():
        return line
    return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def normal_key(key: object) -> str:
    """`Published_At` → `publishedat`."""
    return re.sub(r"[\W_]+", "", str(key)).casefold()


def metadata_from(values: Mapping[str, object], origin: str) -> Metadata:
    """The metadata `values` holds under any of the usual keys; what cannot be understood is left out."""
    given: dict[str, object] = {}
    for key, value in values.items():
        given.setdefault(normal_key(key), value)

    def candidates(field: str) -> Iterator[object]:
        return (given[key] for key in _KEYS[field] if given.get(key) not in (None, "", [], {}))

    language = _first(map(language_code, candidates("language")))
    dated = (iso_date(value, languages=[language] if language else None) for value in candidates("published"))
    found: dict[str, object] = {
        "title": _first(map(_name, candidates("title"))),
        "authors": _first(map(author_names, candidates("authors"))),
        "publisher": _first(name for value in candidates("publisher") if not web_address(name := _name(value))),
        "published": _first(dated),
        # `source: https://…` is how web clippers write the address
        "url": _first(web_address(value) for value in (*candidates("url"), *candidates("publisher"))),
        "language": language,
    }
    return make_metadata(found, origin)


def make_metadata(found: Mapping[str, object], origin: str) -> Metadata:
    """Metadata of the fields in `found` that hold something, all of them from `origin`."""
    held = {name: bounded for name, value in found.items() if (bounded := _bounded(name, value))}
    return replace(Metadata(), **held, origins=dict.fromkeys(held, origin))  # type: ignore[arg-type]


def _bounded(field: str, value: object) -> object:
    """`value` cut to a length that people read; an address that long leads nowhere, and is left out."""
    if isinstance(value, str):
        return cut(value) if field != "url" else value if len(value) <= LONGEST_ADDRESS else None
    return tuple(map(cut, value[:MOST_AUTHORS])) if isinstance(value, tuple) else value


def cut(text: str) -> str:
    """The text, or its first `LONGEST` characters and an ellipsis."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"


def merge(*found: Metadata) -> Metadata:
    """Field by field what the first of them knows, with its origin."""
    merged: dict[str, object] = {}
    origins: dict[str, str] = {}
    for metadata in found:
        for field in fields(Metadata):
            value = getattr(metadata, field.name)
            if field.name != "origins" and value and field.name not in merged:
                merged[field.name] = value
                if field.name in metadata.origins:
                    origins[field.name] = metadata.origins[field.name]
    return replace(Metadata(), **merged, origins=origins)  # type: ignore[arg-type]


def _first(values: Iterable[_T]) -> _T | None:
    return next((value for value in values if value), None)


def _name(value: object, depth: int = 0) -> str:
    """Text of a string, a number, `{"name": …}`, or the first of a list of them."""
    if depth > 3:
        return ""
    if isinstance(value, Mapping):
        return _name(value.get("name") or value.get("title"), depth + 1)
    if isinstance(value, list | tuple):
        return _name(value[0], depth + 1) if value else ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return collapse(str(value))
    return ""


def web_address(value: object) -> str | None:
    """An http or https address without credentials, fragment kept; None for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    if not re.match(r"https?://[^\s/]", text, re.IGNORECASE) or re.search(r"[\s<>\"\x00-\x1f]", text):
        return None
    try:
        parts = urlsplit(text)
        if not parts.hostname:
            return None
    except ValueError:
        return None
    return text.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)


_THREE_LETTERS = {
    "eng": "en", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de", "spa": "es", "ita": "it", "por": "pt",
    "dut": "nl", "nld": "nl", "rus": "ru", "ukr": "uk", "pol": "pl", "cze": "cs", "ces": "cs", "swe": "sv",
    "tur": "tr", "ara": "ar", "heb": "he", "jpn": "ja", "chi": "zh", "zho": "zh", "kor": "ko", "hun": "hu",
}  # fmt: skip


def language_code(value: object) -> str | None:
    """ISO 639-1 code of `en`, `en-GB`, `en_US` or `eng`."""
    if not isinstance(value, str):
        return None
    subtag = re.split(r"[-_]", value.strip().lower())[0]
    if re.fullmatch("[a-z]{2}", subtag):
        return subtag
    return _THREE_LETTERS.get(subtag)


_PERSON = re.compile(
    r"(?:[^\W\d_][\w.’'-]*|[a-z]\.)(?: (?:de|del|della|der|den|di|da|du|dos|van|von|zu|al|el|bin|ibn|la|le|ten|ter"
    r"|[^\W\d_][\w.’'-]*)){1,4}"
)
_SMALL = frozenset("of for the and in at on to".split())


def _is_person(text: str) -> bool:
    """Two to five words that begin with capitals, particles aside: not `Department of Health`."""
    words = text.split()
    return bool(_PERSON.fullmatch(text)) and text[0].isupper() and not _SMALL.intersection(words)


def author_names(value: object) -> tuple[str, ...]:
    """Names in a string (`By Jane Roe and Bo Lee`, `A; B`), a `{"name": …}`, or a list of these, each once."""
    items = value if isinstance(value, list | tuple) else [value]
    texts = (item if isinstance(item, str) else _name(item) for item in items)
    return tuple(dict.fromkeys(name for text in texts for name in _split_names(text)))


def _split_names(text: str) -> list[str]:
    names: list[str] = []
    for part in re.split(r"[;\n|]", text[:2000]):
        part = re.sub(r"^(?:by|von|par|por)\b:?\s+", "", collapse(part).replace("[[", "").replace("]]", ""), flags=re.I)
        shorter = [piece for piece in re.split(r",\s*(?:and\s+|&\s*)?|\s+(?:and|und|et|&)\s+", part) if piece]
        # `Roe, Jane` and `Health and Human Services` are one name: split only where every piece is a person's
        names += shorter if all(map(_is_person, shorter)) else [part]
    return [name for name in (n.strip(" ,") for n in names) if name and "://" not in name and "@" not in name]
