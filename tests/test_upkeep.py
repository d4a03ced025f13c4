"""What became of cited paragraphs: told beside the words as they were cited, which never change."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from briefing_records import BRIEFING
from hypothesis import given, settings
from hypothesis import strategies as st
from session_records import SESSION, WITH_BRIEFING
from store_helpers import CHESS, FLOOD, VOTE, Library, make_article

from rag.catalogue import Catalogue
from rag.chat_schema import Session, Turn
from rag.schema import Answer, Citation, Passage, paragraph_id
from rag.upkeep import _ELSEWHERE, _PLACES, marked


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path)
    for name, text in {"vote.txt": VOTE, "flood.txt": FLOOD, "chess.txt": CHESS}.items():
        library.write(name, text)
    library.ingest()
    yield library
    library.close()


def cited(catalogue, *places):
    """A conversation of one answer that cites these paragraphs (article, number), a sentence of each."""
    citations = []
    for number, (name, n) in enumerate(places, start=1):
        article = catalogue.article(name)
        paragraph = next(p for p in article.paragraphs if p.n == n)
        passage = Passage(paragraph_id(name, n), name, paragraph, article.path, article.metadata, 0.5)
        citations.append(Citation(number, passage, paragraph.sentences[:1]))
    return of(citations)


def of(citations):
    return Session("s", "", "", (Turn("q", "q", "", Answer("q", True, "extractive", citations=tuple(citations))),))


def since(session, catalogue):
    return [citation.since for turn in marked(session, catalogue).turns for citation in turn.citations]


def unmarked(session):
    """The same conversation as if nobody had looked."""
    return of([replace(citation, since="") for turn in session.turns for citation in turn.citations])


PLACES = (("vote", 1), ("vote", 3), ("flood", 2), ("chess", 1))


def test_what_stands_as_it_was_is_not_marked(library):
    session = cited(library.engine.catalogue, *PLACES)
    assert since(session, library.engine.catalogue) == ["", "", "", ""]
    assert marked(session, library.engine.catalogue) == session


def test_a_changed_paragraph_and_a_removed_article_are_told(library):
    session = cited(library.engine.catalogue, *PLACES)
    library.write("vote.txt", VOTE.replace("since the spring of 2021", "since the autumn of 2020"))
    (library.folder / "chess.txt").unlink()
    library.ingest()
    assert since(session, library.engine.catalogue) == ["", "changed", "", "removed"]
    shown = marked(session, library.engine.catalogue)
    assert unmarked(shown) == session, "the words are those that were cited"


def test_a_paragraph_that_was_cut_is_removed(library):
    session = cited(library.engine.catalogue, *PLACES)
    library.write("vote.txt", "\n\n".join(VOTE.split("\n\n")[:2]))
    library.ingest()
    assert since(session, library.engine.catalogue) == ["", "removed", "", ""]


def test_words_that_change_beside_the_quote_are_a_change(library):
    """The quote still stands, but who is quoted may not."""
    session = cited(library.engine.catalogue, ("vote", 1))
    assert session.turns[0].answer.citations[0].quote == "The parliament voted on Tuesday to keep the wind tax."
    library.write("vote.txt", VOTE.replace("Nobody had expected", "The opposition had expected"))
    library.ingest()
    assert since(session, library.engine.catalogue) == ["changed"]


def test_what_is_only_moved_or_wrapped_otherwise_is_not_marked(library):
    session = cited(library.engine.catalogue, *PLACES)
    first, second, third = VOTE.split("\n\n")
    new = "The ministry published its own figures on Monday, and they are lower than those of the opposition."
    library.write("vote.txt", "\n\n".join([new, third.replace(" since", "\nsince"), second, first]))
    library.ingest()
    assert since(session, library.engine.catalogue) == ["", "", "", ""]


def test_an_article_that_comes_back_is_no_longer_removed(library):
    session = cited(library.engine.catalogue, *PLACES)
    library.engine.remove(["chess"])
    gone = marked(session, library.engine.catalogue)
    assert since(session, library.engine.catalogue) == ["", "", "", "removed"]
    library.ingest()
    assert since(gone, library.engine.catalogue) == ["", "", "", ""]


def test_without_a_store_all_are_removed():
    marks = [citation.since for turn in marked(WITH_BRIEFING, None).turns for citation in turn.citations]
    assert marks == ["removed"] * (len(SESSION.turns[0].answer.citations) + len(BRIEFING.citations))


def test_briefings_are_marked_and_declined_turns_left_alone(tmp_path):
    catalogue = Catalogue.create(tmp_path / "catalogue.sqlite3")
    shown = marked(WITH_BRIEFING, catalogue)
    assert {citation.since for citation in shown.turns[1].briefing.citations} == {"removed"}
    assert replace(shown.turns[1].briefing, citations=BRIEFING.citations) == BRIEFING
    assert marked(SESSION, catalogue).turns[2] == SESSION.turns[2]
    empty = replace(SESSION, turns=(Turn("a", "a", ""),))
    assert marked(empty, catalogue) == empty
    catalogue.close()


def test_the_number_of_questions_to_the_store_does_not_grow(library):
    """Two however many are cited, and no whole table is read to find a few paragraphs."""
    catalogue, asked = library.engine.catalogue, []
    few = cited(catalogue, *PLACES)
    many = replace(few, turns=few.turns * 50)
    for session in (few, many):
        catalogue.connection.set_trace_callback(asked.append)
        marked(session, catalogue)
        catalogue.connection.set_trace_callback(None)
        assert len([query for query in asked if query.startswith("SELECT")]) == 1
        asked.clear()
    for query in (_PLACES, _ELSEWHERE):
        plan = [row[3] for row in catalogue.connection.execute(f"EXPLAIN QUERY PLAN {query}", ("[]",))]
        assert [line for line in plan if line.startswith("SCAN")] == [next(iter(plan))]
        assert "VIRTUAL TABLE" in plan[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("upkeep")


LINES = st.lists(st.sampled_from(["One mill.", "Two mills.", "A flood.", "No flood."]), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(before=LINES, after=LINES)
def test_a_citation_is_unmarked_exactly_where_its_words_stand_in_the_article(folder, before, after):
    old = make_article("a", *before)
    catalogue = Catalogue.create(Path(tempfile.mkdtemp(dir=folder)) / "catalogue.sqlite3")
    with catalogue.transaction():
        catalogue.put_article(make_article("a", *after), (), 9, b"")
    citations = [
        Citation(p.n, Passage(f"a#{p.n}", "a", p, "/a.txt", old.metadata, 0.5), p.sentences) for p in old.paragraphs
    ]
    for paragraph, told in zip(old.paragraphs, since(of(citations), catalogue), strict=True):
        assert (told == "") == (paragraph.text in after)
        assert (told == "removed") == (paragraph.text not in after and paragraph.n > len(after))
    catalogue.close()
