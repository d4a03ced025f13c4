"""What `rag doctor` prints: a line for each check, then what was found and what helps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.health import Check, Diagnosis, Finding
from rag.sanitising import safe


def doctor_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """For programs; `hint` is what to do next, null where nothing is to be done."""
    return {
        "healthy": diagnosis.healthy,
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "findings": [
                    {
                        "kind": found.kind, "what": found.what, "count": found.count,
                        "examples": list(found.examples), "damage": found.damage, "mend": found.mend,
                    }
                    for found in check.findings
                ],
                "hint": _hint(check),
            }
            for check in diagnosis.checks
        ],
        "repaired": list(diagnosis.repaired),
    }  # fmt: skip


def _hint(check: Check) -> str | None:
    worst = sorted(check.findings, key=lambda found: not found.damage)
    return worst[0].mend if worst else None


def plain_doctor(diagnosis: Diagnosis) -> str:
    """For people."""
    return "\n".join(_lines(diagnosis))


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    for done in diagnosis.repaired:
        yield f"repaired: {safe(done)}"
    for check in diagnosis.checks:
        yield f"{'✓' if check.ok else '✗'} {check.title if check.ok else f'not so: {check.title}'}"
        for found in check.findings:
            yield from _found(found)
    if diagnosis.healthy:
        yield "the store is healthy"
    else:
        wrong = sum(not check.ok for check in diagnosis.checks)
        yield f"the store is damaged: {wrong} of {len(diagnosis.checks)} checks found something"


def _found(found: Finding) -> Iterator[str]:
    named = "; ".join(safe(example) for example in found.examples)
    more = " …" if found.count > len(found.examples) else ""
    yield f"    {found.count} × {found.what}: {named}{more}"
    yield f"    {'→' if found.damage else 'hint:'} {found.mend}"
