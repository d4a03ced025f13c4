"""Files in the form of SQuAD (Rajpurkar and others 2016): articles of paragraphs, each with questions it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.set_files import SetFiles

Locate = Callable[[SetFiles, str, int, Mapping[str, Any], Mapping[str, Any]], Reference]
"""The evidence: of the files, the article's name, the paragraph's number from 0, the paragraph and the answer."""


def read_squad(path: Path, name: str, locate: Locate) -> JudgedSet:
    """All articles and questions of a file, of each question the first answer."""
    files, questions = SetFiles(), []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        paragraphs = article["paragraphs"]
        file = files.add(article["title"].replace("_", " "), [paragraph["context"] for paragraph in paragraphs])
        for i, paragraph in enumerate(paragraphs):
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                reference = locate(files, file, i, paragraph, answer)
                questions.append(JudgedQuestion(asked["id"], asked["question"], (reference,), answer["text"]))
    return JudgedSet(name, files.contents, tuple(questions))
