"""What a reader sees of characters: white space single, controls gone, letters composed; each traced back to its place.

Knows Unicode and terminal escapes, no markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNSEEN = (
    r"\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
"""White space other than the space, controls, what turns the direction of text, halves of surrogate pairs.

The joiners U+200C and U+200D are not among them: Persian, Hindi and emoji are spelled with them."""
_ONE = re.compile(rf"[{UNSEEN}]")
ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|"
    r"\x1b[\]PX^_][^\x07\x1b\x9c\r\n]{0,4096}(?:\x07|\x1b\\|\x9c)|"
    r"\x1b[ -/]+[0-~]|\x1b[0-~]"
)
"""Of the 8-bit forms (U+0080 to U+009F) only the control itself goes: in text decoded wrongly they stand for quotation
marks and letters, and what follows is prose."""
_MARKS = 30
"""Combining marks kept on one letter: the limit of Unicode's Stream-Safe Text Format (UAX #15). No language has more,
and sorting more is quadratic."""


@dataclass(frozen=True, slots=True)
class Traced:
    """Display text; character i came from raw `starts[i]` up to `ends[i]`. Both never decrease."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(slots=True)
class Piece:
    """A stretch of output. `text` equal in length to its raw range maps character by character."""

    start: int
    end: int
    text: str


def trace(pieces: list[Piece]) -> Traced:
    """Characters with their raw range; white space single, none at either end; composed.

    Inside a piece white space is single already, so only where pieces meet is there anything to do.
    """
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    spaced = True
    for piece in pieces:
        text, start, end = piece.text, piece.start, piece.end
        aligned = len(text) == end - start
        if spaced and text.startswith(" "):
            text, start = text[1:], start + aligned
        if not text:
            continue
        parts.append(text)
        starts.extend(range(start, start + len(text)) if aligned else [start] * len(text))
        ends.extend(range(start + 1, start + 1 + len(text)) if aligned else [end] * len(text))
        spaced = text.endswith(" ")
    whole = "".join(parts)
    visible = whole.rstrip(" ")
    if _is_composed(visible):
        return Traced(visible, tuple(starts[: len(visible)]), tuple(ends[: len(visible)]))
    text, starts, ends = _composed(visible, starts, ends)
    return Traced(text, tuple(starts), tuple(ends))


def _is_composed(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _composed(text: str, starts: Sequence[int], ends: Sequence[int]) -> tuple[str, list[int], list[int]]:
    """Normalised to NFC, a composed character keeping the whole raw range it came from."""
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    for first, last in _clusters(text):
        part = unicodedata.normalize("NFC", text[first : min(last, first + 1 + _MARKS)])
        parts.append(part)
        new_starts += [starts[first]] * len(part)
        new_ends += [ends[last - 1]] * len(part)
    return "".join(parts), new_starts, new_ends


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of characters that normalise independently of what stands around them."""
    first = 0
    for i in range(1, len(text)):
        if not _composes(text, first, i):
            yield first, i
            first = i
    if text:
        yield first, len(text)


def _composes(text: str, first: int, i: int) -> bool:
    """Whether character i belongs to the cluster that begins at `first`: a mark, or a letter that melts into it."""
    char = text[i]
    if char < "\u0300":
        return False
    if unicodedata.combining(unicodedata.normalize("NFD", char)[0]):
        return True
    if unicodedata.combining(text[i - 1]):
        return False  # a mark between two letters keeps them apart
    before, after = unicodedata.normalize("NFC", text[first:i]), unicodedata.normalize("NFC", char)
    return unicodedata.normalize("NFC", before + after) != before + after


def plain(text: str) -> str:
    """The same for text without markup: white space, controls and composition only."""
    visible = _ONE.sub(lambda match: blank(match.group()), ESCAPE.sub("", text))
    joined = " ".join(visible.split())
    return joined if _is_composed(joined) else _composed(joined, range(len(joined)), range(len(joined)))[0]


def blank(unseen: str) -> str:
    """What a reader sees of it: a space, nothing, or the sign of a character that is broken."""
    if unseen.isspace() or unseen == "\x00":
        return " "
    return "\ufffd" if "\ud800" <= unseen <= "\udfff" else ""
