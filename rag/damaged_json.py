"""JSON as models send it: cut off in the middle, with trailing commas, comments, single quotes, or prose around it.

Our own reader, for what was cut off must be known as such and time must stay linear: json-repair closes a cut string
as if it were whole, makes lists out of prose, and took 30 s for 20,000 characters of `{"`.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEPTH = 32
"""Objects and lists in each other. What is nested deeper is read as if it ended there."""


class CutStr(str):
    """A string that the text ended in."""

    __slots__ = ()


class CutDict(dict[str, Any]):
    """An object that the text ended in."""


class CutList(list[Any]):
    """A list that the text ended in."""


_START = re.compile(r"""\{\s*+(?:["'“]|[A-Za-z_]{2,20}\s*+:|\}|$)|\[\s*+(?:\{|["“](?=[^"”\n]{12}))""")
"""Where JSON of ours begins: an object, or a list of objects or of sentences. `[1]` and `{x}` are prose."""
_SPACE = re.compile(r"(?:\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|$))*+")
_BARE = re.compile(r"""[^\s,:{}\[\]"]++""")
_KEY = re.compile(r"""[\w$-]++""")
_CHUNK = {mark: re.compile(rf"[^\\{mark}]++") for mark in "\"'”"}
_AFTER = re.compile(r"""\s*+(?:$|[}\]:]|,\s*+(?:["'“{\[}\]\d-]|true|false|null|$)|\n\s*+["'“{]|//)""")
"""What may follow a string. Another quote mark belongs to its text, which the model forgot to escape."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


def read_all(text: str) -> list[Any]:
    """Every JSON object or list in `text`, in order; nothing if there is none. Never raises."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        return [whole] if isinstance(whole, dict | list) else []
    values, position = [], 0
    while found := _START.search(text, position):
        reader = _Reader(text, found.start())
        values.append(reader.value(0))
        position = max(reader.position, found.start() + 1)
    return values


class _Reader:
    """Reads one value from `position` on; whatever it meets, it moves forward."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position

    def value(self, depth: int) -> Any:
        sign = self._next()
        if sign == "{" and depth < DEPTH:
            return self._object(depth)
        if sign == "[" and depth < DEPTH:
            return self._list(depth)
        if sign in ('"', "'", "“"):
            return self._string({"“": "”"}.get(sign, sign))
        found = _BARE.match(self.text, self.position)
        if not found:
            self.position += 1
            return None
        self.position = found.end()
        if found.end() == len(self.text):
            return CutStr(found[0])
        return _WORDS.get(found[0], found[0]) if not _is_number(found[0]) else int(found[0])

    def _next(self) -> str:
        """The next character that is neither white space nor comment; empty at the end."""
        space = _SPACE.match(self.text, self.position)
        self.position = space.end() if space else self.position
        return self.text[self.position : self.position + 1]

    def _list(self, depth: int) -> list[Any]:
        self.position += 1
        items: list[Any] = []
        while sign := self._next():
            if sign in "]}":
                self.position += sign == "]"
                return items
            if sign in ",:":
                self.position += 1
                continue
            items.append(self.value(depth + 1))
        return CutList(items)

    def _object(self, depth: int) -> dict[str, Any]:
        self.position += 1
        pairs: dict[str, Any] = {}
        while sign := self._next():
            if sign in "}]":
                self.position += sign == "}"
                return pairs
            key = self._key(sign)
            if key is None:
                self.position += 1
            elif self._next() == ":":
                self.position += 1
                if not self._next():
                    break
                pairs[key] = self.value(depth + 1)
        return CutDict(pairs)

    def _key(self, sign: str) -> str | None:
        if sign in "\"'“":
            return self._string({"“": "”"}.get(sign, sign))
        found = _KEY.match(self.text, self.position)
        if not found:
            return None
        self.position = found.end()
        return found[0]

    def _string(self, closing: str) -> str:
        self.position += 1
        parts: list[str] = []
        while self.position < len(self.text):
            if chunk := _CHUNK[closing].match(self.text, self.position):
                parts.append(chunk[0])
                self.position = chunk.end()
            elif self.text[self.position] == "\\":
                parts.append(self._escape())
            else:
                self.position += 1
                if _AFTER.match(self.text, self.position):
                    return _whole("".join(parts))
                parts.append(closing)
        return CutStr(_whole("".join(parts)))

    def _escape(self) -> str:
        """One escape; half an escape at the end of the text is nothing."""
        sign = self.text[self.position + 1 : self.position + 2]
        code = self.text[self.position + 2 : self.position + 6]
        if sign == "u":
            self.position += 6
            return chr(int(code, 16)) if re.fullmatch("[0-9A-Fa-f]{4}", code) else ""
        self.position += 2
        return _ESCAPES.get(sign, sign)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _whole(text: str) -> str:
    """Pairs of surrogates as the characters they stand for; a half stands for nothing."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
