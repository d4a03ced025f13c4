"""An evaluation from end to end: the store it is about, its questions, and the run that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rag import __version__
from rag.answering import Wishes
from rag.engine import Engine
from rag.errors import InputError
from rag.eval_metrics import means
from rag.eval_schema import Gold, JudgedQuestion, JudgedSet, Run
from rag.eval_stores import fill, scratch_store
from rag.evaluation import evaluate
from rag.locating import Locator
from rag.schema import Answer, Filters, SearchResult

Counted = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""A bar: what is being done, in how many steps."""


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """How an evaluation is to go: with answers, by the configured model, its replies kept, on how many questions."""

    answers: bool = True
    model: bool = True
    cache: bool = False
    limit: int = 0
    """Questions at most, spread evenly over the set; 0 for all."""


@dataclass(frozen=True, slots=True)
class _EngineChain:
    """The engine, as the options would have it asked."""

    engine: Engine
    options: EvalOptions

    def ask(self, question: str, filters: Filters | None = None, *, wishes: Wishes | None = None) -> Answer:
        return self.engine.ask(question, filters, wishes=wishes, model=self.options.model, cache=self.options.cache)

    def search(self, question: str, k: int = 10, filters: Filters | None = None) -> SearchResult:
        return self.engine.search(question, k, filters)


def evaluate_questions(
    engine: Engine, name: str, questions: Sequence[JudgedQuestion], options: EvalOptions, counted: Counted
) -> Run:
    """The run of these questions on the engine's store. Raises StoreEmptyError, and InputError where the store holds
    none of what they name.
    """
    chosen = spread(questions, options.limit)
    locator = Locator(engine.catalogue)
    found = {question.id: locator.locate(question) for question in chosen}
    judged = [question for question in chosen if question.references]
    lost = [question.id for question in judged if not found[question.id]]
    if judged and len(lost) == len(judged):
        raise InputError(f"the store holds nothing of what the questions of {name} name; ingest those articles first")
    written = options.answers and engine.wants_model(options.model)
    with counted(name, len(chosen)) as asked:
        outcomes = evaluate(
            _EngineChain(engine, options), chosen, lambda question: found[question.id],
            threshold=engine.threshold, answers=options.answers, force=not written, asked=asked,
        )  # fmt: skip
    return Run(
        name, __version__, datetime.now(UTC).astimezone().isoformat(timespec="seconds"), _settings(engine, written),
        means(outcomes), tuple(outcomes), tuple(_notes(chosen, found, lost)),
    )  # fmt: skip


def evaluate_set(engine: Engine, judged: JudgedSet, options: EvalOptions, counted: Counted) -> Run:
    """The run of a public set, on a scratch store of its own with the settings of `engine`."""
    with scratch_engine(engine, judged.files, lambda files: counted(f"ingesting {judged.name}", files)) as scratch:
        return evaluate_questions(scratch, judged.name, judged.questions, options, counted)


@contextmanager
def scratch_engine(
    engine: Engine,
    files: Mapping[str, str],
    counted: Callable[[int], AbstractContextManager[Callable[[], None]]] = lambda _: nullcontext(lambda: None),
) -> Iterator[Engine]:
    """The scratch store of these files, with the settings of `engine`: filled if it is not there yet."""
    store = scratch_store(engine.cache, files, engine.embedder.identity)
    with Engine(replace(engine.config, store=store, cache=engine.cache), engine.warn) as scratch:
        scratch.language_model = engine.language_model
        with counted(len(files)) as stored:
            fill(store, files, lambda folder: scratch.ingest([str(folder)], progress=_Looking(stored)))
        yield scratch


@dataclass(frozen=True, slots=True)
class _Looking:
    """An ingest's progress as steps of a bar, a file each."""

    step: Callable[[], None]

    def begin(self, files: int) -> None: ...

    def looked(self) -> None:
        self.step()

    def stored(self, articles: int, paragraphs: int) -> None: ...


def spread(questions: Sequence[JudgedQuestion], limit: int) -> list[JudgedQuestion]:
    """So many of the questions, evenly over the set; all of them for 0."""
    if not 0 < limit < len(questions):
        return list(questions)
    return [questions[i * len(questions) // limit] for i in range(limit)]


def _settings(engine: Engine, written: bool) -> dict[str, str]:
    counts = engine.catalogue.counts()
    config = engine.config
    return {
        "embedder": engine.embedder.identity,
        "model": _model(engine) if written else "none",
        "reranker": config.reranker or "none",
        "threshold": f"{engine.threshold:g}",
        "articles": str(counts["articles"]),
        "paragraphs": str(counts["paragraphs"]),
    }


def _model(engine: Engine) -> str:
    brought = engine.language_model
    return brought.name if brought else engine.config.llm_model or "as configured"


def _notes(questions: Sequence[JudgedQuestion], found: dict[str, Gold], lost: Sequence[str]) -> list[str]:
    notes, of = [], f"of {len(questions)} questions"
    if lost:
        named = ", ".join(lost[:5]) + (" …" if len(lost) > 5 else "")
        notes.append(f"{len(lost)} {of} name evidence that is not in the store, and count in no measure: {named}")
    half = sum(bool(found[question.id]) and found[question.id].missing > 0 for question in questions)
    if half:
        notes.append(f"{half} {of} name some evidence that is not in the store, and are judged by the rest")
    made = sum(question.synthetic for question in questions)
    if made:
        notes.append(f"{made} {of} are synthetic: made from the articles, not asked by people")
    return notes
