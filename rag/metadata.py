"""Metadata that stands in the text itself: bylines, dates, addresses, titles, and publishers by their address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from rag.blocks import Draft
from rag.characters import Traced
from rag.cleaning import clean_spans
from rag.dates import iso_date
from rag.fields import cut
from rag.kinds import looks_like_heading
from rag.schema import Metadata, Span

_HEAD = 10
"""Blocks from the top in which titles, bylines and dates are looked for."""
_RUNNING_TEXT = 200
"""Characters. Below a paragraph as long as this a date without a label is part of what the article tells."""
_BYLINE_LENGTH = 120
_ASIDE = 30
"""Characters. A place, a paper or "5 min read" beside a name or date; a longer text beside it is a title."""
_BYLINE = re.compile(
    r"(?:(?:written |words )?by|authors?|autor(?:in)?|auteur|автор|von|par|por)(?:\s*(:)\s*|\s+)(\S.{1,120})",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\s][^\r\n]*")
_PARTS = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+")
"""What stands between the facts of one line: "By Jane Doe | May 6, 2024"."""
_LABELLED_DATE = re.compile(
    r"((?:first |last |originally )?(?:date|published|posted|updated|modified)|дата|опубликовано|обновлено|"
    r"veröffentlicht|aktualisiert|datum|publié|publicado|pubblicato|fecha|data)(?: (?:on|am|le|el|il))?\s*:?\s+(.+)",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"last|.*(?:updated|modified)|обновлено|aktualisiert", re.IGNORECASE)
_LEADING_DATE = re.compile(r"(?:date|published|posted)\s*:?\s+(\d{4}-\d{2}-\d{2})\b[\s:—–-]*", re.IGNORECASE)
_URL_LABEL = re.compile(
    r"(?:original(?: article)?(?: url| link)?|source(?: url)?|url|link|permalink)\s*:\s*(.*)", re.IGNORECASE
)
_URL = re.compile(r"<?(https?://[^\s<>]+)>?", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*(,|;|&|/|\b(?:and|und|et|y|и)\b)\s*")
_AFTER_NAME = re.compile(r"\s(?:for|in|at|of|from|with|via|special to|reporting|as told to)\s.*")
_NAME_WORD = re.compile(r"[^\W\d_][\w.’'-]*")
_PARTICLES = re.compile(r"de|del|della|der|den|di|da|dos|du|van|von|al|bin|ibn|la|le|ten|ter|y|zu")
_NO_PERSON = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december|times|post|news|press|reuters|herald|tribune|journal|gazette|agency|staff|media|magazine|writer|"
    r"correspondent|editor|reporter|columnist|contributor|analyst|professor|director|bureau|desk|service|university)\b|"
    r"^(?:new|san|los|las|saint|st|santa|hong|tel|abu|buenos|mexico|cape|kuala|phnom|addis|rio|são|sao|salt|washington)\b",
    re.IGNORECASE,
)
"""Months, outlets, roles, and how the names of cities of two words begin."""
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_TITLE_LENGTH = 80
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"})
"""Labels that stand before the country: bbc.co.uk."""
_NAME_WORDS = 8
_POSSESSIVE = re.compile(r"[’']s\W*$")

_FIELDS = ("title", "authors", "publisher", "published", "url", "language")

_WRITTEN_BY_PROGRAMS = ("pdf info", "document properties")
"""Origins that a byline beats: the day a page was printed is not the day it was published."""

_Fact = tuple[str, object, str]
"""Field, value, where it was found."""


def from_head(found: list[Draft], raw: str, known: Metadata) -> tuple[list[Draft], Metadata]:
    """Authors and date from the lines at the top, which become bylines; splits those off that stand with other text.

    To be read before broken paragraphs are joined: "by Jane Doe" is not the rest of the title. As with `from_text`,
    facts already known are never replaced.
    """
    found = _split_leading_date(found, raw)
    found = [part for draft in found[:_HEAD] for part in _split_lines(draft, raw, known.language)] + found[_HEAD:]
    facts = list(_head_facts(found[:_HEAD], known.language))
    updated = [("published", value, origin) for name, value, origin in facts if name == "updated"]
    return found, _learned(known, [*(fact for fact in facts if fact[0] in _FIELDS), *updated])


def from_text(found: list[Draft], known: Metadata) -> Metadata:
    """Address, title and publisher; marks the drafts that hold them."""
    known = _learned(known, [*_read_url(found), *_title(found, known)])
    return _learned(known, _publisher(known, found))


def _learned(known: Metadata, facts: Iterable[_Fact]) -> Metadata:
    """What is known and, of what is not or was written by a program, the first that was found of each field."""
    values: dict[str, object] = {}
    origins = dict(known.origins)
    for name, value, origin in facts:
        beatable = not getattr(known, name) or known.origins.get(name) in _WRITTEN_BY_PROGRAMS
        if value and beatable and name not in values:
            values[name] = value
            origins[name] = origin
    return replace(known, **values, origins=origins)  # type: ignore[arg-type]


def _split_leading_date(found: list[Draft], raw: str) -> list[Draft]:
    """`date 2024-11-06 While President …` is a date line and a paragraph."""
    if not found or found[0].kind is not None:
        return found
    first = found[0]
    match = _LEADING_DATE.match(first.text)
    if match is None or match.end() == len(first.text):
        return found
    halves = [_slice(first, 0, match.end(1)), _slice(first, match.end(), len(first.text))]
    # markup that reaches from one half into the other would be read otherwise in the halves
    whole = all(clean_spans(raw, half.spans).text == half.text for half in halves if half.spans)
    return [*halves, *found[1:]] if whole else found


def _split_lines(draft: Draft, raw: str, language: str | None) -> list[Draft]:
    """A title with a byline on the next line is two paragraphs; so are all short lines among which there is one."""
    if draft.kind is not None or len(draft.spans) != 1 or len(draft.text) > _RUNNING_TEXT:
        return [draft]
    first = draft.spans[0].start
    lines = [Span(first + m.start(), first + m.end()) for m in _LINE.finditer(raw[first : draft.spans[0].end])]
    parts = [part for line in lines if (part := Draft(clean_spans(raw, [line]), spans=[line])).text]
    told = (_part_facts(text, language, labelled_only=False) for part in parts for text in _PARTS.split(part.text))
    return parts if len(parts) > 1 and any(any(facts) for facts in told) else [draft]


def _slice(draft: Draft, start: int, end: int) -> Draft:
    traced = draft.traced
    if not traced.starts:
        return Draft(Traced(traced.text[start:end], (), ()), draft.kind, [], draft.line, draft.page)
    part = Traced(traced.text[start:end], traced.starts[start:end], traced.ends[start:end])
    low, high = part.starts[0], part.ends[-1]
    spans = [Span(max(s.start, low), min(s.end, high)) for s in draft.spans if s.end > low and s.start < high]
    return Draft(part, draft.kind, spans, draft.line, draft.page)


def _head_facts(head: list[Draft], language: str | None) -> Iterator[_Fact]:
    """`authors`, `published` and `updated` from short lines at the top; those that hold little else become bylines."""
    running = False
    for draft in head:
        running = running or len(draft.text) > _RUNNING_TEXT
        if draft.kind not in (None, "byline") or draft.level or len(draft.text) > _BYLINE_LENGTH:
            continue
        parts = _PARTS.split(draft.text)
        found = [list(_part_facts(part, language, labelled_only=running)) for part in parts]
        if any(found) and all(facts or len(part) <= _ASIDE for part, facts in zip(parts, found, strict=True)):
            draft.kind = "byline"
        facts = [fact for part in found for fact in part]
        origin = "byline" if any(name == "authors" for name, _ in facts) else "date line"
        yield from ((name, value, origin) for name, value in facts)


def _part_facts(text: str, language: str | None, *, labelled_only: bool) -> Iterator[tuple[str, object]]:
    if match := _BYLINE.fullmatch(text):
        names = _names(match.group(2), strict=match.group(1) is None)
        if names and not (labelled_only and match.group(1) is None):
            yield "authors", names
            if date := _date(match.group(2).partition(",")[2].strip(), language):
                yield "published", date
    elif match := _LABELLED_DATE.fullmatch(text):
        if date := iso_date(match.group(2), languages=[language] if language else None):
            yield "updated" if _UPDATED.match(match.group(1)) else "published", date
    elif not labelled_only and (date := _date(text, language)):
        yield "published", date


def _date(text: str, language: str | None) -> str | None:
    """A date that stands without a label: figures alone are a number, or a title."""
    return iso_date(text, languages=[language] if language else None) if re.search(r"\d\D|\D\d", text) else None


def _names(text: str, *, strict: bool) -> tuple[str, ...]:
    """People in a byline; what follows them (a place, an agency, a role) is left out.

    `strict`: without a colon ("By noon on Friday") the first part must look like a name. A part after a comma is a
    person where an "and" comes later, or where there is none at all ("Jane Doe and John Roe, Lagos").
    """
    pieces = _BETWEEN_NAMES.split(text.strip(" .*_"))
    parts, between = pieces[::2], ["", *pieces[1::2]]
    last_and = max((i for i, mark in enumerate(between) if mark not in ("", ",")), default=len(parts))
    first = _AFTER_NAME.sub("", parts[0])
    if not _is_person(first):
        return () if strict or len(first) < 3 else (first,)
    others = [
        _AFTER_NAME.sub("", part)
        for part in parts[1 : last_and + 1]
        if first.isupper() or not any(len(word) > 1 and word.isupper() and "." not in word for word in part.split())
    ]
    return (first, *(name for name in others if _is_person(name) and not _NO_PERSON.search(name)))


def _is_person(text: str) -> bool:
    """Two to five words with capitals, particles aside; not a day of the week."""
    words = text.split()
    if not 2 <= len(words) <= 5 or _WEEKDAY.search(text):
        return False
    named = [bool(_NAME_WORD.fullmatch(word)) and not word[0].islower() for word in words]
    return named[-1] and all(ok or _PARTICLES.fullmatch(word) for ok, word in zip(named, words, strict=True))


def _read_url(found: list[Draft]) -> Iterator[_Fact]:
    """`Original url:` with the address beside or below it."""
    for i, draft in enumerate(found):
        if len(draft.text) > 2100 or not (match := _URL_LABEL.fullmatch(draft.text)):
            continue
        below = found[i + 1] if not match.group(1) and i + 1 < len(found) else None
        if url := _URL.fullmatch((below.text if below else match.group(1)).strip()):
            yield "url", url.group(1), "text"
            draft.kind = "boilerplate"
            if below:
                below.kind = "boilerplate"


def _title(found: list[Draft], known: Metadata) -> Iterator[_Fact]:
    head = found[:_HEAD]
    if known.title:
        for draft in head:
            if draft.kind in (None, "heading") and same_words(draft.text, known.title):
                draft.kind = "heading"
        return
    marked = [draft for draft in head if draft.level == 1] or [draft for draft in head[:3] if draft.level]
    if marked:
        yield "title", cut(marked[0].text), "heading"
        return
    rest = [draft for draft in found if draft.kind is None]
    if len(rest) > 1 and _looks_like_title(rest[0].text, rest[1:]):
        rest[0].kind = "heading"
        yield "title", rest[0].text, "first line"
    elif rest:
        yield "title", _opening(rest[0].text), "opening words"


def same_words(one: str, other: str) -> bool:
    """Whether two titles differ in case, quotation marks and punctuation only."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _looks_like_title(text: str, following: list[Draft]) -> bool:
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


def _publisher(metadata: Metadata, found: list[Draft]) -> Iterator[_Fact]:
    """The publisher by the address: the name in the text that the domain spells, else the domain."""
    if metadata.publisher or not metadata.url:
        return
    host, label = _domain(metadata.url)
    name = _spelled(label, found) if label else None
    yield "publisher", name or host, "url, as named in the text" if name else "url"


def _domain(url: str) -> tuple[str, str]:
    """Host, and its label that names the site: `www.bbc.co.uk` → `bbc.co.uk`, `bbc`. Numbers name nothing."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return "", ""
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host, ""
    country = len(labels) > 2 and labels[-2] in _SECOND_LEVEL
    return host, labels[-3 if country else -2 if len(labels) > 1 else -1].replace("-", "")


def _spelled(label: str, found: list[Draft]) -> str | None:
    """Words of the text that, run together, are the label of the domain: "The Moscow Times" for themoscowtimes."""
    for draft in reversed(found):
        words = draft.text.split()
        for at, word in enumerate(words):
            if not word.islower() and (name := _spelling(label, words[at : at + _NAME_WORDS])):
                return name
    return None


def _spelling(label: str, words: list[str]) -> str | None:
    """The first of the words that together spell the label; the last without its possessive."""
    spelled = ""
    for size, word in enumerate(words, 1):
        for last in (word, _POSSESSIVE.sub("", word)):
            if spelled + _letters(last) == label:
                return re.sub(r"^\W+|\W+$", "", " ".join([*words[: size - 1], last]))
        spelled += _letters(word)
        if not spelled or not label.startswith(spelled):
            return None
    return None


def _letters(word: str) -> str:
    return re.sub(r"[\W_]|[^\x00-\x7f]", "", unicodedata.normalize("NFKD", word)).lower()
