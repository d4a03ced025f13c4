"""Subject, verb and rest of a main clause, told by words alone, and the clause turned round for a question. English.

"Holm opened the bridge" is asked after as "did Holm open the bridge". Where the words do not tell for sure, there is
no clause: a question less costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from rag.vocabulary import Vocabulary

_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "became:become began:begin beat:beat blew:blow bought:buy broke:break brought:bring built:build came:come "
        "caught:catch chose:choose cost:cost cut:cut dealt:deal drew:draw drove:drive fell:fall felt:feel fled:flee "
        "flew:fly forgot:forget fought:fight found:find gave:give got:get grew:grow heard:hear held:hold hid:hide "
        "hit:hit hung:hang hurt:hurt kept:keep knew:know laid:lay led:lead left:leave lent:lend let:let lost:lose "
        "made:make meant:mean met:meet overthrew:overthrow paid:pay put:put quit:quit ran:run read:read rode:ride "
        "rose:rise said:say sang:sing sank:sink sat:sit saw:see sent:send set:set shook:shake shot:shoot showed:show "
        "shut:shut slept:sleep sold:sell sought:seek spent:spend split:split spoke:speak spread:spread stole:steal "
        "stood:stand struck:strike swept:sweep swore:swear taught:teach thought:think threw:throw told:tell "
        "took:take tore:tear understood:understand upheld:uphold went:go withdrew:withdraw woke:wake won:win "
        "wore:wear wrote:write"
    ).split()
)
AUXILIARIES = frozenset("is are was were has have had will would can could may might must should".split())
_MODALS = frozenset("will would can could may might must should".split())
_SUBORDINATE = re.compile(
    r"(?:Although|Though|While|When|Whenever|If|Because|Unless|Whether|That|What|How|Why|Where|Who|Which|There|Once|Until"
    r"|Whatever|Having|Being|Not|As|After|Before|Since|Even)\b"
)
_PREPOSITION = re.compile(r"(?:In|On|At|By|For|From|With|During|After|Before|Since|Under|Over|To|As|Among|Of)\b")
_NO_VERBS = frozenset(
    "united hundred indeed need seed feed speed breed bed shed sacred naked red armed unprecedented limited aged "
    "wicked so-called supposed alleged unnamed related based located detailed gifted crowded".split()
)
_DETERMINERS = frozenset(
    "a an the its his her their our my this that these those of with by for in from to at on as more most less so very "
    "and or some many several all both no".split()
)
"""Before a form in "-ed" they make it an adjective: "the leaked call"."""
_ADVERBS = re.compile(
    r"(?P<adverb>(?: (?:[a-z]+ly|even|still|now|already|never|again|once|later|earlier|then|thus))+)$| also$"
)
_WORD = re.compile(r"[^\W_][\w’'.&-]*[^\W_]|[^\W_]")
_LEAD = re.compile(
    r"(?P<lead>(?:On|In|At|During|After|Before|Since|Despite|Under|Following|Throughout|Amid|Between|Until|By|For|With"
    r"|According to|Over)\b[^,;:“”\"]{2,70}), (?P<main>.+)",
    re.DOTALL,
)
_CUTS = re.compile(
    r"(?:, (?:which|who|whose|whom|where|while|whereas|although|though|even though|adding|saying|noting|citing|claiming"
    r"|according to|but|and|so|because|as|since|when|after|before|if|unless|thus|thereby|including|such as|despite"
    r"|[a-z]+ing|[a-z]+ly)\b|;|:\s| [–—-] | [–—]|[–—] ).*$",
    re.DOTALL,
)
"""What follows the main clause and is not needed to understand it."""
_ASIDE = re.compile(r"\s?\([^()]*\)|\s?\[[^\[\]]*\]|\s[–—-]\s[^–—]*\s[–—-](?=\s)")
_NEW_CLAUSE = re.compile(
    r"\b(?:that|which|who|whom|whose|what|how|why|whether|if|and|but|or|because|as|when|while|where|than|after|before"
    r"|since|until|though|said|says|thinks?|thought|believed?|told|hopes?|hoped)\b|,"
)
_VERB = rf"(?:[a-z]{{2,}}ed|{'|'.join(_IRREGULAR)}|was|were|had|has|is|are)\b"
_JOINED = re.compile(rf",? (?:and|but) (?:[\w’',-]+ ){{0,4}}?{_VERB}.*$", re.DOTALL)
"""Another verb: after "did" it would have the wrong form."""
_ANOTHER = re.compile(rf",? (?:and|but|while) (?:(?!(?:[a-z]+ly|then|also) )[\w’',-]+ ){{1,4}}?{_VERB}.*$", re.DOTALL)
"""Another subject with its verb: a sentence of its own."""
PARTICIPLE = re.compile(
    r"(?:(?:not|first|also|later|[a-z]+ly) )?(?:been )?"
    r"[a-z]+(?:ed|en|wn|ilt|ght|old|aid|ent|ut|ade|ost|et)\b"
)


_GENERIC = re.compile(
    r"the (?:group|nation|country|city|town|village|state|region|company|firm|bank|university|school|team|club|party"
    r"|army|network|government|agency|organi[sz]ation|court|family|film|book|song|album|show|series|game|season|war"
    r"|man|woman|couple|paper|report|study|project|program|programme|plan|law|site|area|building|church|museum)"
)
"""Subjects that another sentence has named."""
_NO_E = re.compile(r"(?:ct|[aeiou]nt|sk|ck|gn|nd|ld|rt|pt|mp|sh|ss|lp|lk|rk|rm|rn|ft|wn|[aeo]y|ow|ai[nlm]|ea[lrnd])$")
_WITH_E = re.compile(r"(?:(?:[^eoh]|cre)at|iz|[^w]v|u|[aeou]nc|rc|dg|duc)$")
"""Ends of a verb without "-ed" that tell whether its first form has an "e"."""


@dataclass(frozen=True, slots=True)
class Known:
    """How a collection writes: its words, and the last names of people in it."""

    words: Vocabulary
    people: Set[str]
    """Last names."""
    written: Set[str]
    """Words that it writes small."""
    here: Set[str] = frozenset()
    """Last names that this article gives with a first name: only here they mean these people for sure."""
    places: Set[str] = frozenset()
    """Words that stand after "in" or "near" here: no people."""
    sure: Set[str] = frozenset()
    """Those of `people` who speak or hold an office."""


@dataclass(frozen=True, slots=True)
class Clause:
    """`subject adverb verb rest`, and what stood before it ("On Friday, …")."""

    subject: str
    verb: str
    rest: str
    lead: str = ""
    adverb: str = ""


def plain_clause(text: str) -> str:
    """The sentence without asides and without what trails after its main clause; empty if it holds a quotation."""
    plain = _CUTS.sub("", _ASIDE.sub("", text).rstrip(". ")).strip(" ,")
    odd = re.search(r"[“”\"«»?!]|(?<!\w)[‘']|\bthat (?:because|if|when|although|while|since|as)\b", plain)
    return "" if odd or text[-1:] not in (".", "”", '"') else plain


def clause_of(plain: str) -> Clause | None:
    """Subject, verb and rest, if the first word that may be a finite verb is one for sure."""
    led = _LEAD.fullmatch(plain)
    lead, main = (led["lead"], led["main"]) if led else ("", plain)
    if _SUBORDINATE.match(main):
        return None
    tokens = list(_WORD.finditer(main))
    for i, token in enumerate(tokens[1:12], 1):
        if _is_verb(token[0], tokens[i - 1][0]):
            before = main[: token.start()].rstrip()
            adverb = _ADVERBS.search(before)
            subject = _ADVERBS.sub("", before)
            rest = main[token.end() :].strip()
            if len(subject.split()) > 9 or re.match(r"(?:by|to (?!be\b))\b|,", rest) or _second_verb(rest):
                return None
            return Clause(subject, token[0], rest, lead, (adverb["adverb"] or "").strip() if adverb else "")
    return None


def _second_verb(rest: str) -> bool:
    """Whether a finite verb follows with nothing that begins a clause of its own: then the first one was none."""
    found = re.search(r"\b(?:is|are|was|were|has|have|had|will|would)\b", rest)
    if re.search(r", (?:is|are|was|were|has|have|had|will|would)\b", rest):
        return True
    return found is not None and not _NEW_CLAUSE.search(rest[: found.start()])


def _is_verb(word: str, before: str) -> bool:
    if word in AUXILIARIES or word in _IRREGULAR:
        return before.lower() not in ("to", "who", "that", "which", "and", "or", "not")
    adjective = before.lower() in _DETERMINERS or before.endswith(("'s", "’s", "ly"))
    return re.fullmatch(r"[a-z]{2,}ed", word) is not None and word not in _NO_VERBS and not adjective


def one_subject(rest: str) -> str:
    """Without what another subject does; what follows "that" or "who" may be long, and is left whole."""
    found = _ANOTHER.search(f" {rest}")
    before = f" {rest}"[: found.start()] if found else ""
    return rest if not found or re.search(r"\b(?:that|who|which)\b", before) else before.strip()


def turned_round(clause: Clause, known: Known, rest: str | None = None) -> str:
    """ "did Holm open the bridge", "has Holm opened it"; empty where the verb's first form is not known."""
    subject, rest = lowered(clause.subject, known), clause.rest if rest is None else rest
    if "," in clause.subject or _PREPOSITION.match(clause.subject) or clause.adverb == "never":
        return ""
    if _GENERIC.fullmatch(subject):
        return ""
    rest = _JOINED.sub("", f" {rest}").strip()
    if clause.verb == "had" and not PARTICIPLE.match(clause.rest):
        return f"did {subject} have {rest}".strip()
    if clause.verb in AUXILIARIES:
        helps = clause.verb in _MODALS or PARTICIPLE.match(clause.rest)
        return f"{clause.verb} {subject} {rest}".strip() if helps else ""
    base = _base(clause.verb, known)
    return " ".join(f"did {subject} {clause.adverb} {base} {rest}".split()) if base else ""


def _base(verb: str, known: Known) -> str:
    """`open` of `opened`, if the collection writes the word or its end tells the form; empty if not."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    stem = verb[:-2]
    forms = [stem, f"{stem}e", stem[:-1]] if stem[-1:] == stem[-2:-1] else [stem, f"{stem}e"]
    forms = [f"{verb[:-3]}y"] if verb.endswith("ied") else forms
    attested = next((form for form in forms if form in known.written), "")
    if attested or verb.endswith("ied"):
        return attested or forms[0]
    return stem if _NO_E.search(stem) else f"{stem}e" if _WITH_E.search(stem) else ""


def lowered(words: str, known: Known) -> str:
    """With a small letter, unless it begins with a name."""
    first = words.split(" ", 1)[0]
    return words if not known.words.is_word(first) else words[:1].lower() + words[1:]
