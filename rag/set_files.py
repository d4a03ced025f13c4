"""Puts the texts of a public set into files as a user would have them, and says where in them a text stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.eval_schema import Reference


@dataclass(slots=True)
class SetFiles:
    """Files in the making: a title, and paragraphs with a blank line between."""

    contents: dict[str, str] = field(default_factory=dict)
    _named: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    _starts: dict[str, list[int]] = field(default_factory=dict)
    """Where each paragraph of a file begins."""

    def add(self, title: str, paragraphs: Sequence[str]) -> str:
        """The name of the file that holds them; the same for the same text."""
        # A line break inside a paragraph of a set is an accident of its making, as it is in most files of text.
        key = (" ".join(title.split()), tuple(" ".join(paragraph.split()) for paragraph in paragraphs))
        if key not in self._named:
            self._named[key] = f"{len(self.contents):05}.txt"
            heading = [f"# {key[0]}"] if key[0] else []
            lengths = [len(piece) + 2 for piece in [*heading, *key[1]]]
            self._starts[self._named[key]] = [sum(lengths[:i]) for i in range(len(heading), len(lengths))]
            self.contents[self._named[key]] = "\n\n".join([*heading, *key[1]]) + "\n"
        return self._named[key]

    def reference(self, name: str, text: str, paragraph: int = 0, *, whole: bool = False) -> Reference:
        """Where `text` stands first in the file from that of its paragraphs on, counted from 0: titles do not count.

        Raises ValueError where it does not stand there.
        """
        text = " ".join(text.split())
        start = self.contents[name].index(text, self._starts[name][paragraph])
        return Reference(file=name, contains=text, start=start, end=start + len(text), whole=whole)
