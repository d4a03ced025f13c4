"""Key points: what is near the topic and said by many, each once, spread over articles, none that hangs in the air."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.extraction import Weighed, weigh
from rag.gathering import Pool
from rag.joining import Joiner
from rag.keypoints import (
    ALIKE,
    CLOSE,
    NEEDS_MORE,
    REPEATS,
    SAID_OFTEN,
    SAME_ARTICLE,
    SAME_PUBLISHER,
    pick_points,
    point_claim,
)
from rag.schema import Metadata, Passage
from rag.terms import Terms
from rag.verification import Verifier

NO_TERMS = Terms({}, {})
PLAIN = "The harbour of {} was closed to large ships by its owners."
NAMES = ["Lunde", "Brenn", "Orsk", "Tamm", "Visby", "Ystad", "Kalm", "Narva", "Pernau", "Reval", "Dorpat", "Libau"]


def axis(*weights: float) -> np.ndarray:
    """A vector of length 1 with these first parts; what is missing to it lies in the last one."""
    vector = np.zeros(16, np.float32)
    vector[: len(weights)] = weights
    vector[15] = math.sqrt(max(0.0, 1 - sum(weight * weight for weight in weights)))
    return vector


def unlike(n: int) -> np.ndarray:
    """Vectors of different numbers have nothing in common."""
    vector = np.zeros(16, np.float32)
    vector[n] = 1
    return vector


def said(text: str, vector: np.ndarray, article: str = "", publisher: str | None = None, day: str = "") -> Weighed:
    """A paragraph of one sentence, in an article of its own if none is named."""
    place = passage_of(article or text, 1, (text, ""))
    facts = Metadata(publisher=publisher, published=day or None)
    passage = Passage(place.paragraph_id, place.article_id, place.paragraph, place.path, facts, 1.0)
    return Weighed(passage, passage.paragraph.sentences[0], vector)


def after(before: str, text: str, vector: np.ndarray) -> Weighed:
    """The second sentence of a paragraph."""
    passage = passage_of(text, 1, (before, " "), (text, ""))
    return Weighed(passage, passage.paragraph.sentences[1], vector)


def picked(*pool: tuple[Weighed, float], limit: int = 10) -> list[str]:
    sentences, relevance = zip(*pool, strict=True) if pool else ((), ())
    made = Pool((), tuple(sentences), tuple(relevance), unlike(0), NO_TERMS)
    return [one.text for one in pick_points(made, limit)]


def plain(n: int) -> str:
    return PLAIN.format(NAMES[n])


# --- which come first ----------------------------------------------------------------------------------------------


def test_the_most_relevant_come_first_and_no_more_than_wanted() -> None:
    pool = [(said(plain(n), unlike(n)), 0.9 - n / 10) for n in range(5)]
    assert picked(*pool) == [plain(n) for n in range(5)]
    assert picked(*pool, limit=2) == [plain(0), plain(1)]
    assert picked(*pool, limit=0) == []
    assert picked() == []


def test_what_many_articles_say_goes_before_what_is_a_little_nearer() -> None:
    """Three articles say one thing: its score grows by .15 ln 3 = .165."""
    gain = SAID_OFTEN * math.log(3)
    often = [(said(f"{plain(0)} {name}", unlike(0), name), 0.5) for name in "abc"]
    assert picked((said(plain(1), unlike(1)), 0.5 + gain - 0.01), *often)[0] == often[0][0].text
    assert picked((said(plain(1), unlike(1)), 0.5 + gain + 0.01), *often)[0] == plain(1)


def test_what_one_article_says_three_times_is_said_once() -> None:
    thrice = [(said(f"{plain(0)} {n}", unlike(0), "one"), 0.5) for n in range(3)]
    assert picked((said(plain(1), unlike(1)), 0.51), *thrice)[0] == plain(1)


def test_a_sentence_counts_as_said_elsewhere_only_where_it_is_much_alike() -> None:
    one = said(plain(0), axis(1.0))
    gain = SAID_OFTEN * math.log(2)
    other = (said(plain(2), unlike(4)), 0.5 + gain / 2)
    alike = (said(plain(1), axis(ALIKE + 0.01)), 0.3)
    less = (said(plain(1), axis(ALIKE - 0.01)), 0.3)
    assert picked((one, 0.5), other, alike)[0] == plain(0)
    assert picked((one, 0.5), other, less)[0] == plain(2)


def test_ties_keep_the_order_of_the_pool() -> None:
    pool = [(said(plain(n), unlike(n)), 0.5) for n in (3, 1, 2)]
    assert picked(*pool) == [plain(3), plain(1), plain(2)]


# --- each thing once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cosine", "taken"), [(REPEATS - 0.01, True), (REPEATS + 0.01, False)])
def test_what_repeats_a_point_is_left_out(cosine: float, taken: bool) -> None:
    found = picked((said(plain(0), axis(1.0)), 0.9), (said(plain(1), axis(cosine)), 0.8))
    assert found == ([plain(0), plain(1)] if taken else [plain(0)])


def test_of_equally_good_ones_another_article_comes_first() -> None:
    pool = [
        (said(plain(0), unlike(0), "a"), 0.50),
        (said(plain(1), unlike(1), "a"), 0.50),
        (said(plain(2), unlike(2), "b"), 0.50 - SAME_ARTICLE / 2),
    ]
    assert picked(*pool) == [plain(0), plain(2), plain(1)]


def test_and_another_publisher_or_month() -> None:
    def two(publisher: str, day: str, loss: float) -> list[str]:
        first = said(plain(0), unlike(0), "a", "The Post", "2024-11-06")
        second = said(plain(1), unlike(1), "b", "The Post", "2024-11-20")
        third = said(plain(2), unlike(2), "c", publisher, day)
        return picked((first, 0.5), (second, 0.5), (third, 0.5 - loss))

    later = [plain(0), plain(2), plain(1)]
    assert two("The Courier", "2024-11-20", SAME_PUBLISHER / 2) == later
    assert two("The Post", "2024-12-01", SAME_PUBLISHER / 2) == later
    assert two("The Post", "2024-11-20", SAME_PUBLISHER / 2) == [plain(0), plain(1), plain(2)]
    assert two("The Courier", "2024-11-20", SAME_PUBLISHER * 2) == [plain(0), plain(1), plain(2)]


def test_articles_without_a_publisher_are_not_taken_for_one_publishers() -> None:
    pool = [(said(plain(n), unlike(n), str(n)), 0.5 - n / 1000) for n in range(3)]
    assert picked(*pool) == [plain(0), plain(1), plain(2)]


def test_an_article_that_alone_speaks_of_it_is_used_all_the_same() -> None:
    pool = [(said(plain(n), unlike(n), "only"), 0.9) for n in range(8)]
    assert len(picked(*pool)) == 8


# --- what can stand alone ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Who will pay the owners of the harbour for all the closed quays?",
        "“Will the harbour company of Lunde ever pay its many dockers?”",
        "Nothing was said.",
        "Lunde has no plan.",
        "It was closed to large ships.",
    ],
)
def test_questions_and_fragments_are_no_points(text: str) -> None:
    assert picked((said(text, unlike(0)), 0.9), (said(plain(1), unlike(1)), 0.1)) == [plain(1)]


HE = "He had closed the harbour of Lunde to all the large ships."


def test_a_sentence_that_hangs_on_another_gives_way_to_one_that_says_the_same() -> None:
    pool = [(said(HE, axis(1.0)), 0.9), (said(plain(0), axis(CLOSE + 0.01)), 0.2), (said(plain(1), unlike(3)), 0.1)]
    assert picked(*pool) == [plain(0), plain(1)]


def test_but_not_to_one_that_says_something_else_and_is_then_left_out() -> None:
    pool = [(said(HE, axis(1.0)), 0.9), (said(plain(0), axis(REPEATS)), 0.2)]
    assert picked(*pool) == [plain(0)]


def test_what_takes_its_place_repeats_no_point_either() -> None:
    """The stand-in is near the hanging sentence and nearer to what was picked before."""
    first = np.zeros(16, np.float32)
    first[0] = 1
    stand_in, hanging = np.zeros((2, 16), np.float32)
    stand_in[:2] = math.cos(0.7), math.sin(0.7)
    hanging[:2] = math.cos(1.2), math.sin(1.2)
    assert first @ stand_in > REPEATS > first @ hanging
    assert stand_in @ hanging > CLOSE
    pool = [(said(plain(0), first), 2.0), (said(HE, hanging), 1.5), (said(plain(1), stand_in), 0.1)]
    assert picked(*pool) == [plain(0)]


def test_it_comes_with_the_sentence_before_where_that_makes_it_plain() -> None:
    before = "Mayor Tom Ruder spoke on the quay."
    one = after(before, HE, unlike(0))
    assert picked((one, 0.9)) == [HE]
    assert point_claim(one, Joiner([one], Verifier(FakeEmbedder()))).text == f"{before} {HE}"


def test_and_not_where_that_one_hangs_on_another_too() -> None:
    assert picked((after("She spoke on the quay.", HE, unlike(0)), 0.9)) == []


def test_two_sentences_must_be_better_than_one() -> None:
    hanging = after("Mayor Tom Ruder spoke on the quay.", HE, unlike(0))
    better, worse = 0.5 - NEEDS_MORE + 0.01, 0.5 - NEEDS_MORE - 0.01
    assert picked((hanging, 0.5), (said(plain(1), unlike(1)), better))[0] == plain(1)
    assert picked((hanging, 0.5), (said(plain(1), unlike(1)), worse))[0] == HE


@pytest.mark.parametrize(
    "text",
    [
        "However, the harbour of Lunde was closed to large ships.",
        "In addition, the harbour of Lunde was closed to large ships.",
    ],
)
def test_a_word_that_only_joins_it_to_the_one_before_costs_nothing(text: str) -> None:
    one = said(text, unlike(0))
    assert picked((one, 0.5), (said(plain(1), unlike(1)), 0.49)) == [text, plain(1)]
    assert point_claim(one, Joiner([one], Verifier(FakeEmbedder()))).text == text


@pytest.mark.parametrize(
    "text",
    [
        "When the harbour of Lunde was closed, he writes, most dockers expected its owners to sell.",
        "The owners of Lunde will sell the harbour and its four cranes to a bank, she added.",
        "By his account, the harbour of Lunde broke down under the strike of its dockers.",
        "Now, in their view, the owners of Lunde struggle to keep their quays.",
        "The Coast Courier of Lunde said on Monday that he did, and the harbour company said that he did not.",
    ],
)
def test_a_claim_brings_along_whose_it_is_and_what_it_is_of(text: str) -> None:
    """Printed alone it would read as a fact, as the claim of the wrong person, or as nothing at all."""
    assert picked((said(text, unlike(0)), 0.9)) == []
    before = "Mayor Tom Ruder wrote to the dockers of Lunde."
    one = after(before, text, unlike(0))
    assert picked((one, 0.9)) == [text]
    assert point_claim(one, Joiner([one], Verifier(FakeEmbedder()))).text == f"{before} {text}"


@pytest.mark.parametrize(
    "text",
    [
        "Mayor Tom Ruder said the harbour would close and that the ships, he added, would go to Brenn.",
        "Mayor Tom Ruder closed the harbour of Lunde since in his view it was unsafe for ships.",
        "Mayor Tom Ruder said that he did not close the harbour of Lunde.",
    ],
)
def test_a_claim_of_someone_who_is_named_stands_alone(text: str) -> None:
    assert picked((said(text, unlike(0)), 0.9)) == [text]


# --- claims --------------------------------------------------------------------------------------------------------


def test_the_claim_of_a_point_rests_on_every_article_that_says_it() -> None:
    passages = [passage_of(name, 1, (plain(0), "")) for name in "abc"]
    pool = weigh(passages, NO_TERMS, FakeEmbedder())
    claim = point_claim(pool[0], Joiner(pool, Verifier(FakeEmbedder())))
    assert claim.text == plain(0)
    assert [passage.article_id for passage, _ in claim.places] == ["a", "b", "c"]


sentences = st.tuples(st.sampled_from([*map(plain, range(12)), HE, "Who?", "However, " + plain(1)]), st.integers(0, 4))


@settings(deadline=None, max_examples=80)
@given(st.lists(sentences, max_size=15), st.integers(0, 6))
def test_points_are_of_the_pool_distinct_and_unlike_each_other(drawn: list[tuple[str, int]], limit: int) -> None:
    embedder = FakeEmbedder()
    pool = [said(text, embedder.encode([text])[0], str(article)) for text, article in drawn]
    made = Pool((), tuple(pool), tuple(1 - n / 20 for n in range(len(pool))), unlike(0), NO_TERMS)
    points = pick_points(made, limit)
    assert len(points) <= limit
    assert all(any(one is other for other in pool) for one in points)
    for n, one in enumerate(points):
        assert all(float(one.vector @ other.vector) < REPEATS + 1e-6 for other in points[:n])
    again = pick_points(made, limit)
    assert [id(one) for one in points] == [id(one) for one in again]
