"""LIMIT, small (Weller and others 2025): who likes what. One vector a document cannot hold the answer, its words do."""

from __future__ import annotations

import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.set_files import SetFiles

FOLDER = "limit_small"


def read(folder: Path) -> JudgedSet:
    """46 articles of one paragraph; each question is answered by two."""
    files, whole = SetFiles(), {}
    for record in _lines(folder / "corpus.jsonl"):
        name = files.add(record["title"], [record["text"]])
        whole[record["_id"]] = files.reference(name, record["text"], whole=True)
    gold: dict[str, list[Reference]] = {}
    for judged in _lines(folder / "qrels.jsonl"):
        if int(judged["score"]) > 0:
            gold.setdefault(judged["query-id"], []).append(whole[judged["corpus-id"]])
    questions = tuple(
        JudgedQuestion(record["_id"], record["text"], tuple(gold.get(record["_id"], ())))
        for record in _lines(folder / "queries.jsonl")
    )
    return JudgedSet("limit", files.contents, questions)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
