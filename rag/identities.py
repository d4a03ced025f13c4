"""Which names mean one: `Peskov` and `Dmitry Peskov`, `Nikolay` and `Nikolai Patrushev`; never by a guess."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rag.extraction import sentence_text
from rag.schema import Passage, Sentence
from rag.speakers import Speaker, name_runs, role, speaker
from rag.vocabulary import Vocabulary

_DEFINED = re.compile(r"((?:[A-Z][\w’'.&-]+ (?:of |for |and |the |& )*){1,8})\(([A-Z]{2,8})\)")
_SOUNDS = (("ch", "k"), ("kh", "h"), ("ph", "f"), ("ye", "e"), ("y", "i"), ("j", "i"), ("x", "ks"))
"""Spellings of one name in two transliterations."""
_BETWEEN = frozenset("and by with of to from for that when while as but said says told between".split())
_BEFORE = re.compile(r"((?:[\w’'.&-]+ ){0,6}[\w’'.&-]+,? )$")


class Identities:
    """Whom a speaker's name means in a collection, and the fullest form in which it gives the name."""

    def __init__(self, passages: Sequence[Passage], words: Vocabulary, said: Sequence[tuple[Speaker, Passage]]) -> None:
        self._passages = passages
        self._words = words
        self._persons: dict[str, list[Counter[str]]] = defaultdict(list)
        self._first: Counter[str] = Counter()
        self._last: Counter[str] = Counter()
        self._defined: dict[str, str] = {}
        wanted = {_fold(one.name.split()[-1]) for one, _ in said if one.kind == "name"}
        self._where: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        for passage in passages:
            self._read(passage, wanted)
        self._once = Counter(_described(who, passage) for who, passage in said if not who.definite)

    def _read(self, passage: Passage, wanted: set[str]) -> None:
        text = passage.paragraph.text
        for found in _DEFINED.finditer(text):
            name = re.sub(r"^(?:The|the) ", "", found[1].strip())
            if "".join(word[0] for word in name.split() if word[0].isupper()) == found[2]:
                self._defined.setdefault(found[2], name)
        told = [sentence_text(passage, (sentence,)) for sentence in passage.paragraph.sentences]
        for run in (run for sentence in told for run in name_runs(sentence, self._words)):
            parts = run.split()
            self._first[_fold(parts[0])] += 1
            self._last[_fold(parts[-1])] += 1
            surname = _fold(parts[-1])
            if surname in wanted and len(parts) > 1:
                self._where[surname, self._person(surname, run)].append((passage.article_id, passage.paragraph.n))

    def _person(self, surname: str, name: str) -> int:
        """Number of the one among those of the surname whose first name may be written so; a new one if none is."""
        known = self._persons[surname]
        for i, names in enumerate(known):
            if _alike(_fold(name.split()[0]), _fold(next(iter(names)).split()[0])):
                names[name] += 1
                return i
        known.append(Counter([name]))
        return len(known) - 1

    def key(self, who: Speaker, passage: Passage, sentence: Sentence) -> str:
        """Equal for those who are one beyond doubt."""
        if who.kind == "described":
            described, article = _described(who, passage)
            if who.definite or (who.name.startswith(("a ", "an ")) and self._once[described, article] == 1):
                return f"described {described} {article}"
            return f"one {passage.paragraph_id} {sentence.start}"
        name = self._defined.get(who.name.removeprefix("the "), who.name)
        parts = name.removeprefix("the ").split()
        surname = _fold(parts[-1])
        persons = self._persons.get(surname, [])
        if len(parts) > 1 and persons and not who.institution:
            return f"person {surname} {self._person(surname, name)}"
        if len(parts) > 1 or not persons or self._first[surname] > self._last[surname]:
            return f"name {' '.join(map(_fold, parts))}"
        near = [i for i in range(len(persons)) if self._introduced(surname, i, passage)]
        meant = range(len(persons)) if len(persons) == 1 else near
        if len(meant) == 1:
            return f"person {surname} {meant[0]}"
        return f"name {surname} in {passage.article_id}"

    def _introduced(self, surname: str, person: int, passage: Passage) -> bool:
        """Whether the article has given the full name by then."""
        return any(
            article == passage.article_id and n <= passage.paragraph.n for article, n in self._where[surname, person]
        )

    def shown(self, key: str, speakers: Sequence[Speaker]) -> tuple[str, str]:
        """Name in its fullest form, and role: the one given most often beside what is said, else anywhere."""
        kind, *rest = key.split()
        names = Counter(one.name for one in speakers)
        if kind == "person":
            names = self._persons[rest[0]][int(rest[1])] or names
        for name in list(names):
            long = self._defined.get(name.removeprefix("the "))
            if long:
                names[f"the {long}" if name.startswith("the ") else long] = names[name]
        fullest = max(
            names,
            key=lambda name: (not name.startswith("this "), len(name.removeprefix("the ").split()), names[name], name),
        )
        roles = Counter(one.role for one in speakers if one.role)
        if not roles and kind == "person":
            roles = Counter(self._roles(names))
        return fullest, max(roles, key=lambda given: roles[given], default="")

    def _roles(self, names: Iterable[str]) -> Iterator[str]:
        """What the articles call somebody of these names anywhere."""
        for passage in self._passages:
            text = passage.paragraph.text
            for name in names:
                for found in re.finditer(re.escape(name) + r"\b(?!’s|'s)", text):
                    given = _role_before(text[: found.start()], name, self._words) or _role_after(text[found.end() :])
                    if given:
                        yield given


def _described(who: Speaker, passage: Passage) -> tuple[str, str]:
    """A description, and the article beyond which it may mean another; `a banker` is later `this banker`."""
    return re.sub(r"^(?:the|an?|this) ", "", who.name.casefold()), passage.article_id if who.bare else ""


def _role_before(left: str, name: str, words: Vocabulary) -> str:
    found = _BEFORE.search(left)
    tokens = found[1].split() if found else []
    for start in range(len(tokens)):
        phrase = " ".join([*tokens[start:], name])
        who = speaker(f"{phrase}," if "," in phrase else phrase, words)
        if who and who.role and who.name == name and _begins(tokens, start, left):
            return who.role
    return ""


def _begins(tokens: Sequence[str], start: int, left: str) -> bool:
    """Whether a role begins there: "Russian senator" of a "former Russian senator" would say what is not so."""
    if start == 0:
        return left == " ".join(tokens) + " "
    return tokens[start - 1].endswith((",", ".")) or tokens[start - 1].lower() in _BETWEEN


def _role_after(right: str) -> str:
    found = re.match(r", ((?:the|an?|who|head|chief|[\w’' -]+[’']s?) [^,.;“”\"]+)[,.]", right)
    return role(found[1]) if found else ""


def _fold(word: str) -> str:
    """A name without accents, and the same however it is carried over from another script."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)).casefold()
    plain = re.sub(r"[’']s?$|\W", "", plain)
    for spelled, sound in _SOUNDS:
        plain = plain.replace(spelled, sound)
    return re.sub(r"(.)\1", r"\1", plain)


def _alike(one: str, other: str) -> bool:
    """Whether two first names may be one: equal, an initial, or a short form ("Tim", "Timothy")."""
    return one.startswith(other) or other.startswith(one)
