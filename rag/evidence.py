"""The sentences a statement may rest on, made ready for comparing, with what their article says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rag.schema import Passage, Sentence
from rag.timexes import Timex, published_timex, resolved, timexes
from rag.tokens import Token, tokenize

if TYPE_CHECKING:
    import numpy as np

    from rag.extraction import Weighed

    Vector = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a shown paragraph; `vector` (dimension,) float32 of length 1."""

    passage: Passage
    sentence: Sentence
    text: str
    tokens: tuple[Token, ...]
    vector: Vector


@dataclass(frozen=True)
class Evidence:
    """One shown paragraph: its sentences in order, and the facts of its article that a statement may use."""

    passage: Passage
    lines: tuple[Line, ...]

    @cached_property
    def text(self) -> str:
        return self.passage.paragraph.text

    @cached_property
    def context(self) -> str:
        """Title, heading, publisher and authors: a name or figure that stands there is not made up."""
        metadata = self.passage.metadata
        parts = (metadata.title, self.passage.paragraph.heading, metadata.publisher or "", *metadata.authors)
        return " . ".join(part for part in parts if part)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Of the paragraph, whole: sentences that were not weighed count here too."""
        return tuple(token for line in self.lines for token in line.tokens) or tokenize(self.text)

    @cached_property
    def context_tokens(self) -> tuple[Token, ...]:
        return tokenize(self.context)

    @cached_property
    def dates(self) -> tuple[Timex, ...]:
        """Mentioned, meant by "yesterday" and the like, and the day of publication."""
        published = self.passage.metadata.published
        mentioned = timexes(self.text) + timexes(self.context)
        return tuple(mentioned + resolved(self.text, published) + published_timex(published))


def gather(weighed: Sequence[Weighed]) -> list[Evidence]:
    """Weighed sentences by paragraph, in the order of the passages."""
    by_paragraph: dict[str, list[Weighed]] = {}
    for one in weighed:
        by_paragraph.setdefault(one.passage.paragraph_id, []).append(one)
    found = []
    for group in by_paragraph.values():
        language = group[0].passage.metadata.language or "en"
        lines = (Line(w.passage, w.sentence, w.text, tokenize(w.text, language), w.vector) for w in group)
        found.append(Evidence(group[0].passage, tuple(lines)))
    return found
