"""Who says what a sentence says: direct and reported speech by the words that report it. English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from rag.speakers import Speaker, role, sourced, speaker
from rag.vocabulary import Vocabulary

_SAID = "said says say told tells tell"
_LOOSE = (
    "accused accuses acknowledged acknowledges admitted admits apologised apologized alleged alleges announced "
    "announces argued argues asserted asserts blamed blames cautioned cautions claimed claims complained complains "
    "conceded concedes condemned condemns contended contends criticised criticises criticized criticizes demanded "
    "demands denied denies emphasised emphasises emphasized emphasizes expressed expresses insisted insists pledged "
    "pledges praised praises predicted predicts promised promises rejected rejects stressed stresses testified "
    "testifies urged urges vowed vows warned warns advised advises"
)
"""Verbs of saying, whatever follows."""
_STRICT = (
    "added adds agreed agrees boasted boasts commented comments concluded concludes confirmed confirms continued "
    "continues declared declares disclosed discloses estimated estimates explained explains hinted hints implied "
    "implies indicated indicates joked jokes maintained maintains mentioned mentions noted notes observed observes "
    "posted posts recalled recalls reiterated reiterates remarked remarks repeated repeats replied replies reported "
    "reports responded responds revealed reveals shared shares signalled signaled stated states suggested suggests "
    "tweeted tweets wrote writes"
)
"""Verbs that are of saying only before "that", a quotation or a colon, or after what was said: banks add jobs too."""
_ONLY_QUOTED = frozenset(
    "agreed agrees continued continues indicated indicates maintained maintains mentioned mentions observes posted "
    "posts repeated repeats responded responds shared shares praised praises rejected rejects promised promises "
    "pledged".split()
)
"""Not after a comma without a quotation: what stands before it is seldom what was said."""
_INVERTED = frozenset(
    "said says added adds wrote writes explained noted argued warned insisted claimed replied continued stated "
    "recalled joked".split()
)
"""Verbs that may stand before who spoke."""
_ANY = re.compile(rf"\b(?:{'|'.join((_SAID + ' ' + _LOOSE + ' ' + _STRICT).split())})\b")
_STRICT_WORDS = frozenset(_STRICT.split())
_TELLING = frozenset("told tells tell".split())
_QUOTATION = re.compile(r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)|«[^»]*(?:»|$)|(?<![\w’])‘[^’]*’(?!\w)")
_ADVERBS = re.compile(
    r"(?:\s+(?:on \w+day|has|have|had|also|then|later|earlier|repeatedly|himself|herself|itself|themselves|further"
    r"|again|once|even|still|(?!reported|alleged|supposed|hard|bare|rare|on|false|fami|supp|rep)[a-z]+ly))+$"
)
_PASSIVE = re.compile(r"\s+(?:by|of)\b")
_THAT = re.compile(r"\s*,?\s*(?:(?:to|in|on|at) [^,.;“\"]{1,60}? )?(?:that\b|how\b|[“\"«‘:])")
_ADVERBIAL = re.compile(
    r"\s*(?:$|[.,;:!?)—–”\"]|(?:on|in|at|during|when|after|before|while|as|last|this|from|via|through|earlier|late"
    r"|yesterday|today|adding|citing|referring|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b)",
    re.IGNORECASE,
)
_HEARER = re.compile(
    r"\s+(?:[\w’'&.-]+ ){0,4}?[\w’'&-]+(?=\s*(?:$|[.,;:]| (?:on|in|at|during|when|after|last|this|that)\b))"
)
_BEGINS = re.compile(r"(?:,|[”\"»’]|[;:]| —| –)\s+")
_LEAD = re.compile(
    r"(?:But|And|Yet|Still|So|Then|Later|Meanwhile|However|Also|Earlier|On \w+day|Last \w+|In [A-Z]\w+(?: \d{4})?"
    r"|In \d{4}|On [A-Z]\w+\.? \d{1,2}|On \d{1,2} [A-Z]\w+)\s+"
)
_BEFORE = re.compile(
    r"(?:[A-Z]?[a-z]+ly|[A-Z][a-z]+ing|However|Meanwhile|Later|Earlier|Still|But|And|Yet|Then|Today|Yesterday|Also"
    r"|Moreover|Furthermore|Instead|Nevertheless|Nonetheless|Afterwards|On|In|At|During|After|Before|When|While|As"
    r"|Since|For|From|With|Without|Despite|Asked|Speaking|Citing|Responding|Last|This|Following|Although|Though|To"
    r"|Two|Three|Days|Hours|Weeks|Months|Years|Of|Regarding|Through|By|Like|Among|Unlike"
    r"|(?:An?|One) \w+ (?:after|before|later|ago|earlier))\b"
)
_CUT = re.compile(
    r"\s(?:(?:on|last|this|early|late) (?:\w+ )?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March"
    r"|April|May|June|July|August|September|October|November|December|week|month|year|morning|night)\b|(?:in|during|at)"
    r" (?:an? |the |his |her |its |their )?(?:[\w-]+ ){0,2}(?:statement|interview|post|letter|briefing|conference"
    r"|speech|report|filing|email|tweet|call|hearing|event)\b|when\b|after\b|before\b|while\b|as\b|during\b|adding\b|citing\b"
    r"|told\b|said\b|and\b).*"
)
CLOSING = '”"»’'
_FOLLOWS = frozenset(
    "in on at from during by to with via through since for earlier late last this today who of".split()
)
"""What may stand after the name of who spoke; before other words the name is part of a longer one."""
_LONGEST = 1200
"""Characters of a sentence that are looked at; what is longer is a list or damage."""
_FARTHEST = 16
"""Words before the verb that may name who speaks."""


def speech(text: str, words: Vocabulary) -> Speaker | None:
    """Who says it, by the first words that report speech outside quotations; None where nobody is named for sure."""
    plain = masked(text[: _LONGEST + 1])
    if len(text) > _LONGEST or plain.rstrip().endswith("?"):
        return None
    reports = list(_reports(plain))
    whole = next(filter(None, (_opens(plain, found, words) for found in reports[:2])), None)
    if whole:
        return _unless_outlet(whole, words)
    tails = (_after(plain, found, words) or _before(plain, found, words, tail=True) for found in reversed(reports))
    heads = (_before(plain, found, words, tail=False) for found in reports)
    who = next(filter(None, chain(tails, heads)), None) or _according(plain, words)
    return _unless_outlet(who, words) if who else None


def _unless_outlet(who: Speaker, words: Vocabulary) -> Speaker | None:
    return None if who.kind == "name" and words.is_outlet(who.name) else who


def _opens(plain: str, verb: re.Match[str], words: Vocabulary) -> Speaker | None:
    """Who begins the sentence and speaks, unless it is a pronoun: "He said it would fail, said a minister"."""
    left = _ADVERBS.sub("", plain[: verb.start()].rstrip())
    who = speaker(left, words, opens=True) if len(left.split()) <= _FARTHEST else None
    named = who if who and who.kind != "pronoun" else None
    return named if named and _reported(plain, verb, 0, as_said=False, after=False) else None


def masked(text: str) -> str:
    """The text with the words of quotations replaced, offset for offset: what stands in them reports nothing."""
    closing = text.find("”")
    if closing != -1 and "“" not in text[:closing]:  # the end of a quotation that began a sentence before
        text = "“" + "_" * (closing - 1) + text[closing:] if closing else text
    return _QUOTATION.sub(lambda q: q[0][0] + "_" * (len(q[0]) - 2) + q[0][-1] if len(q[0]) > 1 else q[0], text)


def _reports(plain: str) -> Iterator[re.Match[str]]:
    for found in _ANY.finditer(plain):
        if not _PASSIVE.match(plain, found.end()) or found[0] in ("said", "says"):
            yield found


def _before(plain: str, verb: re.Match[str], words: Vocabulary, *, tail: bool) -> Speaker | None:
    """`Peskov said that …`, `…,” the minister told reporters.`"""
    left = plain[: verb.start()].rstrip()
    left = _ADVERBS.sub("", left)
    if tail and len(left.split()) <= _FARTHEST and speaker(left, words, opens=True):
        return None  # "Ines Duarte, a champion, commented on it": the apposition is nobody else
    for start in (0, *(found.end() for found in _BEGINS.finditer(left))):
        phrase = left[start:]
        if not phrase or len(phrase.split()) > _FARTHEST:
            continue
        as_said = re.match(r"[Aa]s\s+", phrase)
        for lead in (None, as_said or _LEAD.match(phrase)):
            rest = phrase[lead.end() :] if lead else phrase
            who = speaker(rest, words, opens=start == 0 and lead is None)
            if who and _reported(plain, verb, start, as_said=bool(as_said and lead), after=tail):
                return who
    return None


def _reported(plain: str, verb: re.Match[str], start: int, *, as_said: bool, after: bool) -> bool:
    """Whether speech follows the verb, or (`after`) the verb follows what was said."""
    end = verb.end()
    if verb[0] in _TELLING:
        hearer = _HEARER.match(plain, end)
        tail = hearer is not None and _ADVERBIAL.match(plain, hearer.end()) is not None
        head = hearer is not None or _THAT.match(plain, end) is not None
    else:
        tail = _ADVERBIAL.match(plain, end) is not None
        head = verb[0] not in _STRICT_WORDS or _THAT.match(plain, end) is not None
    if after:
        quoted = plain[:start].rstrip()[-1:] in CLOSING
        return (
            start > 0
            and not as_said
            and tail
            and (quoted or (verb[0] not in _ONLY_QUOTED and not _BEFORE.match(plain)))
        )
    if as_said:
        return plain[end : end + 1] == ","
    return head and (start == 0 or _BEFORE.match(plain) is not None)


def _after(plain: str, verb: re.Match[str], words: Vocabulary) -> Speaker | None:
    """`…,” said Clara Holm, the minister of energy.`"""
    if verb[0] not in _INVERTED:
        return None
    left = plain[: verb.start()].rstrip()
    quoted = left[-1:] in CLOSING
    if not left or not (quoted or (left.endswith(",") and verb[0] in ("said", "says", "added"))):
        return None
    return _opening(plain[verb.end() :], words)


def _according(plain: str, words: Vocabulary) -> Speaker | None:
    found = re.search(r"\b[Aa]ccording to\s+", plain)
    return _opening(plain[found.end() :], words) if found else None


def _opening(text: str, words: Vocabulary) -> Speaker | None:
    """Whom the longest beginning of the text names."""
    text = re.split(r"[;:—–“\"”(]|(?<=[a-z]{2})\.(?=\s|$)|\.$", text.strip(), maxsplit=1)[0]
    first, *rest = text.split(", ")
    tokens = _CUT.sub("", first).rstrip(" ,.").split()[:_FARTHEST]
    for many in range(len(tokens), 0, -1):
        if many < len(tokens) and tokens[many].lower() not in _FOLLOWS:
            continue
        who = sourced(" ".join(tokens[:many]), words)
        if who:
            whole = many == len(tokens) and rest
            beside = role(_CUT.sub("", rest[0]).rstrip(" ,.")) if whole and not who.role else ""
            return (
                Speaker(who.kind, who.name, who.role or beside, who.bare, who.many) if who.kind != "pronoun" else None
            )
    return None
