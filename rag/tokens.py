"""A statement as what is compared with its source: words by stem, figures by value, names by how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from rag.extraction import stems
from rag.lexical import STOP_WORDS

TokenKind = Literal["figure", "name", "word", "function"]

_TOKEN = re.compile(
    r"(?P<figure>\d+(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)(?P<times>(?:bn|tn|mn|[mk])\b)?"
    r"|(?P<unit>[$€£¥₽%])"
    r"|(?P<word>(?:[A-Z]\.){2,}|[^\W\d_]+(?:[’'][^\W\d_]+)?)"
)
_TIMES = {"k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}
_SCALES = {Decimal(1000), Decimal(10**6), Decimal(10**9), Decimal(10**12)}
_SCALE_WORDS = {"thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_UNITS = {"percent": "%", "percentage": "%", "dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€",
          "eur": "€", "pounds": "£", "yen": "¥", "yuan": "¥", "rubles": "₽", "roubles": "₽", "ruble": "₽"}  # fmt: skip
_SENTENCE_START = re.compile(r"(?:^|[.!?:;“”\"(\[—–-])\s*[“\"'‘(]*$")
_MOST_DIGITS = 30
LONGEST = 4000
"""Characters of a statement or sentence that are looked at."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word, figure or unit; equal in `key` means the same to a reader."""

    text: str
    key: str
    kind: TokenKind

    @property
    def telling(self) -> bool:
        """Whether it says something: all but stop words."""
        return self.kind != "function"


@lru_cache(maxsize=4096)
def tokenize(text: str, language: str = "en") -> tuple[Token, ...]:
    """Tokens of a sentence, in order. Number words become figures ("fifty thousand" is 50000), "per cent" is %."""
    text = _with_digits(text[:LONGEST].replace("per cent", "percent"), language)
    tokens: list[Token] = []
    matches = list(_TOKEN.finditer(text))
    keys = iter(stems([_plain_word(m["word"]) for m in matches if m["word"]]))
    for i, match in enumerate(matches):
        if match["figure"]:
            _add_figure(tokens, match)
        elif match["unit"]:
            tokens.append(Token(match["unit"], match["unit"], "word"))
        else:
            following = matches[i + 1]["word"] if i + 1 < len(matches) else None
            tokens.append(_word(text, match, next(keys), following))
            _scale(tokens)
    return tuple(tokens)


def _with_digits(text: str, language: str) -> str:
    from text_to_num import alpha2digit

    try:
        return str(alpha2digit(text, language))
    except Exception:  # a language it does not know: its number words stay words
        return text


def _add_figure(tokens: list[Token], match: re.Match[str]) -> None:
    written = match["figure"]
    value = _value(written)
    times = _TIMES.get(match["times"] or "")
    if value is not None and times:
        value *= times
    if value in _SCALES and tokens and tokens[-1].kind == "figure" and "," not in written and not times:
        _multiply(tokens, int(value), written)  # "3.5 million" comes as 3.5 and 1000000
        return
    key = _plain(value) if value is not None else written
    tokens.append(Token(match.group(), key, "figure"))


def _scale(tokens: list[Token]) -> None:
    """`3.5` followed by `million`, where the number words were not made digits."""
    factor = _SCALE_WORDS.get(tokens[-1].text.lower())
    if factor and len(tokens) > 1 and tokens[-2].kind == "figure":
        word = tokens.pop()
        _multiply(tokens, factor, word.text)


def _multiply(tokens: list[Token], factor: int, written: str) -> None:
    words = {value: word for word, value in _SCALE_WORDS.items()}
    first = tokens.pop()
    value = _value(first.key)
    key = _plain(value * factor) if value is not None else first.key
    tokens.append(Token(f"{first.text} {words.get(factor, written)}", key, "figure"))


def _value(written: str) -> Decimal | None:
    digits = re.sub(r"[,\u00a0\u202f](?=\d{3}(?!\d))", "", written).replace(",", ".")
    if len(digits) > _MOST_DIGITS:
        return None
    try:
        return Decimal(digits)
    except InvalidOperation:  # digits of another script, in parts
        return None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _word(text: str, match: re.Match[str], stem: str, following: str | None) -> Token:
    word = _plain_word(match["word"])
    lower = word.lower()
    if lower in _UNITS:
        return Token(word, _UNITS[lower], "word")
    acronym = len(word) > 1 and word.isupper()
    if (lower in STOP_WORDS and not acronym) or lower.endswith("n't"):
        return Token(word, lower, "function")
    if not word[0].isupper():
        return Token(word, stem, "word")
    # The first word of a sentence is a name only if it goes on like one.
    first = _SENTENCE_START.search(text[max(0, match.start() - 6) : match.start()]) is not None
    goes_on = following is not None and following[0].isupper() and following.lower() not in STOP_WORDS
    named = not first or goes_on or acronym
    return Token(word.removesuffix("'s"), stem, "name" if named else "word")


def _plain_word(word: str) -> str:
    """`U.S.` and `US` are one, and so are the two kinds of apostrophe."""
    return word.replace("’", "'").replace(".", "")


def telling(tokens: Iterable[Token]) -> list[Token]:
    """The tokens that say something, each key once, in order."""
    return list({token.key: token for token in tokens if token.telling}.values())


_IRREGULAR = [
    {"france", "french"}, {"britain", "british", "uk", "briton"}, {"spain", "spanish"}, {"netherlands", "dutch"},
    {"poland", "polish", "pole"}, {"turkey", "turkish", "turk"}, {"sweden", "swedish", "swede"},
    {"denmark", "danish", "dane"}, {"finland", "finnish", "finn"}, {"norway", "norwegian"}, {"greece", "greek"},
    {"ireland", "irish"}, {"us", "usa", "american", "america"}, {"china", "chinese"},
    {"germany", "german"}, {"ukraine", "ukrainian"}, {"iraq", "iraqi"}, {"wales", "welsh"}, {"scotland", "scottish"},
]  # fmt: skip
"""Countries whose people are called by another stem."""


def same_name(one: Token, other: Token) -> bool:
    """Whether two words may name the same: equal stems, or a country and its people (Russia, Russian; France, French).

    All but one letter of the shorter must agree, so that Austria is not Australia and Iran not Iraq.
    """
    if one.key == other.key:
        return True
    a, b = one.text.lower(), other.text.lower()
    if any(a in group and b in group for group in _IRREGULAR):
        return True
    if len(a) == len(b) or min(len(a), len(b)) < 5:
        return False
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return shared >= min(len(a), len(b)) - 1


def figures(tokens: Sequence[Token]) -> list[Token]:
    """The figures among them."""
    return [token for token in tokens if token.kind == "figure"]
