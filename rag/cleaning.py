"""From raw text with its markup to what a reader sees, every character traced back to where it stood.

Knows inline Markdown, HTML entities and tags; knows nothing of paragraphs. One pass, linear in the length
of the text whatever stands in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from html import unescape

from rag.characters import ESCAPE, UNSEEN, Piece, Traced, blank, plain, trace
from rag.schema import Span

_SPECIAL = re.compile(rf"\s\s+|[\\`<&\[\]*_~{UNSEEN}]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_TAG = re.compile(
    r"</?(?:(?P<inline>a|abbr|b|big|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|"
    r"var|wbr)|article|aside|blockquote|br|center|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|"
    r"ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)"
    r"(?:\s+[a-z:@_-][\w:.@-]*\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=`]+))*\s*/?>",
    re.IGNORECASE,
)
"""Attributes have values, or `if a <b and c> d` were a tag."""
_COMMENT = re.compile(r"<!--[^<>]{0,2000}-->")
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^\s<>]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255})>", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]{1,30}\]")
_REFERENCE = re.compile(r"\[[^\[\]\r\n]{0,100}\]")
_ADDRESS = re.compile(r"<|[a-z][a-z0-9+.-]*:|[/#?.]|\S*$|\S+\s+[\"'(]", re.IGNORECASE)
"""What stands in the parentheses of a link; `[sic](the minister said)` is prose."""
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_OPENERS = frozenset("([{“‘„«‹¿¡")
_LINK_DEPTH = 3
"""Parentheses inside a link target; deeper is no link, which keeps `](](](…` linear."""
_LINK_LENGTH = 2000


def clean(raw: str, base: int = 0) -> Traced:
    """Display text of one raw piece: markup gone, white space single, controls dropped, composed (NFC).

    `base` is the offset of `raw` in its file; the traced offsets count from there.
    """
    traced = trace(_Scanner(raw).pieces())
    if not base:
        return traced
    return Traced(traced.text, tuple(i + base for i in traced.starts), tuple(i + base for i in traced.ends))


def clean_spans(raw: str, spans: Sequence[Span]) -> Traced:
    """Display text of several raw pieces read as one: markup may reach from one into the next."""
    if len(spans) == 1:
        return clean(raw[spans[0].start : spans[0].end], spans[0].start)
    traced = clean("\n".join(raw[span.start : span.end] for span in spans))
    firsts = [0]
    for span in spans[:-1]:
        firsts.append(firsts[-1] + span.end - span.start + 1)

    def start_of(offset: int) -> int:
        k = bisect_right(firsts, offset) - 1
        return min(spans[k].start + offset - firsts[k], spans[k].end)

    def end_of(offset: int) -> int:
        k = bisect_right(firsts, offset - 1) - 1
        at = spans[k].start + offset - firsts[k]
        return at if at <= spans[k].end else spans[k + 1].start

    return Traced(traced.text, tuple(map(start_of, traced.starts)), tuple(map(end_of, traced.ends)))


class _Scanner:
    """Walks from one special character to the next and collects pieces."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.out: list[Piece] = []
        self.open_runs: dict[str, list[Piece]] = {"*": [], "_": [], "~": []}
        """Runs of emphasis marks still waiting for their partners."""
        self.brackets: list[Piece] = []
        self.ticks: dict[int, list[int]] | None = None

    def pieces(self) -> list[Piece]:
        raw, position = self.raw, 0
        while match := _SPECIAL.search(raw, position):
            at = match.start()
            if at > position:
                self.out.append(Piece(position, at, raw[position:at]))
            handle = _HANDLERS.get(raw[at])
            position = handle(self, at) if handle else self._emit(at, match.end(), blank(match.group()))
        self.out.append(Piece(position, len(raw), raw[position:]))
        return self.out

    def _emit(self, start: int, end: int, text: str) -> int:
        self.out.append(Piece(start, end, text))
        return end

    def _backslash(self, at: int) -> int:
        following = self.raw[at + 1 : at + 2]
        if following and following in _PUNCTUATION:
            return self._emit(at, at + 2, following)
        return self._emit(at, at + 1, "" if following in ("\n", "\r") else "\\")  # before a line end: a line break

    def _entity(self, at: int) -> int:
        if entity := _ENTITY.match(self.raw, at):
            text = unescape(entity.group())
            return self._emit(at, entity.end(), " " if text.isspace() else plain(text))
        return self._emit(at, at + 1, "&")

    def _escape(self, at: int) -> int:
        escape = ESCAPE.match(self.raw, at)
        return self._emit(at, escape.end() if escape else at + 1, "")

    def _emphasis(self, at: int) -> int:
        raw, end, mark = self.raw, at, self.raw[at]
        while end < len(raw) and raw[end] == mark:
            end += 1
        piece = Piece(at, end, raw[at:end])
        self.out.append(piece)
        if mark == "~" and end - at != 2:
            return end
        before, after = raw[at - 1 : at], raw[end : end + 1]
        if _closes(mark, before, after):
            self._match(piece, mark)
        if piece.text and after and not after.isspace() and not before.isalnum():
            self.open_runs[mark].append(piece)
        return end

    def _match(self, closer: Piece, mark: str) -> None:
        """Strike marks off against the runs that are open, innermost first."""
        stack = self.open_runs[mark]
        while closer.text and stack:
            opener = stack[-1]
            strike = min(len(opener.text), len(closer.text))
            opener.text = opener.text[strike:]
            closer.text = closer.text[strike:]
            if not opener.text:
                stack.pop()

    def _open_bracket(self, at: int) -> int:
        if footnote := _FOOTNOTE.match(self.raw, at):
            colon = at == 0 and self.raw.startswith(":", footnote.end())
            return self._emit(at, footnote.end() + colon, "")
        piece = Piece(at, at + 1, "[")
        head = self.out[-1] if self.out else piece
        if head.text.endswith("!") and head.end == at and len(head.text) == head.end - head.start:  # not `\\!`
            head.end, head.text = head.end - 1, head.text[:-1]
            piece = Piece(at - 1, at + 1, "![")
        self.out.append(piece)
        self.brackets.append(piece)
        return at + 1

    def _close_bracket(self, at: int) -> int:
        opener = self.brackets.pop() if self.brackets else None
        target = self._target_end(opener.end, at) if opener else None
        if opener is None or target is None:
            return self._emit(at, at + 1, "]")
        opener.text = ""
        return self._emit(at, target, "")

    def _target_end(self, start: int, at: int) -> int | None:
        """Where the target of the link that `raw[start:at]` is the text of ends: `](…)` or `][…]`."""
        if self.raw.startswith("](", at):
            return self._address_end(at + 1)
        if reference := _REFERENCE.match(self.raw, at + 1):
            # notes such as `[1][2]` are no links: those are made of words
            words = re.search(r"[^\W\d_]{3}", self.raw[max(start, at - _LINK_LENGTH) : at])
            return reference.end() if words else None
        return None

    def _address_end(self, at: int) -> int | None:
        raw, depth = self.raw, 0
        for i in range(at, min(len(raw), at + _LINK_LENGTH)):
            if raw[i] == "(":
                depth += 1
                if depth > _LINK_DEPTH:
                    return None
            elif raw[i] == ")":
                depth -= 1
                if depth == 0:
                    return i + 1 if _ADDRESS.match(raw[at + 1 : i].strip()) else None
        return None

    def _angle(self, at: int) -> int:
        raw = self.raw
        if link := _AUTOLINK.match(raw, at):
            self._emit(at, at + 1, "")
            self._emit(at + 1, link.end() - 1, link.group(1))
            return self._emit(link.end() - 1, link.end(), "")
        if tag := _TAG.match(raw, at):
            return self._emit(at, tag.end(), "" if tag["inline"] else " ")
        if comment := _COMMENT.match(raw, at):
            return self._emit(at, comment.end(), "")
        return self._emit(at, at + 1, "<")

    def _code(self, at: int) -> int:
        raw, end = self.raw, at
        while end < len(raw) and raw[end] == "`":
            end += 1
        if self.ticks is None:
            self.ticks = {}
            for run in reversed(list(re.finditer("`+", raw))):
                self.ticks.setdefault(len(run.group()), []).append(run.start())
        waiting = self.ticks.get(end - at, [])
        while waiting and waiting[-1] < end:
            waiting.pop()
        if not waiting:
            return self._emit(at, end, raw[at:end])
        close = waiting[-1]
        self._emit(at, end, "")
        for match in re.finditer(r"\s+|\S+", raw[end:close]):
            word = match.group()
            self._emit(end + match.start(), end + match.end(), " " if word.isspace() else plain(word))
        return self._emit(close, close + (end - at), "")


_HANDLERS: dict[str, Callable[[_Scanner, int], int]] = {
    "\\": _Scanner._backslash,
    "`": _Scanner._code,
    "<": _Scanner._angle,
    "&": _Scanner._entity,
    "[": _Scanner._open_bracket,
    "]": _Scanner._close_bracket,
    "*": _Scanner._emphasis,
    "_": _Scanner._emphasis,
    "~": _Scanner._emphasis,
    "\x1b": _Scanner._escape,
}


def _closes(mark: str, before: str, after: str) -> bool:
    """Whether a run of marks between these characters may end emphasis."""
    if not before or before.isspace() or before in _OPENERS:
        return False
    return not (after.isalnum() and (mark == "_" or before in "\"'"))
