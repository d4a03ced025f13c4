"""Summary of a Haystack (Laban and others 2024), news: which of 100 articles on a topic hold what a query asks for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference

FOLDER = "summhay_news_dev"


def read(folder: Path) -> JudgedSet:
    """The articles of all topics in one store; the gold of a query are whole articles."""
    files: dict[str, str] = {}
    questions = []
    for path in sorted(folder.glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            topic = json.load(file)
        names = {one["document_id"]: f"{path.name.split('.')[0]}-{i:03}.txt"
                 for i, one in enumerate(topic["documents"], 1)}  # fmt: skip
        files |= {names[one["document_id"]]: one["document_text"] for one in topic["documents"]}
        for part in topic["subtopics"]:
            wanted = {insight["insight_id"] for insight in part["insights"]}
            holding = [one["document_id"] for one in topic["documents"] if wanted & set(one["insights_included"])]
            references = tuple(Reference(file=names[document]) for document in holding)
            questions.append(
                JudgedQuestion(f"{path.name.split('.')[0]}-{part['subtopic_id']}", part["query"], references)
            )
    return JudgedSet("summhay", files, tuple(questions))
