"""An evaluation in the terminal and as plain text: what it says in words, and that it fits."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from eval_records import EARLIER, EMPTY, HOSTILE, RUN, judged, large, run_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from rag.comparing import compare
from rag.eval_layout import WORST, comparison_lines, run_lines
from rag.eval_wording import COLUMNS, ROWS, duration, figure, interval, signed
from rag.rendering import plain_lines, render_lines
from rag.sanitising import UNSAFE

FULL = replace(RUN, metrics=RUN.metrics | {f"{row} {column}": 0.5 for row in ROWS for column in COLUMNS})


def terminal(lines, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(render_lines(lines))
    return console.file.getvalue()


def test_a_run_says_what_it_means():
    text = plain_lines(run_lines(RUN))
    for sentence in (
        "10 questions · 8 answerable, 2 not · 4 March 2026, 05:06 UTC · version 1.2.0",
        "Of 8 questions the right paragraph is the first hit for 3 (38%) and among the first 5 for 6 (75%).",
        "Of 8 questions the right sentence is the first hit for 3 (38%) and among the first 5 for",
        "Answers quote 64% of the sentences they should; 32% of what they quote are such sentences.",
        "Of 8 questions that the articles answer 7 (88%) were answered.",
        "Of 2 questions that they do not answer 1 (50%) were declined.",
        "the first is rated surer in 88 of 100 cases (by chance: 50)",
        "search: at most 110 ms for half of the questions, 140 ms for 95 of 100",
        "embedder: a small one · threshold: 0.35 · articles: 3",
        "Note: 2 references of the set were not found in the store",
    ):
        assert sentence in text
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if "nDCG@10" in line)
    assert lines[head].split() == ["nDCG@10", "R@1", "R@5", "RR"]
    assert lines[head + 1].split() == ["paragraph", ".531", ".375", ".750", ".531"]


def test_what_went_wrong_worst_first_with_ids():
    text = plain_lines(run_lines(RUN)).partition("What went wrong (4 questions)\n")[2].splitlines()
    assert text[:4] == [
        "q10  When does the opera of Brno open?",
        "    answered, though it should have been declined",
        "q6  Where do the cranes come from?",
        "    declined, though the articles answer it",
    ]
    many = plain_lines(run_lines(large(100, 3)))
    assert f"What went wrong (the worst {WORST} of " in many
    assert many.count("what became of the harbour") == WORST


def test_a_run_without_faults_lists_none():
    assert "What went wrong" not in plain_lines(run_lines(run_of((judged("q", "Who?", 1, sure=0.9),))))


def test_an_empty_run_is_shown():
    assert plain_lines(run_lines(EMPTY)).startswith("Evaluation on nothing\n0 questions")
    assert "0 questions in both runs" in plain_lines(comparison_lines(compare(EMPTY, EMPTY)))


def test_a_comparison_says_what_is_clear_and_what_changed():
    text = plain_lines(comparison_lines(compare(EARLIER, RUN)))
    for part in (
        "10 questions in both runs · 1 only in the earlier run (left out)",
        "version: 1.1.0 before, 1.2.0 now",
        "embedder: another one before, a small one now",
        "None: what differs may be chance.",
        "rank of the evidence: 3 before, 6 now",
        "Got worse (3 changes)\nq10  When does the opera of Brno open?\n    declined before, answered now",
        "search p50: 110 ms before, 110 ms now",
    ):
        assert part in text
    assert "threshold" not in text


def test_a_clear_difference_stands_first_with_its_questions():
    compared = compare(large(300, 1), large(300, 2, 2.0))
    text = plain_lines(comparison_lines(compared))
    one = compared.difference("paragraph R@1")
    assert one.verdict == "better"
    shown = text.partition("Clear differences\n")[2].partition("No clear difference\n")[0]
    assert "paragraph R@1" in shown
    assert f"better ({one.better} better, {one.worse} worse, {one.equal} equal)" in shown


@pytest.mark.parametrize("width", [60, 80])
def test_the_tables_fit(width):
    shown = terminal(run_lines(FULL), width).splitlines()
    assert all(len(line) <= width for line in shown)
    rows = [line.split() for line in shown]
    start = next(i for i, row in enumerate(rows) if row[:1] == ["nDCG@10"])
    assert [row[0] for row in rows[start + 1 : start + 6]] == list(ROWS)
    assert all(row[1:] == [".500"] * 6 for row in rows[start + 1 : start + 6])
    compared = terminal(comparison_lines(compare(EARLIER, RUN)), width).splitlines()
    assert all(len(line) <= width for line in compared)
    assert sum("→" in line for line in compared) == len(compare(EARLIER, RUN).differences)


@pytest.mark.parametrize("width", [20, 60])
def test_hostile_text_stays_text(width):
    for lines in (run_lines(HOSTILE), comparison_lines(compare(HOSTILE, replace(HOSTILE, version="2")))):
        shown = list(lines)
        assert not UNSAFE.search(plain_lines(shown).replace("\n", ""))
        assert terminal(shown, width)


@settings(max_examples=200)
@given(st.floats(-2, 2))
def test_figures_are_short(value):
    assert len(figure(value)) <= 6
    assert len(signed(value)) <= 6


def test_figures_as_they_are_written():
    assert [figure(value) for value in (0.9314, 1.0, 0.0, None, float("nan"))] == [".931", "1.000", ".000", "–", "–"]
    assert [signed(value) for value in (0.021, -0.0042, 0.0001, -0.0001)] == ["+.021", "−.004", ".000", ".000"]
    assert [duration(value) for value in (0.083, 0.9996, 1.24)] == ["83 ms", "1000 ms", "1.24 s"]
    assert interval(compare(EARLIER, EARLIER).differences[0]) == ".000 to .000"
