"""An evaluation as a page and as JSON: every figure of it, hostile text as text, and the page in a real browser."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from eval_records import EARLIER, EMPTY, HOSTILE, HOSTILE_TEXT, RUN, large
from playwright.sync_api import sync_playwright
from test_render_html import Page

from rag.comparing import compare
from rag.eval_charts import changes_plot, confidence_plot, recall_plot, reliability_plot, seconds_plot
from rag.render_eval_html import LISTED, eval_html
from rag.render_eval_json import eval_json
from rag.render_html import POLICY
from rag.sanitising import UNSAFE, safe

GOLDEN = Path(__file__).parent / "golden"
CHROMIUM = shutil.which("chromium")
OWN_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "div", "h1", "h2", "h3", "p", "span"),
    *("ul", "ol", "li", "details", "summary", "figure", "figcaption", "table", "caption", "thead", "tbody", "tr"),
    *("th", "td", "svg", "desc", "text", "rect", "line", "polyline"),
}
OWN_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "dir", "scope", "tabindex", "role"),
    *("aria-label", "aria-labelledby", "viewbox", "width", "height", "font-family", "font-size", "x", "y", "x1", "x2"),
    *("y1", "y2", "rx", "fill", "stroke", "stroke-width", "stroke-dasharray", "points", "text-anchor"),
}
PAGES = {
    "run": lambda: eval_html(RUN),
    "compared": lambda: eval_html(RUN, compare(EARLIER, RUN)),
    "hostile": lambda: eval_html(HOSTILE, compare(HOSTILE, replace(HOSTILE, version="2"))),
    "empty": lambda: eval_html(EMPTY, compare(EMPTY, EMPTY)),
}


def check(document):
    page = Page(document)
    assert page.open == []
    assert set(page.tags) <= OWN_TAGS
    assert {name for _, name, _ in page.attributes} <= OWN_ATTRIBUTES
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert all(part in ids for value in page.values("aria-labelledby") for part in value.split())
    assert not UNSAFE.search(document.replace("\n", ""))
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in document
    return page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_well_formed(name):
    check(PAGES[name]())


def test_the_page_has_every_figure_and_question():
    compared = compare(EARLIER, RUN)
    text = check(eval_html(RUN, compared)).text
    assert "Of 8 questions the right paragraph is the first hit for 3 (38%)" in text
    assert all(outcome.question in text for outcome in RUN.outcomes)
    assert "the right paragraph is only at rank 6" in text
    assert "harbour#1 (evidence)" in text
    for one in compared.differences:
        assert one.metric in text
    assert "rank of the evidence: 3 before, 6 now" in text
    assert "answered from 0.35 on" in text
    assert "Since the earlier run" not in check(eval_html(RUN)).text


def test_every_drawing_has_words_and_a_table_behind_it():
    page = check(eval_html(RUN, compare(EARLIER, RUN)))
    drawings = page.tags.count("svg")
    assert drawings == page.tags.count("figure") == page.tags.count("desc") == 6
    assert page.text.count("As a table") == drawings


def test_hostile_text_is_not_live():
    page = check(PAGES["hostile"]())
    assert safe(HOSTILE_TEXT) in page.text
    assert "img" not in page.tags


def test_a_large_set_gives_a_small_page_with_the_worst_questions():
    run = large(2000, 1)
    document = eval_html(run)
    assert len(document.encode()) < 1_000_000
    page = check(document)
    assert f"The worst {LISTED} of 2,000, worst first; the JSON output has them all." in page.text
    assert page.values("class").count("question") == LISTED


# --- drawings ----------------------------------------------------------------------------------------------------


def test_recall_as_a_table():
    plot = recall_plot([("paragraph", [(1, 0.5), (2, 0.75)]), ("article", [(1, 1.0)]), ("sentence", [])])
    assert plot.headings == ("Hits", "paragraph", "article")
    assert plot.rows == (("1", "50%", "100%"), ("2", "75%", "–"))
    assert recall_plot([("paragraph", [(1, 0.5)])]) is None
    assert recall_plot([]) is None


def test_confidence_as_a_table():
    plot = confidence_plot([0.92, 0.94, 1.0], [0.07], 0.35)
    assert plot.rows == (("0.05–0.10", "0", "1"), ("0.90–0.95", "2", "0"), ("0.95–1.00", "1", "0"))
    assert "answered from 0.35 on" in plot.svg
    assert "answered from" not in confidence_plot([0.5], [], None).svg
    assert confidence_plot([], [], 0.35) is None


def test_reliability_by_hand():
    plot = reliability_plot([0.91, 0.95, 0.42], [0.97, 0.03])
    assert plot.rows == (("0.0–0.1", "0 of 1", "0%"), ("0.4–0.5", "1 of 1", "100%"), ("0.9–1.0", "2 of 3", "67%"))
    assert reliability_plot([0.9], []) is None


def test_changes_as_a_table():
    plot = changes_plot("sentence F1", [0.5, -0.25, 0.0, 0.0])
    assert plot.rows == (("better", "1"), ("equal", "2"), ("worse", "1"))
    assert (plot.svg.count('class="bar"'), plot.svg.count('class="second"')) == (1, 1)
    assert changes_plot("sentence F1", [0.0, 0.0]) is None
    assert changes_plot("sentence F1", [-1.0] * 5000).svg.count("<rect") < 100


def test_seconds_with_one_slow_question():
    plot = seconds_plot("ask", [0.1] * 99 + [60.0])
    assert [row[1] for row in plot.rows] == ["100"]
    assert seconds_plot("ask", [0.0, 0.0]) is None


# --- JSON --------------------------------------------------------------------------------------------------------


def test_the_json_has_all():
    record = json.loads(eval_json(RUN, compare(EARLIER, RUN)))
    assert list(record) == [
        *("set", "version", "created", "questions", "answerable", "unanswerable", "settings", "metrics", "notes"),
        *("outcomes", "comparison"),
    ]
    assert (record["questions"], record["answerable"], record["unanswerable"]) == (10, 8, 2)
    assert record["metrics"] == {name: round(value, 6) for name, value in RUN.metrics.items()}
    first = record["outcomes"][3]
    assert (first["id"], first["rank"], first["answered"]) == ("q4", 6, True)
    assert first["faults"] == ["the right paragraph is only at rank 6", "the answer quotes none of the evidence"]
    assert first["gold"]["paragraphs"] == ["harbour#1"]
    assert first["paragraphs"][5] == {"name": "harbour#1", "score": 0.65, "dense_rank": 6, "lexical_rank": 3}
    compared = record["comparison"]
    assert (compared["matched"], compared["only_before"], compared["only_after"]) == (10, 1, 0)
    assert compared["differences"][0]["verdict"] == "no clear difference"
    assert compared["flips"][0]["id"] == "q10"
    assert "comparison" not in json.loads(eval_json(RUN))


def test_what_is_no_number_is_null():
    record = json.loads(eval_json(replace(EMPTY, metrics={"coverage": math.nan, "quote IoU": math.inf})))
    assert record["metrics"] == {"coverage": None, "quote IoU": None}
    assert not UNSAFE.search(eval_json(HOSTILE, indent=None))


# --- a browser ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_the_page_in_a_browser():
    """Narrow and wide, by day and by night: nothing is asked for, nothing scrolls sideways, nothing is amiss."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, width, scheme in (
            ("compared", 390, "light"), ("compared", 1280, "dark"), ("compared", 390, "dark"),
            ("compared", 1280, "light"), ("hostile", 390, "light"), ("empty", 390, "light"),
        ):  # fmt: skip
            context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)
            page, said = context.new_page(), []
            page.on("request", lambda request, said=said: said.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("dialog", lambda dialog, said=said: said.append(dialog.message))
            page.set_content(PAGES[name]())
            sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            for opened in (False, True):
                page.evaluate(
                    f"document.querySelectorAll('details').forEach(node => node.open = {str(opened).lower()})"
                )
                assert page.evaluate(sideways) == 0, (name, width, opened)
                violations = Axe().run(page).response["violations"]
                assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == [], (name, scheme)
            page.emulate_media(media="print")
            assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
            assert said == []
            context.close()
        browser.close()


# --- golden ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "render"),
    [("html", eval_html), ("json", lambda run, against: eval_json(run, against) + "\n")],
)
def test_the_document_is_as_it_was_read(suffix, render):
    file, text = GOLDEN / f"eval.{suffix}", render(RUN, compare(EARLIER, RUN))
    if os.environ.get("RAG_WRITE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import", text)
