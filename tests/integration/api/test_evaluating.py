"""`simulate --write` and `evaluate`: from a seed to what each rule noticed, without a broker or a database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.policy import SHIPPED
from api.replays.evaluating import NO_EVIDENCE, evaluate_file
from api.replays.labels import read_labels
from api.score_files import FileError
from tests.fixtures.machine import PATIENCE_SECONDS


def command(*arguments: str | Path, within: Path | None = None) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "api.cli", *map(str, arguments)]
    return subprocess.run(
        run, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS, cwd=within
    )


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("months")
    readings, truth = folder / "readings.csv", folder / "truth.json"
    size = ("--homes", "2", "--residents-per-home", "6", "--days", "45", "--seed", "5")
    done = command("simulate", "--write", readings, "--truth", truth, *size, within=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(folder.iterdir()) == {readings, truth}
    said = json.loads(done.stdout)
    assert said["readings"] == len(readings.read_text().splitlines()) - 1
    assert said["illnesses"] == len(read_labels(truth)) > 3
    return readings, truth


def test_each_rule_is_held_against_what_was_scripted(simulated: tuple[Path, Path], tmp_path: Path) -> None:
    readings, truth = simulated
    eager = tmp_path / "eager.toml"
    eager.write_text('[rise]\npoints = 1\nwithin_hours = 24\nseverity = "concern"\n')
    done = command("evaluate", readings, "--truth", truth, "--policy", eager, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["not_evidence"] == NO_EVIDENCE
    assert list(said["contenders"]) == ["shipped", "eager", "plain NEWS2 from 5"]
    first = {name: rows[0] for name, rows in said["contenders"].items()}
    assert {row["name"] for row in first.values()} == {"escalations"}
    whole = {name: row["whole"] for name, row in first.items()}
    shares = [whole[name]["sensitivity"]["value"] for name in ("plain NEWS2 from 5", "shipped", "eager")]
    assert shares == sorted(shares)
    assert shares[0] > 0.5
    assert whole["eager"]["burden"]["value"] > whole["shipped"]["burden"]["value"]
    for row in whole.values():
        assert row["sensitivity"]["low"] < row["sensitivity"]["value"] <= row["sensitivity"]["high"]
    kinds = first["shipped"]["by_completeness"]
    assert (
        kinds["every set complete"]["false_a_month"]["value"]
        < kinds["no set complete"]["false_a_month"]["value"]
    )
    assert all(of["burden"]["low"] is not None for of in kinds.values())
    assert {"rise"} == {row["name"] for row in said["contenders"]["eager"]} - {
        row["name"] for row in said["contenders"]["shipped"]
    }


def test_the_first_thing_said_is_that_this_is_no_evidence_about_people_whatever_is_tried(
    simulated: tuple[Path, Path], tmp_path: Path
) -> None:
    truth = simulated[1]
    readings = tmp_path / "readings.csv"
    readings.write_text(simulated[0].read_text() + "one cell\n")
    deaf = tmp_path / "deaf.toml"
    deaf.write_text('red_vital_sign = "off"\ncould_not_be_excluded = "off"\n')
    done = command("evaluate", readings, "--truth", truth, "--policy", deaf)
    assert done.stderr.startswith(
        f"{deaf} is tried as it is written, and could not be in force so. A vital sign that scores 3"
    )
    assert done.stdout.startswith("These residents are simulated")
    assert "more or fewer cells than there are columns: 1." in done.stdout
    assert done.stdout.count("\n  every set complete") > done.stdout.count("\nescalations") == 3


LABEL = {
    "resident": "A",
    "scenario": "sepsis",
    "truth": "deteriorating",
    "onset_at": "2026-03-01T08:00:00+00:00",
    "crisis_at": "2026-03-01T20:00:00+00:00",
    "over_at": "2026-03-03T08:00:00+00:00",
}


@pytest.mark.parametrize(
    "said",
    [
        "no JSON",
        "3",
        [LABEL["resident"]],
        *([{key: one for key, one in LABEL.items() if key != lacking}] for lacking in LABEL),
        [LABEL | {"resident": 3}],
        [LABEL | {"onset_at": "2026-03-01T08:00:00"}],
        [LABEL | {"onset_at": 3}],
    ],
    ids=str,
)
def test_labels_that_are_none_are_one_sentence(tmp_path: Path, said: object) -> None:
    file = tmp_path / "truth.json"
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    with pytest.raises(FileError, match="holds no labels of a simulation"):
        read_labels(file)


def test_labels_stand_by_themselves_or_in_the_summary_of_a_run(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(json.dumps([LABEL]))
    alone = read_labels(file)
    file.write_text(json.dumps({"seed": 1, "illnesses": [LABEL | {"kit": "K"}]}))
    assert read_labels(file) == alone != []


def test_a_file_in_which_nobody_was_measured_at_any_time_is_one_sentence(
    simulated: tuple[Path, Path], tmp_path: Path
) -> None:
    header, first, *_ = simulated[0].read_text().splitlines()
    nobody = tmp_path / "nobody.csv"
    nobody.write_text(f"{header}\n,{first.partition(',')[2]}\n")
    with pytest.raises(FileError, match="no row of it has both a resident and a time"):
        evaluate_file(nobody, [], [SHIPPED], 240)
