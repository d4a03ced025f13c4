"""LAReQA's XQuAD-R (Roy and others 2020), English: the one sentence of 1,180 that answers the question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.eval_schema import JudgedQuestion, JudgedSet
from rag.set_files import SetFiles

FOLDER = "lareqa_en"


def read(folder: Path) -> JudgedSet:
    """48 articles of five paragraphs, in their own words; the gold is a sentence in its paragraph."""
    files, questions = SetFiles(), []
    for article in json.loads((folder / "xquad_r.en.json").read_text(encoding="utf-8"))["data"]:
        paragraphs = article["paragraphs"]
        name = files.add(article["title"].replace("_", " "), [paragraph["context"] for paragraph in paragraphs])
        for i, paragraph in enumerate(paragraphs):
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                sentence = _holding(paragraph, answer["answer_start"])
                reference = files.reference(name, sentence, i)
                questions.append(JudgedQuestion(asked["id"], asked["question"], (reference,), answer["text"]))
    return JudgedSet("lareqa", files.contents, tuple(questions))


def _holding(paragraph: Mapping[str, Any], at: int) -> str:
    """The sentence of the set in which that character of the paragraph stands."""
    for start, end in paragraph["sentence_breaks"]:
        if start <= at < end:
            return str(paragraph["context"][start:end])
    raise ValueError(f"no sentence holds character {at}")
