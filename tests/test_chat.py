"""A conversation: numbers that last, questions that lean on what went before, and nothing lost when one fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering_records import HARBOUR, make_passage

from rag.answering import Wishes
from rag.briefing import BriefingWishes
from rag.briefing_schema import Briefing, Facet
from rag.chat import Conversation, Reworded, sources
from rag.chat_schema import Exchange, Followup, Turn
from rag.citations import Claim, number_statements
from rag.errors import InputError, ModelError
from rag.schema import Answer, Filters, Passage, Sentence
from rag.sessions import Sessions

CITABLE = [p.n for p in HARBOUR.paragraphs if p.kind == "body"]
NOON = "2026-01-02T12:00:00+00:00"


@dataclass
class ScriptedChain:
    """Answers each question from the paragraphs that are next in the queue, and remembers how it was asked."""

    paragraphs: deque[Any] = field(default_factory=deque)
    rewordings: deque[Reworded] = field(default_factory=deque)
    asked: list[tuple[str, Filters, Wishes]] = field(default_factory=list)
    histories: list[tuple[Exchange, ...]] = field(default_factory=list)

    def reword(self, question: str, history: Sequence[Exchange], summary: str, summarised: int) -> Reworded:
        self.histories.append(tuple(history))
        return self.rewordings.popleft() if self.rewordings else Reworded(Followup(question, False))

    def ask(self, question: str, filters: Filters, wishes: Wishes) -> Answer:
        self.asked.append((question, filters, wishes))
        cited = self.paragraphs.popleft()
        if isinstance(cited, BaseException):
            raise cited
        if wishes.on_draft:
            wishes.on_draft("A draft [1][2] of it [3].")
        statements, citations = number_statements([_claim(n) for n in cited], wishes.numbers)
        return Answer(question, bool(cited), "extractive", statements, citations)

    def brief(self, topic: str, filters: Filters, wishes: BriefingWishes) -> Briefing:
        statements, citations = number_statements([_claim(n) for n in self.paragraphs.popleft()], wishes.numbers)
        return Briefing(topic, topic, "extractive", points=(Facet("", statements),), citations=citations)


def _claim(n: int) -> Claim:
    passage = make_passage(HARBOUR, n)
    sentence = passage.paragraph.sentences[0]
    text = passage.paragraph.text
    return Claim(text[sentence.start - passage.paragraph.start : sentence.end - passage.paragraph.start],
                 ((passage, sentence),))  # fmt: skip


def conversation(*paragraphs: Any, rewordings: Sequence[Reworded] = (), **more: Any) -> Conversation:
    return Conversation(ScriptedChain(deque(paragraphs), deque(rewordings)), now=lambda: NOON, **more)


def chain(talk: Conversation) -> ScriptedChain:
    assert isinstance(talk.chain, ScriptedChain)
    return talk.chain


@given(st.lists(st.lists(st.sampled_from(CITABLE), max_size=4), min_size=1, max_size=8))
def test_a_number_means_one_paragraph_for_all_of_a_conversation(asked: list[list[int]]) -> None:
    talk, meant = conversation(*asked), {}
    for i, cited in enumerate(asked):
        turn = talk.ask(f"question {i}?")
        assert turn.answer is not None
        for citation in turn.answer.citations:
            assert meant.setdefault(citation.number, citation.passage.paragraph_id) == citation.passage.paragraph_id
        numbers = {citation.passage.paragraph_id: citation.number for citation in turn.answer.citations}
        for statement, n in zip(turn.answer.statements, cited, strict=True):
            assert statement.citations == (numbers[f"{HARBOUR.id}#{n}"],)
    assert sorted(meant) == list(range(1, len(meant) + 1))
    assert len(set(meant.values())) == len(meant)


def test_a_briefing_in_a_conversation_goes_on_counting() -> None:
    one, two, three = CITABLE[:3]
    talk = conversation([one, two], [two, three])
    talk.ask("Why is the harbour closed?")
    turn = talk.brief("the dredger")
    assert turn.briefing is not None
    assert [citation.number for citation in turn.briefing.citations] == [2, 3]
    assert [citation.number for citation in talk.citations] == [1, 2, 3]


def test_what_leans_on_the_last_answer_has_its_paragraphs_as_candidates() -> None:
    one, two = CITABLE[:2]
    leaning = Reworded(Followup("Why is it closed? (the harbour)", True))
    alone = Reworded(Followup("Who won the chess final?", False))
    talk = conversation([one, two], [one], [two], rewordings=[Reworded(Followup("Closed?", False)), leaning, alone])
    told: list[str] = []
    talk.ask("Closed?", on_question=told.append)
    talk.ask("Why?", on_question=told.append)
    talk.ask("Who won the chess final?", on_question=told.append)
    assert told == ["Why is it closed? (the harbour)"]
    carried = [wishes.also for _, _, wishes in chain(talk).asked]
    assert carried == [(), (f"{HARBOUR.id}#{one}", f"{HARBOUR.id}#{two}"), ()]
    assert [len(history) for history in chain(talk).histories] == [0, 1, 2]
    assert chain(talk).histories[1][0].titles == (HARBOUR.metadata.title,)


def test_what_was_quoted_is_no_answer_to_a_question_for_more() -> None:
    one, two = CITABLE[:2]
    more = Reworded(Followup("Why? (the harbour)", True, True))
    talk = conversation([one], [], [two], [one], rewordings=[Reworded(Followup("Closed?", False)), more, more, more])
    for question in ("Closed?", "Why?", "Why?", "Why?"):
        talk.ask(question)
    quoted = [frozenset(wishes.without) for _, _, wishes in chain(talk).asked]
    place = {n: (f"{HARBOUR.id}#{n}", HARBOUR.paragraphs[n - 1].sentences[0].start) for n in (one, two)}
    assert quoted == [frozenset(), {place[one]}, {place[one]}, {place[one], place[two]}]


def test_a_failed_question_leaves_the_conversation_as_it_was() -> None:
    talk = conversation([CITABLE[0]], ModelError("the server is gone"), KeyboardInterrupt(), [CITABLE[1]])
    first = talk.ask("one?")
    with pytest.raises(ModelError):
        talk.ask("two?")
    with pytest.raises(KeyboardInterrupt):
        talk.ask("two?")
    assert talk.turns == [first]
    assert talk.ask("two?").answer is not None
    assert [citation.number for citation in talk.citations] == [1, 2]


def test_again_replaces_the_last_answer_only_when_there_is_a_new_one() -> None:
    one, two = CITABLE[:2]
    talk = conversation([one], ModelError("gone"), [two])
    first = talk.ask("one?")
    with pytest.raises(ModelError):
        talk.again()
    assert talk.turns == [first]
    talk.again()
    assert [citation.number for turn in talk.turns for citation in turn.answer.citations] == [2]  # type: ignore[union-attr]
    assert [len(history) for history in chain(talk).histories] == [0, 0, 0]


def test_a_number_that_was_undone_is_not_given_to_another_paragraph() -> None:
    one, two = CITABLE[:2]
    talk = conversation([one], [two])
    talk.ask("one?")
    talk.undo()
    talk.ask("two?")
    assert [citation.number for citation in talk.citations] == [2]
    with pytest.raises(InputError, match="no \\[1\\]"):
        talk.citation(1)
    talk.undo()
    with pytest.raises(InputError, match="nothing to undo"):
        talk.undo()
    with pytest.raises(InputError, match="no question to ask again"):
        talk.again()


def test_a_draft_shows_no_numbers_that_are_the_models_own() -> None:
    talk, drafts = conversation([CITABLE[0]]), []
    talk.ask("one?", on_draft=drafts.append)
    assert drafts == ["A draft of it."]


def test_a_kept_conversation_is_the_same_when_it_is_taken_up_again(tmp_path: Path) -> None:
    one, two, three = CITABLE[:3]
    sessions = Sessions.open(tmp_path / "catalogue.sqlite3", create=True)
    talk = conversation([one], [two], [three], [one, two], sessions=sessions)
    for question in ("Why is the harbour closed?", "Who says so?", "And the yard?"):
        talk.ask(question)
    talk.undo()
    assert talk.name is not None
    kept = sessions.load(talk.name)
    again = Conversation.resumed(ScriptedChain(deque([[three, one]])), sessions, kept)
    assert again.turns == talk.turns
    turn = again.ask("And now?")
    assert turn.answer is not None
    assert [citation.number for citation in turn.answer.citations] == [1, 3]
    assert [turn.asked for turn in sessions.load(talk.name).turns] == [
        "Why is the harbour closed?", "Who says so?", "And now?",
    ]  # fmt: skip
    sessions.close()


def test_undoing_the_only_question_leaves_nothing_of_it(tmp_path: Path) -> None:
    sessions = Sessions.open(tmp_path / "catalogue.sqlite3", create=True)
    talk = conversation([CITABLE[0]], [CITABLE[1]], sessions=sessions)
    talk.ask("Who is the secret witness?")
    talk.undo()
    assert sessions.list() == []
    assert not any(b"secret" in file.read_bytes() for file in tmp_path.iterdir())
    talk.ask("Who speaks for the yard?")
    assert [(one.name, one.turns) for one in sessions.list()] == [(talk.name, 1)]
    sessions.close()


def test_an_answer_is_not_lost_because_it_cannot_be_kept(tmp_path: Path) -> None:
    sessions, told = Sessions.open(tmp_path / "catalogue.sqlite3", create=True), []
    talk = conversation([CITABLE[0]], [CITABLE[1]], [CITABLE[2]], sessions=sessions, warn=told.append)
    talk.ask("one?")
    assert talk.name is not None
    sessions.delete([talk.name])
    assert talk.ask("two?").answer is not None
    assert talk.ask("three?").answer is not None
    assert len(talk.turns) == 3
    assert [line.partition(":")[0] for line in told] == ["this conversation is no longer kept"]
    sessions.close()


def test_filters_and_what_was_typed_are_kept_with_a_turn() -> None:
    talk = conversation([CITABLE[0]], filters=Filters(since="2025"))
    turn = talk.ask("  one?  ")
    assert (turn.asked, turn.filters, turn.at) == ("one?", Filters(since="2025"), NOON)
    assert chain(talk).asked[0][:2] == ("one?", Filters(since="2025"))


def cited(passage: Passage, sentence: Sentence) -> Turn:
    """A turn that quotes one sentence."""
    statements, citations = number_statements([Claim("x", ((passage, sentence),))])
    return Turn("?", "?", NOON, Answer("?", True, "extractive", statements, citations))


def test_a_source_that_was_cited_twice_shows_all_that_was_quoted_of_it() -> None:
    long = next(p for p in HARBOUR.paragraphs if len(p.sentences) > 2)
    passage = make_passage(HARBOUR, long.n)
    first, third = cited(passage, long.sentences[0]), cited(passage, long.sentences[2])
    assert sources([third, first])[0].quotes == (long.sentences[0], long.sentences[2])
    # Offsets of a text that has changed since mean nothing in the new one.
    changed = replace(passage, paragraph=replace(passage.paragraph, text="Other words."))
    assert sources([cited(changed, long.sentences[0]), third])[0].quotes == (long.sentences[2],)


def test_what_was_quoted_stays_verbatim_when_its_paragraph_has_moved_in_the_article() -> None:
    long = next(p for p in HARBOUR.paragraphs if len(p.sentences) > 2)
    passage = make_passage(HARBOUR, long.n)
    down = [replace(s, start=s.start + 40, end=s.end + 40) for s in long.sentences]
    lower = replace(long, start=long.start + 40, end=long.end + 40, sentences=tuple(down))
    moved = replace(passage, paragraph=lower)
    (source,) = sources([cited(passage, long.sentences[0]), cited(moved, down[2])])
    assert source.quotes == (down[0], down[2])
    assert all(piece in long.text for piece in source.quote.split(" … "))
