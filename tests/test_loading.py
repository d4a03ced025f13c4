"""Finding files, reading their bytes as text, front matter, and what every loaded article has."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.decoding import decode
from rag.errors import InputError, LoadError, RagError
from rag.frontmatter import front_matter
from rag.loading import SUFFIXES, Limits, find_files, load, read_source
from rag.overrides import parse_set
from rag.schema import Source

SENTENCES = {
    "cp1252": "Le ministre a déclaré hier que l’économie française était en train de s’améliorer, malgré la grève.",
    "cp1250": "Prezydent powiedział wczoraj, że społeczeństwo musi się zmierzyć z trudną przeszłością i źródłami.",
    "cp1254": "Başbakan dün yaptığı açıklamada ekonominin güçlü olduğunu ve işsizliğin yakında düşeceğini söyledi.",
    "cp1251": "Президент заявил, что переговоры будут продолжены на следующей неделе в Москве.",
    "koi8_r": "Президент заявил, что переговоры будут продолжены на следующей неделе в Москве.",
    "cp1253": "Ο πρωθυπουργός δήλωσε χθες ότι η κυβέρνηση θα συνεχίσει τις μεταρρυθμίσεις παρά τις αντιδράσεις.",
    "gb18030": "总统昨天表示,谈判将于下周继续进行,但反对派代表对谈判能否成功表示怀疑。",
    "cp932": "首相は昨日、来週も交渉を続けると述べたが、野党の代表者はその成功に疑問を呈した。",
}
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=200)
LATIN = st.text(
    # Ā and Ȁ look like the other byte order; a text of hardly anything else is told wrongly
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=("Cc", "Cf"), exclude_characters="ĀȀ"),
    max_size=200,
)


def write(folder: Path, *names: str, text: str = "Some text.") -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def load_one(file: Path, content: str | bytes, **options: object) -> Source:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    sources, failures = load(file, **options)  # type: ignore[arg-type]
    assert not failures
    return sources[0]


def refusal(file: Path, content: bytes | None = None, limits: Limits | None = None) -> str:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LoadError) as caught:
        load(file, limits=limits or Limits())
    message = str(caught.value)
    assert "\n" not in message
    assert str(file) not in message
    return message


# --- finding -------------------------------------------------------------------------------------------------------


def test_a_folder_gives_its_articles_sorted(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a.md", "sub/deep/c.HTML", "d.jsonl", "e.pdf", "f.docx", "g.epub", "h.json", "i.htm")
    write(tmp_path, "x.py", "noext", ".hidden.txt", ".git/y.txt", "README.md", "readme.txt", "~$f.docx")
    write(tmp_path, "sub/questions.jsonl", "sources.toml")
    names = [str(path.relative_to(tmp_path)) for path in find_files(tmp_path)]
    expected = ["b.txt", "a.md", "sub/deep/c.HTML", "d.jsonl", "e.pdf", "f.docx", "g.epub", "h.json", "i.htm"]
    assert names == sorted(expected)


def test_paths_are_absolute_and_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "in/a.txt")
    monkeypatch.chdir(tmp_path)
    assert find_files(Path("in")) == find_files(Path("in/../in/")) == [tmp_path / "in" / "a.txt"]


def test_a_named_file_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "README.md", ".hidden.txt", "x.py")
    for name in ("README.md", ".hidden.txt", "x.py"):
        assert find_files(tmp_path / name) == [tmp_path / name]


def test_what_is_missing_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_files(tmp_path / "nowhere")


def test_links_and_loops_count_once(tmp_path: Path) -> None:
    write(tmp_path, "real/a.txt", "elsewhere/b.txt")
    top = tmp_path / "top"
    top.mkdir()
    (top / "0-link.txt").symlink_to(tmp_path / "real" / "a.txt")
    (top / "1-link.txt").symlink_to(tmp_path / "real" / "a.txt")
    (top / "loop").symlink_to(top)
    (top / "real").symlink_to(tmp_path / "real")
    (top / "again").symlink_to(tmp_path / "real")
    (top / "inner").mkdir()
    (top / "inner" / "a.txt").write_text("text")
    (top / "inner-link").symlink_to(top / "inner")
    (top / "a-link.txt").symlink_to(Path("inner") / "a.txt")
    (top / "code.py").symlink_to(tmp_path / "real" / "a.txt")
    outside: list[Path] = []
    assert find_files(top, outside.append) == [top / "inner" / "a.txt"]
    assert sorted(path.name for path in outside) == ["0-link.txt", "1-link.txt", "again", "real"]
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    names = [str(path.relative_to(tmp_path)) for path in find_files(tmp_path)]
    assert names == ["elsewhere/b.txt", "real/a.txt", "top/inner/a.txt"]


def test_files_under_their_own_name_come_before_links(tmp_path: Path) -> None:
    write(tmp_path, "z.txt")
    (tmp_path / "a.txt").symlink_to(tmp_path / "z.txt")
    assert find_files(tmp_path) == [tmp_path / "z.txt"]


def test_pipes_are_left_out_and_dangling_links_are_kept_to_be_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "folder.txt").mkdir()
    assert find_files(tmp_path) == [tmp_path / "dangling.txt"]
    assert "does not exist" in refusal(tmp_path / "dangling.txt")


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.txt", "locked/b.txt")
    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, _locked(getattr(os, name)))
    assert find_files(tmp_path) == [tmp_path / "a.txt", tmp_path / "locked"]
    assert "Permission denied" in refusal(tmp_path / "locked")


def _locked(function: Callable[..., object]) -> Callable[..., object]:
    def refusing(path: object) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return function(path)

    return refusing


# --- bytes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf \n"])
def test_empty_files(tmp_path: Path, content: bytes) -> None:
    assert "is empty" in refusal(tmp_path / "a.txt", content)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_type_refuses_an_empty_file(tmp_path: Path, suffix: str) -> None:
    assert "is empty" in refusal(tmp_path / f"a{suffix}", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        bytes(range(256)) * 4,
        b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n",
        b"text with a \x00 in it",
        b"\x01\x02\x03 text",
        b"PK\x03\x04\x14\x00\x06\x00",
    ],
)
def test_binary_files_named_txt(tmp_path: Path, content: bytes) -> None:
    assert "looks like a binary file, not text" in refusal(tmp_path / "a.txt", content)


def test_folders_pipes_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    os.mkfifo(tmp_path / "p.txt")
    assert "is a folder" in refusal(tmp_path / "x.txt")
    assert "is a folder" in refusal(tmp_path)
    assert "not a regular file" in refusal(tmp_path / "p.txt")
    assert "does not exist" in refusal(tmp_path / "gone.txt")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300 + ".txt"))


def test_unknown_types_and_names(tmp_path: Path) -> None:
    assert "unknown type (.xyz)" in refusal(tmp_path / "a.xyz", b"text")
    assert "unknown type (no suffix)" in refusal(tmp_path / "a", b"text")
    with pytest.raises(LoadError, match="not UTF-8"):
        load(Path(os.fsdecode(bytes(tmp_path) + b"/\xff.txt")))


def test_too_large(tmp_path: Path) -> None:
    assert "more than the limit" in refusal(tmp_path / "a.txt", b"x" * 101, Limits(max_bytes=100))
    assert load_one(tmp_path / "a.txt", b"x" * 100, limits=Limits(max_bytes=100)).raw == "x" * 100


@pytest.mark.parametrize(("changes", "works"), [(1, True), (2, False)])
def test_a_file_that_changes_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int, works: bool
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old", encoding="utf-8")
    real, left = os.stat, [changes]

    def stat_then_change(path: object, **options: object) -> os.stat_result:
        before = real(path, **options)  # type: ignore[arg-type]
        if path == file and left[0]:
            left[0] -= 1
            file.write_text(f"new {left[0]}", encoding="utf-8")
            os.utime(file, ns=(0, before.st_mtime_ns + 10**9))
        return before

    monkeypatch.setattr("rag.reading.os.stat", _every_second(stat_then_change, real))
    if works:
        assert load(file)[0][0].raw == "new 0"
    else:
        assert "changed while it was read" in refusal(file)


def _every_second(first: Callable[..., object], second: Callable[..., object]) -> Callable[..., object]:
    """The stat before reading changes the file, the one after it does not."""
    calls = [0]

    def alternating(path: object, **options: object) -> object:
        if not str(path).endswith("a.txt"):
            return second(path, **options)
        calls[0] += 1
        return (first if calls[0] % 2 else second)(path, **options)

    return alternating


# --- text ----------------------------------------------------------------------------------------------------------


@given(TEXT)
def test_marked_encodings_are_read_back(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert decode(text.encode(encoding)) == text
    assert decode(b"\xfe\xff" + text.encode("utf-16-be")) == text


@given(LATIN)
def test_utf16_without_a_mark_is_read_back(text: str) -> None:
    latin = text + " and so on, in plain words"
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode(latin.encode(encoding)) == latin


def test_cyrillic_utf16_without_a_mark() -> None:
    text = "Москва, 5 мая. Россия и мир.\r\n" * 3
    assert decode(text.encode("utf-16-le")) == text


@pytest.mark.parametrize("encoding", SENTENCES)
def test_eight_bit_encodings_are_guessed(encoding: str) -> None:
    text = SENTENCES[encoding]
    assert decode(text.encode(encoding)) == text


def test_a_strange_byte_does_not_spoil_utf8() -> None:
    data = "Müller sagte “nein” – schön ist es in Köln.\n".encode() * 20 + b"It\x92s late."
    assert decode(data).endswith("schön ist es in Köln.\nIt’s late.")


def test_declared_encodings() -> None:
    assert decode("naïve “x”".encode("cp1252"), "ISO-8859-1") == "naïve “x”"
    assert decode("Привет".encode("koi8-r"), "koi8-r") == "Привет"
    assert decode("naïve".encode(), "latin-1") == "naïve", "saved as UTF-8, still declared as Latin-1"
    assert decode(b"plain \\u0041", "unicode_escape") == "plain \\u0041"
    assert decode(b"plain", "no-such-charset") == "plain"
    assert decode("日本".encode("iso-2022-jp"), "iso-2022-jp") == "日本"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_raw_keeps_line_ends_and_the_mark_is_gone(tmp_path: Path, ends: str) -> None:
    text = f"Title{ends}{ends}A cafe\u0301.{ends}"
    source = load_one(tmp_path / "a.txt", text.encode("utf-8-sig"))
    assert source.raw == text
    assert (source.markup, source.body_start, source.blocks) == ("text", 0, ())


@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_load_or_raise_our_error(data: bytes, suffix: str) -> None:
    try:
        if suffix in (".json", ".jsonl"):
            decode(data)
            return
        source = read_source(data, suffix, f"/somewhere/a{suffix}")
    except RagError:
        return
    assert source.raw.strip() or source.blocks


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_as_records(tmp_path: Path, data: bytes) -> None:
    for name in ("a.json", "a.jsonl"):
        (tmp_path / name).write_bytes(data)
        try:
            sources, failures = load(tmp_path / name)
        except RagError:
            continue
        assert sources or failures


# --- front matter --------------------------------------------------------------------------------------------------


def test_yaml_front_matter(tmp_path: Path) -> None:
    head = (
        "---\nTitle: 'The vote: a night'\nAuthors: [Jane Roe, Bo Lee]\noutlet: The Times\n"
        "published_at: 2024-11-06T23:00:00-05:00\nLink: https://x.example/a\nlang: en-GB\ntags: [a]\n---\n"
    )
    source = load_one(tmp_path / "a.md", head + "\nBody.\n")
    metadata = source.metadata
    assert (metadata.title, metadata.authors) == ("The vote: a night", ("Jane Roe", "Bo Lee"))
    assert (metadata.publisher, metadata.published) == ("The Times", "2024-11-06")
    assert (metadata.url, metadata.language) == ("https://x.example/a", "en")
    assert set(metadata.origins.values()) == {"front matter"}
    assert source.markup == "markdown"
    assert source.raw[source.body_start :] == "\nBody.\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("fence", "line"), [("---", "title: A"), ("+++", 'title = "A"')])
def test_fences_and_line_ends(ends: str, fence: str, line: str) -> None:
    raw = ends.join([fence, line, fence, "Body"])
    metadata, start = front_matter(raw)
    assert (metadata.title, raw[start:]) == ("A", "Body")


def test_toml_front_matter_with_dates() -> None:
    head = '+++\ntitle = "A"\ndate = 2024-11-06T10:00:00Z\nauthor = "By Jane Roe and Bo Lee"\n+++\n'
    metadata, _ = front_matter(head + "Text.")
    assert (metadata.published, metadata.authors) == ("2024-11-06", ("Jane Roe", "Bo Lee"))


def test_clipper_front_matter() -> None:
    metadata, _ = front_matter('---\nsource: "https://x.example/a"\nauthor:\n  - "[[Jane Roe]]"\ntitle: No\n---\nx')
    assert (metadata.url, metadata.publisher) == ("https://x.example/a", None)
    assert (metadata.authors, metadata.title) == (("Jane Roe",), "No")


@pytest.mark.parametrize(
    "raw",
    [
        "---\n\nA rule above.\n\n---\n",
        "---\nNote: this is text.\n---\nx",
        "---\ntitle: [\n---\nx",
        "---\ntitle: a: b\n---\nx",
        "---\ntitle: never closed\n\nx",
        "---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\nx",
        "---\ntitle: x\nk: " + "[" * 10_000 + "\n---\nx",
        "---\ntitle: x\nk: " + "x" * 20_000 + "\n---\nx",
        "---\n- title\n---\nx",
        "---\n---\nx",
        "+++\ntitle = \n+++\nx",
        "Text\n---\ntitle: A\n---\n",
        "----\ntitle: A\n---\n",
    ],
)
def test_what_is_no_front_matter_is_text(tmp_path: Path, raw: str) -> None:
    source = load_one(tmp_path / "a.txt", raw)
    assert (source.body_start, source.metadata.title, source.raw) == (0, "", raw)


def test_python_tags_make_nothing() -> None:
    metadata, _ = front_matter("---\ntitle: !!python/object/apply:os.system ['true']\n---\nx")
    assert metadata.title == "true"


def test_unknown_values_are_left_out() -> None:
    metadata, start = front_matter("---\ntitle: x\nauthor: null\ndate: 2024-02-30\nurl: nope\nlang: english\n---\nBody")
    assert (metadata.title, metadata.authors, metadata.published, metadata.url) == ("x", (), None, None)
    assert start > 0


def test_front_matter_alone_is_no_article(tmp_path: Path) -> None:
    assert "no text after its front matter" in refusal(tmp_path / "a.md", b"---\ntitle: x\n---\n\n")


# --- every article -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("2024-11-06-vote.txt", "2024-11-06"),
        ("vote_2024_11_06.txt", "2024-11-06"),
        ("20241106 vote.txt", "2024-11-06"),
        ("2024-13-06.txt", None),
        ("000_644ef1190e73b292.txt", None),
        ("12024-11-061.txt", None),
        ("2024-11.txt", None),
    ],
)
def test_date_in_the_name(tmp_path: Path, name: str, published: str | None) -> None:
    metadata = load_one(tmp_path / name, "Text.").metadata
    assert metadata.published == published
    assert metadata.origins.get("published") == ("file name" if published else None)


def test_the_article_knows_its_date_better_than_its_name(tmp_path: Path) -> None:
    source = load_one(tmp_path / "2024-11-06.md", "---\ndate: 2024-11-05\n---\nText.")
    assert (source.metadata.published, source.metadata.origins["published"]) == ("2024-11-05", "front matter")


def test_location_and_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = load_one(Path("a.txt"), "Text.")
    assert source.location == str(tmp_path / "a.txt") == source.key
    assert source.digest == hashlib.sha256(b"Text.").hexdigest()
    assert load(tmp_path / "a.txt")[0] == [source]


def test_what_is_set_wins_and_changes_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "2024-11-06.md"
    plain = load_one(file, "---\ntitle: Old\n---\nText.")
    changed = load(file, overrides=parse_set(["title=New", "published=2020", "authors=A; B"]))[0][0]
    assert (changed.metadata.title, changed.metadata.published, changed.metadata.authors) == ("New", "2020", ("A", "B"))
    assert changed.metadata.origins == {"title": "--set", "published": "--set", "authors": "--set"}
    assert changed.digest != plain.digest
    assert changed.raw == plain.raw


def test_importing_loads_no_library() -> None:
    heavy = "trafilatura htmldate pypdf docx ebooklib dateparser httpx yaml charset_normalizer lxml asyncio".split()
    check = f"import sys, rag.loading; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
