"""HTML → the blocks of its article, with source lines, and metadata. The only room that knows lxml and trafilatura.

Trafilatura decides which parts of the page are the article; their text is then taken from the page itself, so that a
quote reads as the page does.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from rag.decoding import decode
from rag.fields import web_address
from rag.pagemetadata import page_metadata
from rag.quiet import quiet
from rag.schema import Block, Metadata
from rag.segments import Container, Segment, Segmenter

_DROPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "iframe", "object", "svg", "canvas", "audio", "video", "button"),
        *("select", "option", "textarea", "input", "dialog", "datalist", "map"),
    )
)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_QUIET = ("trafilatura", "htmldate", "courlan", "justext", "charset_normalizer", "readability")

MOST_ELEMENTS = 30_000
"""Of a page that trafilatura is asked about: it took 17 s for 60,000 paragraphs, 0.3 ms each. A larger page is a list
or a book, and read as it is."""
LOST_SHARE = 0.5
"""Of the text in the page's own paragraphs: trafilatura kept less, so the paragraphs of the page are taken instead."""
SHORT_PAGE = 6000
"""Characters of paragraphs in a page without `<article>`: to here losing half is a mistake, above it may be teasers."""
KEY_LENGTH = 48
"""Letters and digits that find a block in the page again, about eight words: trafilatura may change what follows."""


def page_text(data: bytes, charset: str | None = None) -> str:
    """The HTML as text: by byte order mark, then by the charset of the server or of the page, then by evidence."""
    if charset is None:
        head = data[:4096]
        found = re.search(rb"(?i)charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", head) or re.search(
            rb"(?i)^\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w.:-]{2,40})", head
        )
        charset = found[1].decode("ascii") if found else None
    return decode(data, charset)


def read_page(html: str, *, url: str | None = None) -> tuple[tuple[Block, ...], Metadata]:
    """Blocks of the article in a page (none where it has no text) and its metadata. `url`: where it was fetched."""
    tree = _parse(html)
    if tree is None:
        return (), Metadata()
    with quiet(*_QUIET):
        small = sum(1 for _ in tree.iter()) <= MOST_ELEMENTS
        metadata = page_metadata(tree, _described(tree, url) if small else None, url, _saved_from(html))
        _drop_unseen(tree)
        page = _segments(tree)
        wanted = _extracted(tree) if small else []
    found = _matched(wanted, page.segments)
    own = _own_article(page)
    if not wanted or _loses_text(found, own, page.segments):
        found = dict.fromkeys(_own_paragraphs(own, page.segments))
    return _in_page_order(found, page.segments, metadata.title), metadata


def fragment_blocks(html: str) -> tuple[Block, ...]:
    """Blocks of a piece of (X)HTML that is all article: a chapter of a book, the content of a feed's item."""
    tree = _parse(_SELF_CLOSED.sub(r"<\1\2></\1>", html))
    if tree is None:
        return ()
    _drop_unseen(tree)
    segments = (segment for segment in _segments(tree).segments if segment.tag != "nav")
    return tuple(Block(segment.text, segment.kind) for segment in segments)


_SELF_CLOSED = re.compile(r"<((?!(?:br|hr|img|input|meta|link)\b)[a-zA-Z][\w:-]*+)([^<>]*)/>")
"""An HTML parser takes `<title/>` for an opening tag, and the whole chapter for the title."""


_CONTROLS = dict.fromkeys([*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0xFFFE, 0xFFFF])
"""No text, and lxml refuses to write what it has read of them."""


_CROWDED = re.compile(r"<([a-zA-Z][^\s<>]*+)(?:\s++[^\s<>]++){500,}+")
"""Tags with so many lose their attributes: libxml2 compares each with all before, and took 5 s over 15,000."""


def _parse(html: str) -> Any:
    """The tree, or None for nothing. Entities of a DTD are never resolved and nothing is fetched."""
    from lxml import etree  # type: ignore[import-untyped]
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    text = _CROWDED.sub(r"<\1", html.translate(_CONTROLS))
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return root if root.find("body") is not None else None


def _segments(tree: Any, *, lines: bool = True) -> Segmenter:
    from lxml import etree

    body = tree.find("body")
    return Segmenter(lines=lines).walk(etree.iterwalk(tree if body is None else body, events=("start", "end")))


def _drop_unseen(tree: Any) -> None:
    """Takes out what a browser does not show, in place; text after it stays."""
    from lxml import etree

    unseen = [
        element
        for element in tree.find("body").iterdescendants()
        if element.tag in _DROPPED
        or "hidden" in element.attrib
        or element.get("aria-hidden", "").strip().lower() == "true"
        or _UNSEEN.search(element.get("style", ""))
    ]
    for element in unseen:
        element.tag = "unseen"
    # by tag, since lxml's way of dropping one element fails beside control characters
    etree.strip_elements(tree, "unseen", with_tail=False)


def _described(tree: Any, url: str | None) -> Any:
    """Trafilatura's reading of the page's metadata, or None. Dates it would have to guess from running text are not
    asked for: a copyright line dated many a page 1 January."""
    import trafilatura

    try:
        return trafilatura.extract_metadata(tree, url, {"original_date": True, "extensive_search": False})
    except Exception:
        return None


_SAVED = re.compile(r"<!--[^>]{0,200}?(?:saved from url=\(\d+\)|\burl:\s*)(https?://[^\s<>\"]+)")


def _saved_from(html: str) -> str | None:
    """The address that browsers write on top of a page they save."""
    found = _SAVED.search(html[:5000])
    return web_address(found[1]) if found else None


def _extracted(tree: Any) -> list[Segment]:
    import trafilatura

    try:
        document: Any = trafilatura.bare_extraction(tree, include_comments=False, include_formatting=False)
    except Exception:  # its heuristics meet pages nobody thought of; the page's own paragraphs are read then
        return []
    return _segments(document.body, lines=False).segments if document is not None else []


_Found = dict[float, Block | None]
"""Place in the page → None, or the block itself where the page does not have it (its place is then between two)."""


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text[: KEY_LENGTH * 4].casefold()))[:KEY_LENGTH]


def _matched(wanted: Sequence[Segment], page: Sequence[Segment]) -> _Found:
    """Where each wanted block stands in the page; what is not found there keeps its extracted text, after the last."""
    places: dict[str, list[int]] = {}
    for i, segment in enumerate(page):
        places.setdefault(_key(segment.text), []).append(i)
    found: _Found = {}
    at, last = 0, -1.0
    for segment in wanted:
        candidates = places.get(_key(segment.text), [])
        ahead = bisect_left(candidates, at)
        # repeated text is taken from here on; text met once is where it is, even behind
        place = candidates[ahead] if ahead < len(candidates) else candidates[0] if len(candidates) == 1 else None
        if place is not None and _alike(segment.text, page[place].text):
            found[place] = None
            at, last = max(at, place + 1), float(place)
        else:
            last += 1e-6
            found[last] = Block(segment.text, segment.kind)
    return found


def _alike(extracted: str, original: str) -> bool:
    return len(original) <= 2 * len(extracted) + 20 and len(extracted) <= 2 * len(original) + 20


def _own_article(page: Segmenter) -> Container:
    """The fullest `<article>` or `<main>` if it holds half of the text, else the whole body."""

    def size(container: Container) -> int:
        inside = page.segments[container.start : container.end]
        return sum(len(s.text) for s in inside if s.tag in ("p", "li", "blockquote") and not s.chrome)

    whole = Container("body", 0, len(page.segments))
    best = whole
    for tag in ("main", "article"):
        fullest = max((c for c in page.containers if c.tag == tag), key=size, default=whole)
        if size(fullest) * 2 > size(best):
            best = fullest
    return best


def _own_paragraphs(own: Container, page: Sequence[Segment]) -> list[float]:
    """Places of its paragraphs, headings and items; of any text where it has none of these."""
    places = [i for i in range(own.start, own.end) if not page[i].chrome]
    return [float(i) for i in places if page[i].in_text_block] or [float(i) for i in places]


def _loses_text(found: _Found, own: Container, page: Sequence[Segment]) -> bool:
    """Whether less than half of the page's own paragraphs was found, where these are sure to be the article."""
    texts = {place: page[int(place)] for place in _own_paragraphs(own, page)}
    sizes = {place: len(segment.text) for place, segment in texts.items() if segment.kind in (None, "list")}
    total = sum(sizes.values())
    kept = sum(size for place, size in sizes.items() if place in found)
    return kept < LOST_SHARE * total and (own.tag == "article" or total <= SHORT_PAGE)


def _in_page_order(found: _Found, page: Sequence[Segment], title: str) -> tuple[Block, ...]:
    """With the headline, and with the captions between the first block and the last."""
    chosen = dict(found)
    inside = [int(place) for place, block in found.items() if block is None]
    if inside:
        headline = _headline(page, max(inside), title)
        if headline is not None:
            chosen.setdefault(headline)
            inside.append(headline)
        for i in range(min(inside), max(inside)):
            if page[i].kind == "caption" and not page[i].chrome:
                chosen.setdefault(i)
    return tuple(block or _block(page[int(place)]) for place, block in sorted(chosen.items(), key=lambda item: item[0]))


def _headline(page: Sequence[Segment], before: int, title: str) -> int | None:
    """The `<h1>` that says the title, wherever the page's template has it; else the only one in the page's body."""
    first = [i for i, segment in enumerate(page[:before]) if segment.tag == "h1"]
    same = [i for i in first if _key(page[i].text) == _key(title)]
    inner = [i for i in first if not page[i].chrome]
    return same[0] if same else inner[0] if len(inner) == 1 else None


def _block(segment: Segment) -> Block:
    return Block(segment.text, segment.kind, segment.line)
