"""Rows whose MinHash signatures agree somewhere: locality-sensitive hashing by bands (Leskovec and others 2014, ch. 3).

A signature is cut into bands, and two rows may be alike where all values of one band are the same. Sorted arrays take
0.6 kB an article; a dictionary a band takes 12.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Signatures = np.ndarray[Any, np.dtype[np.uint32]]
    Keys = np.ndarray[Any, np.dtype[np.uint64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

BANDS, VALUES = 25, 5
"""Of 128 values: two rows of which half the values agree meet in one band in two cases of three, of 75 % in all but one
in a thousand."""
_RECENT = 500
"""Rows kept beside the sorted ones, and a sixteenth of their number: sorting them in costs little a row."""


class Bands:
    """Rows by the values of each band of their signatures."""

    def __init__(self, signatures: Signatures) -> None:
        """`signatures` is (n, at least BANDS · VALUES); their rows are 0 to n - 1."""
        import numpy as np

        keys = _keys(signatures)
        order = np.argsort(keys.ravel(), kind="stable")
        self._keys: Keys = keys.ravel()[order]
        """Ascending; those of all bands together."""
        self._rows: Integers = order // BANDS
        self._recent: dict[int, list[int]] = {}
        self._waiting: list[tuple[int, Keys]] = []

    def add(self, row: int, signature: Signatures) -> None:
        keys = _keys(signature.reshape(1, -1))[0]
        for key in keys.tolist():
            self._recent.setdefault(key, []).append(row)
        self._waiting.append((row, keys))
        if len(self._waiting) > _RECENT + len(self._keys) // BANDS // 16:
            self._sort_in()

    def find(self, signature: Signatures) -> list[int]:
        """Rows that share a band with it, ascending."""
        import numpy as np

        keys = _keys(signature.reshape(1, -1))[0]
        first, last = (np.searchsorted(self._keys, keys, side).tolist() for side in ("left", "right"))
        found = {row for a, b in zip(first, last, strict=True) if a < b for row in self._rows[a:b].tolist()}
        return sorted(found.union(*(self._recent.get(key, ()) for key in keys.tolist())))

    def _sort_in(self) -> None:
        import numpy as np

        keys = np.concatenate([one for _, one in self._waiting])
        rows = np.repeat([row for row, _ in self._waiting], BANDS)
        order = np.argsort(keys, kind="stable")
        places = np.searchsorted(self._keys, keys[order])
        self._keys, self._rows = np.insert(self._keys, places, keys[order]), np.insert(self._rows, places, rows[order])
        self._recent, self._waiting = {}, []


def _keys(signatures: Signatures) -> Keys:
    """One number a band, (n, BANDS): as good as never the same for other values or another band."""
    import numpy as np

    weights = _weights()
    bands = signatures[:, : BANDS * VALUES].reshape(-1, BANDS, VALUES).astype(np.uint64)
    keys: Keys = (bands * weights).sum(axis=2, dtype=np.uint64) + weights[:, 0] * weights[:, 1]
    return keys


@cache
def _weights() -> Keys:
    """(BANDS, VALUES), odd."""
    import numpy as np

    drawn: Keys = np.random.default_rng(1).integers(0, 2**64, (BANDS, VALUES), dtype=np.uint64)
    return drawn | np.uint64(1)
