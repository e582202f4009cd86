"""A run that proves less than it should fails, and says why in a sentence."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.machine import ROOT

GOOD_TESTS = {"passed": 100, "failed": 0, "error": 0, "skipped": 0, "xfailed": 0, "xpassed": 0, "left_out": 0}
GOOD_SIGHTS = {"timescaledb": "2.19.3", "chunks": 2, "mosquitto": "2.0.21", "chromium": "156.0"}


def judge(folder: Path, tests: dict[str, Any], seen: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    evidence, minimum = folder / "evidence.json", folder / "minimum"
    evidence.write_text(json.dumps({"tests": {**GOOD_TESTS, **tests}, "seen": {**GOOD_SIGHTS, **seen}}))
    minimum.write_text("100\n")
    command = [sys.executable, str(ROOT / ".ci" / "evidence.py"), str(evidence), str(minimum)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_whole_run_on_the_real_services_is_accepted(tmp_path: Path) -> None:
    judged = judge(tmp_path, {}, {})
    assert (judged.returncode, judged.stderr) == (0, "")
    assert "100 tests passed, none left out" in judged.stdout


@pytest.mark.parametrize(
    ("tests", "seen", "sentence"),
    [
        ({"skipped": 1}, {}, "1 tests were skipped; none may be."),
        ({"xfailed": 1}, {}, "1 tests were xfailed; none may be."),
        ({"left_out": 7}, {}, "7 tests were left out; none may be."),
        ({"passed": 99}, {}, "99 tests passed; at least 100 must"),
        ({}, {"timescaledb": ""}, "The suite did not see timescaledb."),
        ({}, {"mosquitto": ""}, "The suite did not see mosquitto."),
        ({}, {"chromium": ""}, "The suite did not see chromium."),
        ({}, {"chunks": 1}, "The suite saw 1 chunks of a hypertable; it must see two or more."),
    ],
)
def test_a_run_that_proves_less_is_refused(
    tmp_path: Path, tests: dict[str, Any], seen: dict[str, Any], sentence: str
) -> None:
    judged = judge(tmp_path, tests, seen)
    assert judged.returncode == 1
    assert sentence in judged.stdout


def test_a_run_without_evidence_is_refused(tmp_path: Path) -> None:
    minimum = tmp_path / "minimum"
    minimum.write_text("1\n")
    command = [sys.executable, str(ROOT / ".ci" / "evidence.py"), str(tmp_path / "none.json"), str(minimum)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_without_docker_a_run_says_how_many_tests_that_leaves_out_and_how_to_run_them() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "tests/integration/api/test_real_services.py"],
        cwd=ROOT,
        env={**os.environ, "NO_DOCKER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "[embedded-" in run.stdout
    assert "[timescale" not in run.stdout
    said = re.search(
        r"Left out (\d+) tests that need Docker: to run them, run `make test` without", run.stdout
    )
    assert said is not None, run.stdout + run.stderr
    assert f"{said.group(1)} deselected" in run.stdout


def test_how_many_cases_each_worker_tried_is_said_at_the_end_of_the_run(tmp_path: Path) -> None:
    for database, counted in (("timescale", 12_015), ("embedded", 12_016)):
        (tmp_path / f"test_{database}.py").write_text(
            "from tests.fixtures.evidence import remember_cases\n"
            f"def test_it(evidence): remember_cases(evidence, 'reading', '{database}', {counted})\n"
        )
    fixtures = ("-p", "tests.fixtures.machine", "-p", "tests.fixtures.evidence")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *fixtures]
    run = subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Tried 12,015 cases of access on timescale: reading." in run.stdout, run.stdout + run.stderr
    assert "Tried 12,016 cases of access on embedded: reading." in run.stdout
