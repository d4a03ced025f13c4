"""Whether a question leans on what was said before: pronouns that point back, questions of too few words. English."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rag.lexical import STOP_WORDS
from rag.timexes import MONTHS, WEEKDAYS

PronounKind = Literal["he", "she", "they", "it", "that"]
Lean = Literal["none", "pronoun", "ellipsis", "vague"]

WORD = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*")
_KINDS: dict[str, PronounKind] = {
    **dict.fromkeys(("he", "him", "his", "himself"), "he"),
    **dict.fromkeys(("she", "her", "hers", "herself"), "she"),
    **dict.fromkeys(("they", "them", "their", "theirs", "themselves"), "they"),
    **dict.fromkeys(("it", "its", "itself"), "it"),
    **dict.fromkeys(("this", "that", "these", "those", "there"), "that"),
}
_OBJECTS = frozenset(("him", "her", "them"))
"""They seldom mean whom the same clause names before ("Did Merkel support him?")."""
_CLAUSES = frozenset("and when that because if his her their".split())
"""Between a name and "him" they part two clauses, or say that the name goes on being meant."""
AUXILIARIES = frozenset(
    "am is are was were be been being do does did has have had can could will would shall should may might must".split()
)
_PREPOSITIONS = frozenset(
    "about above after against along among around as at because before behind below beside besides between beyond by "
    "despite during except for from in into like near of off on onto over per since than through to toward towards "
    "under until up upon via with within without".split()
)
_QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())
_FILLERS = frozenset("yes no ok okay yeah please thanks thank you very much well right good great hm so".split())
_OPENERS = frozenset("and but or also then so plus".split())
_ENGLISH = (
    _QUESTION_WORDS
    | _OPENERS
    | _FILLERS
    | _KINDS.keys()
    | AUXILIARIES
    | STOP_WORDS
    | frozenset("else tell show".split())
) - frozenset(
    "a an am as be die do he had her hers his in is it no not of off on or over so also was were me my "
    "will ok well to too us up".split()
)
"""Words that tell English from its neighbours: "was", "is" and "of" are German or Dutch as well."""
_WEAKLY_ENGLISH = frozenset("a an as do had he her his in is it not of on was were".split())
"""Two of them do."""
_FOREIGN = frozenset(
    "der das den dem und ist wer wie warum wann er sie hat haben nicht ein eine mit für von zu "
    "qui que quoi pourquoi quand il elle est sont le les des et une dans pour avec ce cette "
    "quién quien qué cuándo cómo él ella es el los las y por una con en "
    "chi cosa perché quando lui lei è gli di un una che "
    "wie wat waarom wanneer hij zij het een en van niet "
    "quem porque ele ela o os uma não".split()
) - frozenset(("den", "o", "di", "con"))
_GENERIC = frozenset(
    """
    happen happened happening happens next else other others another more anything something someone anyone anybody
    everything nothing thing things reason reasons result results outcome long much many far old often ever kind kinds
    type types sort name names year years date day time times place part way ways first second third last former
    latter one ones same different new big main important interesting aspects details information detail example
    examples exactly mean means meant say said says saying tell told go went come came get got make made take took
    give given gave call called know known think thought believe believed want wanted article text story source two
    three four five six seven eight nine ten sources top besides aside yes no ok and still yet even really actually
    instead later earlier afterwards beforehand lead led become became begin began start started end ended stop
    stopped people person
    """.split()
)
"""Words that say nothing of the topic: a question that has no others is about what went before."""
_TIME = frozenset(
    "year years month months week weeks day days morning afternoon evening night weekend summer winter spring autumn "
    "fall season century decade quarter time".split()
)
_SOURCE = frozenset("article text story report piece".split())
CALENDAR = frozenset((*MONTHS, *WEEKDAYS))
_EMPTY_IT = (
    r"\b(?:is|was|will|would|might|could|does|did|do)(?:n[’']t)? it "
    r"(?:(?:be|been|so|really|not|still|now|even) )*(?:true|false|possible|impossible|likely|unlikely|legal|illegal"
    r"|safe|clear|unclear|known|certain|important|necessary|difficult|hard|easy|good|bad|raining|snowing|(?:said|believed"
    r"|expected|thought)(?! to)|take|matter|worth \w+ing|time)\b(?! (?:place|effect)\b)|\bwhat time is it\b"
)
""" "Is it true that …", "How long does it take to …": it stands for nothing."""
_CATAPHORA = (
    r"(?:besides|aside from|apart from|other than|in addition to|along with|before|after|during|despite|since|with"
    r"|while|when|in|for|throughout|because of|of|as)\b[^?]*?,? (?:who|what|when|where|why|how|which|did|does|do|is|are"
    r"|was|were|has|have|had|can|could|will|would)\b"
)
""" "Besides his novels, what did Holm write?": the pronoun comes before whom it means."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question, `question[start:end]`."""

    text: str
    start: int
    end: int
    name: bool
    """Whether it is written like a name, or is one of the conversation."""

    @property
    def lower(self) -> str:
        return bare(self.text)


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A word of the question that points back; `possessive` as in "his house"."""

    word: Word
    kind: PronounKind
    possessive: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What in a question leans on the conversation."""

    lean: Lean
    words: tuple[Word, ...]
    pronouns: tuple[Pronoun, ...] = ()

    @property
    def content(self) -> list[Word]:
        """Words that say what it is about, names among them."""
        return [word for word in self.words if word.name or is_content(word.lower)]


def bare(word: str) -> str:
    """The word in small letters, without "'s"."""
    return word.lower().replace("’", "'").removesuffix("'s")


def is_content(word: str) -> bool:
    """Whether the word (lower case) says something of a topic."""
    return word not in STOP_WORDS and word not in _GENERIC and word not in _FILLERS and word not in AUXILIARIES


def read(question: str, known: Collection[str]) -> Reading:
    """How the question leans on a conversation whose names have the words `known` (lower case)."""
    words = _words(question, known)
    if all(word.lower in _FILLERS for word in words) or not _english(words):
        return Reading("none", words)
    pronouns = _pointing_back(question, words)
    if pronouns:
        return Reading("pronoun", words, pronouns)
    lean: Lean = "none"
    if _elliptical(words):
        lean = "ellipsis"
    elif _vague(words):
        lean = "vague"
    return Reading(lean, words)


def _words(question: str, known: Collection[str]) -> tuple[Word, ...]:
    found: list[Word] = []
    for match in WORD.finditer(question):
        text = match.group()
        lower = bare(text)
        opens = not found or question[: match.start()].rstrip(" \"“‘'(")[-1:] in (".", "!", "?", ":", "")
        ordinary = lower in _ENGLISH or lower in STOP_WORDS or lower in AUXILIARIES or lower in _FILLERS
        cased = text[0].isupper() and (not opens or lower not in _GENERIC) and not ordinary and lower not in CALENDAR
        own = cased and (not opens or _looks_named(question, match.end(), text))
        found.append(Word(text, match.start(), match.end(), own or (lower in known and not ordinary)))
    return tuple(found)


def _looks_named(question: str, end: int, text: str) -> bool:
    """Whether the first word of a question is a name: another capital follows, or it has two itself."""
    following = WORD.match(question, end + 1)
    return text[1:] != text[1:].lower() or (following is not None and following.group()[0].isupper())


def _english(words: tuple[Word, ...]) -> bool:
    lower = [word.lower for word in words if not word.name]
    if any(word in _FOREIGN or (not word.isascii() and word.isalpha() and not _latin(word)) for word in lower):
        return False
    return any(word in _ENGLISH for word in lower) or len(_WEAKLY_ENGLISH & set(lower)) > 1


def _latin(word: str) -> bool:
    return all(ord(char) < 0x250 for char in word)


def _pointing_back(question: str, words: tuple[Word, ...]) -> tuple[Pronoun, ...]:
    """Pronouns whose meaning the question does not give itself."""
    if all(word.name or word.lower not in _KINDS for word in words):
        return ()
    found = []
    empty = [match.span() for match in _pattern(_EMPTY_IT).finditer(question)]
    cataphora = _pattern(_CATAPHORA).match(question)
    for i, word in enumerate(words):
        kind = _KINDS.get(word.lower) if not word.name else None
        if kind is None or (kind == "it" and any(start <= word.start < end for start, end in empty)):
            continue
        if kind == "that" and not _demonstrative(words, i):
            continue
        if cataphora and word.end < cataphora.end() and any(w.name and w.start >= cataphora.end() for w in words):
            continue
        if not _resolved(question, words, i):
            found.append(Pronoun(word, kind, _possessive(words, i, question)))
    return tuple(found)


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Compiled on first use: most questions have no pronoun that needs it."""
    return re.compile(form, re.IGNORECASE)


def _demonstrative(words: tuple[Word, ...], i: int) -> bool:
    """Whether "that" or "this" points back: not "the man that left", "this year" or "those who stayed"."""
    here = words[i].lower
    after = words[i + 1].lower if i + 1 < len(words) else ""
    before = words[i - 1].lower if i else ""
    if here == "there":
        return i == len(words) - 1 and i > 1
    if here == "that" and after in _TIME:
        return True
    if here in ("this", "these", "those"):
        return after not in _TIME and after not in ("who", "days")
    return not after or (before in _PREPOSITIONS or before in AUXILIARIES or before in ("and", "but", ""))


def _resolved(question: str, words: tuple[Word, ...], i: int) -> bool:
    """Whether the question itself says whom word i means, before it; a place after a preposition is nobody."""
    here, after = words[i].lower, words[i + 1].lower if i + 1 < len(words) else ""
    if here in ("this", "that") and after in _SOURCE:
        return any(word.name for word in words)
    if (here == "that" and after in _TIME) or here == "there":
        return False
    before = [j for j in range(i) if words[j].name]
    if _KINDS.get(here) in ("he", "she"):
        before = [
            j for j in before if j == 0 or words[j - 1].lower not in ("in", "at", "on", "from", "since", "during")
        ]
    if not before:
        return False
    if here in _OBJECTS and not _possessive(words, i, question):
        runs = sum(1 for j in before if j - 1 not in before)
        apart = not _CLAUSES.isdisjoint(word.lower for word in words[before[-1] : i])
        return bool(runs > 1 or apart or words[before[-1]].text.endswith(("'s", "’s")))
    return True


def _possessive(words: tuple[Word, ...], i: int, question: str) -> bool:
    """ "his house", "her house": not "did you meet her at", "who saw her"."""
    lower = words[i].lower
    if lower in ("his", "their", "its"):
        return True
    if lower != "her" or i + 1 == len(words) or question[words[i].end : words[i + 1].start].strip():
        return False
    after = words[i + 1].lower
    return (after not in STOP_WORDS and after not in AUXILIARIES) or after in ("own",)


def _elliptical(words: tuple[Word, ...]) -> bool:
    """ "why?", "and before that?", "what about Germany?", "who else?": no clause, or none that has a topic."""
    lower = [word.lower for word in words]
    while lower and lower[0] in _FILLERS:
        lower = lower[1:]
    content = [word for word in words if word.name or is_content(word.lower)]
    if not lower:
        return False
    if not content:
        return True
    opened = lower[0] in _OPENERS
    lower = lower[opened:]
    if lower[:2] in (["what", "about"], ["how", "about"], ["what", "of"]):
        return len(content) <= 2
    named = any(word.name for word in words)
    if opened:
        clause = _QUESTION_WORDS.intersection(lower) and AUXILIARIES.intersection(lower)
        plain = [word for word in content if not word.name and not word.text.isdigit()]
        return not named or not (plain or clause)
    return not named and any(word in ("else", "another", "other", "others") for word in lower)


def _vague(words: tuple[Word, ...]) -> bool:
    """Whether nothing in the question names its topic."""
    return not any(word.name or (word.text[0].isupper() and i) for i, word in enumerate(words))
