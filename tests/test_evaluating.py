"""Evaluations from end to end, on small stores with the packaged embedder: questions on a store, and public sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_helpers import CHESS, FLOOD, VOTE, check_store

from rag import __version__
from rag.engine import Engine
from rag.errors import InputError, StoreEmptyError
from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.evaluating import EvalOptions, evaluate_questions, evaluate_set, spread
from rag.llm import Message, Reply
from rag.schema import Filters

FILES = {"vote.txt": VOTE, "flood.txt": FLOOD, "chess.txt": CHESS}


def on(contains: str, file: str, question: str, name: str, **more: object) -> JudgedQuestion:
    return JudgedQuestion(name, question, (Reference(file=file, contains=contains),), **more)  # type: ignore[arg-type]


DAMAGE = on("ninety million crowns", "flood.txt", "What did insurers put the damage at?", "damage")
TITLE = on("lost her title to a player of sixteen", "chess.txt", "Whom did Ines Duarte lose her title to?", "title")
TAX = on("would pay for forty turbines", "vote.txt", "What will the wind tax pay for?", "tax")
VACCINE = JudgedQuestion("vaccine", "Which vaccine did the Zagreb laboratory recall?")
LOST = on("a submarine", "submarine.txt", "Where was the submarine built?", "lost")
QUESTIONS = (DAMAGE, TITLE, VACCINE, TAX)
SET = JudgedSet("news", FILES, QUESTIONS)
QUIET = EvalOptions(model=False)


class Bars:
    """What was counted: its name, how many steps were foreseen, and how many were taken."""

    def __init__(self) -> None:
        self.history: list[tuple[str, int, int]] = []

    @contextmanager
    def __call__(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        steps: list[None] = []
        yield lambda: steps.append(None)
        self.history.append((what, total, len(steps)))


@pytest.fixture
def bars() -> Bars:
    return Bars()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the three articles are stored, once for all tests."""
    return tmp_path_factory.mktemp("evaluated")


@pytest.fixture
def engine(store: Path, engine_at: Callable[..., Engine]) -> Engine:
    engine = engine_at(store / "store")
    if not engine.store.is_dir():
        (store / "news").mkdir()
        for name, text in FILES.items():
            (store / "news" / name).write_text(text, encoding="utf-8")
        engine.ingest([str(store / "news")])
    return engine


# --- questions on a store ----------------------------------------------------------------------------------------


def test_questions_on_a_store_are_measured(engine: Engine, bars: Bars) -> None:
    run = evaluate_questions(engine, "my questions", QUESTIONS, QUIET, bars)
    assert (run.name, run.version, run.notes) == ("my questions", __version__, ())
    assert [outcome.id for outcome in run.outcomes] == ["damage", "title", "vaccine", "tax"]
    assert bars.history == [("my questions", 4, 4)]
    assert datetime.fromisoformat(run.created).tzinfo is not None
    assert (run.settings["articles"], run.settings["model"]) == ("3", "none")
    assert run.settings["embedder"] == engine.embedder.identity
    right = ("paragraph RR", "article R@1", "sentence RR", "sentence recall", "rightly declined", "citation recall")
    assert {name: run.metrics[name] for name in right} == dict.fromkeys(right, 1)
    assert run.metrics["wrongly declined"] == 0
    assert {"search p50", "ask p95", "quote IoU", "abstention AUROC"} <= run.metrics.keys()


def test_what_was_found_can_be_followed_to_the_articles(engine: Engine, bars: Bars) -> None:
    (outcome,) = evaluate_questions(engine, "one", [DAMAGE], QUIET, bars).outcomes
    article = engine.catalogue.article(outcome.gold.articles[0])
    assert article.path.endswith("flood.txt")
    (place,) = outcome.gold.evidence
    assert article.text[place.start : place.end] == "ninety million crowns"
    (held,) = outcome.gold.sentences
    assert held[0] in outcome.quoted
    assert "ninety million crowns" in " ".join(outcome.statements)
    assert outcome.paragraphs[0].name == place.paragraph_id
    assert outcome.sentences[0].name == f"{held[0].paragraph_id}:{held[0].start}-{held[0].end}"
    assert 0 < outcome.seconds["search"] < outcome.seconds["ask"]


def test_without_answers_nothing_is_said_of_them(engine: Engine, bars: Bars) -> None:
    run = evaluate_questions(engine, "search", QUESTIONS, replace(QUIET, answers=False), bars)
    assert {name.split()[0] for name in run.metrics} == {"article", "paragraph", "dense", "lexical"}
    assert run.metrics["paragraph RR"] == 1
    assert all(outcome.answered is None for outcome in run.outcomes)


def test_the_threshold_of_the_user_decides_what_is_declined(store: Path, engine: Engine, engine_at, bars: Bars) -> None:
    strict = evaluate_questions(engine_at(engine.store, threshold=1.0), "strict", QUESTIONS, QUIET, bars)
    assert (strict.metrics["wrongly declined"], strict.metrics["rightly declined"]) == (1, 1)
    assert strict.metrics["sentence recall"] == 1, "what is declined is measured apart from that"
    assert strict.metrics["coverage"] == 0
    assert strict.settings["threshold"] == "1"


def test_filters_of_a_question_hold(engine: Engine, bars: Bars) -> None:
    (other,) = (one.id for one in engine.articles() if one.path.endswith("vote.txt"))
    filtered = replace(DAMAGE, filters=Filters(articles=(other,)))
    (outcome,) = evaluate_questions(engine, "filtered", [filtered], QUIET, bars).outcomes
    assert {one.name.split("#")[0] for one in outcome.paragraphs} == {other}
    assert outcome.metrics["paragraph RR"] == 0


def test_evidence_that_is_not_there_is_told_and_counts_nowhere(engine: Engine, bars: Bars) -> None:
    half = replace(TAX, id="half", references=(*TAX.references, *LOST.references), synthetic=True)
    run = evaluate_questions(engine, "some", [DAMAGE, LOST, VACCINE, half], QUIET, bars)
    assert run.notes == (
        "1 of 4 questions name evidence that is not in the store, and count in no measure: lost",
        "1 of 4 questions name some evidence that is not in the store, and are judged by the rest",
        "1 of 4 questions are synthetic: made from the articles, not asked by people",
    )
    assert run.outcomes[1].metrics == {}
    assert (run.metrics["paragraph RR"], run.metrics["wrongly declined"]) == (1, 0)
    many = [replace(LOST, id=f"lost {n}") for n in range(7)]
    (note,) = evaluate_questions(engine, "many", [DAMAGE, *many], QUIET, bars).notes
    assert note.endswith("count in no measure: lost 0, lost 1, lost 2, lost 3, lost 4 …")


def test_where_all_evidence_is_missing_nothing_is_measured(engine: Engine, bars: Bars) -> None:
    with pytest.raises(InputError, match="the store holds nothing of what the questions of mine name; ingest") as error:
        evaluate_questions(engine, "mine", [LOST, VACCINE], QUIET, bars)
    assert "\n" not in str(error.value)
    assert bars.history == []


def test_questions_to_be_declined_need_no_evidence(engine: Engine, bars: Bars) -> None:
    run = evaluate_questions(engine, "none", [VACCINE], QUIET, bars)
    assert run.metrics["rightly declined"] == 1
    assert not any(" " in name and name.split()[0] in ("paragraph", "article", "sentence") for name in run.metrics)


def test_an_empty_store_is_told(tmp_path: Path, engine_at: Callable[..., Engine], bars: Bars) -> None:
    with pytest.raises(StoreEmptyError, match="rag ingest"):
        evaluate_questions(engine_at(tmp_path / "none"), "mine", QUESTIONS, QUIET, bars)


# --- some of the questions ---------------------------------------------------------------------------------------


def test_a_limit_takes_questions_from_all_over_the_set(engine: Engine, bars: Bars) -> None:
    run = evaluate_questions(engine, "two", QUESTIONS, replace(QUIET, limit=2), bars)
    assert [outcome.id for outcome in run.outcomes] == ["damage", "vaccine"]
    assert bars.history == [("two", 2, 2)]


@given(st.integers(0, 60), st.integers(-1, 70))
def test_questions_are_spread_evenly(number: int, limit: int) -> None:
    questions = [JudgedQuestion(str(n), "?") for n in range(number)]
    chosen = [int(question.id) for question in spread(questions, limit)]
    assert len(chosen) == (min(limit, number) if limit > 0 else number)
    assert chosen == sorted(set(chosen))
    gaps = {after - before for before, after in pairwise(chosen)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


# --- public sets -------------------------------------------------------------------------------------------------


@pytest.fixture
def apart(tmp_path: Path, engine_at: Callable[..., Engine]) -> Engine:
    """Has no store, and a cache of its own in which only the embedder is there already."""
    engine, cache = engine_at(tmp_path / "store"), tmp_path / "cache"
    cache.mkdir()
    for known in engine.cache.iterdir():
        if known.name != "eval":
            (cache / known.name).symlink_to(known)
    engine.config = replace(engine.config, cache=cache)
    return engine


def lasting(run):
    """A run without what differs from one time to the next."""
    outcomes = tuple(replace(outcome, seconds={}) for outcome in run.outcomes)
    metrics = {name: value for name, value in run.metrics.items() if " p" not in name}
    return replace(run, created="", outcomes=outcomes, metrics=metrics)


def test_a_set_is_ingested_once_beside_the_users_own_store(tmp_path: Path, apart: Engine, bars: Bars) -> None:
    """It is there while the user has no store, and leaves none behind."""
    first, second = (evaluate_set(apart, SET, QUIET, bars) for _ in range(2))
    assert bars.history == [("ingesting news", 3, 3), ("news", 4, 4), ("ingesting news", 3, 0), ("news", 4, 4)]
    assert lasting(first) == lasting(second)
    assert first.metrics["paragraph RR"] == 1
    assert first.settings["articles"] == "3"
    assert not (tmp_path / "store").exists()
    (scratch,) = (tmp_path / "cache" / "eval").iterdir()
    check_store(scratch / "store")
    assert {path.name: path.read_text(encoding="utf-8") for path in (scratch / "articles").iterdir()} == FILES


def test_a_set_whose_ingest_was_broken_off_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch, apart: Engine, bars: Bars
) -> None:
    ingest, outcomes = Engine.ingest, []

    def broken_off(*args, **more):
        outcomes.append(ingest(*args, **more))
        if len(outcomes) == 1:
            raise KeyboardInterrupt
        return outcomes[-1]

    monkeypatch.setattr(Engine, "ingest", broken_off)
    with pytest.raises(KeyboardInterrupt):
        evaluate_set(apart, SET, replace(QUIET, answers=False), bars)
    assert evaluate_set(apart, SET, replace(QUIET, answers=False), bars).settings["articles"] == "3"
    assert [(one.added, one.unchanged) for one in outcomes] == [(3, 0), (0, 3)]


class Played:
    """A language model that replies what it is told to, in order, and remembers what it was asked."""

    name = identity = "played"
    context = 8192

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.history: list[str] = []

    def complete(self, messages: Sequence[Message], **_: object) -> Reply:
        self.history.append(messages[-1].content)
        return Reply(self.replies.pop(0), "stop", seconds=1000.0)

    def close(self) -> None: ...


def test_a_set_is_answered_by_the_model_of_the_user(apart: Engine, bars: Bars) -> None:
    """It is asked what a user would ask it: nothing where the articles do not answer."""
    said = "Insurers put the damage at ninety million crowns"
    apart.language_model = model = Played(f"{said} [1].")
    run = evaluate_set(apart, replace(SET, questions=(VACCINE, DAMAGE)), EvalOptions(), bars)
    declined, answered = run.outcomes
    assert (declined.answered, answered.answered) == (False, True)
    assert answered.statements == (f"{said}.",)
    assert (answered.metrics["sentence F1"], answered.sentences) == (1, ())
    assert "sentence RR" not in run.metrics
    assert answered.seconds["ask"] < 1000, "measured here, not told by the model"
    assert len(model.history) == 1
    assert run.settings["model"] != "none"
