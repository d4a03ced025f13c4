"""Questions that ask several things: split only where every part stands alone, and their rankings joined."""

from __future__ import annotations

import pytest
from checking import passage_of
from hypothesis import given
from hypothesis import strategies as st

from rag.question_parts import MOST_PARTS, join, split_question
from rag.schema import Passage

SPLIT = [
    # what each says
    ("What do Holm and Berg say about tariffs?",
     "What does Holm say about tariffs?", "What does Berg say about tariffs?"),
    ("What did Holm, Berg and Vidal say about the tunnel?",
     "What did Holm say about the tunnel?", "What did Berg say about the tunnel?",
     "What did Vidal say about the tunnel?"),
    ("What do Ines Vidal and Per Berg think of it all?",
     "What does Ines Vidal think of it all?", "What does Per Berg think of it all?"),
    ("What do the Harbour Times and Tellus write about the ferry?",
     "What does the Harbour Times write about the ferry?", "What does Tellus write about the ferry?"),
    ("What did the mayor and the minister say about the tunnel?",
     "What did the mayor say about the tunnel?", "What did the minister say about the tunnel?"),
    ("What do experts and officials say about the flood?",
     "What do experts say about the flood?", "What do officials say about the flood?"),
    ("How do the government and the army view the strike?",
     "How does the government view the strike?", "How does the army view the strike?"),
    ("How did Norway, Sweden and Denmark react to the spill?",
     "How did Norway react to the spill?", "How did Sweden react to the spill?", "How did Denmark react to the spill?"),
    # views compared
    ("How does Clara Holm's view of the tunnel differ from Per Berg's?",
     "What is Clara Holm’s view of the tunnel?", "What is Per Berg’s view of the tunnel?"),
    ("How do Holm’s views on the tunnel differ from those of Berg?",
     "What are Holm’s views on the tunnel?", "What are Berg’s views on the tunnel?"),
    ("How does Norway's policy on ferries differ from Sweden's policy?",
     "What is Norway’s policy on ferries?", "What is Sweden’s policy on ferries?"),
    ("What are the views of Holm and Berg on the tunnel?",
     "What are the views of Holm on the tunnel?", "What are the views of Berg on the tunnel?"),
    ("Compare Norway and Sweden on taxes.", "What about Norway on taxes?", "What about Sweden on taxes?"),
    ("Compare Norway with Sweden in terms of taxes", "What about Norway on taxes?", "What about Sweden on taxes?"),
    ("How do Norway and Sweden differ on taxes?", "What about Norway on taxes?", "What about Sweden on taxes?"),
    # one clause, several circumstances
    ("When did the strike start and why?", "When did the strike start?", "Why did the strike start?"),
    ("When and where was Clara Holm born?", "When was Clara Holm born?", "Where was Clara Holm born?"),
    ("When, where and why did the ferry sink?",
     "When did the ferry sink?", "Where did the ferry sink?", "Why did the ferry sink?"),
    ("Who founded Tellus and when?", "Who founded Tellus?", "When was Tellus founded?"),
    ("who built the old tunnel and how", "who built the old tunnel?", "How was the old tunnel built?"),
    # two clauses
    ("Who is Clara Holm and what did she say about the tunnel?",
     "Who is Clara Holm?", "What did Clara Holm say about the tunnel?"),
    ("who is holm and what did he discover", "who is holm?", "What did holm discover?"),
    ("Who was the mayor and why did she resign?", "Who was the mayor?", "Why did the mayor resign?"),
    ("Who is the mayor of Norvik and what did he promise?",
     "Who is the mayor of Norvik?", "What did the mayor of Norvik promise?"),
    ("When did the strike at the harbour start and why did it end?",
     "When did the strike at the harbour start?", "Why did the strike at the harbour end?"),
    ("Who wrote the Harbour Song and when was it published?",
     "Who wrote the Harbour Song?", "When was the Harbour Song published?"),
    ("What is a tide mill and how does it work?", "What is a tide mill?", "How does a tide mill work?"),
    ("What are tide mills and where are they used?", "What are tide mills?", "Where are tide mills used?"),
    ("What is the Norvik Fund and who runs it?", "What is the Norvik Fund?", "Who runs the Norvik Fund?"),
    ("Where was the gin mill invented and where is it used today?",
     "Where was the gin mill invented?", "Where is the gin mill used today?"),
    ("Where did Holm live and what was her first job?", "Where did Holm live?", "What was Holm’s first job?"),
    ("What did Holm say about Berg and what did Berg say about Holm?",
     "What did Holm say about Berg?", "What did Berg say about Holm?"),
    # two questions in a line
    ("Who is Clara Holm? And when was she elected?", "Who is Clara Holm?", "When was Clara Holm elected?"),
    ("Where was Per Berg born? Did he have siblings?", "Where was Per Berg born?", "Did Per Berg have siblings?"),
    ("Who founded Tellus? Who owns the Norvik Fund?", "Who founded Tellus?", "Who owns the Norvik Fund?"),
]  # fmt: skip

WHOLE = [
    # one name, or one joint act
    "Who founded Marks and Spencer?",
    "What did Marks and Spencer say about tariffs?",
    "What did Johnson and Johnson say about the recall?",
    "What do Johnson & Johnson say about the recall?",
    "What did Holm and Berg agree on?",
    "What did Holm and Berg discuss?",
    "What did Holm and Berg say to each other about the tunnel?",
    "What did Holm and Berg write together?",
    "When did Holm and Berg marry?",
    "How did Holm and Berg die?",
    "How many men and women work there?",
    "What does Holm say about ferries and tunnels?",
    "What do men and women say about the flood?",
    "What is the difference between Holm and Berg?",
    "What is the view of Holm and Berg?",
    "Which is older, the ferry or the tunnel?",
    "What is black and white and read all over?",
    # a clause within a clause
    "What is the difference between when it rains and when it snows?",
    "What does the law say about who won and who lost?",
    "Do you know who Holm is and what she did?",
    "How does the law determine who pays and what they pay?",
    "How many died when the ferry sank and where was it found?",
    # a part that would not stand alone
    "Who shot the mayor and why did he do it?",
    "Who founded Tellus and why did he sell it?",
    "Who did Holm fight and who won?",
    "Who won the cup and who lost?",
    "Who built it and when?",
    "When was the tunnel opened and by whom?",
    "What is the function of insulin and where is it produced?",
    "Who is the president of Norvik and when was it founded?",
    "Who were the members of Fern and what was their first album?",
    "When did Clara Holm meet Per Berg and what did he say?",
    "What was Holm's plan and why did it fail?",
    "What did Clara Holm win and how did it happen?",
    "What did she say about the ferry and why did it sink?",
    "What did Clara Holm study? What else did she do?",
    "Who is Clara Holm? What did Berg think of the show?",
    "Why did the ferry sink? How many people died?",
    "Who is Holm? And Berg?",
    "Why? And when?",
    "I read about Clara Holm. What did she do? Why?",
    # nothing to compare them by
    "Compare Norway and Sweden.",
    "How do Norway and Sweden differ?",
    "Compare the ferry with the tunnel on cost.",
    # one question, another language, none
    "Who is Clara Holm?",
    "Wer ist Clara Holm und was sagte sie?",
    "Qui est Clara Holm et qu'a-t-elle dit ?",
    "",
    "  ?",
]


@pytest.mark.parametrize(("question", "parts"), [(one[0], one[1:]) for one in SPLIT])
def test_several_questions_become_questions_that_stand_alone(question: str, parts: tuple[str, ...]) -> None:
    assert split_question(question) == parts


@pytest.mark.parametrize("question", WHOLE)
def test_one_question_and_what_cannot_be_made_to_stand_alone_stay_whole(question: str) -> None:
    assert split_question(question) == (question,)


def test_a_list_of_more_questions_than_are_joined_stays_whole() -> None:
    names = ["Ada Holm", "Per Berg", "Ines Vidal", "Jon Lund", "Eva Dahl"]
    line = " ".join(f"Where was {name} born?" for name in names)
    assert split_question(line) == (line,)
    four = line.rsplit(" Where", 1)[0]
    assert len(split_question(four)) == MOST_PARTS


PIECES = ["Who", "What", "what", "When", "did", "is", "was", "Clara Holm", "Berg", "she", "it", "say", "about", "and",
          "founded", "the", "tunnel", "start", "?", "? ", ",", "why", "Compare", "on", "How", "views of"]  # fmt: skip


@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join), st.text(max_size=80)))
def test_parts_are_several_questions_or_the_question_itself(question: str) -> None:
    parts = split_question(question)
    assert parts == (question,) or (1 < len(parts) <= MOST_PARTS and all(part.endswith("?") for part in parts))
    assert len(set(parts)) == len(parts)


rankings_of_passages = st.lists(
    st.lists(st.integers(1, 9), unique=True, max_size=6).map(lambda ns: [passage_of("A ferry.", n) for n in ns]),
    max_size=4,
)


@given(rankings_of_passages, st.integers(0, 12))
def test_joined_rankings_hold_no_paragraph_twice_and_the_best_of_each(rankings: list[list[Passage]], k: int) -> None:
    joined = join(rankings, k)
    ids = [passage.paragraph_id for passage in joined]
    distinct = {passage.paragraph_id for ranking in rankings for passage in ranking}
    assert len(set(ids)) == len(ids) == min(k, len(distinct))
    assert set(ids) <= distinct
    assert joined == join(rankings, k)
    assert ids == [passage.paragraph_id for passage in join(rankings, 99)][:k]
    if k >= len(rankings):
        assert {ranking[0].paragraph_id for ranking in rankings if ranking} <= set(ids)


@given(rankings_of_passages)
def test_joining_one_ranking_changes_nothing(rankings: list[list[Passage]]) -> None:
    for ranking in rankings:
        assert join([ranking], 99) == ranking


def test_each_ranking_gives_the_next_that_is_not_taken() -> None:
    first, second = [[passage_of("A ferry.", n) for n in ns] for ns in ((1, 2, 3), (1, 4, 5))]
    assert [passage.paragraph.n for passage in join([first, second], 5)] == [1, 4, 2, 5, 3]
