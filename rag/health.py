"""The records of an examination of a store, and what each kind of fault is called: what is wrong, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EXAMPLES = 5
"""Faults of one kind that are named; the others are only counted."""
REPAIR = "rag doctor --repair"
RESTORE = "restore a backup of the store: rag restore FILE"
AGAIN = f"{REPAIR} has it read again by the next rag ingest of its folder; if its file is gone, {RESTORE}"
UP_TO_DATE = "rag ingest FOLDER brings the store up to date"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault."""

    what: str
    """In plain words, after the number of them."""
    mend: str = REPAIR
    damage: bool = True
    """Else a hint: nothing in the store is wrong."""


KINDS = {
    "unreadable": Kind("part of the catalogue cannot be read", RESTORE),
    "file": Kind("faults in the pages of the catalogue's file", RESTORE),
    "indexes": Kind("faults in the indexes of the catalogue"),
    "orphans": Kind("rows that belong to nothing stored", f"{REPAIR} moves them into a file beside the store"),
    "empty": Kind("articles without a paragraph", AGAIN),
    "words": Kind("faults in the indexes of words"),
    "starts": Kind("paragraphs noted at the wrong place in their article"),
    "spans": Kind("paragraphs with sentences, places or numbers that are not theirs", AGAIN),
    "origins": Kind("paragraphs that do not say what their unchanged file says", AGAIN),
    "altered": Kind("articles with other words than those that were embedded", AGAIN),
    "changed": Kind("files changed since they were read", UP_TO_DATE, damage=False),
    "gone": Kind("files are gone; their articles are kept", UP_TO_DATE, damage=False),
    "closed": Kind("files that cannot be read now; their articles are kept", "check their permissions", damage=False),
    "unread": Kind("files that the next ingest reads again", UP_TO_DATE, damage=False),
    "copies": Kind("articles that are noted as copies of others as well"),
    "twins": Kind("articles with the same text as another", "rag remove ID drops one of them", damage=False),
    "vectors": Kind("vectors that are damaged", f"{REPAIR} embeds their articles again"),
    "uncovered": Kind("paragraphs without a vector", f"{REPAIR} embeds their articles again"),
    "waiting": Kind("vectors wait to be added to the vector store", f"the next ingest adds them, or: {REPAIR}", False),
    "stale": Kind("vectors wait to be forgotten", f"the next ingest forgets them, or: {REPAIR}", False),
    "chroma": Kind("faults that make the vector store useless"),
    "lost": Kind("vectors that the vector store has lost"),
    "strange": Kind("vectors in the vector store that the catalogue does not know"),
    "model": Kind("fault of the embedding model", "set embedding.model, or embed anew with: rag rebuild --embed"),
    "turns": Kind("turns of conversations that cannot be read", f"{REPAIR} moves them into a file beside the store"),
    "order": Kind("conversations whose turns are not numbered one by one"),
    "newer": Kind("turns of conversations by a newer version of rag", "upgrade rag to read them", damage=False),
}
"""Every kind of fault there is, by name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: of which kind, where, and the key by which it is mended, if it has one."""

    kind: str
    where: str
    key: int | str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """All faults of one kind that a check has found."""

    kind: str
    count: int
    examples: tuple[str, ...]

    @property
    def what(self) -> str:
        return KINDS[self.kind].what

    @property
    def mend(self) -> str:
        return KINDS[self.kind].mend

    @property
    def damage(self) -> bool:
        return KINDS[self.kind].damage


@dataclass(frozen=True, slots=True)
class Check:
    """One check and what it found."""

    name: str
    title: str
    """What was checked, in plain words."""
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing is damaged; there may be hints."""
        return not any(finding.damage for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, and what was mended before them."""

    checks: tuple[Check, ...]
    repaired: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def kinds(self) -> frozenset[str]:
        """Of all faults and hints."""
        return frozenset(finding.kind for check in self.checks for finding in check.findings)


def findings(faults: Iterable[Fault]) -> tuple[Finding, ...]:
    """Faults counted by kind, in the order in which the kinds were met. Takes one fault at a time."""
    counts: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    for fault in faults:
        counts[fault.kind] = counts.get(fault.kind, 0) + 1
        named = examples.setdefault(fault.kind, [])
        if len(named) < EXAMPLES and fault.where not in named:
            named.append(fault.where)
    return tuple(Finding(kind, count, tuple(examples[kind])) for kind, count in counts.items())
