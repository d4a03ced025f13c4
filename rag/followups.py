"""Follow-up questions without a model: what a question leaves out is taken from the conversation, by rule. English.

A pronoun gives way to the name where only one can be meant ("who replaced Clara Holm?"); otherwise what is missing
stands in brackets after the question ("why? (Holm, ferry, closed)"). A question that stands alone is left as it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Literal

from rag.chat_schema import Exchange, Followup
from rag.entities import Entity
from rag.leaning import CALENDAR, Pronoun, Reading, bare, is_content, read
from rag.lexical import words
from rag.mentions import LONGEST, MOST_TEXTS, Mentions, named, read_names
from rag.offices import BODIES, HONORIFICS

Rarity = Callable[[Sequence[str]], Mapping[str, float]]
"""idf of word forms in the store (`lexical.idf`); a word that no article has must get the highest."""
CLEAR = 1.6
"""How much more salient than the next whom it may mean too a name must be to take a pronoun's place."""
TERMS, TERMS_ALONE = 1, 2
"""Words added beside the names, and where the question has no clause of its own ("why?"). On canard_dev with titles 1
and 2 words throughout give R@1 .127 and .125, R@10 .408 and .413, for the earlier answers hold them too. A question of
"he" or "she" alone needs none: the name is all that is missing."""
RARE = 0.75
"""Share of the highest idf from which a word that was not heard before is a new topic. At 1.01, that is never, 4.4 % of
people's rewrites are changed after a foreign dialogue instead of 2.1 %, for .004 more R@10."""
_NOT_IT = 0.1
"""Share of the salience of a person, or of what a title alone names, where "it" is asked for."""
_WORDS_FROM = 4
"""Exchanges whose words are weighed."""
_FADING = 0.8
"""Weight of a word with each further exchange."""
_FADING_FAST = 0.3
"""The same for "why?": it asks after the last question."""
_ASKED = 2.0
"""Weight of a word that was asked against one that was answered."""
_STEM = 5
"""Letters by which forms of a word are known to be one ("protests", "protested")."""
MOST_WEIGHED = 32
"""Words whose rarity is asked, each a query of the store."""
_NO_TOPIC = CALENDAR | HONORIFICS
_UNSEEN = "qxzqxzq"
"""In no article: its idf is the highest of the store."""
_MOST_SALIENT = 3
"""Names among which two must be for "they" to mean these two."""
_ADDED = re.compile(r" \([^()]*\)$")
"""What was put after a question here: the user has not asked for that."""
_PAIR = re.compile(
    r"(?<![\w’'-])(?:[Tt]he )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,3} and (?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,3}"
)


def complete(question: str, history: Sequence[Exchange], rarity: Rarity) -> Followup:
    """The question as it is asked of the articles. `history` is oldest first; the last six exchanges are read."""
    if not history:
        return Followup(question, False)
    mentions = read_names(history)
    entities, topic = named(mentions), mentions.topic
    known = {part.lower() for entity in entities for part in entity.name.split() if part[:1].isupper()} - BODIES
    reading = read(question, known)
    if reading.lean == "none" or (reading.lean == "vague" and _new_topic(reading, topic, rarity)):
        return Followup(question, False)
    # Only a person is looked for behind a change of subject.
    meant = _meant(reading, history[-1], entities if _gender(reading) else _of_topic(mentions, entities))
    text, replaced = _replaced(question, reading, meant, history[-1])
    missing = [] if replaced else _missing(reading, meant, history[-1])
    if not _only_people(reading) or (text == question and not missing):
        missing += _themes(" ".join([text, *missing]), topic, entities, reading.lean == "ellipsis", rarity)
    return Followup(f"{text} ({', '.join(missing)})" if missing else text, True, _asks_for_more(reading))


def _asks_for_more(reading: Reading) -> bool:
    """Whether it has nothing of its own but "why", "else" or "before that"."""
    points_back = all(one.kind == "that" for one in reading.pronouns) and not reading.content
    return (reading.lean == "ellipsis" or points_back) and not any(word.name for word in reading.words)


def _of_topic(mentions: Mentions, entities: list[Entity]) -> list[Entity]:
    return named(mentions, before=False) if mentions.start else entities


def _new_topic(reading: Reading, history: Sequence[Exchange], rarity: Rarity) -> bool:
    """Whether a question without a name has a rare word that the conversation has not."""
    heard = {_stem(word) for one in history for text in _texts(one) for word in words(text)}
    content = [word.lower for word in reading.content]
    idf = rarity([*content, _UNSEEN])
    return any(_stem(word) not in heard and idf[word] > RARE * idf[_UNSEEN] for word in content)


def _texts(exchange: Exchange) -> list[str]:
    return [text[:LONGEST] for text in (exchange.question, *exchange.said[:MOST_TEXTS])]


def _stem(word: str) -> str:
    return bare(word)[:_STEM]


def _meant(reading: Reading, last: Exchange, entities: Sequence[Entity]) -> list[Entity]:
    """Entities that the question does not name itself; where it has "he" or "she", only those that these may mean."""
    own = {word.lower for word in reading.words if word.name}
    described = {word.lower for word in reading.words if not word.name}
    # "The fund" is a fund that was named.
    unnamed = sorted(
        (one for one in entities if not _stands_in(one.name, own)), key=lambda one: not _stands_in(one.name, described)
    )
    pronoun = _gender(reading)
    if pronoun:
        return sorted((one for one in unnamed if one.may_be(pronoun)), key=_unlikeness)
    if reading.lean == "pronoun" and all(one.kind == "it" for one in reading.pronouns):
        return sorted(unnamed, key=lambda one: -one.salience * (_NOT_IT if one.human or not one.told else 1.0))
    if reading.lean == "ellipsis":
        asked = _asked(unnamed, last)
        return [*asked, *(one for one in unnamed if one not in asked)]
    return unnamed


def _unlikeness(entity: Entity) -> int:
    """0 for whom something shows to be a person, 1 for a name of several words, 2 for the rest."""
    return 0 if entity.personal else 1 if " " in entity.name else 2


def _stands_in(name: str, own: Set[str]) -> bool:
    """Whether the words name it, by its last word at least."""
    return bare(name.split()[-1]) in own


def _replaced(question: str, reading: Reading, entities: Sequence[Entity], last: Exchange) -> tuple[str, bool]:
    """The question with the name in place of its first pronoun for people where that is clear, and whether it was."""
    for pronoun in reading.pronouns:
        if pronoun.kind in ("he", "she"):
            asked = _asked(entities, last)
            told = [one for one in entities if one.told]
            name = _asked_for(asked) or ("" if len(asked) > 1 else _clear(told))
        elif pronoun.kind == "they":
            name = _pair(last, entities) or _clear([one for one in entities if one.told], bodies=True)
        else:
            continue
        return (_with_name(question, pronoun, name), True) if name else (question, False)
    return question, False


def _asked_for(asked: Sequence[Entity]) -> str:
    """Whom the last question was about, if that was one person: whatever names its answer has brought up."""
    return asked[0].name if len(asked) == 1 and asked[0].known_person else ""


def _clear(candidates: Sequence[Entity], *, bodies: bool = False) -> str:
    """The first of them as it is written in a sentence, if it stands out; else nothing."""
    if not candidates or candidates[0].body != bodies or not (bodies or candidates[0].known_person):
        return ""
    others = [one for one in candidates[1:] if one.human or bodies]
    if others and candidates[0].salience < CLEAR * others[0].salience:
        return ""
    return f"the {candidates[0].name}" if bodies and candidates[0].article else candidates[0].name


def _asked(entities: Sequence[Entity], last: Exchange) -> list[Entity]:
    """Those whom the last question named: by their last word, unless it names another of that name in full."""
    asked = {bare(word) for word in words(last.question)}
    in_full = [one for one in entities if asked.issuperset(bare(word) for word in words(one.name))]
    taken = {bare(one.name.split()[-1]) for one in in_full}
    named_last = [one for one in entities if one not in in_full and _stands_in(one.name, asked - taken)]
    return [one for one in entities if one in in_full or one in named_last]


def _pair(last: Exchange, entities: Sequence[Entity]) -> str:
    """The last "Holm and Berg" of the exchange, if both are names that were found."""
    known = {bare(one.name.split()[-1]) for one in entities[:_MOST_SALIENT]}
    for text in [*reversed(last.said[:MOST_TEXTS]), last.question]:
        for found in reversed([match.group() for match in _PAIR.finditer(text[:LONGEST])]):
            if all(bare(part.split()[-1]) in known for part in found.split(" and ")):
                return found[:1].lower() + found[1:] if found.startswith("The ") else found
    return ""


def _with_name(question: str, pronoun: Pronoun, name: str) -> str:
    word = pronoun.word
    if pronoun.possessive or word.lower in ("hers", "theirs"):
        name += "’" if name.endswith("s") else "’s"
    return question[: word.start] + name + question[word.end :]


def _missing(reading: Reading, entities: Sequence[Entity], last: Exchange) -> list[str]:
    """Names to add in brackets: one or two. With two for "it" and "they" too R@1 is .126 on canard_dev, not .129."""
    if reading.lean == "ellipsis" and any(word.name for word in reading.words):
        typed = replace(last, question=_ADDED.sub("", last.question))
        own = [one.name for one in _asked(entities, typed)]
        # "What about Germany?" after a question on France: not France again.
        return own[:2] if len(own) > 1 and not _share(*own[:2]) else []
    if _gender(reading):
        # Of two whom the question named nobody but the user knows which is meant.
        asked = _asked(entities, last)
        entities = asked if len(asked) > 1 else [*entities[:1], *(one for one in entities[1:] if one.human)]
    names = [one.name for one in entities]
    if any(one.kind in ("it", "they") for one in reading.pronouns):
        return names[:1]
    second = next((one.name for one in entities[1:] if one.told and not _share(one.name, names[0])), None)
    return [*names[:1], *([second] if second else [])]


def _share(name: str, other: str) -> bool:
    """Whether one may be a part or a form of the other."""
    return not {_stem(part) for part in words(name)}.isdisjoint(_stem(part) for part in words(other))


def _only_people(reading: Reading) -> bool:
    """Whether "he" or "she" is all that it leans on."""
    return reading.lean == "pronoun" and all(one.kind in ("he", "she") for one in reading.pronouns)


def _gender(reading: Reading) -> Literal["he", "she"] | None:
    """Of the first pronoun for a person."""
    for one in reading.pronouns:
        if one.kind == "he" or one.kind == "she":
            return one.kind
    return None


def _themes(
    text: str, history: Sequence[Exchange], entities: Sequence[Entity], alone: bool, rarity: Rarity
) -> list[str]:
    """Rare words that the last exchanges asked and answered with, most telling first, none that stands in `text`."""
    fading, most = (_FADING_FAST, TERMS_ALONE) if alone else (_FADING, TERMS)
    named_words = {bare(part) for one in entities for part in one.name.split()}
    there = {_stem(word) for word in words(text)}
    weights: dict[str, float] = defaultdict(float)
    forms: dict[str, str] = {}
    for age, exchange in enumerate(reversed(history[-_WORDS_FROM:])):
        for i, one in enumerate(_texts(exchange)):
            for word in dict.fromkeys(bare(word) for word in words(one)):
                stem = _stem(word)
                if stem in there or word in named_words or not _tells(word):
                    continue
                forms.setdefault(stem, word)
                weights[stem] += (1.0 if i else _ASKED) * fading**age
    likely = sorted(weights, key=lambda stem: -weights[stem])[:MOST_WEIGHED]
    idf = rarity([forms[stem] for stem in likely])
    ranked = sorted(likely, key=lambda stem: -weights[stem] * idf[forms[stem]])
    return [forms[stem] for stem in ranked[:most]]


def _tells(word: str) -> bool:
    """Whether the word (lower case) may say what a conversation is about."""
    return len(word) > 2 and not word.isdigit() and word not in _NO_TOPIC and is_content(word)
