"""From a question as it was typed to passages: its filters, its parts, its reranking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from store_helpers import CHESS, FLOOD, VOTE, Library

from rag.answering import NEAREST, Answerer
from rag.errors import InputError
from rag.schema import Filters, Passage
from rag.searching import Searcher, facets

HERALD = "---\npublisher: The Coast Herald\nauthor: Jane Doe\ndate: 2025-03-04\n---\n\n"
COURIER = "---\npublisher: Inland Courier\nauthor: Karl Berg\ndate: 2024-06-01\n---\n\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Two articles of one paper, one of another."""
    library = Library(tmp_path_factory.mktemp("searching"))
    for name, text in {"vote": HERALD + VOTE, "flood": HERALD + FLOOD, "chess": COURIER + CHESS}.items():
        library.write(f"{name}.md", text)
    library.ingest()
    yield library
    library.close()


@pytest.fixture
def searcher(library: Library) -> Searcher:
    return Searcher(library.engine.retriever, today=date(2025, 11, 22))


class Backwards:
    """A reranker that turns the order round, and remembers what it was given."""

    most = 5

    def __init__(self) -> None:
        self.history: list[tuple[str, list[str]]] = []

    def rank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        self.history.append((question, [passage.paragraph_id for passage in passages]))
        return list(reversed(passages))


def test_publishers_and_authors_are_those_of_the_store(library: Library) -> None:
    assert facets(library.engine.catalogue) == (("Inland Courier", "The Coast Herald"), ("Jane Doe", "Karl Berg"))


def test_a_publisher_that_the_question_names_is_a_filter_and_said_so(searcher: Searcher) -> None:
    found = searcher.find("What did the Inland Courier write about the flood?", 10)
    assert {passage.metadata.publisher for passage in found.passages} == {"Inland Courier"}
    assert len(found.notes) == 1
    assert "Inland Courier" in found.notes[0]
    assert "Courier" not in found.parts[0].question


def test_a_filter_that_nothing_passes_is_dropped_and_said_so(searcher: Searcher) -> None:
    found = searcher.find("What did the Inland Courier write in May 2019 about the flood?", 10)
    assert found.passages
    assert "too few" in found.notes[0]


def test_filters_that_are_given_win(searcher: Searcher) -> None:
    given = Filters(publishers=("Coast Herald",))
    found = searcher.find("What did the Inland Courier write about the flood?", 10, given)
    assert {passage.metadata.publisher for passage in found.passages} == {"The Coast Herald"}


def test_a_plain_question_is_searched_for_as_it_is(searcher: Searcher) -> None:
    question = "How much did insurers put the damage at?"
    found = searcher.find(question, 3)
    assert [part.question for part in found.parts] == [question]
    assert found.notes == ()
    retriever = searcher.retriever
    assert list(found.passages) == retriever.search(question, retriever.encode(question), 3)


def test_two_questions_in_one_get_their_share_each(searcher: Searcher) -> None:
    found = searcher.find("Who is Clara Holm? And who is Ines Duarte?", 4)
    assert len(found.parts) == 2
    assert all(len(part.passages) == 4 for part in found.parts)
    assert {part.passages[0].paragraph_id for part in found.parts} <= {one.paragraph_id for one in found.passages}
    assert len(found.passages) == 4


def test_a_reranker_reads_more_than_is_asked_for_and_what_is_carried_along_comes_after(library: Library) -> None:
    reranker = Backwards()
    searcher = Searcher(library.engine.retriever, reranker)
    plain = Searcher(library.engine.retriever).find("flood damage", 5).passages
    found = searcher.find("flood damage", 2, also=(plain[0].paragraph_id,))
    assert reranker.history == [("flood damage", [one.paragraph_id for one in plain])]
    assert [one.paragraph_id for one in found.passages] == [plain[i].paragraph_id for i in (4, 3, 0)]


def test_an_empty_question_is_refused(searcher: Searcher) -> None:
    with pytest.raises(InputError, match="empty"):
        searcher.find("  ", 3)


def test_a_question_of_two_parts_is_answered_in_both_or_the_rest_is_named(searcher: Searcher) -> None:
    known, unknown = "Who is Clara Holm?", "Who is Gregor Zimmer?"
    low, high = (Answerer(searcher).ask(question).confidence for question in (unknown, known))
    assert low < high
    half = Answerer(searcher, (low + high) / 2).ask(f"{known} And {unknown[0].lower()}{unknown[1:]}")
    assert half.answered
    assert half.confidence == high
    assert half.notes == (f"your articles do not answer: {unknown}",)
    both = Answerer(searcher, 0.0).ask("Who is Clara Holm? And who is Ines Duarte?")
    texts = " ".join(statement.text for statement in both.statements)
    assert "Clara Holm" in texts
    assert "Ines Duarte" in texts
    assert both.notes == ()
    neither = Answerer(searcher, 1.0).ask("Who is Clara Holm? And who is Ines Duarte?")
    assert not neither.answered
    assert 0 < len(neither.nearest) <= NEAREST
