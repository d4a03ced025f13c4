"""From raw text with its markup to what a reader sees, every character traced back to where it stood.

Knows inline Markdown, HTML entities and tags, terminal escapes and Unicode; knows nothing of paragraphs. One pass,
linear in the length of the text whatever stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import unescape

from rag.schema import Span

_SPECIAL = re.compile(r"[\\`<&\[\]*_~\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f"
                      r"\u205f-\u206f\u3000\ufeff\U000e0000-\U000e007f]|  +")  # fmt: skip
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?|\x1b[@-~]|"
    r"\x9b[0-?]*[ -/]*[@-~]|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|cite|code|del|div|em|figure|figcaption|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|"
    r"q|s|section|small|span|strike|strong|sub|sup|table|tbody|td|th|tr|tt|u|ul|var|wbr)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--[^<>]{0,2000}-->")
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^\s<>]{1,2000})>", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]{1,30}\]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_LINK_DEPTH = 3
"""Parentheses inside a link target; deeper is no link, which keeps `](](](…` linear."""
_LINK_LENGTH = 2000
_MARKS = 30
"""Combining marks kept together when composing: the limit of Unicode's Stream-Safe Text Format (UAX #15)."""


@dataclass(frozen=True, slots=True)
class Traced:
    """Display text; character i came from raw `starts[i]` up to `ends[i]`."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(slots=True)
class _Piece:
    """A stretch of output. `text` equal in length to its raw range maps character by character."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Run:
    """A run of emphasis marks still waiting for its partner."""

    piece: _Piece
    mark: str


def clean(raw: str, base: int = 0) -> Traced:
    """Display text of one raw piece: markup gone, white space single, controls dropped, composed (NFC).

    `base` is the offset of `raw` in its file; the traced offsets count from there.
    """
    return _compose(_collapse(_Scanner(raw).pieces()), base)


def clean_spans(raw: str, spans: tuple[Span, ...] | list[Span]) -> Traced:
    """Display text of several raw pieces, joined by single spaces."""
    text, starts, ends = "", [], []
    parts: list[str] = []
    for span in spans:
        traced = clean(raw[span.start : span.end], span.start)
        if not traced.text:
            continue
        if parts:
            parts.append(" ")
            starts.append(ends[-1])
            ends.append(traced.starts[0])
        parts.append(traced.text)
        starts.extend(traced.starts)
        ends.extend(traced.ends)
    text = "".join(parts)
    return Traced(text, tuple(starts), tuple(ends))


def plain(text: str) -> str:
    """The same for text without markup: white space, controls and composition only."""
    pieces, position = [], 0
    for match in _SPECIAL.finditer(text):
        if match.start() < position or match.group() in _KEPT_IN_PLAIN:
            continue
        pieces.append(_Piece(position, match.start(), text[position : match.start()]))
        end = match.end()
        if escape := _ESCAPE.match(text, match.start()):
            end = escape.end()
        pieces.append(_Piece(match.start(), end, _blank(match.group())))
        position = end
    pieces.append(_Piece(position, len(text), text[position:]))
    return _compose(_collapse(pieces), 0).text


_KEPT_IN_PLAIN = frozenset("\\`<&[]*_~")


def _blank(special: str) -> str:
    return " " if special.isspace() or special == "\x00" else ""


class _Scanner:
    """Walks from one special character to the next and collects pieces."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.out: list[_Piece] = []
        self.open_runs: dict[str, list[_Run]] = {"*": [], "_": [], "~": []}
        self.brackets: list[_Piece] = []
        self.ticks: dict[int, list[int]] | None = None

    def pieces(self) -> list[_Piece]:
        raw, position = self.raw, 0
        while match := _SPECIAL.search(raw, position):
            at = match.start()
            if at > position:
                self.out.append(_Piece(position, at, raw[position:at]))
            position = self._special(at, match.end())
        self.out.append(_Piece(position, len(raw), raw[position:]))
        return self.out

    def _special(self, at: int, end: int) -> int:
        """Handle the special at `at`; returns where to go on."""
        char = self.raw[at]
        if char in "*_~":
            return self._emphasis(at, char)
        if char == "[":
            return self._open_bracket(at)
        if char == "]":
            return self._close_bracket(at)
        if char == "\\":
            following = self.raw[at + 1 : at + 2]
            if following in _PUNCTUATION and following:
                return self._emit(at, at + 2, following)
            return self._emit(at, at + 1, char)
        if char == "<":
            return self._angle(at)
        if char == "&":
            if entity := _ENTITY.match(self.raw, at):
                return self._emit(at, entity.end(), plain(unescape(entity.group())) or " ")
            return self._emit(at, at + 1, char)
        if char == "`":
            return self._code(at)
        if escape := _ESCAPE.match(self.raw, at):
            return self._emit(at, escape.end(), "")
        return self._emit(at, end, _blank(self.raw[at:end]))

    def _emit(self, start: int, end: int, text: str) -> int:
        self.out.append(_Piece(start, end, text))
        return end

    def _emphasis(self, at: int, mark: str) -> int:
        raw, end = self.raw, at
        while end < len(raw) and raw[end] == mark:
            end += 1
        piece = _Piece(at, end, raw[at:end])
        self.out.append(piece)
        before, after = raw[at - 1 : at], raw[end : end + 1]
        opens = bool(after) and not after.isspace() and not (before.isalnum())
        closes = bool(before) and not before.isspace() and not (mark == "_" and after.isalnum())
        if mark == "~" and end - at != 2:
            return end
        if closes:
            self._match(piece, mark)
        if opens and piece.text:
            self.open_runs[mark].append(_Run(piece, mark))
        return end

    def _match(self, closer: _Piece, mark: str) -> None:
        """Strike marks off against the runs that are open, innermost first."""
        stack = self.open_runs[mark]
        while closer.text and stack:
            opener = stack[-1].piece
            strike = min(len(opener.text), len(closer.text))
            opener.text = opener.text[strike:]
            closer.text = closer.text[strike:]
            if not opener.text:
                stack.pop()

    def _open_bracket(self, at: int) -> int:
        if footnote := _FOOTNOTE.match(self.raw, at):
            return self._emit(at, footnote.end(), "")
        piece = _Piece(at, at + 1, "[")
        if at and self.raw[at - 1] == "!" and self.out and self.out[-1].end == at and self.out[-1].text.endswith("!"):
            head = self.out[-1]
            head.end, head.text = head.end - 1, head.text[:-1]
            piece = _Piece(at - 1, at + 1, "![")
        self.out.append(piece)
        self.brackets.append(piece)
        return at + 1

    def _close_bracket(self, at: int) -> int:
        opener = self.brackets.pop() if self.brackets else None
        target = self._link_end(at + 1) if opener is not None else None
        if opener is None or target is None:
            return self._emit(at, at + 1, "]")
        opener.text = ""
        return self._emit(at, target, "")

    def _link_end(self, at: int) -> int | None:
        """Where the target of a link, `(…)` beginning at `at`, ends; None when it is none."""
        raw = self.raw
        if raw[at : at + 1] != "(":
            return None
        depth = 0
        for i in range(at, min(len(raw), at + _LINK_LENGTH)):
            char = raw[i]
            if char == "(":
                depth += 1
                if depth > _LINK_DEPTH:
                    return None
            elif char == ")":
                depth -= 1
                if depth == 0:
                    return i + 1
            elif char == "\n" and raw[i + 1 : i + 2] in ("\n", ""):
                return None
        return None

    def _angle(self, at: int) -> int:
        raw = self.raw
        if link := _AUTOLINK.match(raw, at):
            self._emit(at, at + 1, "")
            self._emit(at + 1, link.end() - 1, link.group(1))
            return self._emit(link.end() - 1, link.end(), "")
        if tag := _TAG.match(raw, at):
            return self._emit(at, tag.end(), " " if tag.group()[1:3].lower() in ("br", "hr", "p>", "/p", "li") else "")
        if comment := _COMMENT.match(raw, at):
            return self._emit(at, comment.end(), "")
        return self._emit(at, at + 1, "<")

    def _code(self, at: int) -> int:
        raw, end = self.raw, at
        while end < len(raw) and raw[end] == "`":
            end += 1
        if self.ticks is None:
            self.ticks = {}
            for run in re.finditer("`+", raw):
                self.ticks.setdefault(len(run.group()), []).append(run.start())
            for positions in self.ticks.values():
                positions.reverse()
        waiting = self.ticks.get(end - at, [])
        while waiting and waiting[-1] < end:
            waiting.pop()
        if not waiting:
            return self._emit(at, end, raw[at:end])
        close = waiting[-1]
        self._emit(at, end, "")
        for match in re.finditer(r"\s+|[^\s]+", raw[end:close]):
            start, stop = end + match.start(), end + match.end()
            self._emit(start, stop, " " if match.group().isspace() else plain(match.group()))
        return self._emit(close, close + (end - at), "")


def _collapse(pieces: list[_Piece]) -> list[tuple[str, int, int]]:
    """Characters with their raw range; runs of white space become one space, none at either end."""
    out: list[tuple[str, int, int]] = []
    for piece in pieces:
        aligned = len(piece.text) == piece.end - piece.start
        for i, char in enumerate(piece.text):
            start, end = (piece.start + i, piece.start + i + 1) if aligned else (piece.start, piece.end)
            if char != " ":
                out.append((char, start, end))
            elif out and out[-1][0] != " ":
                out.append((" ", start, end))
    if out and out[-1][0] == " ":
        out.pop()
    return out


def _compose(characters: list[tuple[str, int, int]], base: int) -> Traced:
    """Normalise to NFC, a composed character keeping the whole raw range it came from."""
    text = "".join(character[0] for character in characters)
    if not unicodedata.is_normalized("NFC", text):
        characters = _composed(characters)
        text = "".join(character[0] for character in characters)
    return Traced(text, tuple(c[1] + base for c in characters), tuple(c[2] + base for c in characters))


def _composed(characters: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    out: list[tuple[str, int, int]] = []
    group: list[tuple[str, int, int]] = []

    def flush() -> None:
        if group:
            start, end = group[0][1], group[-1][2]
            out.extend((char, start, end) for char in unicodedata.normalize("NFC", "".join(c[0] for c in group)))
            group.clear()

    for character in characters:
        if group and len(group) <= _MARKS and _composes("".join(c[0] for c in group), character[0]):
            group.append(character)
        else:
            flush()
            group.append(character)
    flush()
    return out


def _composes(before: str, char: str) -> bool:
    """Whether normalising `before + char` is more than normalising each."""
    if char < "\u0300":
        return False
    if unicodedata.combining(char):
        return True
    joined = unicodedata.normalize("NFC", before + char)
    return joined != unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", char)
