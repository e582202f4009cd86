"""`hearthwatch replay` over a file: what another policy would change, the same each time, in bounded memory."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from alerts.policy import SHIPPED
from alerts.replay.comparison import Kind
from alerts.replay.found import RULES
from alerts.severity import Severity
from api.replays import job
from api.replays.decided import read_decided
from api.replays.policies import read_policy
from api.score_files import FileError
from devices.vital_signs import VitalSign
from tests.fixtures.machine import PATIENCE_SECONDS

HEADER = (
    "resident,taken_at,home,respiration_rate,spo2,spo2_scale,on_oxygen,systolic,pulse,consciousness,temperature,"
    "scheduled,not_obtained"
)
NORMAL = "16,97,1,no,120,70,A,36.8,yes,"
GRAVE = "26,91,1,no,120,124,A,36.8,yes,"
MIDDLING = "22,95,1,no,120,95,A,36.8,yes,"
"""NEWS2 2 + 1 + 1 = 4."""
STRICTER = SHIPPED.model_copy(update={"version": "stricter", "medium_from": 4})


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "readings.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def many(folder: Path) -> Path:
    rng = Random(7)
    lines = [
        f"R{rng.randrange(200)},2026-03-{day:02}T{hour:02}:{rng.randrange(60):02}:00Z,Home {rng.randrange(3)},"
        + rng.choice((NORMAL, NORMAL, MIDDLING, GRAVE, "16,,1,no,120,,A,36.8,yes,spo2"))
        for day in range(1, 15)
        for hour in (7, 12, 17)
        for _ in range(100)
    ]
    return written(folder, *lines)


def counted(file: Path, most_held: int = job.HELD_BYTES) -> tuple[list, int]:
    reader, done = job.replay_file(file, SHIPPED, STRICTER, 240, most_held=most_held)
    homes = {reader.homes.in_order[home]: row.tolist() for home, row in sorted(done.counts.by_home.items())}
    return [done.counts.by_rule.tolist(), done.counts.by_hour.tolist(), homes], done.readings


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "api.cli", "replay", *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


def test_what_another_policy_changes_is_printed_and_drawn(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"A,2026-03-01T08:00:00+00:00,Orchard,{GRAVE}",
        f"B,2026-03-01T09:00:00+00:00,Meadow,{MIDDLING}",
        f"B,2026-03-02T09:00:00+00:00,Meadow,{NORMAL}",
        f"C,2026-03-02T09:00:00,Meadow,{GRAVE}",
        "D,2026-03-02T09:00:00Z,Meadow,16",
    )
    policy, chart = tmp_path / "stricter.toml", tmp_path / "chart.svg"
    policy.write_text("medium_from = 4\n")
    done = command(file, "--policy", policy, "--json", "--chart", chart)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["old"], said["new"], said["readings"], said["rows_left_out"]) == (
        "shipped",
        "stricter",
        3,
        2,
    )
    assert {name: row["count"] for name, row in said["escalations"].items()} == {
        "old": 1,
        "new": 2,
        "appears": 1,
        "disappears": 0,
        "graver": 0,
        "milder": 0,
    }
    assert said["escalations"]["appears"]["per_1000_residents_a_day"] == pytest.approx(
        1000 / 2 / said["days"], 0.02
    )
    assert list(said["by_home"]) == ["Meadow", "Orchard"]
    of_its_own_residents = 1000 / said["days"]
    assert said["by_home"]["Meadow"]["added_per_1000_residents_a_day"] == pytest.approx(
        of_its_own_residents, 0.02
    )
    assert said["by_hour"]["09"]["appears"] == 1
    assert len(said["by_hour"]) == 24
    drawn = ElementTree.parse(chart).getroot()
    assert "stricter" in (drawn.findtext("{http://www.w3.org/2000/svg}title") or "")
    words = command(file, "--policy", policy)
    assert "appears" in words.stdout
    assert (
        "Rows left out, without a resident or a time, or with more or fewer cells than there are columns: 2."
        in words.stdout
    )
    _, hours = words.stdout.split("By hour of the day in London")
    assert [line[:2] for line in hours.splitlines()[1:]] == ["08", "09"], "and none in which there is nothing"


def test_where_nothing_is_raised_no_table_of_it_is_printed(tmp_path: Path) -> None:
    policy = tmp_path / "any.toml"
    policy.write_text("")
    done = command(written(tmp_path, f"A,2026-03-01T08:00:00+00:00,Orchard,{NORMAL}"), "--policy", policy)
    assert done.returncode == 0
    assert "Escalations" in done.stdout
    assert "By " not in done.stdout


def test_what_does_not_fit_in_memory_is_replayed_from_the_disk_with_the_same_result(tmp_path: Path) -> None:
    file = many(tmp_path)
    whole, parts = counted(file), counted(file, most_held=1000)
    assert whole == parts
    assert whole[1] == 4200


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    file = many(tmp_path)
    table = arrow_csv.read_csv(file)  # with numbers, booleans and moments in the types they have
    parquet.write_table(table, tmp_path / "readings.parquet")
    assert counted(tmp_path / "readings.parquet") == counted(file)


def test_what_came_late_counts_from_its_arrival(tmp_path: Path) -> None:
    header = f"{HEADER},arrived_at"
    late = f"A,2026-03-01T08:00:00Z,Orchard,{GRAVE}"
    newer = f"A,2026-03-01T20:00:00Z,Orchard,{NORMAL},2026-03-01T20:00:00Z"
    in_time = written(tmp_path, f"{late},2026-03-01T08:01:00Z", newer, header=header)
    [by_rule, *_], _ = counted(in_time)
    assert sum(by_rule[0]) == 1
    too_late = written(tmp_path, newer, f"{late},2026-03-01T21:00:00Z", header=header)
    [by_rule, *_], _ = counted(too_late)
    assert sum(by_rule[0]) == 0


def test_a_file_that_lacks_what_a_replay_needs_is_one_sentence(tmp_path: Path) -> None:
    file = written(tmp_path, "A,16", header="resident,respiration_rate")
    with pytest.raises(FileError, match=r"There are no columns taken_at, spo2.*A replay needs resident"):
        counted(file)
    policy = tmp_path / "any.toml"
    policy.write_text("")
    done = command(file, "--policy", policy)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There are no columns taken_at")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("medium_from = ", r"is not TOML"),
        ("medium_from = 0", r"policy.toml: medium_from must be a whole number from 1 to 20, not 0\.$"),
        ("medium_from = 'off'", r'medium_from must be a whole number from 1 to 20, not "off"\.$'),
    ],
)
def test_a_policy_that_makes_no_sense_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(FileError, match=sentence):
        read_policy(file)


def test_what_a_policy_file_leaves_out_is_as_shipped(tmp_path: Path) -> None:
    file = tmp_path / "gentle.toml"
    file.write_text("medium_from = 6\n")
    assert read_policy(file) == SHIPPED.model_copy(update={"version": "gentle", "medium_from": 6})
    file.write_text('red_vital_sign = "off"')
    assert read_policy(file) == SHIPPED.model_copy(update={"version": "gentle", "red_vital_sign": None})
    file.write_text("[limits]\nspo2 = [90, 100]\n[deadline]\nhigh = 5\n")
    limits = {**SHIPPED.limits, VitalSign.SPO2: (Decimal(90), Decimal(100))}
    deadline = {**SHIPPED.deadline, Severity.HIGH: 5}
    assert read_policy(file) == SHIPPED.model_copy(
        update={"version": "gentle", "limits": limits, "deadline": deadline}
    )


def found_by_rule(file: Path, decided: Path | None = None, most_held: int = job.HELD_BYTES) -> dict[str, int]:
    decisions = () if decided is None else read_decided(decided)
    _, done = job.replay_file(file, SHIPPED, SHIPPED, 240, most_held=most_held, decisions=decisions)
    by_rule = dict(zip(RULES, done.counts.by_rule[Kind.OLD].tolist(), strict=True))
    return {rule: count for rule, count in by_rule.items() if count}


DECIDED = "resident,decided,low,high,from,until\n"


def test_what_was_decided_for_residents_counts_while_it_is_in_force(tmp_path: Path) -> None:
    low, fast = "16,90,1,no,120,70,A,36.8,yes,", "16,97,1,no,120,88,A,36.8,yes,"
    file = written(
        tmp_path,
        *(f"lungs,2026-03-0{day}T09:00:00Z,Orchard,{low}" for day in (1, 2, 3)),
        *(f"heart,2026-03-0{day}T09:00:00Z,Orchard,{fast}" for day in (1, 2, 3)),
        *(f"child,2026-03-0{day}T09:00:00Z,Orchard,{GRAVE}" for day in (1, 2)),
    )
    assert found_by_rule(file) == {"red_vital_sign": 3, "score_threshold": 2}
    decided = tmp_path / "decided.csv"
    decided.write_text(
        DECIDED
        + "lungs,scale_2,,,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z\n"
        + "heart,pulse,50,85,2026-03-03T00:00:00Z,\n"
        + "child,no_score,,,,2026-03-02T00:00:00Z\n"
        + "stranger,no_score,,,,\n"
    )
    expected = {"red_vital_sign": 2, "score_threshold": 1, "personal_limit": 1, "outside_limits": 1}
    assert found_by_rule(file, decided) == expected
    assert found_by_rule(file, decided, most_held=10) == expected, "and in processes of their own"
    table = arrow_csv.read_csv(decided)
    parquet.write_table(table, tmp_path / "decided.parquet")
    assert found_by_rule(file, tmp_path / "decided.parquet") == expected
    policy = tmp_path / "any.toml"
    policy.write_text("")
    assert (
        "Decisions about residents of whom there is no reading: 1."
        in command(file, "--policy", policy, "--decided", decided).stdout
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("resident,sign\nA,pulse\n", "there is no column decided"),
        ("resident,decided,till\nA,scale_2,2026-03-01T00:00:00Z\n", "till is none of its columns"),
        ("resident,decided,until,until\nA,scale_2,,\n", "until is none of its columns, or twice"),
        (DECIDED + ",pulse,50,,,\n", "row 1: it names no resident"),
        (DECIDED + "A,puls,50,,,\n", "row 1: decided is none of no_score, scale_2, respiration_rate"),
        (DECIDED + "A,pulse,50,,,\nA,pulse,,,,\n", "row 2: a limit has a value in low, in high or in both"),
        (DECIDED + "A,pulse,many,,,\n", "row 1: low is not a number"),
        (DECIDED + "A,pulse,1_000,,,\n", "row 1: low is not a number"),
        (
            DECIDED + "A,pulse,50,,,\nB,pulse,50\n",
            "row 2: 3 cells for 6 columns, so that none is counted: B,pulse,50.",
        ),
        (DECIDED + "A,pulse,90,50,,\n", "row 1: it ends before it begins"),
        (DECIDED + "A,no_score,1,,,\n", "row 1: no_score has no low"),
        (DECIDED + "A,no_score,,,2026-03-01,\n", "row 1: from is no moment with its offset from UTC"),
    ],
)
def test_a_decision_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "decided.csv"
    file.write_text(text)
    with pytest.raises(FileError, match=re.escape(sentence)):
        read_decided(file)
