"""The words are true: every command, option, setting and room stands in the README, and nothing else does."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from rag.cli import app
from rag.config import _FILE_ONLY, Config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = typer.main.get_command(app).commands  # type: ignore[attr-defined]
COMMANDS = PROGRAM | {
    f"{name} {inner}": command
    for name, group in PROGRAM.items()
    for inner, command in getattr(group, "commands", {}).items()
}
OPTIONS = {
    name: {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
    for name, command in COMMANDS.items()
}
_TABLES = {"llm_arguments": "model.arguments", "vectors_arguments": "vectors.arguments"}
EVERYWHERE = {"--store", "--json", "--help"}


def option_rows() -> list[tuple[set[str], set[str]]]:
    """Options and commands of each row of the README's table of options."""
    table = README.split("| option | of | meaning |")[1].split("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:3] for line in table.splitlines()[2:]]
    return [
        (set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", options)), set(re.split(r", ", of.strip())))
        for options, of in rows
    ]


def test_every_command_is_in_the_readme_and_the_reverse() -> None:
    documented = set(re.findall(r"^\| `rag ([a-z]+(?: [a-z]+)?)", README, re.MULTILINE))
    assert documented == COMMANDS.keys()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_in_the_readme_and_the_reverse(command: str) -> None:
    documented = set().union(*(options for options, of in option_rows() if command in of))
    assert documented == OPTIONS[command] - EVERYWHERE


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_and_option_has_help(command: str) -> None:
    assert COMMANDS[command].help
    assert all(parameter.help for parameter in COMMANDS[command].params if parameter.name != "help")


@pytest.mark.parametrize("setting", [field.name for field in fields(Config)])
def test_every_setting_is_in_the_readme(setting: str) -> None:
    variable = setting not in _FILE_ONLY  # a table, which no variable can hold
    assert (f"`RAG_{setting.upper()}`" if variable else f"`[{_TABLES[setting]}]`") in README


def test_every_room_is_in_the_readme_with_a_line() -> None:
    tree = README.split("## How it works")[1].split("## Libraries")[0]
    listed = set(re.findall(r"^ {4}([a-z_]+) +\S", tree, re.MULTILINE))
    assert {path.stem for path in (ROOT / "rag").glob("*.py")} - {"__init__"} <= listed


def test_every_dependency_is_in_the_readme_with_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\[<>=]", dependency)[0] for dependency in project["dependencies"]}
    table = README.split("## Libraries")[1]
    listed = {name for row in re.findall(r"^\| ([\w, -]+) \|", table, re.MULTILINE) for name in row.split(", ")}
    assert names == listed - {"library"}


def test_every_pinned_dependency_is_pinned_once() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = [re.split("==", line)[0].lower() for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    assert all("==" in line for line in lines if line and not line.startswith("#"))


def test_constants_explain_themselves() -> None:
    """Numbers that were chosen say under them why."""
    silent = []
    for room in ("fusion", "confidence", "extraction", "retrieval", "dense", "deduplication", "chunking"):
        lines = (ROOT / "rag" / f"{room}.py").read_text(encoding="utf-8").splitlines()
        for i, line in enumerate(lines):
            if re.match(r"[A-Z][A-Z_]+ = -?[\d.]", line) and not re.match(r'"""|[A-Z][A-Z_]+ = ', lines[i + 1]):
                silent.append(f"{room}: {line}")
    assert not silent


def test_every_attack_names_tests_that_exist() -> None:
    table = (ROOT / "docs" / "hostile-input.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| attack |")]
    assert len(rows) > 40
    for row in rows:
        tests = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row.rsplit(" | ", 1)[1])
        assert tests, f"no test: {row}"
        for file, name in tests:
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), f"{file} has no {name}"
