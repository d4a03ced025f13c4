"""What a briefing rests on: counted by hand."""

from __future__ import annotations

from store_helpers import make_article
from test_citations import passage_of

from rag.covering import cover
from rag.schema import Citation, Metadata, Passage, Statement


def passage(name: str, n: int = 1, published: str | None = None, publisher: str | None = None) -> Passage:
    bare = passage_of(name, n, ("The harbour is closed.", ""))
    facts = Metadata(title=name.title(), published=published, publisher=publisher)
    return Passage(bare.paragraph_id, name, bare.paragraph, bare.path, facts, 1.0)


def citation(number: int, of: Passage) -> Citation:
    return Citation(number, of, of.paragraph.sentences)


def statement(*numbers: int) -> Statement:
    return Statement("The harbour is closed.", numbers, "supported")


def test_nothing_found_is_nothing_covered() -> None:
    coverage = cover((), (), (), 7)
    assert (coverage.searched, coverage.articles, coverage.publishers, coverage.months) == (7, (), (), ())
    assert (coverage.first, coverage.last, coverage.undated, coverage.used) == (None, None, 0, 0)


def test_articles_stand_by_date_then_id_the_undated_last() -> None:
    dates = {"d": "2025-01-02", "b": None, "c": "2024-11", "a": None, "f": "2024-11-06", "e": "2024-11-06", "g": "2024"}
    coverage = cover([passage(name, published=date) for name, date in dates.items()], (), (), 9)
    assert [article.article_id for article in coverage.articles] == ["g", "c", "e", "f", "d", "a", "b"]
    assert (coverage.first, coverage.last, coverage.undated) == ("2024", "2025-01-02", 2)


def test_an_article_is_counted_once_however_many_of_its_paragraphs_are_found() -> None:
    coverage = cover([passage("a", 1), passage("a", 2), passage("b", 1)], (), (), 2)
    assert [article.article_id for article in coverage.articles] == ["a", "b"]


def test_an_article_is_cited_in_as_many_lines_as_name_it() -> None:
    """A line that cites two paragraphs of one article is one line."""
    one, two, other, unused = passage("a", 1), passage("a", 2), passage("b"), passage("c")
    citations = [citation(1, one), citation(2, two), citation(3, other)]
    lines = [statement(1, 2), statement(2), statement(2, 3), statement(2)]
    coverage = cover([one, two, other, unused], lines, citations, 3)
    assert {article.article_id: article.cited for article in coverage.articles} == {"a": 4, "b": 1, "c": 0}
    assert coverage.used == 2


def test_what_is_cited_is_covered_though_it_is_beside_the_topic() -> None:
    beside = passage("b", published="2023-01-01")
    coverage = cover([passage("a")], [statement(1)], [citation(1, beside)], 5)
    assert [(article.article_id, article.cited) for article in coverage.articles] == [("b", 1), ("a", 0)]
    assert coverage.first == "2023-01-01"


def test_publishers_come_with_most_articles_first_then_by_name_those_without_one_last() -> None:
    names = ["The Post", None, "Courier", "The Post", " Courier ", None, "Aftonbladet", "", "   "]
    coverage = cover([passage(f"a{n}", publisher=name) for n, name in enumerate(names)], (), (), 9)
    assert coverage.publishers == (("", 4), ("Courier", 2), ("The Post", 2), ("Aftonbladet", 1))
    tied = cover([passage("a", publisher="The Post"), passage("b")], (), (), 2)
    assert tied.publishers == (("The Post", 1), ("", 1))


def test_months_are_in_order_and_years_stand_for_themselves() -> None:
    dates = ["2024-11-06", "2024-11", "2023", "2024-02-01", "2024", None]
    coverage = cover([passage(f"a{n}", published=date) for n, date in enumerate(dates)], (), (), 6)
    assert coverage.months == (("2023", 1), ("2024", 1), ("2024-02", 1), ("2024-11", 2))


def test_every_article_comes_with_what_is_known_of_it() -> None:
    article = make_article("a", "The harbour is closed.", title="Closed", publisher="The Post", published="2024-11-06")
    found = Passage("a#1", "a", article.paragraphs[0], article.path, article.metadata, 1.0)
    (covered,) = cover([found], (), (), 1).articles
    assert (covered.metadata, covered.path) == (article.metadata, article.path)
