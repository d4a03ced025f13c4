"""JSON and JSON Lines: wrappers, field names, ids, and lines that are no records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import LoadError
from rag.loading import load
from rag.overrides import parse_set
from rag.records import read_records
from rag.schema import Failure, Source

RECORD = {
    "id": 17,
    "title": "The  vote",
    "text": "One.\n\nTwo goes\non.\n \nThree.",
    "authors": ["Jane Roe", {"name": "Bo Lee"}],
    "source": {"id": None, "name": "The Times"},
    "publishedAt": "2024-11-06T10:00:00Z",
    "url": "https://x.example/vote",
    "lang": "en",
}


def load_text(file: Path, text: str) -> tuple[list[Source], list[Failure]]:
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_every_field(tmp_path: Path) -> None:
    (source,), failures = load_text(tmp_path / "a.jsonl", json.dumps(RECORD))
    metadata = source.metadata
    assert not failures
    assert (source.record, source.key) == ("17", f"{tmp_path / 'a.jsonl'}#17")
    assert (source.markup, source.raw) == ("blocks", "")
    assert [(block.text, block.line) for block in source.blocks] == [("One.", 1), ("Two goes on.", 1), ("Three.", 1)]
    assert (metadata.title, metadata.authors, metadata.publisher) == ("The vote", ("Jane Roe", "Bo Lee"), "The Times")
    assert (metadata.published, metadata.url, metadata.language) == ("2024-11-06", "https://x.example/vote", "en")
    assert set(metadata.origins.values()) == {"record"}


@pytest.mark.parametrize("key", ["articles", "items", "data"])
def test_wrappers(tmp_path: Path, key: str) -> None:
    for value in ([RECORD, RECORD], {"status": "ok", key: [RECORD, RECORD]}):
        sources, _ = load_text(tmp_path / "a.json", json.dumps(value, indent=2))
        assert [source.record for source in sources] == ["17", "17-2"]
        assert {block.line for source in sources for block in source.blocks} == {None}
    (single,), _ = load_text(tmp_path / "a.json", json.dumps(RECORD))
    assert single.record == "17"


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"id": "a b", "text": "x"}, "a b"),
        ({"url": "https://x.example/a", "text": "x"}, "https://x.example/a"),
        ({"title": "Das Ende – so?", "text": "x"}, "das-ende-so"),
        ({"id": "", "title": "T", "text": "x"}, "t"),
        ({"id": True, "title": "T", "text": "x"}, "t"),
        ({"text": "x"}, "2d711642b726"),
        ({"id": "x" * 999, "text": "x"}, "x" * 200),
    ],
)
def test_ids(record: dict[str, object], name: str) -> None:
    records, _ = read_records(json.dumps(record), lines=True)
    assert records[0].id == name


def test_ids_are_unique_even_beside_numbered_ones() -> None:
    lines = "\n".join(json.dumps({"id": name, "text": "x"}) for name in ("a", "a-2", "a", "a", "a-2"))
    records, _ = read_records(lines, lines=True)
    assert [record.id for record in records] == ["a", "a-2", "a-3", "a-4", "a-2-2"]


@pytest.mark.parametrize("key", ["text", "body", "content"])
def test_text_under_other_names(key: str) -> None:
    records, _ = read_records(json.dumps([{"text": "", key: "One.\r\nTwo.\rThree.\n"}]), lines=False)
    assert [block.text for block in records[0].blocks] == ["One.", "Two.", "Three."]


def test_html_in_a_record_is_read_as_html() -> None:
    record = {"content": "<h2>Head</h2><p>One &amp; two.</p><script>x</script><ul><li>Item</li></ul>"}
    records, _ = read_records(json.dumps(record), lines=True)
    assert [(block.kind, block.text, block.line) for block in records[0].blocks] == [
        ("heading", "Head", 1),
        (None, "One & two.", 1),
        ("list", "Item", 1),
    ]


def test_less_than_signs_are_no_html() -> None:
    records, _ = read_records(json.dumps({"text": "Is 1 < 2 and 3 > 2? <Yes>."}), lines=True)
    assert records[0].blocks[0].text == "Is 1 < 2 and 3 > 2? <Yes>."


def test_bad_lines_are_failures_and_the_rest_is_loaded(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "good", "text": "Text with a line\u2028separator."}, ensure_ascii=False),
        "",
        "{broken",
        json.dumps({"title": "No text"}),
        json.dumps({"text": " \n "}),
        '"a string"',
        "[1]",
        "[" * 100_000,
        "9" * 5000,
        json.dumps({"id": "last", "text": "y"}) + "\r",
    ]
    file = tmp_path / "a.jsonl"
    sources, failures = load_text(file, "\n".join(lines) + "\n")
    assert [(source.record, source.blocks[0].line) for source in sources] == [("good", 1), ("last", 10)]
    assert {failure.path for failure in failures} == {str(file)}
    errors = [failure.error for failure in failures]
    assert [error.partition(":")[0] for error in errors] == [f"line {n}" for n in (3, 4, 5, 6, 7, 8, 9)]
    assert errors[1] == "line 4: record has no text; give it one under text, body or content"
    assert "not valid JSON" in errors[0]
    assert "a string" in errors[3]
    assert "nested too deeply" in errors[5]


def test_json_with_items_that_are_none(tmp_path: Path) -> None:
    sources, failures = load_text(tmp_path / "a.json", json.dumps([{"text": "x"}, 5, None]))
    assert len(sources) == 1
    assert [failure.error.partition(":")[0] for failure in failures] == ["record 2", "record 3"]


def test_kinds_are_told_by_content(tmp_path: Path) -> None:
    two = json.dumps(RECORD) + "\n" + json.dumps(RECORD)
    assert len(load_text(tmp_path / "lines.json", two)[0]) == 2
    assert len(load_text(tmp_path / "list.jsonl", json.dumps([RECORD, RECORD], indent=1))[0]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{broken", "not valid JSON"),
        ("plain text", "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "holds no records"),
        ('{"articles": []}', "holds no records"),
        ("\ufeff \n", "is empty"),
    ],
)
def test_files_that_are_no_records(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        load_text(tmp_path / "a.json", text)


def test_broken_characters_are_replaced(tmp_path: Path) -> None:
    line = '{"id": "\\ud800", "title": "a\\u0000b", "text": "x\\ud83d\\ude00\\udfff"}'
    (source,), _ = load_text(tmp_path / "a.jsonl", line)
    assert source.blocks[0].text == "x😀\ufffd"
    assert (source.record, source.metadata.title) == ("\ufffd", "ab")


def test_digest_is_of_the_record_and_what_is_set(tmp_path: Path) -> None:
    compact, _ = load_text(tmp_path / "a.json", json.dumps([RECORD]))
    spaced, _ = load_text(tmp_path / "a.json", json.dumps([dict(reversed(RECORD.items()))], indent=4))
    assert compact[0].digest == spaced[0].digest
    changed, _ = load_text(tmp_path / "a.json", json.dumps([RECORD | {"text": "Other."}]))
    assert changed[0].digest != compact[0].digest
    given, _ = load(tmp_path / "a.json", overrides=parse_set(["publisher=P"]))
    assert given[0].digest != changed[0].digest
    assert (given[0].metadata.publisher, given[0].metadata.origins["publisher"]) == ("P", "--set")


def test_date_of_the_file_name_is_for_records_without_one(tmp_path: Path) -> None:
    lines = json.dumps({"text": "x"}) + "\n" + json.dumps({"text": "y", "date": "2020"})
    sources, _ = load_text(tmp_path / "2024-11-06.jsonl", lines)
    assert [source.metadata.published for source in sources] == ["2024-11-06", "2020"]


KEYS = st.sampled_from([*RECORD, "body", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(JSON, min_size=1, max_size=5))
def test_any_json_gives_a_record_or_a_problem_for_each_item(items: list[object]) -> None:
    records, problems = read_records(json.dumps(items), lines=False)
    assert len(records) + len(problems) == len(items)
    assert len({record.id for record in records}) == len(records)
    by_line, line_problems = read_records("\n".join(json.dumps({"text": item}) for item in items), lines=True)
    assert len(by_line) + len(line_problems) == len(items)
    for record in records:
        assert all(block.text.strip() for block in record.blocks)
        record.id.encode()
