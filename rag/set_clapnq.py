"""CLAP NQ (Rosenthal and others 2025): questions, and the sentences of a passage that answer them, if any."""

from __future__ import annotations

import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.set_files import SetFiles

FOLDER = "clapnq_dev"


def read(folder: Path) -> JudgedSet:
    """All passages in one store, each an article; the unanswerable questions have one that only seems to answer."""
    files, questions = SetFiles(), []
    for kind in ("answerable", "unanswerable"):
        # By line feed alone: a string of JSON may hold what else ends a line.
        for line in (folder / f"clapnq_dev_{kind}.jsonl").read_text(encoding="utf-8").strip().split("\n"):
            record = json.loads(line)
            passage, outputs = record["passages"][0], record["output"]
            name = files.add(passage["title"], [passage["text"]])
            references: tuple[Reference, ...] = ()
            if kind == "answerable":
                # Half of the questions were answered by several people: what any of them used is evidence.
                chosen = dict.fromkeys(t for one in outputs for t in one["selected_sentences"] if t.strip())
                references = tuple(files.reference(name, text) for text in chosen)
                if not chosen:  # an answer in a person's own words
                    references = (files.reference(name, passage["text"], whole=True),)
            answer = outputs[0]["answer"]
            questions.append(JudgedQuestion(f"{kind[0]}{record['id']}", record["input"], references, answer))
    return JudgedSet("clapnq", files.contents, tuple(questions))
