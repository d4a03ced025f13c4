"""XQuAD (Artetxe and others 2020), English: questions on 240 paragraphs of Wikipedia, with the words that answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.eval_schema import JudgedSet, Reference
from rag.set_files import SetFiles
from rag.squad import read_squad

FOLDER = "xquad_en"


def read(folder: Path) -> JudgedSet:
    """48 articles of five paragraphs."""
    return read_squad(folder / "xquad.en.json", "xquad", _answer)


def _answer(files: SetFiles, name: str, i: int, paragraph: Mapping[str, Any], answer: Mapping[str, Any]) -> Reference:
    """The answer where it stands, not where its words stand first."""
    context, text, start = paragraph["context"], answer["text"], answer["answer_start"]
    whole = files.reference(name, context, i)
    start += len(text) - len(text.lstrip())
    before = len(" ".join((context[:start] + "|").split())) - 1
    at, text = (whole.start or 0) + before, " ".join(text.split())
    return Reference(file=whole.file, contains=text, start=at, end=at + len(text))
