"""Finds articles that say the same: MinHash over runs of three words (Broder 1997), by datasketch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rag.schema import EVIDENCE, Article

THRESHOLD = 0.75
"""Jaccard similarity of the word runs. Ten corrected words in 300 leave .82; two agency reports of one event share
less than .3."""
_CANDIDATE = 0.5
"""What the index is asked for: asked for .75 it misses a third of the pairs at .75, asked for .5 one in a thousand."""
_PERMUTATIONS = 128
"""Standard error of the estimate about .04."""
_SCHEME = "affine32"
"""Named because stored signatures do not say which scheme made them."""
_RUN = 3
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""A word; a character where words are written without spaces between."""


class NearDuplicates:
    """Signatures of the stored articles, to hold a new one against."""

    def __init__(self, signatures: Iterable[tuple[str, bytes]]) -> None:
        from datasketch import MinHashLSH

        self._index: Any = MinHashLSH(threshold=_CANDIDATE, num_perm=_PERMUTATIONS)
        self._hashes: dict[str, Any] = {}
        for article_id, signature in signatures:
            self.add(article_id, signature)

    def add(self, article_id: str, signature: bytes) -> None:
        self.discard(article_id)
        self._hashes[article_id] = _minhash(signature)
        self._index.insert(article_id, self._hashes[article_id])

    def discard(self, article_id: str) -> None:
        if self._hashes.pop(article_id, None) is not None:
            self._index.remove(article_id)

    def find(self, signature: bytes, *, but: str = "") -> str | None:
        """Id of the stored article most like this one, at least THRESHOLD; never `but`. Ties go to the first id."""
        minhash = _minhash(signature)
        best = [(-minhash.jaccard(self._hashes[i]), i) for i in sorted(self._index.query(minhash)) if i != but]
        similar = min(best, default=(0.0, ""))
        return similar[1] if -similar[0] >= THRESHOLD else None


def signature_of(article: Article) -> bytes:
    """MinHash of the text that could be cited: what stands around it may differ from copy to copy."""
    from datasketch import MinHash

    evidence = [p.text.lower() for p in article.paragraphs if p.kind in EVIDENCE]
    words = [word for text in evidence for word in _WORD.findall(text)] or evidence
    runs = {" ".join(words[i : i + _RUN]).encode() for i in range(max(1, len(words) - _RUN + 1))}
    minhash = MinHash(num_perm=_PERMUTATIONS, scheme=_SCHEME)
    minhash.update_batch(sorted(runs))
    return bytes(minhash.hashvalues.astype("<u4").tobytes())


def _minhash(signature: bytes) -> Any:
    import numpy as np
    from datasketch import MinHash

    values = np.frombuffer(signature, dtype="<u4").astype(np.uint32)
    return MinHash(num_perm=_PERMUTATIONS, hashvalues=values, scheme=_SCHEME)
