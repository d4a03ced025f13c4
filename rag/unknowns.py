"""What the articles leave open: what they say is unknown, unconfirmed or denied, and what of a topic none covers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.citations import Claim
from rag.clauses import main_clause
from rag.extraction import Weighed, sentence_text
from rag.joining import Joiner
from rag.lexical import STOP_WORDS
from rag.openings import antecedent, needs_more
from rag.schema import Passage, Sentence
from rag.tokens import Token, abbreviates, acronyms, initials, same_name, spelled_out, tokenize

_BE = r"(?:is|are|was|were|remains?|remained|has been|have been)"
_STILL = r"(?:(?:still|also|yet|currently|so far|as yet|largely|entirely|immediately|officially|otherwise)\s)*"
_CLEAR = r"(?:clear|known|certain|confirmed|established|determined|understood|apparent|verified|decided|settled)"
_OPEN = r"(?:unclear|unknown|uncertain|unconfirmed|unverified|unresolved|undecided|undetermined|unexplained|in doubt)"
_WHAT = r"(?:whether|who|whom|whose|what|when|where|why|how|if|which)"
_TALK = r"(?:comment|answer|respond|discuss|elaborate|confirm|disclose|reveal|say|speculate|name|identify|explain)"
_NOTHING_KNOWN = [
    rf"\b{_BE}\s{_STILL}(?:not|n’t|n't)\s{_STILL}(?:immediately\s)?{_CLEAR}\b(?!\s(?:enough|for|as))",
    rf"\b(?:isn|aren|wasn|weren)['’]t\s{_STILL}{_CLEAR}\b(?!\s(?:enough|for|as))",
    rf"\b{_BE}\s{_STILL}{_OPEN}\b",
    rf"\b(?:unclear|unknown|uncertain|unsure)\s{_WHAT}\b",
    r"\b(?:remains?|remained)\sto\sbe\s(?:seen|determined|decided|confirmed|answered|established)\b",
    r"\b(?:remains?|is|are)\s(?:an?\s)?(?:open|unanswered|unresolved|unsolved)\s(?:questions?|mystery|case|issue)\b",
    r"\bquestions?\sremains?\b(?:\s(?:about|over|unanswered|open)\b|[,.:])|\bremains?\sa\s(?:mystery|secret)\b",
    rf"\b(?:nobody|no one|no-one|none of \w+|few)\s(?:knows?|can say|could say|is sure)\b(?=.*\b(?:{_WHAT}|for certain"
    r"|for sure|exactly))",
    r"\b(?:police|officials|investigators|authorities|experts|scientists|researchers|doctors|prosecutors|detectives)\s"
    rf"(?:say they |said they )?(?:do|does|did)(?:\snot|n['’]t)\s(?:yet\s)?know\s(?:for certain\s|exactly\s)?{_WHAT}\b",
    rf"\b(?:has|have|had)(?:\snot|n['’]t)\s(?:yet\s)?(?:been\s)?(?:decided|determined|established|confirmed|verified"
    rf"|identified|disclosed|released|named|said|announced|revealed|explained|specified)\b(?=\s?(?:{_WHAT}|by|the|its|his"
    r"|her|their|any|publicly|yet|officially|independently|[.,]))",
]
_NOT_CHECKED = [
    r"\b(?:could|can|had|has|have)(?:\snot|not)\s(?:yet\s)?(?:immediately\s|independently\s)*(?:be\s|been\s)?"
    r"(?:immediately\s|independently\s)*(?:verif(?:y|ied)|confirm(?:ed)?|corroborated?|authenticated?)\b",
    r"\b(?:unable|not able|not possible|impossible)\sto\s(?:\w+ly\s)?(?:verify|confirm|corroborate|authenticate)\b",
    r"\bno\s(?:\w+\s)?(?:official|independent|immediate|public)\s(?:confirmation|comment|response|word|verification)\b",
    r"\b(?:there\s(?:is|was|has been)|found|offered|provided|presented|produced|shown)\s(?:\w+\s)?no\s(?:\w+\s)?"
    r"(?:evidence|proof|confirmation)\b",
    r"\bno\s(?:\w+\s)?(?:evidence|proof)\s(?:of|that|for|to|has|was|were|exists?)\b",
    r"\bunconfirmed\sreports?\b",
]
_NOT_SAID = [
    rf"\b(?:declined|refused|declines|refuses)\sto\s(?:\w+ly\s)?{_TALK}\b",
    r"\bdid(?:\snot|n['’]t)\s(?:immediately\s|directly\s)?(?:respond|reply|return|answer|comment)\b",
    r"\b(?:could\snot|couldn['’]t)\s(?:immediately\s)?be\sreached\b(?=.*\bcomment\b)",
    r"\b(?:has|have|had)\s(?:not|yet to)\s(?:yet\s)?(?:publicly\s)?(?:commented|comment|responded|respond|replied)\b",
    rf"\b(?:did|would|has|have)(?:\snot|n['’]t)\s(?:yet\s)?(?:say|said|specif(?:y|ied)|disclosed?|elaborated?)\s?(?:{_WHAT}"
    r"|further|the)\b",
]
_DENIED = [
    r"(?<!was\s)(?<!were\s)(?<!been\s)(?<!being\s)(?<!is\s)(?<!are\s)\b(?:denies|denied)\s(?!to\b|entry|access|bail|boarding|permission|them"
    r"|him|her|it\sa|the\s"
    r"(?:request|application|motion|appeal|petition|permit|visa))(?:\w)",
    r"\b(?:disputes|disputed|rejected|rejects|dismissed|dismisses)\s(?:the|these|those|such|any|all|that|his|her|their"
    r"|its|reports|claims|allegations|accusations|suggestions)\s?(?:\w+\s){0,2}"
    r"(?:reports?|claims?|allegations?|accusations?|account|findings?|figures?|suggestions?|charges|version)\b",
    rf"\b{_BE}\s{_STILL}(?:hotly |strongly )?(?:disputed|contested)\b"
    r"(?!\s(?:islands?|territor|area|region|border|waters))",
]
_PENDING = [
    rf"\b{_BE}\s{_STILL}(?:being\sinvestigated|under\sinvestigation)\b",
    r"\b(?:cause|motive|identity|circumstances|whereabouts|fate)\b[^.]{0,60}"
    r"\b(?:under investigation|being investigated)\b",
]
_SIGNS = re.compile(
    "|".join(f"(?:{sign})" for sign in (*_NOTHING_KNOWN, *_NOT_CHECKED, *_NOT_SAID, *_DENIED, *_PENDING)), re.IGNORECASE
)
_SUPPOSED = re.compile(
    r"\b(?:if|unless|would (?:be|have)|until (?:the )?(?:recently|then|now)|was once|used to be|previously|long been"
    r"|little known|lesser.known|well known|best known|made (?:it )?clear|cannot be denied|no longer)\b",
    re.IGNORECASE,
)
"""With these it is not said of today."""
_LATER_KNOWN = re.compile(
    r"\b(?:was|were) (?:not|un)\s?(?:known|clear)\b[^.]*\b(?:until|before|then|at the time|but)\b", re.I
)
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_MANY_WORDS = 60
"""A sentence of more that leaves something open beside what it says would be quoted for what it is not about."""
_SUBORDINATE = re.compile(
    r"(?:^|[,;:–—]\s?)\s?(?:(?:and|but|or|even|just|especially|in part) )?(?:who|whose|whom|which|where|when|while"
    r"|whilst|although|though|whereas|because|since|if|unless|after|before|until|as|with|despite|given)\b[^,;:–—]*$",
    re.IGNORECASE,
)
"""What an aside begins with, up to the end of the text."""
_TIGHT = 0.75
"""Cosine from which two articles leave the same thing open; below it they share a phrase ("declined to comment")."""
SAME = 0.85
"""Cosine from which a sentence only says again what a line of the section says."""
_LANGUAGES = (None, "en")
_LONGEST = 2000
"""Characters of a sentence that are looked at."""
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_ASKING = frozenset(
    "brief briefing report summary overview news latest update updates article articles story stories topic "
    "topics issue issues question questions know known happen happened happens happening say says said tell think "
    "view views position role impact effect effects reaction reactions response responses background history "
    "analysis comprehensive situation development developments fact facts information detail details case current "
    "recent new future past today year years month months week time times people thing things way ways key main "
    "important different various major since during among amid around regarding concerning according vs versus "
    "etc explain describe compare discuss summarise summarize list show give find look like become became make "
    "made take get go going evolution trends performance".split()
)
"""Words by which people ask: that no article has them says nothing of what articles cover."""


def unknowns(pool: Sequence[Weighed], joiner: Joiner, limit: int) -> list[Claim]:
    """At most `limit` sentences in which the articles say that something is unknown, unconfirmed, denied or not said.

    `pool` are sentences on the topic, the most relevant first. A line rests on every article that leaves the same
    open; several sources count as much as standing higher in the pool.
    """
    open_ones = [(rank, one) for rank, one in enumerate(pool) if leaves_open(one.text, one.passage.metadata.language)]
    lines: list[tuple[float, int, Claim]] = []
    kept: list[Weighed] = []
    for rank, one in open_ones:
        if any(float(one.vector @ other.vector) >= SAME for other in kept):
            continue
        before = antecedent(one) if needs_more(one.text) else None
        if needs_more(one.text) and before is None:
            continue
        kept.append(one)
        claim = _claim(one, before, joiner)
        articles = {passage.article_id for passage, _ in claim.places}
        lines.append(((rank + 1) / len(articles), rank, claim))
        if len(kept) >= 4 * max(0, limit):
            break
    return [claim for _, _, claim in sorted(lines, key=lambda line: line[:2])[: max(0, limit)]]


def leaves_open(text: str, language: str | None = "en") -> bool:
    """Whether a sentence says that something is not known, not confirmed, denied, or that somebody would not say."""
    if language not in _LANGUAGES or "?" in text or not text.rstrip("”\"'’) ").endswith((".", "!", "…")):
        return False
    text = " ".join(_IN_BRACKETS.sub(" ", text[:_LONGEST]).split())
    if _SUPPOSED.search(text) or _LATER_KNOWN.search(text):
        return False
    if len(text.split()) <= _MANY_WORDS:
        return _SIGNS.search(text) is not None
    main = main_clause(text)
    return any(not _SUBORDINATE.search(main[: sign.start()]) for sign in _SIGNS.finditer(main))


def _claim(one: Weighed, before: Sentence | None, joiner: Joiner) -> Claim:
    own = (before, one.sentence) if before else (one.sentence,)
    places: list[tuple[Passage, Sentence]] = [(one.passage, sentence) for sentence in own]
    for other in joiner.near(one, _TIGHT):
        if leaves_open(other.text, other.passage.metadata.language) and joiner.bears_out(one, other):
            other_before = antecedent(other) if needs_more(other.text) else None
            places += [(other.passage, sentence) for sentence in (other_before, other.sentence) if sentence]
    return Claim(sentence_text(one.passage, own), tuple(places))


def uncovered(topic: str, pool: Sequence[Weighed]) -> list[str]:
    """Names, telling words and years of the topic that stand in no paragraph, title, heading, publisher or author.

    As the topic writes them, in order; those that stand side by side in it are one phrase. `pool` are sentences of
    the paragraphs found for the topic.
    """
    held = _held(pool)
    keys = {token.key for token in held}
    capitals = list({token.text: token for token in held if token.text[:1].isupper()}.values())
    letters, short = initials(capitals), acronyms(capitals)
    given = {one.passage.article_id: one.passage.metadata.published or "" for one in pool}
    years = {published[:4] for published in given.values()}
    asked = tokenize(topic)
    absent = []
    for token in asked:
        known = token.key in keys or any(same_name(token, other) for other in capitals if token.text[0].isupper())
        known = known or abbreviates(token, letters) or spelled_out(token, asked, short)
        known = known or (_YEAR.fullmatch(token.text) is not None and token.text in years)
        absent.append(not known and _asks(token))
    return _phrases(topic, [token.text for token, gone in zip(asked, absent, strict=True) if gone])


def _held(pool: Sequence[Weighed]) -> list[Token]:
    texts: dict[str, str | None] = {}
    for one in pool:
        metadata = one.passage.metadata
        parts = (one.passage.paragraph.text, one.passage.paragraph.heading, metadata.title, metadata.publisher or "")
        for part in (*parts, *metadata.authors):
            texts.setdefault(part, metadata.language)
    found = {}
    for text, language in texts.items():
        found.update({(token.text, token.key): token for token in tokenize(text, language or "en")})
    return list(found.values())


def _asks(token: Token) -> bool:
    """Whether it says what the topic is about."""
    lower = token.text.lower()
    if token.kind == "figure":
        return _YEAR.fullmatch(token.text) is not None
    return token.telling and len(lower) > 1 and lower not in _ASKING and lower not in STOP_WORDS


def _phrases(topic: str, words: Sequence[str]) -> list[str]:
    """The words as the topic writes them; names side by side make one phrase."""
    phrases: list[str] = []
    at = end = 0
    for word in words:
        start = topic.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        joined = phrases and topic[end:start] in (" ", "-") and word[0].isupper() and phrases[-1][0].isupper()
        if joined:
            phrases[-1] += topic[end:at]
        else:
            phrases.append(word)
        end = at
    return list(dict.fromkeys(phrases))
