"""What a model sent → draft statements with the numbers of their sources. Takes anything, never raises, linear time.

JSON in any state is tried first (`structured`), then text with marks (`plain_reply`, `marks`). A draft is one sentence.
What a model says about not answering is never a draft: alone, or before anything else, it declines the question;
beside cited statements it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag.declining import declines, is_courtesy
from rag.marks import bare, lift
from rag.plain_reply import Block, blocks_of, is_source_list, without_thoughts
from rag.sanitising import safe
from rag.sentences import split_sentences
from rag.structured import Item, read_structure


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence as the model wrote it, without marks, and the sources it gave: only numbers shown, each once."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Drafts in order; `declined` if the model did not answer, `structured` if the reply was JSON."""

    drafts: tuple[Draft, ...]
    declined: bool = False
    structured: bool = False


_UNSETTLED = re.compile(
    r"(?:!?\[[^\[\]\n]*+\]\([^()\n]*+"  # a link without its end
    r"|!\[[^\[\]\n]*+\]?|\[(?!\W*\d|source)[^\[\]\n]++\]|\[\[[^\[\]\n]{0,60}+\]?|\\?[\[【［][^\[\]【】［］\n]{0,60}+"
    r"|\((?:[\d\s,;–-]{0,40}+|(?:sources?|see|passages?)[^()\n]{0,40}+)\)?|<[^>\n]{0,80}+|[`*_~\\]++)$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:(?:final |short )?answer|response|antwort|respuesta|réponse)\s?:\s+", re.IGNORECASE)
_OPENING_JSON = re.compile(r"\s*(?:`{1,3}\s*(?:j(?:s(?:on?)?)?)?\s*)?[{\[]?\s*")
_TAIL = 400
"""Characters at the end of an unfinished reply that are looked at for what may yet become something else."""


def parse_reply(text: str, shown: int) -> Parsed:
    """Drafts of a reply to a prompt that showed sources 1 to `shown`.

    `"answered": false` declines whatever else is said. Sentences that decline count only if nothing cited stands
    beside them and they come first.
    """
    return _parse(text, shown, whole=True)


def visible(text: str, shown: int) -> str:
    """What may be shown of a reply while it streams: its sentences so far, each followed by its marks.

    Marks are whole, valid, and renumbered by first use; what may yet become a mark, a link or markup is held back.
    """
    if _OPENING_JSON.fullmatch(text):
        return ""
    order: dict[int, int] = {}
    sentences = []
    for draft in _parse(text, shown, whole=False).drafts:
        marks = "".join(f"[{order.setdefault(number, len(order) + 1)}]" for number in draft.numbers)
        sentences.append(f"{draft.text} {marks}".strip())
    return " ".join(sentences)


def _parse(text: str, shown: int, whole: bool) -> Parsed:
    text = without_thoughts(text)
    structure = read_structure(text, shown)
    if structure is None:
        return _parsed(_drafts(blocks_of(text if whole else _settled(text), shown), shown), structured=False)
    if structure.declined:
        return Parsed((), declined=True, structured=True)
    drafts: list[Draft] = []
    for item in structure.items:
        if item.finished:
            drafts += _item_drafts(item, shown)
        else:
            begun = _drafts(blocks_of(_settled(item.text), shown), shown)
            # The last sentence may stop in the middle: a reader sees it grow, but it is no statement.
            drafts += begun if not whole else [Draft(one.text, one.numbers or item.numbers) for one in begun[:-1]]
    return _parsed(drafts, structured=True)


def _settled(text: str) -> str:
    """The text of an unfinished reply without an end that may turn out to be something else."""
    tail = text[-_TAIL:]
    found = _UNSETTLED.search(tail)
    return text[: len(text) - len(tail) + found.start()] if found else text


def _item_drafts(item: Item, shown: int) -> list[Draft]:
    """Sentences of one statement: its sources are those of every sentence that has no marks of its own."""
    own = _drafts(blocks_of(item.text, shown), shown)
    if len(own) == 1:
        return [Draft(own[0].text, tuple(dict.fromkeys((*item.numbers, *own[0].numbers))))]
    return [draft if draft.numbers else Draft(draft.text, item.numbers) for draft in own]


def _parsed(drafts: Iterable[Draft], structured: bool) -> Parsed:
    """Repeated sentences are one, courtesies go, and what declines is told from what answers."""
    merged: dict[str, Draft] = {}
    for draft in drafts:
        key = draft.text.casefold().strip(" .")
        numbers = (*merged[key].numbers, *draft.numbers) if key in merged else draft.numbers
        merged[key] = Draft(merged[key].text if key in merged else draft.text, tuple(dict.fromkeys(numbers)))
    kept = [draft for draft in merged.values() if draft.numbers or not is_courtesy(draft.text)]
    refusing = [declines(draft.text, bool(draft.numbers)) for draft in kept]
    answers = tuple(draft for draft, refuses in zip(kept, refusing, strict=True) if not refuses)
    if refusing and refusing[0] and not any(draft.numbers for draft in answers):
        return Parsed((), declined=True, structured=structured)
    return Parsed(answers, structured=structured)


def _drafts(blocks: list[Block], shown: int) -> list[Draft]:
    drafts: list[Draft] = []
    for block in blocks:
        if block.heading:
            continue
        for text, numbers in _sentences(block.text):
            if not numbers and text.rstrip("*_ ").endswith(":"):
                continue  # "Here is what the sources say:"
            if is_source_list(text) and drafts:
                return drafts
            clean = bare(safe(_LABEL.sub("", text, count=1) if _LABEL.match(text) else text), shown)
            if any(map(str.isalnum, clean)):
                drafts.append(Draft(clean, numbers))
            elif drafts:
                drafts[-1] = Draft(drafts[-1].text, tuple(dict.fromkeys((*drafts[-1].numbers, *numbers))))
    return drafts


def _sentences(hidden: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Sentences of a block with the numbers of their marks.

    A mark belongs to the sentence that holds it or ends before it. Where a block begins with one and does not end
    with one, the marks stand before their sentences.
    """
    lifted = lift(hidden)
    spans = split_sentences(lifted.text)
    if not spans:
        return
    before = bool(lifted.marks) and lifted.marks[0][0] == 0 and lifted.marks[-1][0] < len(lifted.text) - 1
    marks = list(reversed(lifted.marks))
    for span in spans:
        numbers: dict[int, None] = {}
        while marks and (span is spans[-1] or marks[-1][0] < span.end + (not before)):
            numbers.update(dict.fromkeys(marks.pop()[1]))
        yield lifted.text[span.start : span.end], tuple(numbers)
