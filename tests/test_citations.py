"""Numbers and quotes: a number stands for one paragraph, and a quote for words that stand in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from store_helpers import make_article

from rag.citations import VERBATIM, number_statements
from rag.extraction import Candidate, Choice
from rag.schema import Citation, Metadata, Paragraph, Passage, Sentence

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=8)
BETWEEN = st.sampled_from(["", " ", "  ", "\n", "\u3000", " (aside) ", "—"])


def passage_of(article: str, n: int, *parts: tuple[str, str], start: int = 0) -> Passage:
    """A paragraph from (sentence, what follows it) pairs, standing at `start` of its article."""
    text, sentences = "", []
    for sentence, after in parts:
        sentences.append(Sentence(start + len(text), start + len(text) + len(sentence)))
        text += sentence + after
    paragraph = Paragraph(n, "body", text, start, start + len(text), tuple(sentences))
    return Passage(f"{article}#{n}", article, paragraph, f"/{article}.txt", Metadata(), 1.0)


def choice(*places: tuple[Passage, tuple[int, ...]]) -> Choice:
    """Quotes these sentences (by index) of each passage; the words are those of the first."""
    found = []
    for passage, indexes in places:
        sentences = tuple(passage.paragraph.sentences[i] for i in indexes)
        start = passage.paragraph.start
        text = passage.paragraph.text[sentences[0].start - start : sentences[-1].end - start]
        found.append(Candidate(passage, sentences, text, 1.0, 1.0, 1.0))
    return Choice(found[0].text, tuple(found))


ONE = passage_of("a", 1, ("One mill.", " "), ("Two mills.", " "), ("Three mills.", ""))
TWO = passage_of("a", 2, ("A flood.", ""), start=40)
COPY = passage_of("b", 7, ("One mill.", ""))


def test_numbers_count_from_one_in_the_order_of_first_use() -> None:
    statements, citations = number_statements([choice((TWO, (0,))), choice((ONE, (0,))), choice((ONE, (2,)))])
    assert [s.citations for s in statements] == [(1,), (2,), (2,)]
    assert [(c.number, c.passage.paragraph_id) for c in citations] == [(1, "a#2"), (2, "a#1")]


def test_the_same_words_in_two_articles_are_one_statement_with_two_citations() -> None:
    statements, citations = number_statements([choice((ONE, (0,)), (COPY, (0,)))])
    assert [(s.text, s.citations) for s in statements] == [("One mill.", (1, 2))]
    assert [c.passage.article_id for c in citations] == ["a", "b"]
    assert [c.quote for c in citations] == ["One mill.", "One mill."]


def test_a_paragraph_that_two_statements_quote_is_one_citation_in_the_order_of_its_text() -> None:
    statements, citations = number_statements([choice((ONE, (2,))), choice((ONE, (0,)))])
    assert [s.text for s in statements] == ["Three mills.", "One mill."]
    assert [c.quote for c in citations] == ["One mill. … Three mills."]


def test_every_statement_says_why_it_is_supported() -> None:
    statements, _ = number_statements([choice((ONE, (0,)))])
    assert (statements[0].support, statements[0].reasons) == ("supported", (VERBATIM,))


def test_nothing_chosen_is_nothing_said() -> None:
    assert number_statements([]) == ((), ())


def test_neighbours_are_quoted_with_what_stands_between_them() -> None:
    """Two spaces, a line end, or nothing at all as in Chinese: a quote is as it stands, or it is none."""
    for between in (" ", "  ", "\n", "", "\u3000"):
        passage = passage_of("a", 1, ("Die erste.", between), ("Die zweite.", ""))
        quote = Citation(1, passage, passage.paragraph.sentences).quote
        assert quote == f"Die erste.{between}Die zweite."


@given(st.data())
def test_a_quote_is_made_of_pieces_that_stand_in_the_paragraph_in_order(data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.tuples(WORDS, BETWEEN), min_size=1, max_size=6))
    passage = passage_of("a", 1, *parts, start=data.draw(st.integers(0, 50)))
    chosen = data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1))
    quotes = tuple(passage.paragraph.sentences[i] for i in sorted(chosen))
    text, start = passage.paragraph.text, passage.paragraph.start
    expected, last = "", None
    for i in sorted(chosen):
        if last is not None:
            neighbours = last == i - 1 and not parts[last][1].strip()
            expected += parts[last][1] if neighbours else " … "
        expected += parts[i][0]
        last = i
    assert Citation(1, passage, quotes).quote == expected
    for sentence in quotes:
        assert text[sentence.start - start : sentence.end - start] in expected


def test_quoted_spans_are_offsets_in_the_article() -> None:
    article = make_article("a", "One mill.", "A flood.")
    second = article.paragraphs[1]
    passage = Passage("a#2", "a", second, article.path, article.metadata, 1.0)
    citation = Citation(1, passage, second.sentences)
    (quote,) = citation.quotes
    assert article.text[quote.start : quote.end] == citation.quote == "A flood."
