"""Wordings that tell who wrote an article or when it was published, as rules over a question. English.

Names and dates of the question stand in a rule as one character each (`Slot`), so that a rule reads like the words it
is made for. A rule takes the words it matches, but for its groups `keep…`: those are still searched for. They are
compiled where they are first used: most questions need none of them, and all together take 50 ms.
"""

from __future__ import annotations

PRESS, BODY, AUTHOR, LED, FROM, SINCE, NAMING, BARE = (0xE000 + 0x100 * i for i in range(8))
"""First characters of the slots, 256 for each: publishers, publishers that are bodies too ("Ministry of …"), authors;
dates led by "in", "before" …; by "from" or "between"; by "since"; by "on" or "of", which may lead a topic too; by none.
"""
SLOTS = 256


def _slot(*kinds: int) -> str:
    return "[" + "".join(f"{chr(kind)}-{chr(kind + SLOTS - 1)}" for kind in kinds) + "]"


def _listed(slot: str) -> str:
    return rf"{slot}(?:(?:, |,? and |,? or ){slot})*"


_P, _ANY, _A = _listed(_slot(PRESS)), _listed(_slot(PRESS, BODY)), _listed(_slot(AUTHOR))
_L, _F, _S, _B = _slot(LED, FROM, SINCE), _slot(FROM, SINCE), _slot(SINCE), _slot(BARE)
_WHOSE = _slot(LED, NAMING, BARE)
_D = _slot(LED, FROM, SINCE, NAMING, BARE)
_ADVERB = r"(?:(?:actually|also|ever|first|originally|recently|just|really|exactly|have to)\s)?"
_VERB = (
    r"(?:write|report(?:\son)?|say|cover|describe|portray|characteri[sz]e|note|mention|claim|quote|argue|state|reveal|tell\sus"
    r"|(?:publish|print)(?=(?:\s[\ue000-\ue7ff])?(?:\s(?:about|on|regarding)\b|\W*$)))\b"
)
"""To publish something is an event ("When did the Post publish the papers?"); to publish about it is not."""
_DONE = (
    r"(?:written|reported(?:\son)?|said|covered|described|portrayed|noted|mentioned|claimed|quoted|argued|revealed"
    r"|(?:published|printed)(?=(?:\s[\ue000-\ue7ff])?(?:\s(?:about|on|regarding|since)\b|\W*$)))\b"
)
_TOLD = (
    r"(?:wrote|reported(?:\son)?|said|covered|described|writes|reports|says|covers|describes"
    r"|has\s(?:written|reported|said))\b"
)
_ABOUT = r"(?=\s(?:about|on|regarding|of|concerning)\b|\W*$)"
_ASKS = (
    r"(?:(?:what(?:\s(?:else|exactly|all))?|how(?:\s(?:many|much)(?:\s[\w’'-]+){0,3})?|which(?:\s[\w’'-]+){1,3}"
    r"|who|whom)\s)?"
)
_BEGIN = rf"(?:^(?:{_D},?\s)?|(?<=[,;:]\s)|(?<=\band\s)|(?<=\bbut\s))"
_SHOW = r"(?:^|\b(?:summari[sz]e|recap|show|find|list|tell|explain|give|compare|me|please)\s)"
_AUX = r"(?:did|does|do)"
_NEXT = (
    r"(?=\W*$|[,;:?.!)]|\s(?:[\ue000-\ue7ff]|(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|did|does|do"
    r"|has|have|had|can|could|will|would|should|about|on|of|regarding|concerning|that|and|but|or|the|a|an|in|at|for|to"
    r"|say|says|said|report|claim|mention|describe|tell|there|it|he|she|they|his|her|its|their|any|during|after|before)\b))"
)
"""Behind a name: the sentence goes on, and the name with it does not ("the Post owner", "Post Office")."""
_KIND = r"(?:(?:news|press|media|newspaper|opinion|investigative)\s)?"
_MANY = (
    rf"{_KIND}(?:articles|coverage|reporting|columns|editorials|op-eds|pieces|stories|reports|dispatches|blog\sposts)"
)
_ONE = rf"{_KIND}(?:article|column|editorial|op-ed|piece|report|dispatch|blog\spost)"
_COLUMN = r"(?:article|column|editorial|op-ed)"
_STORY = r"(?:(?:news\s)?story)"
_DET = r"(?:(?:the|an?|any|all|some|recent|latest|other|these|those|most)\s)*"
_INTO = rf"(?:according\sto\s|^(?:in|from)\s|(?:do|does|did|has|have)\s(?=\S))?{_DET}"
_SAYS = (
    r"(?:\s(?:say|said|report|reported|tell\sus|claim|claimed|mention|mentioned|describe)\b(?!\s(?:that|which)\sis))?"
)
_OUT = (
    r"(?:(?:(?:that|which)\s)?(?:was\s|were\s|have\sbeen\s|has\sbeen\s|appeared\s)?"
    r"(?:(?:written|published|printed|posted|carried)\s)?)"
)
_WHEN = rf"(?:\s{_OUT}{_D})?"
_OF = r"[’']s?"
_ADJ = r"(?:(?:latest|recent|newest|own|weekly|daily|front-page|published)\s)*"
_NAMES = r"(?:the\s)?[A-Z\ue000-\ue2ff][\w’'.-]*(?:\s(?:(?:of|and)\s(?:the\s)?)?[A-Z\ue000-\ue2ff][\w’'.-]*)*"
_EVENT = (
    r"(?i:war|revolution|crisis|games|olympics|cup|election|uprising|coup|attacks?|summit|treaty|accords?|agreement|act"
    r"|massacre|earthquake|hurricane|storm|bowl|championships?|festival|conference|battle|protests|referendum|spring)"
)
_FREE = (
    r"(?:\b(?:do|does|did|have|has)\s(?:the\s)?|^in\s|\baccording\sto\s"
    r"|(?P<keep>^|\b(?:in|from|what|which|of|the|any|all|recent)\s))"
)
"""Before "articles" and the like: no noun or name that makes them others ("insurance coverage", "IPCC reports")."""
_PAPERS = r"(?:(?:the|my|your|any)\s)?(?:press|newspapers|papers|media|news|articles|sources)"
_TAKEN = r"[\ue000-\ue7ff]"


SAID = (
    # "what has the Post written about the ferry since March"
    rf"{_BEGIN}(?P<keep>{_ASKS})(?:has|have)\s(?:{_P}\s{_ADVERB}{_DONE}|{_A}\s{_ADVERB}written(?=\s(?:about|on)\b))"
    rf"(?P<keep2>(?:(?!\b(?:that|which|who|has|have|been|is|was)\b|{_TAKEN})[^?])*?)\s{_S}(?=\W*$)",
    # "what did the Post write in May about the ferry", "has the Post reported that …", "why does the Post say …"
    rf"{_BEGIN}(?P<keep>{_ASKS}){_AUX}\s{_P}\s{_ADVERB}{_VERB}(?:\s{_D})?",
    rf"{_BEGIN}(?P<keep>{_ASKS})(?:has|have|had)\s{_P}\s{_ADVERB}{_DONE}(?:\s{_D})?",
    rf"{_BEGIN}(?P<keep>(?:when|where|why)\s)(?:does|do)\s{_P}\s{_ADVERB}(?:say|report|write|claim)\b(?:\sthat\b)?",
    rf"{_BEGIN}(?P<keep>what(?:\selse)?\s|how\s)(?:did|does|do|has|have)\s{_A}\s{_ADVERB}(?:write|written)\b(?:\s{_D})?{_ABOUT}",
    # "what the Post wrote", "as the Post reports"
    rf"{_SHOW}(?P<keep>(?:what|how|everything|all)\s){_P}\s{_TOLD}(?:\s{_D})?",
    rf"{_SHOW}(?P<keep>(?:what|everything|all)\s){_A}\s(?:wrote|writes|has\swritten)(?:\s{_D})?{_ABOUT}",
    rf",?\sas\s{_P}\s(?:{_TOLD}|noted|notes|puts?\sit)",
    rf",\s{_P}\s(?:reported|reports|wrote|writes|said|says)(?=\W*$)",
    rf"(?:,\s)?\b(?:according\sto|as\s(?:reported|described|published)\s(?:by|in))\s{_P}(?:\s{_D}(?=,))?{_NEXT},?",
    # "what was reported by the Post in May"
    rf"(?P<keep>^what\s(?:is|was|were|has\sbeen|have\sbeen)\s)(?:being\s)?(?:reported|published|said|written|printed)"
    rf"(?:\s{_D})?\s(?:by|in)\s{_P}(?:\s{_D})?{_NEXT}",
    rf"^(?:in|on)\s{_ANY},",
)
"""What a publisher or an author has written."""

SOURCES = (
    # "articles in the Post from May", "a column by Jane Doe"
    rf"{_INTO}(?:{_MANY}|{_ONE}|{_STORY}|news(?=\s(?:in|from)\b))\s{_OUT}(?:{_D}\s)?(?:by|from|in|of|on)\s{_ANY}{_WHEN}{_NEXT}{_SAYS}",
    rf"{_INTO}(?:{_MANY}|{_ONE})\s{_OUT}(?:{_D}\s)?by\s{_A}(?:\s(?:in|for)\s{_ANY})?{_WHEN}{_NEXT}{_SAYS}",
    # "the Post's coverage", "Post articles", "Jane Doe's column"
    rf"{_INTO}{_ANY}(?:{_OF}\s{_ADJ}(?:{_B}\s)?(?:{_ONE}|story(?=\s(?:about|on)\b)|{_MANY})"
    rf"|\s{_ADJ}(?:{_B}\s)?(?:{_MANY}|{_COLUMN})){_WHEN}{_NEXT}{_SAYS}",
    rf"{_INTO}{_A}(?:{_OF}\s{_ADJ}(?:{_B}\s)?(?!reports?\b)(?:{_MANY}|{_ONE})|\s(?:articles|columns|editorials)){_WHEN}{_NEXT}{_SAYS}",
)
"""Articles of a publisher or an author."""

DATED = (
    # "articles from May", "news articles published since May"
    rf"{_FREE}"
    rf"(?:{_KIND}articles|(?:news|press|media|newspaper)\s(?:coverage|reporting|reports|stories))\s{_L}{_NEXT}{_SAYS}",
    rf"{_FREE}"
    rf"(?:coverage|reporting|reports|editorials|op-eds)\s{_F}{_NEXT}{_SAYS}",
    rf"{_FREE}"
    rf"{_KIND}(?:articles|coverage|reporting|reports|editorials|op-eds|columns)\s"
    rf"(?:(?:that|which)\s(?:were|have\sbeen)\s)?(?:published|printed|posted)\s{_D}{_NEXT}{_SAYS}",
    # "yesterday's coverage", "October 2025 articles"
    rf"(?:\b(?:the|in)\s)?{_WHOSE}(?:(?:{_OF})?\s(?:(?:news|press|media)\s(?:coverage|reports|stories|reporting|articles)|articles)"
    rf"|{_OF}\s(?:coverage|reporting|news|headlines)){_NEXT}{_SAYS}",
    # "what has been reported about the ferry since May", "what was written in May about the ferry"
    rf"(?P<keep>^what\s(?:has|have)\sbeen\s)(?:published|written|reported|printed)"
    rf"(?P<keep2>\s(?:about|on)\s(?:(?!\b(?:that|which|who|has|have|been|is|was)\b)[^?])*?)\s{_S}(?=\W*$)",
    rf"(?P<keep>^what\s(?:was|were|is|has\sbeen|have\sbeen)\s)"
    rf"(?:(?:published|written|printed|reported)\s{_D}(?=\s(?:about|on)\b)|reported\s{_B}(?=\W*$))",
    # "in May, what did the press write", "what have my articles said about the ferry since May"
    rf"^{_D},?\s(?P<keep>{_ASKS})(?:did|have|do|has)\s{_PAPERS}\s{_ADVERB}(?:{_VERB}|{_DONE})",
    rf"^(?P<keep>{_ASKS})(?:did|have|do|has)\s{_PAPERS}\s{_ADVERB}(?:{_VERB}|{_DONE})\s{_D}",
    rf"^(?P<keep>{_ASKS})(?:have|has)\s{_PAPERS}\s{_ADVERB}{_DONE}"
    rf"(?P<keep2>(?:(?!\b(?:that|which|who|has|have|been|is|was)\b)[^?])*?)\s{_S}(?=\W*$)",
    rf"[,(]\s?published\s{_D}\)?(?=\W*$)",
)
"""When articles were published, whoever wrote them."""

TRAILING = rf"(?P<keep>\b(?:about|on|of|regarding)\s(?P<name>{_NAMES})),?\s(?:{_D})(?=\W*$)"
"""After a wording of `SAID` or `SOURCES`: "… write about Patrushev in May". A noun before it would be what it dates."""
EVENT = rf"\b{_EVENT}\b"
