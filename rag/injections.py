"""Flags passages that speak to a model instead of a reader, in the ways that are known; prose for people is not.

A flag is shown to people, and keeps the passage from a model; sentences quoted word for word are not left out for it.
Few passages hold the words that a pattern needs: these are looked for first, and a pattern is compiled on first use.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rag.injection_signs import SIGNS

_SPACES = re.compile(r"[ \t]+")
_HIDDEN = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode says may be ignored where it cannot be drawn (Default_Ignorable_Code_Point), and annotations."""
_ACCENTED = re.compile(
    "[\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff](?:[\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]{5}"
    "|(?<=[\u0300-\u036f])[A-Za-z](?:[\u0300-\u036f]++[A-Za-z]){2})"
)
"""More marks on Latin letters in a row than any language writes."""
_HIDES = re.compile("[\u202d\u202e\U000e0020-\U000e007f]")
_SECRET = re.compile(
    "[\u202d\u202e](?:[^\\s\u202c]{1,40}\\s+){3}|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{4}"
)
"""Turns the letters of a line round, or writes them so that no one sees them; flags of regions aside."""
_MARKS = re.compile(r"[^\w\s\x00-\x7f]{500,}")
"""Rows that may be of marks above one letter; Unicode sorts these in quadratic time."""
_SPACED = re.compile(r"\b(?:[A-Za-z][ .·_-]){4,40}[A-Za-z]\b")
_MAYBE_SPACED = re.compile(r"[ .·_-](?:[A-Za-z][ .·_-]){3}")
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[A-Za-z]")
_FOREIGN = str.maketrans(
    "аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαειορνκυτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhkmtbhAEOPCYXIJSKMTBHaeiopvkutABEZHIKMNOPTYX"
)
"""Letters of other alphabets that look like Latin ones."""
_LOOKALIKE = re.compile(f"[{''.join(map(chr, _FOREIGN))}]")
_DIGIT = re.compile(r"[0134](?<=[A-Za-z].)(?=[A-Za-z])")
_DIGITS = {"0": "o", "1": "i", "3": "e", "4": "a"}
_TOKEN = re.compile(r"\w+|!?\[|[<(:]|##|---")
_BREAK = re.compile(r"(?:\n|[.!?:;]['\"”’)\]]*\s)\s*(\w*)")
_OPENERS = frozenset("then instead now so".split())
_OPENED = re.compile(r",? (\w*)")
_POLITE = re.compile(r"\b(?:please|kindly) (?=(\w*))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Hint:
    """Alternatives of which one must stand in a text."""

    single: frozenset[str]
    """Whole words."""
    keys: frozenset[str]
    """The longest word of each of `rows`."""
    rows: tuple[str, ...]
    """Words in a row."""
    parts: tuple[str, ...]
    """Parts of words."""

    def among(self, words: str, whole: set[str]) -> bool:
        """Sets are asked first, since that takes least time."""
        return (
            not self.single.isdisjoint(whole)
            or (not self.keys.isdisjoint(whole) and any(row in words for row in self.rows))
            or any(part in words for part in self.parts)
        )


def instructions(text: str) -> str | None:
    """Why a passage seems to carry instructions to a model, in a few words; None if it does not."""
    if not text.isascii() and _HIDES.search(text) and _SECRET.search(text):
        return "hides letters from its readers"
    plain = _plain(text)
    words = _words(plain)
    whole = set(words.split())
    commands: list[tuple[str, int]] | None = None
    for reason, first, hints, pattern in _signs():
        if (first and first.isdisjoint(whole)) or not all(hint.among(words, whole) for hint in hints):
            continue
        if not first and _compiled(pattern).search(plain):
            return reason
        if first:
            commands = _commands(plain, words) if commands is None else commands
            if any(word in first and _compiled(pattern).match(plain, at) for word, at in commands):
                return reason
    return None


@cache
def _signs() -> list[tuple[str, frozenset[str], list[_Hint], str]]:
    """Signs with the words that a command begins with, empty where it is none, and with what else they need."""
    signs = []
    for reason, needed, pattern in SIGNS:
        groups = needed.split("; ")
        first = frozenset(groups.pop(0)[1:].split()) if needed.startswith("^") else frozenset()
        signs.append((reason, first, [_hint(group.split(", ")) for group in groups], pattern))
    return signs


def _hint(alternatives: list[str]) -> _Hint:
    """As in `SIGNS`; a row of words whose last word is open has the key of the others."""
    parts = [f" {part} ".removeprefix(" *").removesuffix("* ") for part in alternatives]
    inner = {part: re.findall(r"(?<= )\S+(?= )", part) for part in parts}
    single = [part.strip() for part in parts if f" {part.strip()} " == part and len(part.split()) == 1]
    rows = [part for part in parts if inner[part] and part.strip() not in single]
    keys = frozenset(max(inner[row], key=len) for row in rows)
    return _Hint(frozenset(single), keys, tuple(rows), tuple(part for part in parts if not inner[part]))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _words(plain: str) -> str:
    """The words in small letters with a space on both sides, so that " ai " is a word and " instruct" begins one."""
    return f" {_folded(' '.join(_TOKEN.findall(plain)))} "


def _folded(text: str) -> str:
    """In small letters as patterns take them: dotless and dotted i of Turkish are an i."""
    return text.lower() if text.isascii() else text.casefold().replace("i̇", "i").replace("ı", "i")


def _commands(plain: str, words: str) -> list[tuple[str, int]]:
    """Words that a command may begin with, and where they stand."""
    found = [*_BREAK.finditer(f"\n{plain}")]
    commands = [(_folded(match[1]), match.start(1) - 1) for match in found]
    opened = [_OPENED.match(plain, match.end(1) - 1) for match in found if _folded(match[1]) in _OPENERS]
    polite = _POLITE.finditer(plain) if " please " in words or " kindly " in words else ()
    return commands + [(_folded(match[1]), match.start(1)) for match in (*opened, *polite) if match]


def _plain(text: str) -> str:
    """The words that a reader takes them for, however their letters are disguised."""
    if not text.isascii():
        text = _MARKS.sub(
            lambda row: row[0][:500] + "".join(c for c in row[0][500:] if not unicodedata.combining(c)), text
        )
        text = unicodedata.normalize("NFKC", _HIDDEN.sub("", text).replace("\u2800", " "))
        if _ACCENTED.search(text):
            text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        if _LOOKALIKE.search(text):
            text = _WORD.sub(lambda word: word[0].translate(_FOREIGN) if _LATIN.search(word[0]) else word[0], text)
    text = _DIGIT.sub(lambda digit: _DIGITS[digit[0]], text)
    if _MAYBE_SPACED.search(text):
        text = _SPACED.sub(lambda word: re.sub(r"[^A-Za-z]", "", word[0]), text)
    return _SPACES.sub(" ", text) if "  " in text or "\t" in text else text
