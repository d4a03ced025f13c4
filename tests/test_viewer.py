"""Wrapping and scrolling of a source on the whole screen, and what a page of one holds, whatever the article says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from store_helpers import make_article

from rag.layout import Line, Segment
from rag.sanitising import UNSAFE
from rag.schema import Article, Citation, Metadata, Passage
from rag.turn_layout import SourcePage, article_page, cited_page, copied_quote, spot
from rag.viewer import Viewer, wrapped

TEXTS = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=200), min_size=1, max_size=8)


def cite(article: Article, n: int) -> Citation:
    paragraph = article.paragraphs[n - 1]
    passage = Passage(f"{article.id}#{n}", article.id, paragraph, article.path, article.metadata, 1.0)
    return Citation(1, passage, paragraph.sentences)


@given(TEXTS, st.integers(1, 120), st.sampled_from(["utf-8", "ascii"]))
@settings(deadline=None)
def test_rows_fit_the_width_and_every_line_has_its_first_row(texts: list[str], width: int, encoding: str) -> None:
    page = article_page(make_article("wells", *texts), 1)
    rows, starts = wrapped(page.lines, width, encoding)
    assert len(starts) == len(page.lines)
    assert starts == sorted(starts)
    for row in rows:
        shown = "".join(piece[1] for piece in row)
        assert width < 9 or cell_len(shown) <= width
        assert not UNSAFE.search(shown)
        assert encoding != "ascii" or shown.isascii()


@given(st.lists(st.sampled_from([-1000, -7, -1, 1, 7, 1000]), max_size=20), st.integers(1, 60), st.integers(5, 100))
@settings(deadline=None)
def test_scrolling_never_leaves_the_page(moves: list[int], height: int, width: int) -> None:
    lines = tuple(Line((Segment(f"line {n} of many that are told of the wells"),)) for n in range(40))
    viewer = Viewer(1, 0, lambda _: SourcePage("wells", lines, 20))
    viewer._size = lambda: (width, height)
    for move in moves:
        viewer.scroll(move)
        shown = "".join(piece[1] for piece in viewer._visible())
        assert shown.count("\n") <= height - 1
        assert shown.strip()


def test_the_page_begins_a_little_above_the_quote() -> None:
    article = make_article("wells", *(f"Well {n} is dry." for n in range(1, 60)))
    viewer = Viewer(1, 0, lambda _: cited_page(cite(article, 30), article))
    viewer._size = lambda: (80, 10)
    rows = "".join(piece[1] for piece in viewer._visible()).split("\n")
    assert rows[3].startswith("30 ▌ Well 30 is dry.")


CITED = make_article("wells", "The well was dry.", "Runa Vik closed it.", title="The wells")


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (CITED, ""),
        (make_article("wells", "A new first paragraph.", "The well was dry.", "Runa Vik closed it."), ""),
        (make_article("wells", "The well was dry.", "Runa Vik  closed\tit."), ""),
        (make_article("wells", "The well was dry.", "Runa Berg closed it."), "has been changed since it was cited"),
        (None, "is no longer in the store"),
    ],
)
def test_a_page_shows_what_was_cited_and_says_what_became_of_it(now: Article | None, said: str) -> None:
    page = cited_page(cite(CITED, 2), now)
    text = "\n".join(line.label.text + line.text for line in page.lines)
    assert page.lines[page.focus].text == "Runa Vik closed it."
    assert page.lines[page.focus].bar == "quote"
    assert (said in text) if said else ("since it was cited" not in text and "no longer" not in text)
    assert ("The well was dry." in text) == (not said)


def test_a_place_is_told_as_people_would_find_it() -> None:
    citation = cite(CITED, 2)
    web = replace(citation.passage, path="https://news.example/wells", metadata=Metadata("The wells"))
    report = replace(citation.passage, path="/n/report.pdf", paragraph=replace(citation.passage.paragraph, page=4))
    noted = replace(citation.passage, path="/n/wells.md", paragraph=replace(citation.passage.paragraph, line=7))
    assert spot(citation) == "wells.txt, paragraph 2"
    assert spot(replace(citation, passage=web)) == "news.example, paragraph 2"
    assert spot(replace(citation, passage=report)) == "report.pdf, page 4"
    assert spot(replace(citation, passage=noted)) == "wells.md:7"
    assert copied_quote(citation) == "“Runa Vik closed it.”\nThe wells, undated, wells.txt, paragraph 2\n(wells#2)\n"
