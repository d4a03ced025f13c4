"""The parts of key points: none where there are few, else what belongs together under words of its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.extraction import Weighed, stems
from rag.facets import FEWEST, HEADING_WORDS, into_facets
from rag.lexical import query_terms, words

EMBEDDER = FakeEmbedder()
CRANES = [
    "The cranes of the eastern quay in Lunde are rusty.",
    "Cranes and quay of Lunde were built together.",
    "Two cranes stand idle on the quay at Lunde.",
    "On the quay of Lunde the cranes were painted red.",
    "A storm bent the cranes and broke the quay in Lunde.",
    "New cranes for the old quay of Lunde arrive by ship.",
]
SCHOOLS = [
    "Teachers in Lunde want smaller classes for pupils.",
    "Pupils and teachers marched through Lunde.",
    "Many teachers in Lunde have forty pupils.",
    "The teachers of Lunde wrote to all parents of pupils.",
    "Pupils of Lunde gave their teachers flowers.",
    "In Lunde teachers and pupils share one gymnasium.",
]


def weighed(*texts: str) -> list[Weighed]:
    """A sentence an article, best first."""
    found = []
    for n, (text, vector) in enumerate(zip(texts, EMBEDDER.encode(texts), strict=True)):
        passage = passage_of(f"a{n}", 1, (text, ""))
        found.append(Weighed(passage, passage.paragraph.sentences[0], vector))
    return found


def known(topic: str) -> dict[str, float]:
    return dict.fromkeys(stems(query_terms(topic)), 1.0)


def mixed() -> list[str]:
    return [text for pair in zip(CRANES, SCHOOLS, strict=True) for text in pair]


def test_few_points_are_one_part_without_a_heading() -> None:
    points = weighed(*mixed()[: FEWEST - 1])
    assert into_facets(points, {}) == [("", list(range(FEWEST - 1)))]
    assert into_facets([], {}) == []


def test_points_that_belong_together_are_a_part_in_the_order_of_the_points() -> None:
    parts = into_facets(weighed(*mixed()), known("Lunde"))
    assert [places for _, places in parts] == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]


def test_the_part_of_the_best_point_comes_first() -> None:
    parts = into_facets(weighed(*SCHOOLS, *CRANES), known("Lunde"))
    assert [places for _, places in parts] == [list(range(6)), list(range(6, 12))]


def test_headings_are_the_words_most_of_a_part_share_and_no_other_has() -> None:
    (cranes, _), (schools, _) = into_facets(weighed(*mixed()), known("Lunde"))
    assert sorted(cranes.lower().split(", ")[:2]) == ["cranes", "quay"]
    assert sorted(schools.lower().split(", ")[:2]) == ["pupils", "teachers"]


def test_a_heading_begins_with_a_capital_and_goes_on_as_the_words_are_written() -> None:
    for heading, _ in into_facets(weighed(*mixed()), known("Lunde")):
        first, *rest = heading.split(", ")
        assert first[0].isupper()
        assert all(word.islower() for word in rest), "a capital at the head of a sentence is none of the word's own"


def test_a_name_keeps_its_capital() -> None:
    named = [text.replace("the quay", "the Kaya").replace("The cranes", "At Kaya cranes") for text in CRANES]
    named = [text if "Kaya" in text else f"{text[:-1]} of Kaya." for text in named]
    headings = ", ".join(heading for heading, _ in into_facets(weighed(*named, *SCHOOLS), known("Lunde cranes")))
    assert "Kaya" in headings


def test_words_of_the_topic_tell_no_part_from_another() -> None:
    for topic in ("Lunde", "the teachers and cranes of Lunde"):
        taken = known(topic)
        for heading, _ in into_facets(weighed(*mixed()), taken):
            assert not set(stems(words(heading))) & taken.keys()


def test_the_same_points_have_the_same_parts_again() -> None:
    assert into_facets(weighed(*mixed()), known("Lunde")) == into_facets(weighed(*mixed()), known("Lunde"))


def test_points_that_are_all_alike_are_still_all_there() -> None:
    parts = into_facets(weighed(*[CRANES[0]] * 14), {})
    assert sorted(place for _, places in parts for place in places) == list(range(14))


WORDS = ["cranes", "quay", "teachers", "pupils", "Lunde", "in", "2021", "税", "O’Hara's", "strike", "…"]
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), max_size=30)


@settings(deadline=None, max_examples=60)
@given(texts, st.sampled_from(["Lunde", "cranes and teachers", ""]))
def test_every_point_is_in_one_part_and_headings_are_short_and_of_its_own_words(drawn: list[str], topic: str) -> None:
    points = weighed(*drawn) if drawn else []
    parts = into_facets(points, known(topic) if topic else {})
    assert sorted(place for _, places in parts for place in places) == list(range(len(points)))
    assert [places[0] for _, places in parts] == sorted(places[0] for _, places in parts)
    for heading, places in parts:
        assert places == sorted(places)
        own = {stem for place in places for stem in stems(words(points[place].text))}
        assert set(stems(words(heading))) <= own
        assert len(heading.split(", ")) <= HEADING_WORDS
        assert heading[:1] == heading[:1].upper()


def test_vectors_need_not_be_of_words() -> None:
    points = [Weighed(one.passage, one.sentence, np.eye(16, dtype=np.float32)[i]) for i, one in
              enumerate(weighed(*mixed()))]  # fmt: skip
    assert sorted(place for _, places in into_facets(points, {}) for place in places) == list(range(12))
