"""Text made to be slow to read is read in time that grows with its length, not with the square of it.

Some of these took five minutes for 200 kB; reading one may take twenty seconds, on a machine of any speed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hostile_text import ATTACKS, FILES, hostile_file

SECONDS = 20
"""Of processor time for one file."""
SLOW = [
    # what took the square of its length, or minutes, before a rule was made for it
    *(("long fence", ".md"), ("long tag", ".json"), ("many attributes", ".html"), ("JSON-LD entities", ".html")),
    *(("heading and headings", ".md"), ("combining", ".txt"), ("“", ".txt"), ("[a](", ".md"), ("` ``", ".md")),
    *(("nested JSON lists", ".json"), ("nested <div>", ".html"), ("front matter", ".md"), ("long rule", ".md")),
]
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
from rag.errors import RagError
from pathlib import Path
from rag.loading import load
from rag.paragraphs import read_article
for name in sys.argv[2:]:
    print(name, flush=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + int(sys.argv[1]), -1))
    try:
        for source in load(Path(name))[0]:
            read_article(source)
    except RagError as error:
        assert "\\n" not in str(error)
print("done")
"""


def read_in_time(files: list[Path]) -> None:
    done = subprocess.run([sys.executable, "-c", READ, str(SECONDS), *map(str, files)], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "done", f"stopped at {done.stdout.splitlines()[-1]}: {done.stderr[-2000:]}"


def test_what_was_slow(tmp_path: Path) -> None:
    files = []
    for n, (attack, suffix) in enumerate(SLOW):
        files.append(tmp_path / f"{n}{suffix}")
        files[-1].write_bytes(hostile_file(attack, suffix, 200_000))
    read_in_time(files)


@pytest.mark.soak
@pytest.mark.parametrize("suffix", FILES)
def test_everything_in_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    files = []
    for n, attack in enumerate(ATTACKS):
        for bare in (False, True):
            files.append(tmp_path / f"{n}-{bare}{suffix}")
            files[-1].write_bytes(hostile_file(attack, suffix, 100_000, bare=bare))
    read_in_time(files)
