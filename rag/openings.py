"""Sentences that begin with what only the sentence before makes plain ("He added that …"). English."""

from __future__ import annotations

import re

from rag.extraction import Weighed, sentence_text
from rag.schema import Sentence

_TIME = r"(?:week|weekend|month|year|morning|afternoon|evening|summer|winter|spring|autumn|fall|season|century)\b"
_CONNECTIVES = (
    r"(?:but|and|or|nor|yet|however|meanwhile|moreover|furthermore|additionally|consequently|therefore|thus|hence"
    r"|nevertheless|nonetheless|otherwise|similarly|likewise|conversely|accordingly|subsequently|afterwards?|indeed"
    r"|also|another|others?|such|plus|then(?!-)|so(?!-called| far| many| much| few)|elsewhere|in turn"
    r"|which|whereas|whose|not so|even so|that said|since then|by then|until then|at (?:the|that|this) (?:same )?time"
    r"|by contrast|on the (?:other hand|contrary)|for (?:example|instance)|as (?:such|a result|a consequence)"
    r"|in (?:particular|fact|other words|short|sum|the process|the same)|to (?:this|that) end|more specifically|worse"
    r"|the (?:latter|former|two(?! \w+ (?:of|in|from))|pair|duo|trio|others?|rest|same|opposite)"
    r"|both(?! \w+[^,]{0,40} and )|neither(?![^,]{0,60} nor )|one (?:said|says|told|of (?:them|these|those)))\b"
)
"""Whatever follows, they hang on what came before."""
_BEFORE_COMMA = (
    r"(?:in (?:addition|contrast|response|comparison|conclusion|return|that case|this case)|besides|instead|rather"
    r"|still|again|too|later|earlier|next|finally|first(?:ly)?|second(?:ly)?|third(?:ly)?|lastly|there|here|of course"
    r"|overall|as (?:usual|before)|to be sure|likewise|in all|all told|unsurprisingly|regardless|either way"
    r"|separately)\s?,"
)
"""Only before a comma: "In addition to Oslo, …" and "Instead of a bridge, …" stand by themselves."""
_ANAPHORS = (
    rf"(?:(?:this|that|these|those)\b(?! {_TIME}| days\b| who\b)"
    r"|(?:he|she|they|him|them|himself|herself|themselves)\b"
    r"|(?:his|her|their|its)\b(?! (?:majesty|excellency|holiness|highness|royal)\b)"
    r"|(?:some|many|most|all|none|few|several|each|half|any|one|two|three|among|of|\d+) (?:of )?(?:them|these|those)\b"
    r"|the move\b(?! (?:to|of|from|by|towards?)\b)"
    r"|here(?:’s|'s| are| is)\b)"
)
_IN_PLACE = (
    r"(?:according to|among|for|to|with|like|unlike|against|under|following|after|before|despite|because of|as for|by"
    rf"|in|on|at|from|since|as) (?:him|them|it|her(?=\W? ?,)|(?:this|that|these|those)(?! {_TIME}| who\b))\b"
)
_LATER = (
    r"(?:(?:the|that) (?:very )?(?:next|following|same|previous) (?:day|night|week|month|year|morning|evening"
    r"|afternoon)"
    r"|(?:(?:just|only|about|some|barely|less than|more than|nearly|almost) )*(?:an? |a few |several |the )?"
    r"(?:[\w-]+ )?(?:second|minute|hour|day|week|month|year|decade|moment)s? (?:later|earlier|afterwards?|before|after)"
    r"(?= ?,| (?:he|she|it|they|the|[A-Z])))"
)
"""Counted from something that was told before."""
_INTRODUCED = re.compile(
    r"(?P<opening>In|On|At|During|By|From|Last|Earlier|Later|Asked|Speaking|Writing|As|After|Before|With|When|While"
    r"|Until|Since|For|Despite|According to|Under|If|Although|Though)\b(?P<rest>[^,.;:“\"]{0,120}), ?"
    r"(?P<subject>he|she|they|it)\b(?! (?:is|was|remains|seems|appears|became|emerged|will be) )"
)
_PLACES = frozenset("In On At During By From Last Earlier Later Asked Speaking Writing".split())
"""What follows these names a place, a time or a listener, so that a name there is not who is meant."""
_CALENDAR = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December".split()
)
_DANGLES = re.compile(rf"(?:{_CONNECTIVES}|{_BEFORE_COMMA}|{_ANAPHORS}|{_IN_PLACE}|{_LATER})", re.IGNORECASE)
_SAYS = r"(?:said|says|added|adds|told|wrote|asked|explained|continued|noted|recalled|insisted|argued|warned)"
_QUOTED = re.compile(rf"^[“\"].*[”\"],?\s(?:(?:he|she|they)\s{_SAYS}|{_SAYS}\s(?:he|she|they))\b", re.DOTALL)
_BE = (
    r"(?:is|was|’s|'s|has been|had been|will be|would be|may be|might be|could be|remains?|seems?|appears?|became)"
    r"(?: (?:not|still|also|now|yet|so|very|highly|far|too|widely|long|increasingly|generally|already|perhaps))*"
)
_EMPTY_IT = re.compile(
    rf"It ?{_BE} (?:"
    r"[\w-]+ (?:that|whether|if|how|why|who|what|when|where|which)\b"
    r"|(?:a|no|the) (?:fact|secret|surprise|shame|mystery|wonder|coincidence|accident)(?: that)?\b"
    r"|(?:unclear|unknown|uncertain|clear|known|likely|unlikely|believed|thought|expected(?! to)|hoped|feared|raining"
    r"|snowing|important to|difficult to|hard to|easy to|possible to|impossible to|necessary to|early to|premature to"
    r"|time to|to be seen|worth)\b"
    r"|(?:(?:only|not|not until|precisely|just) )*(?:in|on|at|under|during|from|through|after|before|with|by|because|as"
    r"|here|there|then|until)\b[^.]*\b(?:that|when)\b"
    r"|(?:only |not )?[A-Z][^.,]* (?:who|that)\b)"
    r"|It (?:seems|appears|turn(?:s|ed) out|emerged|transpired|follows|took|takes|will take|would take"
    r"|looks (?:as|like)|came as|makes sense|does(?:n’t|n't| not) matter|remains? to be seen)\b"
)
"""It stands for nothing in "It was in March that …", "It is unclear …", "It took three years to …"."""
_LEADS_UP = re.compile(
    rf"(?:It ?{_BE} (?:[a-z’'-]+ ){{0,4}}?|It (?:seems|appears|turn(?:s|ed) out|emerged|transpired|follows) "
    r"|The (?:[a-z]+ )?(?:truth|fact|reality|result|problem|trouble|point|upshot|irony|difference|bottom line|hope|fear"
    r"|thing|reason) (?:is|was|remains),? "
    r"|There (?:is|was|remains) (?:no|little|some) (?:[a-z]+ )?(?:doubt|question|evidence|proof|sign|chance) )"
    r"(?:that|whether|if|why|when|where|how) (?P<rest>.+)",
    re.DOTALL,
)
"""What it leads up to is what the sentence says, and may have "both" or "they" for its subject."""
_ADDS = re.compile(
    r"(?:additionally|also|furthermore|however|in addition|in contrast|likewise|meanwhile|moreover|nevertheless"
    r"|nonetheless|similarly|overall|ultimately|consequently|as a result|therefore|thus|notably|indeed), ",
    re.IGNORECASE,
)
"""They join a sentence to the one before, and it says the same without that one."""
_WHOSE = re.compile(
    r"(?:(?!\b(?:said|says|told|tells|wrote|writes|argued|argues|according)\b)[^“\"])*?,\s(?:he|she|they)\s"
    r"(?:says?|said|writes?|wrote|adds?|added|argues?|argued|explains?|explained|notes?|noted|believes?|believed"
    r"|thinks?|thought|claims?|claimed)(?=[,.;])"
    r"|(?:\w+,\s)?(?:in|by)\s(?:his|her|their)\s(?:own\s)?(?:view|opinion|account|judge?ment|reading|telling)\b",
    re.IGNORECASE,
)
"""Whose claim it is stands in the sentence before: alone it would read as nobody's, or as that of whom it names."""
_CUT_SHORT = re.compile(
    r"(?:[^,;:“\"]{0,120}\s)?(?:said|says|claimed|denied|insisted|reported|wrote|argued|replied|answered|confirmed)"
    r"(?: [^,;:“\"]{0,40})? (?:that )?(?:he|she|it|they) (?:did|had|has|have|was|were|would|will|could|is|are)"
    r"(?: not|n[’']t)?(?=[,.;]| and | but )"
)
"""What it is that he did, or did not, stands in the sentence before."""
_LONGEST = 2000


def needs_more(text: str) -> bool:
    """Whether it cannot be understood without the sentence before: as `dangling`, but "Meanwhile, the port closed" can
    be; it only follows on.
    """
    rest = _ADDS.sub("", text.strip(), count=1)
    return dangling(rest[:1].upper() + rest[1:])


def dangling(text: str) -> bool:
    """Whether the sentence needs the one before to be understood: a pronoun for a subject, "However, …", a quotation
    that began earlier. "In addition to Oslo, …", "There is …" and "It is unclear …" need none.
    """
    text = " ".join(text[:_LONGEST].split())
    if _begun_before(text) or _QUOTED.match(text) or _WHOSE.match(text) or _CUT_SHORT.match(text):
        return True
    opening = text.lstrip("“”\"'‘’«»()[]–—-…*• ")
    first = opening.split(" ", 1)[0]
    if opening[:1].islower() and first == first.lower():
        return True  # the rest of a sentence
    told = _LEADS_UP.match(opening)
    if told and _led_up_to(told["rest"]):
        return True
    if re.match(r"It\b", opening):
        return _EMPTY_IT.match(opening) is None
    return _DANGLES.match(opening) is not None or _introduces_pronoun(opening)


def _led_up_to(rest: str) -> bool:
    """Whether what follows "The truth is that" has no subject of its own."""
    if rest.startswith("it "):
        return _EMPTY_IT.match(rest[:1].upper() + rest[1:]) is None
    return _DANGLES.match(rest) is not None


def _begun_before(text: str) -> bool:
    """Whether a quotation ends in it that does not begin in it."""
    closing, opening = text.find("”"), text.find("“")
    return closing >= 0 and not 0 <= opening < closing and "„" not in text[:closing]


def _introduces_pronoun(opening: str) -> bool:
    """ "On Friday, he said …": nobody is named before the pronoun."""
    match = _INTRODUCED.match(opening)
    if match is None:
        return False
    names = set(re.findall(r"\b[A-Z]\w+", match["rest"])) - _CALENDAR
    return match["opening"] in _PLACES or not names


def antecedent(one: Weighed) -> Sentence | None:
    """The sentence right before it in its paragraph, if that needs none itself; else None."""
    sentences = one.passage.paragraph.sentences
    at = next((i for i, sentence in enumerate(sentences) if sentence.start == one.sentence.start), 0)
    if at == 0:
        return None
    before = sentences[at - 1]
    if one.sentence.start - before.end > 1 or dangling(sentence_text(one.passage, (before,))):
        return None
    return before
