"""How sure it is that a question is answered: the signs, the probability and the levels of strictness."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.confidence import INTERCEPT, STRICTNESS, THRESHOLD, WEIGHTS, confidence, signs
from rag.extraction import weigh
from rag.terms import Terms

EMBEDDER = FakeEmbedder()


@given(st.fixed_dictionaries({name: st.floats(0, 1) for name in WEIGHTS}))
def test_the_confidence_is_the_logistic_of_the_weighted_signs(values: dict[str, float]) -> None:
    logit = INTERCEPT + sum(WEIGHTS[name] * values[name] for name in WEIGHTS)
    assert confidence(values) == pytest.approx(1 / (1 + math.exp(-logit)))


def test_nothing_found_is_hardly_an_answer() -> None:
    terms = Terms({"tax": 1.0}, {})
    (vector,) = EMBEDDER.encode(["tax"], kind="query")
    assert confidence(signs(vector, terms, [], [])) < STRICTNESS["lenient"] / 10


def test_the_levels_rise_and_standard_is_the_threshold() -> None:
    assert list(STRICTNESS) == ["lenient", "standard", "strict"]
    assert 0 < STRICTNESS["lenient"] < STRICTNESS["standard"] < STRICTNESS["strict"] < 1
    assert STRICTNESS["standard"] == THRESHOLD


def test_words_that_a_sentence_has_raise_every_sign_of_words() -> None:
    terms = Terms({"tax": 1.0, "turbin": 1.0}, {})
    (vector,) = EMBEDDER.encode(["tax turbines"], kind="query")
    found = {}
    for text in ("Rain fell on the capital.", "The tax pays for turbines."):
        passages = [passage_of("a", 1, (text, ""))]
        found[text] = signs(vector, terms, passages, weigh(passages, terms, EMBEDDER))
    low, high = found.values()
    assert set(low) == set(WEIGHTS)
    assert high["sentence_words"] == high["passage_words"] == 1 > low["sentence_words"]
    assert confidence(high) > confidence(low)
