"""What kind of answer a question calls for, by its question word, and whether a sentence has one. English.

Li and Roth, "Learning Question Classifiers" (COLING 2002), name these kinds; rules suffice for the few told apart here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

from rag.lexical import STOP_WORDS

AnswerType = Literal["name", "date", "place", "number", "reason", "definition", "other"]

_FORMS: Mapping[AnswerType, str] = {
    "number": (
        r"\bhow (?:many|much|old|long|far|tall|high|big|large|often|fast|deep|heavy|wide|late|early)\b"
        r"|\b(?:what|which)(?:'s| is| was| were| are)?(?: the)? (?:\w+ )?(?:number|percent(?:age)?|share"
        r"|amount|population|size|height|length|age|rate|price|cost|portion|proportion|value|score)\b"
    ),
    "date": (
        r"\bwhen\b|\b(?:what|which)(?: \w+)? (?:year|years|date|day|month|century|decades?|time|era"
        r"|period)\b"
    ),
    "place": (
        r"\bwhere\b|\b(?:what|which)(?: \w+)? (?:city|cities|country|countries|state|place|location|town"
        r"|region|territory|river|continent|province|county|island)\b"
    ),
    "reason": (r"\bwhy\b|\bhow come\b|\b(?:what|which)(?: \w+){0,2} (?:reasons?|causes?|caused|purpose|led to)\b"),
    "name": (
        r"\bwho(?:m|se)?\b|\b(?:what|which)(?: \w+)? (?:person|people|company|team|band|actor|actress|singer"
        r"|author|group|organi[sz]ation|party|university|president|king|queen|player|names?)\b"
    ),
    "definition": (
        r"^\W*(?:what(?: is|'s| are| was| were)|define|meaning of)\b(?!.* of .* of )"
        r"|\bmean(?:ing)?s?\W*$"
    ),
}
"""In this order: "what year" is a date though "what" is asked."""
_ASKS = {kind: re.compile(form, re.IGNORECASE) for kind, form in _FORMS.items()}
_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    "|ninety|hundreds?|thousands?|millions?|billions?|half|third|quarter|twice|double|once|percent"
)
_NUMBER = re.compile(rf"\d|[%€$£½¼¾]|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b1\d{{3}}s?\b|\b20\d\ds?\b|\b(?:{_MONTHS})\b|\b(?:[Cc]entury|[Cc]enturies|BC|BCE|AD|decades?|yesterday|today"
    r"|[Mm]onday|[Tt]uesday|[Ww]ednesday|[Tt]hursday|[Ff]riday|[Ss]aturday|[Ss]unday)\b"
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|since|so that|in order to|as a result|therefore|thus|hence|thanks to|reasons?"
    r"|caus\w+|led to|leads? to|result\w* (?:of|in|from)|for fear|to avoid|to prevent|so as to"
    r"|purpose|aim\w*|intended)\b",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"\b(?:is|are|was|were|means?|refers? to|defined as|known as|called|consists? of)\b", re.IGNORECASE
)
_NAME = re.compile(r"[^\W\d_][\w’'-]*")
_PLACE = re.compile(r"\b(?:in|at|near|from|to|of|on|into|within|outside|across|toward|towards|between)\s+(?:the\s+)?"
                    r"(?:[a-z]+\s+){0,2}([A-Z][\w’'-]+)")  # fmt: skip


def answer_type(question: str) -> AnswerType:
    """The kind of answer that is asked for; `other` where no rule says."""
    plain = question.replace("’", "'")
    return next((kind for kind, asks in _ASKS.items() if asks.search(plain)), "other")


def holds(kind: AnswerType, text: str, asked: Collection[str]) -> bool:
    """Whether a sentence has something of that kind which the question has not; False for `other`.

    `asked` are the words of the question, lower case: a name or year that the question gives is no answer to it.
    """
    if kind == "name":
        return _new_name(text, asked)
    if kind == "place":
        return any(found.lower() not in asked for found in _PLACE.findall(text))
    if kind == "date":
        return any(found.lower() not in asked for found in _DATE.findall(text))
    if kind == "number":
        return bool(_NUMBER.search(_without(text, asked)))
    if kind == "reason":
        return bool(_REASON.search(text))
    return kind == "definition" and bool(_DEFINES.search(text))


def _new_name(text: str, asked: Collection[str]) -> bool:
    """A capitalised word that the question has not; the first one of a sentence only before another of them."""
    found = [word for word in _NAME.findall(text) if word.lower() not in STOP_WORDS]
    for place, word in enumerate(found):
        if not word[0].isupper() or word.lower().removesuffix("'s").removesuffix("’s") in asked:
            continue
        if not text.startswith(word) or (place + 1 < len(found) and found[place + 1][0].isupper()):
            return True
    return False


def _without(text: str, asked: Collection[str]) -> str:
    return " ".join(word for word in text.split() if word.strip(".,;:()").lower() not in asked)
