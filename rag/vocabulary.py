"""How a collection writes its words: which are names, told by capitals in the middle of sentences. English."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from rag.lexical import STOP_WORDS

_OUTLET = re.compile(
    r"(?:the )?(?:Reuters|Associated Press|AP|AFP|Agence France-Presse|Bloomberg|BBC|CNN|CNBC|NBC|CBS|ABC|NPR|Fox|TASS"
    r"|Interfax|RIA|Politico|Axios|Guardian|WaPo|(?:[\w’'-]+ )*(?:Times|Post|Journal|News|Tribune|Herald|Gazette"
    r"|Chronicle|Magazine|Telegraph|Daily|Press|Radio|Television|TV|Weekly|Trend))",
)


@dataclass(slots=True)
class Vocabulary:
    """Counts of words with and without a capital; `publishers` are names of the collection's own, lower case."""

    texts: Iterable[str]
    publishers: Set[str] = frozenset()
    _inside: Counter[str] = field(init=False, default_factory=Counter)
    _lower: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        for text in self.texts:
            self._inside.update(re.findall(r"(?<=[a-z,] )[A-Z][\w’'-]*\w", text))
            self._lower.update(word.capitalize() for word in re.findall(r"\b[a-z][\w’'-]*\w", text))

    def is_name(self, word: str) -> bool:
        """Whether the word is written with a capital where nothing but a name is."""
        plain = re.sub(r"[’']s?$", "", word)
        return (len(plain) > 1 and plain.isupper()) or self._inside[plain] > self._lower[plain]

    def is_word(self, word: str) -> bool:
        """Whether the word owes its capital to the beginning of a sentence."""
        plain = word.rstrip(".")
        lower = plain.lower()
        return lower in STOP_WORDS or (self._lower[plain.capitalize()] >= max(1, self._inside[plain]))

    def is_outlet(self, name: str) -> bool:
        """Whether it is a newspaper or agency: what it reports is said by others."""
        plain = name.removeprefix("the ").removeprefix("The ")
        return _OUTLET.fullmatch(plain) is not None or plain.casefold() in self.publishers
