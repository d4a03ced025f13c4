"""Numbers and quotes: a number stands for one paragraph, and a quote for words that stand in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import make_article

from rag.citations import BORNE_OUT, VERBATIM, Claim, claims_of, left_out, number_statements
from rag.extraction import Candidate, Choice
from rag.findings import Finding
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


def claim(*places: tuple[Passage, int], text: str = "", **judged: Any) -> Claim:
    """Rests on these sentences (by index); in the words of the first if no `text` is given."""
    quoted = tuple((passage, passage.paragraph.sentences[i]) for passage, i in places)
    passage, first = quoted[0]
    start = passage.paragraph.start
    return Claim(text or passage.paragraph.text[first.start - start : first.end - start], quoted, **judged)


ONE = passage_of("a", 1, ("One mill.", " "), ("Two mills.", " "), ("Three mills.", ""))
TWO = passage_of("a", 2, ("A flood.", ""), start=40)
COPY = passage_of("b", 7, ("One mill.", ""))


def test_numbers_count_from_one_in_the_order_of_first_use() -> None:
    statements, citations = number_statements([claim((TWO, 0)), claim((ONE, 0)), claim((ONE, 2))])
    assert [s.citations for s in statements] == [(1,), (2,), (2,)]
    assert [(c.number, c.passage.paragraph_id) for c in citations] == [(1, "a#2"), (2, "a#1")]


def test_the_same_words_in_two_articles_are_one_statement_with_two_citations() -> None:
    statements, citations = number_statements([claim((ONE, 0), (COPY, 0))])
    assert [(s.text, s.citations) for s in statements] == [("One mill.", (1, 2))]
    assert [c.passage.article_id for c in citations] == ["a", "b"]
    assert [c.quote for c in citations] == ["One mill.", "One mill."]


def test_a_paragraph_that_has_a_number_keeps_it_and_others_get_those_that_follow() -> None:
    statements, citations = number_statements([claim((TWO, 0)), claim((ONE, 0), (COPY, 0))], {"a#1": 3, "z#9": 5})
    assert [s.citations for s in statements] == [(6,), (3, 7)]
    assert [(c.number, c.passage.paragraph_id) for c in citations] == [(3, "a#1"), (6, "a#2"), (7, "b#7")]


def test_a_paragraph_that_two_statements_quote_is_one_citation_in_the_order_of_its_text() -> None:
    statements, citations = number_statements([claim((ONE, 2)), claim((ONE, 0))])
    assert [s.text for s in statements] == ["Three mills.", "One mill."]
    assert [c.quote for c in citations] == ["One mill. … Three mills."]


def test_a_paragraph_is_cited_once_by_a_statement_that_quotes_it_twice() -> None:
    statements, citations = number_statements([claim((ONE, 0), (TWO, 0), (ONE, 1))])
    assert statements[0].citations == (1, 2)
    assert [c.quote for c in citations] == ["One mill. Two mills.", "A flood."]


@pytest.mark.parametrize(("text", "why"), [("One mill.", VERBATIM), ("There is a mill.", BORNE_OUT)])
def test_every_statement_says_why_it_is_supported(text: str, why: str) -> None:
    statements, _ = number_statements([claim((ONE, 0), text=text)])
    assert (statements[0].support, statements[0].reasons) == ("supported", (why,))


def test_doubts_name_the_numbers_that_readers_see() -> None:
    doubted = claim((ONE, 0), (COPY, 0), text="Anna's mill", support="partial", findings=(Finding("name", "Anna"),))
    statements, _ = number_statements([claim((TWO, 0)), doubted])
    assert statements[1].support == "partial"
    assert statements[1].reasons == ("the name Anna is not in [2] and [3]",)


def test_a_claim_left_out_has_no_number_and_its_reasons_name_none() -> None:
    refused = claim((ONE, 0), text="Nine mills.", support="unsupported", findings=(Finding("figure", "9"),))
    statement = left_out(refused)
    assert (statement.text, statement.citations, statement.support) == ("Nine mills.", (), "unsupported")
    assert statement.reasons == ("the figure 9 is not in what the model was shown",)


def test_sentences_that_answer_as_they_stand_are_claims_with_all_their_places() -> None:
    first, second = ONE.paragraph.sentences[:2]
    text = "One mill. Two mills."
    places = (Candidate(ONE, (first, second), text, 1.0, 1.0, 1.0), Candidate(COPY, (first,), text, 1.0, 1.0, 1.0))
    assert claims_of([Choice(text, places)]) == [Claim(text, ((ONE, first), (ONE, second), (COPY, first)))]


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
