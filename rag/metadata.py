"""Metadata that stands in the text itself: bylines, dates, original addresses, titles, and publishers by their address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from rag.blocks import Draft
from rag.cleaning import Traced
from rag.dates import iso_date
from rag.kinds import looks_like_heading
from rag.schema import Metadata, Span

_HEAD = 10
"""Blocks from the top in which bylines and dates are looked for."""
_BYLINE = re.compile(r"^(?:written |words )?(by|author|authors|autor|автор)\b(\s*:)?\s+(\S.{1,120})$", re.IGNORECASE)
_DATED = re.compile(
    r"^(?:(?:date|published|posted|updated|first published|last updated)(?: on)?\s*:?\s+)?(.{4,40}?)$", re.IGNORECASE
)
_LEADING_DATE = re.compile(r"(?:date|published|posted)\s*:?\s+(\d{4}-\d{2}-\d{2})\b[\s:—–-]*", re.IGNORECASE)
_TIME = re.compile(r"[,\s]+(?:at\s+)?\d{1,2}[:.]\d{2}(?:\s*[ap]\.?m\.?)?(?:\s+[A-Z]{2,5})?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_URL_LABEL = re.compile(r"^(?:original(?: article)?(?: url| link)?|source url|url|link|permalink)\s*:\s*(.*)$", re.IGNORECASE)
_URL = re.compile(r"^<?(https?://[^\s<>]+)>?$", re.IGNORECASE)
_NAME = re.compile(r"^[^\W\d_][\w.’'-]*(?: (?:de|del|della|der|den|di|da|du|van|von|al|bin|la|le|ten|ter|[^\W\d_][\w.’'-]*)){1,4}$")
_OUTLET = re.compile(r"\b(?:times|post|news|press|reuters|herald|tribune|journal|gazette|agency|staff|media|magazine)\b", re.I)
_TITLE_LENGTH = 80

_Learn = Callable[[str, object, str], None]
"""`learn(field, value, where it was found)`."""


def from_text(found: list[Draft], raw: str, known: Metadata) -> tuple[list[Draft], Metadata]:
    """Fill what `known` lacks from the shapes of the text. Marks bylines as such; may split one off the first block.

    Returns the drafts and the metadata; facts already known are never replaced.
    """
    found = _split_leading_date(found, raw)
    facts: dict[str, object] = {}
    origins = dict(known.origins)

    def learn(name: str, value: object, origin: str) -> None:
        if value and not getattr(known, name) and name not in facts:
            facts[name] = value
            origins[name] = origin

    for draft in found[:_HEAD]:
        if draft.kind in (None, "byline") and not draft.level:
            _read_byline(draft, learn)
    _read_url(found, learn)
    title, origin = _title(found, known)
    learn("title", title, origin)
    metadata = replace(known, **facts, origins=origins)  # type: ignore[arg-type]
    return found, _with_publisher(metadata, found)


def _split_leading_date(found: list[Draft], raw: str) -> list[Draft]:
    """`date 2024-11-06 While President …` is a date line and a paragraph."""
    if not found or found[0].kind is not None:
        return found
    first = found[0]
    match = _LEADING_DATE.match(first.text)
    if match is None or match.end() == len(first.text):
        return found
    head, tail = match.end(1), match.end()
    return [_slice(first, 0, head), _slice(first, tail, len(first.text)), *found[1:]]


def _slice(draft: Draft, start: int, end: int) -> Draft:
    traced = draft.traced
    if not traced.starts:
        return Draft(Traced(traced.text[start:end], (), ()), draft.kind, [], draft.line, draft.page)
    part = Traced(traced.text[start:end], traced.starts[start:end], traced.ends[start:end])
    low, high = part.starts[0], part.ends[-1]
    spans = [Span(max(s.start, low), min(s.end, high)) for s in draft.spans if s.end > low and s.start < high]
    return Draft(part, draft.kind, spans, draft.line, draft.page)


def _read_byline(draft: Draft, learn: _Learn) -> None:
    """Authors and date from one short line; the line becomes a byline if it held any."""
    if len(draft.text) > 120:
        return
    held = False
    for part in re.split(r"\s*[|•·]\s*|\s+[–—]\s+", draft.text):
        if match := _BYLINE.match(part):
            names = _names(match.group(3), strict=match.group(2) is None)
            learn("authors", names, "byline")
            held = held or bool(names)
        elif date := _date(part):
            learn("published", date, "byline" if held else "date line")
            held = True
    if held:
        draft.kind = "byline"


def _date(text: str) -> str | None:
    match = _DATED.match(text.strip())
    if match is None or not re.search(r"\d", text):
        return None
    return iso_date(_WEEKDAY.sub("", _TIME.sub("", match.group(1))))


def _names(text: str, *, strict: bool) -> tuple[str, ...]:
    """People in a byline; what follows them (a place, an agency, a role) is left out.

    `strict`: without a colon ("By noon on Friday") every part must look like a name.
    """
    names = []
    for i, part in enumerate(re.split(r"\s*(?:,|;|&|/|\band\b|\bund\b|\bet\b)\s*", text.strip(" .*_"))):
        proper = bool(_NAME.match(part)) and part[0].isupper() and part.rsplit(" ", 1)[-1][0].isupper()
        acronym = any(len(word) > 1 and word.isupper() and "." not in word for word in part.split())
        if i == 0 and not proper:
            return () if strict or len(part) < 3 else (part,)
        if proper and (i == 0 or not (acronym or _OUTLET.search(part))):
            names.append(part)
    return tuple(names)


def _read_url(found: list[Draft], learn: _Learn) -> None:
    """`Original url:` with the address beside or below it."""
    for i, draft in enumerate(found):
        if len(draft.text) > 2100 or not (match := _URL_LABEL.match(draft.text)):
            continue
        below = found[i + 1] if not match.group(1) and i + 1 < len(found) else None
        if url := _URL.match((below.text if below else match.group(1)).strip()):
            learn("url", url.group(1), "text")
            draft.kind = "boilerplate"
            if below:
                below.kind = "boilerplate"


def _title(found: list[Draft], known: Metadata) -> tuple[str, str]:
    if known.title:
        for draft in found[:_HEAD]:
            if draft.text.casefold() == known.title.casefold():
                draft.kind = "heading"
        return "", ""
    headings = [draft for draft in found if draft.level]
    top = next((d for d in headings if d.level == 1), headings[0] if headings and headings[0] in found[:3] else None)
    if top is not None:
        return top.text, "heading"
    rest = [draft for draft in found if draft.kind is None]
    if len(rest) > 1 and looks_like_title(rest[0].text, rest[1:]):
        rest[0].kind = "heading"
        return rest[0].text, "first line"
    return (_opening(rest[0].text), "opening words") if rest else ("", "")


def looks_like_title(text: str, following: list[Draft]) -> bool:
    """A first line shorter than the text it heads; titles may run longer than headings inside the text."""
    longer = next((d.text for d in following if len(d.text) > len(text)), "")
    return bool(longer) and (looks_like_heading(text, longer) or (len(text) <= 120 and text[-1] not in ".,;:"))


def _opening(text: str) -> str:
    """A title made of the first words, cut at a comma or between words."""
    if len(text) <= _TITLE_LENGTH:
        return text.rstrip(".")
    head = text[:_TITLE_LENGTH]
    comma = head.rfind(", ")
    cut = comma if comma > _TITLE_LENGTH // 2 else head.rfind(" ")
    return head[: cut if cut > 0 else _TITLE_LENGTH].rstrip(" ,;:–—-") + "…"


def _with_publisher(metadata: Metadata, found: list[Draft]) -> Metadata:
    """The publisher by the address: the name in the text that the domain spells, else the domain."""
    if metadata.publisher or not metadata.url:
        return metadata
    host = (urlsplit(metadata.url).hostname or "").removeprefix("www.")
    if not host:
        return metadata
    label = host.split(".")[-2] if "." in host else host
    name = _spelled(label.replace("-", ""), found)
    origins = dict(metadata.origins) | {"publisher": "url, as named in the text" if name else "url"}
    return replace(metadata, publisher=name or host, origins=origins)


def _spelled(label: str, found: list[Draft]) -> str | None:
    """Words of the text that, run together, are the label of the domain: "The Moscow Times" for themoscowtimes."""
    for draft in reversed(found):
        words = re.findall(r"[A-Z0-9][\w&’'-]*(?:\s+(?:of|and|the|de|[A-Z0-9][\w&’'-]*))*", draft.text)
        for run in words:
            parts = run.split()
            for size in range(min(6, len(parts)), 0, -1):
                for at in range(len(parts) - size + 1):
                    piece = parts[at : at + size]
                    if re.sub(r"\W", "", "".join(piece)).lower() == label.lower():
                        return " ".join(piece)
    return None
