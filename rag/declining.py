"""How models say that the sources do not answer, or that they will not."""

from __future__ import annotations

import re

NO_ANSWER = "NO ANSWER"
"""The line that the prompt asks for."""

_THINGS = (
    r"(?:sources?|articles?|passages?|paragraphs?|texts?|excerpts?|context|documents?|information|materials?"
    r"|snippets?)"
)
_GIVEN = r"(?:provided|given|available|supplied|above|numbered|retrieved|listed|included|cited|shown)"
_OURS = (
    rf"(?:(?:the|these|those|any of the|none of the|your|all(?: of)?"
    rf" the)\s+(?:{_GIVEN}\s+)?{_THINGS}(?:\s+{_GIVEN})?)"
)
_LACK = (
    r"(?:(?:do|does|did|is|are|was|were|has|have|can)(?:\s+not|n['’]t)\b|cannot\b|contains? no\b|provides? no\b"
    r"|offers? no\b|gives? no\b|includes? no\b|makes? no mention\b|mentions? no\b|says? nothing\b|lacks?\b"
    r"|fails? to\b)"
)
_TELL = (
    r"(?:\s+(?:explicitly|directly|specifically|actually|clearly|seem to|appear to|enough|any|sufficient))*"
    r"\s*(?:say|state|mention|contain|provide|specify|answer|address|include|give|discuss|indicate|offer|cover"
    r"|describe"
    r"|explain|tell|have|reveal|disclose|report|refer|name|information|details?|relevant|sufficient|enough|data"
    r"|anything)"
)
_I = r"(?:i|we|the assistant)"
_UNABLE = (
    r"(?:can(?:not|['’]t|\s+not)|could(?:\s+not|n['’]t)|(?:am|are|['’]m|['’]re)\s+(?:not able|unable)|(?:do"
    r"|did)(?:\s+not|n['’]t)"
    r"|will not|won['’]t|(?:am|['’]m) sorry|must decline|apologi[sz]e)"
)
_DO = (
    r"(?:\s+(?:to|definitively|accurately|directly|have|enough|sufficient|any|provide|give|an?"
    r"|the))*\s*(?:answer|say|know"
    r"|find|determine|help|assist|comply|fulfil\w*|provide|information|confirm|tell|locate|see|enough|discuss"
    r"|respond|data)"
)
_PATTERNS = [
    r"^(?:no[ _]answer|n/?a|unanswerable|not answerable|insufficient information|unknown|no information)\W*$",
    rf"{_OURS}[^.!?]{{0,60}}?\s{_LACK}{_TELL}",
    rf"none of (?:the|these) (?:{_GIVEN} )?{_THINGS}",
    rf"(?:there is|there are|there['’]s|i (?:have|found|see)) (?:no|not enough|insufficient"
    rf"|nothing)\b[^.!?]{{0,80}}?\b(?:in|from|within|by) {_OURS}",
    rf"\b(?:not|never|n['’]t|nowhere) (?:be )?(?:explicitly |directly |specifically )?(?:mentioned|stated"
    rf"|specified|provided|answered"
    rf"|given|found|contained|addressed|discussed|covered|included|available"
    rf"|determined)\b[^.!?]{{0,40}}?\b(?:in|by|from|within|based on) {_OURS}",
    rf"(?:^|[,;:]\s|\b(?:and|but|so|sources|articles|unfortunately),?\s){_I}\s?{_UNABLE}{_DO}",
    r"^(?:i['’]m|i am|we['’]re) (?:very |really |so )?sorry\b|^(?:sorry|my apologies|i apologi[sz]e)\b|^as an ai\b",
    r"\b(?:cannot|can['’]t|can not|could not) be (?:answered)\b",
    r"^(?:unfortunately,? )?(?:there is |there['’]s )?(?:not enough|insufficient|no relevant|no) (?:information"
    r"|evidence|context|data)\b"
    r"[^.!?]{0,60}(?:answer|question|$)",
    r"\bdie (?:\w+ )?(?:quellen|artikel|texte)\b[^.!?]{0,60}\b(?:nicht|keine)\b|^keine antwort\b"
    r"|\bkann (?:ich )?(?:\w+ ){0,3}nicht beant",
    r"\bles (?:sources|articles|textes)\b[^.!?]{0,60}\bne\b|\bje ne (?:peux|sais)\b|^(?:désolée?|pas de réponse)\b",
    r"\b(?:las fuentes|los artículos|los textos)\b[^.!?]{0,60}\bno\b|\bno (?:puedo|sé) |^(?:lo siento"
    r"|sin respuesta)\b",
    r"\b(?:источники|статьи|тексты)\b[^.!?]{0,60}\bне\b|^(?:нет ответа|извините)\b|\bя не (?:могу|знаю)\b",
]
_DECLINE = [re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS]
_NAMED_OURS = re.compile(
    rf"\b{_GIVEN} {_THINGS}|{_THINGS} {_GIVEN}|\bthe sources\b|^\W*{_I}\b|^no answer", re.IGNORECASE
)
_COURTESY = re.compile(
    r"(?:(?:hi|hello|hey|sure|certainly|of course|absolutely|okay|ok|answer)(?: there)?[\s,!.:–-]*"
    r"(?:(?:here['’]?s?|i can|happy to)\b[^.!?]{0,80})?"
    r"|(?:great question|good question|thank you|thanks|i hope th\w+|hope th\w+|let me know|please (?:let|provide|feel)"
    r"|feel free|is there anything)\b[^.!?]{0,120})[.!?,:]*$",
    re.IGNORECASE,
)
_TURN = re.compile(r"\b(?:but|however|although|though|while|yet|only|aber|mais|pero)\b", re.IGNORECASE)
"""After it a cited sentence may well say what the sources do hold."""
_LOOKED_AT = 600
"""Characters of a sentence. Nobody needs more to decline."""


def declines(sentence: str, cited: bool = False) -> bool:
    """Whether a sentence says that there is no answer.

    One with a mark may report what an article does not say; it declines only where it speaks of the sources as such.
    """
    sentence = " ".join(sentence[:_LOOKED_AT].split()).strip("*_ ")
    if cited and (_TURN.search(sentence) or not _NAMED_OURS.search(sentence)):
        return False
    return any(pattern.search(sentence) for pattern in _DECLINE)


def is_courtesy(sentence: str) -> bool:
    """Whether a sentence only greets, thanks or offers help."""
    return bool(_COURTESY.match(sentence[:_LOOKED_AT].strip()))
