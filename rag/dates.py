"""A date, however it is written → ISO at the precision that is known. Whole strings only, never relative dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from rag.quiet import quiet

LONGEST = 80
"""Characters: room for a weekday, a time and a zone in any language; longer is a sentence."""

EARLIEST_YEAR, LATEST_YEAR = 1400, 2199
"""Printed news begins about 1600; years outside are other calendars (2567 is Thai for 2024) or not years at all."""

LANGUAGES = (
    "en",
    "fr",
    "de",
    "es",
    "it",
    "pt",
    "nl",
    "ru",
    "uk",
    "pl",
    "cs",
    "sk",
    "bg",
    "ro",
    "hu",
    "sv",
    "da",
    "nb",
    "fi",
    "el",
    "tr",
    "he",
    "ar",
    "fa",
    "hi",
    "id",
    "vi",
    "ja",
    "ko",
    "zh",
)
"""Asked when no language is given. All 200 of dateparser take 4 s to load and read `no 2024` as a date in Dyo."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month>" + "|".join(_MONTHS) + r")\.?"
_WEEKDAY = r"(?:(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_TIME = (
    r"(?:[,\s]\s*(?:(?:at|-|–|—|\||•|·)\s*)?\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d{1,9})?)?"
    r"(?:\s?[ap]\.?m\.?)?(?:\s?(?:\(?[a-z]{1,5}\)?|(?:gmt|utc)?[+-]\d{1,2}:?\d{2}))?)?"
)
_WRITTEN = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"{_WEEKDAY}{_MONTH}\s*{_DAY},?\s+(?P<year>\d{{4}}){_TIME}",  # October 27, 2025
        rf"{_WEEKDAY}{_DAY}[.\s-]\s*(?:of\s+)?{_MONTH},?[\s-]\s*(?P<year>\d{{4}}){_TIME}",  # 27 October 2025
        rf"(?P<year>\d{{4}})[.,]?\s+{_MONTH}\s+{_DAY}\.?",  # 2025 October 27
        rf"{_MONTH},?\s+(?:of\s+)?(?P<year>\d{{4}})",  # October 2025
    )
)
_ISO = re.compile(r"(?P<year>\d{4})(?:(?P<mark>[-/.])(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2}))?)?", re.ASCII)
_ISO_TIME = re.compile(
    r"(?P<day>\d{4}-?\d{2}-?\d{2})[Tt ]\s?\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?)?"
    r"\s?(?:Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", re.ASCII)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})\.?", re.ASCII)
"""Day first in every language that writes dots with the year last, so no language is needed."""


def iso_date(value: object, *, languages: Sequence[str] | None = None) -> str | None:
    """`2024`, `2024-11` or `2024-11-06`, or None where `value` is not one whole, absolute date.

    Takes strings, `date` and `datetime` (the day as written, in its own zone), and numbers (a year, YYYYMMDD,
    or seconds or milliseconds since 1970). `06/11/2024` is read as `languages` write it, month first by default.
    """
    if isinstance(value, datetime | date):
        return _iso(value.year, value.month, value.day)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    if not text or len(text) > LONGEST:
        return None
    return _from_text(text, tuple(languages or ()))


def _iso(year: int, month: int | None = None, day: int | None = None) -> str | None:
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    if month is None:
        return f"{year:04}"
    try:
        date(year, month, day or 1)
    except ValueError:
        return None
    return f"{year:04}-{month:02}" if day is None else f"{year:04}-{month:02}-{day:02}"


def _from_number(value: float) -> str | None:
    if not abs(value) < 1e15:
        return None
    if value == int(value):
        if EARLIEST_YEAR <= value <= LATEST_YEAR:
            return _iso(int(value))
        if compact := _COMPACT.fullmatch(str(int(value))):
            return _iso(*(int(part) for part in compact.groups()))
    for unit in (1, 1000):
        if 1e8 <= value / unit < 4e9:
            # from 1973 to 2096: smaller numbers are counts, not times
            return datetime.fromtimestamp(value / unit, UTC).date().isoformat()
    return None


@lru_cache(maxsize=4096)
def _from_text(text: str, languages: tuple[str, ...]) -> str | None:
    if timestamp := _ISO_TIME.fullmatch(text):
        text = timestamp["day"]
    for shape in (_ISO, _COMPACT, _DOTTED):
        if match := shape.fullmatch(text):
            year, month, day = (int(part) if part else None for part in match.group("year", "month", "day"))
            return _iso(year or 0, month, day)
    for shape in _WRITTEN:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            month = _MONTHS[parts["month"].lower()]
            return _iso(int(parts["year"]), month, int(parts["day"]) if parts.get("day") else None)
    return _by_dateparser(text, languages) if _plausible(text) else None


_YEAR = re.compile(r"(?<!\d)\d{4}(?!\w)|(?<!\d)\d{4}(?=[年년])")


def _plausible(text: str) -> bool:
    """One four-digit year, something beside it, and few enough words: what is worth asking dateparser about."""
    return len(_YEAR.findall(text)) == 1 and len(text) > 6 and len(text.split()) <= 8


def _by_dateparser(text: str, languages: tuple[str, ...]) -> str | None:
    with quiet("dateparser"):
        for known in (languages, LANGUAGES) if languages else (LANGUAGES,):
            if found := _ask_dateparser(text, known, ["day", "month", "year"]):
                return _iso(found.year, found.month, found.day)
            # a month is a word: "1st 2024" is not January
            only_year = len(re.findall(r"\d+", text)) == 1
            if only_year and (found := _ask_dateparser(text, known, ["month", "year"])):
                return _iso(found.year, found.month)
    return None


def _ask_dateparser(text: str, languages: tuple[str, ...], required: list[str]) -> date | None:
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]

    # absolute-time alone: the other parsers read "yesterday", bare numbers and times of day
    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": required}
    try:
        data = DateDataParser(languages=list(languages), settings=settings).get_date_data(text)
    except Exception:  # an unknown language code, or one of its own errors on odd input
        return None
    if data.date_obj is None or data.period not in ("day", "month", "time"):
        return None
    if (data.locale or "").startswith("en") and re.search("[a-z]{3}", text, re.IGNORECASE):
        # English dates in words have matched above; dateparser also takes "We met on 6 May 2024" for one
        return None
    return data.date_obj.date()  # type: ignore[no-any-return]
