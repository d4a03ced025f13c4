"""Replies kept on disk, found again by the whole request: running the same questions again costs nothing.

Knows nothing of what is asked. A file that cannot be read is no reply; one that cannot be written is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rag.llm_records import LanguageModel, Message, Reply

_ESCAPE = re.compile(r'(?:\\u[0-9a-fA-F]{4})+|\\["\\/nt]')
FORMAT = 1
"""Part of every key; raised when requests or records change their meaning, so that older replies are not found."""

RUN = 30
"""Characters in a row of an article by which a reply is taken to quote it: five words or so."""
KEPT = ("stop", "length")
"""How a reply must have ended: the others would end differently another time."""


def secret_of(folder: Path) -> bytes:
    """A secret that belongs to the replies in `folder`, made on first use; random where it cannot be kept."""
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "xb", opener=_private) as file:
            file.write(os.urandom(32))
        return path.read_bytes() or os.urandom(32)
    except OSError:
        return os.urandom(32)


def forget(folder: Path, texts: Sequence[str]) -> int:
    """Delete replies that quote RUN characters of one of the texts; returns how many. What they paraphrase stays."""
    runs = {text[at : at + RUN] for text in texts for at in range(len(text) - RUN + 1)}
    gone = 0
    for path in folder.glob("*.json") if runs else ():
        found = _read(path)
        # A quotation is JSON within the reply, with its marks and letters escaped or not.
        said = "" if found is None else f"{found.text}\n{_unescaped(found.text)}"
        if any(said[at : at + RUN] in runs for at in range(len(said) - RUN + 1)):
            with contextlib.suppress(OSError):
                path.unlink()
                gone += 1
    return gone


def _unescaped(text: str) -> str:
    """Characters that JSON writes as `\\u00e9` or `\\"`, as they are; damaged escapes stay."""
    return _ESCAPE.sub(lambda found: str(json.loads(f'"{found[0]}"')), text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class CachedModel:
    """Wraps a language model; replies lie in `folder`, a JSON file each."""

    def __init__(self, model: LanguageModel, folder: Path) -> None:
        self._model = model
        self._folder = folder

    @property
    def name(self) -> str:
        """See LanguageModel.name."""
        return self._model.name

    @property
    def identity(self) -> str:
        """See LanguageModel.identity."""
        return self._model.identity

    @property
    def context(self) -> int:
        """See LanguageModel.context."""
        return self._model.context

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, object] | None = None,
        plain: Sequence[Message] | None = None,
        max_tokens: int = 1024,
        sample: int = 0,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """See LanguageModel.complete. A reply that is found is handed on in one piece."""
        turns = [[[message.role, message.content] for message in said] for said in (messages, plain or ())]
        request = json.dumps([FORMAT, self.identity, turns, schema, max_tokens, sample], sort_keys=True)
        path = self._folder / f"{hashlib.sha256(request.encode()).hexdigest()}.json"
        found = _read(path)
        if found is not None:
            if on_text is not None and found.text:
                on_text(found.text)
            return found
        reply = self._model.complete(
            messages, schema=schema, plain=plain, max_tokens=max_tokens, sample=sample, on_text=on_text
        )
        if reply.finish in KEPT:
            _write(path, reply)
        return reply

    def close(self) -> None:
        """See LanguageModel.close."""
        self._model.close()


def _read(path: Path) -> Reply | None:
    try:
        record = json.loads(path.read_bytes())
        text, finish = record["text"], record["finish"]
        tokens = record["prompt_tokens"], record["completion_tokens"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(text, str) or finish not in KEPT or not all(n is None or isinstance(n, int) for n in tokens):
        return None
    return Reply(text, finish, *tokens, cached=True)


def _write(path: Path, reply: Reply) -> None:
    """Whole or not at all: written beside its place and moved there."""
    record = {
        "text": reply.text,
        "finish": reply.finish,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "seconds": reply.seconds,
    }
    unfinished = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(unfinished, path)
    except OSError:
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
