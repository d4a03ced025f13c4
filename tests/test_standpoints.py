"""Which sentence says a thing as another does, and which denies, doubts, reports or only wishes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from checking import passage_of, real_embedder

from rag.extraction import Weighed
from rag.joining import Joiner
from rag.standpoints import distances, missing_points, stands_back
from rag.tokens import tokenize
from rag.verification import Verifier

PLAIN = "The harbour company of Lunde will buy two new cranes for the eastern quay."


def weighed(text: str, n: int) -> Weighed:
    passage = replace(passage_of(text, n), article_id=f"a{n}")
    return Weighed(passage, passage.paragraph.sentences[0], real_embedder().encode([text])[0])


@pytest.mark.parametrize(
    "other",
    [
        "Reports that the harbour company of Lunde will buy two new cranes for the eastern quay are false.",
        "The company said it was not true that the harbour company of Lunde will buy two new cranes for the quay.",
        "The harbour company of Lunde had wanted to buy two new cranes for the eastern quay.",
        "The harbour company of Lunde will buy two new ships for the eastern quay.",
        "The union claimed that the harbour company of Lunde will buy two new cranes for the eastern quay.",
        "The harbour company of Lunde may buy two new cranes for the eastern quay.",
        "Some say the harbour company of Lunde will buy two new cranes for the eastern quay.",
    ],
)
def test_what_says_it_otherwise_is_not_cited_for_it(other: str) -> None:
    one, two = weighed(PLAIN, 1), weighed(other, 2)
    assert not Joiner([one, two], Verifier(real_embedder())).bears_out(one, two)


def test_what_says_it_in_another_order_is_cited() -> None:
    one, two = (
        weighed(PLAIN, 1),
        weighed("Two new cranes for the eastern quay will be bought by the Lunde harbour company.", 2),
    )
    assert Joiner([one, two], Verifier(real_embedder())).bears_out(one, two)


def test_when_it_is_must_be_told_too() -> None:
    one, two = (
        weighed("In spring the harbour company of Lunde will buy two new cranes for the eastern quay.", 1),
        weighed(PLAIN, 2),
    )
    joiner = Joiner([one, two], Verifier(real_embedder()))
    assert not joiner.bears_out(one, two)
    assert joiner.bears_out(two, one)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The quay was closed.", set()),
        ("The quay was not closed.", {"denied"}),
        ("Reports that the quay was closed are false.", {"denied", "reported"}),
        ("The quay may be closed.", {"doubted"}),
        ("The council said the quay was closed.", {"reported"}),
        ("The council wanted to close the quay.", {"wished"}),
    ],
)
def test_distances(text: str, found: set[str]) -> None:
    assert distances(tokenize(text)) == found


def test_a_report_bears_out_a_report() -> None:
    ours, theirs = tokenize("The council said the quay was closed."), tokenize("The quay was closed, the mayor said.")
    assert not stands_back(ours, theirs)


def test_only_a_near_copy_lacks_a_point() -> None:
    ours, other = tokenize(PLAIN), tokenize("Lunde buys cranes.")
    assert missing_points(ours, other, other) == []
    ships = tokenize(PLAIN.replace("cranes", "ships"))
    assert missing_points(ours, ships, ships) == [("cranes", ("ships",))]
