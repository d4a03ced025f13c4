"""Choosing the sentences that answer: which count, which are taken, and that none is taken twice."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.extraction import (
    MAX_STATEMENTS,
    MOST_SENTENCES,
    RECALL,
    Candidate,
    Choice,
    _how_many,
    candidates,
    choose,
    sentence_text,
    weigh,
)
from rag.lexical import query_terms
from rag.schema import Passage
from rag.terms import Terms, coverage, stems

EMBEDDER = FakeEmbedder()


def terms_of(question: str) -> Terms:
    """Every word of the question with weight 1."""
    return Terms(dict.fromkeys(stems(query_terms(question)), 1.0), {})


def chosen(question: str, *passages: Passage) -> list[Choice]:
    (vector,) = EMBEDDER.encode([question], kind="query")
    terms = terms_of(question)
    return choose(candidates(vector, terms, weigh(passages, terms, EMBEDDER)))


def paragraph(article: str, *sentences: str, n: int = 1) -> Passage:
    return passage_of(article, n, *[(sentence, " ") for sentence in sentences])


TAX = "The minister said the tax would pay for forty turbines."
RAIN = "Rain fell on the capital all through the long session."
CREWS = "Fishing crews from the harbour protested against the plan in spring."


# --- words -------------------------------------------------------------------------------------------------------


def test_stems_are_porters() -> None:
    assert stems(["Turbines", "turbine's", "voted", "relational"]) == ["turbin", "turbin", "vote", "relat"]


def test_coverage_is_the_weight_of_the_words_that_stand_in_the_text_in_any_form() -> None:
    terms = Terms({"tax": 3.0, "turbin": 1.0, "harbour": 4.0}, {})
    assert coverage(terms, "Taxes pay for a turbine.") == pytest.approx(4 / 8)
    assert coverage(terms, "Nothing of it.") == 0
    assert coverage(Terms({}, {}), "Anything.") == 0


def test_an_abbreviation_stands_for_the_words_it_is_short_for() -> None:
    terms = Terms({"washington": 1.0, "post": 1.0}, {"WaPo": {"washington", "post"}})
    assert coverage(terms, "As WaPo reported.") == 1
    assert coverage(terms, "Nobody believes WaPo’s report.") == 1
    assert coverage(terms, "As wapo reported.") == 0


# --- candidates --------------------------------------------------------------------------------------------------


def test_every_sentence_and_every_two_neighbours_are_candidates_best_first() -> None:
    passages = [paragraph("a", TAX, RAIN, CREWS), paragraph("b", RAIN)]
    terms = terms_of("tax for turbines")
    (vector,) = EMBEDDER.encode(["tax for turbines"], kind="query")
    found = candidates(vector, terms, weigh(passages, terms, EMBEDDER))
    assert sorted(len(candidate.sentences) for candidate in found) == [1, 1, 1, 1, 2, 2]
    scores = [candidate.score for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert found[0].text == TAX
    for candidate in found:
        assert candidate.text == sentence_text(candidate.passage, candidate.sentences)
        assert candidate.text in candidate.passage.paragraph.text


def test_sentences_with_words_between_them_are_no_neighbours() -> None:
    apart = passage_of("a", 1, (TAX, " (an aside) "), (RAIN, ""))
    terms = terms_of("tax")
    (vector,) = EMBEDDER.encode(["tax"], kind="query")
    assert all(len(c.sentences) == 1 for c in candidates(vector, terms, weigh([apart], terms, EMBEDDER)))


def test_of_a_very_long_paragraph_the_sentences_with_the_questions_words_are_weighed() -> None:
    sentences = [f"Sentence {n} tells of rain and of snow." for n in range(200)]
    sentences[150] = TAX
    terms = terms_of("tax for turbines")
    weighed = weigh([paragraph("a", *sentences)], terms, EMBEDDER)
    assert len(weighed) == MOST_SENTENCES
    assert TAX in [one.text for one in weighed]
    assert [one.sentence.start for one in weighed] == sorted(one.sentence.start for one in weighed)


def test_of_many_sentences_those_that_promise_most_are_weighed_and_none_that_was_quoted_before() -> None:
    terms = Terms({"turbin": 2.0, "harbour": 1.0}, {})
    first = paragraph("a", *(f"Nothing number {i}." for i in range(20)), "A turbine in the harbour.")
    second = paragraph("b", "Two turbines turn.", "A dog barks.", "The harbour sleeps.")
    texts = [one.text for one in weigh([first, second], terms, EMBEDDER, 3)]
    assert texts == ["A turbine in the harbour.", "Two turbines turn.", "The harbour sleeps."]
    quoted = {(second.paragraph_id, second.paragraph.sentences[0].start)}
    assert "Two turbines turn." not in [one.text for one in weigh([first, second], terms, EMBEDDER, 3, quoted)]
    assert len(weigh([first, second], terms, EMBEDDER)) == 24


def test_nothing_to_weigh_is_nothing_chosen() -> None:
    assert chosen("tax") == []
    assert chosen("tax", passage_of("a", 1)) == []


# --- choices -----------------------------------------------------------------------------------------------------


def test_the_sentence_that_answers_is_chosen_and_the_others_are_not() -> None:
    (choice,) = chosen("Who said the tax would pay for turbines?", paragraph("a", RAIN, TAX, CREWS))
    assert choice.text == TAX


def test_the_same_sentence_in_two_articles_is_one_choice_with_two_places() -> None:
    (choice,) = chosen("Who said the tax would pay for turbines?", paragraph("a", TAX), paragraph("b", RAIN, TAX))
    assert choice.text == TAX
    assert [place.passage.article_id for place in choice.places] == ["a", "b"]


def test_a_sentence_within_another_that_is_taken_is_not_taken_again() -> None:
    longer = TAX.removesuffix(".") + " and a school."
    (choice,) = chosen("the tax would pay for turbines", paragraph("a", TAX), paragraph("b", longer))
    assert len(choice.places) == 1


def scored(passage: Passage, *scores: float, likeness: float = 0.0) -> list[Candidate]:
    """Every sentence of a passage with the score it is given."""
    pairs = zip(passage.paragraph.sentences, scores, strict=True)
    return [Candidate(passage, (s,), sentence_text(passage, (s,)), 0.5, 0.5, score, likeness) for s, score in pairs]


LONG = ("The first.", "The second.", "The third.", "The fourth.", "The fifth.")


def test_as_many_sentences_are_taken_as_have_the_chance_and_neighbours_are_one_choice() -> None:
    found = sorted(scored(paragraph("a", *LONG), 0.9, 0.4, 0.3, 0.1, 0.6), key=lambda one: -one.score)
    first, second = choose(found)
    # 2·p / (n + Σp), the sum of all being 2.3: .9 has .55, .9 and .6 .70, with .4 .72, with .3 .70 again.
    assert first.text == "The first. The second."
    assert second.text == "The fifth."
    # .9 alone has 2 × .9 / (1 + 1.3) = .78, with another of .1 it has .61.
    sure = scored(paragraph("a", *LONG), 0.9, 0.1, 0.1, 0.1, 0.1)
    assert [choice.text for choice in choose(sure)] == ["The first."]


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=12))
def test_a_sentence_as_likely_as_the_expected_worth_of_the_choice_is_taken(sure: list[float]) -> None:
    """That of the best choice, over 1 + RECALL², is the chance from which one more sentence pays."""
    sure.sort(reverse=True)
    count = _how_many(sure)
    square = RECALL**2
    least = sum(sure[:count]) / (count + square * sum(sure))
    assert 1 <= count <= len(sure)
    assert all(one >= least - 1e-9 for one in sure[:count])
    assert all(one <= least + 1e-9 for one in sure[count:])


def test_neighbours_that_are_apart_elsewhere_stay_two_choices_so_that_each_place_says_all() -> None:
    here = scored(paragraph("a", "The first.", "The second."), 0.9, 0.8, likeness=1.0)
    apart = scored(paragraph("b", "The first.", "Another."), 0.05, 0.01)
    texts = [(choice.text, len(choice.places)) for choice in choose([*here, *apart])]
    assert texts == [("The first.", 2), ("The second.", 1)]
    both = scored(paragraph("b", "The first.", "The second."), 0.05, 0.04)
    assert [(choice.text, len(choice.places)) for choice in choose([*here, *both])] == [("The first. The second.", 2)]


def test_other_paragraphs_count_beside_a_short_one_alone() -> None:
    other = scored(paragraph("b", "Elsewhere."), 0.01, likeness=0.8)
    short = scored(paragraph("a", "The first."), 0.9, likeness=1.0)
    assert [choice.text for choice in choose([*short, *other])] == ["The first.", "Elsewhere."]
    assert len(choose([*short, *scored(paragraph("b", "Elsewhere."), 0.01, likeness=0.7)])) == 1
    long = scored(paragraph("a", *LONG), 0.9, 0.0, 0.0, 0.0, 0.0, likeness=1.0)
    assert [choice.text for choice in choose([*long, *other])] == ["The first."]


SENTENCES = [
    TAX, RAIN, CREWS, "Tax.", "The tax!", "the tax", "Nobody paid.", "Who pays the tax?", "“The tax,” she said.",
    "The minister said no.", "税は高い。", "Forty turbines stand there; forty more will.", "…", "12.5 percent of it.",
]  # fmt: skip


@settings(deadline=None)
@given(st.data())
def test_no_sentence_is_chosen_twice_and_every_choice_is_verbatim(data: st.DataObject) -> None:
    """Invariant 2, for any passages and any question."""
    passages = [
        passage_of(f"a{i}", n, *[(s, data.draw(st.sampled_from([" ", "", "  "]))) for s in sentences])
        for i, (n, sentences) in enumerate(
            data.draw(
                st.lists(
                    st.tuples(st.integers(1, 9), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5)),
                    max_size=6,
                )
            )
        )
    ]
    question = data.draw(st.sampled_from(["Who said the tax pays for turbines?", "tax", "税", "rain", "12.5"]))
    choices = chosen(question, *passages)
    assert len(choices) <= MAX_STATEMENTS
    taken = [(p.passage.paragraph_id, s) for choice in choices for p in choice.places for s in p.sentences]
    assert len(set(taken)) == len(taken)
    for choice in choices:
        assert choice.text == choice.places[0].text
        for place in choice.places:
            assert place.passage in passages
            assert place.text in place.passage.paragraph.text
            assert set(place.sentences) <= set(place.passage.paragraph.sentences)


@pytest.mark.parametrize("seed", range(5))
def test_ties_are_broken_by_the_order_of_the_passages(seed: int) -> None:
    """The same words, so the same scores: the text is the first passage's, whichever article that is."""
    names = ["a", "b", "c", "d"]
    random.Random(seed).shuffle(names)  # noqa: S311
    (choice,) = chosen("the tax would pay for turbines", *[paragraph(name, TAX) for name in names])
    assert [place.passage.article_id for place in choice.places] == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The deal was worth $5 million in all.", "The deal was worth €5 million in all."),
        ("The profit that year was 5 percent.", "The profit that year was -5 percent."),
        ("Is the minister not guilty of fraud?", "Is the minister not guilty of fraud."),
        ("Output grew by 10% of the plan.", "Output grew by 10 of the plan."),
    ],
)
def test_sentences_that_differ_in_a_sign_are_not_the_same_words(one: str, other: str) -> None:
    """Cited together, the second source would be made to say what it does not."""
    choices = chosen("the deal profit minister output plan", paragraph("a", one), paragraph("b", other))
    assert [len(choice.places) for choice in choices] == [1, 1]
