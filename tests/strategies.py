"""Generated articles: what is shown is known, and written down in the ways that files write it.

Words come in several scripts; markup, line ends and wrapping vary. `Written.shown` is what a reader sees, word by
word, in order.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hypothesis import strategies as st

LATIN = [
    "harbour",
    "ferry",
    "naïve",
    "Zürich",
    "Orbán",
    "coöperate",
    "Straße",
    "ladder",
    "seven",
    "42",
    "1,500",
    "O’Hara",
]
CYRILLIC = ["паром", "Москва", "ёлка", "й", "шестой"]
RIGHT_TO_LEFT = ["ميناء", "السفينة", "נמל", "שלום"]
INDIC = ["नाव", "हिन्दी", "தமிழ்", "ক্ষমতা"]
CJK = ["港", "東京の船", "한국어", "选举"]
EMOJI = ["🚢", "👩\u200d🚀", "🏳️\u200d🌈", "👍🏽"]
LINE_ENDS = ["\n", "\r\n", "\r"]
NOISE = (
    "ab C.é\u0301\u0327ъ港🚢 \t\n\r\\`*_~[]()<>&;#-=+>.!?\"'“”‘’«»「」:|1239"
    "\x00\x07\x1b\x9d\xa0\xad\u200b\u200d\u202e\u2028\u3000\ufeff"
)
"""Characters that mean something to somebody."""


@dataclass(frozen=True)
class Written:
    """An article as a file, and the words a reader sees in it."""

    raw: str
    shown: tuple[str, ...]
    markup: str = "text"


def composed(word: str) -> str:
    return unicodedata.normalize("NFC", word)


def decomposed(word: str) -> str:
    return unicodedata.normalize("NFD", word)


bare_words = st.sampled_from([*LATIN, *CYRILLIC, *RIGHT_TO_LEFT, *INDIC, *CJK, *EMOJI]).map(composed)
"""As a reader sees them."""


PLAIN = [
    lambda word: (word, word),
    lambda word: (word, decomposed(word)),
    lambda word: (word, word.replace("a", "a\u200b")),
    lambda word: (word, f"\x07{word}"),
]
"""Ways to write a word without markup: the word as shown, and as written."""

MARKED = [
    lambda word: (word, word),
    lambda word: (word, f"**{word}**"),
    lambda word: (word, f"*{decomposed(word)}*"),
    lambda word: (word, f"_{word}_"),
    lambda word: (word, f"~~{word}~~"),
    lambda word: (word, f"[{word}](https://example.org/a_(b)*c*)"),
    lambda word: (word, f"[**{word}**](#)"),
    lambda word: (word, f"`{word}`"),
    lambda word: (word, f"<b>{word}</b>"),
    lambda word: (f"{word}&", f"{word}&amp;"),
    lambda word: (f"*{word}*", rf"\*{word}\*"),
    lambda word: (f"{word}é", f"{word}&eacute;"),
]
"""The same with markup."""


def _spelled(spellings) -> st.SearchStrategy[list[tuple[str, str]]]:
    word = st.builds(lambda word, spell: spell(word), bare_words, st.sampled_from(spellings))
    return st.lists(word, min_size=1, max_size=6)


def _sentence(spelled: list[tuple[str, str]], end: str) -> tuple[str, str]:
    """Begins with a capital, so that it never looks like the rest of a broken one."""
    shown, raw = zip(*[("The", "The"), *spelled], strict=True)
    return " ".join(shown) + end, " ".join(raw) + end


def _sentences(spellings) -> st.SearchStrategy[tuple[str, str]]:
    return st.builds(_sentence, _spelled(spellings), st.sampled_from([".", ".", "!", "?", "…", "。"]))


def _joined(parts: list[tuple[str, str]]) -> tuple[str, str]:
    shown, raw = zip(*parts, strict=True)
    return " ".join(shown), " ".join(raw)


def _paragraphs(spellings) -> st.SearchStrategy[tuple[str, str]]:
    return st.lists(_sentences(spellings), min_size=1, max_size=3).map(_joined)


def _assemble(blocks: list[tuple[str, str]], line_end: str, markup: str) -> Written:
    shown = tuple(word for text, _ in blocks for word in text.split())
    return Written("\n\n".join(raw for _, raw in blocks).replace("\n", line_end), shown, markup)


def _wrapped(paragraph: tuple[str, str], every: int) -> tuple[str, str]:
    """The same over several lines: every few spaces a line end."""
    shown, raw = paragraph
    parts = raw.split(" ")
    lines = [" ".join(parts[i : i + every]) for i in range(0, len(parts), every)]
    return shown, "\n".join(lines)


def _block(paragraph: tuple[str, str], shape: str) -> tuple[str, str]:
    shown, raw = paragraph
    if shape == "list":
        return shown, f"- {raw}"
    if shape == "quotation":
        return shown, "> " + raw.replace("\n", "\n> ")
    if shape == "heading":
        return shown, f"## {raw}".replace("\n", " ")
    return shown, raw


def plain_articles() -> st.SearchStrategy[Written]:
    """Paragraphs on a line each, no markup."""
    blocks = st.lists(_paragraphs(PLAIN), min_size=1, max_size=5)
    return st.builds(_assemble, blocks, st.sampled_from(LINE_ENDS), st.just("text"))


def marked_articles() -> st.SearchStrategy[Written]:
    """Wrapped lines, headings, lists, block quotations, emphasis, links, code, escapes and entities."""
    wrapped = st.builds(_wrapped, _paragraphs(MARKED), st.integers(3, 12))
    opening = _spelled(MARKED).map(lambda words: _sentence(words, "."))
    shapes = st.sampled_from(["prose", "prose", "list", "quotation", "heading"])
    blocks = st.lists(st.builds(_block, wrapped, shapes), max_size=4)
    return st.builds(
        lambda head, rest, line_end, markup: _assemble([head, *rest], line_end, markup),
        opening,
        blocks,
        st.sampled_from(LINE_ENDS),
        st.sampled_from(["text", "markdown"]),
    )


def articles() -> st.SearchStrategy[Written]:
    return plain_articles() | marked_articles()


def broken_articles() -> st.SearchStrategy[Written]:
    """Prose that extraction broke in mid-sentence: a blank line between two words, the second in small letters."""
    tail = st.lists(st.sampled_from(["harbour", "ferry", "of", "the", "port", "паром"]), min_size=2, max_size=30)
    return st.builds(
        lambda words, at: Written(
            "The minister said that "
            + " ".join(words[: at % len(words)])
            + "\n\n"
            + " ".join(words[at % len(words) :])
            + ".",
            tuple(f"The minister said that {' '.join(words)}.".split()),
        ),
        tail,
        st.integers(0, 29),
    )


def noise() -> st.SearchStrategy[str]:
    """Anything a file may hold, most of it markup that never ends."""
    return st.text(st.sampled_from(NOISE), max_size=200) | st.text(max_size=100)
