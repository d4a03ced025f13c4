"""One list of sources for a conversation: each paragraph once, with all that was quoted of it, and an address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.chat_schema import Session
from rag.schema import Citation, Sentence


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the list."""

    citation: Citation
    """With the quotes of all turns, in the order of the paragraph."""
    several: bool
    """Whether the number stands for something else in another question."""
    turns: tuple[int, ...]
    """Numbers, from 1, of the questions it is cited in."""

    @property
    def name(self) -> str:
        """`Source 3`; `Source 3 in question 5` where that must be said."""
        where = f" in question {self.turns[0]}" if self.several else ""
        return f"Source {self.citation.number}{where}"

    @property
    def anchor(self) -> str:
        """What a link leads to: the address that Markdown programs give to a heading of that name."""
        return self.name.lower().replace(" ", "-")


class SourceList:
    """The sources of a session, by number.

    A number means one paragraph in all turns, but for two cases: the article was changed and read again between them,
    or two terminals went on with one conversation at a time. Each text has an entry of its own then, since a quote is
    only true of the text it was taken from.
    """

    def __init__(self, session: Session) -> None:
        held: dict[tuple[int, str, str], list[tuple[int, Citation]]] = {}
        for turn, number, citation in _citations(session):
            key = (number, citation.passage.paragraph_id, citation.passage.paragraph.text)
            held.setdefault(key, []).append((turn, citation))
        meanings: dict[int, int] = {}
        for number, _, _ in held:
            meanings[number] = meanings.get(number, 0) + 1
        self.sources: list[Source] = []
        self._of: dict[tuple[int, int], Source] = {}
        for (number, _, _), uses in sorted(held.items(), key=lambda item: (item[0][0], item[1][0][0])):
            turns = tuple(dict.fromkeys(turn for turn, _ in uses))
            source = Source(united([citation for _, citation in uses]), meanings[number] > 1, turns)
            self.sources.append(source)
            self._of |= {(turn, number): source for turn in turns}

    def of(self, turn: int, number: int) -> Source:
        """What a number means in a turn, counted from 1. Raises KeyError where the turn does not cite it."""
        return self._of[turn, number]


def _citations(session: Session) -> Iterator[tuple[int, int, Citation]]:
    for position, turn in enumerate(session.turns, start=1):
        for citation in turn.citations:
            yield position, citation.number, citation


def united(citations: Sequence[Citation]) -> Citation:
    """One for all of one text: told of as it was cited last, since line numbers move."""
    last = citations[-1]
    quotes: dict[tuple[int, int], Sentence] = {}
    for citation in citations:
        moved = last.passage.paragraph.start - citation.passage.paragraph.start
        for quote in citation.quotes:
            place = (quote.start + moved, quote.end + moved)
            if citation is last or place not in quotes:
                quotes[place] = replace(quote, start=place[0], end=place[1])
    return replace(last, quotes=tuple(quotes[place] for place in sorted(quotes)))
