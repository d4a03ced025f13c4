"""Replies of models in every form → draft statements; nothing a model sends is too odd."""

from __future__ import annotations

import json
import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.damaged_json import read_all
from rag.marks import hide
from rag.parsing import Draft, Parsed, parse_reply, visible
from rag.structured import answer_schema

SHOWN = 8
unhurried = settings(deadline=None, max_examples=400)


def drafts(reply: str, shown: int = SHOWN) -> list[tuple[str, tuple[int, ...]]]:
    return [(draft.text, draft.numbers) for draft in parse_reply(reply, shown).drafts]


@pytest.mark.parametrize(
    ("mark", "numbers"),
    [
        ("[1]", (1,)),
        ("[1, 2]", (1, 2)),
        ("[2,1,]", (2, 1)),
        ("[1; 3]", (1, 3)),
        ("[1-3]", (1, 2, 3)),
        ("[1–3]", (1, 2, 3)),
        ("[[1]]", (1,)),
        ("[[1], [2]]", (1, 2)),
        ("([1], [2])", (1, 2)),
        ("(see [1])", (1,)),
        ("[1][2]", (1, 2)),
        ("[1] [2]", (1, 2)),
        ("[2], [1]", (2, 1)),
        ("【1】", (1,)),
        ("【1†source】", (1,)),
        ("【3:1†source】", (3,)),
        ("(1)", (1,)),
        ("(1, 2)", (1, 2)),
        ("[^1]", (1,)),
        ("[#1]", (1,)),
        ("[Source 1]", (1,)),
        ("[source 1, 2]", (1, 2)),
        ("[Sources: 1 and 2]", (1, 2)),
        ("[Source 1, Source 2]", (1, 2)),
        ("(Source 2)", (2,)),
        ("[1: Sample Desk, 2025]", (1,)),
        (r"\[1\]", (1,)),
        ("**[1]**", (1,)),
        ("<sup>[1]</sup>", (1,)),
        ("[1](https://example.org/a_(b))", (1,)),
        ("<<source 1 · 9f2c>>", (1,)),
        ("[1, 1, 2]", (1, 2)),
        ("[9]", ()),
        ("[0]", ()),
        ("[-1]", ()),
        ("[1, 99]", (1,)),
        ("[2-999999999]", (2,)),
        ("[3-1]", (3, 1)),
        ("[2024]", ()),
        (f"[{'9' * 6000}]", ()),
        (f"[1-{'9' * 6000}]", (1,)),
        ("(9)", ()),
        ("[٣]", (3,)),
    ],
)
def test_marks_in_all_forms(mark: str, numbers: tuple[int, ...]) -> None:
    if mark != "[-1]":
        assert drafts(f"The ferry leaves at nine {mark}.") == [("The ferry leaves at nine.", numbers)]
    assert drafts(f"The ferry leaves at nine. {mark}") == [("The ferry leaves at nine.", numbers)] or mark == "[-1]"


@pytest.mark.parametrize(
    "text",
    [
        "He said that they [sic] leave.",
        "The [new] ferry leaves.",
        "Ida Blom (42) sails.",
        "It was built that year (1987).",
        "There are (1) ferries and (2) boats.",
        "It costs [5 euros] now.",
    ],
)
def test_other_brackets_are_text(text: str) -> None:
    assert drafts(text) == [(text, ())]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("A leaves.[1] B leaves. [2]", [("A leaves.", (1,)), ("B leaves.", (2,))]),
        ("A leaves [1]. B leaves [2].", [("A leaves.", (1,)), ("B leaves.", (2,))]),
        ("A leaves.[1]B leaves.[2]", [("A leaves.", (1,)), ("B leaves.", (2,))]),
        ("Prices rose [1], while wages fell [2].", [("Prices rose, while wages fell.", (1, 2))]),
        ("A leaves. B leaves [2]. C stays.", [("A leaves.", ()), ("B leaves.", (2,)), ("C stays.", ())]),
        ("[1] A leaves now.\n[2] B leaves now.", [("A leaves now.", (1,)), ("B leaves now.", (2,))]),
        ("[1] A leaves now. [2] B leaves now.", [("A leaves now.", (1,)), ("B leaves now.", (2,))]),
        ("A leaves at nine [1]\nB costs five [2]", [("A leaves at nine", (1,)), ("B costs five", (2,))]),
        ("The ferry leaves\nat nine [1].", [("The ferry leaves at nine.", (1,))]),
        ("The ferry leaves.\n\n[1]", [("The ferry leaves.", (1,))]),
        ("The U.S. [1] ferry sails at 5 p.m. [2] on Monday.", [("The U.S. ferry sails at 5 p.m. on Monday.", (1, 2))]),
        ("“A leaves,” he said.[1] “B stays.”[2]", [("“A leaves,” he said.", (1,)), ("“B stays.”", (2,))]),
        ("A leaves [1]. A leaves [2]. A leaves [1].", [("A leaves.", (1, 2))]),
    ],
)
def test_marks_belong_to_their_sentences(reply: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert drafts(reply) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "The **ferry** leaves *at* __nine__ [1].",
        "- The ferry leaves at nine [1].",
        "1. The ferry leaves at nine. [1]",
        "> The ferry leaves at nine [1].",
        "# Ferries\n\nThe ferry leaves at nine [1].",
        "**Ferries**\n\nThe ferry leaves at nine [1].",
        "The [ferry](https://evil.example/?q=x) leaves at nine [1].",
        "The ferry leaves at nine ![map](https://evil.example/?q=x)[1].",
        "The `ferry` leaves at nine [1].",
        "```\nThe ferry leaves at nine [1].\n```",
        "```python\nx[2] = 1\n```\nThe ferry leaves at nine [1].",
        "<p>The <b>ferry</b> leaves<br>at nine [1].</p>",
        "<think>Perhaps ten [2].</think>The ferry leaves at nine [1].",
        "Perhaps ten [2].</think>\nThe ferry leaves at nine [1].",
        "The ferry leaves at nine [1].<think>Or ten [2]",
        "<|assistant|>The ferry leaves at nine [1].<|im_end|>",
        "Here is the answer:\n\nThe ferry leaves at nine [1].",
        "Answer: The ferry leaves at nine [1].",
        "**Answer:** The ferry leaves at nine [1].",
        "Sure!\nThe ferry leaves at nine [1].\n\nI hope this helps!",
        "\x1b[31mThe ferry\x00 leaves at\u202e nine [1].",
        "---\nThe ferry leaves at nine [1].\n***",
    ],
)
def test_markup_and_courtesies_go(reply: str) -> None:
    assert drafts(reply) == [("The ferry leaves at nine.", (1,))]


def test_marks_in_code_count_for_nothing() -> None:
    assert drafts("It is `list[1]` or `x(2)` now.") == [("It is list or x now.", ())]


def test_tables_are_flattened() -> None:
    assert drafts("| Ferry | Time |\n|---|---|\n| North | nine [1] |\n| South | ten [2] |") == [
        ("North, nine", (1,)),
        ("South, ten", (2,)),
    ]


@pytest.mark.parametrize(
    "sources",
    [
        "\n\nSources:\n[1] Ferry times\n[2] Other",
        "\n\n**Sources**\n\n1. Ferry times",
        "\n## References\n- [1] Ferry times\n\nI hope that this is useful.",
        "\n\nReferences: [1], [2]",
        "\n\n[1]: https://example.org",
        "\n\n[^1]: Sample Desk, 2025",
        "\n\n[1] Ferry times, Sample Desk\n[2] Other, Sample Desk",
        " Sources: [1] Sample Desk",
        "\n\nQuellen:\n[1] Sample Desk",
    ],
)
def test_a_list_of_sources_is_dropped(sources: str) -> None:
    assert drafts(f"The ferry leaves at nine [1].{sources}") == [("The ferry leaves at nine.", (1,))]


WHOLE = {"answered": True, "statements": [{"text": "A leaves.", "sources": [1]}, {"text": "B leaves.", "sources": [2]}]}
BOTH = [("A leaves.", (1,)), ("B leaves.", (2,))]
ONE = [("A leaves.", (1,))]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (json.dumps(WHOLE), BOTH),
        (json.dumps(WHOLE, indent=2), BOTH),
        (f"```json\n{json.dumps(WHOLE)}\n```", BOTH),
        (f"Sure! Here it is: {json.dumps(WHOLE)}\nI hope it helps [3].", BOTH),
        (json.dumps(WHOLE["statements"]), BOTH),
        (json.dumps(WHOLE).replace("]}", "],}").replace("}]", "},]"), BOTH),
        (json.dumps(WHOLE).replace('"', "'"), BOTH),
        (json.dumps(WHOLE).replace("true", "True"), BOTH),
        (json.dumps(WHOLE) + json.dumps(WHOLE), BOTH),
        ("\n".join(map(json.dumps, WHOLE["statements"])), BOTH),  # type: ignore[arg-type]
        ('{"statements": [{"text": "A leaves.", "sources": ["1"]}, {"text": "B leaves.", "sources": "[2]"}]}', BOTH),
        ('{"statements": [{"text": "A leaves [1].", "sources": []}]}', ONE),
        (
            '{"statements": [{"text": "A leaves [2].", "sources": [1, 9, 0, true, null, 1.5, "x"]}]}',
            [("A leaves.", (1, 2))],
        ),
        ('{"answer": "A leaves [1]. B leaves [2]."}', BOTH),
        ('{"answer": "A leaves. B leaves [2].", "citations": [1]}', BOTH),
        ('{"response": {"claims": [{"claim": "A leaves.", "citations": [{"number": 1, "quote": "x"}]}]}}', ONE),
        ('["A ferry leaves [1].", "B leaves."]', [("A ferry leaves.", (1,)), ("B leaves.", ())]),
        ('{"statements": [{"text": "A leaves.", "sources": [1]}, {"text": "B lea', ONE),
        ('{"statements": [{"text": "A leaves.", "sources": [1]}, {"text": "B leaves.", "sources": [2', ONE),
        ('{"statements": [{"text": "A leaves.", "sources": [1]}, {"text": "B leaves.", "sources": [2]', BOTH),
        ('{"statements": [{"text": "A leaves.", "sources": [1]}, {"sources": [2], "text": "B leaves', ONE),
        ('{"statements": [{"text": "He said "no" to A.", "sources": [1]}]}', [('He said "no" to A.', (1,))]),
        ('{"statements": [{"text": "A **leaves**\\nnow.", "sources": [1]} // one\n]}', [("A leaves now.", (1,))]),
        ('{"Statements": [{"Text": "A leaves.", "Sources": [1]}]}', ONE),
        ('{"statements": []}', []),
        ("{}", []),
    ],
)
def test_json_in_any_state(reply: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    parsed = parse_reply(reply, SHOWN)
    assert [(draft.text, draft.numbers) for draft in parsed.drafts] == expected
    assert parsed.structured


@pytest.mark.parametrize("reply", ["The {x} ferry [1].", "[1] and {2}", '{"ferry": 1} leaves [1].', "[[1]] A leaves."])
def test_prose_with_braces_is_not_json(reply: str) -> None:
    assert not parse_reply(reply, SHOWN).structured
    assert drafts(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "NO ANSWER",
        "No answer.",
        "**NO ANSWER**",
        '{"answered": false, "statements": []}',
        '{"answered": "false"}',
        '{"answered": false, "statements": [{"text": "The ferry is blue.", "sources": [1]}]}',
        '{"answered": true, "statements": [{"text": "The sources do not say when it leaves.", "sources": []}]}',
        "The sources do not say when the ferry leaves.",
        "The provided articles don't contain any information about ferries [1][2].",
        "Based on the provided sources, I cannot answer this question.",
        "Unfortunately, the given passages do not mention the price.",
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I can’t assist with that request.",
        "I am unable to answer the question.",
        "I don't have enough information to answer.",
        "There is no information about this in the sources.",
        "The price is not mentioned in the provided sources.",
        "None of the articles mention the price.",
        "The question cannot be answered from the sources.",
        "There is not enough information to answer the question.",
        "As an AI language model, I cannot answer.",
        "The sources do not say. You could ask the ferry company.",
        "Die Quellen beantworten die Frage nicht.",
        "Les sources ne répondent pas à la question.",
        "Las fuentes no responden a la pregunta.",
    ],
)
def test_declining(reply: str) -> None:
    parsed = parse_reply(reply, SHOWN)
    assert parsed.declined
    assert parsed.drafts == ()


@pytest.mark.parametrize(
    "text",
    [
        "The minister said she did not know the answer",
        "The company's documents do not say who paid",
        "The report does not mention the ferry",
        "“I cannot find work here,” she said",
        "Police could not find the ferry",
        "He said sorry to the voters",
        "The information was not available to the court",
        "The sources do not say when it left, but Sample Desk reports a delay",
        "The sources disagree: Sample Desk says nine, Other Desk ten",
    ],
)
def test_news_about_not_knowing_is_news(text: str) -> None:
    assert drafts(f"{text} [1].") == [(f"{text}.", (1,))]


@pytest.mark.parametrize(
    "reply",
    ["The cause is unknown.", "The ferry leaves at nine.", "There is no ferry on Monday.", "Hi-tech exports rose."],
)
def test_an_answer_without_marks_is_an_answer(reply: str) -> None:
    assert drafts(reply) == [(reply, ())]


def test_declining_beside_an_answer_is_left_out() -> None:
    reply = "The ferry leaves at nine [1]. The sources do not say when it arrives."
    assert drafts(reply) == [("The ferry leaves at nine.", (1,))]
    assert drafts("NO ANSWER\nThe ferry leaves at nine [1].") == [("The ferry leaves at nine.", (1,))]


@pytest.mark.parametrize("reply", ["", " \n\t", "\x00", "[1]", "...", "```\n```", "<think>", "Sources:", "**"])
def test_nothing_is_nothing(reply: str) -> None:
    assert parse_reply(reply, SHOWN) == Parsed(())
    assert visible(reply, SHOWN) == ""


def test_the_schema_allows_only_numbers_shown() -> None:
    schema = answer_schema(3)
    statement = schema["properties"]["statements"]["items"]
    assert statement["properties"]["sources"]["items"]["enum"] == [1, 2, 3]
    assert schema["additionalProperties"] is statement["additionalProperties"] is False
    assert set(statement["required"]) == set(statement["properties"])


PIECES = (
    *("[", "]", "(", ")", "1", "[1]", "[4]", "(1)", "【", "】", "†", "^", ",", "-", "–", "9" * 20, "٣", "²"),
    *("`", "```", "~~~", "\n", "\r\n", "**", "*", "_", "|", "---", "#", "> ", "- ", "\\", "!", "](", "http://x", "<b>"),
    *("{", "}", '"', ":", '{"text":"', '"sources"', '{"statements":[', "null", "//", "\\u12", "'", "“"),
    *("<think>", "</think>", "Sources:", "NO ANSWER", "[^1]:", "<<source 1", ">>", "<|x|>", "source "),
    *(
        "The ferry leaves. ",
        "word ",
        " ",
        ".",
        "é",
        "港。",
        "\x00",
        "\u202e",
        "\ue000",
        "\U000f0001",
        "\ud800",
        "\x1b[1m",
    ),
)
odd = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=80)


@unhurried
@given(odd, st.integers(0, 9))
def test_whatever_is_sent(reply: str, shown: int) -> None:
    for draft in parse_reply(reply, shown).drafts:
        assert draft.text.strip()
        assert hide(draft.text, shown) == draft.text
        assert set(draft.numbers) <= set(range(1, shown + 1))
        assert len(set(draft.numbers)) == len(draft.numbers)
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co") for char in draft.text)
        assert "\u202e" not in draft.text
    shows = visible(reply, shown)
    assert all(1 <= int(number) <= shown for number in re.findall(r"\[(\d+)\]", shows))


@unhurried
@given(odd)
def test_damaged_json_is_read_to_its_end(reply: str) -> None:
    read_all(reply)


sentences = st.lists(
    st.tuples(
        st.sampled_from(["ferry", "harbour", "minister", "паром"]),
        st.integers(2, 99),
        st.sets(st.integers(1, 5), max_size=3),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda made: made[:2],
)


@unhurried
@given(sentences, st.sampled_from(["before", "after", "json", "cut"]))
def test_what_was_written_is_read(made: list[tuple[str, int, set[int]]], form: str) -> None:
    expected = [(f"The {noun} has {count} windows.", tuple(sorted(numbers))) for noun, count, numbers in made]
    if form in ("json", "cut"):
        whole = json.dumps({"answered": True, "statements": [{"text": t, "sources": n} for t, n in expected]})
        cut = whole.rindex('"sources"') if form == "cut" else len(whole)
        assert drafts(whole[:cut]) == (expected[:-1] if form == "cut" else expected)
        return
    marked = [(text, "".join(f"[{n}]" for n in numbers)) for text, numbers in expected]
    written = [f"{text[:-1]} {marks}." if form == "before" and marks else f"{text} {marks}" for text, marks in marked]
    assert drafts(" ".join(written)) == expected


STREAMS = [
    "The ferry leaves at nine [3]. It **costs** five euros [1, 2]. See [the page](https://x.example/?q) [9].",
    "A leaves [[2]]. B leaves 【1†source】. C leaves.[^3]\n\nSources:\n[1] Desk",
    json.dumps(
        {"answered": True, "statements": [{"text": "A leaves.", "sources": [3]}, {"text": "B.", "sources": [1]}]}
    ),
    "```json\n" + json.dumps({"statements": [{"text": 'A "leaves" [2].', "sources": []}]}) + "\n```",
]


@pytest.mark.parametrize("reply", STREAMS)
def test_what_streams_is_clean_at_every_moment(reply: str) -> None:
    used = len({n for draft in parse_reply(reply, 3).drafts for n in draft.numbers})
    for end in range(len(reply) + 1):
        shows = visible(reply[:end], 3)
        bare = re.sub(r"\[\d\]", "", shows)
        assert not re.search(r"[\[\]【】{}`*†]|https?:|sources|statements|answered", bare), (end, shows)
        assert all(1 <= int(n) <= used for n in re.findall(r"\[(\d)\]", shows))


def test_what_streams_is_renumbered_by_first_use() -> None:
    assert visible("The ferry leaves at nine [3]. It costs five [1, 3]. It", 3) == (
        "The ferry leaves at nine. [1] It costs five. [2][1] It"
    )
    assert visible("The ferry leaves at nine [3", 3) == "The ferry leaves at nine"
    assert visible('{"answered": true, "statements": [{"text": "The fer', 3) == "The fer"
    assert visible('{"statements": [{"text": "A.", "sources": [3]}, {"text": "B", "sources": [1', 3) == "A. [1] B"


@pytest.mark.parametrize(
    "piece", ["[", "(", "1", "[1", "(1", "[1]", "(1)", "[[", "{", '{"', '{"a":"', "`", "*", "<", " ", "“", "\n"]
)
def test_time_is_linear(piece: str) -> None:
    """200,000 characters of anything take well under a second; the bound leaves room for a busy machine."""
    reply = piece * (200_000 // len(piece))
    began = time.process_time()
    parse_reply(reply, SHOWN)
    assert time.process_time() - began < 5


def test_a_draft_is_plain_data() -> None:
    assert parse_reply("A leaves [1].", 1) == Parsed((Draft("A leaves.", (1,)),))
