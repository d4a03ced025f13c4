"""sources.toml and --set: what wins over what, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import ConfigError, InputError
from rag.overrides import apply_overrides, digest_of, parse_set, read_overrides
from rag.schema import Metadata


def write(folder: Path, text: str) -> Path:
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return folder


def test_no_file_sets_nothing(tmp_path: Path) -> None:
    assert read_overrides(tmp_path).overrides_for(tmp_path / "a.txt") == {}


def test_later_and_more_special_tables_win(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        ["002_a.txt"]
        publisher = "Exact"
        ["002_*.txt"]
        publisher = "Glob"
        title = "First"
        ["*_a.txt"]
        title = "Second"
        ["*"]
        publisher = "All"
        language = "de-AT"
        """,
    )
    overrides = read_overrides(tmp_path)
    exact = overrides.overrides_for(tmp_path / "002_a.txt")
    assert (exact["publisher"], exact["title"], exact["language"]) == ("Exact", "Second", "de")
    assert exact["origins"] == dict.fromkeys(("publisher", "title", "language"), "sources.toml")
    assert overrides.overrides_for(tmp_path / "002_b.txt")["publisher"] == "Glob"
    assert overrides.overrides_for(tmp_path / "x.md")["publisher"] == "All"


def test_nearer_files_win_and_paths_can_be_named(tmp_path: Path) -> None:
    write(tmp_path, '["*"]\npublisher = "Far"\nurl = "https://far.example"\n["sub/b.txt"]\ntitle = "B"\n')
    sub = tmp_path / "sub"
    sub.mkdir()
    write(sub, '["*"]\npublisher = "Near"\n')
    overrides = read_overrides(tmp_path)
    found = overrides.overrides_for(sub / "b.txt")
    assert (found["publisher"], found["url"], found["title"]) == ("Near", "https://far.example", "B")
    assert "title" not in overrides.overrides_for(sub / "other.txt")
    assert overrides.overrides_for(tmp_path / "b.txt")["publisher"] == "Far"


def test_star_does_not_reach_into_folders_by_accident(tmp_path: Path) -> None:
    write(tmp_path, '["a*.txt"]\ntitle = "A"\n')
    (tmp_path / "abc").mkdir()
    assert read_overrides(tmp_path).overrides_for(tmp_path / "abc" / "x.txt") == {}


def test_a_file_has_the_overrides_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, '["a[1].txt"]\nauthors = ["A B", "C D"]\n')
    (tmp_path / "a[1].txt").write_text("x", encoding="utf-8")
    assert read_overrides(tmp_path / "a[1].txt").overrides_for(tmp_path / "a[1].txt")["authors"] == ["A B", "C D"]


def test_set_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, '["*"]\npublisher = "File"\ntitle = "T"\n')
    given = parse_set(["publisher=The Times", "author=A B; C D"])
    found = read_overrides(tmp_path).overrides_for(tmp_path / "a.txt", given)
    assert found["publisher"] == "The Times"
    assert found["origins"] == {"title": "sources.toml"}
    metadata = apply_overrides(Metadata(title="Old", origins={"title": "meta"}), found)
    assert metadata.authors == ("A B", "C D")
    assert metadata.origins == {"title": "sources.toml", "publisher": "--set", "authors": "--set"}


def test_overrides_survive_json() -> None:
    given = parse_set(["authors=A; B", "published=6 Nov 2024", "url=https://x.example/a"])
    again = json.loads(json.dumps(given))
    assert again == given
    assert apply_overrides(Metadata(), again) == apply_overrides(Metadata(), given)
    assert digest_of(b"x", again) == digest_of(b"x", given)


def test_dates_are_brought_to_iso(tmp_path: Path) -> None:
    dated = {"a.txt": "2024-11-06", "b.txt": '"November 2024"', "c.txt": "2024"}
    write(tmp_path, "".join(f'["{name}"]\npublished = {value}\n' for name, value in dated.items()))
    overrides = read_overrides(tmp_path)
    dates = [overrides.overrides_for(tmp_path / name)["published"] for name in dated]
    assert dates == ["2024-11-06", "2024-11", "2024"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["*"]\npublishr = "x"', '["*"].publishr'),
        ('["a.txt"]\npublished = "soon"', "no date"),
        ('["a.txt"]\npublished = 2024-11-06T25:00:00', "not valid TOML"),
        ('["a.txt"]\nurl = "x.org"', "http"),
        ('["a.txt"]\nlanguage = "English"', "two letters"),
        ('["a.txt"]\ntitle = ""', "not empty"),
        ('["a.txt"]\ntitle = 5', "not empty"),
        ('["a.txt"]\nauthors = []', "no name"),
        ('["a.txt"]\nauthors = [1]', "list of strings"),
        ('publisher = "x"', 'under ["*"]'),
        ('[a.txt]\ntitle = "x"', 'quotes: ["a.txt"]'),
        ("[", "not valid TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_overrides(tmp_path)
    assert str(tmp_path / "sources.toml") in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_files_are_said(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_overrides(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "sources.toml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_overrides(other)


@pytest.mark.parametrize(
    "option", ["publisher", "=x", "pub=x", "title=", "published=soon", "language=xyzzy", "url=ftp://x"]
)
def test_wrong_options_are_refused(option: str) -> None:
    with pytest.raises(InputError, match="--set"):
        parse_set([option])


def test_unknown_key_lists_the_allowed_ones() -> None:
    with pytest.raises(InputError, match="title, author, authors, publisher, published, url, language"):
        parse_set(["pub=x"])


def test_values_may_hold_equals_signs_and_the_last_counts() -> None:
    assert parse_set(["Title=a", "title=b = c"]) == {"title": "b = c"}
    assert parse_set([]) == {}


def test_digest_changes_with_values_and_their_origin_only() -> None:
    plain = digest_of(b"text", {})
    assert plain == digest_of(b"text", {"origins": {}})
    digests = {
        plain,
        digest_of(b"text", {"title": "a"}),
        digest_of(b"text", {"title": "b"}),
        digest_of(b"text", {"title": "a", "origins": {"title": "sources.toml"}}),
        digest_of(b"other", {"title": "a"}),
    }
    assert len(digests) == 5
    assert digest_of(b"t", {"title": "a", "url": "b"}) == digest_of(b"t", {"url": "b", "title": "a"})
