"""Questions that ask several things, as questions that each ask one; their rankings joined. By rule, English.

A question is split only where every part stands alone: what a part leaves out is put in from the one before, and where
that is not plain the question stays whole ("Who shot the mayor and why did he do it?": who is "he"?).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.lexical import words
from rag.offices import head
from rag.question_subjects import AUX, HOW, NAME, PARTICIPLE, PAST, PRONOUN, RELATIVE, WH, alone, owner, stands
from rag.schema import Passage

MOST_PARTS = 4
"""A question of more parts is a list; each would get too small a share of the passages."""
LONGEST = 400
"""Characters: what is longer is a text, not a question."""
_SAY = (
    r"(?:say|think|believe|argue|claim|write|report|predict|recommend|suggest|tell\sus|propose)"
    r"(?=\s(?:about|on|of|regarding|will|would|should|is|are|was|were|caused|happened|the)\b)"
)
_SEE = r"(?:respond\sto|react\sto|view|see|describe|explain|assess|cover|portray|characteri[sz]e|report\son|justify)"
_VIEWS = (
    r"(?:views?|positions?|opinions?|stances?|arguments?|attitudes?|approach(?:es)?|polic(?:y|ies)|accounts?|reactions?"
    r"|responses?|plans?)"
)
_TOGETHER = re.compile(r"\b(?:each other|one another|together|jointly|both|between|same)\b|&", re.IGNORECASE)
_PAIRS = frozenset(
    "antigua barbuda|adam eve|abbott costello|barnes noble|black decker|bonnie clyde|bosnia herzegovina|crick watson"
    "|dolce gabbana|ernst young|gilbert sullivan|hansel gretel|johnson johnson|lewis clark|marks spencer|procter gamble"
    "|rodgers hammerstein|romeo juliet|simon garfunkel|smith wesson|tom jerry|trinidad tobago|watson crick".split("|")
)
"""Two words that are one name."""


def split_question(question: str) -> tuple[str, ...]:
    """Its parts, each a question that stands alone, four at most; the question itself where it is one."""
    text = " ".join(question.split())
    if not text or len(text) > LONGEST:
        return (question,)
    parts = _sentences(text) or _split(text)
    distinct = tuple(dict.fromkeys(parts))
    return distinct if 1 < len(distinct) <= MOST_PARTS else (question,)


def join(rankings: Sequence[Sequence[Passage]], k: int) -> list[Passage]:
    """The k best of all rankings in turn: from each the next that is not taken yet; no paragraph twice."""
    queues = [list(reversed(ranking)) for ranking in rankings]
    joined: list[Passage] = []
    taken: set[str] = set()
    while any(queues) and len(joined) < k:
        for queue in queues:
            while queue and queue[-1].paragraph_id in taken:
                queue.pop()
            if queue and len(joined) < k:
                joined.append(queue.pop())
                taken.add(joined[-1].paragraph_id)
    return joined


def _sentences(text: str) -> tuple[str, ...]:
    """ "Who is X? And what did he say?": each sentence a question, none leaning on more than the subject before."""
    found = re.findall(r"[^?]+\?+", text)
    if len(found) < 2 or "".join(found) != text or any(re.search(r"[.!]\s+[A-Z]", one) for one in found):
        return ()
    parts: list[str] = []
    for one in found:
        clause = re.sub(r"^(?:and|but|also|so)\s+|[\s?]+$", "", one.strip(), flags=re.IGNORECASE)
        clause = _capital(clause)
        told = alone(clause, parts[-1][:-1]) if parts else f"{clause}?" if stands(clause) else ""
        if not told or not re.match(rf"(?:in |on |at )?{WH}\b|{AUX}\b", clause, re.IGNORECASE):
            return ()
        parts.append(told)
    whole = [part for one in parts for part in _split(one) or (one,)]
    return tuple(whole)


def _split(text: str) -> tuple[str, ...]:
    """The parts of one sentence, by the first rule that fits; none where it is one question."""
    clause = text.rstrip("?. ")
    rules: tuple[Callable[[str], tuple[str, ...]], ...] = (_circumstances, _clauses, _speakers, _views)
    return next((parts for rule in rules if (parts := rule(clause))), ())


def _circumstances(clause: str) -> tuple[str, ...]:
    """ "When and where was X born", "When did X start and why", "Who founded X and when"."""
    if found := re.fullmatch(rf"({HOW})(?:, ({HOW}))?,? and ({HOW}) ({AUX} .+)", clause, re.IGNORECASE):
        asked = [word for word in found.groups()[:3] if word]
        rest = found[4]
    elif found := re.fullmatch(rf"({HOW}) ({AUX} .+?),? and ({HOW})(?: exactly)?", clause, re.IGNORECASE):
        asked, rest = [found[1], found[3]], found[2]
    elif found := re.fullmatch(rf"(Who) ({PARTICIPLE}) (.+?),? and ({HOW})(?: exactly)?", clause, re.IGNORECASE):
        who, verb, thing, how = found.groups()
        if RELATIVE.search(thing) or " and " in thing or PRONOUN.search(thing):
            return ()
        return f"{who} {verb} {thing}?", f"{_capital(how)} was {thing} {verb}?"
    else:
        return ()
    if RELATIVE.search(rest) or not stands(f"{asked[0]} {rest}"):
        return ()
    return tuple(f"{_capital(word)} {rest}?" for word in asked)


def _clauses(clause: str) -> tuple[str, ...]:
    """ "Who is X and what did he say about Y": two clauses, each with a question word and a verb of its own."""
    verb = rf"(?:{AUX}|{PAST})"
    asks = (
        rf"(?:{HOW} {AUX}|(?:who|whom|what) {verb}|(?:which|what|whose) [\w’'-]+ {AUX}"
        r"|how (?:many|much|long|old|big|far|often|tall|large)\b)"
    )
    found = re.fullmatch(rf"({WH} .+?),? and ({asks} .+)", clause, re.IGNORECASE)
    if not found or re.search(rf"\band {WH}\b", found[2], re.IGNORECASE):
        return ()
    first, second = found[1], _capital(found[2])
    if RELATIVE.search(first.split(" ", 1)[1]) or not re.search(rf"\b{verb}\b", first, re.IGNORECASE):
        return ()
    told = alone(second, first)
    return (f"{first}?", told) if told and stands(first) else ()


def _speakers(clause: str) -> tuple[str, ...]:
    """ "What do A and B say about X", "How did A, B and C react to X": what each does alone."""
    party = r"(?:the )?[\w’'.-]+(?: [\w’'.-]+){0,5}?"
    listed = rf"(?P<all>{party}(?:, {party}){{0,2}},? and {party})"
    verbs = rf"(?P<wh>what|how) (?P<aux>do|did|does|have|has) {listed} (?P<rest>(?:{_SAY}|{_SEE}) .+)"
    found = re.fullmatch(verbs, clause, re.IGNORECASE)
    if not found or _TOGETHER.search(clause):
        return ()
    parties = _parties(found["all"])
    aux = found["aux"].lower()
    if not parties or aux in ("have", "has"):
        return ()
    return tuple(f"{found['wh']} {_aux_for(aux, one)} {one} {found['rest']}?" for one in parties)


def _views(clause: str) -> tuple[str, ...]:
    """ "How does A's view of X differ from B's", "What are the views of A and B on X", "Compare A and B on X"."""
    end = rf"(?:that of |those of )?(?P<b>{NAME})(?:[’']s?)?(?: {_VIEWS})?"
    verb = r"(?:differ from|vary from|compare (?:to|with)|different from)"
    what = rf"(?P<what>{_VIEWS}(?: (?:of|on|about|towards?|to) .+?)?)"
    own = rf"How (?:does|do|did|is|are|was) (?P<a>{NAME})[’']s? {what} {verb} {end}"
    if found := re.fullmatch(own, clause):
        is_ = "are" if found["what"].split()[0].endswith("s") else "is"
        return tuple(f"What {is_} {owner(found[name])} {found['what']}?" for name in ("a", "b"))
    lead = rf"(?P<lead>What (?:are|were|is|was) the {_VIEWS} of)"
    of = rf"{lead} (?P<all>.+? and .+?) (?P<on>(?:on|about|towards?|to|regarding) .+)"
    if found := re.fullmatch(of, clause):
        return tuple(f"{found['lead']} {one} {found['on']}?" for one in _parties(found["all"]))
    about = r"(?:on|regarding|in terms of|with regard to|when it comes to|in their views? (?:of|on)) (?P<on>.+)"
    for form in (rf"Compare (?P<all>.+? (?:and|with|to) .+?) {about}", rf"How do (?P<all>.+? and .+?) differ {about}"):
        if found := re.fullmatch(form, clause, re.IGNORECASE):
            return tuple(f"What about {one} on {found['on']}?" for one in _parties(found["all"]))
    return ()


def _parties(listed: str) -> tuple[str, ...]:
    """Those of a list ("A, B and C") if each is a name or a word for people, and no two are one name; else none."""
    parts = re.split(r",? (?:and|with|to) |, ", listed)
    if len(parts) > MOST_PARTS or " ".join(words(listed.lower().replace(" and ", " "))) in _PAIRS:
        return ()
    for part in parts:
        bare = part.split()
        people = (bare[0].lower() == "the" and len(bare) <= 3 and head(bare[-1])) or (len(bare) == 1 and head(part))
        if not (re.fullmatch(NAME, part) or people):
            return ()
    return tuple(parts)


def _aux_for(aux: str, party: str) -> str:
    """ "do" of several is "does" of one."""
    plural = party.split()[-1].endswith("s") and not party[:1].isupper() and not re.search("[A-Z]", party)
    return "does" if aux == "do" and not plural else aux


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
