"""A vector that is remembered is the one that was made, and no text is embedded twice while it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import FakeEmbedder

from rag import embedding_memory
from rag.embedding_memory import RememberingEmbedder

CALLS = st.lists(st.lists(st.sampled_from([f"text {i}" for i in range(9)])), max_size=8)


@given(CALLS)
def test_it_gives_the_vectors_of_its_embedder_and_asks_for_each_text_once(calls: list[list[str]]) -> None:
    plain, embedder = FakeEmbedder(), FakeEmbedder()
    remembering = RememberingEmbedder(embedder)
    for texts in calls:
        told: list[int] = []
        vectors = remembering.encode(texts, progress=told.append)
        assert vectors.shape == (len(texts), plain.dimension)
        assert np.array_equal(vectors, plain.encode(texts))
        assert sum(told) == len(texts)
    assert len(embedder.history) == len(set(embedder.history))


def test_what_was_used_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_memory, "REMEMBERED", 2)
    embedder = FakeEmbedder()
    remembering = RememberingEmbedder(embedder)
    for text in ("one", "two", "one", "three", "one", "two"):
        remembering.encode([text])
    assert embedder.history == ["one", "two", "three", "two"]


def test_questions_and_passages_are_two_things() -> None:
    embedder = FakeEmbedder()
    remembering = RememberingEmbedder(embedder)
    remembering.encode(["a ferry"], kind="query")
    remembering.encode(["a ferry"])
    assert embedder.history == ["a ferry"]
    assert (remembering.identity, remembering.dimension, remembering.max_tokens) == ("fake-64", 64, 200)
    assert remembering.count_tokens(["a ferry"]) == [2]
