"""Questions that a sentence answers, made by rule: its name, date or figure is taken out and asked for. English.

Subjects are asked for in place ("Who opened the bridge?"), dates and figures by turning the clause round ("When did
Holm open the bridge?"), after Heilman and Smith (Good Question!, NAACL 2010), without a parser: where the words do not
tell for sure what is subject and verb, nothing is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.clause_order import (
    AUXILIARIES,
    PARTICIPLE,
    Clause,
    Known,
    clause_of,
    lowered,
    one_subject,
    plain_clause,
    turned_round,
)
from rag.clauses import attached
from rag.counts import counted
from rag.offices import BODIES, INSTITUTIONS
from rag.speakers import role, speaker
from rag.timexes import timexes

LONGEST = 26
"""Words of a question: what is longer nobody types."""
_TOLD = re.compile(r"\b(?:that|how|why|whether|what|is|was|were|are|has|have|had|will|would|[a-z]+ed)\b")
_SAYING = frozenset("said says told tells added wrote claimed announced".split())
_QUOTE = re.compile(
    r"^[“\"](?P<quote>[^“”\"]{20,400}?)[,.!?]?[”\"],? (?:(?P<who>[A-Z][^,“”\"]{2,60}?) (?:said|says|told|wrote|added"
    r"|warned|explained|argued)\b|(?:said|says|wrote|added|warned|explained|argued) (?P<whom>[A-Z][\w’'. -]{2,40}?)"
    r"(?:[,.]|$))"
)
_BESIDE = re.compile(
    r"\b(?!(?:And|But|Yet|When|While|The|As|Then|In|On|At|If|For|Today|Later)\b)"
    r"(?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,3}), "
    r"(?P<role>(?:an? |the )?[a-zA-Z][^,;:.“”\"()–—]{10,90})(?=[,.;]|$)"
)
_BEFORE = re.compile(
    r"\b(?P<role>(?:[Tt]he|[A-Z]\w+[’']s) [^,;:.“”\"()–—]{6,70}), (?P<name>[A-Z][\w’'-]+ [A-Z][\w’'-]+)(?=[,.])"
)
_DATE_LEAD = re.compile(
    r"(?P<gap>,? ?)(?P<preposition>\b(?:on|in)) (?:(?:early|late|the (?:morning|evening) of) )?$", re.I
)
_YEAR = re.compile(r"\bin ((?:1[5-9]|20)\d\d)(?![\w%–-])", re.IGNORECASE)
COUNTRIES = frozenset(
    """
    Afghanistan Albania Algeria Argentina Armenia Australia Austria Azerbaijan Bangladesh Belarus Belgium Bolivia Brazil
    Britain Bulgaria Cambodia Canada Chile China Colombia Croatia Cuba Cyprus Denmark Ecuador Egypt Estonia Ethiopia
    Finland France Georgia Germany Ghana Greece Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Japan
    Jordan Kazakhstan Kenya Kuwait Latvia Lebanon Libya Lithuania Luxembourg Malaysia Mexico Moldova Mongolia Morocco
    Myanmar Nepal Netherlands Nigeria Norway Pakistan Panama Peru Philippines Poland Portugal Qatar Romania Russia
    Rwanda Serbia Singapore Slovakia Slovenia Somalia Spain Sudan Sweden Switzerland Syria Taiwan Tanzania Thailand
    Tunisia Turkey Uganda Ukraine Uzbekistan Venezuela Vietnam Yemen Zambia Zimbabwe
    """.split()
)
PLACES = frozenset(
    "Mount Lake Port Fort Cape San Los Las New North South East West Saint River Street Upper Lower Central America "
    "Europe Africa Asia Kong City County Island Islands States Kingdom Nations Union Sea Ocean Road Avenue Park "
    "Valley".split()
)
"""Words by which a name is that of a place."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the words of the sentence that answer it."""

    question: str
    answer: str


def questions(sentence: str, known: Known) -> Iterator[Asked]:
    """What the sentence can be asked for, best first; nothing where its parts cannot be told."""
    text = " ".join(sentence.split())
    yield from _of_quote(text, known)
    yield from roles(text, known)
    plain = plain_clause(text)
    if plain:
        yield from _of_date(plain, known)
        if clause := clause_of(plain):
            yield from _of_agent(clause, known)
            yield from _of_subject(clause, known)
            yield from _of_figure(clause, known)
            yield from _reported(clause, known)


def _of_quote(text: str, known: Known) -> Iterator[Asked]:
    """ "Who said “…”?"; a long quotation is cut where a clause ends."""
    found = _QUOTE.match(text)
    who = speaker(found["who"] or found["whom"], known.words) if found else None
    if not found or who is None or who.kind != "name" or known.words.is_outlet(who.name):
        return
    quote = found["quote"]
    if len(quote.split()) > 18:
        ends = [
            at.start() for at in re.finditer(r"[,;.] | [–—-] ", quote) if 6 <= len(quote[: at.start()].split()) <= 18
        ]
        if not ends:
            return
        quote = quote[: ends[-1]]
    yield Asked(f"Who said “{quote.strip(' ,.;')}”?", who.name)


def roles(text: str, known: Known) -> Iterator[Asked]:
    """ "Who is the head of the fund?", of "Ida Holm, head of the fund, …" and "the head of the fund, Ida Holm, …"."""
    for found in (*_BESIDE.finditer(text), *_BEFORE.finditer(text)):
        beside, name = re.sub(r" and (?:an?|the) .*$", "", found["role"]).strip(), found["name"]
        named = speaker(name, known.words)
        if not role(re.sub(r"^[A-Z]\w+[’']s ", "", beside)) or beside.split()[0].endswith("ing") or named is None:
            continue
        if re.search(r"\b(?:said|says|told|was|were|is|are|has|had|and|whom?|since|until)\b", beside) or named.role:
            continue
        if (
            not re.search(r" (?:of|at|for|in) |[A-Z]", beside[1:] + name[:0])
            and "’s " not in beside
            and "'s " not in beside
        ):
            continue
        if name.split()[-1] in known.people and not {part.lower() for part in name.split()} & (BODIES | INSTITUTIONS):
            article = "" if re.match(r"[A-Z]\w+[’']s ", beside) else "the "
            yield Asked(f"Who is {article}{re.sub('^(?:an?|[Tt]he) ', '', beside)}?", name)


def _of_date(plain: str, known: Known) -> Iterator[Asked]:
    """ "When did Holm open the bridge?", "In which year …?", where the date is that of the main clause."""
    dates = [(date.start, date.end, "When") for date in timexes(plain) if date.month and (date.day or date.year)]
    years = [] if dates else [(found.start(1), found.end(1), "In which year") for found in _YEAR.finditer(plain)]
    for start, end, word in (*dates, *years):
        before = _DATE_LEAD.search(plain[:start])
        if not before or attached(plain + ".", before.start("preposition"), end) is None:
            continue
        rest = f"{plain[: before.start()]} {plain[end:].lstrip(', ')}".strip()
        clause = clause_of(rest[:1].upper() + rest[1:])
        if clause and (turned := turned_round(clause, known)):
            yield Asked(_sentence(f"{word} {turned}", clause.lead), plain[start:end])


def _of_agent(clause: Clause, known: Known) -> Iterator[Asked]:
    """ "Who was the bank founded by?"."""
    found = re.fullmatch(r"(?P<done>[a-z]+(?:ed|en|wn|ilt|old|ut|ade|ost|et)) by (?P<who>[^,]+)", clause.rest)
    asked = _interrogative(found["who"], known) if found and clause.verb in ("was", "were", "is", "are") else None
    if found and asked and asked[0] != "Who or what" and "," not in clause.subject:
        subject = lowered(clause.subject, known)
        yield Asked(_sentence(f"{asked[0]} {clause.verb} {subject} {found['done']} by", clause.lead), asked[1])


def _of_subject(clause: Clause, known: Known) -> Iterator[Asked]:
    """ "Who opened the bridge?"."""
    asked = _interrogative(clause.subject, known)
    if asked is None or not clause.rest or "," in clause.subject.replace(", ", "", 2):
        return
    word, answer = asked
    if clause.verb in ("are", "were", "have") or (clause.verb in _SAYING and not _TOLD.search(clause.rest)):
        return
    if word == "Who or what" and clause.verb in ("is", "was"):
        word = "What"
    rest = one_subject(clause.rest).removeprefix("also ")
    yield Asked(_sentence(f"{word} {clause.adverb} {clause.verb} {rest}", clause.lead), answer)


def _interrogative(subject: str, known: Known) -> tuple[str, str] | None:
    """What asks for the subject, and its name; None if it names nobody and nothing for sure."""
    subject = re.sub(r"^[A-Z][a-z]+ly,? ", "", subject)
    bare = subject.split(",")[0].removeprefix("The ").removeprefix("the ")
    if bare in COUNTRIES or bare in ("Soviet Union", "United States", "United Kingdom", "U.S."):
        return "Which country", bare
    comma = "," if "," in subject and not subject.endswith(",") else ""
    who = speaker(subject + comma, known.words, opens=True)
    if who is None or who.kind != "name" or who.many or known.words.is_outlet(who.name):
        return None
    parts = who.name.removeprefix("the ").split()
    if {part.lower() for part in parts} & (BODIES | INSTITUTIONS):
        return ("Which institution", " ".join(parts)) if len(parts) > 1 else None
    if who.name.startswith("the "):
        return "Who or what", " ".join(parts)
    people = known.people if len(parts) > 1 else known.here
    return ("Who", who.name) if parts[-1] in people and not set(parts) & (COUNTRIES | PLACES | known.places) else None


def _of_figure(clause: Clause, known: Known) -> Iterator[Asked]:
    """ "How many cranes did the harbour buy?", of a figure that begins the subject or follows the verb."""
    if found := counted(clause.subject):
        what, figure, rest = found
        if not rest:
            told = one_subject(clause.rest)
            yield Asked(_sentence(f"{what} {clause.verb} {told}", clause.lead), figure)
        return
    helped = re.match(rf"(?P<form>{PARTICIPLE.pattern}) (?P<rest>.+)", clause.rest, re.DOTALL)
    helped = helped if clause.verb in AUXILIARIES else None
    if clause.verb in AUXILIARIES - {"had"} and not helped:
        return
    if found := counted(helped["rest"] if helped else clause.rest):
        what, figure, rest = found
        if turned := turned_round(clause, known, f"{helped['form']}{rest}" if helped else rest.strip()):
            yield Asked(_sentence(f"{what} {turned}", clause.lead), figure)


def _reported(clause: Clause, known: Known) -> Iterator[Asked]:
    """ "According to Holm, how many cranes …?", of what somebody says."""
    said = re.match(r"(?:\w+day )?that (?P<told>.+)$", clause.rest, re.DOTALL) if clause.verb in _SAYING else None
    who = _interrogative(clause.subject, known)
    inner = clause_of(said["told"]) if said and who and who[0] == "Who" else None
    if inner and who and not clause.lead:
        for asked in _of_figure(inner, known):
            yield Asked(f"According to {who[1]}, {asked.question[0].lower()}{asked.question[1:]}", asked.answer)


def _sentence(question: str, lead: str) -> str:
    """One question, with what led up to the sentence at its end."""
    question = re.sub(r" (?=[,.;:])", "", " ".join(question.split())).rstrip(" ,.")
    if lead.startswith("According to"):
        return f"{lead}, {question[:1].lower()}{question[1:]}?"
    return f"{question} {lead[0].lower()}{lead[1:]}".strip(" ,") + "?" if lead else f"{question}?"
