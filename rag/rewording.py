"""A question as a model put it, read from a reply in any state and checked: it adds no word of the model's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rag.damaged_json import CutStr, read_all
from rag.injections import instructions
from rag.lexical import STOP_WORDS
from rag.llm_records import Reply
from rag.marks import bare
from rag.polarity import negations
from rag.sanitising import safe
from rag.sentences import split_sentences
from rag.tokens import Token, same_name, telling, tokenize

LONGEST = 300
"""Characters of a question; what is longer is no question. Of 2,940 human rewrites (CANARD) none is."""
KEPT = 0.6
"""Share of the telling words of what was asked that must still be there, but for one: less is another question."""
LEAST = 2
"""Telling words of a question that stands alone."""
JOINING = frozenset(
    "besides aside apart addition except along during against together regarding regards concerning else people person "
    "happen happened happening reason reasons result information details mentioned article articles get got ever "
    "something anything anyone someone everyone himself herself itself themselves".split()
)
"""Words that a complete question needs and that say nothing: with them 86 % of the 2,940 human rewrites (CANARD)
pass, without 73 %. Of rewrites of another conversation 0.1 % do, of other questions of the same one 2.5 %."""
_INTERROGATIVES = frozenset("who whom whose what which when where why how".split())
_VERBS = frozenset(
    "is are was were do does did has have had can could would should isn't aren't wasn't weren't don't doesn't didn't "
    "hasn't haven't hadn't can't couldn't wouldn't shouldn't".split()
)
"""Words that begin a question of which the answer is yes or no."""
_REQUESTS = frozenset("tell name list give explain describe compare show summarise summarize find".split())
_DEMONSTRATIVES = frozenset("this that these those".split())
_POINTING = _DEMONSTRATIVES | frozenset("he him his she her hers it its they them their theirs there then same".split())
"""Words by which a question may lean on what went before."""
_GOING_ON = frozenset("and but or so also then".split())
_ABOUT = re.compile(r"\b(?:what|how)(?:\s+\w+)?\s+about\b", re.I)
"""`What about Norway?` may be completed as any question."""
_PEOPLES = ("an", "ish", "ese")
"""What makes the name of a people from that of its country. Any other ending may be another person: Adam, Adams."""
_LABEL = re.compile(
    r"^(?:[\w -]{0,30}\b(?:question|query|rewrite|rewritten|answer|summary)\b[\w -]{0,20}|q|a)\s?:\s*", re.I
)
_EDGES = " \t`*_~"
_QUOTES = "\"'“”„‘’«»"
_BULLET = re.compile(r"^(?:[-*>#•]+|\d{1,2}[.)])\s+")
_DEBRIS = re.compile(r"[{}\[\]<>`*_#|\\~^=]|https?:|www\.")
_ENDS = ("?", "？", "؟")
_KEYS = "question standalone_question stand_alone_question rewritten_question rewrite query".split()
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_DEEP = 4
"""Wrappers around the question that are opened."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The question as it may be used, or None and in `reason` why not: "it brings in “Lund”"."""

    text: str | None
    reason: str = ""


def question_schema() -> dict[str, Any]:
    """JSON schema (strict) of a question."""
    return _schema("question")


def summary_schema() -> dict[str, Any]:
    """JSON schema (strict) of a summary."""
    return _schema("summary")


def _schema(name: str) -> dict[str, Any]:
    properties = {name: {"type": "string"}}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


class Known:
    """The words of a conversation: all those of `texts`, and the names and figures of `told`."""

    def __init__(self, texts: Iterable[str], told: Iterable[str] = ()) -> None:
        self._keys: set[str] = set()
        self._names: dict[str, Token] = {}
        self._pairs: set[tuple[str, str]] = set()
        for text in texts:
            self._add(text, tokenize(text))
        for text in told:
            self._add(text, [token for token in tokenize(text) if token.kind in ("name", "figure")])

    def _add(self, text: str, tokens: Iterable[Token]) -> None:
        for token in tokens:
            self._keys.add(token.key)
            if token.text[:1].isalpha():
                self._names.setdefault(_fold(token.text), token)
        self._pairs |= set(_pairs(text))

    def strangers(self, text: str, names_only: bool = False) -> list[str]:
        """Names and figures of `text` that stand nowhere, and unless `names_only` other telling words too."""
        tokens = tokenize(text)
        found = [
            token.text
            for i, token in enumerate(tokens)
            if token.telling and (not names_only or token.kind in ("name", "figure")) and not self._holds(token, not i)
        ]
        found += [f"{one.title()} {other.title()}" for one, other in _pairs(text) if (one, other) not in self._pairs]
        return list(dict.fromkeys(found))

    def _holds(self, token: Token, first: bool) -> bool:
        """Whether a word stands there: a name as it is written, another in any form."""
        if token.kind == "figure" or not token.text[:1].isalpha():
            return token.key in self._keys
        word = _fold(token.text)
        if word in self._names or word in JOINING:
            return True
        if token.text[0].islower() or (first and token.kind == "word"):
            return token.key in self._keys
        return any(_people(token, other) for other in self._names.values())

    def names(self, text: str) -> list[str]:
        """Names in `text` that stand nowhere."""
        tokens = [token for token in tokenize(text) if token.kind == "name"]
        return [token.text for token in tokens if not self._holds(token, False)]

    def adds(self, text: str, question: str) -> bool:
        """Whether `text` has a telling word from here that the question has not."""
        own = {token.key for token in tokenize(question)}
        return any(token.key in self._keys - own for token in telling(tokenize(text)))


def _fold(word: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    return plain.casefold().replace("’", "'").removesuffix("'s")


def _people(one: Token, other: Token) -> bool:
    """Whether one names the people of the other, or the other way round."""
    return max(one.text, other.text, key=len).lower().endswith(_PEOPLES) and same_name(one, other)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Words with capitals side by side, folded: first and last names, which must not be exchanged."""
    for found, following in pairwise(_WORD.finditer(text)):
        one, other = found[0], following[0]
        if not (one[0].isupper() and other[0].isupper() and text[found.end() : following.start()].isspace()):
            continue
        if not one.endswith(("'s", "’s")) and one.lower() not in STOP_WORDS | JOINING:
            yield _fold(one), _fold(other)


def reworded(reply: Reply, question: str, known: Known) -> Proposal:
    """The question in a reply to one who asked `question`, where it says nothing that `known` does not. Never raises.

    `known` holds the words of the question and of the conversation that was shown.
    """
    if reply.finish != "stop":
        return Proposal(None, "it refused" if reply.finish == "refused" else "its reply broke off or went on and on")
    text = read_question(reply.text)
    if text is None:
        return Proposal(None, "its reply held no question, or more than one")
    reason = _fault(text, question) or _otherwise(text, question)
    if not reason and (strange := known.strangers(text)):
        reason = f"it brings in “{strange[0][:40]}”, which nobody spoke of"
    return Proposal(None, reason) if reason else Proposal(text)


def read_question(text: str) -> str | None:
    """The one question that a reply holds, on one line and without marks; None if there is none, or several."""
    values = read_all(text)
    found = [one for value in values for one in _texts(value, _KEYS, 0)]
    if not found and not any(isinstance(value, dict) for value in values):
        found = _lines(text)
    if any(isinstance(one, CutStr) for one in found):
        return None
    plain = dict.fromkeys(_unquoted(" ".join(safe(bare(one, 0)).split())) for one in found)
    return next(iter(plain), None) or None if len(plain) == 1 else None


def read_summary(reply: Reply) -> str:
    """The summary in a reply, on one line and without marks, up to where it broke off; empty if there is none."""
    if reply.finish == "refused":
        return ""
    found = [one for value in read_all(reply.text) for one in _texts(value, ["summary", "text"], 0)]
    plain = "" if reply.text.lstrip().startswith(("{", "```")) else reply.text
    text = _LABEL.sub("", " ".join((found[0] if found else plain).split()))
    text = " ".join(safe(bare(text, 0)).split())
    whole = reply.finish == "stop" and not (found and isinstance(found[0], CutStr))
    return text if whole else text[: max(text.rfind(sign) for sign in ".!?。") + 1]


def _texts(value: Any, keys: Sequence[str], depth: int) -> Iterator[str]:
    """The text under the first of the keys that there is, in every object, wherever it stands."""
    if depth > _DEEP:
        return
    if isinstance(value, Mapping):
        lowered = {str(key).lower().replace(" ", "_").replace("-", "_"): item for key, item in value.items()}
        named = [item for key in keys if isinstance(item := lowered.get(key), str)]
        if named:
            yield named[0]
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, keys, depth + 1)


def _lines(text: str) -> list[str]:
    """The lines of a plain reply that may be the question: those with a question mark where there are several."""
    bared = (_unquoted(_LABEL.sub("", _BULLET.sub("", line.strip(_EDGES)))) for line in text.splitlines())
    lines = [line for line in bared if line]
    return lines if len(lines) == 1 else [line for line in lines if line.endswith(_ENDS)]


def _unquoted(text: str) -> str:
    """Without marks of emphasis, and without quotation marks round all of it."""
    text = text.strip(_EDGES)
    inside = text[1:-1]
    quoted = text[:1] in _QUOTES and text[-1:] in _QUOTES and not any(sign in inside for sign in '"“”„«»')
    return inside.strip() if quoted else text


def _fault(text: str, question: str) -> str:
    """Why this is no question that may be put to the articles; empty if it is one."""
    if len(text) > LONGEST:
        return "it is too long for a question"
    if any(sign[0] not in question for sign in _DEBRIS.finditer(text)) or instructions(text):
        return "it is no plain question"
    if _parts(text) > max(1, _parts(question)):
        return "it is more than a question"
    begins = _INTERROGATIVES | _VERBS | {_first(question)}
    if not text.endswith(_ENDS) and _first(text) not in (_REQUESTS if text.endswith(".") else _REQUESTS | begins):
        return "it is no question"
    return ""


def _parts(text: str) -> int:
    """Sentences; or pieces up to a question mark, where these are more."""
    return max(len(split_sentences(text)), len([part for part in re.split("[?？؟]", text) if part.strip()]))


def _first(text: str) -> str:
    found = _WORD.search(text)
    return found[0].casefold().replace("’", "'") if found else ""


def _otherwise(text: str, question: str) -> str:
    """Whether it asks something else than `question` did: another kind of thing, of other names, or less."""
    asked, said = tokenize(question), tokenize(text)
    words, held = ({token.text.lower() for token in tokens} for tokens in (asked, said))
    keys = {token.key for token in said}
    open_ = bool(_ABOUT.search(question))
    if not open_ and (words & _INTERROGATIVES) - held:
        return "it asks something else"
    if not words & _INTERROGATIVES and _first(question) in _VERBS and _first(text) in _INTERROGATIVES:
        return "it asks something else"
    if bool(negations(asked)) != bool(negations(said)):
        return "it asks the contrary"
    before = ["", *(token.text.lower() for token in asked)]
    own = [token for token, word in zip(asked, before, strict=False) if token.telling and word not in _DEMONSTRATIVES]
    lost = [token for token in own if token.key not in keys]
    if any(token.kind in ("name", "figure") for token in lost):
        return f"it leaves out “{next(token.text for token in lost if token.kind in ('name', 'figure'))[:40]}”"
    few = len(own) - len(lost) < KEPT * len(own)
    return "it leaves out what was asked" if few and (len(lost) > 1 or len(own) == 1) else ""


def stands_alone(question: str) -> bool:
    """Whether a question names what it is about, and no word of it points back: what a model may leave as it is."""
    tokens = tokenize(question)
    words = [token.text.lower() for token in tokens]
    return len(telling(tokens)) >= LEAST and not _POINTING & set(words) and words[0] not in _GOING_ON


def new_subject(question: str, known: Known) -> bool:
    """Whether a question in English stands alone and names what `known` does not: it is left as it is then."""
    begins = (_INTERROGATIVES | _VERBS) - {"was"}  # "Was" begins German questions too, and there all nouns are names
    return _first(question) in begins and stands_alone(question) and bool(known.names(question))


def same_words(one: str, other: str) -> bool:
    """Whether two questions are equal but for signs and capitals."""
    first, second = (re.sub(r"[\W_]+", " ", text).casefold().split() for text in (one, other))
    return first == second
