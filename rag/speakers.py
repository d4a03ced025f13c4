"""Who a phrase names: a person, an institution or somebody described, with the role it gives. English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.lexical import STOP_WORDS
from rag.offices import BODIES, GENERIC, HONORIFICS, INSTITUTIONS, PEOPLE, TITLES, head, is_title, titled
from rag.timexes import MONTHS, WEEKDAYS
from rag.vocabulary import Vocabulary

SpeakerKind = Literal["name", "described", "pronoun"]

_PARTICLE = r"(?:al|bin|da|de|del|della|der|di|du|el|ibn|la|le|ten|ter|van|von)"
_CAPITAL = r"(?:[^\W\d_a-z][\w’'.&-]*)"
_RUN = re.compile(rf"{_CAPITAL}(?: (?:{_PARTICLE} )*{_CAPITAL})*")
_BODY_RUN = re.compile(rf"{_CAPITAL}(?: (?:of the |of |for the |for |and |& |on |in )?{_CAPITAL})*")
_NUMBER = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens of|\d{1,4})"
_DESCRIBED = re.compile(
    rf"(?P<det>one of (?:the|its|his|her|their)|(?:the )?{_NUMBER}\b|(?:the|an?|one|another|this|several|both|his|her"
    rf"|its|their|some|many|most)\b|(?:[\w’'-]+ ){{0,3}}[\w-]+[’']s?)?\s*(?P<rest>.+)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?:of|for|at|from|in|with|on|to|by|under|within|inside|familiar|close|who|whose|briefed|involved|working|near)\b"
)
_NO_MODIFIER = (STOP_WORDS | {"around", "near", "under", "within"}) - {"other", "own", "same"}
_EMPLOYED = re.compile(r"(?:at|with|from|for)\b.*[A-Z]")
_INSIDE = re.compile(r"\b(?:familiar with|close to|briefed on|involved in)\b")
_DOCUMENT = (
    r"(?:statement|report|post|letter|message|filing|memo|tweet|speech|study|article|data|figures|survey|estimate"
    r"|analysis)s?"
)
_POSSESSED = re.compile(rf"(?P<owner>.+?)(?:[’']s|(?<=s)[’']) (?:[a-z]+ ){{0,2}}{_DOCUMENT}")
_SOURCED = re.compile(rf"(?:the |a |an )?(?:[\w-]+ ){{0,3}}{_DOCUMENT} (?:\w+ed )?(?:by|from|of) (?P<owner>.+)")
_WHO = re.compile(r"(?:who|whose|formerly|now|then|once|the|an?|his|her|its|their)\b|[\w’' -]+[’']s? ")
_CALENDAR = frozenset((*MONTHS, *WEEKDAYS))
_LONGEST_ROLE = 14
"""Words of a role; more is a story."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """`name` in the sentence's own words; `role` as it stands beside it, empty where there is none.

    A `described` one ("a spokesman for the bank") is known by its description only: `bare` where that says nothing
    outside its article ("the minister"), `many` where it is more than one.
    """

    kind: SpeakerKind
    name: str
    role: str = ""
    bare: bool = False
    many: bool = False

    @property
    def definite(self) -> bool:
        """Whether a second mention in the same article means the same: "the minister", not "a minister"."""
        return re.match(r"(?:an?|one|another|several|(?:the )?" + _NUMBER + r")\b", self.name, re.I) is None

    @property
    def institution(self) -> bool:
        """Whether it is one, by its words."""
        tokens = [word.lower() for word in self.name.split()]
        if self.kind == "described":
            return next((h in INSTITUTIONS for token in tokens if (h := head(token))), False)
        return tokens[0] == "the" or tokens[-1] in BODIES or (len(tokens) == 1 and self.name.isupper())


def speaker(phrase: str, words: Vocabulary, *, opens: bool = False) -> Speaker | None:
    """Whom the whole phrase names; None if it may be anything else. `opens`: it begins a sentence."""
    phrase = re.sub(r"\s*\([^)]*\)", "", " ".join(phrase.split())).strip()
    if phrase.lower() in ("he", "she", "they", "it"):
        return Speaker("pronoun", phrase.lower(), many=phrase.lower() == "they")
    if re.search(r"[“”\"«»_]|^(?:and|but|yet|so|or)\b", phrase, re.IGNORECASE):
        return None
    first, *rest = [part.strip() for part in phrase.rstrip(",").split(",")]
    if rest and (not phrase.endswith(",") or any(re.match(r"(?:and|or)\b", part) for part in rest)):
        return None
    owner = _POSSESSED.fullmatch(phrase)
    if owner:
        return speaker(owner["owner"], words, opens=opens)
    return _with_role(first, rest, words, opens) if rest else _simple(first, words, opens)


def sourced(phrase: str, words: Vocabulary) -> Speaker | None:
    """As `speaker`; of "data from the Fund" it is the Fund."""
    found = _SOURCED.fullmatch(phrase)
    return speaker(found["owner"] if found else phrase, words)


def _with_role(first: str, rest: Sequence[str], words: Vocabulary, opens: bool) -> Speaker | None:
    """`Clara Holm, the minister of energy,` and `the minister of energy, Clara Holm,`."""
    named = _simple(first, words, opens)
    if named is None:
        return None
    if len(rest) == 1 and (named.kind == "described" or named.role or first.startswith("the ")):
        name = _name(rest[0], words, opens=False)
        if name and not name.role and not name.name.startswith("the ") and role(first):
            return Speaker("name", name.name, _inside(first))
    beside = role(", ".join(rest))
    return Speaker(named.kind, named.name, named.role or beside, named.bare and not beside, named.many)


def role(beside: str) -> str:
    """What stands between commas beside a name, if it says who that is."""
    opening = [word.lower().rstrip("s") for word in beside.split()[:6]]
    known = any(word in PEOPLE or word in TITLES or word in INSTITUTIONS for word in opening)
    return beside if known and _short(beside) and not re.match(r"(?:and|or|but|when|asked)\b", beside) else ""


def _short(text: str) -> bool:
    return len(text.split()) <= _LONGEST_ROLE


def _simple(phrase: str, words: Vocabulary, opens: bool) -> Speaker | None:
    """One without commas."""
    return _name(phrase, words, opens) or _described(phrase, words, opens)


def _name(phrase: str, words: Vocabulary, opens: bool) -> Speaker | None:
    """`Peskov`, `Kremlin spokesman Dmitry Peskov`, `the Kremlin`; None for others."""
    body = re.fullmatch(rf"(?P<the>[Tt]he )?(?P<run>{_BODY_RUN.pattern})", phrase)
    joined = re.search(r" (?:of|for|and|on|in|&) ", phrase)
    if body and (body["the"] or joined) and not titled(phrase.split()):
        run = body["run"]
        last = run.split()[-1].lower()
        if joined and last not in BODIES and not (body["the"] and " and " not in run and " on " not in run):
            return None
        return None if _no_name(run.split(), words, opens and not body["the"]) else _body(run, bool(body["the"]))
    run_match = re.search(rf"(?<!\S){_RUN.pattern}$", phrase)
    if run_match is None:
        return None
    run_words, before = run_match.group().split(), phrase[: run_match.start()].strip()
    if opens and not before and len(run_words) > 1 and words.is_word(run_words[0]) and not is_title(run_words[0]):
        return None
    split = titled(run_words)
    name, title = " ".join(run_words[split:]), " ".join([before, *run_words[:split]]).strip()
    if not name or (title and not split and not _ends_in_role(before)):
        return None
    if not _short(title) or _clause(before) or "’s " in name or "'s " in name:
        return None
    if _no_name(run_words[split:], words, opens and not title):
        return None
    shown = "" if title.lower().rstrip(".") in HONORIFICS else title
    return Speaker("name", name, _inside(shown))


def _clause(before: str) -> bool:
    """Whether there is more before a name than what somebody is: "In a post Kremlin spokesman Dmitry Peskov"."""
    tokens = before.lower().split()
    heads = [i for i, token in enumerate(tokens) if head(token)]
    opened = 1 if tokens and tokens[0] in ("the", "a", "an", "his", "her", "its", "their") else 0
    return any(token in STOP_WORDS and not (heads and heads[0] < i) for i, token in enumerate(tokens) if i >= opened)


def _inside(title: str) -> str:
    """As it would stand inside a sentence."""
    return re.sub(r"^(?:The|An?|Former)\b", lambda found: found[0].lower(), title)


def _body(run: str, definite: bool) -> Speaker:
    return Speaker("name", f"the {run}" if definite else run)


def _no_name(run: Sequence[str], words: Vocabulary, opens: bool) -> bool:
    """Whether the words with capitals name nobody: days, numbers, or a common word that begins a sentence."""
    if any(word.lower() in _CALENDAR or any(map(str.isdigit, word)) for word in run) or len(run) > 8:
        return True
    if re.search(r"[’']s?$", run[-1]) or run[-1].endswith("."):
        return True
    if opens and len(run) == 1:
        return not words.is_name(run[0])
    return words.is_word(run[0]) and not words.is_name(run[0]) and len(run) == 1


def _ends_in_role(text: str) -> bool:
    return bool(text) and head(text.split()[-1]) is not None


def _described(phrase: str, words: Vocabulary, opens: bool) -> Speaker | None:
    """`the minister of energy`, `three European diplomats`; None for those who may be anybody."""
    parts = _DESCRIBED.fullmatch(phrase)
    if parts is None:
        return None
    determiner, tokens = (parts["det"] or "").lower(), parts["rest"].split()
    at = next((i for i, word in enumerate(tokens[:6]) if head(word) and _ends_there(tokens, i)), None)
    if at is None or len(tokens) > _LONGEST_ROLE or determiner in ("some", "many", "most"):
        return None
    before, word, tail = tokens[:at], tokens[at], " ".join(tokens[at + 1 :])
    if any(token.lower() in _NO_MODIFIER for token in before):
        return None
    lexical = head(word) or ""
    many = word.lower() != lexical and not determiner.startswith("one")
    everything = [*(parts["det"] or "").split(), *tokens]
    named = [
        w for i, w in enumerate(everything) if w[0].isupper() and (i or not opens) and not (is_title(w) or head(w))
    ]
    first = phrase.split()[0]
    proper = bool(named) or (opens and words.is_name(first) and first.lower() not in STOP_WORDS)
    if not _specific(determiner, lexical, many, bool(before), tail, proper):
        return None
    bare = not (proper and (determiner.startswith("the") or determiner.endswith(("’s", "'s")) or many))
    shown = phrase if proper and not named else phrase[0].lower() + phrase[1:] if opens else phrase
    return Speaker("described", shown, bare=bare, many=many)


def _ends_there(tokens: Sequence[str], at: int) -> bool:
    """Whether what follows a head goes on about it."""
    return at + 1 == len(tokens) or _GOES_ON.match(tokens[at + 1]) is not None


def _specific(determiner: str, said: str, many: bool, modified: bool, tail: str, proper: bool) -> bool:
    inside = _INSIDE.search(tail) is not None
    counted = re.fullmatch(rf"(?:the )?{_NUMBER}", determiner) is not None
    if said in GENERIC:
        named = proper and (counted or not many)
        return inside or named or bool(_EMPLOYED.match(tail)) or (counted and (modified or bool(tail)))
    if many or determiner.startswith("one"):
        return proper or inside or (counted and (modified or bool(tail)))
    if determiner == "another":
        return proper
    if determiner in ("the", "this", "its", "his", "her", "their"):
        return determiner in ("the", "this") or modified or proper
    return proper or inside or bool(tail)


def name_runs(text: str, words: Vocabulary) -> Iterator[str]:
    """Names of several words as a text has them, without titles, and names of one word."""
    for found in _RUN.finditer(text):
        run = re.sub(r"[’']s?$|[.,]+$", "", found.group()).split()
        opening = found.start() == 0 or re.search(r"[.!?:“\"‘(]\s*$", text[max(0, found.start() - 3) : found.start()])
        if opening and len(run) > 1 and words.is_word(run[0]):
            run = run[1:]
        run = run[titled(run) :] or run
        if (
            len(run) <= 4
            and not _CALENDAR & set(map(str.lower, run))
            and run[-1].lower() not in BODIES
            and not any(map(str.isdigit, "".join(run)))
        ):
            yield " ".join(run)
