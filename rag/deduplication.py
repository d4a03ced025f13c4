"""Finds articles that say the same: MinHash over runs of three words (Broder 1997), by datasketch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from rag.banding import Bands
from rag.schema import EVIDENCE, Article

if TYPE_CHECKING:
    import numpy as np

    Signatures = np.ndarray[Any, np.dtype[np.uint32]]

THRESHOLD = 0.75
"""Jaccard similarity of the word runs. Ten corrected words in 300 leave .82; two agency reports of one event share
less than .3."""
_PERMUTATIONS = 128
"""Standard error of the estimate about .04."""
_SCHEME = "affine32"
"""Named because stored signatures do not say which scheme made them."""
_RUN = 3
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""A word; a character where words are written without spaces between."""


class NearDuplicates:
    """Signatures of the stored articles, to hold a new one against: 1 kB of memory an article."""

    def __init__(self, signatures: Iterable[tuple[str, bytes]]) -> None:
        import numpy as np

        held = [one for one in signatures if len(one[1]) == 4 * _PERMUTATIONS]
        self._ids: list[str | None] = [article_id for article_id, _ in held]
        """By row; None for one that was discarded."""
        self._row = {article_id: row for row, (article_id, _) in enumerate(held)}
        self._values: Signatures = np.frombuffer(b"".join(one for _, one in held), dtype="<u4").reshape(
            -1, _PERMUTATIONS
        )
        """(n, permutations), with room for more."""
        self._bands = Bands(self._values)

    def add(self, article_id: str, signature: bytes) -> None:
        self.discard(article_id)
        row, values = len(self._ids), _values(signature)
        self._ids.append(article_id)
        self._row[article_id] = row
        self._make_room()
        self._values[row] = values
        self._bands.add(row, values)

    def discard(self, article_id: str) -> None:
        row = self._row.pop(article_id, None)
        if row is not None:
            self._ids[row] = None

    def find(self, signature: bytes, *, but: str = "") -> str | None:
        """Id of the stored article most like this one, at least THRESHOLD; never `but`. Ties go to the first id."""
        values = _values(signature)
        names = {row: name for row in self._bands.find(values) if (name := self._ids[row]) is not None and name != but}
        if not names:
            return None
        alike = (self._values[list(names)] == values).mean(axis=1).tolist()
        similar = min((-likeness, name) for likeness, name in zip(alike, names.values(), strict=True))
        return similar[1] if -similar[0] >= THRESHOLD else None

    def _make_room(self) -> None:
        import numpy as np

        if len(self._ids) > len(self._values):
            larger = np.empty((2 * len(self._ids) + 1_000, _PERMUTATIONS), dtype=np.uint32)
            larger[: len(self._values)] = self._values
            self._values = larger


def signature_of(article: Article) -> bytes:
    """MinHash of the text that could be cited: what stands around it may differ from copy to copy."""
    from datasketch import MinHash

    evidence = [p.text.lower() for p in article.paragraphs if p.kind in EVIDENCE]
    words = [word for text in evidence for word in _WORD.findall(text)] or evidence
    runs = {" ".join(words[i : i + _RUN]).encode() for i in range(max(1, len(words) - _RUN + 1))}
    minhash = MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME, permutations=_permutations())
    minhash.update_batch(runs)
    return bytes(minhash.hashvalues.astype("<u4").tobytes())


@cache
def _permutations() -> Any:
    """Drawing them anew takes a tenth of the time of a signature."""
    from datasketch import MinHash

    return MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME).permutations


def _values(signature: bytes) -> Signatures:
    """(permutations,)"""
    import numpy as np

    return np.frombuffer(signature, dtype="<u4")
