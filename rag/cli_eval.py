"""`rag eval`: measures the store, or public sets, on judged questions; compares two runs; makes questions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.console import complain, say, show
from rag.options import Cache, Json, NoModel, Store, Strictness, opened

if TYPE_CHECKING:
    from rag.comparing import Comparison
    from rag.engine import Engine
    from rag.eval_schema import Run
    from rag.evaluating import EvalOptions

REPORTS = (".html", ".htm", ".json")
ALL = "all"
"""Instead of names of sets: every public set that is there."""

Sets = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SET]…", help="A file of judged questions (JSON Lines), or a public set by name, or all."),
]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder that the public sets lie in.")]
Save = Annotated[Path | None, typer.Option("--save", metavar="FILE", help="Keep the run in FILE, to compare it later.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write a report to FILE (.html, .json); of --make, questions."),
]
Compare = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="BEFORE AFTER", help="Compare two runs that were kept with --save."),
]
Make = Annotated[
    int | None, typer.Option("--make", metavar="N", min=1, help="Make N judged questions from your own articles.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="Ask N questions of each set only [0: all].")]
NoAnswers = Annotated[bool, typer.Option("--no-answers", help="Search only: no sentences, no refusals, but fast.")]


@dataclass(frozen=True, slots=True)
class _Report:
    """Where the result of an evaluation goes."""

    out: Path | None
    json: bool


def eval_(
    sets: Sets = None,
    data: Data = None,
    save: Save = None,
    out: Out = None,
    compare: Compare = None,
    make: Make = None,
    limit: Limit = 0,
    no_answers: NoAnswers = False,
    no_model: NoModel = False,
    cache: Cache = False,
    strictness: Strictness = None,
    store: Store = None,
    json: Json = False,
) -> None:
    """Measure how often the right paragraph is found, the right sentence quoted, and a question rightly declined."""
    _check(sets, save, out, compare, make)
    report = _Report(out, json)
    if compare is not None:
        _compared(compare, report)
        return
    with opened(store, strictness=strictness) as engine:
        if make is not None:
            _made(engine, make, model=not no_model, cache=cache, out=out)
            return
        from rag.evaluating import EvalOptions

        options = EvalOptions(not no_answers, not no_model, cache, limit)
        runs = [_run(engine, name, data, options) for name in _chosen(sets or [], data)]
    if save is not None:
        from rag.eval_runs import save_run

        save_run(runs[0], save)
        complain(f"kept the run in {save}; rag eval --compare {save} OTHER shows what has changed")
    _reported(runs, report)


def _check(
    sets: list[str] | None, save: Path | None, out: Path | None, compare: tuple[Path, Path] | None, make: int | None
) -> None:
    """Raises BadParameter for options that do not go together, before any work is done."""
    from rag.output import check_place

    wishes = [bool(sets), compare is not None, make is not None]
    if sum(wishes) != 1:
        raise typer.BadParameter("give judged questions (or a public set), or --compare, or --make", param_hint="SET")
    if sets and (len(sets) > 1 or sets == [ALL]) and (save is not None or out is not None):
        raise typer.BadParameter("one set at a time goes into a file", param_hint="--save" if save else "--out")
    if save is not None and not sets:
        raise typer.BadParameter("there is no run to keep; leave it out", param_hint="--save")
    if out is not None and make is None and out.suffix.lower() not in REPORTS:
        raise typer.BadParameter(f"a report is .html or .json, not {out.name}", param_hint="--out")
    for place in (save, out):
        if place is not None:
            check_place(place)


def _chosen(sets: list[str], data: Path | None) -> list[str]:
    """The sets asked for; of "all" those that lie in the folder of data."""
    from rag.errors import InputError
    from rag.public_sets import SETS, place

    if sets != [ALL]:
        return sets
    found = [name for name in SETS if data is not None and place(name, data)]
    if not found:
        raise InputError("no public set there; --data names the folder that they lie in")
    return found


def _run(engine: Engine, name: str, data: Path | None, options: EvalOptions) -> Run:
    """A public set where it is one's name and no file's; else questions about the store."""
    from rag.errors import InputError
    from rag.evaluating import evaluate_questions, evaluate_set
    from rag.judged_questions import read_questions
    from rag.progress import counted
    from rag.public_sets import SETS, read_set

    if Path(name).is_file():
        return evaluate_questions(engine, Path(name).stem, read_questions(Path(name)), options, counted)
    if name not in SETS:
        raise InputError(f"{name} is no file, and no public set; there are {', '.join(SETS)}")
    if data is None:
        raise InputError(f"{name} is read from a folder of public sets; name it with --data DIR")
    return evaluate_set(engine, read_set(name, data), options, counted)


def _compared(paths: tuple[Path, Path], report: _Report) -> None:
    from rag.comparing import compare
    from rag.eval_runs import load_run

    before, after = (load_run(path) for path in paths)
    _deliver_comparison(after, compare(before, after), report)


def _deliver_comparison(after: Run, comparison: Comparison, report: _Report) -> None:
    from rag.eval_layout import comparison_lines
    from rag.rendering import plain_lines, render_lines

    if report.json or _is_json(report.out):
        from rag.render_eval_json import eval_json

        _deliver(eval_json(after, comparison), report.out)
    elif report.out is not None:
        from rag.render_eval_html import eval_html

        _deliver(eval_html(after, comparison), report.out)
    else:
        lines = comparison_lines(comparison)
        show(lambda: render_lines(lines), lambda: plain_lines(lines))


def _reported(runs: list[Run], report: _Report) -> None:
    from rag.eval_layout import run_lines
    from rag.eval_sets_layout import sets_lines
    from rag.rendering import plain_lines, render_lines

    if report.json or _is_json(report.out):
        from rag.render_eval_json import eval_json

        single = len(runs) == 1
        shown = [eval_json(run, indent=2 if single else None) for run in runs]
        _deliver(shown[0] if single else "[" + ",\n".join(shown) + "]", report.out)
    elif report.out is not None:
        from rag.render_eval_html import eval_html

        _deliver(eval_html(runs[0]), report.out)
    else:
        lines = run_lines(runs[0]) if len(runs) == 1 else sets_lines(runs)
        show(lambda: render_lines(lines), lambda: plain_lines(lines))


def _made(engine: Engine, count: int, *, model: bool, cache: bool, out: Path | None) -> None:
    from rag.questioning import questions_jsonl

    questions = engine.make_questions(count, model=model, cache=cache)
    if len(questions) < count:
        complain(f"{len(questions)} questions could be made of these articles, not {count}")
    _deliver(questions_jsonl(questions), out)


def _is_json(out: Path | None) -> bool:
    return out is not None and out.suffix.lower() == ".json"


def _deliver(content: str, out: Path | None) -> None:
    if out is None:
        say(content.rstrip("\n"))
        return
    from rag.output import write_output

    write_output(out, content.rstrip("\n") + "\n")
    complain(f"wrote {out}")
