"""A small newsroom whose every article answers a question, and what must hold of its store whatever has happened.

world = World(home)
world.write(STORIES[0], version=1)
…
world.check([STORIES[0]])
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from store_helpers import FakeEmbedder, check_store

from rag.catalogue import Catalogue
from rag.config import Config
from rag.embedding import Embedder
from rag.engine import Engine
from rag.parts import CATALOGUE, CHROMA
from rag.schema import Answer
from rag.vectors import ChromaVectors


@dataclass(frozen=True, slots=True)
class Story:
    """An article and the question it answers. What it says of `{n}` is another number in every version."""

    name: str
    text: str
    question: str

    def at(self, version: int) -> str:
        """The article as it is in a version."""
        return self.text.replace("{n}", str(100 + version))


STORIES = (
    Story(
        "lighthouse.txt",
        "The lighthouse of Brennvik was designed by the engineer Astrid Moen and took {n} weeks to build.\n\n"
        "Fishermen say its lamp can be seen from the outermost islands on clear nights.",
        "Who designed the lighthouse of Brennvik?",
    ),
    Story(
        "theatre.txt",
        "The theatre in Olomouc has hired Pavel Kral as its new director, and sold {n} subscriptions in a day.\n\n"
        "Its roof still leaks above the second gallery, the caretaker admits.",
        "Who is the new director of the theatre in Olomouc?",
    ),
    Story(
        "vaccine.txt",
        "A laboratory in Zagreb recalled {n} boxes of its measles vaccine after a refrigerator failed.\n\n"
        "No patient had been harmed, the health ministry wrote on Wednesday.",
        "Why did the laboratory in Zagreb recall its measles vaccine?",
    ),
    Story(
        "bees.txt",
        "Beekeepers in Alentejo lost {n} hives to a mite that arrived with imported queens.\n\n"
        "The regional government promised to pay for half of the damage before the autumn.",
        "What did beekeepers in Alentejo lose to a mite?",
    ),
    Story(
        "tram.txt",
        "The tram line to the university of Tampere will open in March, {n} days later than was planned.\n\n"
        "Frozen ground had stopped the diggers twice, said project manager Risto Laine.",
        "When will the tram line to the university of Tampere open?",
    ),
    Story(
        "museum.txt",
        "Thieves took {n} silver coins from the museum of Trier while the guards watched a football match.\n\n"
        "The police found a ladder and a single glove behind the south wing.",
        "What did thieves take from the museum of Trier?",
    ),
    Story(
        "orchestra.txt",
        "The orchestra of Leuven cancelled its tour of Japan because the cellist Marie Peeters broke her wrist.\n\n"
        "About {n} tickets had been sold in Osaka and will be refunded by the promoter.",
        "Why did the orchestra of Leuven cancel its tour of Japan?",
    ),
    Story(
        "dam.txt",
        "Inspectors found {n} cracks in the dam above Ribe and ordered the reservoir to be lowered.\n\n"
        "Farmers downstream were told to move their cattle to higher meadows.",
        "What did inspectors find in the dam above Ribe?",
    ),
    Story(
        "bakery.txt",
        "A bakery in Graz bakes bread from acorns, which its owner Lukas Wolf gathers in the city park.\n\n"
        "He sells {n} loaves on a Saturday and none on any other day.",
        "What does the bakery in Graz bake bread from?",
    ),
    Story(
        "comet.txt",
        "Astronomers in Pulkovo named a comet after the schoolgirl Vera Orlova, who had seen it first.\n\n"
        "It will come back in {n} years, when her grandchildren may look for it.",
        "Whom did astronomers in Pulkovo name a comet after?",
    ),
    Story(
        "ferry.txt",
        "The ferry between Ystad and Bornholm hit a sandbank with {n} passengers aboard on Sunday evening.\n\n"
        "Tugs pulled it free at high tide, and the captain apologised with coffee and buns.",
        "What did the ferry between Ystad and Bornholm hit?",
    ),
    Story(
        "chess.txt",
        "The chess club of Coimbra won the national cup by beating Porto in the last of {n} games.\n\n"
        "Its youngest player, Rui Matos, is eleven and has to be in bed at nine.",
        "Who won the national cup in chess?",
    ),
)
"""Unlike one another, so that none is taken for a copy of another; all are answered with either embedder."""


@dataclass
class World:
    """A folder of stories and a store. `allowed` holds every text that a file has had and may still be quoted by."""

    home: Path
    embedder: FakeEmbedder | Embedder | None = None
    """None: the model that comes with the program, as real commands use it."""
    allowed: dict[Path, set[str]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.home / "news"
        self.store = self.home / "store"
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, story: Story) -> Path:
        return self.folder / story.name

    def write(self, story: Story, version: int = 0) -> Path:
        """A new version may be quoted from now on, and the old one until `settle`."""
        path = self.path(story)
        path.write_text(story.at(version), encoding="utf-8")
        self.allowed.setdefault(path, set()).add(story.at(version))
        return path

    def settle(self) -> None:
        """From now on only what the files hold may be quoted."""
        self.allowed = {path: {path.read_text("utf-8")} for path in self.allowed if path.is_file()}

    @contextmanager
    def engine(self, **settings: Any) -> Iterator[Engine]:
        """The store as a command sees it, in this process."""
        cache = os.environ.get("RAG_CACHE")
        config = Config(store=self.store, cache=Path(cache) if cache else None, **(self.settings | settings))
        with Engine(config) as engine:
            if self.embedder is not None:
                engine.__dict__["embedder"] = self.embedder
            yield engine

    # --- what must hold ----------------------------------------------------------------------------------------

    def check(self, stories: Sequence[Story]) -> None:
        """The store is whole, holds nothing twice, and every one of `stories` answers its question."""
        check_store(self.store)
        self._check_vectors()
        self._check_doubles()
        self.check_answers(stories)

    def check_answers(self, stories: Iterable[Story]) -> None:
        """As a reader sees it, also while somebody writes or after a writer died."""
        with self.engine() as engine:
            for story in stories:
                self.check_answer(story, engine.ask(story.question, model=False))

    def check_answer(self, story: Story, answer: Answer) -> None:
        """Answered from the story's own file, and no word is quoted that did not stand in its file."""
        assert answer.answered, f"{story.question} is not answered any more"
        quotes = [(Path(one.passage.path), one.quote) for one in answer.citations]
        for path, quote in quotes:
            self.check_quote(path, quote)
        assert self.path(story) in {path for path, _ in quotes}, f"{story.question}: answered from {quotes}"

    def check_quote(self, path: Path, quote: str) -> None:
        """All of a quote stands in one version of its file."""
        texts = self.allowed.get(path, set())
        assert any(all(part in text for part in quote.split(" … ")) for text in texts), f"{quote!r} is not in {path}"

    def _check_vectors(self) -> None:
        """Each chunk's vector is in the vector store under its key, as the catalogue has it."""
        catalogue = Catalogue.open(self.store / CATALOGUE)
        rows = catalogue.connection.execute("SELECT pk, vector FROM chunks").fetchall()
        catalogue.close()
        if not rows:
            return
        vectors = ChromaVectors(self.store / CHROMA, create=False)
        try:
            for key, vector in rows:
                found = dict(vectors.query(np.frombuffer(vector, dtype="<f4"), 3))
                assert found.get(key, 0.0) > 0.999, f"chunk {key} is not found by its own vector: {found}"
        finally:
            vectors.close()

    def _check_doubles(self) -> None:
        catalogue = Catalogue.open(self.store / CATALOGUE)
        texts = Counter(row[0] for row in catalogue.connection.execute("SELECT text FROM paragraphs"))
        catalogue.close()
        assert [text for text, times in texts.items() if times > 1] == []
