"""Runs as files: what is read is what was written, and a file that is no run is refused in one line."""

from __future__ import annotations

import json
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import pytest
from eval_records import EARLIER, HOSTILE, RUN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.eval_runs import FORMAT, load_run, save_run
from rag.eval_schema import Gold, Outcome, Place, Ranked, Run

FIGURES = st.dictionaries(st.text(max_size=5), st.floats(), max_size=2)
MAPPINGS = {
    "seconds": FIGURES,
    "metrics": FIGURES,
    "settings": st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
}
for part in (Place, Gold, Ranked, Outcome, Run):
    names = [field.name for field in fields(part)]
    st.register_type_strategy(part, st.builds(part, **{name: MAPPINGS.get(name, ...) for name in names}))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.from_type(Run))
def test_any_run_reads_back_as_it_was(run):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.json")
        save_run(run, path)
        assert repr(load_run(path)) == repr(run), "not ==, which no record with a NaN in it is"


@pytest.mark.parametrize("run", [RUN, EARLIER, HOSTILE])
def test_a_run_reads_back_as_it_was(run, tmp_path):
    save_run(run, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == run


def test_what_has_no_half_is_kept(tmp_path):
    save_run(replace(RUN, name="a\ud800b"), tmp_path / "run.json")
    assert load_run(tmp_path / "run.json").name == "a\ufffdb"


def test_an_unknown_field_of_a_later_version_is_passed_over(tmp_path):
    path = tmp_path / "run.json"
    save_run(RUN, path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(kept | {"run": kept["run"] | {"more": 1}}), encoding="utf-8")
    assert load_run(path) == RUN


@pytest.mark.parametrize(
    "content",
    [
        *("", "no JSON", "[]", "1", '{"question": "Who?"}', "[" * 100_000),
        *(
            '{"kind": "rag evaluation run", "format": 1}',
            '{"kind": "rag evaluation run", "format": 1, "run": {"name": 1}}',
        ),
    ],
)
def test_what_is_no_run_is_refused(content, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is no evaluation run; name a file") as refused:
        load_run(path)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(InputError, match="is no evaluation run"):
        load_run(tmp_path / "run.json")


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "run.json"
    save_run(RUN, path)
    text = path.read_text(encoding="utf-8").replace(f'"format":{FORMAT}', f'"format":{FORMAT + 1}', 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="newer version of this program; update it"):
        load_run(path)


def test_places_that_cannot_be_read_or_written_are_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*missing\.json: no such file"):
        load_run(tmp_path / "missing.json")
    with pytest.raises(InputError, match="cannot read"):
        load_run(tmp_path)
    with pytest.raises(InputError, match="make it first"):
        save_run(RUN, tmp_path / "nowhere" / "run.json")
