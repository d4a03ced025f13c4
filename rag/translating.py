"""Key points in another language, by the model: each keeps its sources, and says that it is a translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.citations import Claim
from rag.findings import Finding
from rag.generation import Generator, Meter, finished
from rag.prompts import translate_messages
from rag.tokens import figures, tokenize

if TYPE_CHECKING:
    from rag.schema import Passage

AT_ONCE = 8
"""Statements in one request: small models lose count of more."""

Points = list[tuple[str, list[Claim]]]


def translate(points: Points, language: str, generator: Generator, meter: Meter, notes: list[str]) -> Points:
    """The claims that are not in the language yet, translated; as they were where the figures do not agree.

    A translation is at most partly supported: it is not compared with its source beyond the figures. Raises ModelError.
    """
    foreign = [claim for _, claims in points for claim in claims if _language(claim) != language]
    said: dict[str, Claim] = {}
    for i in range(0, len(foreign), AT_ONCE):
        said |= _batch(foreign[i : i + AT_ONCE], language, generator, meter)
    kept = len(foreign) - len(said)
    if kept:
        notes.append(f"{kept} of {len(foreign)} statements stand as they were: no translation had all their figures")
    return [(heading, [said.get(claim.text, claim) for claim in claims]) for heading, claims in points]


def _batch(claims: Sequence[Claim], language: str, generator: Generator, meter: Meter) -> dict[str, Claim]:
    shown = [as_passage(claim) for claim in claims]
    fence = generator.fence(language, shown)
    messages, plain = (translate_messages(language, shown, structured, fence) for structured in (True, False))
    reply = generator.complete(messages, plain, len(shown), meter)
    texts: dict[int, str] = {}
    for draft in finished(reply, len(shown))[1]:
        if len(draft.numbers) == 1:  # "am 4. November" looks like the end of a sentence
            texts[draft.numbers[0]] = f"{texts.get(draft.numbers[0], '')} {draft.text}".strip()
    translated: dict[str, Claim] = {}
    for number, text in texts.items():
        claim = claims[number - 1]
        if text != claim.text and _same_figures(claim, text, language):
            findings = (*claim.findings, Finding("translated", claim.text))
            translated[claim.text] = replace(claim, text=text, support="partial", findings=findings)
    return translated


def as_passage(claim: Claim) -> Passage:
    """A claim as a source for a model: its words, with title, publisher and date of the article it stands in."""
    passage = claim.places[0][0]
    return replace(passage, paragraph=replace(passage.paragraph, text=claim.text))


def _language(claim: Claim) -> str:
    return claim.places[0][0].metadata.language or "en"


def _same_figures(claim: Claim, translation: str, language: str) -> bool:
    ours = sorted(token.key for token in figures(tokenize(translation, language)))
    return ours == sorted(token.key for token in figures(tokenize(claim.text, _language(claim))))
