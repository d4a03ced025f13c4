"""An evaluation of a chain that is played: what is asked of it, and what is made of what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from store_helpers import make_article

from rag.answering import Wishes
from rag.errors import ModelError, RagError
from rag.eval_metrics import MEASURES
from rag.eval_schema import Gold, JudgedQuestion, Outcome, Place, Ranked, Reference
from rag.evaluation import DEPTH, KEPT, evaluate
from rag.extraction import Candidate
from rag.schema import Answer, Article, Citation, Filters, Passage, SearchResult, Sentence, Statement, paragraph_id

HARBOUR = make_article("harbour", "The port buys two cranes.", "They cost nine million crowns.", "Brenn built them.")
FERRY = make_article("ferry", "The ferry sails twice a day.", "It is white.")
THRESHOLD = 0.5
COST = Place("harbour#2", 27, 57)
"""The second sentence of the harbour's text."""
GOLD = Gold(("harbour",), ("harbour#2",), ((COST,),), (Place("harbour#2", 37, 49),))
"""`nine million`, 12 characters of the 30 of its sentence."""
ASKED = JudgedQuestion("cost", "What do the cranes cost?", (Reference(paragraph="harbour#2", contains="nine million"),))
NOWHERE = JudgedQuestion("chess", "Who won the chess match?")


def sentence(article: Article, n: int) -> Sentence:
    (found,) = article.paragraphs[n - 1].sentences
    return found


def passage(article: Article, n: int, rank: int = 1) -> Passage:
    paragraph = article.paragraphs[n - 1]
    name = paragraph_id(article.id, n)
    return Passage(name, article.id, paragraph, article.path, article.metadata, 1 / rank, rank, None if rank > 1 else 1)


def found(*places: tuple[Article, int]) -> SearchResult:
    return SearchResult("", tuple(passage(article, n, rank) for rank, (article, n) in enumerate(places, 1)))


def weighed(article: Article, n: int, score: float, sentences: int = 1) -> Candidate:
    return Candidate(passage(article, n), (sentence(article, n),) * sentences, "", 0.0, 0.0, score)


def said(*sources: tuple[Article, int], text: str = "They cost nine million crowns.", support: str = "supported"):
    """An answer of one statement, which rests on the sentence of each source, numbered from 1."""
    return statements((text, support, sources))


def statements(*made: tuple[str, str, Sequence[tuple[Article, int]]], sure: float = 0.9, **more: object) -> Answer:
    sources = list(dict.fromkeys((article.id, n) for _, _, places in made for article, n in places))
    articles = {article.id: article for _, _, places in made for article, _ in places}
    citations = tuple(
        Citation(i, passage(articles[name], n), (sentence(articles[name], n),))
        for i, (name, n) in enumerate(sources, 1)
    )
    told = []
    for text, support, places in made:
        numbers = tuple(sources.index((article.id, n)) + 1 for article, n in places)
        quotes = tuple((number, sentence(article, n)) for number, (article, n) in zip(numbers, places, strict=True))
        told.append(Statement(text, numbers, support, (), quotes))  # type: ignore[arg-type]
    seconds = {"retrieval": 0.25, "answering": 1.0}
    return Answer("", bool(told), "extractive", tuple(told), citations, sure, **{"seconds": seconds} | more)


def declined(sure: float) -> Answer:
    return Answer("", False, "extractive", confidence=sure, seconds={"retrieval": 0.25, "answering": 0.5})


@dataclass
class Played:
    """Gives what it was told to, in order, and remembers what it was asked."""

    answers: list[Answer | RagError] = field(default_factory=list)
    results: list[SearchResult] = field(default_factory=list)
    told: list[Sequence[Candidate]] = field(default_factory=list)
    """What is weighed for each answer, a list for each part of a question."""
    history: list[tuple[object, ...]] = field(default_factory=list)

    def ask(self, question: str, filters: Filters | None = None, *, wishes: Wishes | None = None) -> Answer:
        wishes = wishes or Wishes()
        self.history.append(("ask", question, filters, wishes.force))
        while self.told and wishes.on_candidates:
            wishes.on_candidates(self.told.pop(0))
        answer = self.answers.pop(0)
        if isinstance(answer, RagError):
            raise answer
        return answer

    def search(self, question: str, k: int = 10, filters: Filters | None = None) -> SearchResult:
        self.history.append(("search", question, filters, k))
        return self.results.pop(0) if self.results else found()


def golds(question: JudgedQuestion) -> Gold:
    return {"cost": GOLD}.get(question.id, Gold())


def run(chain: Played, *questions: JudgedQuestion, locate: Callable[[JudgedQuestion], Gold] = golds, **more: object):
    return evaluate(chain, questions, locate, threshold=THRESHOLD, **more)


def one(chain: Played, question: JudgedQuestion = ASKED, gold: Gold | None = None, **more: object) -> Outcome:
    (outcome,) = run(chain, question, locate=golds if gold is None else lambda _: gold, **more)
    return outcome


# --- what is asked -----------------------------------------------------------------------------------------------


def test_every_question_is_answered_and_searched_for_in_order():
    filters = Filters(since="2024", articles=("harbour",))
    later = JudgedQuestion("later", "And later?", filters=filters)
    chain = Played([said((HARBOUR, 2)), declined(0.1), declined(0.2)])
    steps: list[int] = []
    outcomes = run(chain, ASKED, NOWHERE, later, asked=lambda: steps.append(len(chain.history)))
    assert [(outcome.id, outcome.question) for outcome in outcomes] == [
        ("cost", ASKED.question), ("chess", NOWHERE.question), ("later", "And later?"),
    ]  # fmt: skip
    assert chain.history == [
        ("ask", ASKED.question, None, True), ("search", ASKED.question, None, DEPTH),
        ("ask", NOWHERE.question, None, True), ("search", NOWHERE.question, None, DEPTH),
        ("ask", "And later?", filters, True), ("search", "And later?", filters, DEPTH),
    ]  # fmt: skip
    assert steps == [2, 4, 6]
    assert [outcome.answerable for outcome in outcomes] == [True, False, False]
    assert [outcome.gold for outcome in outcomes] == [GOLD, Gold(), Gold()]


def test_a_model_that_fails_in_the_middle_says_how_far_it_came():
    chain = Played([said((HARBOUR, 2)), ModelError("the model is gone; start it")])
    with pytest.raises(ModelError) as raised:
        run(chain, ASKED, NOWHERE)
    assert str(raised.value) == (
        "the model is gone; start it. 1 of 2 questions were asked; with --cache the next run need not ask them again"
    )


def test_no_questions_have_no_outcomes():
    assert run(Played()) == []


def test_without_answers_questions_are_only_searched_for():
    chain = Played(results=[found((FERRY, 1), (HARBOUR, 2))])
    outcome = one(chain, answers=False)
    assert chain.history == [("search", ASKED.question, None, DEPTH)]
    assert (outcome.answered, outcome.confidence, outcome.seconds, outcome.quoted) == (None, None, {}, ())
    assert {name.split()[0] for name in outcome.metrics} == {"article", "paragraph", "dense", "lexical"}


def test_a_question_whose_evidence_is_not_there_is_only_searched_for():
    """Nobody knows whether the rest of the store answers it."""
    chain = Played()
    outcome = one(chain, gold=Gold(missing=1))
    assert [step[0] for step in chain.history] == ["search"]
    assert (outcome.answerable, outcome.answered, outcome.metrics) == (True, None, {})


# --- answered or declined ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sure", "answered"), [(0.49, False), (0.5, True), (0.51, True)])
def test_what_would_be_declined_is_measured_all_the_same(sure, answered):
    chain = Played([statements(("Nine million.", "supported", [(HARBOUR, 2)]), sure=sure)])
    outcome = one(chain)
    assert (outcome.answered, outcome.confidence) == (answered, sure)
    assert outcome.quoted == (COST,)
    assert outcome.metrics["sentence F1"] == 1
    assert outcome.metrics["coverage"] == (1 if answered else 0), "what is declined covers nothing"
    assert ("citation recall" in outcome.metrics) == answered


def test_who_has_nothing_to_say_declines_however_sure():
    outcome = one(Played([declined(0.9)]))
    assert outcome.answered is False
    assert outcome.metrics["sentence F1"] == outcome.metrics["quote IoU"] == 0


def test_who_is_not_made_to_answer_declines_by_itself():
    """A language model may answer what the words of a question do not show, and decline what they do."""
    low = statements(("Nine million.", "supported", [(HARBOUR, 2)]), sure=0.1)
    chain = Played([low, declined(0.9)], told=[[weighed(HARBOUR, 2, 1.0)]])
    outcomes = run(chain, ASKED, NOWHERE, force=False)
    assert [outcome.answered for outcome in outcomes] == [True, False]
    assert [step[3] for step in chain.history if step[0] == "ask"] == [False, False]
    assert not any(name.startswith("sentence R") for outcome in outcomes for name in outcome.metrics), (
        "a model is shown whole paragraphs: no sentences were ranked that could be right or wrong"
    )


def test_seconds_of_a_model_are_among_those_of_answering():
    seconds = {"retrieval": 0.25, "answering": 2.0, "model": 1.5}
    answer = statements(("Nine million.", "supported", [(HARBOUR, 2)]), seconds=seconds)
    assert one(Played([answer])).seconds == {"search": 0.25, "ask": 2.25}


# --- rankings ----------------------------------------------------------------------------------------------------


def test_rankings_against_figures_worked_out_by_hand():
    """The paragraph is second of three and the article first: RR 1/2 and 1. The dense ranking is the same; the words
    found only the first.
    """
    outcome = one(Played(results=[found((HARBOUR, 1), (HARBOUR, 2), (FERRY, 1))]), answers=False)
    assert outcome.paragraphs[:2] == (Ranked("harbour#1", 1, 1, 1), Ranked("harbour#2", 0.5, 2, None))
    reciprocal = {level: outcome.metrics[f"{level} RR"] for level in ("article", "paragraph", "dense", "lexical")}
    assert reciprocal == {"article": 1, "paragraph": 0.5, "dense": 0.5, "lexical": 0}
    assert outcome.metrics["paragraph characters@5"] == 1


def test_rankings_are_judged_to_their_end_and_kept_in_part():
    long = make_article("long", *(f"Sentence {n}." for n in range(1, DEPTH + 1)))
    result = found(*((long, n) for n in range(1, DEPTH)), (HARBOUR, 2))
    outcome = one(Played(results=[result]), answers=False)
    assert len(outcome.paragraphs) == KEPT
    assert outcome.metrics["paragraph RR"] == pytest.approx(1 / DEPTH)
    assert outcome.metrics["paragraph characters@5"] == 0


def test_a_search_that_finds_nothing_counts_as_zero():
    outcomes = run(Played([declined(0), declined(0)]), ASKED, NOWHERE)
    assert {
        f"{level} {name}" for level in ("article", "paragraph", "dense", "lexical", "sentence") for name in MEASURES
    } <= {name for name, value in outcomes[0].metrics.items() if value == 0}
    assert outcomes[1].metrics == {}, "nothing is right where nothing answers"


def test_of_whole_articles_only_the_articles_are_judged():
    outcome = one(Played([said((HARBOUR, 2))], [found((HARBOUR, 1))]), gold=Gold(("harbour",)))
    assert {name.split()[0] for name in outcome.metrics} == {"article", "citation", "dense", "lexical"}


def test_sentences_are_ranked_one_by_one_whatever_part_of_the_question_they_are_for():
    """Pairs are left out; what is told for the second part of a question takes its place among the first."""
    parts = [
        [weighed(HARBOUR, 1, 0.9), weighed(HARBOUR, 3, 0.85, sentences=2), weighed(HARBOUR, 3, 0.2)],
        [weighed(HARBOUR, 2, 0.7), weighed(HARBOUR, 1, 0.1)],
    ]
    outcome = one(Played([said((HARBOUR, 2))], told=parts))
    assert [(one.name, one.score) for one in outcome.sentences] == [
        ("harbour#1:0-25", 0.9), ("harbour#2:27-57", 0.7), ("harbour#3:59-76", 0.2), ("harbour#1:0-25", 0.1),
    ]  # fmt: skip
    assert outcome.metrics["sentence RR"] == 0.5


# --- what is quoted ----------------------------------------------------------------------------------------------


def test_of_a_statement_with_several_sources_the_first_is_judged():
    """They say the same: the second would count as quoted beside the point."""
    outcome = one(Played([said((HARBOUR, 2), (FERRY, 2))]))
    assert outcome.quoted == (COST,)
    assert outcome.metrics["sentence precision"] == 1


def test_every_statement_is_judged_by_what_it_rests_on():
    """Of three, the second has no source, and the third one that the first has too: precision 1/2, recall 1,
    F1 = 2 · 1/2 / (3/2) = 2/3. Of the 30 and 28 characters quoted, 12 are evidence: 12/58.
    """
    answer = statements(
        ("They cost nine million.", "supported", [(HARBOUR, 2)]),
        ("That is much.", "unsupported", []),
        ("The ferry sails.", "partial", [(FERRY, 1), (HARBOUR, 2)]),
    )
    outcome = one(Played([answer]))
    ferry = Place("ferry#1", 0, 28)
    assert outcome.quoted == (COST, ferry)
    assert outcome.statements == ("They cost nine million.", "That is much.", "The ferry sails.")
    metrics = {name: outcome.metrics[name] for name in ("sentence precision", "sentence recall", "sentence F1")}
    assert metrics == pytest.approx({"sentence precision": 1 / 2, "sentence recall": 1, "sentence F1": 2 / 3})
    assert outcome.metrics["quote IoU"] == pytest.approx(12 / 58)
    assert outcome.metrics["citation recall"] == pytest.approx(1 / 3)
    assert outcome.metrics["citation precision"] == 1


def test_a_citation_that_a_statement_does_not_rest_on_is_not_precise():
    answer = said((HARBOUR, 2), (FERRY, 2))
    (statement,) = answer.statements
    leaning = replace(answer, statements=(replace(statement, quotes=statement.quotes[:1]),))
    assert one(Played([leaning])).metrics["citation precision"] == 0.5


def test_an_answer_where_nothing_answers_is_judged_by_its_citations_alone():
    outcome = one(Played([said((FERRY, 1))]), NOWHERE)
    assert (outcome.answerable, outcome.answered) == (False, True)
    assert outcome.metrics == {"citation precision": 1, "citation recall": 1}


# --- what a person answered --------------------------------------------------------------------------------------


def recall_of(reference: str, text: str, sure: float = 0.9, gold: Gold = GOLD) -> float | None:
    question = JudgedQuestion("q", "What?", ASKED.references, reference)
    answer = statements((text, "supported", [(HARBOUR, 2)]), sure=sure)
    return one(Played([answer]), question, gold).metrics.get("answer recall")


def test_an_answer_is_compared_with_that_of_a_person_by_its_telling_words():
    """Of `cranes, cost, nine, million` the answer says two, in another form."""
    assert recall_of("The cranes cost nine million.", "A crane is costing much.") == pytest.approx(2 / 4)
    assert recall_of("The cranes cost nine million.", "Nine million cranes cost.", sure=0.1) == 0, "it is declined"
    assert recall_of("", "Nine million.") is None
    assert recall_of("That is it.", "Nine million.") is None, "no word of it tells anything"


def test_every_word_of_a_long_answer_counts():
    many = " ".join(f"word{n}" for n in range(200))
    assert recall_of("word199", many) == 1
