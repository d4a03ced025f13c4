"""Chroma's evaluation of chunking (Smith and Troynikov 2024): the exact characters of long documents that answer."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference

FOLDER = "chunking_eval"


def read(folder: Path) -> JudgedSet:
    """Five documents of 6,000 to 117,000 words, as they are."""
    paths = sorted((folder / "corpora").glob("*.md"))
    # As they are: line ends count in the offsets.
    files = {path.name: path.read_bytes().decode("utf-8") for path in paths}
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    questions = [
        JudgedQuestion(f"{row['corpus_id']}-{i}", row["question"], _references(f"{row['corpus_id']}.md", row))
        for i, row in enumerate(rows, 1)
    ]
    return JudgedSet("chunking", files, tuple(questions))


def _references(name: str, row: dict[str, str]) -> tuple[Reference, ...]:
    return tuple(
        Reference(file=name, contains=one["content"], start=int(one["start_index"]), end=int(one["end_index"]))
        for one in json.loads(row["references"])
    )
