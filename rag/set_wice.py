"""WiCE (Kamoi and others 2023): claims of Wikipedia and the sentences of the web pages cited that bear them out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet
from rag.set_files import SetFiles

FOLDER = "wice_dev"


def read(folder: Path) -> JudgedSet:
    """Each page an article, its lines as they were extracted; claims that nothing supports have no gold."""
    files, questions = SetFiles(), []
    with gzip.open(folder / "wice_claim_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            held = [i for i, text in enumerate(record["evidence"]) if text.strip()]
            name = files.add("", [record["evidence"][i] for i in held])
            chosen = {i for places in record["supporting_sentences"] for i in places}
            if record["label"] == "not_supported":
                chosen = set()
            # By number: what a short line says may stand in the lines before it too.
            references = tuple(files.reference(name, record["evidence"][i], held.index(i)) for i in held if i in chosen)
            questions.append(JudgedQuestion(str(number), record["claim"], references))
    return JudgedSet("wice", files.contents, tuple(questions))
