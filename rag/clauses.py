"""Which verb a date goes with, told by words alone: whether it dates what the sentence says, and if that is past or
to come. English. In doubt it dates nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Tense = Literal["past", "future"]

_PASTS = frozenset(
    "was were had did went came took gave made said told got saw found left lost won met held sent built bought sold "
    "brought caught began became beat blew broke chose cut dealt drew drove fell fought fled flew forbade forgot froze "
    "grew hung hit hurt kept knew laid lay led lent let lit meant paid put quit ran rang read rode rose sank sang sat "
    "set shook shot showed shrank shut slept slid spent split spoke spread sprang stood stole struck stuck swam swept "
    "swore taught thought threw tore understood undid unveiled upheld withdrew woke wore wrote overthrew overtook "
    "overcame underwent undertook foresaw forgave bore bound bred burnt cast clung cost crept dug drank ate felt fed "
    "heard hid kicked knelt leapt mistook oversaw partook proved rebuilt reran retook rewrote sought shone slew sped "
    "spun stung strode strove outlawed outbid ceded".split()
)
_PARTICIPLES = frozenset(
    "begun become beaten blown broken chosen drawn driven fallen fled flown forbidden frozen given gone grown hidden "
    "known overthrown ridden risen seen shaken shown shrunk sold spoken stolen sunk sworn taken thrown torn undergone "
    "undertaken withdrawn woken worn written born borne done eaten built made held sent brought caught cut found hit "
    "hurt kept laid led left lost met paid put read set shot shut spent split spread struck taught told won bought"
    " caught rebuilt sought upheld unveiled fought".split()
)
_FINITE = _PASTS - _PARTICIPLES
_BEFORE_ADJECTIVE = frozenset("a an the its his her their our my this that these those of with by for in from to "
                              "at on as more most less so very".split())  # fmt: skip
_PRESENT = frozenset("is are has have been be being am isn’t aren’t serves plays remains includes marks".split())
_NO_VERBS = frozenset(
    "united hundred indeed need seed feed speed breed exceed proceed succeed bed shed embed wicked sacred naked red "
    "armed unprecedented limited aged so-called supposed alleged unnamed related concerned noted based located agreed-"
    " involved used detailed talented gifted crowded wed weed deed greed creed media-led heed bleed".split()
)
_STATES = frozenset(
    "was were had lived remained stayed knew owned stood lay meant felt thought believed wanted seemed appeared cost "
    "averaged totalled totaled accounted represented contained included consisted belonged employed counted ranged "
    "saw enjoyed liked loved hated served ran kept held".split()
)
"""Verbs of how things were: with a month or a year they tell no event."""
_ABOUT = re.compile(
    r"\b(?:condemn|critici[sz]|prais|recall|remember|discuss|describ|cit|refer|compar|mention|blam|den|investigat"
    r"|commemorat|recount|apologi[sz]|regrett?|celebrat|mourn|honou?r|defend|examin|analy[sz]|review|link|predict"
    r"|forecast|expect|plann|schedul)(?:ed|ied)\s+\w",
    re.IGNORECASE,
)
"""What these are said of may be what is dated ("condemned the raid in May")."""
_INTENDS = re.compile(
    r"\b(?:agree|plan|vow|promise|threaten|decide|want|hope|intend|offer|seek|sought|pledge|ask|order|urge|call|expect"
    r"|schedule|invite|refuse|decline|fail|try|tried|force|allow|propose|demand|warn|prepare|attempt|need|like|supposed"
    r"|due|set|aim|arrange|told|tell|persuade|permit|require|commit|continue)\w*\b[^.]*?\bto\s[a-z]+",
    re.IGNORECASE,
)
_COMES = re.compile(
    r"\b(?:will(?! have)|’ll|'ll|shall|(?:is|are) (?:set|due|scheduled|slated|expected|going|planned|to|poised)\b"
    r"|(?:plans|intends|expects|aims) to)\b",
    re.IGNORECASE,
)
_APPOINTED = re.compile(
    r"\b(?:is|are|has been|have been) (?:now )?(?:set|due|scheduled|slated|planned) $", re.IGNORECASE
)
_NOT_SO = re.compile(
    r"\b(?:not|never|n’t|n't|no|nobody|none|neither|nor|without|unless|if|whether|would|could|should|might|may|must|can"
    r"|likely|unlikely|probably|possibly|perhaps)\b|n['’]t\b"
)
"""What did not happen, or only may have, is no event."""
_UNDER = re.compile(
    r"\b(?:that|which|who|whom|whose|where|when|while|because|although|though|after|before|since|until|till|following"
    r"|despite|amid|than|compared|versus|vs|unlike|like|including|such as|except|once|whereas|so that|ahead of|prior"
    r"|between|from [^,]* to|as (?!(?:an?|the|its|his|her|their|well|part)\b|[A-Z]))",
    re.IGNORECASE,
)
"""Words that begin what is under another verb, or compare."""
_REPORTS = re.compile(
    r"\b(?:said|says|announced|confirmed|reported|added|noted|explained|stated|revealed|wrote|claimed|recalled)"
    r"\s+that\b"
)
_SAYS = re.compile(
    r"\b(?:said|announced|confirmed|reported|added|explained|stated|revealed|wrote|claimed|ruled|told)\b"
)
_EVENTS = (
    r"(?:attacks?|killings?|murders?|wars?|invasion|elections?|vote|referendum|speech|interview|statement|meetings?"
    r"|summit|protests?|riots?|crash|explosion|raids?|strikes?|deal|agreement|trial|death|visit|launch|collapse|coup"
    r"|uprising|crisis|pandemic|race|campaign|debate|game|match|hearing|report|decision|ruling|announcement|victory"
    r"|defeat|win|loss|arrest|accident|shootings?|bombings?|fire|floods?|earthquake|storm|hurricane|massacre|genocide"
    r"|revolution|rally|march|celebrations?|ceremony|festival|games|conference|tournament|championships?|tour|season|conflict"
    r"|operation|offensive|birth|marriage|wedding|sale|purchase|merger|takeover|incident|outbreak)"
)
_OF_EVENT = re.compile(
    rf"\b(?:of|for|over|about|to|from|with|against|on|by|in)\s(?:[\w’'-]+\s){{0,5}}{_EVENTS}\s*$"
    r"|\b(?:of|for|over|about|with|by|in|from|to)\s+(?:allegedly\s)?\w+ing\b[^,]*$",
    re.IGNORECASE,
)
"""What is said of an event, or of a deed, may be dated by it: "charged over the attack in May"."""
_ASIDE = re.compile(
    r",\s(?P<clause>(?:who|which|whose|whom|where|to|an?|the|one|(?:[a-z]+ly |first |then )*[a-z]+(?:ed|en|ing)|built"
    r"|made|held)\b[^,]*),|\([^()]*\)|\[[^\[\]]*\]|\s?[–—]\s?[^–—]*\s?[–—]\s?"
)
"""What stands between commas, brackets or dashes beside the main clause."""
_OWN_VERB = re.compile(r"(?:an?|the|one)\b.*\b(?:is|are|has|have|was|were|said|says|told)\b")
_HANGING = re.compile(
    r",\s(?:an?|the|one|with|out|due|set|now|available|scheduled|slated|(?:[a-z]+ly |first |then )*[a-z]+(?:ed|en|ing)"
    r"|built|made|held)\b[^,]*$"
)
"""The same at the end of the sentence ("Lunde, a town founded in 1850")."""
_SUBJECTLESS = re.compile(
    r"^\W*(?:(?:First|Initially|Originally|Once|Newly|Previously|Formerly)\s)?(?:[A-Z][a-z]+(?:ing|ed)|[a-z]+ed|Born|Built"
    r"|Made|Having|Being)\b[^,]*$"
)
"""A participle that leads up to the main clause ("Founded in 1850, Lunde is …")."""
_TOLD = re.compile(r"\b(?:is|are|was|were|has|have|had)\b")
_ZERO = re.compile(
    r"\b(?!(?:said|says|that|and|but|added|announced|confirmed|claimed|so|then|also|believed|revealed|noted|thought)\b)"
    r"[a-z]+\s(?:(?:he|she|they|it|we|you)\s[a-z]+|(?:his|her|their)\s[a-z]+\s[a-z]+ed\s*$)"
)
"""A relative clause without a pronoun: "the firm she founded in 1990"."""
_OPENS = re.compile(
    r"^[\W_]*(?:(?:and|but|then|however|meanwhile|also|earlier|later|finally|instead|moreover|still|yet|only|just"
    r"|it was|exactly|similarly|indeed|in fact|in addition|for example|for instance)\b[,\s]*)?$",
    re.IGNORECASE,
)
_CUT = re.compile(r"[;:]|,\s(?:and|but|while|though|although|which|who|where|when|after|before|as)\b|\s[–—]\s")
_FOLLOWS = re.compile(
    r"^(?:$|[.,;:!”\"’')–—\s]*$|[,;]\s|[.”\"]|\s+(?:a|an|the|to|at|in|on|by|for|from|with|after|before|as|and|but|or|that"
    r"|when|where|while|of|over|about|against|into|during|following|amid|because|since|near|outside|inside|under"
    r"|without|his|her|their|its|he|she|it|they|we|this|these|those|due|despite|under|via|through|between|alongside"
    r"|alone|there|here|with|who|which|using|[a-z]+ing|[a-z]+ly)\b)"
)
_RANGE = re.compile(
    r"^\s?,?\s?(?:\d{3,4}\b|[-–—/]|to\b|until\b|through\b|and (?:\d|on \d|in \d|[A-Z]\w+(?:day|ber|ary)\b)|or\b"
    r"|[’'`]s?\b)"
)
_NAMED_FOR = re.compile(
    r"^\s?(?:Night|Morning|Live|Times|Post|Revolution|Agreement|Games|Olympics|World|Cup|Review|Accords?|Show|Book"
    r"|dollars|terms|prices|season|model|edition|levels|figures|alone\b)"
)


@dataclass(frozen=True, slots=True)
class Attached:
    """What is dated: its tense, and the words that tell it."""

    tense: Tense
    clause: str


def attached(text: str, start: int, end: int) -> Attached | None:
    """The clause that tells what the sentence `text` says, if the date at `start:end` is the date of that; else None.

    "The port closed on Friday" and "On Friday, the port closed", but not "the port, built in 2019, closed".
    """
    if text[start:end].lower().startswith("for ") and not _APPOINTED.search(text[:start]):
        return None
    if _NAMED_FOR.match(text[end:]) or _RANGE.match(text[end:]) or _quoted(text, start):
        return None
    asides = (aside for aside in _ASIDE.finditer(text) if aside.start() < start < aside.end())
    if any(not re.match(r"(?:an?|the)\b", aside["clause"] or "") or not _finite(aside["clause"]) for aside in asides):
        return None
    if _OPENS.match(text[:start]):
        told = _fronted(text[end:])
        nowadays = text[start:end].lower() == "today" and told and not _finite(told.clause)
        return None if nowadays else told
    before = main_clause(text[:start])
    hanging = _HANGING.search(text[:start])
    told_before = hanging and _TOLD.search(main_clause(text[: hanging.start()] + ","))
    if hanging and told_before and not _finite(hanging.group()):
        return None
    return _trailing(before, text[end:])


def happens(told: Attached) -> bool:
    """Whether a verb of the clause tells what happens, not only how things were."""
    words = re.findall(r"[A-Za-z][\w’'-]*", told.clause)
    if told.tense == "future":
        return True
    for i, word in enumerate(words):
        if word in _STATES:
            if word in ("was", "were", "had") and any(_participle(other) for other in words[i + 1 : i + 4]):
                return True
        elif _past(words, i):
            return True
    return False


def _quoted(text: str, start: int) -> bool:
    before = text[:start]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


def _fronted(after: str) -> Attached | None:
    """ "On Friday, the port closed": the first verb is the one."""
    clause = re.match(r"^[,\s]*(.*)$", after, re.DOTALL)
    rest = clause.group(1) if clause else after
    if re.match(r"(?:when|after|before|while|as|since|if|because|during|and|or|but|which|who|at least)\b", rest):
        return None
    if re.match(r"(?:is|are|was|were|will be|marks|marked|saw|has|had|would)\b", rest):
        return None  # the date is what is spoken of
    rest = main_clause(rest)
    cut = _CUT.search(rest)
    main = rest[: cut.start()] if cut else rest
    verb = _verb(main)
    if verb is None or _NOT_SO.search(_up_to_verb(main)) or re.search(r"\bhad (?:been|[a-z]+ed)\b", main):
        return None  # "In 1950 the port had been closed": since when is not said
    return Attached(verb, _clause(main))


def _up_to_verb(main: str) -> str:
    """The subject, the first past verb and a few words after it, where "not" would stand."""
    tokens = list(re.finditer(r"[A-Za-z][\w’'-]*", main))
    words = [token.group() for token in tokens]
    past = next((i for i in range(len(words)) if _past(words, i)), None)
    return main if past is None else main[: tokens[min(past + 2, len(tokens) - 1)].end()]


def main_clause(words: str) -> str:
    """The words without what stands aside; ", one of the first is Lunde," has a verb of its own and stays."""
    return _ASIDE.sub(lambda aside: aside.group() if _OWN_VERB.match(aside["clause"] or "") else " ", words)


def _clause(main: str) -> str:
    """The words up to what is under another verb."""
    under = _UNDER.search(main)
    return main[: under.start()] if under else main


def _trailing(before: str, after: str) -> Attached | None:
    """ "The port closed on Friday": a verb before it, and nothing between that has a verb or a date of its own."""
    said = _REPORTS.search(before)
    own = before[said.end() :] if said and _verb(before[said.end() :]) else before
    own = re.split(r"[;:]|\s[–—]\s|,\s(?:and|but)\s|\b(?:and|but)\s(?=\w+(?:ed|ld|nt|ok|ve|me|ot|d)\s)", own)[-1]
    if _UNDER.search(before[: len(before) - len(own)].replace(said.group() if said else "\0", "")):
        return None
    if _UNDER.search(own) or _NOT_SO.search(own) or _INTENDS.search(own) or not _FOLLOWS.match(after):
        return _future(own, after)
    if any(sign.search(own) for sign in (_ABOUT, _OF_EVENT, _ZERO)) or _finite_next(after):
        return None
    if re.search(r"\w+ing\s*$", own) or (re.match(r"\s+(?:that|which|who)\b", after) and not _SAYS.search(own)):
        return None
    hanging = _HANGING.search(own)
    if hanging and not _finite(hanging.group()):
        return None
    if _SUBJECTLESS.match(own):
        return None
    return Attached("past", own) if _verb(own) == "past" else _future(own, after)


def _future(own: str, after: str) -> Attached | None:
    """What is to come, told as such."""
    comes = _COMES.search(own)
    if not comes or _UNDER.search(own) or not _FOLLOWS.match(after) or _NOT_SO.search(own):
        return None
    rest = own[comes.end() :]
    return None if _OF_EVENT.search(rest) or _INTENDS.search(rest) else Attached("future", own)


def _verb(words: str) -> Tense | None:
    """Tense of the first verb that is told by its form."""
    comes = _COMES.search(words)
    tokens = list(re.finditer(r"[A-Za-z][\w’'-]*", words))
    plain = [token.group() for token in tokens]
    past = next((i for i in range(len(plain)) if _past(plain, i)), None)
    if comes and (past is None or comes.start() <= tokens[past].start()):
        return "future"
    return "past" if past is not None else None


def _past(words: list[str], i: int) -> bool:
    word = words[i]
    if word in _PASTS:
        formed = word in _PARTICIPLES
    elif re.fullmatch(r"[a-z-]{2,}ed", word) and word not in _NO_VERBS:
        formed = True
    else:
        return False
    if not formed:
        return True
    ahead = words[:i]
    if ahead and (ahead[-1] in _BEFORE_ADJECTIVE or ahead[-1].endswith(("'s", "’s"))):
        return False  # "the wounded man"
    helpers = [w for w in ahead if w in _PRESENT or w in ("was", "were", "had")]
    return not helpers or helpers[-1] in ("was", "were", "had")


def _finite(words: str) -> bool:
    """Whether a verb of its own is in it, told by a form that is no participle or by who reports."""
    return _SAYS.search(words) is not None or any(word in _FINITE for word in re.findall(r"\w+", words))


def _participle(word: str) -> bool:
    return word in _PARTICIPLES or (word.endswith("ed") and word not in _NO_VERBS)


def _finite_next(after: str) -> bool:
    """ "The report published on Friday shows …": the date goes with `published` alone."""
    match = re.match(r"^\s+(\w+)", after)
    word = match.group(1) if match else ""
    return word in _PASTS or word in ("is", "are", "has", "have", "will", "shows", "says", "would", "may", "can")
