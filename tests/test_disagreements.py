"""Where sources differ: what is reported as a difference, and above all what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from checking import real_embedder
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.disagreements import Dispute, disagreements
from rag.embedding import Embedder
from rag.extraction import Weighed, weigh
from rag.joining import Joiner
from rag.quantities import compatible, quantities
from rag.schema import Passage
from rag.terms import Terms
from rag.tokens import tokenize
from rag.verification import Verifier

FIVE = "Some 5,000 troops were sent to the northern border in the spring."
SEVEN = "Some 7,000 troops were sent to the northern border in the spring."


def paragraph(article: str, *sentences: str, n: int = 1) -> Passage:
    return passage_of(article, n, *[(sentence, " ") for sentence in sentences])


def found(*passages: Passage, limit: int = 10, embedder: Embedder | None = None) -> list[Dispute]:
    embedder = embedder or real_embedder()
    pool: list[Weighed] = weigh(passages, Terms({}, {}), embedder)
    return disagreements(pool, Joiner(pool, Verifier(embedder)), limit)


def between(one: str, other: str) -> list[tuple[str, list[str]]]:
    """Kind and values of what two articles differ in."""
    disputes = found(paragraph("a", one), paragraph("b", other))
    return [(dispute.kind, [position.value for position in dispute.positions]) for dispute in disputes]


@pytest.mark.parametrize(
    ("one", "other", "kind", "values"),
    [
        ("The army sent 5,000 troops to the northern border.", "The army sent 7,000 troops to the northern border.",
         "figure", ["5,000", "7,000"]),
        ("Nearly 50,000 troops were sent to the border, Holm said.", "Aksel Berg said 20,000 troops were sent"
         " to the border.", "figure", ["nearly 50,000", "20,000"]),
        ("The flood killed 20 people in Brennvik.", "The flood killed 25 people in Brennvik.", "figure", ["20", "25"]),
        ("The repair of the bridge cost $5 million.", "The repair of the bridge cost $9 million.", "figure",
         ["$5 million", "$9 million"]),
        ("Turnout in the harbour vote was 61 percent.", "Turnout in the harbour vote was 48 percent.", "figure",
         ["61 %", "48 %"]),
        ("The treaty on fishing was signed on 5 May 2021 in Brennvik.",
         "The treaty on fishing was signed on 7 May 2021 in Brennvik.", "date", ["5 May 2021", "7 May 2021"]),
        ("The shipyard in Brennvik was founded in 1912 by two brothers.",
         "The shipyard in Brennvik was founded in 1921 by two brothers.", "date", ["1912", "1921"]),
        ("The parliament approved the wind tax for the northern coast.",
         "The parliament rejected the wind tax for the northern coast.", "claim", ["approved", "rejected"]),
        ("The minister read the letter from the shipyard before the vote.",
         "The minister did not read the letter from the shipyard before the vote.", "claim", ["read", "not read"]),
        ("Clara Holm met the owner of the shipyard in Brennvik before the vote.",
         "The ministry denied that Clara Holm met the owner of the shipyard in Brennvik before the vote.",
         "claim", ["denied", "said"]),
    ],
)  # fmt: skip
def test_what_cannot_both_be_right_is_a_difference(one: str, other: str, kind: str, values: list[str]) -> None:
    ((said, given_values),) = between(one, other)
    assert said == kind
    assert sorted(given_values) == sorted(values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("More than 5,000 troops were sent to the border.", "In all, 5,012 troops were sent to the border."),
        ("About 5,000 troops were sent to the border.", "Exactly 4,980 troops were sent to the border."),
        ("The trip takes 1.7 seconds on a dry road.", "The trip takes 1.66 seconds on a dry road."),
        ("Up to 9,000 troops were sent to the border.", "In all, 5,012 troops were sent to the border."),
        ("Between 5,000 and 7,000 troops were sent to the border.", "Some 9,000 troops were sent to the border."),
        ("The flood killed 20 people in Brennvik.", "The flood injured 25 people in Brennvik."),
        ("The flood killed 20 people in Brennvik.", "The flood killed 25 people in Ostrava."),
        ("The flood killed 20 people in Brennvik.", "The flood killed 25 cows in Brennvik."),
        ("The flood of 2019 killed 20 people in Brennvik.", "The flood of 2021 killed 25 people in Brennvik."),
        ("The flood killed 20 people in Brennvik in May.", "The flood killed 25 people in Brennvik in June."),
        ("Sales in Brennvik rose by 20 percent last year.", "Sales in Brennvik rose by 20 million last year."),
        ("The bank lost 5 percent of its deposits.", "The bank lost $9 million of its deposits."),
        ("It was the 5th strike of crews in the harbour.", "It was the 7th strike of crews in the harbour."),
        ("A Falcon 170 reached the border in a day.", "A Falcon 190 reached the border in a day."),
        ("The shipyard built 40 boats each year.", "The shipyard built 60 boats."),
        ("Some 300 crews joined the first strike.", "Some 900 crews joined the second strike."),
        ("Founded in the 1980s, the shipyard built boats.", "Founded in 1983, the shipyard built boats."),
        ("The treaty was signed in May 2021 in Brennvik.", "The treaty was signed on 7 May 2021 in Brennvik."),
        ("The parliament may approve the wind tax.", "The parliament did not approve the wind tax."),
        ("The tax helps the small farms of the coast.", "The tax helps the large farms of the south."),
        ("Holm praised the shipyard for its boats.", "Berg criticised the shipyard for its boats."),
        ("There was no doubt about the treaty, Holm said.", "The doubt about the treaty grew in Brennvik."),
    ],
)
def test_what_may_both_be_right_is_none(one: str, other: str) -> None:
    assert between(one, other) == []
    assert between(other, one) == []


def test_an_article_that_knows_both_figures_disputes_neither() -> None:
    both = "An earlier count spoke of 7,000."
    assert found(paragraph("a", FIVE, both), paragraph("b", SEVEN)) == []


def test_all_who_say_so_are_cited_on_each_side_and_the_latest_date_is_given() -> None:
    first = [passage_of("a", 1, (FIVE, "")), passage_of("b", 1, (FIVE, ""))]
    dated = [_dated(first[0], "2024-05-01"), _dated(first[1], "2024-06"), _dated(paragraph("c", SEVEN), None)]
    (dispute,) = found(*dated)
    assert [(p.value.lower(), p.published) for p in dispute.positions] == [
        ("some 5,000", "2024-06"),
        ("some 7,000", None),
    ]
    assert [[passage.article_id for passage, _ in p.claim.places] for p in dispute.positions] == [["a", "b"], ["c"]]
    assert dispute.about == "troops were sent to the northern"


def _dated(passage: Passage, published: str | None) -> Passage:
    return replace(passage, metadata=replace(passage.metadata, published=published))


def test_a_third_figure_is_a_third_side() -> None:
    nine = SEVEN.replace("7,000", "9,000")
    (dispute,) = found(paragraph("a", FIVE), paragraph("b", SEVEN), paragraph("c", nine))
    assert len(dispute.positions) == 3


def test_within_one_article_only_different_speakers_differ() -> None:
    one, other = "Clara Holm said the flood killed 20 people.", "Aksel Berg said the flood killed 25 people."
    assert len(found(paragraph("a", one), paragraph("a", other, n=2))) == 1
    same = other.replace("Aksel Berg", "Clara Holm")
    assert found(paragraph("a", one), paragraph("a", same, n=2)) == []


def test_that_there_was_no_such_thing_is_set_beside_who_tells_of_it() -> None:
    told = "The Courier wrote that in her first meeting with Berg, Holm had offered him a post."
    denied = "There was no meeting, Berg's spokesman said."
    (dispute,) = found(paragraph("a", told), paragraph("a", denied, n=2))
    assert [position.value for position in dispute.positions] == ["no meeting", "her first meeting"]
    assert found(paragraph("a", denied), paragraph("a", told, n=2)) == []


def test_nothing_differs_in_an_empty_pool() -> None:
    assert found() == []
    assert found(paragraph("a", FIVE)) == []
    assert found(paragraph("a", FIVE), paragraph("b", SEVEN), limit=0) == []


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("5,000 troops", "5,400 troops", True),
        ("5,000 troops", "5,600 troops", False),
        ("more than 5,000 troops", "9,000 troops", True),
        ("more than 5,000 troops", "4,000 troops", False),
        ("fewer than 30 boats", "31 boats", False),
        ("nearly 50 boats", "47 boats", True),
        ("20 dead", "22 dead", False),
        ("at least 20 dead", "22 dead", True),
        ("up to 20 dead", "12 dead", True),
        ("1.66 seconds", "1.7 seconds", True),
        ("two boats", "three boats", False),
    ],
)
def test_figures_that_can_both_be_right(one: str, other: str, both: bool) -> None:
    (first,), (second,) = (quantities(tokenize(f"There are {text} in the bay.")) for text in (one, other))
    assert compatible(first, second) is both
    assert compatible(second, first) is both


SENTENCES = [
    FIVE, SEVEN, "Clara Holm said the flood killed 20 people.", "Aksel Berg said the flood killed 25 people.",
    "There was no meeting, Berg's spokesman said.", "In her first meeting with Berg, Holm wept.", "5", "…",
    "The treaty was signed on 5 May 2021.", "The treaty was signed on 7 May 2021.", "Holm did not sign the treaty.",
    "Holm signed the treaty.", "Holm denied that she had signed the treaty in May.",
]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3)), max_size=6),
    st.integers(0, 4),
)
def test_sides_are_verbatim_sentences_of_different_sources(texts: Sequence[tuple[int, list[str]]], limit: int) -> None:
    """Invariant 2, for any articles."""
    passages = [paragraph(f"a{article}", *lines, n=n) for n, (article, lines) in enumerate(texts, 1)]
    disputes = found(*passages, limit=limit, embedder=FakeEmbedder())
    assert len(disputes) <= limit
    for dispute in disputes:
        assert len(dispute.positions) > 1
        values = [position.value for position in dispute.positions]
        assert all(values)
        assert len(set(values)) == len(values)
        for position in dispute.positions:
            passage, sentence = position.claim.places[0]
            assert (
                position.claim.text
                == passage.paragraph.text[
                    sentence.start - passage.paragraph.start : sentence.end - passage.paragraph.start
                ]
            )
            assert all(p in passages for p, _ in position.claim.places)
