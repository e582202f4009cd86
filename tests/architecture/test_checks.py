"""The rules the code is held to are run by its tests, so a clone with one command knows all of them."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.fixtures.machine import ROOT

TOOLS = Path(sys.executable).parent
QUERY_BUILT_FROM_A_VALUE = """
import psycopg


def residents(conn: psycopg.Connection, name: str) -> None:
    conn.execute(f"SELECT * FROM delegation.resident WHERE name = '{name}'")
"""
QUERY_WITH_A_PARAMETER = """
import psycopg


def residents(conn: psycopg.Connection, name: str) -> None:
    conn.execute("SELECT * FROM delegation.resident WHERE name = %s", (name,))
"""


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program, *arguments = command
    return subprocess.run(
        [str(TOOLS / program), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check"), id="ruff finds no fault"),
        pytest.param(("ruff", "format", "--check"), id="every file is formatted"),
        pytest.param(("basedpyright",), id="every type fits"),
        pytest.param(("lint-imports", "--no-cache"), id="imports point downwards"),
    ],
)
def test_the_whole_project_passes(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("source", "accepted"), [(QUERY_BUILT_FROM_A_VALUE, False), (QUERY_WITH_A_PARAMETER, True)]
)
def test_a_query_built_from_a_value_is_refused_by_the_type_checker(
    tmp_path: Path, source: str, accepted: bool
) -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["basedpyright"]
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({**rules, "include": ["."]}))
    (tmp_path / "probe.py").write_text(source)
    result = run("basedpyright", "--pythonpath", sys.executable, cwd=tmp_path)
    assert (result.returncode == 0) is accepted, result.stdout
    assert accepted or "reportArgumentType" in result.stdout or "reportCallIssue" in result.stdout


def test_make_explains_every_target_it_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {
        name for line in re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE) for name in line.split()
    }
    made = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make (\S+) +\w", made.stdout, re.MULTILINE)) == targets
