"""JSON and JSON Lines → records: each an article with blocks, metadata and a name of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rag.errors import LoadError
from rag.fields import collapse, metadata_from
from rag.schema import Block, Metadata

_TEXT_KEYS = ("text", "body", "content", "article_text", "maintext")
_LIST_KEYS = ("articles", "items", "data", "records", "results", "documents")
LONGEST_ID = 200
"""Characters of a record's own id that are kept: some are whole addresses, none should be an article."""

_MARKUP = re.compile(r"</p>|<p[ >]|<br ?/?>|</div>", re.IGNORECASE)
"""Feeds put HTML where others put text."""


@dataclass(frozen=True, slots=True)
class Record:
    """One article of a file that holds several."""

    id: str
    """Unique in its file."""
    blocks: tuple[Block, ...]
    metadata: Metadata
    canonical: bytes
    """Its JSON with sorted keys: the same bytes however the file is formatted."""


@dataclass(frozen=True, slots=True)
class _Item:
    value: object
    name: str
    """`line 3` or `record 3`, for messages."""
    line: int | None


def read_records(text: str, *, lines: bool) -> tuple[list[Record], list[str]]:
    """Records in order, and a message for each line or item that holds none.

    `lines`: it is JSON Lines; either kind is recognised under the other's name too. Raises LoadError where the whole
    is no JSON.
    """
    problems: list[str] = []
    records: list[Record] = []
    taken: dict[str, int] = {}
    for item in _items(text, lines=lines):
        if isinstance(item, str):
            problems.append(item)
            continue
        try:
            record = _record(item)
        except LoadError as error:
            problems.append(f"{item.name}: {error}")
            continue
        except RecursionError:  # deep enough to be read and too deep to be written
            problems.append(f"{item.name}: is nested too deeply; flatten it")
            continue
        records.append(replace(record, id=_unique(record.id, taken)))
    return records, problems


def _items(text: str, *, lines: bool) -> Iterator[_Item | str]:
    """What may be records, and messages for the lines that are none."""
    if lines and not text.lstrip().startswith("["):
        yield from _from_lines(text)
        return
    try:
        document = json.loads(text)
    except RecursionError:
        raise LoadError("is nested too deeply to be a list of articles; flatten it") from None
    except ValueError as error:
        if not lines and _is_object(text.lstrip().partition("\n")[0]):
            yield from _from_lines(text)  # JSON Lines under the name .json
            return
        raise LoadError(f"is not valid JSON ({error}); repair it") from None
    for number, value in enumerate(_listed(document), 1):
        yield _Item(value, f"record {number}", None)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _from_lines(text: str) -> Iterator[_Item | str]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _Item(json.loads(line), f"line {number}", number)
        except RecursionError:
            yield f"line {number}: is nested too deeply; flatten it"
        except ValueError as error:
            yield f"line {number}: is not valid JSON ({getattr(error, 'msg', error)}); repair or remove it"


def _listed(document: object) -> Iterable[object]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict) and not any(key in document for key in _TEXT_KEYS):
        for key in _LIST_KEYS:
            if isinstance(document.get(key), list):
                return document[key]  # type: ignore[no-any-return]
    return [document]


def _record(item: _Item) -> Record:
    value = item.value
    if not isinstance(value, dict):
        raise LoadError(f"is {_WORDS.get(type(value), 'no object')}, not an object with a title and a text")
    texts = (held for key in _TEXT_KEYS if isinstance(held := value.get(key), str))
    blocks = next(filter(None, (_blocks(text, item.line) for text in texts)), None)
    if blocks is None:
        raise LoadError(f"record has no text; give it one under {', '.join(_TEXT_KEYS[:2])} or {_TEXT_KEYS[2]}")
    metadata = metadata_from(value, "record")
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return Record(_id(value, metadata, blocks), blocks, metadata, canonical)


_WORDS = {str: "a string", list: "a list", int: "a number", float: "a number", bool: "a boolean", type(None): "null"}


def _blocks(text: str, line: int | None) -> tuple[Block, ...]:
    """Paragraphs between blank lines; lines, where there is no blank one."""
    if _MARKUP.search(text):
        from rag.webpages import fragment_blocks

        return tuple(Block(block.text, block.kind, line) for block in fragment_blocks(text))
    pieces = re.split(r"\n[ \t\r]*\n", text)
    if len(pieces) == 1:
        pieces = re.split(r"\r\n|\r|\n", text)
    return tuple(Block(piece, line=line) for piece in map(collapse, pieces) if piece)


def _id(value: Mapping[str, object], metadata: Metadata, blocks: tuple[Block, ...]) -> str:
    given = value.get("id")
    if isinstance(given, str | int) and not isinstance(given, bool) and (own := collapse(str(given))):
        return own[:LONGEST_ID]
    if metadata.url:
        return metadata.url[:LONGEST_ID]
    slug = re.sub(r"[\W_]+", "-", metadata.title.casefold())[:80].strip("-")
    text = "\n".join(block.text for block in blocks)
    return slug or hashlib.sha256(text.encode()).hexdigest()[:12]


def _unique(name: str, taken: dict[str, int]) -> str:
    """`name`, or `name-2`, `name-3` and so on; `taken` counts how often each was asked for."""
    unique = name
    while unique in taken:
        taken[name] += 1
        unique = f"{name}-{taken[name]}"
    taken[unique] = 1
    return unique
