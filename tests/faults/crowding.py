"""A reader of a crowd: a process of its own that asks round by round, each answer a line, until it is told to stop.

    PYTHONPATH=tests:tests/faults python tests/faults/crowding.py HOME FILE

Prints `ready` once it has answered all questions; then a line of JSON for each answer goes to FILE: its story, and
every citation as (path, quote). Standard input at its end means: finish one more round.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from world import STORIES, World

from rag.engine import Engine


def asked(engine: Engine) -> Iterator[dict[str, Any]]:
    for story in STORIES:
        answer = engine.ask(story.question, model=False)
        yield {
            "story": story.name, "answered": answer.answered,
            "citations": [(one.passage.path, one.quote) for one in answer.citations],
        }  # fmt: skip


def main(home: Path, answers: Path) -> None:
    # Vectors of the fewest chunks are scored by Chroma too, as those of a large store are.
    with World(home, settings={"exact_limit": 0}).engine() as engine, answers.open("w", encoding="utf-8") as file:
        list(asked(engine))
        print("ready", flush=True)  # noqa: T201 - what the crowd waits for
        while True:
            told_to_stop = bool(select.select([sys.stdin], [], [], 0)[0])
            for answer in asked(engine):
                file.write(json.dumps(answer) + "\n")
            if told_to_stop:
                return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
