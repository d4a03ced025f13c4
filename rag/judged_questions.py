"""Reads a file of judged questions: JSON Lines, each a question with where its answer stands in the articles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.dates import iso_date
from rag.errors import InputError
from rag.eval_schema import JudgedQuestion, Reference
from rag.schema import Filters

_KEYS = {"id", "question", "gold", "answer", "synthetic", "since", "until", "publisher", "author", "article"}
_GOLD_KEYS = {"paragraph", "article", "file", "contains", "start", "end"}


def read_questions(path: Path) -> list[JudgedQuestion]:
    """The questions in order; one without an "id" goes by its line. Raises InputError, naming the line."""
    try:
        # By line feed alone: a string of JSON may hold what else ends a line.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"cannot read {path}: {why}; name a file of judged questions (JSON Lines)") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8; save it as UTF-8") from error
    questions = [_question(f"{path}, line {n}", line, str(n)) for n, line in enumerate(lines, 1) if line.strip()]
    if not questions:
        raise InputError(f"{path} holds no questions; rag eval --make 50 --out {path} makes some from your articles")
    names = [question.id for question in questions]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{path}: two questions have the id {twice!r}; give each its own, or none")
    return questions


def _question(where: str, line: str, name: str) -> JudgedQuestion:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f'{where} is no JSON: {error}; write {{"question": "…", "gold": […]}}') from error
    if not isinstance(record, dict) or not isinstance(record.get("question"), str) or not record["question"].strip():
        raise InputError(f'{where} has no question; write {{"question": "…", "gold": […]}}')
    _known(where, record, _KEYS)
    gold = record.get("gold")
    if not isinstance(gold, list):
        raise InputError(f"{where} has no list of gold; leave it empty ([]) for what the articles do not answer")
    given = record.get("id", name)
    if not isinstance(given, str | int) or not str(given).strip():
        raise InputError(f'{where}: "id" is a name or a number; leave it out, and the number of the line stands for it')
    return JudgedQuestion(
        str(given),
        record["question"],
        tuple(_reference(where, one) for one in gold),
        str(record.get("answer") or ""),
        record.get("synthetic") is True,
        _filters(where, record),
    )


def _reference(where: str, record: Any) -> Reference:
    if isinstance(record, str):
        record = {"paragraph" if "#" in record else "article": record}
    if not isinstance(record, dict):
        raise InputError(f'{where}: gold is a paragraph id, or like {{"file": "name.txt", "contains": "words"}}')
    _known(where, record, _GOLD_KEYS)
    texts = {key: record[key] for key in ("paragraph", "article", "file", "contains") if key in record}
    offsets = {key: record[key] for key in ("start", "end") if key in record}
    if not all(isinstance(text, str) and text.strip() for text in texts.values()) or not texts.keys() - {"contains"}:
        raise InputError(f'{where}: gold names a "paragraph", an "article" or a "file"')
    if "#" not in texts.get("paragraph", "#"):
        raise InputError(f'{where}: a "paragraph" is given by its id, like moscow-elites#12; an "article" by its own')
    if offsets and not (
        len(offsets) == 2 and all(type(at) is int for at in offsets.values()) and 0 <= record["start"] < record["end"]
    ):
        raise InputError(f'{where}: "start" and "end" are offsets in the file, both or none')
    return Reference(**texts, **offsets)


def _filters(where: str, record: Mapping[str, Any]) -> Filters | None:
    days = {key: iso_date(record[key]) if isinstance(record.get(key), str) else None for key in ("since", "until")}
    for key, day in days.items():
        if key in record and day is None:
            raise InputError(f"{where}: {key!r} is no date; write it like 2024-11-06, 2024-11 or 2024")
    names = {key: _names(where, key, record[key]) for key in ("publisher", "author", "article") if key in record}
    filters = Filters(
        days["since"], days["until"], names.get("publisher", ()), names.get("author", ()), names.get("article", ())
    )
    return filters if filters else None


def _names(where: str, key: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise InputError(f"{where}: {key!r} is a name, or a list of names")
    return tuple(names)


def _known(where: str, record: Mapping[str, Any], keys: set[str]) -> None:
    unknown = sorted(record.keys() - keys)
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r}; there are {', '.join(sorted(keys))}")
