"""LAReQA's XQuAD-R (Roy and others 2020), English: the one sentence of 1,180 that answers the question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.eval_schema import JudgedSet, Reference
from rag.set_files import SetFiles
from rag.squad import read_squad

FOLDER = "lareqa_en"


def read(folder: Path) -> JudgedSet:
    """48 articles of five paragraphs, in their own words; the gold is a sentence in its paragraph."""
    return read_squad(folder / "xquad_r.en.json", "lareqa", _sentence)


def _sentence(files: SetFiles, name: str, i: int, paragraph: Mapping[str, Any], answer: Mapping[str, Any]) -> Reference:
    """The sentence of the set in which the answer begins."""
    at = answer["answer_start"]
    for start, end in paragraph["sentence_breaks"]:
        if start <= at < end:
            return files.reference(name, paragraph["context"][start:end], i)
    raise ValueError(f"no sentence holds character {at}")
