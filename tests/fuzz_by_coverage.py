"""Lets coverage lead to what breaks the reading of files (atheris, extra `soak`), for so many seconds:

    python tests/fuzz_by_coverage.py 600 FOLDER

FOLDER keeps what was found to reach new code, and an input that broke a promise as `crash-…`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rag"]):
    from fuzz_reading import SEEDS, SUFFIXES, TOKENS, inside, read_all

    import rag.documents
    import rag.webpages  # noqa: F401 - loaded here, or nothing of them would be seen
from hostile_text import ATTACKS


def one_input(data: bytes) -> None:
    """For atheris: the first byte chooses the kind of file, the rest is the file."""
    if not data:
        return
    suffix, rest = SUFFIXES[data[0] % len(SUFFIXES)], data[1:]
    if suffix in (".docx", ".epub") and not rest.startswith(b"PK"):
        rest = inside(rest, suffix)
    read_all(rest, suffix)


def main(seconds: str, folder: str) -> None:
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, suffix in enumerate(SUFFIXES):
        files = [make() for make in SEEDS[suffix]]
        files += [make(300).encode("utf-8", "surrogatepass") for make in ATTACKS.values()]
        for n, data in enumerate(files):
            (corpus / f"{suffix[1:]}-{n}").write_bytes(bytes([number]) + data)
    words = Path(folder) / "words.dict"
    words.write_text("".join(f'"{"".join(f"{chr(92)}x{byte:02x}" for byte in token)}"\n' for token in TOKENS if token))
    options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=3000", "-max_len=4000", f"-dict={words}"]
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-artifact_prefix={folder}/", "-print_final_stats=1", *options], one_input
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:3])
