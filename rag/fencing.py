"""Passages → the sources part of a prompt: each between delimiters drawn anew, with nothing in it that imitates them.

What an article says is data. Text in it that looks like a delimiter, a role tag, a source header or a citation mark
is written differently; ordinary prose is not touched.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from rag.injections import instructions
from rag.marks import DROPPED, hide
from rag.sanitising import safe
from rag.schema import Passage

_INVISIBLE = re.compile("[\ufff9-\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Means nothing to anybody: beyond what `safe` takes out."""
_ROLES = r"system|user|assistant|human|developer|tool|ai|model|instructions?|response|prompt"
_ROLE_LINE = re.compile(rf"(?im)^([ \t>*_-]{{0,8}}+)((?:{_ROLES})(?:\s(?:prompt|message|note))?)[ \t]*+:")
_ROLE_HEADING = re.compile(rf"(?i)#{{1,6}}\s*+((?:new\s|end\s)?(?:{_ROLES})s?(?:\s(?:prompt|message|note))?)\b\s?:?")
_ROLE_BRACKET = re.compile(
    r"\[(/?\s?(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL|AVAILABLE_TOOLS|TOOL_\w{1,20}|SYSTEM_\w{1,20}))\]", re.I
)
_HEADER = re.compile(r"(?i)\b(source)(\s+)(\d++)(\s*+)[·|:](?=\s*+\S)")
_ANGLES = re.compile(r"<{2,}+|>{2,}+|[＜《]{2,}+|[＞》]{2,}+|<(?=[A-Za-z/|｜!_▁?])|(?<=[A-Za-z0-9/|｜\"'_▁-])>")
_FENCE = re.compile(r"`{3,}+|~{3,}+")
_BRACKET = re.compile(r"[\[【［]([^\[\]【】［］\n]++)[\]】］]")
_OPEN = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›", "《": "‹", "》": "›"})


@dataclass(frozen=True, slots=True)
class Fence:
    """The delimiters of one request. Nobody who wrote an article can know `key`."""

    key: str

    def source(self, number: int, passage: Passage) -> str:
        """One source with its title, publisher, date and text; a line each, so that none can pass for another."""
        metadata = passage.metadata
        lines = [f"<<source {number} · {self.key}>>", f"Title: {neutral(metadata.title) or 'untitled'}"]
        if metadata.publisher and not instructions(metadata.publisher):
            lines.append(f"Publisher: {neutral(metadata.publisher)}")
        lines += [f"Date: {dated(metadata.published)}", f"Text: {neutral(passage.paragraph.text)}"]
        return "\n".join([*lines, f"<<end {self.key}>>"])

    def sources(self, passages: Sequence[Passage]) -> str:
        """All of them, numbered from 1."""
        return "\n\n".join(self.source(number, passage) for number, passage in enumerate(passages, 1))


def new_fence(passages: Sequence[Passage] = (), draw: Callable[[], str] = lambda: secrets.token_hex(4)) -> Fence:
    """A fence whose key stands in none of the passages."""
    while True:
        key = draw()
        if not any(key in part for p in passages for part in (p.paragraph.text, p.metadata.title)):
            return Fence(key)


def lasting_fence(secret: bytes, passages: Sequence[Passage], question: str = "") -> Fence:
    """The same fence for the same request, which nobody can foresee who does not know the secret."""
    said = "\n".join([question, *(passage.paragraph.text for passage in passages)]).encode()
    tries = count()
    return new_fence(passages, lambda: hmac.digest(secret, b"%d" % next(tries) + said, "sha256").hex()[:8])


def dated(published: str | None) -> str:
    """An ISO date with its weekday, which "last Tuesday" needs; `unknown` if there is none."""
    try:
        return f"{published} ({date.fromisoformat(published or ''):%A})"
    except ValueError:
        return neutral(published or "") or "unknown"


def neutral(text: str) -> str:
    """`text` on one line, with nothing in it that could be taken for the prompt's own."""
    text = _ROLE_LINE.sub(r"\1\2 -", text.replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    text = " ".join(_INVISIBLE.sub("", safe(text)).split())
    text = _ROLE_LINE.sub(r"\1\2 -", text)
    text = _ROLE_HEADING.sub(r"\1 -", text)
    text = _ROLE_BRACKET.sub(r"{\1}", text)
    text = _ANGLES.sub(lambda found: found[0].translate(_OPEN), text)
    text = _HEADER.sub(r"\1\2\3 -", text)
    text = _FENCE.sub("'''", text)
    return _BRACKET.sub(_braced, text)


def _braced(bracket: re.Match[str]) -> str:
    """A bracket that would be read as a citation mark, in braces."""
    return f"{{{bracket[1]}}}" if DROPPED in hide(bracket[0], 0) else bracket[0]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Passages that fit, best first; `over` if not even the best one did, which is kept all the same."""

    passages: tuple[Passage, ...]
    left_out: int = 0
    over: bool = False


def fit(passages: Sequence[Passage], budget: int, count: Callable[[str], int]) -> Fitted:
    """The first passages whose sources take at most `budget` together, as `count` counts them; whole ones only."""
    fence, spent, kept = Fence("0" * 8), 0, 0
    for number, passage in enumerate(passages, 1):
        cost = count(fence.source(number, passage) + "\n\n")
        if spent + cost > budget:
            break
        spent += cost
        kept = number
    over = bool(passages) and not kept
    kept = max(kept, int(over))
    return Fitted(tuple(passages[:kept]), len(passages) - kept, over)
