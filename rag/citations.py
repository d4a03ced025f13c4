"""Numbers statements and their sources. A number is given to a paragraph when it is first used, and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from rag.extraction import Choice
from rag.findings import Finding, phrase
from rag.schema import Citation, Passage, Sentence, Statement, Support

VERBATIM = "quoted word for word"
"""Why a statement that is itself a quotation is supported."""
BORNE_OUT = "borne out by the quoted words"
"""Why a statement in other words is supported."""
NOWHERE = "what the model was shown"
"""Where a statement that is left out was looked for: its own numbers are the model's and mean nothing here."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement before it is numbered: the sentences it rests on, and what they do not bear out."""

    text: str
    places: tuple[tuple[Passage, Sentence], ...]
    support: Support = "supported"
    findings: tuple[Finding, ...] = ()


def claims_of(choices: Sequence[Choice]) -> list[Claim]:
    """Sentences that answer as they stand, as claims."""
    return [
        Claim(choice.text, tuple((p.passage, sentence) for p in choice.places for sentence in p.sentences))
        for choice in choices
    ]


def number_statements(
    claims: Sequence[Claim], given: Mapping[str, int] | None = None
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """One statement a claim, with the numbers of every paragraph it rests on; citations by number.

    A paragraph that several statements quote is one citation with several sentences. `given` are numbers that
    paragraphs have already, by id: they keep them, and the others get those that follow.
    """
    numbers = dict(given or {})
    following = count(max(numbers.values(), default=0) + 1)
    passages: dict[int, Passage] = {}
    quoted: dict[int, set[Sentence]] = {}
    statements = []
    for claim in claims:
        used = []
        rests: list[tuple[int, Sentence]] = []
        for passage, sentence in claim.places:
            if (number := numbers.get(passage.paragraph_id)) is None:
                number = numbers[passage.paragraph_id] = next(following)
            passages[number] = passage
            quoted.setdefault(number, set()).add(sentence)
            used.append(number)
            rests.append((number, sentence))
        statements.append(replace(_statement(claim, tuple(dict.fromkeys(used))), quotes=tuple(rests)))
    citations = [
        Citation(number, passages[number], tuple(sorted(quoted[number], key=lambda s: s.start)))
        for number in sorted(passages)
    ]
    return tuple(statements), tuple(citations)


def _statement(claim: Claim, numbers: tuple[int, ...]) -> Statement:
    where = " and ".join(f"[{number}]" for number in numbers)
    reasons = tuple(phrase(finding, where) for finding in claim.findings) or (_why(claim),)
    return Statement(claim.text, numbers, claim.support, reasons)


def _why(claim: Claim) -> str:
    held = {passage.paragraph.text for passage, _ in claim.places}
    return VERBATIM if any(claim.text in text for text in held) else BORNE_OUT


def left_out(claim: Claim) -> Statement:
    """A claim that nothing bears out: no number stands behind it."""
    return Statement(claim.text, (), "unsupported", tuple(phrase(finding, NOWHERE) for finding in claim.findings))
