"""Marks of citations in all the forms that models write: `[1]`, `[1, 2]`, `[1-3]`, `【1†source】`, `[^1]` and more.

While a reply is read, a mark stands as private characters, one for each number (U+F0000 + number), so that nothing
that is done to the text around it can tear it apart. Nothing here knows what a sentence is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_BASE = 0xF0000
_MOST = 0xFFF0
DROPPED = chr(_BASE)
"""Stands for a mark whose number belongs to no source."""
HIDDEN = "[\U000f0000-\U000ffffd]"
"""Every character a mark is hidden as, for regular expressions."""
_PRIVATE = re.compile(HIDDEN)

_BRACKETED = re.compile(r"[\[【［]([^\[\]【】［］\n]++)[\]】］]")
"""What stands in a bracket ends at any other, so that every character is scanned once."""
_ECHOED = re.compile(r"<<[ ]?((?:source|end)\b[^<>\n]{0,80}+)>>", re.IGNORECASE)
"""A delimiter of the prompt that the model repeats."""
_NAMED = re.compile(r"\(((?:sources?|passages?|quellen?|fuentes?)\s{0,2}\d[^()\n]{0,80}+)\)", re.IGNORECASE)
_ROUND = re.compile(
    r"\(([\d\s,;–-]{1,40}+)\)(?=[.!?。！？…]|(?<=[.!?。！？…]\))|[ \t]*+(?:\n|$))"
    r"|(?<=[.!?。！？…])\s?\(([\d\s,;–-]{1,40}+)\)"
)
"""`(1)` at a sentence's end: before or after its full stop, or at the end of the line."""
_WORD = re.compile(
    r"(?:(?:see|siehe|voir)\s+)?(?:sources?|src|passages?|paragraphs?|articles?|documents?|docs?|refs?|references?"
    r"|citations?|cit|quellen?|fuentes?|numbers?|nos?|id)?[.:]?\s*[#^]?\s*",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"\d++(?:(?:\s*[,;&–—‑-]\s*|\s+and\s+|\s+)(?:and\s+)?(?:(?:source|src)\s+)?[#^]?\d++)*+", re.IGNORECASE
)
_RANGE = re.compile(r"(\d++)(?:\s*[–—‑-]\s*[#^]?(\d++))?")
_TRAIL = re.compile(r"\s*(?:[,;]?\s*$|[†:|·]|,\s*[^\W\d])")
"""What may follow the numbers inside the bracket: `†source`, `: a title`, `, Sample Desk`."""
_SHELL = re.compile(rf"[(\[【][\s,;&]*+(?:(?:see|and)\s+)?((?:{HIDDEN}[\s,;&]*+(?:and\s+)?)+)[)\]】]")
"""Brackets around marks: `[[1]]`, `([1], [2])`, `(see [1])`."""
_RUN = re.compile(rf"(?<!\s)\s*+{HIDDEN}++(?:[\s,;&]*+{HIDDEN}++)*+\s*+")
"""Marks side by side with the white space around them; a run begins once, so time stays linear."""
_CLOSERS = '.!?。！？…,;:)”’»"'
_NO_BRACKETS = str.maketrans("", "", "[]【】［］()<>")
_LONGEST = 9
"""Digits. No source has a longer number, and very long ones cost time to read."""


def listed(text: str, shown: int) -> tuple[int, ...] | None:
    """Numbers from 1 to `shown` in what stands between the brackets of a mark; None if that is no mark."""
    text = text.strip()
    if len(text) <= 3 and text.isdecimal():
        return (int(text),) if 1 <= int(text) <= shown else ()
    word = _WORD.match(text)
    found = _LIST.match(text, word.end() if word else 0)
    if not found or not _TRAIL.match(text, found.end()):
        return None
    numbers: dict[int, None] = {}
    for piece in _RANGE.finditer(found[0]):
        first, last = _number(piece[1]), _number(piece[2] or piece[1])
        # `[2-900]` says nothing about 3 to 8; `[3-1]` is read as two numbers.
        inside: Sequence[int] = (
            range(first, last + 1) if first <= last <= shown else (first, *([last] if last < first else []))
        )
        numbers.update(dict.fromkeys(number for number in inside if 1 <= number <= shown))
    return tuple(numbers)


def _number(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST else 0


def hide(text: str, shown: int) -> str:
    """`text` with every mark as private characters; one without a valid number as `DROPPED`."""
    text = _PRIVATE.sub("", text)
    read = _reader(min(shown, _MOST))
    text = _ECHOED.sub(read, text)
    text = _BRACKETED.sub(read, text)
    text = _NAMED.sub(read, text)
    text = _ROUND.sub(_round_reader(min(shown, _MOST)), text)
    return _SHELL.sub(lambda found: "".join(_PRIVATE.findall(found[1])), text)


def _reader(shown: int) -> Callable[[re.Match[str]], str]:
    def read(found: re.Match[str]) -> str:
        if found[1].lower().startswith("end"):
            return DROPPED if found.re is _ECHOED else found[0]
        numbers = listed(found[1], shown)
        return found[0] if numbers is None else _hidden(numbers)

    return read


def _round_reader(shown: int) -> Callable[[re.Match[str]], str]:
    """A figure in round brackets that is no source's stays: an age, a year. One digit is hardly ever either."""

    def read(found: re.Match[str]) -> str:
        inside = found[1] or found[2]
        numbers = listed(inside, shown)
        if numbers is None or (not numbers and len(inside.strip()) > 1):
            return found[0]
        return _hidden(numbers)

    return read


def _hidden(numbers: tuple[int, ...]) -> str:
    return "".join(chr(_BASE + number) for number in numbers) or DROPPED


def numbers_in(hidden: str) -> tuple[int, ...]:
    """Valid numbers of the marks in a text, in order, each once."""
    found = dict.fromkeys(ord(char) - _BASE for char in _PRIVATE.findall(hidden))
    return tuple(number for number in found if number)


@dataclass(frozen=True, slots=True)
class Lifted:
    """A text without its marks, spaced as if they had never been there, and where each stood: (offset, numbers)."""

    text: str
    marks: tuple[tuple[int, tuple[int, ...]], ...]


def lift(hidden: str) -> Lifted:
    """Takes the marks out of a text on one line."""
    hidden = " ".join(hidden.split())
    parts: list[str] = []
    marks: list[tuple[int, tuple[int, ...]]] = []
    length = position = 0
    for run in _RUN.finditer(hidden):
        before, gap = hidden[position : run.start()], _gap(run)
        length += len(before)
        marks.append((length, numbers_in(run[0])))
        parts += [before, gap]
        length += len(gap)
        position = run.end()
    return Lifted("".join([*parts, hidden[position:]]).rstrip(), tuple(marks))


def without(hidden: str) -> str:
    """The text alone."""
    return lift(hidden).text


def bare(text: str, shown: int) -> str:
    """`text` with nothing left that could be taken for a mark, however brackets stand in each other."""
    for _ in range(4):
        hidden = hide(text, shown)
        if hidden == text:
            return text
        text = without(hidden)
    return text.translate(_NO_BRACKETS)


def _gap(run: re.Match[str]) -> str:
    """What a run of marks leaves behind: nothing before a full stop, else a space where words would meet."""
    before, after = run.string[max(run.start() - 1, 0) : run.start()], run.string[run.end() : run.end() + 1]
    if not before or not after or after in _CLOSERS:
        return ""
    spaced = any(map(str.isspace, run[0]))
    return " " if spaced or (after.isalnum() and (before.isalnum() or before in ".!?")) else ""


def render(hidden: str, order: dict[int, int]) -> str:
    """The text with its valid marks as `[1]`, renumbered by first use; `order` keeps the numbers given so far."""

    def shown(run: re.Match[str]) -> str:
        numbers = dict.fromkeys(order.setdefault(number, len(order) + 1) for number in numbers_in(run[0]))
        if not numbers:
            return _gap(run)
        before, after = re.match(r"\s*", run[0]), run[0][-1:]
        return (before[0] if before else "") + "".join(f"[{n}]" for n in numbers) + (after if after.isspace() else "")

    return _RUN.sub(shown, hidden)
