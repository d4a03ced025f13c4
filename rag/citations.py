"""Numbers statements and their sources. A number is given to a paragraph when it is first used, and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from rag.extraction import Candidate
from rag.schema import Citation, Passage, Sentence, Statement

VERBATIM = "quoted word for word"
"""Why a statement that is itself a quotation is supported."""


def number_statements(groups: Sequence[Sequence[Candidate]]) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """One statement a group, with the numbers of every paragraph its words stand in; citations by number.

    A paragraph that several statements quote is one citation with several sentences.
    """
    numbers: dict[str, int] = {}
    passages: dict[int, Passage] = {}
    quoted: dict[int, set[Sentence]] = {}
    statements = []
    for group in groups:
        used = []
        for candidate in group:
            number = numbers.setdefault(candidate.passage.paragraph_id, len(numbers) + 1)
            passages[number] = candidate.passage
            quoted.setdefault(number, set()).add(candidate.sentence)
            used.append(number)
        statements.append(Statement(group[0].text, tuple(used), "supported", (VERBATIM,)))
    citations = [
        Citation(number, passages[number], tuple(sorted(quoted[number], key=lambda s: s.start))) for number in passages
    ]
    return tuple(statements), tuple(citations)
