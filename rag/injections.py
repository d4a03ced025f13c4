"""Flags passages that speak to a model instead of a reader. A flag is shown to people; nothing is left out for it."""

from __future__ import annotations

import re

_WHAT = (
    r"(?:instructions?|prompts?|directions|guidelines|directives|system message|(?:the|this|your|user'?s) question|"
    r"(?:everything|anything|all) (?:above|before|else above))"
)
_SIGNS = [
    (
        "tells a model to ignore its instructions",
        rf"\b(?:ignore|disregard|forget|override|bypass|neglect)\b(?:\s+(?:all|any|the|every|of|your|these"
        rf"|those|my|this|previous"
        rf"|prior|above|earlier|preceding|foregoing|other|original|initial|user'?s|system))*\s+{_WHAT}"
        r"(?=\W*(?:$|and\b|but\b|above|before|given|you|in\b|[.,;:!]))",
    ),
    (
        "tells a model to ignore its instructions",
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*)\b[^.!?]{0,40}\b(?:anweisung|instruktion|vorgabe"
        r"|frage\b)"
        r"|\b(?:ignore[zr]?|oublie[zr]?)\b[^.!?]{0,30}\b(?:instructions|consignes)\b"
        r"|\b(?:ignor[ae]|ignore|olvid[ae])\b[^.!?]{0,30}\b(?:instrucciones|indicaciones|istruzioni|instruções)\b"
        r"|\b(?:игнорируй\w*|забудь\w*)\b[^.!?]{0,40}\b(?:инструкци|указани)|忽略.{0,12}(?:指令|指示|提示)|以前の指示を無視"
        r"|تجاهل.{0,20}التعليمات",
    ),
    (
        "gives a model a role",
        r"\byou are now (?:an? |the |in |my )?(?:\w+ )?(?:ai|assistant|model|chatbot|bot|dan|developer|system"
        r"|administrator|expert|"
        r"helpful|unrestricted|free|jailbroken)\b|\b(?:act|behave|respond|pretend) as (?:if you (?:are"
        r"|were) )?an? (?:\w+ )?"
        r"(?:ai|assistant|language model|chatbot)\b|\bas an ai (?:language )?(?:model|assistant),? you\b",
    ),
    (
        "speaks of a model's prompt",
        r"\b(?:your|the) (?:system|hidden|initial) (?:prompt|message|instructions)\b[^.!?]{0,60}\b(?:is|are"
        r"|says?|reveal|print|repeat)\b"
        r"|\b(?:reveal|print|repeat|output|show|leak)\b[^.!?]{0,30}\b(?:system|hidden|initial) (?:prompt"
        r"|message|instructions)\b"
        r"|\bnew (?:system )?instructions?\s?:|\b(?:system|important) (?:override|instruction|notice to (?:ai"
        r"|llm))s?\s?:"
        r"|\b(?:attention|note|message|instructions?|notice) (?:to|for) (?:the |all |any )?(?:ai|llms?"
        r"|language models?|assistants?|"
        r"chatbots?|models?)\b(?: assistants?| models?)?\s?[:,-]",
    ),
    (
        "tells a model what to answer",
        r"(?:^|[.!?:;]\s+|\b(?:and|instead|must|should|please|to)\s+)(?:respond|reply|answer)(?: only| instead"
        r"| exactly)? (?:with|that)"
        r"(?: only| exactly)?(?: the)?(?: (?:word|words|text|phrase|sentence|following|exact)\b|\s?[:\"“‘'])"
        r"|\b(?:whatever|when|if) (?:the user|you are|you're) (?:asks?|asked)\b[^.!?]{0,60}\b(?:say|answer"
        r"|reply|respond|tell)\b"
        r"|\b(?:ai|llm|language model|assistant|chatbot|model)s? (?:must|should|shall"
        r"|reading this)\b[^.!?]{0,40}\b(?:say|answer|reply"
        r"|respond|output|include|cite|state|ignore)\b[^.!?]{0,40}(?:[:\"“‘]|\bthat\b|\bthis\b)"
        r"|\bdo not (?:mention|reveal|disclose|cite|tell)\b[^.!?]{0,40}\b(?:these instructions|this instruction"
        r"|the user|other sources"
        r"|the sources?|your instructions|this message)\b"
        r"|\b(?:in|to|at the end of) your (?:answer|response|reply|output|summary)\b[^.!?]{0,60}\b(?:include"
        r"|add|append|say|write|link)\b"
        r"|\b(?:include|add|append|insert|say|write)\b[^.!?]{0,60}\b(?:in|to|at the end of) your (?:answer"
        r"|response|reply|output|summary)\b",
    ),
    (
        "carries a role tag of a chat model",
        r"<[|｜][^|｜<>\n]{1,40}[|｜]>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|tool_call|start_of_turn"
        r"|end_of_turn|think)>"
        r"|#{2,6}\s*(?:system|instructions?|response|assistant|human)(?:\s(?:prompt|message))?\s*:|(?:^"
        r"|\n)\s*(?:system|assistant)\s?:"
        r"|\b(?:human|user)\s?:[^\n]{1,300}\bassistant\s?:",
    ),
    (
        "imitates a delimiter of the prompt",
        r"<<\s?/?\s?(?:source|end|sources|passage|context|document)\b[^<>\n]{0,60}>>"
        r"|-{3,}\s?(?:begin|end) of (?:sources?|context|documents?|prompt|articles?|input)\b"
        r"|</?(?:sources?|context|documents?|passages?|articles?)>",
    ),
    (
        "holds an image address that would send data",
        r"!\[[^\[\]\n]{0,200}\]\(\s*(?:https?:)?//[^()\s]{1,500}\?[^()\s]{1,500}\)",
    ),
]
_PATTERNS = [(reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _SIGNS]
_SPACES = re.compile(r"[ \t\xa0]+")
_HIDDEN = re.compile("[\xad\u200b-\u200f\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u206f]")


def instructions(text: str) -> str | None:
    """Why a passage seems to carry instructions to a model, in a few words; None if it does not."""
    plain = _SPACES.sub(" ", _HIDDEN.sub("", text))
    return next((reason for reason, pattern in _PATTERNS if pattern.search(plain)), None)
