"""Signatures that share a band are found, whatever was sorted in meanwhile, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import banding
from rag.banding import BANDS, VALUES, Bands


def signature(*bands):
    """Bands filled with one value each; 128 values."""
    values = [value for band in bands for value in [band] * VALUES]
    return np.array(values + [7] * (128 - len(values)), dtype=np.uint32)


def apart(n):
    """Shares no band with `apart` of another number."""
    return signature(*range(1000 * n, 1000 * n + BANDS))


def test_one_common_band_is_enough_and_the_values_behind_the_bands_do_not_count():
    bands = Bands(np.array([apart(1), apart(2), apart(3)]))
    common = apart(4)
    common[VALUES : 2 * VALUES] = apart(2)[VALUES : 2 * VALUES]
    assert bands.find(common) == [1]
    assert bands.find(apart(5)) == []


def test_the_same_values_in_another_band_do_not_count():
    bands = Bands(np.array([signature(*range(BANDS))]))
    assert bands.find(signature(*range(1, BANDS + 1))) == []


def test_a_band_counts_as_a_whole():
    almost = apart(1).reshape(-1)[: BANDS * VALUES].reshape(BANDS, VALUES).copy()
    almost[:, 0] += 1
    bands = Bands(np.array([apart(1)]))
    assert bands.find(np.append(almost.ravel(), np.full(3, 7, dtype=np.uint32))) == []


rows = st.lists(st.lists(st.integers(0, 2), min_size=BANDS, max_size=BANDS), max_size=12)


@settings(deadline=None, max_examples=60)
@given(
    first=rows, later=rows, wanted=st.lists(st.integers(0, 5), min_size=BANDS, max_size=BANDS), room=st.integers(0, 4)
)
def test_found_as_by_comparing_every_band(first, later, wanted, room):
    """With room for so few beside the sorted ones that they are sorted in between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(banding, "_RECENT", room)
        bands = Bands(np.array([signature(*one) for one in first], dtype=np.uint32).reshape(-1, 128))
        for row, one in enumerate(later, len(first)):
            bands.add(row, signature(*one))
        found = bands.find(signature(*wanted))
    alike = [row for row, one in enumerate([*first, *later]) if any(a == b for a, b in zip(one, wanted, strict=True))]
    assert found == alike
