"""Gathering widely: what comes first, what is beside the topic, and how much is weighed at most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from store_helpers import CHESS, FLOOD, VOTE, Library
from test_citations import passage_of

from rag import gathering
from rag.errors import InputError, StoreEmptyError
from rag.extraction import MOST_SENTENCES as MOST_OF_A_PARAGRAPH
from rag.extraction import Weighed
from rag.gathering import CONTEXT, MOST_SENTENCES, ON_TOPIC, WORDS, Pool, gather_widely
from rag.schema import EVIDENCE, Filters
from rag.terms import Terms, coverage

TOPIC = "the wind tax and the turbines"
NO_TERMS = Terms({}, {})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = Library(tmp_path_factory.mktemp("gathering"))
    for name, text in {"vote": VOTE, "flood": FLOOD, "chess": CHESS}.items():
        library.write(f"{name}.txt", text)
    library.write("sources.toml", '["flood.txt"]\npublisher = "Brno Daily News"\npublished = 2024-11-06\n')
    library.ingest()
    yield library
    library.close()


def gathered(library: Library, topic: str = TOPIC, filters: Filters | None = None, most: int = 0) -> Pool:
    return gather_widely(library.engine.retriever, topic, filters, most)


def pool_of(*relevance: float) -> Pool:
    """Sentences that differ in nothing but their relevance."""
    passage = passage_of("a", 1, *[(f"Sentence {n}.", " ") for n in range(len(relevance))])
    vector = np.ones(4, np.float32) / 2
    weighed = tuple(Weighed(passage, sentence, vector) for sentence in passage.paragraph.sentences)
    return Pool((passage,), weighed, relevance, vector, NO_TERMS)


def test_every_sentence_that_may_be_cited_is_gathered_once(library: Library) -> None:
    pool = gathered(library)
    found = sorted((one.passage.article_id, one.text) for one in pool.sentences)
    articles = [library.engine.catalogue.article(name) for name in ("chess", "flood", "vote")]
    assert found == sorted(
        (article.id, article.text[sentence.start : sentence.end])
        for article in articles
        for paragraph in article.paragraphs
        if paragraph.kind in EVIDENCE
        for sentence in paragraph.sentences
    )


def test_the_most_relevant_sentences_come_first(library: Library) -> None:
    pool = gathered(library)
    assert len(pool.relevance) == len(pool.sentences)
    assert list(pool.relevance) == sorted(pool.relevance, reverse=True)
    assert {one.passage.article_id for one in pool.sentences[:2]} == {"vote"}


def test_relevance_is_the_cosine_of_the_sentence_and_a_share_of_its_paragraphs_and_of_the_words(
    library: Library,
) -> None:
    pool = gathered(library)
    for one, relevance in zip(pool.sentences, pool.relevance, strict=True):
        shared = coverage(pool.terms, one.text)
        own = float(one.vector @ pool.vector)
        assert relevance == pytest.approx(own + CONTEXT * one.passage.dense_score + WORDS * shared)


def test_sentences_of_the_same_relevance_keep_the_order_of_the_search(tmp_path: Path) -> None:
    """The same words in the same place of articles that are alike: the order is that of the passages."""
    library = Library(tmp_path)
    words = "The mill opens. The mill opens."
    library.write("one.txt", f"Mill\n\n{words}\n\nThe first of two reports on it.")
    library.write("two.txt", f"Mill\n\n{words}\n\nThe other one of the two reports.")
    library.ingest()
    pool = gathered(library, "mill")
    library.close()
    places = {passage.paragraph_id: place for place, passage in enumerate(pool.passages)}
    ranked = zip(pool.relevance, pool.sentences, strict=True)
    keys = [(-score, places[one.passage.paragraph_id], one.sentence.start) for score, one in ranked]
    assert keys == sorted(keys)


def test_the_passages_are_those_of_the_search_best_first(library: Library) -> None:
    pool = gathered(library)
    assert list(pool.passages) == library.engine.retriever.search(TOPIC, pool.vector, 99)


def test_filters_hold(library: Library) -> None:
    pool = gathered(library, filters=Filters(publishers=("Brno Daily News",)))
    assert {one.passage.article_id for one in pool.sentences} == {"flood"}
    with pytest.raises(InputError, match="no article passes"):
        gathered(library, filters=Filters(since="2030"))


def test_at_most_so_many_passages_of_an_article_are_gathered(library: Library) -> None:
    pool = gathered(library, most=1)
    assert sorted(passage.article_id for passage in pool.passages) == ["chess", "flood", "vote"]


def test_an_empty_topic_and_an_empty_store_are_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        gathered(library, " ")
    empty = Library(tmp_path)
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        gathered(empty)
    empty.close()


# --- beside the topic ----------------------------------------------------------------------------------------------


def test_what_is_far_below_the_best_is_beside_the_topic() -> None:
    pool = pool_of(1.0, 0.6, ON_TOPIC, ON_TOPIC - 0.01, 0.1).on_topic()
    assert pool.relevance == (1.0, 0.6, ON_TOPIC)
    assert [one.text for one in pool.sentences] == ["Sentence 0.", "Sentence 1.", "Sentence 2."]


def test_the_passages_of_a_pool_stay_when_sentences_go() -> None:
    pool = pool_of(1.0, 0.1)
    assert pool.on_topic().passages == pool.passages


def test_the_best_is_never_beside_the_topic() -> None:
    """Cosines may be negative, and a share of a negative number is greater than the number."""
    assert pool_of(-0.1, -0.2).on_topic().relevance == (-0.1,)
    assert pool_of(0.0, -0.2).on_topic().relevance == (0.0,)
    assert pool_of().on_topic().sentences == ()


# --- how much ------------------------------------------------------------------------------------------------------


def test_the_best_passages_are_weighed_until_there_are_enough_sentences(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = gathered(library)
    held = [len(passage.paragraph.sentences) for passage in every.passages]
    monkeypatch.setattr(gathering, "MOST_SENTENCES", held[0] + held[1])
    some = gathered(library)
    assert some.passages == every.passages[:2]
    assert len(some.sentences) == held[0] + held[1]
    monkeypatch.setattr(gathering, "MOST_SENTENCES", held[0] + 1)
    assert gathered(library).passages == every.passages[:2], "a paragraph is weighed whole"


def test_a_very_long_paragraph_takes_no_more_room_than_is_weighed_of_it(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("minutes.txt", " ".join(f"In minute {n} the harbour council spoke." for n in range(MOST_SENTENCES)))
    library.write("vote.txt", VOTE)
    library.ingest()
    pool = gathered(library, "the harbour council")
    library.close()
    of_minutes = [one for one in pool.sentences if one.passage.article_id == "minutes"]
    assert len(of_minutes) == MOST_OF_A_PARAGRAPH
    assert {one.passage.article_id for one in pool.sentences} == {"minutes", "vote"}
