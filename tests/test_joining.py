"""Who else says it: one statement with all its sources, and none that says another figure, name or the contrary."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.extraction import Weighed, sentence_text, weigh
from rag.joining import NEAR, Joiner
from rag.schema import Passage
from rag.terms import Terms
from rag.verification import Verifier

EMBEDDER = FakeEmbedder()
CRANES = "The harbour company of Lunde will buy two new cranes for the eastern quay."
PASSIVE = "Two new cranes for the eastern quay will be bought by the harbour company of Lunde."
MORE = "The harbour company of Lunde will buy two new cranes for the eastern quay in spring."
RAIN = "Rain fell on the old town all day long."
CHESS = "A chess champion of sixteen years lost her title to nobody."


def paragraph(article: str, *sentences: str, n: int = 1) -> Passage:
    return passage_of(article, n, *[(sentence, " ") for sentence in sentences])


def pool_of(*passages: Passage) -> list[Weighed]:
    return weigh(passages, Terms({}, {}), EMBEDDER)


def joiner_of(*passages: Passage) -> tuple[Joiner, list[Weighed]]:
    pool = pool_of(*passages)
    return Joiner(pool, Verifier(EMBEDDER)), pool


def cited(*passages: Passage) -> list[tuple[str, str]]:
    """Paragraphs and sentences that the claim of the first sentence rests on."""
    joiner, pool = joiner_of(*passages)
    claim = joiner.claim(pool[0])
    return [(passage.paragraph_id, sentence_text(passage, (sentence,))) for passage, sentence in claim.places]


# --- near ----------------------------------------------------------------------------------------------------------


def test_near_are_sentences_of_other_articles_best_first_one_an_article() -> None:
    joiner, pool = joiner_of(
        paragraph("a", CRANES, MORE), paragraph("b", RAIN, PASSIVE), paragraph("c", MORE, CRANES), paragraph("d", CHESS)
    )
    found = joiner.near(pool[0])
    assert [(one.passage.article_id, one.text) for one in found] == [("c", CRANES), ("b", PASSIVE)]


def test_near_ends_at_the_floor() -> None:
    joiner, pool = joiner_of(paragraph("a", CRANES), paragraph("b", PASSIVE), paragraph("c", CRANES))
    alike = float(pool[0].vector @ pool[1].vector)
    assert NEAR < alike < 0.99
    assert [one.passage.article_id for one in joiner.near(pool[0], alike + 0.01)] == ["c"]


def test_equally_near_come_in_the_order_of_the_pool() -> None:
    joiner, pool = joiner_of(*[paragraph(name, CRANES) for name in "adcb"])
    assert [one.passage.article_id for one in joiner.near(pool[0])] == ["d", "c", "b"]


def test_nobody_is_near_alone_or_in_an_empty_pool() -> None:
    joiner, pool = joiner_of(paragraph("a", CRANES, CRANES))
    assert joiner.near(pool[0]) == []
    assert Joiner([], Verifier(EMBEDDER)).pool == []


# --- bears out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [CRANES, PASSIVE, MORE])
def test_the_same_in_other_words_bears_it_out(other: str) -> None:
    joiner, (one, two) = joiner_of(paragraph("a", CRANES), paragraph("b", other))
    assert joiner.bears_out(one, two)


@pytest.mark.parametrize(
    "other",
    [
        "The harbour company of Lunde will buy three new cranes for the eastern quay.",
        "The harbour company of Brenn will buy two new cranes for the eastern quay.",
        "The harbour company of Lunde will not buy two new cranes for the eastern quay.",
        "The harbour company of Lunde denied it will buy two new cranes for the eastern quay.",
        "The harbour company of Lunde will sell two new cranes for the eastern quay.",
        RAIN,
    ],
)
def test_another_figure_name_or_the_contrary_does_not(other: str) -> None:
    joiner, (one, two) = joiner_of(paragraph("a", CRANES), paragraph("b", other))
    assert not joiner.bears_out(one, two)
    assert cited(paragraph("a", CRANES), paragraph("b", other)) == [("a#1", CRANES)]


def test_another_date_does_not() -> None:
    one, two = (f"The harbour company of Lunde was sold to a bank on {n} May 2021." for n in (5, 7))
    assert cited(paragraph("a", one), paragraph("b", two)) == [("a#1", one)]


def test_less_than_all_of_it_does_not_bear_it_out_and_more_does() -> None:
    """The sentence with the price rests on itself: the other article names none."""
    price = CRANES.removesuffix(".") + " at nine million crowns."
    assert cited(paragraph("a", price), paragraph("b", CRANES)) == [("a#1", price)]
    assert cited(paragraph("b", CRANES), paragraph("a", price)) == [("b#1", CRANES), ("a#1", price)]


# --- claims --------------------------------------------------------------------------------------------------------


def test_a_claim_rests_on_all_that_bear_it_out_its_own_article_first() -> None:
    found = cited(paragraph("a", CRANES), paragraph("b", RAIN, PASSIVE), paragraph("c", MORE), paragraph("d", CHESS))
    assert found[0] == ("a#1", CRANES)
    assert sorted(found[1:]) == [("b#1", PASSIVE), ("c#1", MORE)]


def test_its_words_stay_as_they_stand() -> None:
    joiner, pool = joiner_of(paragraph("a", RAIN, CRANES), paragraph("b", CRANES))
    claim = joiner.claim(pool[1])
    assert (claim.text, claim.support, claim.findings) == (CRANES, "supported", ())


def test_with_the_sentence_before_both_are_one_claim_and_both_must_be_borne_out() -> None:
    before, after = "Clara Holm runs the harbour of Lunde.", "She will buy two new cranes for the eastern quay."
    half = paragraph("b", "In Lunde she will buy two new cranes for the eastern quay.")
    whole = paragraph("c", before, after)
    joiner, pool = joiner_of(paragraph("a", before, after), half, whole)
    claim = joiner.claim(pool[1], pool[0].sentence)
    assert claim.text == f"{before} {after}"
    places = [(passage.article_id, sentence_text(passage, (sentence,))) for passage, sentence in claim.places]
    assert places[:2] == [("a", before), ("a", after)]
    assert sorted(places[2:]) == [("c", before), ("c", after)]


SENTENCES = [CRANES, PASSIVE, MORE, RAIN, CHESS, CRANES.replace("two", "three"), "Rain.", "Who pays?", "税は高い。"]
collections = st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(collections)
def test_every_place_of_every_claim_is_a_sentence_of_the_pool(articles: list[list[str]]) -> None:
    joiner, pool = joiner_of(*[paragraph(f"a{i}", *sentences) for i, sentences in enumerate(articles)])
    shown = {(one.passage.paragraph_id, one.sentence) for one in pool}
    for one in pool:
        claim = joiner.claim(one)
        assert claim.text == one.text
        assert claim.places[0] == (one.passage, one.sentence)
        places = [(passage.paragraph_id, sentence) for passage, sentence in claim.places]
        assert len(set(places)) == len(places)
        assert set(places) <= shown
        assert all(passage.article_id != one.passage.article_id for passage, _ in claim.places[1:])
