"""Word search: what is looked up in a question, and BM25 over paragraphs and articles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import make_article

from rag.catalogue import Catalogue, ChunkRow
from rag.lexical import abbreviations, idf, query_terms, search_articles, search_paragraphs, words
from rag.schema import Article


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    yield catalogue
    catalogue.close()


def put(catalogue: Catalogue, *articles: Article) -> None:
    with catalogue.transaction():
        for article in articles:
            catalogue.put_article(article, [ChunkRow((1,), bytes(32), bytes(16))], 9, b"")


@pytest.fixture
def mills(catalogue: Catalogue) -> Catalogue:
    """Paragraphs 1 and 2 of article 1, paragraph 3 of article 2, paragraph 4 of article 3."""
    put(
        catalogue,
        make_article("mill", "The mill burned down.", "A mill is a mill is a mill.", title="Fire"),
        make_article("fire", "The harbour was calm.", title="Mill"),
        make_article("café", "O’Brien’s café was reopened by the ministers.", title="Opening"),
    )
    return catalogue


def keys(hits: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in hits]


# --- what is looked up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("Who heads the Russian fund?", ["heads", "russian", "fund"]),
        ("What is it?", ["what", "is", "it"]),
        ("Kremlin’s hopes, Kremlin's fears", ["kremlin", "hopes", "fears"]),
        ("COVID-19 in 2024", ["covid", "19", "2024"]),
        ("what did O'Brien say?", ["o'brien", "say"]),
        ("Сколько стоит газ?", ["сколько", "стоит", "газ"]),
        ("", []),
        ("?! … 😀", []),
        ("snake_case and _kept_", ["snake", "case", "kept"]),
    ],
)
def test_the_telling_words_of_a_question_are_looked_up(question: str, terms: list[str]) -> None:
    assert query_terms(question) == terms


def test_a_pasted_page_is_cut_to_a_long_question() -> None:
    assert len(query_terms(" ".join(f"word{n}" for n in range(5000)))) == 64


def test_names_of_several_words_are_looked_up_by_their_short_forms_too() -> None:
    found = abbreviations("What did the Wall Street Journal and the Washington Post report on the Bank of England?")
    assert found["WSJ"] == ["Wall", "Street", "Journal"]
    assert found["WaPo"] == ["Washington", "Post"]
    assert found["BE"] == ["Bank", "England"]
    assert abbreviations("what did Putin say?") == {}


def test_words_have_plain_apostrophes() -> None:
    assert words("Don’t “quote” O'Brien") == ["Don't", "quote", "O'Brien"]


# --- what is found -----------------------------------------------------------------------------------------------


def test_paragraphs_are_found_by_any_form_of_a_word_and_without_accents(mills: Catalogue) -> None:
    assert keys(search_paragraphs(mills, ["minister"], 9)) == [4]
    assert keys(search_paragraphs(mills, ["cafe"], 9)) == [4]
    assert keys(search_paragraphs(mills, ["o'brien"], 9)) == [4]
    assert keys(search_paragraphs(mills, ["burning"], 9)) == [1]


def test_a_title_counts_less_than_the_paragraphs_own_words(mills: Catalogue) -> None:
    """Paragraph 3 has the word in its title alone."""
    hits = search_paragraphs(mills, ["mill"], 9)
    assert keys(hits) == [2, 1, 3]
    assert all(score > 0 for _, score in hits)


def test_whole_articles_are_found_best_first(mills: Catalogue) -> None:
    assert keys(search_articles(mills, ["harbour", "calm"], 9)) == [2]
    assert set(keys(search_articles(mills, ["mill"], 9))) == {1, 2}


def test_bm25_is_as_by_hand(catalogue: Catalogue) -> None:
    """Three articles without titles, of 2, 2 and 5 words; "flood" once in the first alone.

    idf = ln((3 - 1 + .5) / (1 + .5)) = .51083, k1 = 1.2, b = .75, mean length 3:
    score = idf · 1 · 2.2 / (1 + 1.2 · (1 - .75 + .75 · 2/3)) = .51083 · 2.2 / 1.9 = .59149
    """
    put(catalogue, make_article("a", "flood mill"), make_article("b", "bridge mill"),
        make_article("c", "tower mill ferry sea rain"))  # fmt: skip
    ((key, score),) = search_paragraphs(catalogue, ["flood"], 9)
    assert key == 1
    assert score == pytest.approx(0.59149, abs=1e-4)


def test_idf_is_as_by_hand(mills: Catalogue) -> None:
    """4 paragraphs; "mill" in 3 (once by title), "calm" in 1, "zebra" in none."""
    assert idf(mills, ["mill", "calm", "zebra"]) == pytest.approx(
        {"mill": math.log(1 + 1.5 / 3.5), "calm": math.log(1 + 3.5 / 1.5), "zebra": math.log(1 + 4.5 / 0.5)}
    )


def test_k_limits_and_no_terms_find_nothing(mills: Catalogue) -> None:
    assert len(search_paragraphs(mills, ["mill"], 2)) == 2
    assert search_paragraphs(mills, [], 9) == []
    assert search_articles(mills, [], 9) == []


def test_equal_scores_go_to_the_lower_key(catalogue: Catalogue) -> None:
    put(catalogue, *[make_article(f"a{n}", "The same flood again.") for n in range(9)], make_article("b", "A mill."))
    assert keys(search_paragraphs(catalogue, ["flood"], 9)) == list(range(1, 10))
    assert keys(search_articles(catalogue, ["flood"], 9)) == list(range(1, 10))


def test_a_search_can_be_kept_to_articles_or_paragraphs(mills: Catalogue) -> None:
    assert keys(search_paragraphs(mills, ["mill"], 9, articles=[2])) == [3]
    assert keys(search_paragraphs(mills, ["mill"], 9, paragraphs=[1, 3])) == [1, 3]
    assert keys(search_paragraphs(mills, ["mill"], 9, articles=[1], paragraphs=[1, 3])) == [1]
    assert keys(search_articles(mills, ["mill"], 9, articles=[1, 3])) == [1]
    assert search_paragraphs(mills, ["mill"], 9, articles=()) == []
    assert search_paragraphs(mills, ["mill"], 9, paragraphs=()) == []


def test_a_restriction_does_not_change_scores_and_may_name_any_number(mills: Catalogue) -> None:
    everything = dict(search_paragraphs(mills, ["mill"], 9))
    assert dict(search_paragraphs(mills, ["mill"], 9, range(100_000), range(100_000))) == everything


OPERATORS = [
    "AND", "OR NOT", "NEAR(mill burned, 1)", "mill*", '"mill', '""', "title:mill", "text : mill", "-mill", "^mill",
    "{text}", "mill + mill", "(", "mill'; DROP TABLE articles; --", "\0mill", "mi\0ll", "😀 mill", "粉ひき小屋",
    "مطحنة", "㐀", "e\u0301", "\u202emill", "ﬁre", "'s", "’", "%", "[1]",
]  # fmt: skip


@pytest.mark.parametrize("question", OPERATORS)
def test_whatever_a_question_holds_is_looked_up_as_words(mills: Catalogue, question: str) -> None:
    terms = query_terms(question)
    assert set(keys(search_paragraphs(mills, terms, 9))) <= {1, 2, 3, 4}
    idf(mills, terms)


@given(question=st.text(max_size=80))
def test_no_question_is_an_error(tmp_path_factory: pytest.TempPathFactory, question: str) -> None:
    catalogue = shared_catalogue(tmp_path_factory)
    terms = [*query_terms(question), *abbreviations(question)]
    search_paragraphs(catalogue, terms, 9)
    search_articles(catalogue, terms, 9)
    idf(catalogue, terms)


_shared: list[Catalogue] = []


def shared_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    if not _shared:
        _shared.append(Catalogue.create(tmp_path_factory.mktemp("words") / "catalogue.sqlite3"))
        put(_shared[0], make_article("a", "The mill burned down."))
    return _shared[0]


def test_ten_thousand_characters_of_names_are_looked_up(mills: Catalogue) -> None:
    question = " ".join(f"Aa{chr(65 + n % 26)} Bb{chr(65 + n // 26 % 26)}." for n in range(1200))
    terms = [*query_terms(question), *abbreviations(question)]
    assert search_paragraphs(mills, [*terms, "mill"], 9)
    assert len(query_terms("A" * 10_000)) == 1
    assert abbreviations("A" * 10_000) == {}
