"""Clauses of a question that ask something by themselves: a pronoun gives way to what the clause before names. English.

Only where one thing can be meant: not after "Who shot the mayor and why did he do it?".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.leaning import AUXILIARIES, read
from rag.lexical import words
from rag.offices import PEOPLE, head

WH = r"(?:who|whom|whose|what|which|when|where|why|how)"
AUX = "(?:" + "|".join(sorted(AUXILIARIES - {"am", "be", "been", "being"})) + ")"
HOW = r"(?:when|where|why|how)"
"""Asks for a circumstance: it may stand before the same clause as another ("When and where was …")."""
PAST = (
    r"(?:\w+ed|built|bought|sold|won|wrote|made|led|found|held|lost|hit|set|began|broke|caught|drew|drove|fought"
    r"|gave|kept|knew|made|met|ran|runs|sang|shot|sank|spoke|stole|taught|took|owns|leads|plays|played)"
)
PARTICIPLE = r"(?:\w+ed|born|built|bought|sold|won|made|led|found|held|lost|shot|taught|hit)"
_ENDS = (
    r"(?:start|begin|end|happen|stop|open|close|fail|collapse|die|break out|take place|sink|fall|occur|work|resign"
    r"|disappear|emerge|form|retire|leave|originate|come from|arise|live)"
)
"""Verbs that need no object: what stands between them and "did" is the whole subject."""
NAME = r"(?:the\s)?[A-Z][\w’'.-]*(?:\s(?:of\s(?:the\s)?|de\s|van\s|von\s)?[A-Z][\w’'.-]*)*(?<![’']s)(?<![’'])"
PRONOUN = re.compile(
    r"\b(?P<owner>his|its|their|her(?=\s(?!(?:and|or|in|on|at|to|for|from|with|by|about|as|when|after|before|during)\b)[a-z]))\b"
    r"|\b(?P<whole>he|she|it|they|him|her|them)\b"
)
_PEOPLE = frozenset("he she him his her".split())
_PLURAL = frozenset("they them their".split())
_LONGEST_SUBJECT = 7
"""Words."""
_LINK = r"\b(?:of|in|for|from|to|on|at|with|by|under|about|than|against)\b"
_SUBJECTS: tuple[tuple[str, str], ...] = (
    (r"[Ww]ho (?:is|are|was|were) (?P<it>(?:(?!\b(?:to|for|from|with|by|about|under)\b).)+)", "person"),
    (rf"(?i:{WH}(?: \w+)?) (?:did|does|do|will) (?P<it>.+) {_ENDS}", "any"),
    (rf"(?i:{HOW}) (?:was|were|is|are) (?P<it>.+) {PARTICIPLE}(?: in| by| on)?", "any"),
    (rf"(?:[Ww]hat|[Ww]here) (?:is|are|was|were) (?P<it>(?:(?!{_LINK}).)+)", "thing"),
    (rf"(?i:{WH}(?: \w+)?) (?:did|does|do|is|was|has|had) (?P<it>{NAME}) [a-z].*", "name"),
    (rf"[Ww]ho {PAST} (?P<it>.+)", "thing"),
)
"""Questions by form, and what they name: after a "name" only "he" and "she" are plain, if it is the only one."""
_RELATED = re.compile(
    r"\b(?:else|other|another|others|then|such|that|this|these|those|afterwards?|next)\b"
    r"(?! (?:year|month|week|century)\b)|\bafter\W*$",
    re.IGNORECASE,
)
"""It says that a part goes on from the one before, in a way that no subject put in makes good."""
_KNOWN_THING = re.compile(
    r"\b[Tt]he (?:album|article|attack|band|battle|book|case|city|company|country|episode|event|film|game|group|law"
    r"|movie|EP|project|record|report|series|show|song|story|team|treaty|trial|war)\b(?! (?:of|in|between|[\"“]?[A-Z]))"
)
"""Which one, the part before tells."""
RELATIVE = re.compile(rf"\b(?:{WH}|that|if|whether|between|because)\b", re.IGNORECASE)


def _subject(clause: str, pronoun: str) -> str:
    """Whom or what the pronoun means after the clause: its subject, or what "Who founded …" asks about; or nothing."""
    for form, kind in _SUBJECTS:
        if found := re.fullmatch(form, clause):
            it = found["it"]
            if len(it.split()) > _LONGEST_SUBJECT or re.search(r"[’']s? |\band\b", it):
                return ""
            told = not RELATIVE.search(it) and not PRONOUN.search(it) and _may_mean(pronoun, it, kind)
            return it if told and (kind != "name" or not _other_name(clause[found.end("it") :])) else ""
    return ""


def _may_mean(pronoun: str, subject: str, kind: str) -> bool:
    """Whether "he", "it" or "they" may stand for the subject of a question of that kind."""
    if pronoun in _PLURAL:
        return kind != "name" and bool(re.search(r"[^s]s$|people$|men$", subject)) and " of " not in subject
    if pronoun in _PEOPLE:
        last = re.split(r" (?:of|in|for) ", subject)[0].split()[-1]
        described = subject.lower().startswith(("the ", "a ", "an ")) or last.islower() != subject.islower()
        return kind != "thing" and not (described and head(last) not in PEOPLE)
    return kind in ("any", "thing")


def _other_name(rest: str) -> bool:
    """Whether what follows names another who may be meant: not a place or a time."""
    return bool(re.search(rf"(?<!\bin)(?<!\bat)(?<!\bon)(?<!\bfrom) {NAME}", rest))


def alone(clause: str, before: str) -> str:
    """The clause as a question of its own, its first pronoun replaced by what it means; empty where that is open."""
    found = PRONOUN.search(clause)
    if _RELATED.search(clause):
        return ""
    if found is None or _named(clause[: found.start()]):
        open_ = _KNOWN_THING.search(clause) or (found and _foreign_to(found, clause))
        return f"{clause}?" if stands(clause) and _named(clause) and not open_ else ""
    subject = _subject(before, found.group())
    kinds = {_kind(other.group()) for other in PRONOUN.finditer(clause)}
    happens = found.group() == "it" and re.search(r"\b(?:happen|occur|take place)\b", clause)
    if not subject or len(kinds) > 1 or happens or _KNOWN_THING.search(clause[: found.start()]):
        return ""
    name = owner(subject) if found["owner"] else subject
    told = clause[: found.start()] + name + clause[found.end() :]
    return f"{told}?" if stands(told, words(subject)) else ""


def _foreign_to(pronoun: re.Match[str], clause: str) -> bool:
    """ "How did the Canadians take his apology": not theirs."""
    return pronoun.group() in _PEOPLE and bool(re.search(r"\bthe [A-Z]\w*s\b", clause[: pronoun.start()]))


def _kind(pronoun: str) -> str:
    return "people" if pronoun in _PEOPLE else "many" if pronoun in _PLURAL else "thing"


def stands(clause: str, known: Sequence[str] = ()) -> bool:
    """Whether it leans on nothing before it."""
    return read(f"{clause}?", {word.lower() for word in known}).lean in ("none", "vague")


def _named(clause: str) -> bool:
    """Whether it says by a name what it is about."""
    return any(word.name for word in read(f"{clause}?", ()).words)


def owner(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"
