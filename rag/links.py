"""Addresses that may be followed: web pages at the quoted words (text fragments), and files. All else is no link."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit

from rag.excerpts import quoted_runs
from rag.sanitising import safe
from rag.schema import Citation, Passage
from rag.wording import is_file, people_path

_EXACT_WORDS = 12
"""Quotes up to this many words are looked for whole; longer ones by their first and last words, as browsers advise."""
_ENDS = 5


def web_link(url: str | None) -> str | None:
    """The address, percent-encoded, if it is plain http or https; None if a click on it could do anything else."""
    address = safe(url or "").strip()
    try:
        parts = urlsplit(address)
        # `https://known.example@other.example/` reads as one place and leads to another.
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return None
    except ValueError:
        return None
    return quote(address, safe="%/:?#[]@!$&'()*+,;=~")


def file_link(path: str) -> str | None:
    """`file://` address of an absolute path."""
    if not is_file(path) or not os.path.isabs(path):
        return None
    try:
        return Path(path).as_uri()
    except ValueError:
        return None


def sendable_path(path: str) -> str:
    """A file in words that may be passed on: relative to the current folder if it lies beneath, else its name alone.

    An absolute path would tell strangers what the machine's user is called and how the folders are.
    """
    shown = people_path(path)
    if not is_file(path) or (not os.path.isabs(shown) and not _names_home(path)):
        return shown
    return os.path.basename(shown)


def _names_home(path: str) -> bool:
    """Whether a path beneath the current folder tells the home folder's name: when one stands above that, as in /."""
    home = os.path.expanduser("~")
    return path.startswith(os.path.join(home, "")) and not Path.cwd().is_relative_to(home)


def quote_link(url: str | None, quotes: Iterable[str]) -> str | None:
    """The web address with a text fragment, so that the browser scrolls to the quotes and marks them."""
    address = web_link(url)
    directives = [_directive(text) for text in quotes if text.strip()]
    if address is None or not directives:
        return address
    page, _, anchor = address.partition("#")
    return f"{page}#{anchor.partition(':~:')[0]}:~:text={'&text='.join(directives)}"


def citation_link(citation: Citation) -> str | None:
    """The article's page on the web, at the words quoted."""
    paragraph = citation.passage.paragraph
    runs = quoted_runs(paragraph, citation.quotes)
    address = web_address(citation.passage.metadata.url, citation.passage.path)
    return quote_link(address, [paragraph.text[start:end] for start, end in runs])


def passage_link(passage: Passage) -> str | None:
    """The article's page on the web, at the paragraph."""
    return quote_link(web_address(passage.metadata.url, passage.path), [passage.paragraph.text])


def web_address(url: str | None, path: str) -> str | None:
    """Where the article is on the web: what its metadata says, else where it was read from; None for a file."""
    return url or (None if is_file(path) else path)


def _directive(text: str) -> str:
    words = safe(text).split()
    if len(words) <= _EXACT_WORDS:
        return _term(words)
    return f"{_term(words[:_ENDS])},{_term(words[-_ENDS:])}"


def _term(words: list[str]) -> str:
    # The dash marks a prefix or suffix in a text directive, so it is encoded although addresses allow it.
    return quote(" ".join(words), safe="").replace("-", "%2D")
