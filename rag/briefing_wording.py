"""What a briefing says of itself in every format: what it rests on, and what a section without lines means."""

from __future__ import annotations

from collections.abc import Mapping

from rag.briefing_schema import Briefing, Coverage, SectionName
from rag.quoting import provenance
from rag.sanitising import safe
from rag.wording import counted, people_date

EMPTY: Mapping[SectionName, str] = {
    "points": "No key points were found.",
    "timeline": "No dated events were found.",
    "voices": "No statement of a named speaker was found.",
    "differences": "No difference was found. The articles may still differ in ways that were not noticed.",
    "open": "Nothing was found that the articles call unknown, denied or unconfirmed.",
}
"""Of what was found, never of what there is: an empty section is no proof."""


def scope(briefing: Briefing) -> list[str]:
    """`7 articles on the topic, of 214 searched`, `4 publishers`, `2024 to 15 January 2026`, whose words these are."""
    coverage = briefing.coverage
    known = sum(1 for name, _ in coverage.publishers if name)
    facts = [
        f"{counted(len(coverage.articles), 'article')} on the topic, of {coverage.searched:,} searched",
        counted(known, "publisher") if known else "",
        period(coverage),
        provenance(briefing),
    ]
    return [fact for fact in facts if fact]


def period(coverage: Coverage) -> str:
    """`2024 to 15 January 2026`; one date where there is but one, and `undated` where there is none."""
    ends = [people_date(date) for date in (coverage.first, coverage.last) if date]
    return " to ".join(dict.fromkeys(ends)) if ends else "undated" if coverage.articles else ""


def coverage_sentences(coverage: Coverage) -> list[str]:
    """What was searched, found and used; by whom; from when."""
    searched = f"{counted(coverage.searched, 'article')} searched"
    found = f"{len(coverage.articles):,} on the topic, {coverage.used:,} cited here"
    publishers = [f"{safe(name).strip() or 'no publisher given'} ({count:,})" for name, count in coverage.publishers]
    undated = f"{coverage.undated:,} without a date" if coverage.undated else ""
    dated = f"Published {period(coverage)}" if coverage.first else ""
    sentences = [
        f"{searched}: {found}",
        f"Publishers: {', '.join(publishers)}" if publishers else "",
        "; ".join(part for part in (dated, undated) if part),
    ]
    return [f"{sentence}." for sentence in sentences if sentence]
