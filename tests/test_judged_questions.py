"""Files of judged questions: every form that is accepted, and one line for every form that is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.eval_schema import JudgedQuestion, Reference
from rag.judged_questions import read_questions
from rag.schema import Filters

SEEDS = Path(__file__).parents[2] / "shared" / "seeds" / "questions.jsonl"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "questions.jsonl"


def line(question="Who pays?", gold=(), **more):
    return json.dumps({"question": question, "gold": gold, **more}, ensure_ascii=False)


def read(file, *lines):
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_questions(file)


def refusal(file, *lines):
    """What is said of the lines: one line, in which the file is named."""
    with pytest.raises(InputError) as error:
        read(file, *lines)
    said = str(error.value)
    assert "\n" not in said
    assert str(file) in said
    return said


# --- accepted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "reference"),
    [
        ("harbour#12", Reference(paragraph="harbour#12")),
        ("harbour", Reference(article="harbour")),
        ({"paragraph": "harbour#12"}, Reference(paragraph="harbour#12")),
        ({"article": "harbour"}, Reference(article="harbour")),
        ({"file": "harbour.txt"}, Reference(file="harbour.txt")),
        ({"file": "a.txt", "contains": "two cranes"}, Reference(file="a.txt", contains="two cranes")),
        ({"paragraph": "a#1", "contains": "two cranes"}, Reference(paragraph="a#1", contains="two cranes")),
        ({"file": "a.txt", "start": 0, "end": 9}, Reference(file="a.txt", start=0, end=9)),
        (
            {"file": "a.txt", "contains": "two", "start": 3, "end": 6},
            Reference(file="a.txt", contains="two", start=3, end=6),
        ),
    ],
)
def test_gold_may_be_given_in_many_forms(file, gold, reference):
    (question,) = read(file, line(gold=[gold]))
    assert question == JudgedQuestion("1", "Who pays?", (reference,))


def test_all_that_can_be_said_of_a_question(file):
    more = {
        "id": "cranes", "answer": "The port.", "synthetic": True, "since": "2024-11", "until": "6 November 2025",
        "publisher": "Valley News", "author": ["Anna Holm", "Bo Lind"], "article": ["harbour"],
    }  # fmt: skip
    (question,) = read(file, line(gold=["a#1", "b#2"], **more))
    filters = Filters("2024-11", "2025-11-06", ("Valley News",), ("Anna Holm", "Bo Lind"), ("harbour",))
    references = (Reference(paragraph="a#1"), Reference(paragraph="b#2"))
    assert question == JudgedQuestion("cranes", "Who pays?", references, "The port.", True, filters)


def test_a_question_without_an_id_goes_by_its_line(file):
    found = read(file, "\ufeff" + line(), "", "   ", line(), line(id="x"), line(id=9), "")
    assert [question.id for question in found] == ["1", "4", "x", "9"]


def test_a_question_without_gold_is_to_be_declined(file):
    (question,) = read(file, line())
    assert question.references == ()
    assert question.filters is None


def test_lines_may_end_as_they_do_elsewhere(file):
    file.write_bytes(b"\r\n".join(line(name).encode() for name in ("Who?", "When?")))
    assert [(one.id, one.question) for one in read_questions(file)] == [("1", "Who?"), ("2", "When?")]


@pytest.mark.parametrize("mark", "\u2028\u2029\x85")
def test_a_string_may_hold_what_else_ends_a_line(file, mark):
    (question,) = read(file, line(f"Who{mark}pays?"))
    assert question.question == f"Who{mark}pays?"


@pytest.mark.skipif(not SEEDS.is_file(), reason="needs the questions in ../shared/seeds")
def test_the_questions_on_the_shared_articles_are_read():
    found = read_questions(SEEDS)
    assert [question.id for question in found] == [str(n) for n in range(1, 16)]
    assert sum(not question.references for question in found) == 4
    assert all(one.file and one.contains for question in found for one in question.references)


said = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
golds = st.one_of(
    st.builds(Reference, paragraph=said.map("a#{}".format)),
    st.builds(Reference, article=said.map(lambda name: name.replace("#", "") + "a")),
    st.builds(Reference, file=said, contains=said),
    st.builds(lambda name, start, more: Reference(file=name, start=start, end=start + more),
              said, st.integers(0, 10**6), st.integers(1, 10**6)),
)  # fmt: skip
questions = st.builds(
    JudgedQuestion, said, said, st.lists(golds, max_size=3).map(tuple), st.just("") | said, st.booleans(),
    st.none() | st.builds(Filters, st.just("2024-02"), st.none(), st.tuples(said)),
)  # fmt: skip


def written(question, plain):
    """As somebody would write it down."""
    texts = ("paragraph", "article", "file", "contains")
    gold = [
        {name: getattr(one, name) for name in texts if getattr(one, name)}
        | ({"start": one.start, "end": one.end} if one.end is not None else {})
        for one in question.references
    ]
    record = {"id": question.id, "question": question.question, "gold": gold, "answer": question.answer}
    if question.synthetic:
        record["synthetic"] = True
    if question.filters:
        record |= {"since": question.filters.since, "publisher": list(question.filters.publishers)}
    return json.dumps(record, ensure_ascii=plain)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(questions, min_size=1, max_size=4, unique_by=lambda question: question.id), st.booleans())
def test_what_is_written_down_is_read_back(tmp_path, wanted, plain):
    assert read(tmp_path / "questions.jsonl", *(written(question, plain) for question in wanted)) == wanted


# --- refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1]", "has no question"),
        ('{"gold": []}', "has no question"),
        ('{"question": " ", "gold": []}', "has no question"),
        ('{"question": 7, "gold": []}', "has no question"),
        ('{"question": "Who?"}', "has no list of gold"),
        (line(gold="a#1"), "has no list of gold"),
        (line(gold=None), "has no list of gold"),
        (line(golden=[]), "unknown key 'golden'; there are answer, article, author, gold, id"),
        (line(gold=[7]), "gold is a paragraph id"),
        (line(gold=[""]), 'gold names a "paragraph", an "article" or a "file"'),
        (line(gold=[{}]), 'gold names a "paragraph", an "article" or a "file"'),
        (line(gold=[{"contains": "words"}]), 'gold names a "paragraph", an "article" or a "file"'),
        (line(gold=[{"file": "a.txt", "contains": " "}]), 'gold names a "paragraph", an "article" or a "file"'),
        (line(gold=[{"file": 7}]), 'gold names a "paragraph", an "article" or a "file"'),
        (line(gold=[{"paragraph": "harbour"}]), 'a "paragraph" is given by its id, like moscow-elites#12'),
        (line(gold=[{"file": "a.txt", "holds": "words"}]), "unknown key 'holds'"),
        (line(gold=[{"file": "a.txt", "start": 1}]), '"start" and "end" are offsets'),
        (line(gold=[{"file": "a.txt", "start": 5, "end": 5}]), '"start" and "end" are offsets'),
        (line(gold=[{"file": "a.txt", "start": -1, "end": 5}]), '"start" and "end" are offsets'),
        (line(gold=[{"file": "a.txt", "start": 1, "end": True}]), '"start" and "end" are offsets'),
        (line(gold=[{"file": "a.txt", "start": 1.0, "end": 2}]), '"start" and "end" are offsets'),
        (line(since="soon"), "'since' is no date; write it like 2024-11-06"),
        (line(until=None), "'until' is no date"),
        (line(publisher=7), "'publisher' is a name, or a list of names"),
        (line(author=["Bo", ""]), "'author' is a name, or a list of names"),
        (line(id=None), '"id" is a name or a number'),
        (line(id=""), '"id" is a name or a number'),
        (line(id=["a"]), '"id" is a name or a number'),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(file, bad, why):
    said = refusal(file, line(), "", bad, line())
    assert why in said
    assert said.startswith(f"{file}, line 3")


def test_a_file_without_questions_is_told_how_to_make_some(file):
    for lines in ([], ["", "  "]):
        assert "holds no questions; rag eval --make 50" in refusal(file, *lines)


def test_no_two_questions_have_one_id(file):
    assert "two questions have the id 'a'" in refusal(file, line(id="b"), line(id="a"), line(id="a"))
    assert "two questions have the id '2'" in refusal(file, line(id="2"), line())


def test_what_is_no_file_of_text_is_told(file, tmp_path):
    file.write_bytes(b"\xff\xfe\x00")
    for path, why in ((file, "no text in UTF-8"), (tmp_path, "cannot read"), (tmp_path / "none", "no such file")):
        with pytest.raises(InputError, match=why) as error:
            read_questions(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
