"""Retrieval: both parts of the search in one ranking, filters, limits, and questions of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import CHESS, FLOOD, VOTE, Library

from rag.errors import InputError, NotFoundError
from rag.retrieval import MAX_QUESTION
from rag.schema import Filters, Passage

FACTS = {
    "vote": ("The Courier", ["Rosa Lehn"], "2024-11-06"),
    "flood": ("Brno Daily News", ["Jan Novák", "Rosa Lehn-Meier"], "2024-11"),
    "chess": ("The Evening Courier", [], "2023"),
    "mill": (None, [], None),
}
TEXTS = {
    "vote": VOTE,
    "flood": FLOOD,
    "chess": CHESS,
    "mill": "The old mill in Orrefors is open again.\n\nIts wheel turns on Sundays, when the weather is good enough.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Four articles with their facts; the mill has none."""
    library = Library(tmp_path_factory.mktemp("retrieval"))
    tables = []
    for name, (publisher, authors, published) in FACTS.items():
        library.write(f"{name}.txt", TEXTS[name])
        facts = {"publisher": publisher, "authors": authors, "published": published}
        tables += [f'["{name}.txt"]', *(f"{key} = {value!r}" for key, value in facts.items() if value)]
    library.write("sources.toml", "\n".join(tables))
    library.ingest()
    yield library
    library.close()


def search(library: Library, question: str, k: int = 50, limit: int = 0, **filters: object) -> list[Passage]:
    wanted = Filters(**filters) if filters else None  # type: ignore[arg-type]
    return list(library.engine.search(question, k, wanted, limit).passages)


def articles(library: Library, **filters: object) -> set[str]:
    return {passage.article_id for passage in search(library, "the", **filters)}


# --- ranking -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Who said the tax would pay for turbines?", "vote#2"),
        ("How much damage did insurers report?", "flood#3"),
        ("chess champion", "chess#1"),
        ("When does the wheel turn?", "mill#2"),
    ],
)
def test_the_paragraph_that_answers_comes_first(library: Library, question: str, best: str) -> None:
    assert search(library, question)[0].paragraph_id == best


def test_passages_hold_the_paragraph_as_it_is_stored(library: Library) -> None:
    for passage in search(library, "the vote on the wind tax"):
        article = library.engine.catalogue.article(passage.article_id)
        assert passage.paragraph in article.paragraphs
        assert passage.metadata == article.metadata
        assert passage.path == article.path
        assert passage.paragraph_id == f"{article.id}#{passage.paragraph.n}"


def test_every_paragraph_is_there_once_and_scores_fall(library: Library) -> None:
    found = search(library, "the harbour, the mill and the bridge")
    ids = [passage.paragraph_id for passage in found]
    assert len(set(ids)) == len(ids) == 11
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)


def test_ranks_count_from_one_within_each_part(library: Library) -> None:
    found = search(library, "turbines tax")
    dense = sorted((p for p in found if p.dense_rank), key=lambda p: p.dense_rank or 0)
    lexical = sorted((p for p in found if p.lexical_rank), key=lambda p: p.lexical_rank or 0)
    assert [p.dense_rank for p in dense] == list(range(1, len(found) + 1))
    assert [p.dense_score for p in dense] == sorted((p.dense_score for p in dense), reverse=True)
    assert [p.lexical_rank for p in lexical] == list(range(1, len(lexical) + 1))
    assert [p.lexical_score for p in lexical] == sorted((p.lexical_score for p in lexical), reverse=True)
    assert 0 < len(lexical) < len(found)


def test_what_one_part_missed_is_scored_by_it_all_the_same(library: Library) -> None:
    """With one hit from each part, every paragraph found has the cosine that a full search gives it."""
    question = "turbines off the coast, ninety million crowns"
    everything = {p.paragraph_id: p for p in search(library, question)}
    narrow = library.open(candidates=1)
    found = narrow.search(question).passages
    narrow.close()
    assert found
    for passage in found:
        assert passage.dense_score == pytest.approx(everything[passage.paragraph_id].dense_score, abs=1e-6)
        assert passage.lexical_score == pytest.approx(everything[passage.paragraph_id].lexical_score, abs=1e-6)


def test_chroma_and_the_catalogue_rank_alike(library: Library) -> None:
    engine = library.open(exact_limit=0)
    for question in ("turbines", "Who lost her title in Lisbon?", "night trains"):
        through_chroma = engine.search(question, 50).passages
        assert [p.paragraph_id for p in through_chroma] == [p.paragraph_id for p in search(library, question)]
        assert [p.score for p in through_chroma] == pytest.approx(
            [p.score for p in search(library, question)], abs=1e-5
        )
    engine.close()


def test_the_same_question_gets_the_same_answer_again(library: Library) -> None:
    assert search(library, "the harbour") == search(library, "the harbour")


def test_named_paragraphs_come_after_the_best_where_they_are_not_among_them(library: Library) -> None:
    retriever, question = library.engine.retriever, "When does the wheel turn?"
    vector = retriever.encode(question)
    best = [p.paragraph_id for p in retriever.search(question, vector, 2)]
    also = ["chess#1", best[0], "vote#2", "gone#1", "vote#900", "nonsense"]
    found = [p.paragraph_id for p in retriever.search(question, vector, 2, also=also)]
    assert found[:2] == best
    assert sorted(found[2:]) == ["chess#1", "vote#2"]
    only = Filters(articles=("mill", "vote"))
    assert "chess#1" not in [p.paragraph_id for p in retriever.search(question, vector, 2, only, also=also)]


def test_ties_go_to_the_lower_paragraph_id(tmp_path: Path) -> None:
    """Unlike texts that a question tells nothing apart."""
    library = Library(tmp_path)
    for name in ("delta", "alpha", "carol", "bravo"):
        library.write(f"{name}.txt", f"{name} {name} {name}, they sang at noon, and {name} again.")
    library.ingest()
    found = search(library, "zebra")
    order = [(-p.score, p.paragraph_id) for p in found]
    assert order == sorted(order)
    library.close()


def test_words_in_the_order_of_the_question_come_before_the_same_words_in_another(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(
        "bites.md",
        "# Bites\n\nThe dog of the village bit the old man again.\n\nThe old man bit the dog of the village again.",
    )
    library.ingest()
    assert [p.paragraph.n for p in search(library, "Who says the old man bit the dog?")][:1] == [3]
    assert [p.paragraph.n for p in search(library, "Who says the dog of the village bit?")][:1] == [2]
    library.close()


def test_of_equal_paragraphs_the_one_after_the_name_comes_first(tmp_path: Path) -> None:
    library = Library(tmp_path)
    resigned = [
        "The minister resigned on a Monday, for reasons of health and of age alone.",
        "For reasons of age and of health alone, on a Monday the minister resigned.",
    ]
    names = ["Clara Holm", "Jonas Berg"]
    came = [f"{name} came to power in 2019 with a wide smile for everybody." for name in names]
    library.write("ministers.md", "\n\n".join(["# Ministers", came[0], resigned[0], came[1], resigned[1]]))
    library.ingest()
    orders = []
    for name in names:
        found = [p for p in search(library, f"Why has {name} resigned?") if p.paragraph.text in resigned]
        assert found[0].score > found[1].score
        assert found[0].dense_score == pytest.approx(found[1].dense_score)
        orders.append([p.paragraph.n for p in found])
    assert orders == [[3, 5], [5, 3]]
    library.close()


# --- limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 11, 1000])
def test_k_passages_are_given_where_there_are_as_many(library: Library, k: int) -> None:
    everything = search(library, "the")
    assert search(library, "the", k) == everything[:k]


@pytest.mark.parametrize("limit", [1, 2])
def test_at_most_so_many_of_one_article_and_the_best_of_each(library: Library, limit: int) -> None:
    everything, found = search(library, "the"), search(library, "the", limit=limit)
    for name in FACTS:
        assert [p for p in found if p.article_id == name] == [p for p in everything if p.article_id == name][:limit]
    assert found == [p for p in everything if p in found]


# --- filters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2024-11-06", None, {"vote", "flood"}),
        ("2024-11-07", None, {"flood"}),
        ("2024-12", None, None),
        ("2024", None, {"vote", "flood"}),
        ("2023-12-31", None, {"vote", "flood", "chess"}),
        (None, "2024-11-05", {"flood", "chess"}),
        (None, "2024-11", {"vote", "flood", "chess"}),
        (None, "2023-01-01", {"chess"}),
        (None, "2022", None),
        ("2024-11-06", "2024-11-06", {"vote", "flood"}),
        ("2023", "2023", {"chess"}),
        ("2025", "2020", None),
    ],
)
def test_dates_of_any_precision_match_where_any_day_they_can_mean_does(
    library: Library, since: str | None, until: str | None, expected: set[str] | None
) -> None:
    """An article without a date fails every date filter."""
    if expected is None:
        with pytest.raises(InputError, match="no article passes these filters"):
            articles(library, since=since, until=until)
    else:
        assert articles(library, since=since, until=until) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"publishers": ("courier",)}, {"vote", "chess"}),
        ({"publishers": ("THE COURIER",)}, {"vote"}),
        ({"publishers": ("brno", "evening")}, {"flood", "chess"}),
        ({"authors": ("rosa le",)}, {"vote", "flood"}),
        ({"authors": ("rosa lehn",)}, {"vote"}),
        ({"authors": ("NOVÁK",)}, {"flood"}),
        ({"articles": ("mill",)}, {"mill"}),
        ({"articles": ("mill", "vote")}, {"mill", "vote"}),
        ({"articles": ("mill", "vote"), "publishers": ("courier",)}, {"vote"}),
        ({"authors": ("rosa",), "since": "2024-11-07"}, {"flood"}),
    ],
)
def test_names_match_in_part_and_however_they_are_capitalised(
    library: Library, filters: dict[str, tuple[str, ...]], expected: set[str]
) -> None:
    assert articles(library, **filters) == expected


def test_a_whole_name_is_not_also_a_part_of_others(tmp_path: Path) -> None:
    library = Library(tmp_path)
    papers = {"vote": "Time", "flood": "The New York Times", "chess": "Time Out"}
    for name in papers:
        library.write(f"{name}.txt", TEXTS[name])
    library.write("sources.toml", "\n".join(f'["{name}.txt"]\npublisher = {paper!r}' for name, paper in papers.items()))
    library.ingest()
    try:
        assert articles(library, publishers=("time",)) == {"vote"}
        assert articles(library, publishers=("tim",)) == {"vote", "flood", "chess"}
    finally:
        library.close()


def test_filters_that_nothing_passes_say_where_to_look(library: Library) -> None:
    with pytest.raises(InputError, match="rag articles lists publishers, authors and dates"):
        articles(library, publishers=("gazette",))


def test_an_unknown_article_is_named(library: Library) -> None:
    with pytest.raises(NotFoundError, match="no article 'nobody' in the store"):
        articles(library, articles=("vote", "nobody"))


def test_empty_filters_are_none(library: Library) -> None:
    assert library.engine.search("the", 50, Filters()).passages == tuple(search(library, "the"))


def test_filters_leave_cosines_alone(library: Library) -> None:
    everything = {p.paragraph_id: p.dense_score for p in search(library, "the turbines")}
    for passage in search(library, "the turbines", articles=("vote",)):
        assert passage.dense_score == pytest.approx(everything[passage.paragraph_id], abs=1e-6)


# --- questions of any kind ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "  \n\t", "\u2003"])
def test_an_empty_question_is_refused(library: Library, question: str) -> None:
    with pytest.raises(InputError, match="the question is empty"):
        search(library, question)


QUESTIONS = [
    "what is it and who was it?", '"the tax"', "AND", "NOT NEAR(tax, 3) OR", "tax*", 'a "b', "title:tax", "(", "{}",
    "😀", "ветряной налог", "风力税", "ضريبة", "\0tax\0", "tax\nturbines", "-", "'", "; DROP TABLE articles; --",
    "%s $1 ?1", "\udcff tax", "tax " * 2500, "x" * 10_000, "Wind Tax. " * 1000, " " * 9000 + "tax",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=[f"{q[:12]!a}-{len(q)}" for q in QUESTIONS])
def test_a_question_may_hold_anything(library: Library, question: str) -> None:
    found = search(library, question)
    assert len(found) == 11
    if "tax" in question:
        assert found[0].article_id == "vote"


@settings(max_examples=30, deadline=None)
@given(question=st.text(min_size=1, max_size=60))
def test_no_question_breaks_the_search(library: Library, question: str) -> None:
    if question.strip():
        assert search(library, question, 3)


def test_the_part_of_a_question_past_the_limit_is_not_used(library: Library) -> None:
    long = "the turbines " * (MAX_QUESTION // 13 + 1)
    assert search(library, long + "chess champion Lisbon") == search(library, long + "x")


def test_a_store_of_headings_and_one_paragraph_finds_the_paragraph_alone(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.md", "# Mills\n\n## Orrefors\n\nThe old mill is open again, said the owner on Sunday.\n")
    library.ingest()
    (passage,) = search(library, "Mills in Orrefors")
    assert passage.paragraph.text.startswith("The old mill")
    assert passage.paragraph.heading == "Orrefors"
    library.close()
