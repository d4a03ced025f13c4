"""XQuAD (Artetxe and others 2020), English: questions on 240 paragraphs of Wikipedia, with the words that answer."""

from __future__ import annotations

import json
from pathlib import Path

from rag.eval_schema import JudgedQuestion, JudgedSet, Reference
from rag.set_files import SetFiles

FOLDER = "xquad_en"


def read(folder: Path) -> JudgedSet:
    """48 articles of five paragraphs."""
    files, questions = SetFiles(), []
    for article in json.loads((folder / "xquad.en.json").read_text(encoding="utf-8"))["data"]:
        paragraphs = article["paragraphs"]
        name = files.add(article["title"].replace("_", " "), [paragraph["context"] for paragraph in paragraphs])
        for i, paragraph in enumerate(paragraphs):
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                whole = files.reference(name, paragraph["context"], i)
                reference = _answer(whole, paragraph["context"], answer["text"], answer["answer_start"])
                questions.append(JudgedQuestion(asked["id"], asked["question"], (reference,), answer["text"]))
    return JudgedSet("xquad", files.contents, tuple(questions))


def _answer(paragraph: Reference, context: str, text: str, start: int) -> Reference:
    """The answer where it stands, not where its words stand first."""
    start += len(text) - len(text.lstrip())
    before = len(" ".join((context[:start] + "|").split())) - 1
    at, text = (paragraph.start or 0) + before, " ".join(text.split())
    return Reference(file=paragraph.file, contains=text, start=at, end=at + len(text))
