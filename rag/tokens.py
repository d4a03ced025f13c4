"""A statement as what is compared with its source: words by stem, figures by value, names by how they are written."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from rag.lexical import STOP_WORDS
from rag.terms import stems

TokenKind = Literal["figure", "name", "noun", "word", "function"]
"""`noun`: written with a capital in a language that writes all nouns so; it may be a name."""

_WORDS: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))


def _by_word(lists: dict[str, str]) -> dict[str, str]:
    return {word: value for value, words in lists.items() for word in words.split()}


_TIMES = {word: int(factor) for word, factor in _by_word(_WORDS["scales"]).items()}
_UNITS, _MEASURES, _LEMMAS = (_by_word(_WORDS[name]) for name in ("units", "measures", "verbs"))
_NUMBERS = {language: _by_word(lists) for language, lists in _WORDS["numbers"].items()}
_TITLES, _OPENERS = (frozenset(_WORDS[name].split()) for name in ("titles", "openers"))
_PEOPLES = [{word.replace("_", " ") for word in group.split()} for group in _WORDS["peoples"]]
"""Countries whose people are called by another stem."""
_SCALE = "|".join(sorted(_TIMES, key=len, reverse=True))
_SCALED = re.compile(rf"(\d)[ \u00a0-]((?:{'|'.join(w for w in _TIMES if len(w) > 1)})\b)", re.I)
_TOKEN = re.compile(
    r"(?P<figure>(?:(?<![^\s(])[-−])?(?:\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?))"
    rf"(?P<times>(?i:{_SCALE})\b)?"
    r"|(?P<unit>[$€£¥₽%])"
    r"|(?P<word>(?:United (?:States(?: of America)?|Kingdom|Nations)|European Union)\b|(?:[A-Z]\.){2,}"
    r"|[^\W\d_]+(?:[’'][^\W\d_]+)?)"
)
_ALIASES = {"united states": "us", "united states of america": "us", "usa": "us", "united kingdom": "uk",
            "united nations": "un", "european union": "eu"}  # fmt: skip
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[. ]\d{3})+(?![\d.])")
"""Thousands as most languages but English write them: 50.000 or 50 000."""
MONEY_OR_SHARE = frozenset("$€£¥₽%")
_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
_SENTENCE_START = re.compile(r"(?:^|[.!?:;“”\"(\[—–-])\s*[“\"'‘(]*$")
_MOST_DIGITS = 30
_NAMES_OF_SCALES = {1000: "thousand", 10**6: "million", 10**9: "billion", 10**12: "trillion"}
LONGEST = 4000
"""Characters of a statement or sentence that are looked at."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word, figure or unit; equal in `key` means the same to a reader."""

    text: str
    key: str
    kind: TokenKind
    unit: str = ""
    """Of a figure: `%`, a currency sign or a measure; empty where none is given."""

    @property
    def telling(self) -> bool:
        """Whether it says something: all but stop words."""
        return self.kind != "function"

    @property
    def measured(self) -> str:
        """A figure with its unit, as a reader knows it."""
        if not self.unit:
            return self.text
        return f"{self.unit}{self.text}" if self.unit in MONEY_OR_SHARE - {"%"} else f"{self.text} {self.unit}"


@lru_cache(maxsize=4096)
def tokenize(text: str, language: str = "en") -> tuple[Token, ...]:
    """Tokens of a sentence, in order. Number words become figures ("fifty thousand" is 50000), "per cent" is %."""
    text = _with_digits(text[:LONGEST].replace("per cent", "percent"), language)
    matches = list(_TOKEN.finditer(text))
    words = [_plain_word(match["word"]) for match in matches if match["word"]]
    keys = iter(_keys(words))
    tells = _case_tells(words)
    tokens: list[Token] = []
    for i, match in enumerate(matches):
        if match["figure"]:
            _add_figure(tokens, match)
        elif match["unit"]:
            tokens.append(Token(match["unit"], match["unit"], "word"))
        else:
            kind = _kind(text, matches, i, language) if tells else None
            tokens.append(_word(match["word"], next(keys), kind, _NUMBERS.get(language, {})))
    return tuple(_with_unit(tokens, i) for i in range(len(tokens)))


def _with_digits(text: str, language: str) -> str:
    from text_to_num import alpha2digit

    if language != "en":
        text = _GROUPED.sub(lambda match: re.sub("[. ]", "\u00a0", match.group()), text)
    text = _SCALED.sub(r"\1\2", text)
    try:
        return str(alpha2digit(text, language))
    except Exception:  # a language it does not know: its number words stay words
        return text


def _keys(words: Sequence[str]) -> list[str]:
    """Stems without accents; irregular verbs by their first form, long names of countries by their short ones."""
    plain = [_LEMMAS.get(word.lower(), _ALIASES.get(word.lower(), word)) for word in words]
    return [key if key.isascii() else _unaccented(key) for key in stems(plain)]


def _unaccented(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


def _case_tells(words: Sequence[str]) -> bool:
    """Whether capitals mark names: not in a headline, nor where there are none but capitals."""
    long = [word for word in words if len(word) > 3]
    return len(long) < 3 or any(word[0].islower() for word in long)


def _add_figure(tokens: list[Token], match: re.Match[str]) -> None:
    written, scale = match["figure"], match["times"] or ""
    value = _value(written)
    factor = _TIMES.get(scale.lower())
    if value is not None and factor:
        value *= factor
    if value in _NAMES_OF_SCALES and tokens and tokens[-1].kind == "figure" and "," not in written and not scale:
        first = tokens.pop()  # "3,5 Millionen" comes as 3,5 and 1000000
        times = _value(first.key)
        key = _plain(times * value) if times is not None and value else first.key
        tokens.append(Token(f"{first.text} {_NAMES_OF_SCALES.get(int(value or 0), written)}", key, "figure"))
        return
    key = _plain(value) if value is not None else written
    tokens.append(Token(f"{written} {scale}" if len(scale) > 2 else written + scale, key, "figure"))


def _value(written: str) -> Decimal | None:
    digits = re.sub(r"[,\u00a0\u202f](?=\d{3}(?!\d))", "", written).replace(",", ".").replace("−", "-")
    if len(digits) > _MOST_DIGITS:
        return None
    try:
        return Decimal(digits)
    except InvalidOperation:  # digits of another script, in parts
        return None


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(text: str, matches: Sequence[re.Match[str]], i: int, language: str) -> TokenKind:
    """What a capital says of a word. The first of a sentence is a name only if it goes on like one."""
    match = matches[i]
    word = match["word"]
    if not word[0].isupper():
        return "word"
    if language in _NOUNS_IN_CAPITALS:
        return "noun"
    if (len(word) > 1 and word.isupper()) or " " in word:
        return "name"
    previous = (matches[i - 1]["word"] or "") if i else ""
    after_title = previous.lower() in _TITLES or (len(previous) == 1 and previous.isupper())
    if after_title or _SENTENCE_START.search(text[max(0, match.start() - 6) : match.start()]) is None:
        return "name"
    following = matches[i + 1] if i + 1 < len(matches) else None
    if following is None or not following["word"] or word.lower() in _OPENERS:
        return "word"
    beside = text[match.end() : following.start()].isspace()
    goes_on = following["word"][0].isupper() and following["word"].lower() not in STOP_WORDS
    return "name" if beside and goes_on else "word"


def _word(written: str, key: str, kind: TokenKind | None, numbers: Mapping[str, str]) -> Token:
    word = _plain_word(written)
    lower = word.lower()
    if lower in _UNITS:
        return Token(word, _UNITS[lower], "word")
    if lower in numbers:
        return Token(word, numbers[lower], "figure")
    acronym = kind == "name" and len(word) > 1 and word.isupper()
    month = kind == "name" and word == "May"
    if (lower in STOP_WORDS and not (acronym or month)) or lower in _TITLES or lower.endswith("n't"):
        return Token(word, lower, "function")
    return Token(word.removesuffix("'s"), key, kind or "word")


def _with_unit(tokens: Sequence[Token], i: int) -> Token:
    """The figure with the sign before it or the measure after it."""
    token = tokens[i]
    if token.kind != "figure":
        return token
    before = tokens[i - 1].text if i else ""
    if before in MONEY_OR_SHARE - {"%"}:
        return replace(token, unit=before)
    after = list(tokens[i + 1 : i + 3])
    square = after[0].text.lower() if after and after[0].text.lower() in ("square", "cubic") else ""
    if len(after) > 1 and (square or after[0].kind == "name"):
        after = after[1:]  # "5 square miles", "20 US dollars"
    if not after:
        return token
    measure = _MEASURES.get(after[0].text.lower(), "")
    unit = after[0].key if after[0].key in MONEY_OR_SHARE else f"{square} {measure}".strip() if measure else ""
    return replace(token, unit=unit)


def _plain_word(word: str) -> str:
    """`U.S.` and `US` are one, and so are the two kinds of apostrophe."""
    return word.replace("’", "'").replace(".", "")


def telling(tokens: Iterable[Token]) -> list[Token]:
    """The tokens that say something, each key once, in order."""
    return list({token.key: token for token in tokens if token.telling}.values())


def same_name(one: Token, other: Token) -> bool:
    """Whether two words may name the same: equal stems, or a country and its people (Russia, Russian; France, French).

    All but one letter of the shorter must agree, so that Austria is not Australia and Iran not Iraq.
    """
    if one.key == other.key:
        return True
    a, b = one.text.lower(), other.text.lower()
    if any(a in group and b in group for group in _PEOPLES):
        return True
    if len(a) == len(b) or min(len(a), len(b)) < 5:
        return False
    shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return shared >= min(len(a), len(b)) - 1


def initials(tokens: Iterable[Token]) -> str:
    """First letters of names that stand side by side, but for "of" and the like; other words are spaces."""
    return "".join(t.text[0] if t.kind == "name" else " " for t in tokens if t.telling)


def acronyms(tokens: Iterable[Token]) -> set[str]:
    """Words of capitals only."""
    return {token.text for token in tokens if len(token.text) > 1 and token.text.isupper()}


def abbreviates(token: Token, letters: str) -> bool:
    """Whether the token stands for names with these initials (EBRD, European Bank for Reconstruction and …)."""
    return len(token.text) > 1 and token.text.isupper() and token.text in letters


def spelled_out(token: Token, tokens: Sequence[Token], short: Iterable[str]) -> bool:
    """Whether a name is one of several in `tokens` that stand for a short one: "Michael" of "Michael Jordan" for MJ."""
    told = [other for other in tokens if other.telling]
    letters = initials(told)
    at = next((i for i, other in enumerate(told) if other is token), len(told))
    return any(
        letters.startswith(acronym, start)
        for acronym in short
        for start in range(max(0, at - len(acronym) + 1), at + 1)
    )


def figures(tokens: Sequence[Token]) -> list[Token]:
    """The figures among them."""
    return [token for token in tokens if token.kind == "figure"]
