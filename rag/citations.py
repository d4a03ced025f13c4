"""Numbers statements and their sources. A number is given to a paragraph when it is first used, and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from rag.extraction import Choice
from rag.schema import Citation, Passage, Sentence, Statement

VERBATIM = "quoted word for word"
"""Why a statement that is itself a quotation is supported."""


def number_statements(choices: Sequence[Choice]) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """One statement a choice, with the numbers of every paragraph its words stand in; citations by number.

    A paragraph that several statements quote is one citation with several sentences.
    """
    numbers: dict[str, int] = {}
    passages: dict[int, Passage] = {}
    quoted: dict[int, set[Sentence]] = {}
    statements = []
    for choice in choices:
        used = []
        for place in choice.places:
            number = numbers.setdefault(place.passage.paragraph_id, len(numbers) + 1)
            passages[number] = place.passage
            quoted.setdefault(number, set()).update(place.sentences)
            used.append(number)
        statements.append(Statement(choice.text, tuple(dict.fromkeys(used)), "supported", (VERBATIM,)))
    citations = [
        Citation(number, passages[number], tuple(sorted(quoted[number], key=lambda s: s.start))) for number in passages
    ]
    return tuple(statements), tuple(citations)
