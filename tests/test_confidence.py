"""How sure it is that a question is answered: the signs, the probability and the levels of strictness."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.confidence import INTERCEPT, STRICTNESS, THRESHOLD, WEIGHTS, confidence, signs, unnamed
from rag.extraction import weigh
from rag.lexical import query_terms
from rag.terms import Terms, stems

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


# --- false names -------------------------------------------------------------------------------------------------

CALL = "A call between Iosif Holm and the Russian minister was leaked in May, the German press said."


def missing(question: str, *texts: str) -> float:
    """By passages of one article, every word of the question with weight 1."""
    terms = Terms(dict.fromkeys(stems(query_terms(question)), 1.0), {}, question)
    return unnamed(terms, [passage_of("a", n, (text, "")) for n, text in enumerate(texts, 1)])


def test_a_name_that_stands_nowhere_near_is_missing_with_all_its_words_or_some() -> None:
    assert missing("What did Angela Merkel say about the call?", CALL) == 1.0
    assert missing("What did Iosif Merkel say about the call?", CALL) == 0.5
    assert missing("What did Angela Merkel say about the call?", CALL, "Angela Merkel kept silent.") == 0.0


@pytest.mark.parametrize(
    "question",
    [
        "What did Iosif Holm say about the call?",
        "What did Holm's friends say of it?",
        "What did Josef Holm say?",  # the surname stands for the name
        "What did President Holm say in June?",
        "What did Russia do about it, and what did Germany?",
        "Merkel said what of the call?",  # the first word is capitalised whatever it is
        "what did angela merkel say about the call?",
        "What Did Angela Merkel Say About Calls?",
        "WHAT DID ANGELA MERKEL SAY?",
        "",
    ],
)
def test_forms_titles_months_and_capitals_everywhere_are_no_missing_names(question: str) -> None:
    assert missing(question, CALL) == 0.0


def test_peoples_stand_for_their_countries() -> None:
    assert missing("Who in France spoke of the call?", "The French press did.") == 0.0
    assert missing("Which Dutch people spoke of the call?", "Those in the Netherlands did.") == 0.0
    assert missing("Who in Spain spoke of the call?", "The French press did.") == 1.0


def test_without_passages_no_name_is_missing_as_none_was_looked_for() -> None:
    assert missing("What did Angela Merkel say?") == 0.0


def test_a_missing_name_lowers_the_confidence_and_being_ahead_of_the_next_raises_it() -> None:
    values = dict.fromkeys(WEIGHTS, 0.5)
    assert confidence(values | {"named": 0.0}) < confidence(values | {"named": 1.0})
    assert confidence(values | {"ahead": 0.6}) > confidence(values)


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_missing_share_is_a_share(question: str, text: str) -> None:
    assert 0.0 <= missing(question, text) <= 1.0
