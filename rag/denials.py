"""Sentences that deny: "there was no call", "denied that he had resigned"; and whether another tells of just that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.lexical import STOP_WORDS
from rag.polarity import negations
from rag.speakers import Speaker
from rag.tokens import tokenize

HELD = 0.8
"""Share of what is denied that another sentence must say for it to be denied of that."""
FEWEST = 4
"""Telling words of what is denied with "denied that"; fewer may be denied of many things."""
REPORTING = frozenset(
    "sai tell claim report accord announc state note ad confirm insist deni reject warn argu write estim".split()
)
"""Stems of words that report: who says it is another matter than what is said."""
_EXISTENCE = re.compile(
    r"\b(?:[Tt]here (?:was|were|is|are|has been|had been) no (?:such )?(?P<what>[a-z]+)\b(?P<rest>[^,;.”\"]*)"
    r"|[Nn]o (?P<event>[a-z]+)\b(?P<more>[^,;.”\"]*) (?:took place|happened|occurred|was held|were held|was made))"
)
_DENIED = re.compile(
    r"\b(?P<verb>denied|denies|rejected|rejects|disputed|disputes|refuted)\s+(?:(?:the |any )?(?:claims?|reports?"
    r"|allegations?|accusations?|suggestions?) )?(?P<that>that\s+|having\s+)(?P<what>[^.;”\"]+)"
)
_NO_THING = frozenset("doubt way need time question reason word comment longer one more idea plans plan".split())
_BEFORE = r"(?:the|an?|his|her|their|its|this|that|first|[\w-]+[’']s)\s+(?:[\w-]+\s+){0,2}"
_FUNCTION = STOP_WORDS | {"took", "place", "happened", "occurred", "held", "made"}


@dataclass(frozen=True, slots=True)
class Denial:
    """`value` are the denying words, `needed` the keys of what is denied; `thing` what is said not to have been."""

    value: str
    needed: frozenset[str]
    names: frozenset[str]
    thing: str = ""


def denial(text: str, who: Speaker | None) -> Denial | None:
    """What a sentence denies, if it says enough for it to be known elsewhere; somebody must be named as denying."""
    if who is None:
        return None
    tokens = tokenize(text)
    found = _EXISTENCE.search(text)
    thing = (found["what"] or found["event"]) if found else ""
    if found and thing not in _NO_THING:
        names = frozenset(token.key for token in tokens if token.kind == "name")
        own = {token.key for token in tokenize(who.name)} - names
        telling = {t.key for t in tokens if t.telling and t.text.lower() not in _FUNCTION}
        needed = frozenset(telling - own - REPORTING - {"no"})
        return Denial(f"no {thing}", needed, names, thing) if names and len(needed) > 1 else None
    found = _DENIED.search(text)
    if found is None:
        return None
    said = tokenize(found["what"])
    names = frozenset(token.key for token in said if token.kind == "name")
    needed = frozenset(token.key for token in said if token.telling)
    return Denial(found["verb"], needed, names) if len(needed) >= FEWEST else None


def denied(text: str, denial: Denial) -> tuple[str, str] | None:
    """If the sentence tells of what is denied: its value beside the denial's, and what both are about."""
    tokens = tokenize(text)
    keys = {token.key for token in tokens}
    if not denial.names <= keys:
        return None
    about = " ".join({token.key: token.text for token in tokens if token.key in denial.needed}.values())
    if denial.thing:
        told = re.search(rf"\b{_BEFORE}{re.escape(denial.thing)}\b", text)
        if told is None or not denial.needed <= keys or negations(tokenize(text[: told.end()])):
            return None
        return told.group(), about
    if negations(tokens) or len(denial.needed & keys) < HELD * len(denial.needed):
        return None
    return "said", about
