"""What a search costs as the store grows: 1,000, 10,000 and 100,000 paragraphs, and how the times grow with them.

    python bench/retrieval.py --data ../shared/data --keep stores

All warm, in one process a size: a search with the question's vector given, with the encoding of the question, and with
a filter on a publisher that holds 1 % and one that holds 20 % of the articles; then memory and the size on disk. With
--keep the stores stay there for the next run, without it they are made anew.

To embed 100,000 paragraphs would take an hour, so they are made by rule: each is two sentences from different
documents of the public sets, a new pair each time, and its vector is the normalised sum of theirs. An article has
twenty, their first sentences from one document and their second from another. So the words are as frequent as in real
text, names and figures among them, but a sentence comes back in many paragraphs. Two things differ from an ingest:
no files are read, and the title that stands before a paragraph takes no part in its vector. The questions are real,
half of them of clapnq_dev and half of xquad_en, and most have an answer in the store.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from rag.catalogue import Catalogue
from rag.config import Config, read_config
from rag.engine import Engine
from rag.parts import CATALOGUE, CHROMA
from rag.schema import Article, Filters, Metadata, Paragraph, Sentence
from rag.sentences import split_sentences
from rag.storing import Writer, check_model, hand_on
from rag.vectors import ChromaVectors

SIZES = (1_000, 10_000, 100_000)
PARAGRAPHS = 20
"""Of an article."""
TOWNS = "Ashby Brill Corwen Dunster Elgin Frome Goole Hythe Ilkley Jarrow".split()
PUBLISHERS = tuple(f"The {town} {paper}" for town in TOWNS for paper in "Argus Bugle Courier Dispatch Echo".split())
LARGE, SMALL = PUBLISHERS[0], PUBLISHERS[1]
"""They hold 20 % and 1 % of the articles; the others share the rest, the n-th of them in proportion to 1/n."""
LENGTHS = range(40, 400)
"""Characters of a sentence that is used."""
DOCUMENT = 40
"""Sentences of a document, where a corpus is one long file."""
QUESTIONS = 300

Texts = list[list[str]]
"""Documents as sentences."""


# --- what the paragraphs are made of ---------------------------------------------------------------------------------


def documents(data: Path) -> Texts:
    """Every document of four public sets as its sentences, each sentence once."""
    seen: set[str] = set()
    found = []
    for text in _texts(data):
        sentences = dict.fromkeys(" ".join(text[s.start : s.end].split()) for s in split_sentences(text))
        fresh = [one for one in sentences if len(one) in LENGTHS and one not in seen]
        seen.update(fresh)
        found += [fresh[at : at + DOCUMENT] for at in range(0, len(fresh), DOCUMENT)]
    return [document for document in found if len(document) > 1]


def _texts(data: Path) -> Iterator[str]:
    for record in json.loads((data / "xquad_en" / "xquad.en.json").read_text(encoding="utf-8"))["data"]:
        yield "\n\n".join(paragraph["context"] for paragraph in record["paragraphs"])
    for path in sorted((data / "clapnq_dev").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["passages"][0]["text"]
    for path in sorted((data / "summhay_news_dev").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for record in json.load(file)["documents"]:
                yield record["document_text"]
    for path in sorted((data / "chunking_eval" / "corpora").glob("*.md")):
        yield path.read_text(encoding="utf-8")


def questions(data: Path) -> list[str]:
    """Half of clapnq_dev, half of xquad_en, the same every time."""
    lines = (data / "clapnq_dev" / "clapnq_dev_answerable.jsonl").read_text(encoding="utf-8").splitlines()
    records = json.loads((data / "xquad_en" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    sets = (
        [json.loads(line)["input"] for line in lines],
        [q["question"] for r in records for p in r["paragraphs"] for q in p["qas"]],
    )
    draw = random.Random(3)
    chosen = [question for one in sets for question in draw.sample(one, QUESTIONS // 2)]
    draw.shuffle(chosen)
    return chosen


# --- the store -------------------------------------------------------------------------------------------------------


class Mixing:
    """An embedder that knows the vectors of single sentences, and makes those of paragraphs from them."""

    def __init__(self, like: Any, sentences: Sequence[str], vectors: np.ndarray) -> None:
        self.identity, self.dimension, self.max_tokens = like.identity, like.dimension, like.max_tokens
        self._vectors = vectors
        self._row = {sentence: row for row, sentence in enumerate(sentences)}
        self._pairs: dict[str, tuple[str, str]] = {}

    def paragraph(self, first: str, second: str) -> str:
        text = f"{first} {second}"
        self._pairs[text] = (first, second)
        return text

    def encode(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        pairs = [self._pairs[text.rpartition("\n")[2]] for text in texts]
        mixed = np.array([self._vectors[self._row[a]] + self._vectors[self._row[b]] for a, b in pairs])
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def sentence_vectors(embedder: Any, sentences: Sequence[str], keep: Path) -> np.ndarray:
    """Embedded once, kept beside the stores."""
    file = keep / "sentences.npy"
    if not file.exists() or len(np.load(file)) != len(sentences):
        print(f"embedding {len(sentences):,} sentences", file=sys.stderr)
        np.save(file, embedder.encode(sentences))
    vectors: np.ndarray = np.load(file)
    return vectors


def articles(texts: Texts, mixing: Mixing, size: int) -> Iterator[Article]:
    """Distinct ones of twenty distinct paragraphs; the first n of a larger store are not those of a smaller one."""
    draw = random.Random(size)
    publishers = publisher_of_each(size // PARAGRAPHS)
    seen: set[tuple[str, str]] = set()
    for i, publisher in enumerate(publishers):
        pairs: list[tuple[str, str]] = []
        one, other = draw.sample(texts, 2)
        while len(pairs) < PARAGRAPHS:
            pair = (draw.choice(one), draw.choice(other))
            if pair in seen:  # another two documents, where these are used up
                one, other = draw.sample(texts, 2)
                continue
            seen.add(pair)
            pairs.append(pair)
        title = " ".join(draw.choice(one).split()[:8])
        published = f"{draw.randint(2010, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        yield article(f"article-{i}", [(a, mixing.paragraph(a, b)) for a, b in pairs],
                      Metadata(title=title, publisher=publisher, published=published, language="en"))  # fmt: skip


def publisher_of_each(count: int) -> list[str]:
    """One publisher an article, in a mixed order."""
    rest = PUBLISHERS[2:]
    whole = sum(1 / n for n in range(1, len(rest) + 1))
    shares = [0.20, 0.01, *(0.79 / n / whole for n in range(1, len(rest) + 1))]
    held = [name for name, share in zip(PUBLISHERS, shares, strict=True) for _ in range(max(1, round(share * count)))]
    names = (held + [rest[0]] * count)[:count]
    random.Random(count).shuffle(names)
    return names


def article(name: str, paragraphs: Sequence[tuple[str, str]], metadata: Metadata) -> Article:
    """Of body paragraphs, each of two sentences, given as its first and the whole."""
    made, start = [], 0
    for n, (first, text) in enumerate(paragraphs, 1):
        middle, end = start + len(first), start + len(text)
        made.append(Paragraph(n, "body", text, start, end, (Sentence(start, middle), Sentence(middle + 1, end))))
        start = end + 2
    path = f"/made/{name}.txt"
    return Article(name, path, path, metadata, "\n\n".join(text for _, text in paragraphs), tuple(made), name)


def make_store(folder: Path, size: int, texts: Texts, mixing: Mixing) -> None:
    catalogue = Catalogue.create(folder / CATALOGUE)
    check_model(catalogue, mixing, claim=True)
    writer = Writer(catalogue, mixing, lambda *_: None)
    for one in articles(texts, mixing, size):
        writer.add(one, PARAGRAPHS + 1, b"")
    writer.flush()
    hand_on(catalogue, lambda anew: ChromaVectors(folder / CHROMA, anew=anew))
    catalogue.close()


def make_stores(data: Path, keep: Path, sizes: Sequence[int]) -> None:
    """Those that are not there yet; a store that was not finished is not there."""
    wanted = [size for size in sizes if not (keep / str(size)).is_dir()]
    if not wanted:
        return
    texts = documents(data)
    sentences = [sentence for document in texts for sentence in document]
    embedder = Engine(read_config({}, store=keep / "none")).embedder
    mixing = Mixing(embedder, sentences, sentence_vectors(embedder, sentences, keep))
    for size in wanted:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(dir=keep) as scratch:
            folder = Path(scratch, "store")
            make_store(folder, size, texts, mixing)
            folder.rename(keep / str(size))
        print(f"made a store of {size:,} paragraphs in {time.perf_counter() - began:.0f} s", file=sys.stderr)


# --- the measurement -------------------------------------------------------------------------------------------------


def measure(store: Path, asked: Sequence[str], whole: bool) -> dict[str, list[float]]:
    """Milliseconds of every question, by what was timed; memory and disk in MB."""
    with Engine(Config(store=store)) as engine:
        retriever = engine.retriever
        vectors = [retriever.encode(question) for question in asked]

        def search(filters: Filters | None = None) -> Callable[[int], object]:
            return lambda i: retriever.search(asked[i], vectors[i], 10, filters)

        ways: dict[str, Callable[[int], object]] = {
            "search": search(),
            "with encoding": lambda i: retriever.search(asked[i], retriever.encode(asked[i]), 10),
            "publisher of 1 %": search(Filters(publishers=(SMALL,))),
            "publisher of 20 %": search(Filters(publishers=(LARGE,))),
        }
        if whole:
            ways["rag ask"] = lambda i: engine.ask(asked[i], model=False)
        found = {"memory before": [resident()]}
        for name, way in ways.items():
            found[name], found[f"{name}, CPU"] = timed(way, len(asked))
            if name == "search":
                found["memory"] = [resident()]
        found["memory with filters"] = [resident()]
    found["disk"] = [sum(p.stat().st_size for p in store.rglob("*") if p.is_file()) / 2**20]
    return found


def timed(way: Callable[[int], object], count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each question on the clock, and of all threads together on the processor: a machine that is busy
    with something else slows the first alone. The first five are asked twice: they find everything loaded.
    """
    for i in range(5):
        way(i)
    times, processor = [], []
    for i in range(count):
        began, began_cpu = time.perf_counter(), time.process_time()
        way(i)
        times.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - began_cpu) * 1000)
    return times, processor


def resident() -> float:
    """MB of this process."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    except OSError:  # no Linux: the most it has ever had, in its own unit
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (2**20 if sys.platform == "darwin" else 1024)


def measured_alone(store: Path, options: argparse.Namespace) -> dict[str, list[float]]:
    """By a process of its own, whose memory is that of the search alone."""
    command = [sys.executable, __file__, "--data", str(options.data), "--measure", str(store)]
    command += ["--whole"] * options.whole
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def report(found: dict[int, dict[str, list[float]]]) -> None:
    sizes = list(found)
    first, last = found[sizes[0]], found[sizes[-1]]
    print("milliseconds, p50 / p95".ljust(26) + "".join(f"{size:>16,}" for size in sizes) + "   grows as")
    for name, times in last.items():
        if len(times) == 1:
            continue
        cells = [f"{median(found[s][name]):.1f} / {percentile(found[s][name], 0.95):.1f}" for s in sizes]
        print(name.ljust(26) + "".join(cell.rjust(16) for cell in cells) + growth(first, last, name, sizes))
    for name, amount in last.items():
        if len(amount) == 1:
            cells = [f"{found[s][name][0]:,.0f} MB" for s in sizes]
            print(name.ljust(26) + "".join(cell.rjust(16) for cell in cells))


def growth(first: dict[str, list[float]], last: dict[str, list[float]], name: str, sizes: Sequence[int]) -> str:
    """The exponent x of n^x between the smallest and the largest store."""
    if len(sizes) < 2:
        return ""
    exponent = math.log(median(last[name]) / median(first[name])) / math.log(sizes[-1] / sizes[0])
    return f"   n^{exponent:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--keep", type=Path, help="folder for the stores, used again when they are there")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--whole", action="store_true", help="time engine.ask, without a language model, too")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, questions(options.data), options.whole)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        make_stores(options.data, keep, options.sizes)
        report({size: measured_alone(keep / str(size), options) for size in sorted(options.sizes)})


if __name__ == "__main__":
    main()
