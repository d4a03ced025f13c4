"""Publishers and authors of the store where a question names them: in full, by initials, by address. English.

"The Post" is a publisher where just one in the store ends so; a name inside a longer one ("Post Office") is none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from rag.lexical import abbreviations
from rag.timexes import MONTHS

WORD = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*")
_PRESS = frozenset(
    "argus bulletin chronicle courier dispatch echo examiner express gazette globe guardian herald independent inquirer"
    " journal mail mirror monitor news observer post press record register review sentinel standard star sun telegraph"
    " times tribune voice".split()
)
"""Last words of papers' names that stand for the whole ("the Post"). Others ("War", "Institute") are common nouns."""
_NO_INITIALS = frozenset("AI EU PM TV UK UN US USA".split())
_LONGEST_NAME = 8
"""Words."""
_REGISTERED = frozenset("ac co com gov net org".split())
"""Second labels of addresses that are sold under ("bbc.co.uk")."""
_SMALL = frozenset("a an and as at but by for from in is nor of on or the to with".split())
"""Words that a headline writes in small letters too; where there are no others, a capital says nothing."""
_OPENERS = frozenset(
    "according as did do does has have had how in on from what which who whom when where why and but by the is was were"
    " are compare".split()
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Names of the store that `text[start:end]` means; all spellings of one publisher or author."""

    names: tuple[str, ...]
    start: int
    end: int


@dataclass(slots=True)
class Names:
    """What publishers or authors may be called."""

    full: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Spellings in the store by their words in small letters, without "the"."""
    last: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Keys of `full` by last word."""
    initials: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Keys of `full` by short form, as it is written ("WSJ", "WaPo")."""
    stems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Keys of `full` by what their address may be called ("nytimes")."""


@lru_cache(maxsize=4)
def publisher_names(publishers: frozenset[str]) -> Names:
    """The forms that these publishers go by."""
    names = _in_full(publishers)
    for key, spellings in list(names.full.items()):
        parts = key.split()
        names.last[parts[-1]].append(key)
        bare = re.sub(r"^[Tt]he\s", "", spellings[0])
        for short in abbreviations(bare):
            if short not in _NO_INITIALS and (len(short) > 2 or parts[-1] in _PRESS):
                names.initials[short].append(key)
        if parts[-1] == "news" and len(parts) == 2 and bare[:2].isupper():  # BBC News
            names.initials[bare.split()[0]].append(key)
        for stem in _stems(parts):
            names.stems[stem].append(key)
    return names


@lru_cache(maxsize=4)
def author_names(authors: frozenset[str]) -> Names:
    """Authors by their full name, and by their surname where only one bears it."""
    names = _in_full(authors, people=True)
    for key in names.full:
        names.last[key.split()[-1]].append(key)
    return names


def _in_full(given: frozenset[str], *, people: bool = False) -> Names:
    names = Names()
    for name in sorted(given):
        if key := _key(name.replace(".", " ") if people else name):
            names.full[key].append(name)
    return names


def _key(name: str) -> str:
    words = _bare(" ".join(WORD.findall(name))).split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


def _bare(word: str) -> str:
    return word.casefold().replace("’", "'")


def _stems(parts: list[str]) -> set[str]:
    """What stands before the dot of its address: all words, initials and the last word, initials, or the first word."""
    plain = [re.sub(r"\W", "", part) for part in parts]
    found = {"".join(plain), "the" + "".join(plain)}
    if len(plain) > 1:
        first = "".join(part[:1] for part in plain)
        found |= {first[:-1] + plain[-1], first, plain[0], "".join(part[:2] for part in plain)}
    if len(parts) == 1 and "." in parts[0]:  # a publisher that goes by its address
        found.add(_label(parts[0]))
    return found


def _label(address: str) -> str:
    """`nytimes` of `www.nytimes.com`, `bbc` of `bbc.co.uk`."""
    labels = address.casefold().split(".")[:-1]
    while len(labels) > 1 and labels[-1] in _REGISTERED:
        labels.pop()
    return re.sub(r"\W", "", labels[-1])


def mentions(text: str, names: Names, *, people: bool = False) -> list[Mention]:
    """Where the text names one of them, in order, longest first, none within another; of `people` no short form but
    the surname.
    """
    words = list(WORD.finditer(text))
    found, i = [], 0
    headline = _headline(words)
    while i < len(words):
        best = next(_at(text, words, i, names, headline, people), None)
        if best is None:
            i += 1
            continue
        found.append(best)
        i = next((j for j in range(i, len(words)) if words[j].start() >= best.end), len(words))
    return found


def _headline(words: list[re.Match[str]]) -> bool:
    written = [word.group() for word in words if word.group() not in _SMALL]
    return len(written) > 3 and not any(word.islower() for word in written)


def _at(text: str, words: list[re.Match[str]], i: int, names: Names, headline: bool, people: bool) -> Iterator[Mention]:
    """What begins with word i, longest first."""
    the = words[i].group().lower() == "the" and i + 1 < len(words)
    first = i + the
    for last in range(min(len(words), first + _LONGEST_NAME) - 1, first - 1, -1):
        run = words[first : last + 1]
        if any(text[a.end() : b.start()].strip(" .") for a, b in pairwise(run)):
            continue
        written = [word.group() for word in run]
        ending = re.search(r"[’']s?$", written[-1])
        end = run[-1].end() - (len(ending.group()) if ending else 0)
        written[-1] = written[-1][: len(written[-1]) - (len(ending.group()) if ending else 0)]
        keys = _meant(written, names, the, headline, people)
        if len(keys) == 1 and not _inside_name(text, words, i, last, the):
            yield Mention(tuple(names.full[keys[0]]), words[i].start(), end)


def _meant(written: list[str], names: Names, the: bool, headline: bool, people: bool) -> list[str]:
    """Keys of those that the words may mean; more than one where that is open."""
    key = " ".join(_bare(word.replace(".", " ") if people else word) for word in written)
    one = written[0] if len(written) == 1 else ""
    if one and "." in one.strip(".") and not people:
        return names.stems.get(_label(one), []) if key not in names.full else [key]
    if one and (headline or one == one.lower()):
        return []
    if key in names.full and not (one and key in _PRESS):
        return [key]
    if one in names.initials:
        return names.initials[one]
    if one and (people or (the and key in _PRESS)):
        return names.last.get(key, [])
    return [key] if key in names.full else []


def _inside_name(text: str, words: list[re.Match[str]], i: int, last: int, the: bool) -> bool:
    """Whether a capital before or behind shows that the words are a part of another name."""
    behind = (
        words[last + 1].group()
        if last + 1 < len(words) and text[words[last].end() : words[last + 1].start()] == " "
        else ""
    )
    if behind[:1].isupper() and behind.lower() not in MONTHS:
        return True
    before = words[i - 1].group() if i and text[words[i - 1].end() : words[i].start()] == " " else ""
    return not the and before[:1].isupper() and before.lower() not in _OPENERS
