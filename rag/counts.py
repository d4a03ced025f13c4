"""A count with which words begin: "nearly 50,000 troops to Kursk" is asked for by "How many troops". English."""

from __future__ import annotations

import re

_QUALIFIED = (
    r"(?:(?:nearly|almost|about|around|over|roughly|approximately|some|at least|up to|only|just|more than|less than"
    r"|fewer than|an estimated|as many as|an average of) )*"
)
_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|nineteen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[ -](?:hundred|thousand|million|billion|trillion|dozen))?"
)
_FIGURE = rf"(?P<figure>{_QUALIFIED}(?P<sign>[$€£¥])?{_NUMBER}(?P<share>\s?%| percent| per cent)?)"
_ENDS_NOUN = frozenset(
    "to in on at of by for from with after before during since that which who as and or but into over per under "
    "against across between because while when if than within worth a an the last this next every each ago later "
    "earlier".split()
)
_ORDINAL = re.compile(r"(?:-|th\b|st\b|nd\b|rd\b|\.\d)")
_MONEY = re.compile(r"^ (?:dollars?|euros?|pounds?|rubles?|roubles?|crowns?|yen|francs?)\b", re.IGNORECASE)
_TIME = re.compile(r"^ (?:years?|months?|weeks?|days?|hours?|minutes?|seconds?)\b")


def counted(words: str) -> tuple[str, str, str] | None:
    """`How many troops`, `nearly 50,000` and what follows; None unless the words begin with a count of something."""
    found = re.match(rf"{_FIGURE}(?P<after>.*)$", words, re.DOTALL | re.IGNORECASE)
    if not found or _ORDINAL.match(found["after"]) or re.fullmatch(r"(?:1[5-9]|20)\d\d", found["figure"]):
        return None
    after, figure = found["after"], found["figure"]
    money = _MONEY.match(after)
    if found["sign"] or money:
        unit = money[0] if money else ""
        return "How much money", figure + unit, after[len(unit) :]
    if found["share"]:
        part = re.match(r" of (?P<whole>(?:[\w’'-]+ ?){1,5})$", after)
        return (f"What percentage of {part['whole']}", figure, "") if part else None
    if _TIME.match(after):
        return None
    noun: list[str] = []
    tokens = after.split()
    for token in tokens:
        if token.lower().strip(",") in _ENDS_NOUN or not re.fullmatch(r"[\w’'-]+,?", token):
            break
        noun.append(token.rstrip(","))
        if token.endswith(","):
            break
    if (
        not noun
        or noun[0] in ("more", "other", "others", "further", "additional")
        or not re.search(r"s$|people|men|women|children", noun[-1])
        or len(noun) > 5
    ):
        return None
    if tokens[len(noun) : len(noun) + 1] == ["of"] and re.fullmatch(r"[a-z]+", tokens[len(noun) + 1]):
        noun += tokens[len(noun) : len(noun) + 2]
    rest = " ".join(tokens[len(noun) :])
    return f"How many {' '.join(noun)}", figure, f" {rest}" if rest else ""
