"""How facts are put into words for people: dates, paths, counts, places. Every string returned is safe to show."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from rag.briefing_schema import Briefing
from rag.sanitising import safe
from rag.schema import Answer, Citation, Filters, IngestReport, Metadata, Paragraph

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DATE = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2})?(?:Z|\+00:00)", re.ASCII)
_ADDRESS = re.compile("[A-Za-z][A-Za-z0-9+.-]+://")

HIGH, MEDIUM = 0.8, 0.65
"""Confidence from which an answer is called high or medium. Below about 0.5 there is an abstention instead."""


def people_date(date: str | None) -> str:
    """`27 October 2025` for an ISO date, at the precision it has; anything else as it stands."""
    found = _DATE.fullmatch(date or "")
    if not found:
        return safe(date or "").strip() or "undated"
    year, month, day = found.groups()
    return " ".join(([str(int(day))] if day else []) + ([_MONTHS[int(month) - 1]] if month else []) + [year])


DAMAGED_TURN = "This answer is damaged in the store and cannot be read."
"""Stands where the answer of a turn would."""


def people_moment(moment: str) -> str:
    """`27 October 2025, 14:02 UTC` for an ISO time in UTC; anything else as it stands."""
    found = _MOMENT.fullmatch(moment)
    return f"{people_date(found[1])}, {found[2]} UTC" if found else safe(moment).strip()


def restrictions(filters: Filters) -> list[str]:
    """`from November 2024 on`, `publisher Coast Post or Lunde Herald`: which articles may be used."""
    dates = [f"from {people_date(filters.since)} on"] if filters.since else []
    dates += [f"until {people_date(filters.until)}"] if filters.until else []
    named = (("publisher", filters.publishers), ("author", filters.authors), ("article", filters.articles))
    return [*dates, *(f"{kind} {' or '.join(map(safe, names))}" for kind, names in named if names)]


def people_path(path: str) -> str:
    """Relative to the current folder if the file lies beneath it; other paths and addresses as they are."""
    if is_file(path) and os.path.isabs(path):
        try:
            return safe(str(Path(path).relative_to(Path.cwd())))
        except (ValueError, OSError):  # elsewhere, or the current folder is gone
            pass
    return safe(path)


def is_file(path: str) -> bool:
    """Whether a location is a path rather than a web address."""
    return not _ADDRESS.match(path)


def title(metadata: Metadata) -> str:
    """The title, or a word for its lack."""
    return safe(metadata.title).strip() or "Untitled"


def byline(metadata: Metadata) -> str:
    """`By Ida Blom and Jon Rask`, or nothing."""
    names = [name for name in (safe(author).strip() for author in metadata.authors) if name]
    return f"By {joined(names)}" if names else ""


def joined(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def origin(metadata: Metadata) -> list[str]:
    """Publisher, if known, and date."""
    publisher = safe(metadata.publisher or "").strip()
    return [*([publisher] if publisher else []), people_date(metadata.published)]


def place(paragraph: Paragraph, line: int | None = None) -> list[str]:
    """`paragraph 8`, and its page and line where they are known; `line` overrules the paragraph's own."""
    line = paragraph.line if line is None else line
    parts = [f"paragraph {paragraph.n}"]
    if paragraph.page is not None:
        parts.append(f"page {paragraph.page}")
    if line is not None:
        parts.append(f"line {line}")
    return parts


def cited_line(citation: Citation) -> int | None:
    """Line of the first quoted sentence, else of the paragraph."""
    first = citation.quotes[0].line if citation.quotes else None
    return citation.passage.paragraph.line if first is None else first


def since(citation: Citation) -> str:
    """What became of the paragraph since it was cited; nothing where it stands as it was."""
    return {"changed": "Changed since it was cited", "removed": "No longer in the store"}.get(citation.since, "")


def counted(number: int, noun: str) -> str:
    """`1 article`, `5 articles`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def confidence(value: float) -> str:
    """`high (0.83)`."""
    word = "high" if value >= HIGH else "medium" if value >= MEDIUM else "low"
    return f"{word} ({value:.2f})"


def summary(report: IngestReport) -> list[str]:
    """`5 added, 0 updated, 0 unchanged, 0 removed`, `5 articles, 143 paragraphs`, `1.2 s`."""
    changes = (("added", report.added), ("updated", report.updated), ("unchanged", report.unchanged))
    done = ", ".join(f"{number:,} {verb}" for verb, number in (*changes, ("removed", report.removed)))
    held = f"{counted(report.articles, 'article')}, {counted(report.paragraphs, 'paragraph')}"
    return [done, held, f"{report.seconds:.1f} s"]


def model_cost(answer: Answer | Briefing) -> str:
    """`gpt-x · 812 tokens read, 120 written · 3.2 s`, without what the model does not tell."""
    counts = (("prompt", "tokens read"), ("completion", "written"))
    tokens = ", ".join(f"{answer.tokens[name]:,} {verb}" for name, verb in counts if name in answer.tokens)
    name = safe(answer.model or "the language model")
    return " · ".join(part for part in (name, tokens, f"{answer.seconds['model']:.1f} s") if part)
