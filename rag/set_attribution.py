"""AttributionBench (Li and others 2024): claims made in answers, and the texts cited that bear them out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.set_files import SetFiles

FOLDER = "attributionbench_dev"


def read(folder: Path) -> JudgedSet:
    """Each cited text an article. Claims that no text bears out are left out: another claim's text might."""
    files, questions = SetFiles(), []
    with gzip.open(folder / "dev_all_subset_balanced.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            names = [_add(files, text) for text in record["references"] if text.strip()]
            if record["attribution_label"] == "attributable" and names:
                references = tuple(Reference(file=name) for name in dict.fromkeys(names))
                questions.append(JudgedQuestion(record["id"], record["claim"], references))
    return JudgedSet("attribution", files.contents, tuple(questions))


def _add(files: SetFiles, text: str) -> str:
    first, _, rest = text.partition("\n\n")
    if first.startswith("Title: ") and rest.strip():
        return files.add(first.removeprefix("Title: "), rest.split("\n\n"))
    return files.add("", text.split("\n\n"))
