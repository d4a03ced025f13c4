"""Follow-up questions are completed by rule; what stands alone is left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.chat_schema import Exchange, Followup
from rag.followups import complete
from rag.lexical import words

COMMON = frozenset("bridge open fund envoy talks chairwoman held made spend cost founded met said hold since".split())


def rarity(terms: Sequence[str]) -> Mapping[str, float]:
    """A store in which the words of `COMMON` stand often, and all others nowhere."""
    return {term: 4.0 if term in COMMON else 9.0 for term in terms}


def exchange(question: str, said: str = "", *titles: str, cited: str = "") -> Exchange:
    return Exchange(question, (said,) if said else (), (cited or said,) if said else (), titles)


DORSIN = exchange(
    "Who is Pavel Dorsin?",
    "Pavel Dorsin heads the Northern Direct Investment Fund, and he has met the envoy Colin Harrow three times.",
    "Fund chief meets envoy in Riyadh",
)
BRIDGE = exchange(
    "When will the new bridge at Lunde open?", "The bridge at Lunde will open in May, the Ministry of Transport said."
)
TALKS = exchange(
    "Where did Velland and Ostria hold talks?", "Velland and Ostria held talks in Geneva on the gas transit contract."
)
HOLM = exchange(
    "Who is the chairwoman of Nordbank?",
    "Mrs Clara Holm has been the chairwoman of Nordbank since 2019, when she replaced Anders Berg.",
)
DEFENCE = exchange("How much does France spend on defence?", "France spends 2.1 percent of its output on defence.")
USHER = exchange(
    "Who is Marek Usher?",
    "Deputy Minister Rolf Rabe said the impulse was lost, and Rabe, Pell and adviser Usher denied it was over.",
    "Why Velland courts the Velish elite",
)
GRANT = exchange(
    "Who runs the Vellian Wealth Fund?",
    "Kiril Dorf, head of the Vellian Wealth Fund, posted about the fair. Vellia has praised it.",
    "Vellia and the fair",
)
WHY = exchange("Why? (Kiril Dorf, Vellia, posted)", "Kiril Dorf posted about the fair.", "Vellia and the fair")
PROPOSALS = exchange(
    "Which proposals did the commission make?",
    "The commission made two proposals: a tax on kerosene and a ban on night flights.",
)
DECLINED = exchange("What did Nordbank earn in 2018?")


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        ([DORSIN], "And who replaced him?", "And who replaced Pavel Dorsin?"),
        ([DORSIN], "What did he say?", "What did Pavel Dorsin say?"),
        ([DORSIN], "Did Harrow support him?", "Did Harrow support Pavel Dorsin?"),
        ([DORSIN], "How old is he, and where does he live?", "How old is Pavel Dorsin, and where does he live?"),
        ([DORSIN], "Where was it founded?", "Where was it founded? (Northern Direct Investment Fund, heads)"),
        (
            [DORSIN],
            "How big is the fund?",
            "How big is the fund? (Northern Direct Investment Fund, Pavel Dorsin, heads)",
        ),
        ([USHER], "And what did he say?", "And what did Marek Usher say?"),
        ([GRANT], "What did he post about?", "What did he post about? (Kiril Dorf)"),
        ([GRANT, WHY], "What about Dugar?", "What about Dugar? (posted, fair)"),
        ([DORSIN, BRIDGE], "How much did it cost?", "How much did it cost? (Lunde, bridge)"),
        ([BRIDGE], "why was it delayed?", "why was it delayed? (Lunde, bridge)"),
        ([BRIDGE], "and in 2019?", "and in 2019? (Lunde, Ministry of Transport, bridge, open)"),
        ([TALKS], "Did they agree?", "Did Velland and Ostria agree? (talks)"),
        ([TALKS], "What was their aim?", "What was Velland and Ostria’s aim? (talks)"),
        ([HOLM], "When did she take office?", "When did Clara Holm take office?"),
        ([HOLM], "What is her salary?", "What is Clara Holm’s salary?"),
        ([HOLM], "Who praised her?", "Who praised Clara Holm?"),
        ([HOLM], "And what did he do afterwards?", "And what did he do afterwards? (Anders Berg)"),
        ([DEFENCE], "What about Germany?", "What about Germany? (defence, spend)"),
        ([DEFENCE], "and Italy?", "and Italy? (defence, spend)"),
        ([DEFENCE], "Is that enough?", "Is that enough? (France, defence)"),
        ([PROPOSALS], "what about the second one?", "what about the second one? (proposals, commission)"),
        ([PROPOSALS], "Who opposed them?", "Who opposed them? (proposals)"),
        ([PROPOSALS], "which of these was adopted?", "which of these was adopted? (proposals)"),
        ([DECLINED], "and in 2019?", "and in 2019? (Nordbank, earn)"),
        ([DECLINED], "Why?", "Why? (Nordbank, earn)"),
        (
            [DORSIN, BRIDGE, HOLM],
            "Who else was considered?",
            "Who else was considered? (Nordbank, Clara Holm, chairwoman, replaced)",
        ),
    ],
)
def test_a_follow_up_is_completed(history: list[Exchange], question: str, expected: str) -> None:
    found = complete(question, history, rarity)
    assert (found.question, found.continues) == (expected, True)


@pytest.mark.parametrize(
    ("question", "further"),
    [
        ("Why?", True),
        ("What else?", True),
        ("and before that?", True),
        ("What about Harrow?", False),
        ("What did he say?", False),
        ("Where was it founded?", False),
        ("Who replaced Pavel Dorsin?", False),
    ],
)
def test_what_names_nothing_of_its_own_asks_for_more(question: str, further: bool) -> None:
    assert complete(question, [DORSIN], rarity).further is further


@pytest.mark.parametrize("question", ["why?", "and before that?", "Yes, and then?", "What else?", "Tell me more."])
def test_a_question_without_a_topic_gets_the_last_one(question: str) -> None:
    found = complete(question, [BRIDGE, DORSIN], rarity)
    assert found.continues
    assert found.question.startswith(f"{question} (Pavel Dorsin, ")
    assert "Lunde" not in found.question


@pytest.mark.parametrize(
    "question",
    [
        "What is the inflation rate in Turkey?",
        "How many people died in the earthquake?",
        "Is it true that Velland left the treaty?",
        "What did Angela Merkel say about her successor?",
        "How long does it take to build a reactor?",
        "And what did Dorsin do in Riyadh?",
        "Who replaced Pavel Dorsin?",
        "who is colin harrow?",
        "Besides his novels, what did Ola Brandt write?",
        "Which ministers resigned from the cabinet that Brandt formed?",
        "Thanks",
        "",
        "?!",
    ],
)
def test_what_stands_alone_is_left_as_it_is(question: str) -> None:
    assert complete(question, [HOLM, DORSIN, BRIDGE, DORSIN], rarity) == Followup(question, False)


@pytest.mark.parametrize(
    "question", ["Wer hat ihn ersetzt?", "Was hat er gesagt?", "Et pourquoi ?", "¿Y por qué?", "Почему?", "なぜ？"]
)
def test_other_languages_are_left_as_they_are(question: str) -> None:
    assert complete(question, [DORSIN], rarity) == Followup(question, False)


def test_a_topic_returns_with_its_name() -> None:
    history = [DORSIN, BRIDGE, exchange("What did Pavel Dorsin study?", "Pavel Dorsin studied law in Geneva.")]
    assert complete("When did he finish?", history, rarity).question == "When did Pavel Dorsin finish?"


def test_of_two_men_neither_takes_the_pronouns_place() -> None:
    both = exchange("Who met in Riyadh?", "Anders Berg said so. Colin Harrow said so.")
    found = complete("What did he want?", [both], rarity)
    assert found.question == "What did he want? (Anders Berg, Colin Harrow)"


def test_of_two_whom_the_question_named_neither_takes_the_pronouns_place() -> None:
    asked = exchange("What did Ola Brandt say about Berg?", "Berg was late, Brandt said. Berg had been warned.")
    assert complete("Who is his son?", [asked], rarity).question == "Who is his son? (Berg, Ola Brandt)"


def test_a_country_is_nobody() -> None:
    told = exchange("Who is Ola Brandt?", "Ola Brandt has lived in Velland since May. Velland was at war then.")
    assert complete("What did he want?", [told], rarity).question == "What did Ola Brandt want?"


def test_a_title_that_nobody_spoke_of_takes_no_pronouns_place() -> None:
    found = complete("What did he want?", [exchange("What happened?", "Prices rose.", "Ola Brandt")], rarity)
    assert found == Followup("What did he want? (Ola Brandt)", True)


def test_old_topics_fade() -> None:
    history = [DORSIN] * 3 + [BRIDGE, HOLM]
    assert "Dorsin" not in complete("and why?", history, rarity).question


names = st.sampled_from(["Clara Holm", "Velland", "Nordbank", "Ola Brandt", "the Ministry of Fisheries", "Lunde"])
verbs = st.sampled_from(["visited", "opposed", "praised", "left", "closed down"])
statements = st.builds("{} {} {} in May.".format, names, verbs, names)
exchanges = st.builds(
    Exchange,
    st.builds("What did {} say of {}?".format, names, names),
    st.lists(statements, max_size=3).map(tuple),
    st.lists(statements, max_size=2).map(tuple),
    st.lists(names, max_size=2).map(tuple),
)
PRONOUNS = frozenset("he him his she her hers they them their theirs".split())
questions = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from("who why did and he her they it that replaced Lunde tax ?".split()),
        min_size=1,
        max_size=8,
    ).map(" ".join),
)


def bare_words(text: str) -> list[str]:
    return [re.sub(r"['’]s?$", "", word.lower()) for word in words(text)]


@given(questions)
def test_without_a_history_nothing_changes(question: str) -> None:
    assert complete(question, [], rarity) == Followup(question, False)


@given(questions, st.lists(exchanges, max_size=12))
def test_words_are_kept_and_added_ones_were_said(question: str, history: list[Exchange]) -> None:
    found = complete(question, history, rarity)
    assert found == complete(question, history, rarity)
    assert found.continues or found.question == question
    asked, now = bare_words(question), bare_words(found.question)
    assert set(asked) - set(now) <= PRONOUNS
    told = " ".join(part for one in history for part in (one.question, *one.said, *one.cited, *one.titles))
    assert set(now) - set(asked) <= set(bare_words(told))


@given(names, names, st.lists(exchanges, min_size=1, max_size=12))
def test_a_question_with_names_and_no_pronoun_stands_alone(one: str, other: str, history: list[Exchange]) -> None:
    question = f"Why did {one} sue {other} in Oslo?"
    assert complete(question, history, rarity) == Followup(question, False)
