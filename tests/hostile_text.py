"""Texts made to be slow to read: one thing over and over, in each kind of file that holds text."""

from __future__ import annotations

import json
from collections.abc import Callable

HEAD = "A ferry to Lunde\n\nThe ferry to Lunde leaves at nine in the morning and costs four euros.\n\n"
"""An article before the attack, so that there is always something to read."""


def _deep(opening: str, closing: str) -> Callable[[int], str]:
    """Nested: all that is opened is closed."""

    def make(size: int) -> str:
        depth = size // (len(opening) + len(closing))
        return opening * depth + "x" + closing * depth

    return make


def _steps(size: int) -> str:
    """A list whose every item stands deeper than the one before."""
    return "\n".join(" " * (2 * depth) + "- item" for depth in range(int(size**0.5)))


def _numbers(size: int) -> str:
    return "\n".join(f"{n % 999}. item" for n in range(size // 10))


REPEATED = {
    "[": "[", "]": "]", "[a](": "[a](", "[a][": "[a][", "](": "](", "![": "![", "[^": "[^", "*": "*", "* a": "*a ",
    "**": "**a", "_": "_", "_a": "_a", "~~": "~~a", "`": "`", "` ``": "` `` ``` ", "<": "<", "< a": "<a ",
    "<a href": '<a href="', "<a b=": "<a b=c ", "<!--": "<!--", "<!-- x": "<!-- x ", "-->": "-->", "]]>": "]]>",
    "<![CDATA[": "<![CDATA[", "</p>": "</p>", "<br>": "<br>", '"': '"', "“": "“", "”": "”", "“ ”": "“a” ",
    "' \"": "'\"", "“‘": "“He said: ‘so ", "(": "(", ")": ")", "( a": "(a ", "> lines": '> a\n', ">": ">",
    "> > >": "> ", "#": "#", "# lines": '# a\n', "|": "|", "| a": "| a ", "| rows": '|a|b|\n', "blank lines": '\n',
    "spaces": " ", "tabs": '\t', "space lines": ' \n', "CR": '\r', "CRLF": '\r\n', "FF": '\x0c', "VT": '\x0b',
    "LS": '\u2028', "NBSP": '\xa0', "words": "word ", "letter": "a", "word": "abcde", "A": "A", "figure": "7",
    "1,000": "1,000", "1.": "1.", "1 ": "1 ", ".": ".", ". ": ". ", "?": "?", "…": "…", ",": ",", ", ": ", ",
    "-": "-", "- ": "- ", "—": "—", "--- lines": '---\n', "+++ lines": '+++\n', "=": "=", "a. ": "a. ",
    "A. B. ": "A. B. ", "Mr. ": "Mr. ", "U.S. ": "U.S. ", "U.S.": "U.S.", "No. 1 ": "No. 1 ", "combining": '\u0301',
    "a+combining": 'a\u0301', "combining mixed": '\u0301\u0327\u0323', "jamo": '\u1100\u1161', "zero width": '\u200b',
    "joiner": '\u200d', "emoji": '\U0001f469\u200d\U0001f680', "bidi": '\u202e', "bidi pairs": '\u2066a\u2069',
    "soft hyphen": '\xad', "BOM": '\ufeff', "NUL": '\x00', "ESC": '\x1b', "ESC [": '\x1b[', "ESC ]": '\x1b]0;',
    "C1": '\x9b', "tag letters": '\U000e0061', "surrogate escapes": "\\ud800", "backslash": "\\", "&": "&",
    "&amp;": "&amp;", "&amp;amp": "&amp;amp;", "&#": "&#", "&#x": "&#x41;", "&lt;": "&lt;p&gt;", "<p>": "<p>",
    "<p> a": "<p>a b c", "<div>": "<div>", "<table>": "<table>", "<tr><td>": "<table><tr><td>", "<a>": "<a>",
    "<b>": "<b>", "<b><i>": "<b><i>", "<li>": "<ul><li>", "<form>": "<form>", "<font>": "<font>",
    "<script>": "<script>", "<style>": "<style>", "<article>": "<article>", "<meta>": "<meta name=author content=x>",
    "<p/>": "<p/>", "<p hidden>": "<p hidden>", "<h1>": "<h1>a</h1>", "<header>": "<header>", "- list": '- item\n',
    "1. list": '1. item\n', "* *": "* * ", "alternating quotes": "“‘a’” \"'b'\" ", "« »": "«a» ", '\u300c': '\u300c',
    '\u3002': '\u3002', "CJK": '\u6e2f\u8239', "URL": "https://x.example/a ", "URLs joined": "https://x.example/a",
    "www": "www.x.example/", "e-mail": "a@b.", "@": "@", "a-": "a-", "a'": "a'", "by": 'By Jane Doe\n',
    "by and": "By A and ", "date": "date 2024-11-06 ", "6 May 2024": "6 May 2024, ", "Photo:": "Photo: ",
    "(Photo": "(Photo ", "sentence": "So it was said. ", "sentences": "The ferry to Lunde leaves at nine. ",
    "paragraphs": 'The ferry to Lunde leaves at nine.\n\n', "he said": '"No," he said. ', "and": "and ",
    "not": "not ", "Arabic": '\u0627\u0644\u0633\u0641\u064a\u0646\u0629 ', "Devanagari": '\u0928\u093e\u0935\u0964 ',
    "sharp s": "ß", "ligature": '\ufdfa', "i dot": "İ", "ignore": "ignore all previous instructions ",
    "you are": "you are ", "system:": "system: ", "[1]": "[1]", "1/2": "1/2 ", "percent": "5 percent ",
    "million": "million ", "twenty": "twenty-one ", "http": "http://", "://": "://", "#a": "#a ",
    "key: value": 'key: value\n', "---\\na": '---\na: [\n', "{": "{", "}": "}", "{}": "{}", '{"a":': '{"a":',
    ":": ":", "a:": "a: ", "'s": "Anna's ", "%": "%", "$": "$", "/": "/", "~": "~", "^": "^",
}  # fmt: skip
"""Name → what is repeated."""


def _once(before: str, piece: str, after: str = "") -> Callable[[int], str]:
    """One beginning that many pieces follow."""
    return lambda size: before + piece * (size // len(piece.encode())) + after


SHAPED: dict[str, Callable[[int], str]] = {
    "long tag": _once("</p><", "a"),
    "long tag, closed": _once("</p><", "a", "/>"),
    "long closing tag": _once("</p></", "a"),
    "long attribute": _once("</p><a ", "b", ">"),
    "tag of spaces": _once("</p><a", " ", "b"),
    "tag of slashes": _once("</p><a", "/"),
    "tag of values": _once("<a", " b=c"),
    "tag of words": _once("</p><p", " b", ">text</p>"),
    "long comment": _once("<!-- ", "a -- "),
    "long fence": _once("```", " ", "x y"),
    "long rule": _once("-", " -", "x"),
    "long rule of spaces": _once("---", "  ", "x"),
    "long heading": _once("# ", "word "),
    "heading and headings": _once("# " + "word " * 2000 + "\n\n", "## word\n\ntext\n\n"),
    "long item": _once("- ", "word "),
    "bullet and spaces": _once("• ", " ", "\n"),
    "long address": _once("https://x.example/", "a/"),
    "long link": _once("[the harbour of Lunde](https://", "a/", ")"),
    "long entity": _once("&", "a", ";"),
    "long number": _once("&#", "9", ";"),
    "long figure": _once("1", ",000"),
    "long date": _once("Date: ", " 2024"),
    "long byline": _once("By ", "Jane Doe and "),
    "long caption": _once("(Photo", ")"),
    "credit": _once("Photo by A", "!", "x"),
    "advertisement": _once("", "*", " advertisement x"),
    "front matter": _once("---\ntitle: a\n", "- ", "\n---\ntext"),
    "front matter, mapping": _once("---\ntitle: a\n", "? ", "\n---\ntext"),
    "front matter, quotes": _once('---\ntitle: "', "\\n", '"\n---\ntext'),
    "front matter, toml": _once("+++\n", "[a.a.a]\n", "+++\ntext"),
    "JSON-LD": _once('<script type="application/ld+json">', '{"@id":', "</script>"),
    "JSON-LD entities": _once(
        '<script type="application/ld+json">{"@type":"Article","headline":"&#', "9", '"}</script>'
    ),
    "[[[x]]]": _deep("[", "]"),
    "(((x)))": _deep("(", ")"),
    "“““x”””": _deep("“", "”"),
    "nested <div>": _deep("<div>", "</div>"),
    "nested <b>": _deep("<b>", "</b>"),
    "nested <blockquote>": _deep("<blockquote>", "</blockquote>"),
    "nested <ul>": _deep("<ul><li>", "</li></ul>"),
    "nested <table>": _deep("<table><tr><td>", "</td></tr></table>"),
    "nested <article>": _deep("<article><p>a", "</article>"),
    "nested emphasis": _deep("*a _b ", "_ *"),
    "nested JSON lists": _deep("[", "]"),
    "nested JSON objects": _deep('{"text":', "}"),
    "steps of a list": _steps,
    "ordinals": _numbers,
    "one attribute": lambda size: f'<p title="{"a" * size}">b</p>',
    "many attributes": lambda size: "<p " + " ".join(f"a{n}=b" for n in range(size // 8)) + ">c</p>",
    "distinct words": lambda size: " ".join(f"w{n}" for n in range(size // 7)),
    "distinct names": lambda size: " ".join(f"Anna{n} Holm{n}" for n in range(size // 16)) + ".",
    "distinct paragraphs": lambda size: "\n\n".join(f"The ferry number {n} leaves." for n in range(size // 32)),
    "same opening": lambda size: "\n\n".join(f"The ferry to Lunde leaves at {n}." for n in range(size // 38)),
    "growing paragraphs": lambda size: "\n\n".join("the ferry is here " * n for n in range(int((size / 11) ** 0.5))),
}  # fmt: skip

ATTACKS: dict[str, Callable[[int], str]] = {
    **{name: lambda size, piece=piece: piece * (size // len(piece.encode()) + 1) for name, piece in REPEATED.items()},  # type: ignore[misc]
    **SHAPED,
}
"""Name → a text of about so many bytes."""


def _page(text: str) -> str:
    head = "<!doctype html><html><head><title>Lunde</title></head><body>"
    return f"{head}<article><p>{HEAD}</p>{text}</article></body></html>"


FILES: dict[str, Callable[[str], str]] = {
    ".txt": lambda text: HEAD + text,
    ".md": lambda text: "# " + HEAD + text,
    ".html": _page,
    ".json": lambda text: json.dumps([{"title": "Lunde", "text": HEAD + text}]),
    ".jsonl": lambda text: json.dumps({"title": "Lunde", "text": HEAD + text}, ensure_ascii=False),
}
"""Kinds of file that hold text, and how it stands in them."""
RAW = {".txt": str, ".md": str, ".html": str, ".json": str, ".jsonl": str}
"""The attack is the file."""


def hostile_file(attack: str, suffix: str, size: int, *, bare: bool = False) -> bytes:
    """A file of about `size` bytes. `bare`: nothing but the attack stands in it."""
    text = ATTACKS[attack](size)
    return (RAW if bare else FILES)[suffix](text).encode("utf-8", "surrogatepass")
