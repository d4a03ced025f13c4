"""What is typed after a slash: commands, near misses, questions that look like commands, and filters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InputError
from rag.schema import Filters
from rag.slash import COMMANDS, KEYWORDS, filter_words, filtered, parse, source_number, split


@pytest.mark.parametrize(
    ("line", "command", "rest"),
    [
        ("/show 3", "show", "3"),
        ("  /SHOW   3  ", "show", "3"),
        ("/show3", "show", "3"),
        ("/show", "show", ""),
        ("/filter since 2024-11", "filter", "since 2024-11"),
        ("/quit", "quit", ""),
        ("/exit", "quit", ""),
        ("/search\nthe harbour\nstrike", "search", "the harbour\nstrike"),
    ],
)
def test_a_command_is_a_slash_and_letters(line: str, command: str, rest: str) -> None:
    typed = parse(line)
    assert typed.command is COMMANDS[command]
    assert typed.rest == rest


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("Who won the vote?", "Who won the vote?"),
        ("/etc/hosts says what?", "/etc/hosts says what?"),
        ("/24 networks: which were sold?", "/24 networks: which were sold?"),
        ("/", "/"),
        ("//show me the figures", "/show me the figures"),
        ("What is /show?", "What is /show?"),
    ],
)
def test_all_else_is_a_question(line: str, question: str) -> None:
    typed = parse(line)
    assert typed.command is None
    assert typed.rest == question


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/sources 3", "/sources takes nothing after it"),
        ("/shwo 3", "did you mean /show?"),
        ("/se", "did you mean /search or /sessions?"),
        ("/xylophone", "/help lists what there is"),
        ("/search", "write /search WORDS"),
        ("/open", "write /open N"),
        ("/export   ", "write /export FILE"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(line: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        parse(line)


@given(st.text())
def test_every_line_is_a_command_a_question_or_one_line_of_error(line: str) -> None:
    said = ""
    try:
        typed = parse(line)
    except InputError as error:
        said = str(error)
    assert line.strip().startswith("/") if said else typed.command is not None or typed.rest in line
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("[12]", 12), (" 7 ", 7), ("0x3", None), ("", None), ("a#3", None)]
)
def test_a_number_may_stand_in_its_mark(text: str, number: int | None) -> None:
    assert source_number(text) == number


# --- filters ---------------------------------------------------------------------------------------------------------

SET = Filters("2024-11", None, ("The Coast Courier",), (), ("strike",))


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        ("since 2024-11", Filters(since="2024-11")),
        ("since 6 November 2024 until 2025", Filters("2024-11-06", "2025")),
        ('publisher "The Coast Courier"', Filters(publishers=("The Coast Courier",))),
        ("publisher “The Coast Courier”", Filters(publishers=("The Coast Courier",))),
        ("publisher The Coast Courier since 2024", Filters("2024", None, ("The Coast Courier",))),
        ('publisher "Since Then" author Ida', Filters(publishers=("Since Then",), authors=("Ida",))),
        ("Publisher Women's Day", Filters(publishers=("Women's Day",))),
        ("article strike article flood", Filters(articles=("strike", "flood"))),
        ('author "Ida Blom', Filters(authors=("Ida Blom",))),
        ("", Filters()),
    ],
)
def test_filters_are_written_as_one_would_say_them(words: str, filters: Filters) -> None:
    assert filtered(Filters(), words) == filters


def test_filters_add_up_and_a_date_takes_the_place_of_the_one_before() -> None:
    filters = filtered(SET, "since 2025 publisher Valley")
    assert filters == Filters("2025", None, ("The Coast Courier", "Valley"), (), ("strike",))
    assert filtered(SET, 'publisher "The Coast Courier"') == SET


def test_off_drops_all_or_one_kind() -> None:
    assert filtered(SET, "off") == Filters()
    assert filtered(SET, "off publisher since") == Filters(articles=("strike",))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2024-11", "a filter begins with since"),
        ("since", "since of what?"),
        ("since publisher Valley", "since of what?"),
        ("since yesterdayish", "is no date"),
        ("off editor", "is no kind of filter"),
        ("since 2025 until 2024", "nothing is both"),
    ],
)
def test_a_filter_that_cannot_be_read_says_how_it_is_written(words: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        filtered(SET, words)


def test_a_day_within_the_month_it_ends_with_is_no_contradiction() -> None:
    assert filtered(Filters(), "since 2024-11-06 until 2024-11") == Filters("2024-11-06", "2024-11")


NAMES = st.text(st.characters(blacklist_characters='"“”', blacklist_categories=("C", "Z")), min_size=1)


@given(
    st.sampled_from([None, "2023", "2023-02", "2023-02-11"]), st.sampled_from([None, "2025", "2025-01-30"]),
    st.lists(NAMES, unique=True), st.lists(NAMES, unique=True),
    st.lists(NAMES.filter(lambda name: name.lower() not in KEYWORDS), unique=True),
)  # fmt: skip
def test_what_is_shown_of_filters_sets_them_again(
    since: str | None, until: str | None, publishers: list[str], authors: list[str], articles: list[str]
) -> None:
    filters = Filters(since, until, tuple(publishers), tuple(authors), tuple(articles))
    assert filtered(Filters(), filter_words(filters)) == filters


@given(st.text())
def test_tokens_say_where_they_begin(words: str) -> None:
    for token in split(words):
        assert token.text in words[token.start :]
        if not token.quoted:
            assert words[token.start :].startswith(token.text)


def test_every_command_is_told_in_a_line() -> None:
    for name, command in COMMANDS.items():
        assert command.usage.split()[0] == f"/{name}"
        assert command.help
        assert len(command.help) < 70
