"""Whatever bytes a file holds: articles whose spans are true, or one line that says why not. Nothing else ever."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from fuzz_reading import SEEDS, SUFFIXES, TOKENS, inside, read_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.bounded import load_bounded
from rag.errors import LoadError
from rag.overrides import NO_OVERRIDES
from rag.reading import Limits

LONG = int(float(os.environ.get("RAG_SOAK_SECONDS", "1200")) / 2)
"""Seconds that `make soak` lets coverage lead."""
quickly = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
thoroughly = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=5_000)

tokens = st.sampled_from(TOKENS)
pieces = st.one_of(tokens, st.binary(max_size=6), tokens.map(lambda token: token * 40))
words = st.lists(pieces, max_size=30).map(b"".join)
changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), pieces, st.booleans()), min_size=1, max_size=6
)
"""Where in the file, how much is taken out, what is put in, and whether what was there is doubled first."""


def damaged(data: bytes, damage: list[tuple[float, int, bytes, bool]]) -> bytes:
    for place, length, piece, doubled in damage:
        at = int(place * len(data))
        gone = data[at : at + length]
        data = data[:at] + (gone * 2 if doubled else b"") + piece + data[at + length :]
    return data


def whole(suffix: str) -> st.SearchStrategy[bytes]:
    return st.sampled_from([make() for make in SEEDS[suffix]])


files = st.sampled_from(SUFFIXES).flatmap(
    lambda suffix: st.tuples(st.just(suffix), words | st.builds(damaged, whole(suffix), changes))
)
"""Suffix and bytes: words of all formats in any order, or a real file with some damage."""
containers = st.tuples(st.sampled_from((".docx", ".epub")), words)


@quickly
@given(files)
def test_any_file(file: tuple[str, bytes]) -> None:
    read_all(file[1], file[0])


@quickly
@given(containers)
def test_any_text_in_a_container(file: tuple[str, bytes]) -> None:
    read_all(inside(file[1], file[0]), file[0])


@quickly
@given(changes)
def test_any_damage_to_a_pdf(tmp_path: Path, damage: list[tuple[float, int, bytes, bool]]) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(damaged(SEEDS[".pdf"][0](), damage))
    with suppress(LoadError):
        load_bounded(str(path), Limits(max_seconds=5), NO_OVERRIDES)


@pytest.mark.parametrize("suffix", SEEDS)
def test_what_the_damage_is_done_to_can_be_read(suffix: str, tmp_path: Path) -> None:
    """Or nothing but refusals would be tried."""
    for number, make in enumerate(SEEDS[suffix]):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(make())
        assert load_bounded(str(path), Limits(), NO_OVERRIDES)[0]


@pytest.mark.soak
@settings(thoroughly)
@given(files)
def test_any_file_at_length(file: tuple[str, bytes]) -> None:
    read_all(file[1], file[0])


@pytest.mark.soak
def test_any_file_led_by_coverage(tmp_path: Path) -> None:
    assert importlib.util.find_spec("atheris"), "pip install -c constraints.txt 'rag-articles[soak]'"
    program = Path(__file__).with_name("fuzz_by_coverage.py")
    done = subprocess.run(
        [sys.executable, str(program), str(LONG), str(tmp_path)], capture_output=True, text=True, errors="replace"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    executed = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert executed
    assert int(executed[1]) > 1000
