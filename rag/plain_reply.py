"""A model's reply as text → blocks of plain text: no Markdown, no code, no thoughts, none of its own source lists.

A block is a paragraph, a list item, a table row or a heading. Marks stand in it as private characters (see `marks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.declining import NO_ANSWER, declines
from rag.marks import DROPPED, HIDDEN, hide, numbers_in
from rag.sanitising import safe


@dataclass(frozen=True, slots=True)
class Block:
    """One line of plain text; a heading says nothing that could be true or false."""

    text: str
    heading: bool = False


_THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|reflection)\s?>", re.IGNORECASE)
_TOKEN = re.compile(r"<[|｜][^|｜<>\n]{1,60}+[|｜]>|</?s>|\[/?INST\]")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_WRAPPER = re.compile(r"\s*+(?:```|~~~)[ ]?(?:markdown|md|text|txt|plaintext)?[ ]*+\n", re.IGNORECASE)
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*)")
_RULE = re.compile(r"[-=*_\s]{3,}+")
_ITEM = re.compile(r"\s*+(?:[-*+•‣▪◦–]|\d{1,3}[.)]|[a-z][.)])\s++(?:\[[ xX]\]\s++)?")
_QUOTED = re.compile(r"\s*+(?:>\s?)++")
_SEPARATOR = re.compile(r"[\s:|-]*+")
_CODE = re.compile(r"`{1,3}([^`\n]*+)`{1,3}")
_COUNTED = re.compile(r"\(\s?\d[\d\s,;–-]{0,40}+\)")
_ADDRESS = r"\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)"
_LINK = re.compile(rf"(!?)\[((?:[^\[\]\n]|\[[^\[\]\n]*+\])*+)\](?:{_ADDRESS})")
_IMAGE_REFERENCE = re.compile(r"!\[[^\[\]\n]*+\](?:\[[^\[\]\n]*+\])?")
_NUMBER_TEXT = re.compile(r"\s*\[?(?:source\s*)?\^?\d[\d\s,;–-]*+\]?\s*", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[biuaspq]|em|strong|su[bp]|span|mark|small|code|cite|font)(?:\s[^<>\n]*+)?/?>", re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:br|hr|p|div|[uo]l|li|h[1-6]|table|t[rdh]|pre|img|blockquote)(?:\s[^<>\n]*+)?/?>", re.IGNORECASE
)
_SCRIPT = re.compile(r"<(script|style)\b[^<>\n]*+>[^<\n]*+</\1\s?>", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([\[\]()*_`#.!<>~|\\-])")
_EMPHASIS = re.compile(
    rf"\*{{2,}}+|(?<!\w)__++|__++(?!\w)|~~++|(?<![\w*])[*_](?=[\w\"“(\['‘])|(?<=[\w.!?,;:%\"”)\]'’]|{HIDDEN})[*_](?!\w)"
)
_LIST_HEAD = re.compile(
    r"\W*(?:(?:list of |my |the )?(?:sources?|references?|citations?|footnotes?|bibliography|works cited|endnotes?"
    r"|quellen(?:angaben)?|literatur|fuentes|referencias|références|источники)(?: used| cited| list)?)\W*?(:.*|\W*$)",
    re.IGNORECASE | re.DOTALL,
)
_ENTRY = re.compile(r"\s*(?:[-*+•]\s+)?\\?\[\^?\d{1,4}\\?\]:")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_MARK = re.compile(HIDDEN)
_WORD = re.compile(r"\w")
_MARK_FIRST = re.compile(rf"{HIDDEN}\W*+\w")
_ENDED = re.compile(rf"(?:[.!?:。！？…][\"”’)]?|{HIDDEN})\s*$")


def is_source_list(text: str) -> bool:
    """Whether a line or sentence opens a list of sources: `Sources:`, `**References**`."""
    return len(text) < 400 and _LIST_HEAD.fullmatch(text) is not None


def blocks_of(reply: str, shown: int) -> list[Block]:
    """Blocks of a reply in order; marks of `shown` sources are hidden in their texts."""
    found: list[tuple[list[str], bool]] = []
    joinable = cited = False
    for line in _lines(without_thoughts(reply)):
        if not line or line.isspace():
            joinable = False
            continue
        if _opens_sources(line, shown, cited):
            if found:
                break
            continue
        if found and "|" in line and "-" in line and _SEPARATOR.fullmatch(line):
            found[-1] = (found[-1][0], True)
        block, starts = _block(line, shown)
        only_marks = not _WORD.search(block.text)
        if only_marks and not _MARK.search(block.text):
            joinable = False
        elif found and (only_marks or (joinable and not starts and not _parts(found[-1][0][-1], block.text))):
            parts, heading = found[-1]
            parts.append(block.text)
            found[-1] = (parts, heading and not numbers_in(block.text))
        else:
            found.append(([block.text], block.heading))
        cited = cited or bool(_MARK.search(block.text) and not _MARK_FIRST.match(block.text))
        joinable = not block.heading
    return [Block(" ".join(parts), heading) for parts, heading in found]


def without_thoughts(reply: str) -> str:
    """The reply without `<think>…</think>`, closed or not, and without tokens of chat templates."""
    parts: list[str] = []
    position = depth = 0
    for tag in _THOUGHT.finditer(reply):
        if not tag[1]:
            if not depth:
                parts.append(reply[position : tag.start()])
            depth = 1
        else:
            if not depth:  # the template has opened it: all so far was thought
                parts.clear()
            depth, position = 0, tag.end()
    if not depth:
        parts.append(reply[position:])
    return _TOKEN.sub("\n", "".join(parts))


def _lines(text: str) -> Iterator[str]:
    """Lines outside code; a fence around the whole reply is a wrapper, not code."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if wrapper := _WRAPPER.match(text):
        text = text[wrapper.end() :]
    code = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            code = not code and not wrapper
            wrapper = None
            yield ""
        elif not code:
            yield line


def _opens_sources(line: str, shown: int, cited: bool) -> bool:
    """Whether a line is the head or an entry of a source list. A mark before a title is one only after cited text."""
    if _ENTRY.match(line) or is_source_list(line):
        return True
    return cited and bool(_MARK_FIRST.match(_EMPHASIS.sub("", hide(_ITEM.sub("", line[:400], count=1), shown))))


def _block(line: str, shown: int) -> tuple[Block, bool]:
    """The line as a block, and whether it begins one whatever stands before it."""
    if _RULE.fullmatch(line) or ("|" in line and _SEPARATOR.fullmatch(line)):
        return Block(""), True
    line = _QUOTED.sub("", line, count=1) if line.lstrip().startswith(">") else line
    if heading := _HEADING.match(line):
        text = inline(heading[1].rstrip("# "), shown)
        return Block(text, _is_title(text)), True
    item = _ITEM.match(line)
    line = line[item.end() :] if item else line
    if line.lstrip().startswith("|") or line.count(" | ") > 1:
        return Block(inline(_row(line), shown)), True
    bold = re.fullmatch(r"\s*(?:\*\*|__)([^*_]+)(?:\*\*|__):?\s*", line)
    text = inline(line, shown)
    return Block(text, bool(bold) and _is_title(text)), item is not None or bool(bold)


def _row(line: str) -> str:
    """The cells of a table's row as one sentence, or as several where a cell ends with one."""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip()]
    return "".join(cell + (" " if cell.endswith((".", "!", "?")) else ", ") for cell in cells).rstrip(", ")


def _is_title(text: str) -> bool:
    """Whether a line set apart by markup is a heading rather than a sentence."""
    return not re.search(rf"[.!?]|{HIDDEN}", text) and not declines(text)


def _parts(before: str, after: str) -> bool:
    """Whether a line end between two lines ends a sentence too."""
    if before.strip("*_. ").upper() == NO_ANSWER:
        return True
    first = re.sub(HIDDEN, "", after).lstrip("\"“‘'(*_ ")[:1]
    return bool(_ENDED.search(before[-4:])) and not first.islower()


def inline(line: str, shown: int) -> str:
    """One line without Markdown, its marks hidden, safe to show."""
    line = _CODE.sub(lambda code: _COUNTED.sub(DROPPED, hide(code[1], 0)), safe(_PRIVATE.sub("", line)))
    code_marks = DROPPED in line
    line = _LINK.sub(_link_text, line)
    line = _IMAGE_REFERENCE.sub("", line)
    line = _BREAK.sub(" ", _TAG.sub("", _SCRIPT.sub(" ", line)))
    line = _ESCAPE.sub(r"\1", line)
    line = hide(line.replace(DROPPED, " ") if code_marks else line, shown)
    return " ".join(_EMPHASIS.sub("", line).replace("`", "").split())


def _link_text(link: re.Match[str]) -> str:
    """A link is its text, and a mark still; an image is nothing."""
    if link[1]:
        return ""
    return f"[{link[2].strip('[] ')}]" if _NUMBER_TEXT.fullmatch(link[2]) else link[2]
