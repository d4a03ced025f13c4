"""The bytes a chat endpoint sends, streamed or whole, put together as a reply.

Knows the protocol's words and its usual variations, nothing of connections. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rag.llm_records import Finish, Reply

CHARACTERS = 200_000
"""A reply is cut here, thoughts counted: some servers never stop. The longest briefing has a tenth of it."""

BUFFER = 8_000_000
"""Bytes of a line without end, or of a reply in one piece, beyond which it is taken for broken."""

_FINISHES: dict[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "refused",
    "refusal": "refused",
    "safety": "refused",
}
"""Other words (stop, eos, tool_calls, …) mean that the model ended by itself."""

_BLANK = b"\xef\xbb\xbf \t\r\n"
"""A byte order mark and white space, which some servers send first."""

OPEN, CLOSE = "<think>", "</think>"


class NotChatError(ValueError):
    """What was sent is not what a chat endpoint sends."""


class WebPageError(NotChatError):
    """A web page was sent."""


class ServerSaidError(Exception):
    """An error object came in a stream that had begun well; `body` is the object."""

    def __init__(self, body: object) -> None:
        super().__init__("error in stream")
        self.body = body


class Chunks:
    """Bytes → the JSON objects in them: of server-sent events, or the one of a server that does not stream."""

    def __init__(self) -> None:
        self._buffer = b""
        self._whole: bool | None = None  # not known before the first bytes
        self.done = False

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The objects that `piece` completes. Raises ValueError for what is none, UnicodeDecodeError among them."""
        self._buffer += piece
        if self._whole is None:
            start = self._buffer.lstrip(_BLANK)[:1]
            if not start:
                return
            if start == b"<":
                raise WebPageError("a web page")
            self._whole = start == b"{"
            self._buffer = self._buffer.lstrip(_BLANK)
        if not self._whole:
            *lines, self._buffer = self._buffer.split(b"\n")
            for line in lines:
                yield from self._line(line)
        if len(self._buffer) > BUFFER:
            raise NotChatError("a line without end")

    def end(self) -> Iterator[Any]:
        """What is left when the connection has ended."""
        rest, self._buffer = b"" if self.done else self._buffer, b""
        if self._whole:
            yield json.loads(rest)
        elif rest.strip():
            yield from self._line(rest)

    def _line(self, line: bytes) -> Iterator[Any]:
        if self.done or not line.startswith(b"data:"):
            return  # event names, ids and the comments that keep a connection open
        data = line[5:].strip()
        if data == b"[DONE]":
            self.done = True
        elif data:
            yield json.loads(data)


class Draft:
    """A reply that grows. `text` is what the reader has been given so far."""

    def __init__(self) -> None:
        self.text = ""
        self.finish: Finish | None = None
        self.understood = False  # at least one object was a chat completion's
        self._size = 0
        self._thoughts = _Thoughts()
        self._half = ""
        self._refusal = ""
        self._tokens: tuple[int | None, int | None] = (None, None)

    def take(self, chunk: object) -> str:
        """Adds one object of the stream; returns the new visible text. Raises NotChatError, ServerSaidError."""
        if not isinstance(chunk, dict):
            raise NotChatError("not an object")
        if chunk.get("error"):
            raise ServerSaidError(chunk["error"])
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self._tokens = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            return ""
        self.understood = True
        choice = choices[0] if choices else None
        return self._choice(choice) if isinstance(choice, dict) else ""

    def _choice(self, choice: dict[str, Any]) -> str:
        said = choice.get("delta") or choice.get("message")
        if not isinstance(said, dict):
            said = {"content": choice.get("text")}  # servers that stream the older protocol
        self._refusal += _text(said.get("refusal"))
        self._size += len(_text(said.get("reasoning_content")) or _text(said.get("reasoning")))
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish = _FINISHES.get(reason, "stop")
        new = self._add(_text(said.get("content")))
        if self.full:
            self.finish = "length"
        return new

    @property
    def begun(self) -> bool:
        """Whether enough has arrived to count as a reply, be it cut."""
        return bool(self.text or self.finish or self._refusal)

    @property
    def full(self) -> bool:
        """Whether the limit of characters is reached."""
        return self._size >= CHARACTERS

    def _add(self, content: str) -> str:
        content = content[: max(0, CHARACTERS - self._size)]
        self._size += len(content)
        content = self._half + content
        self._half = ""
        if content[-1:] and "\ud800" <= content[-1] <= "\udbff":  # the other half comes with the next piece
            self._half, content = content[-1], content[:-1]
        new = self._thoughts.feed(_whole_characters(content))
        self.text += new
        return new

    def close(self) -> str:
        """The last visible text, when nothing more comes."""
        new = self._thoughts.end()
        self.text += new
        return new

    def reply(self, seconds: float) -> Reply:
        """The reply as it stands; one without a finish was cut."""
        text = self.text
        if CLOSE in text:  # templates that open the thoughts themselves leave only their end in the reply
            text = text.rpartition(CLOSE)[2].lstrip()
        finish = self.finish or "cut"
        if self._refusal:
            finish, text = "refused", text or _whole_characters(self._refusal[:CHARACTERS])
        return Reply(text, finish, *self._tokens, seconds=seconds)


class _Thoughts:
    """Takes `<think>…</think>` out of a text that comes in pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._begun = False
        self._after = False  # a block ended and nothing visible has come since the beginning

    def feed(self, text: str) -> str:
        self._held += text
        shown = ""
        while True:
            mark = CLOSE if self._inside else OPEN
            before, found, rest = self._held.partition(mark)
            keep = 0 if found else _overlap(before, mark)
            if not self._inside:
                shown += self._visible(before[: len(before) - keep])
            if not found:
                self._held = before[len(before) - keep :]
                return shown
            self._after = self._after or not self._begun
            self._held, self._inside = rest, not self._inside

    def end(self) -> str:
        held, self._held = self._held, ""
        return "" if self._inside else self._visible(held)

    def _visible(self, text: str) -> str:
        if self._after and not self._begun:
            text = text.lstrip()  # the blank line between thoughts and answer
        self._begun = self._begun or bool(text.strip())
        return text


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)


def _whole_characters(text: str) -> str:
    """Halves of characters joined, single ones replaced: the text can be written as UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(value: object) -> str:
    """A content: text, or a list of parts with text in them."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
