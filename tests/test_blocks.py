"""Where paragraphs begin and end, and which of them are one that was broken."""

from __future__ import annotations

import pytest
from articles import source_of
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.blocks import drafts, ends_sentence, join_broken, line_index
from rag.characters import Traced
from rag.schema import Block, Source

LONG = (
    "The harbour authority said on Friday that the ferries would stay where they are until the storm had passed over "
    "the islands."
)
"""A paragraph on one line, too long to be wrapped."""


def found(raw: str, markup: str = "text") -> list[tuple[str | None, str]]:
    return [(draft.kind, draft.text) for draft in drafts(source_of(raw, markup))]


def shown(raw: str, markup: str = "text") -> list[str]:
    return [text for _, text in found(raw, markup)]


# --- paragraphs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("markup", ["text", "markdown"])
def test_blank_lines_part_paragraphs_and_line_ends_do_not(markup):
    assert shown("One\ngoes on.\n\n \t\nTwo.\n", markup) == ["One goes on.", "Two."]


def test_a_rule_parts_paragraphs_and_is_not_shown():
    for rule in ("***", "* * *", "---", "___", "===", "-----", "#####", "— — —", "•••"):
        assert shown(f"It ended.\n{rule}\nIt began.") == ["It ended.", "It began."]


def test_a_fence_parts_paragraphs_and_is_not_shown():
    assert shown("Before.\n```python\nx = 1\n```\nAfter.") == ["Before.", "x = 1", "After."]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("~~~struck~~~ and more", "~~~struck~~~ and more"),
        ("```code``` and more", "code and more"),
        ("*** three stars", "*** three stars"),
        ("--- he said", "--- he said"),
    ],
)
def test_a_line_that_goes_on_after_such_marks_is_shown(line, text):
    assert shown(line) == [text]


def test_lines_too_long_to_be_wrapped_are_paragraphs_of_a_text():
    raw = f"Storm over Lunde\nBy Jane Doe\n{LONG}\nShort.\n{LONG}"
    assert shown(raw) == ["Storm over Lunde", "By Jane Doe", LONG, "Short.", LONG]


def test_a_line_that_breaks_off_does_not_make_one_paragraph_of_a_text():
    broken = LONG.replace(" until ", "\nuntil ")
    raw = "\n".join([LONG, broken, LONG, LONG])
    assert [draft.text for draft in join_broken(drafts(source_of(raw)), raw)] == [LONG] * 4


def test_long_lines_of_markdown_are_one_paragraph_if_anybody_would_write_one_so_long():
    assert len(shown("\n".join([LONG] * 3), "markdown")) == 1
    assert len(shown("\n".join([LONG] * 30), "markdown")) == 30


@pytest.mark.parametrize("width", [40, 72, 100, 150])
def test_wrapped_lines_are_one_paragraph_whatever_their_width(width):
    words, lines = " ".join([LONG] * 6).split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    assert shown("\n".join(lines)) == [" ".join(words)]


# --- headings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text", "level"),
    [
        ("# Storm", "Storm", 1),
        ("### Storm ##", "Storm", 3),
        ("## C# and *F#*", "C# and F#", 2),
        ("Storm\n=====", "Storm", 1),
        ("Why the storm?\n---", "Why the storm?", 2),
        ("> # Storm", "Storm", 1),
    ],
)
def test_marks_make_a_heading(raw, text, level):
    [draft] = drafts(source_of(raw))
    assert (draft.kind, draft.text, draft.level) == ("heading", text, level)


@pytest.mark.parametrize("raw", ["#storm", "####### Storm", "# ", "##"])
def test_a_hash_that_is_no_mark_makes_none(raw):
    assert [kind for kind, _ in found(raw)] in ([None], [])


def test_a_heading_is_one_line():
    assert found("Before\n# Storm\nIt blew.\nAnd blew.") == [
        (None, "Before"),
        ("heading", "Storm"),
        (None, "It blew. And blew."),
    ]


@pytest.mark.parametrize("raw", ["It ended.\n---\nIt began.", "- an item\n---\nIt began.", "> quoted\n---\nIt began."])
def test_dashes_under_what_is_no_heading_are_a_rule(raw):
    assert "heading" not in [kind for kind, _ in found(raw)]
    assert shown(raw)[-1] == "It began."


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["- ", "* ", "+ ", "• ", "•", "  - "])
def test_items_are_paragraphs_without_their_bullets(mark):
    raw = f"To bring:\n{mark}ropes\n{mark}ladders\n  and more\n\n{mark}lamps\n\nThat is all."
    assert found(raw) == [
        (None, "To bring:"),
        ("list", "ropes"),
        ("list", "ladders and more"),
        ("list", "lamps"),
        (None, "That is all."),
    ]


@pytest.mark.parametrize("after", [".", ")"])
def test_numbered_items_keep_their_numbers(after):
    raw = f"First:\n1{after} Ropes\n2{after} Ladders\n\n3{after} Lamps"
    assert found(raw)[1:] == [
        ("list", f"{n}{after} {what}") for n, what in ((1, "Ropes"), (2, "Ladders"), (3, "Lamps"))
    ]


def test_a_number_without_a_neighbour_is_prose():
    assert found("They met in May\n15. of the month.") == [(None, "They met in May 15. of the month.")]
    assert found("42. That is the answer.") == [(None, "42. That is the answer.")]


def test_a_dash_at_the_beginning_of_a_wrapped_line_is_a_dash():
    raw = "The minister, who had been in office for a year\n- and who had enemies - resigned."
    assert shown(raw) == ["The minister, who had been in office for a year - and who had enemies - resigned."]


def test_a_dash_after_a_line_that_ended_or_under_a_short_one_is_an_item():
    assert [kind for kind, _ in found("This is what was in the old boat that they found:\n- ropes")] == [None, "list"]
    assert [kind for kind, _ in found("In the boat\n- ropes")] == [None, "list"]


# --- block quotations -----------------------------------------------------------------------------------------------


def test_a_block_quotation_loses_its_marks_and_keeps_its_paragraphs():
    assert shown("> One\n> goes on.\n>\n> > Two.\n>\n> - three", "markdown") == ["One goes on.", "Two.", "three"]


def test_markup_may_reach_from_one_quoted_line_to_the_next():
    assert shown("> It was *very\n> late* and [so\n> on](u).") == ["It was very late and so on."]


def test_a_reply_below_a_quotation_is_its_own_paragraph_in_a_text_and_goes_on_in_markdown():
    assert shown("> Are you there?\nYes.") == ["Are you there?", "Yes."]
    assert shown("> Are you\nthere?", "markdown") == ["Are you there?"]
    assert shown("He asked:\n> Are you there?", "markdown") == ["He asked:", "Are you there?"]


# --- broken paragraphs ----------------------------------------------------------------------------------------------


def joined(*paragraphs: str, kinds: dict[str, str] | None = None) -> list[str]:
    drafted = drafts(source_of("\n\n".join(paragraphs)))
    for draft in drafted:
        draft.kind = (kinds or {}).get(draft.text, draft.kind)
    return [draft.text for draft in join_broken(drafted, "\n\n".join(paragraphs))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("They want to crush the old", "regime."),
        ("As the paper", "“reported” on Friday."),
        ("As the paper — the oldest —", "reported."),
        ("He worked with the notorious,", "and powerful, man."),
        ("It is one of the oldest and most famous towns of the", "United States."),
        ("Президент сказал, что", "порт закрыт."),
    ],
)
def test_what_broke_in_mid_sentence_is_joined(first, second):
    assert joined(first, second) == [f"{first} {second}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It ended.", "and began again."),
        ("It ended.”", "and began again."),
        ("Он ушёл…", "и вернулся."),
        ("वह गया।", "a new line"),
        ("Phone chat feared by the elite", "iPhone sales rose."),
        ("Nobody should believe that they are comfortable. They are not", "Some officials concluded that."),
        ("The storm", "The wind rose."),
        ("What is known so far, in short:", "nothing at all"),
    ],
)
def test_what_ended_is_not_joined(first, second):
    assert joined(first, second) == [first, second]


def test_a_heading_is_joined_to_nothing():
    assert joined("# The storm", "and its end.") == ["The storm", "and its end."]
    assert joined("They want to crush the old", "# regime") == ["They want to crush the old", "regime"]


def test_several_pieces_become_one_and_keep_their_places():
    raw = "One\n\nand two\n\n- item\n\nand *three\n\nand* four.\n\nFive."
    first, item, last = join_broken(drafts(source_of(raw)), raw)
    assert [(d.text, d.kind) for d in (first, item, last)] == [
        ("One and two", None),
        ("item and three and four.", "list"),
        ("Five.", None),
    ]
    assert [raw[s.start : s.end] for s in item.spans] == ["item", "and *three", "and* four."]


def test_a_sentence_is_joined_past_the_caption_that_broke_it():
    caption = {"Photo: Jane Doe": "caption"}
    assert joined("They want to crush", "Photo: Jane Doe", "the regime.", kinds=caption) == [
        "They want to crush the regime.",
        "Photo: Jane Doe",
    ]
    assert len(joined("They want to crush", "Photo: Jane Doe", "The regime fell.", kinds=caption)) == 3
    assert len(joined("They want to crush", *["Photo: Jane Doe"] * 4, "the regime.", kinds=caption)) == 6


def test_blocks_of_a_page_are_joined_too():
    blocks = (Block("They want to crush the", line=3), Block("regime.", line=9))
    [draft] = join_broken(drafts(Source("https://x.org", markup="blocks", blocks=blocks)), "")
    assert (draft.traced, draft.line) == (Traced("They want to crush the regime.", (), ()), 3)


# --- lines ----------------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("a\r\n"), max_size=30))
@settings(deadline=None)
def test_a_line_ends_at_cr_lf_or_both(raw):
    line_of = line_index(raw)
    expected = [raw[:i].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1 for i in range(len(raw))]
    between = {i for i in range(1, len(raw)) if raw[i - 1 : i + 1] == "\r\n"}
    assert [line_of(i) for i in range(len(raw)) if i not in between] == [
        n for i, n in enumerate(expected) if i not in between
    ]


@pytest.mark.parametrize("text", ["so.", "so?”", "so!)", "so…", "so:", "そう。」", "*so.*", "نعم؟"])
def test_an_end_is_seen_behind_quotation_marks_and_brackets(text):
    assert ends_sentence(text)
    assert not ends_sentence(text.translate(dict.fromkeys(map(ord, ".?!…:。؟"))))
