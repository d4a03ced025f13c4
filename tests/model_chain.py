"""What tests of the whole chain share: articles a model can get wrong, and `rag ask` against a scripted server.

def test_…(chain: Chain) -> None:
    chain.server.say(chain.numbered("The union accepted 5.5 percent [@rise]."))
    asked = chain.ask()
    assert asked.answer["text"] == "The union accepted 5.5 percent [1]"
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripted_server import ScriptedServer
from typer.testing import CliRunner

from rag.cli import app
from rag.fencing import neutral

STRIKE = """---
title: Porthaven dockers end their strike
author: Bo Lind
publisher: The Coast Courier
published: 2024-11-06
---
The dockers of Porthaven ended their strike on 4 November 2024, after nineteen days in which no ship was unloaded.

Their union accepted a pay rise of 5.5 percent; it had asked for 8 percent. About 1,400 dockers had stopped work.

“We did not get all that we wanted, but nobody on these quays will lose a job,” said Mira Sand, who leads the union.

The harbour company may buy two new cranes after the strike, said its director Tom Ruder.

During the strike Mira Sand accused Tom Ruder of hiding the profits of the harbour company.
"""
BRIDGE = """---
title: A new bridge over the Lenne
author: Anna Holm
publisher: Valley News
published: 2025-03-03
---
The new bridge over the Lenne was opened on Monday. It cost 41 million euros and took six years to build.

Lorries are not allowed on the bridge, since its deck carries twelve tonnes at most.
"""
FLOOD = """---
title: Flood closes the railway to Brno
publisher: The Morning Post
published: 2025-06-20
---
A flood closed the railway between Ostrava and Brno for three days last week, the operator reported.

Insurers put the damage at ninety million crowns, half of what they had feared at first.
"""
NEWS = {"strike.md": STRIKE, "bridge.md": BRIDGE, "flood.md": FLOOD}

QUESTION = "How did the strike of the Porthaven dockers end?"
ELSEWHERE = "Which vaccine did the Zagreb laboratory recall?"
"""No article answers it."""
KEY = "sk-scripted-0123456789abcdef"
PLACES = {
    "end": "The dockers of Porthaven ended", "rise": "Their union accepted", "jobs": "“We did not get",
    "cranes": "The harbour company may", "hiding": "During the strike", "cost": "The new bridge",
    "lorries": "Lorries are not",
}  # fmt: skip
"""Names of paragraphs, and how each begins."""
_SOURCE = re.compile(r"<<source (\d+) · (\w+)>>\n(.*?)\n<<end \2>>", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """What a run of `rag ask` came to."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def answer(self) -> dict[str, Any]:
        return json.loads(self.stdout)


@dataclass
class Chain:
    """A store of the articles, a scripted server, and the command line between them."""

    store: Path
    numbers: Mapping[str, int]
    """Name of a paragraph → its number in the prompt, for QUESTION."""
    server: ScriptedServer
    waits: list[float] = field(default_factory=list)
    """Seconds that would have been slept before repetitions."""

    def numbered(self, text: str) -> str:
        """`@rise`, and the JSON string "@rise", → the number that the paragraph has in the prompt."""
        return re.sub(r'"@(\w+)"|@(\w+)', lambda found: str(self.numbers[found[1] or found[2]]), text)

    def ask(self, *options: str, question: str = QUESTION, **environment: str) -> Asked:
        """Runs `rag ask`. Whatever happens: no key is printed, no traceback, and what is cited was shown."""
        settings = {"RAG_LLM_BASE_URL": self.server.base_url, "RAG_LLM_MODEL": "scripted", "RAG_LLM_API_KEY": KEY}
        words = ["ask", question, "--store", str(self.store), *(options or ("--json",))]
        result = CliRunner().invoke(app, words, env=settings | environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        for printed in (result.stdout, result.stderr):
            assert KEY not in printed
            assert "Traceback" not in printed
        assert result.exit_code == 2 or all(line.startswith("rag: ") for line in result.stderr.splitlines())
        asked = Asked(result.exit_code, result.stdout, result.stderr)
        if asked.exit_code == 0 and "--json" in words:
            self._check(asked.answer)
        return asked

    def sources(self, request: int = 0) -> dict[int, str]:
        """The sources in the prompt of a request, by number, each with its title, publisher, date and text."""
        prompt = self.server.requests[request]["messages"][-1]["content"]
        return {int(number): text for number, _, text in _SOURCE.findall(prompt)}

    def article(self, article_id: str) -> str:
        """The text of an article, as its paragraphs say it."""
        shown = CliRunner().invoke(app, ["show", article_id, "--store", str(self.store), "--json"])
        return "\n\n".join(paragraph["text"] for paragraph in json.loads(shown.stdout)["neighbours"])

    def _check(self, answer: Mapping[str, Any]) -> None:
        """Invariant 2, from outside: marks, citations, quotes, and what the model was shown."""
        citations = {citation["number"]: citation for citation in answer["citations"]}
        assert list(citations) == list(range(1, len(citations) + 1))
        used = [number for statement in answer["statements"] for number in statement["citations"]]
        assert list(dict.fromkeys(used)) == list(citations)
        assert all(statement["citations"] for statement in answer["statements"])
        assert all(statement["support"] != "unsupported" for statement in answer["statements"])
        assert answer["answered"] == bool(answer["statements"])
        texts = [f"{s['text']} {''.join(f'[{number}]' for number in s['citations'])}" for s in answer["statements"]]
        assert answer["text"] == (" ".join(texts) or "Your articles do not answer this.")
        for citation in citations.values():
            article = self.article(citation["article_id"])
            assert " … ".join(_joined(article, citation["quote_spans"])) == citation["quote"]
            assert citation["quote"].split(" … ")[0] in article[citation["start"] : citation["end"]]
            if answer["mode"] == "model":
                said = neutral(article[citation["start"] : citation["end"]])
                assert any(f"Text: {said}" in source for source in self.sources(0).values())


def _joined(article: str, spans: Sequence[Sequence[int]]) -> list[str]:
    """The spans, neighbours in one piece."""
    runs: list[list[int]] = []
    for start, end in spans:
        if runs and not article[runs[-1][1] : start].strip():
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [article[start:end] for start, end in runs]


def build_store(home: Path) -> Path:
    """A store of the articles, made by `rag ingest`."""
    folder = home / "news"
    folder.mkdir()
    for name, text in NEWS.items():
        (folder / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["ingest", str(folder), "--store", str(home / "store")])
    assert result.exit_code == 0, result.output
    return home / "store"


def numbers_in(store: Path) -> dict[str, int]:
    """The number of each of PLACES among the passages for QUESTION."""
    found = CliRunner().invoke(app, ["search", QUESTION, "-k", "8", "--store", str(store), "--json"])
    texts = [passage["text"] for passage in json.loads(found.stdout)["passages"]]
    return {
        name: next(n for n, text in enumerate(texts, 1) if text.startswith(start)) for name, start in PLACES.items()
    }
