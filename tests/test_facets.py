"""The parts of key points: none where there are few, else what belongs together under words of its own."""

from __future__ import annotations

import numpy as np
from briefing_library import TOWN
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.extraction import Weighed
from rag.facets import FEWEST, REST, into_facets
from rag.lexical import query_terms, words
from rag.terms import stems

EMBEDDER = FakeEmbedder()
KRON, LENNE = TOWN[:6], TOWN[6:12]


def weighed(*texts: str) -> list[Weighed]:
    """A sentence an article, best first."""
    found = []
    for n, (text, vector) in enumerate(zip(texts, EMBEDDER.encode(texts), strict=True)):
        passage = passage_of(f"a{n}", 1, (text, ""))
        found.append(Weighed(passage, passage.paragraph.sentences[0], vector))
    return found


def apart(texts: list[str], groups: list[int]) -> list[Weighed]:
    """Sentences of one group are near each other, those of two far apart."""
    points = weighed(*texts)
    axes = np.eye(16, dtype=np.float32)
    near = [axes[group] + 0.01 * axes[15 - n % 8] for n, group in enumerate(groups)]
    return [Weighed(one.passage, one.sentence, vector) for one, vector in zip(points, near, strict=True)]


def known(topic: str) -> dict[str, float]:
    return dict.fromkeys(stems(query_terms(topic)), 1.0)


MIXED = [text for pair in zip(KRON, LENNE, strict=True) for text in pair]


def mixed() -> list[Weighed]:
    return apart(MIXED, [0, 1] * 6)


def test_few_points_are_one_part_without_a_heading() -> None:
    assert into_facets(mixed()[: FEWEST - 1], {}) == [("", list(range(FEWEST - 1)))]
    assert into_facets([], {}) == []


def test_points_that_belong_together_are_a_part_in_the_order_of_the_points() -> None:
    parts = into_facets(mixed(), known("Porthaven"))
    assert [places for _, places in parts] == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]


def test_the_part_of_the_best_point_comes_first() -> None:
    parts = into_facets(apart([*LENNE, *KRON], [1] * 6 + [0] * 6), known("Porthaven"))
    assert parts == [("River Lenne", list(range(6))), ("Ada Kron", list(range(6, 12)))]


def test_a_heading_is_the_phrase_a_part_shares_and_the_others_lack() -> None:
    assert [heading for heading, _ in into_facets(mixed(), known("Porthaven"))] == ["Ada Kron", "River Lenne"]


def test_a_heading_says_more_than_the_topic_does() -> None:
    for topic in ("Porthaven", "Porthaven and its river", "Ada Kron of Porthaven"):
        taken = known(topic)
        for heading, _ in into_facets(mixed(), taken):
            assert not heading or heading == REST or not set(stems(words(heading))) <= taken.keys()


def test_points_that_share_no_phrase_come_last() -> None:
    """Below the heading of another part they would be read as its own."""
    alone = ["Trams run on hydrogen.", "The coach left.", "Taxes are low.", "Snow fell."]
    parts = into_facets(apart([*alone, *MIXED], [2] * 4 + [0, 1] * 6), known("Porthaven"))
    assert parts[-1] == (REST, [0, 1, 2, 3])
    assert [heading for heading, _ in parts[:-1]] == ["Ada Kron", "River Lenne"]


def test_where_nothing_shares_a_phrase_there_are_no_headings() -> None:
    texts = [
        f"{word} fell." for word in "Snow Rain Hail Night Leaves Prices Walls Kings Shares Towers Apples Dusk".split()
    ]
    assert into_facets(apart(texts, [0, 1] * 6), {}) == [("", list(range(12)))]


def test_the_same_points_have_the_same_parts_again() -> None:
    assert into_facets(weighed(*TOWN), known("Porthaven")) == into_facets(weighed(*TOWN), known("Porthaven"))


def test_points_that_are_all_alike_are_still_all_there() -> None:
    parts = into_facets(weighed(*[KRON[0]] * 14), {})
    assert sorted(place for _, places in parts for place in places) == list(range(14))


WORDS = ["cranes", "quay", "Ada Kron", "river Lenne", "Lunde", "in", "2021", "税", "O’Hara's", "strike", "…"]
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), max_size=30)


@settings(deadline=None, max_examples=60)
@given(texts, st.sampled_from(["Lunde", "cranes and quay", ""]))
def test_every_point_is_in_one_part_under_words_of_its_own(drawn: list[str], topic: str) -> None:
    points = weighed(*drawn) if drawn else []
    parts = into_facets(points, known(topic) if topic else {})
    assert sorted(place for _, places in parts for place in places) == list(range(len(points)))
    headings = [heading for heading, _ in parts]
    assert len(set(headings)) == len(headings)
    assert all(headings) or len(headings) == 1
    assert REST not in headings[:-1]
    for heading, places in parts:
        assert places == sorted(places)
        assert heading[:1] == heading[:1].upper()
        if heading not in ("", REST):
            own = {stem for place in places for stem in stems(words(points[place].text))}
            assert set(stems(words(heading))) <= own
