"""Who says what: statements by speaker, names put together without a guess, every article cited."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_helpers import FakeEmbedder
from test_citations import passage_of

from rag.confidence import question_terms
from rag.config import Config
from rag.engine import Engine
from rag.extraction import Weighed, sentence_text, weigh
from rag.joining import Joiner
from rag.schema import Passage
from rag.terms import Terms
from rag.verification import Verifier
from rag.voices import MOST_EACH, Speaking, voices

EMBEDDER = FakeEmbedder()
HOLM = "Clara Holm, the minister of energy, said the wind tax would pay for forty turbines off the coast."
SHORT = "Holm told reporters that fishing crews would be paid for every lost day."
BERG = "“The harbour cannot live without its boats,” said Aksel Berg, head of the port authority."
RAIN = "Rain fell on the capital all through the long session."


def paragraph(article: str, *sentences: str, n: int = 1) -> Passage:
    return passage_of(article, n, *[(sentence, " ") for sentence in sentences])


def pool_of(*passages: Passage) -> list[Weighed]:
    return weigh(passages, Terms({}, {}), EMBEDDER)


def heard(*passages: Passage, limit: int = 20) -> list[Speaking]:
    pool = pool_of(*passages)
    return voices(pool, Joiner(pool, Verifier(EMBEDDER)), limit)


def names(found: Sequence[Speaking]) -> list[str]:
    return [one.speaker for one in found]


def test_statements_are_grouped_by_speaker_with_full_name_and_role() -> None:
    found = heard(paragraph("a", HOLM, RAIN), paragraph("b", BERG), paragraph("c", SHORT))
    assert [(one.speaker, one.role) for one in found] == [
        ("Clara Holm", "the minister of energy"),
        ("Aksel Berg", "head of the port authority"),
    ]
    assert [claim.text for claim in found[0].claims] == [HOLM, SHORT]


def test_a_surname_that_two_people_share_is_nobodys() -> None:
    other = "Dana Holm, a fisherman, said the tax was theft."
    found = heard(paragraph("a", HOLM), paragraph("b", other), paragraph("c", SHORT))
    assert sorted(names(found)) == ["Clara Holm", "Dana Holm", "Holm"]


def test_within_an_article_a_surname_is_the_one_it_has_named() -> None:
    other = "Dana Holm, a fisherman, said the tax was theft."
    found = heard(paragraph("a", HOLM), paragraph("a", SHORT, n=2), paragraph("b", other))
    assert {one.speaker: len(one.claims) for one in found} == {"Clara Holm": 2, "Dana Holm": 1}


def test_one_name_in_two_transliterations_is_one_person() -> None:
    one, other = (
        "Nikolay Sergeev said the ferry was safe.",
        "Nikolai Sergeyev told a court that he had checked the hull.",
    )
    assert len(heard(paragraph("a", one), paragraph("b", other))) == 1


def test_initials_that_an_article_spells_out_are_one_body() -> None:
    told = "The Northern Fisheries Board (NFB) said the quota would fall."
    later = "According to NFB, boats may leave in May."
    (board,) = heard(paragraph("a", told), paragraph("b", later))
    assert (board.speaker, len(board.claims)) == ("the Northern Fisheries Board", 2)


def test_what_several_articles_report_is_one_statement_with_all_of_them() -> None:
    (found,) = heard(paragraph("a", HOLM), paragraph("b", RAIN, HOLM), paragraph("c", HOLM))
    (claim,) = found.claims
    assert [passage.article_id for passage, _ in claim.places] == ["a", "b", "c"]


def test_the_same_words_of_another_speaker_are_another_statement() -> None:
    said = "said the wind tax would pay for forty turbines off the coast."
    found = heard(paragraph("a", f"Clara Holm {said}"), paragraph("b", f"Aksel Berg {said}"))
    assert [len(one.claims[0].places) for one in found] == [1, 1]


def test_he_comes_with_the_sentence_that_says_who() -> None:
    he = "He added that the quay would be closed."
    (found,) = heard(paragraph("a", BERG, he))
    (claim,) = found.claims
    assert claim.text == f"{BERG} {he}"
    assert len(claim.places) == 2


@pytest.mark.parametrize(
    "before",
    [
        RAIN,
        "Clara Holm met Aksel Berg in the harbour.",
        "Aksel Berg said he had warned Minister Clara Holm in spring.",
        "Three Norwegian diplomats said the talks had failed.",
        "The Coast Guard said the boats were safe.",
    ],
)
def test_he_is_left_out_where_it_may_be_anybody(before: str) -> None:
    he = "He added that the quay would be closed."
    assert all(he not in claim.text for one in heard(paragraph("a", before, he)) for claim in one.claims)


def test_what_is_said_of_a_sentence_before_is_left_out() -> None:
    assert heard(paragraph("a", RAIN, "Clara Holm said that was more than in any other year.")) == []
    assert heard(paragraph("a", RAIN, "Clara Holm said this helps the farms.")) == []
    assert heard(paragraph("a", RAIN, "Clara Holm said that the rain helps the farms.")) != []


def test_he_does_not_reach_into_another_paragraph() -> None:
    found = heard(paragraph("a", BERG), paragraph("a", "He added that the quay would be closed.", n=2))
    assert [claim.text for one in found for claim in one.claims] == [BERG]


def test_unnamed_people_are_kept_apart_unless_the_article_says_they_are_one() -> None:
    first, second = "A Norwegian banker said rates would fall.", "A Norwegian banker said that nobody was buying boats."
    assert len(heard(paragraph("a", first), paragraph("a", second, n=2))) == 2
    again = "This Norwegian banker said that nobody was buying boats."
    assert names(heard(paragraph("a", first), paragraph("a", again, n=2))) == ["a Norwegian banker"]
    assert len(heard(paragraph("a", first), paragraph("b", second))) == 2


def test_this_banker_is_quoted_after_a_banker_or_not_at_all() -> None:
    first, again = (
        "A Norwegian banker said rates would fall.",
        "This Norwegian banker said that nobody was buying boats.",
    )
    (found,) = heard(paragraph("a", again), paragraph("a", first, n=2))
    assert [claim.text for claim in found.claims] == [first, again]
    assert heard(paragraph("a", again)) == []


def test_another_official_is_one_where_no_other_is_shown() -> None:
    assert names(heard(paragraph("a", "Another Norwegian banker said rates would fall."))) == ["one Norwegian banker"]


def test_who_says_what_is_nearest_the_topic_comes_before_who_says_more() -> None:
    found = heard(paragraph("a", BERG), paragraph("b", HOLM), paragraph("c", SHORT))
    assert names(found) == ["Aksel Berg", "Clara Holm"]


def test_a_minister_without_a_country_is_another_in_every_article() -> None:
    one, other = "The minister said boats could leave.", "The minister said taxes had to rise."
    assert len(heard(paragraph("a", one), paragraph("b", other))) == 2


def test_a_role_that_was_once_is_not_given_as_one_that_is() -> None:
    text = "The award went to the former Norwegian minister Clara Holm."
    (found,) = heard(paragraph("a", "Clara Holm said the tax was too high."), paragraph("b", text))
    assert found.role in ("", "the former Norwegian minister")


def test_no_voice_fills_the_page() -> None:
    said = [
        HOLM,
        SHORT,
        "Clara Holm denied that she had read the letter.",
        "Holm warned of a cold winter in the north.",
    ]
    found = heard(*[paragraph(f"a{i}", text) for i, text in enumerate(said)], paragraph("b", BERG), limit=5)
    assert [len(one.claims) for one in found] == [MOST_EACH, 1]


def test_nobody_speaks_in_an_empty_pool() -> None:
    assert heard() == []
    assert heard(paragraph("a", RAIN)) == []
    assert heard(paragraph("a", HOLM), limit=0) == []


SENTENCES = [
    HOLM, SHORT, BERG, RAIN, "He added that the quay would be closed.", "She denied it.", "Experts said so.",
    "According to the Coast Guard, two boats were missing.", "“No,” Berg said.", "Dana Holm said no.", "“", "…",
    "The minister said boats could leave.", "A Norwegian banker warned that rates would fall.", "They said “yes”.",
]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4)), max_size=6),
    st.integers(0, 6),
)
def test_every_statement_is_verbatim_stands_once_and_rests_on_shown_paragraphs(
    texts: list[tuple[int, list[str]]], limit: int
) -> None:
    """Invariant 2, for any articles."""
    passages = [paragraph(f"a{article}", *lines, n=n) for n, (article, lines) in enumerate(texts, 1)]
    found = heard(*passages, limit=limit)
    claims = [claim for one in found for claim in one.claims]
    assert len(claims) <= limit
    assert all(one.claims and one.speaker for one in found)
    places = [(passage.paragraph_id, sentence) for claim in claims for passage, sentence in claim.places]
    assert len(set(places)) == len(places)
    for claim in claims:
        passage, first = claim.places[0]
        own = [s for p, s in claim.places if p is passage and s.start >= first.start]
        assert claim.text in (sentence_text(passage, own[:1]), sentence_text(passage, own[:2]))
        assert all(p in passages and s in p.paragraph.sentences for p, s in claim.places)


@pytest.fixture(scope="module")
def seeds_store(shared_seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("voices") / "store"
    with Engine(Config(store=store, cache=Path(os.environ["RAG_CACHE"]))) as engine:
        engine.ingest([str(shared_seeds)])
    return store


def test_speakers_of_the_seed_articles(seeds_store: Path, engine_at: Callable[..., Engine]) -> None:
    """Checked by reading the articles: full names, roles, and that nobody is given the words of another."""
    engine = engine_at(seeds_store)
    topic = "Trump Putin phone call and the Russian elite"
    passages = engine.retriever.search(topic, engine.retriever.encode(topic), k=200)
    pool = weigh(passages, question_terms(engine.catalogue, topic), engine.embedder)
    found = voices(pool, Joiner(pool, Verifier(engine.embedder)), 60)
    roles = {one.speaker: one.role for one in found}
    assert roles["Dmitry Peskov"] == "the Kremlin spokesperson"
    assert roles["Tony Radakin"] == "Britain's Chief of the Defense Staff"
    assert roles["Dmitry Bakanov"] == "the head of the Russian space agency Roscosmos"
    assert not {"Peskov", "Radakin", "WaPo", "Trump"} & roles.keys()
    surnames = {one.speaker.split()[-1] for one in found if one.speaker.istitle() and one.role}
    for one in found:
        if one.speaker.split()[-1] in surnames:
            assert all(one.speaker.split()[-1] in claim.text for claim in one.claims)
