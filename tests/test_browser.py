"""The page of a briefing in a real browser: marks, keyboard, screen widths, the dark, print, and no request."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from briefing_records import BRIEFING, HOSTILE, NOTHING_FOUND, UNDATED, WRITTEN
from playwright.sync_api import sync_playwright

from rag.quoting import cited
from rag.render_briefing_html import briefing_html

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

PHONE, DESK = (390, 844), (1280, 800)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
RECORDS = {
    "briefing": BRIEFING, "written": WRITTEN, "undated": UNDATED, "nothing": NOTHING_FOUND, "hostile": HOSTILE,
}  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, briefing in RECORDS.items():
        (folder / f"{name}.html").write_text(briefing_html(briefing), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in RECORDS}


@pytest.fixture
def opened(browser, files):
    """Opens a page offline; when it is left, nothing may have been asked for and nothing complained of."""

    @contextmanager
    def open_page(name="briefing", size=DESK, **settings):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True, **settings)
        page, asked, said = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(files[name])
        try:
            yield page
            assert [url for url in asked if url.partition("#")[0] != files[name]] == []
            assert said == []
        finally:
            context.close()

    return open_page


def words_of(citation, sentence):
    paragraph = citation.passage.paragraph
    return paragraph.text[sentence.start - paragraph.start : sentence.end - paragraph.start]


def expected_marks(briefing):
    """Every mark in the order of the page: number, title, and the words its statement rests on."""
    for statement in briefing.statements:
        for citation in cited(briefing, statement):
            resting = sorted((s for n, s in statement.quotes if n == citation.number), key=lambda s: s.start)
            words = [words_of(citation, sentence) for sentence in resting]
            yield citation.number, citation.passage.metadata.title, words


def highlighted(page):
    return page.locator("#panel-body mark").all_text_contents()


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id")


IN_VIEW = """node => { const box = node.getClientRects()[0];
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !!top && (node.contains(top) || top.contains(node)); }"""
"""Whether it can be seen: inside the window and with nothing over it."""

STATE = """(mark) => { const all = (what) => [...document.querySelectorAll(what)]; return {
  title: all("#panel-title")[0].textContent, words: all("#panel-body mark").map((quote) => quote.textContent),
  expanded: all("[aria-expanded=true]").length === 1 && mark.ariaExpanded === "true",
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth }; }"""


def is_in_view(locator):
    return locator.evaluate(IN_VIEW)


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@SIZES
@pytest.mark.parametrize("name", ["briefing", "written"])
def test_every_mark_opens_its_paragraph_with_the_words_its_statement_rests_on(opened, name, size):
    with opened(name, size) as page:
        marks = page.locator("main a.number")
        expected = list(expected_marks(RECORDS[name]))
        assert marks.count() == len(expected) >= 5
        for index, (number, title, words) in enumerate(expected):
            mark = marks.nth(index)
            mark.click()
            shown = {"title": f"[{number}] {title}", "words": words, "expanded": True, "sideways": 0}
            assert mark.evaluate(STATE) == shown
            assert is_in_view(mark)
            assert is_in_view(page.locator("#panel-body mark").first)


@SIZES
def test_the_panel_shows_the_whole_paragraph_with_where_it_is_from(opened, size):
    with opened(size=size) as page:
        page.locator("main a.number").first.click()
        panel = page.locator("#panel")
        first = BRIEFING.citations[0].passage
        assert page.locator("#panel blockquote").text_content() == first.paragraph.text
        assert "The Kestrel Courier · 10 December 2025" in panel.locator(".facts").text_content()
        link = panel.locator("a").get_attribute("href")
        assert link.startswith("https://courier.example/news/council-vote#:~:text=")
        box, window = panel.bounding_box(), page.viewport_size
        if size == PHONE:
            assert box["y"] + box["height"] == window["height"]
            assert box["width"] == window["width"]
        else:
            text = page.locator("main").bounding_box()
            assert text["x"] + text["width"] < box["x"]
            assert box["x"] + box["width"] <= window["width"]


@SIZES
def test_escape_and_the_button_close_and_give_the_focus_back(opened, size):
    with opened(size=size) as page:
        panel = page.locator("#panel")
        mark = page.locator("main a.number").nth(5)
        for leave in (lambda: page.keyboard.press("Escape"), lambda: page.locator("#panel-close").click(), mark.click):
            mark.click()
            assert panel.is_visible()
            leave()
            assert panel.is_hidden()
            assert mark.evaluate("node => node === document.activeElement")
            assert page.locator("[aria-expanded=true]").count() == 0


@SIZES
def test_the_keyboard_alone_is_enough(opened, size):
    expected = list(expected_marks(BRIEFING))
    with opened(size=size) as page:
        page.locator("main a.number").nth(1).focus()
        page.keyboard.press("Tab")
        assert focused(page) == f"Source {expected[2][0]}: {expected[2][1]}"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        assert highlighted(page) == expected[2][2]
        assert focused(page) == "panel"
        page.keyboard.press("ArrowRight")
        assert highlighted(page) == expected[3][2]
        assert page.locator("[role=status]").text_content() == f"Source {expected[3][0]}: {expected[3][1]}"
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert highlighted(page) == expected[1][2]
        page.keyboard.press("Tab")
        assert focused(page) == "Previous citation"
        page.keyboard.press("Enter")
        assert highlighted(page) == expected[0][2]
        page.keyboard.press("ArrowLeft")
        assert page.locator("#panel-place").text_content() == f"{len(expected)} of {len(expected)}"
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Escape")
        assert page.locator("main a.number").last.evaluate("node => node === document.activeElement")
        page.keyboard.press(" ")
        assert page.locator("#panel").is_visible()


def test_marks_say_what_they_are(opened):
    with opened() as page:
        mark = page.get_by_role("button", name="Source 1: Council doubles the money for the harbour").first
        assert mark.get_attribute("aria-controls") == "panel"
        mark.click()
        named = page.get_by_role("dialog", name="[1] Council doubles the money for the harbour")
        assert named.is_visible()


@SIZES
def test_without_javascript_a_mark_leads_to_its_source(opened, size):
    with opened(size=size, java_script_enabled=False) as page:
        page.locator("main a.number").nth(3).click()
        assert page.url.endswith("#source-4")
        assert is_in_view(page.locator("#source-4 h3"))
        assert page.locator("#panel").is_hidden()


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_scrolls_sideways(opened, name):
    with opened(name) as page:
        for opened_panel in (False, True):
            if opened_panel and name != "nothing":
                page.locator("main a.number").first.click()
            for width in (320, 390, 640, 1000, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 800})
                assert sideways(page) == 0, width
                assert page.evaluate("!window.panel || panel.scrollWidth - panel.clientWidth <= 0"), width


@SIZES
def test_the_drawing_leads_to_the_events_and_its_labels_can_be_read(opened, size):
    with opened(size=size) as page:
        drawing = page.locator(".drawn svg:visible")
        assert drawing.count() == 1
        labels = drawing.locator("text.link")
        assert labels.all_text_contents() == ["2024", "Jun 2025", "1 Oct", "9 Dec", "Mar 2026", "30 Apr"]
        assert all(labels.nth(index).bounding_box()["height"] >= 12 for index in range(labels.count()))
        labels.nth(3).click()
        assert page.url.endswith("#event-4")
        assert is_in_view(page.locator("#event-4 .when"))


def test_the_dark_is_dark(opened):
    def brightness(scheme):
        with opened(color_scheme=scheme) as page:
            colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
            return [sum(map(int, colour[4:-1].split(","))) for colour in page.evaluate(colours)]

    (page_by_day, ink_by_day), (page_by_night, ink_by_night) = brightness("light"), brightness("dark")
    assert page_by_day > 700 > 100 > ink_by_day
    assert page_by_night < 100 < 600 < ink_by_night


def test_print_has_the_text_and_the_sources_and_no_panel(opened):
    with opened(color_scheme="dark") as page:
        page.locator("main a.number").first.click()
        page.emulate_media(media="print")
        assert page.locator("#panel").is_hidden()
        assert page.locator("nav").is_hidden()
        assert page.locator("#source-10 blockquote").is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        page.locator("details.articles").evaluate("node => { node.open = false }")
        assert page.locator("details.articles li").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("briefing", PHONE), ("briefing", DESK), ("written", PHONE)])
def test_axe_finds_no_serious_problem(opened, name, size, scheme):
    with opened(name, size, color_scheme=scheme) as page:
        assert serious(page) == []
        page.locator("main a.number").nth(3).click()
        assert serious(page) == []


def test_axe_finds_no_serious_problem_where_nothing_was_found(opened):
    with opened("nothing", PHONE) as page:
        assert serious(page) == []


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def test_hostile_text_stays_text(opened):
    with opened("hostile") as page:
        for index in range(page.locator("main a.number").count()):
            page.locator("main a.number").nth(index).click()
        page.locator("#panel-close").click()
        assert page.locator("main script, main img, main [onerror], main [onmouseover]").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0
        assert "<script>alert(1)</script>" in page.locator("h1").text_content()
