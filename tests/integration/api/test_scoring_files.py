"""`hearthwatch score`: each row keeps its cells and gains its bounds; what cannot be read is unknown and said."""

import csv
import io
import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from api.score_files import FileError, score_file, sources
from api.score_files.misfits import MOST_IN_SUCCESSION
from tests.fixtures.machine import PATIENCE_SECONDS

HEADER = "respiration_rate,spo2,spo2_scale,on_oxygen,systolic,pulse,consciousness,temperature"
NORMAL = "16,97,1,no,120,70,A,36.8"
MANY = [f"16,97,1,no,120,{40 + number % 100},A,36.8" for number in range(400_000)]
"""In several blocks."""


def command(*arguments: str | Path, given: str | bytes = "") -> subprocess.CompletedProcess[bytes]:
    run = [sys.executable, "-m", "api.cli", "score", *map(str, arguments)]
    text = given.encode() if isinstance(given, str) else given
    return subprocess.run(run, input=text, capture_output=True, check=False, timeout=PATIENCE_SECONDS)


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "sets.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def scored(folder: Path, *lines: str, header: str = HEADER) -> list[dict[str, str]]:
    into = folder / "scored.csv"
    score_file(written(folder, *lines, header=header), into, lambda *_: None)
    return list(csv.DictReader(io.StringIO(into.read_text())))


def test_rows_from_standard_input_go_scored_to_standard_output_and_the_count_to_standard_error() -> None:
    done = command(given=f"{HEADER}\n{NORMAL}\n26,91,1,no,92,124,A,39.2\n")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [(row["news2_low"], row["news2_high"], row["band_low"]) for row in rows] == [
        ("0", "0", "low"),
        ("12", "12", "high"),
    ]
    assert (done.returncode, done.stderr.decode()) == (0, "Scored 2 rows.\n")


def test_columns_may_stand_in_any_order_and_others_are_kept_as_they_are(tmp_path: Path) -> None:
    names = HEADER.split(",")
    header = ",".join(["who", *reversed(names), "note"])
    line = ",".join(['"Amara, \n""A"""', *reversed(NORMAL.split(",")), " 007 "])
    [row] = scored(tmp_path, line, header=header)
    assert (row["who"], row["note"], row["temperature"]) == ('Amara, \n"A"', " 007 ", "36.8")
    assert (row["news2_low"], row["problems"]) == ("0", "")


def test_blank_is_unknown_and_the_scale_is_1_unless_it_says_2(tmp_path: Path) -> None:
    nothing, scale_1, scale_2 = scored(
        tmp_path, ",,,,,,,", "16,97,,yes,120,70,A,36.8", "16,97,2,yes,120,70,A,36.8"
    )
    assert (nothing["news2_low"], nothing["news2_high"], nothing["red_score"]) == ("0", "20", "unknown")
    assert nothing["deciding"] == "respiration_rate spo2 on_oxygen systolic pulse consciousness temperature"
    assert all(value == "" for name, value in nothing.items() if name.startswith("part_"))
    assert (scale_1["part_spo2"], scale_1["news2_low"]) == ("0", "2")
    assert (scale_2["part_spo2"], scale_2["news2_low"]) == ("3", "5")


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("pulse", "fast", "pulse: fast is not a number"),
        ("pulse", "1e2", "pulse: 1e2 is not a number"),
        ("temperature", "98.6", "temperature: 98.6 is outside 25 to 45"),
        ("spo2", "NaN", "spo2: NaN is not a number"),
        ("on_oxygen", "2L", "on_oxygen: 2L is neither yes nor no"),
        ("consciousness", "X", "consciousness: X is none of A, C, V, P and U"),
        ("spo2_scale", "3", "spo2_scale: 3 is neither 1 nor 2, so spo2 is counted as unknown"),
        ("systolic", "٩٠", "systolic: ٩٠ is not a number"),
        ("systolic", "9" * 500, f"systolic: {'9' * 40}... is outside 30 to 300"),
    ],
)
def test_a_bad_cell_is_unknown_with_its_reason_and_its_row_is_kept(
    tmp_path: Path, column: str, cell: str, problem: str
) -> None:
    cells = dict(zip(HEADER.split(","), NORMAL.split(","), strict=True)) | {column: cell}
    bad, good = scored(tmp_path, ",".join(cells.values()), NORMAL)
    assert (bad[column], bad["problems"]) == (cell, problem)
    assert bad["news2_low"] != bad["news2_high"]
    assert (good["news2_low"], good["news2_high"], good["problems"]) == ("0", "0", "")


def test_every_bad_cell_of_a_row_is_named_and_counted_by_column(tmp_path: Path) -> None:
    tally = score_file(
        written(tmp_path, "x,y,1,no,120,70,A,36.8", "x,97,1,no,120,70,A,36.8"),
        tmp_path / "scored.csv",
        lambda *_: None,
    )
    assert (tally.rows, tally.unreadable) == (2, {"respiration_rate": 2, "spo2": 1})
    assert "respiration_rate: x is not a number; spo2: y is not a number" in (
        (tmp_path / "scored.csv").read_text()
    )


def test_on_no_known_scale_oxygen_saturation_is_never_scored_as_if_on_scale_1(tmp_path: Path) -> None:
    [row] = scored(tmp_path, "16,97,scale 2,yes,120,70,A,36.8")
    assert (row["news2_low"], row["news2_high"], row["part_spo2"]) == ("2", "5", "")


def test_whole_numbers_written_with_decimals_are_what_they_say(tmp_path: Path) -> None:
    [row] = scored(tmp_path, "16.0,97.0,2.0,1.0,120.0,70.0,A,36.8")
    assert (row["news2_low"], row["news2_high"], row["problems"]) == ("5", "5", "")


@pytest.mark.parametrize("said", ["yes", "TRUE", "1", " Yes "])
def test_oxygen_is_said_in_many_ways(tmp_path: Path, said: str) -> None:
    [row] = scored(tmp_path, f"16,97,1,{said},120,70,a,36.8")
    assert (row["part_air_or_oxygen"], row["problems"]) == ("2", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "There are no rows in it, or nothing at all."),
        (HEADER.replace(",", ";") + "\n", "Cells lie apart by commas, not by semicolons."),
        (HEADER.replace(",", "\t") + "\n", "Cells lie apart by commas, not by tabs."),
        (
            HEADER.replace("pulse", "Pulse") + "\n",
            "There is no column pulse. Names are in small letters, without spaces: there is 'Pulse'.",
        ),
        (
            f'{HEADER}\n{NORMAL}\n"{NORMAL}\n{NORMAL}\n',
            "Row 2 below the names has 1 cell for 8 columns, and goes over 2 lines: is a quotation mark never closed?"
            ' It begins: "16,97',
        ),
        (
            f"{HEADER}\n{NORMAL}\n" + f"{NORMAL},\n" * MOST_IN_SUCCESSION,
            "Row 10001 below the names has 9 cells for 8 columns, and so it is with 10,000 rows in succession",
        ),
        (f'{HEADER}\n16,97,1,no,120,70,A,"36.8\n{NORMAL}\n', "is a quotation mark never closed?"),
        ("pulse\n70\n", "There are no columns respiration_rate, spo2, spo2_scale"),
        (
            f"{HEADER.replace('pulse,', '')}\n",
            "There is no column pulse. All of these are needed: respiration_rate",
        ),
        (f"{HEADER},news2_low,news2_high\n", "There are columns news2_low and news2_high already"),
        (f"{HEADER},pulse\n", "There is more than one column pulse."),
        (f"{HEADER},news2_low\n", "There is a column news2_low already: is this file scored?"),
        (f"{HEADER}\n\n16,97,1,no,120,70,A,\xff\n".encode("latin-1"), "It is not UTF-8 text"),
        (f"{HEADER}\n16,\xff\n".encode("latin-1"), "It is not UTF-8 text"),
        (f"{HEADER}\n{NORMAL}\n".encode("utf-16"), "It is UTF-16 text: save it as UTF-8."),
    ],
)
def test_a_file_that_cannot_be_scored_is_one_sentence(
    tmp_path: Path, given: str | bytes, sentence: str
) -> None:
    source = tmp_path / "sets.csv"
    source.write_bytes(given.encode() if isinstance(given, str) else given)
    with pytest.raises(FileError) as refusal:
        score_file(source, tmp_path / "scored.csv", lambda *_: None)
    said = str(refusal.value)
    assert sentence in said
    assert "\n" not in said


def test_what_cannot_be_scored_is_said_with_status_2(tmp_path: Path) -> None:
    done = command(given="pulse\n70\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith("There are no columns respiration_rate")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("source", "into", "sentence"),
    [
        ("nothing.csv", "scored.csv", "nothing.csv cannot be read: no such file or directory."),
        (".", "scored.csv", "cannot be read: it is a folder."),
        ("sets.csv", "no/where.csv", "where.csv cannot be written: there is no such folder."),
        ("sets.csv", ".", "cannot be written: it is a folder."),
    ],
)
def test_what_is_not_there_or_cannot_be_written_is_said(
    tmp_path: Path, source: str, into: str, sentence: str
) -> None:
    written(tmp_path, NORMAL)
    with pytest.raises(FileError) as refusal:
        score_file(tmp_path / source, tmp_path / into, lambda *_: None)
    assert str(refusal.value).endswith(sentence)


def test_a_full_disk_behind_standard_output_is_said(tmp_path: Path) -> None:
    run = f"'{sys.executable}' -m api.cli score '{written(tmp_path, NORMAL)}' > /dev/full"
    done = subprocess.run(["bash", "-c", run], capture_output=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 2
    assert done.stderr == b"Standard output cannot be written: no space left on device.\n"


def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    score_file(written(tmp_path, NORMAL), pipe, lambda *_: None)
    assert os.read(reading, 4096).startswith(b'"respiration_rate"')
    os.close(reading)
    assert pipe.is_fifo()


def test_a_link_goes_on_pointing_to_what_is_written(tmp_path: Path) -> None:
    link = tmp_path / "latest.csv"
    link.symlink_to(tmp_path / "scored.csv")
    score_file(written(tmp_path, NORMAL), link, lambda *_: None)
    assert link.is_symlink()
    assert (tmp_path / "scored.csv").read_text().count("\n") == 2


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_as_any_new_file_and_one_that_is_replaced_keeps_who_may_read_it(tmp_path: Path) -> None:
    ordinary, into = tmp_path / "ordinary", tmp_path / "scored.csv"
    ordinary.touch()
    source = written(tmp_path, NORMAL)
    score_file(source, into, lambda *_: None)
    assert mode(into) == mode(ordinary)
    into.chmod(0o640)
    score_file(source, into, lambda *_: None)
    assert mode(into) == 0o640


def test_two_runs_to_one_file_never_share_what_is_unfinished(tmp_path: Path) -> None:
    source, into = written(tmp_path, NORMAL), tmp_path / "scored.csv"
    into.write_text("private")
    into.chmod(0o600)
    unfinished: list[set[Path]] = []

    def another_run(*_: object) -> None:
        unfinished.append(set(tmp_path.glob(".*")))
        score_file(source, into, lambda *_: unfinished.append(set(tmp_path.glob(".*"))))

    score_file(source, into, another_run)
    assert [len(there) for there in unfinished] == [1, 2]
    assert into.read_text().count("\n") == 2
    assert mode(into) == 0o600
    assert not set(tmp_path.glob(".*"))


def test_a_file_with_a_fault_near_its_end_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = written(tmp_path, *MANY, f'"{NORMAL}', NORMAL)
    into = tmp_path / "scored.csv"
    into.write_text("what was there before")
    with pytest.raises(FileError, match="is a quotation mark never closed"):
        score_file(source, into, lambda *_: None)
    assert into.read_text() == "what was there before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scored.csv", "sets.csv"]


def misfit(cells: str, text: str) -> str:
    return f"{cells} for 8 columns, so that none is counted: {text}"


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("16,97", "2 cells"),
        (f"{NORMAL},", "9 cells"),
        (f'{NORMAL},"a ""note"", and more"', "9 cells"),
        ("# end", "1 cell"),
    ],
)
def test_a_row_of_another_length_is_kept_where_it_stood_and_none_of_it_is_taken_for_a_vital_sign(
    tmp_path: Path, line: str, cells: str
) -> None:
    before, row, after = scored(tmp_path, NORMAL, line, NORMAL)
    assert (row["problems"], row["news2_low"], row["news2_high"]) == (misfit(cells, line), "0", "20")
    assert {row[name] for name in HEADER.split(",")} == {""}
    assert (before["news2_high"], after["news2_high"]) == ("0", "0")
    assert before["problems"] == after["problems"] == ""


def test_rows_of_another_length_are_kept_in_their_places_throughout_a_long_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many blocks, the last of which hold nothing else; with lines that are blank, or go on in the next."""
    monkeypatch.setattr(sources, "_BLOCK_BYTES", 1 << 12)
    whole = MANY[:2000]
    noted = [f'{line},"one\ntwo"' if place % 7 else f"{line},\n" for place, line in enumerate(whole)]
    short = {0, 1, 700, 1999}
    lines = [f"short {place}" if place in short else line for place, line in enumerate(noted)]
    more = [f"after {number}" for number in range(2000)]
    source = written(tmp_path, *lines, *more, header=f"{HEADER},note")
    tally = score_file(source, tmp_path / "scored.parquet", lambda *_: None)
    assert (tally.rows, tally.misfits) == (4000, 2004)
    rows = parquet.read_table(tmp_path / "scored.parquet", columns=["pulse", "problems"])
    said = [None if line is None else line.rpartition(": ")[2] for line in rows["problems"].to_pylist()]
    assert said == [line if place in short else None for place, line in enumerate(lines)] + more
    assert rows["pulse"].to_pylist()[:2000] == [
        None if place in short else line.split(",")[5] for place, line in enumerate(whole)
    ]


def test_how_many_rows_were_of_another_length_is_said(tmp_path: Path) -> None:
    done = command(
        written(tmp_path, NORMAL, "16,97", "x,97,1,no,120,70,A,36.8"), "--to", tmp_path / "scored.csv"
    )
    assert (done.returncode, done.stderr.decode()) == (
        0,
        "Scored 3 rows. Rows with more or fewer cells than there are columns, of which none counts: 1."
        " Cells that could not be read and were counted as unknown: 1 of respiration_rate.\n",
    )


def test_many_batches_are_scored_in_their_order_and_told_of(tmp_path: Path) -> None:
    told: list[tuple[int, float | None]] = []
    into = tmp_path / "scored.csv"
    source = written(tmp_path, *MANY)
    score_file(source, into, lambda tally, part: told.append((tally.rows, part)))
    assert len(told) > 1
    assert told[-1] == (400_000, 1.0)
    with into.open() as file:
        assert [row["pulse"] for row in csv.DictReader(file)] == [line.split(",")[5] for line in MANY]


def table(**columns: Iterable[Any] | pa.Array) -> pa.Table:
    given: dict[str, Any] = {
        "respiration_rate": [16],
        "spo2": [97],
        "spo2_scale": [1],
        "on_oxygen": [False],
        "systolic": [120],
        "pulse": [70],
        "consciousness": ["A"],
        "temperature": [36.8],
    }
    return pa.table(given | columns)


@pytest.mark.parametrize(
    "temperature",
    [
        pa.array([38.05], pa.float32()),
        pa.array([38.05], pa.float64()),
        pa.array([Decimal("38.05")], pa.decimal128(6, 3)),
        pa.array(["38.05"]).dictionary_encode(),
        pa.array(["38.05"], pa.large_string()),
    ],
    ids=["float32", "float64", "decimal", "dictionary", "text"],
)
def test_parquet_values_are_scored_as_they_were_meant_whatever_holds_them(
    tmp_path: Path, temperature: pa.Array
) -> None:
    parquet.write_table(table(temperature=temperature, pulse=pa.array([70.0])), tmp_path / "sets.parquet")
    score_file(tmp_path / "sets.parquet", tmp_path / "scored.parquet", lambda *_: None)
    [row] = parquet.read_table(tmp_path / "scored.parquet").to_pylist()
    assert (row["part_temperature"], row["news2_low"], row["news2_high"]) == (1, 1, 1)
    assert row["problems"] is None


def test_nulls_and_nan_in_parquet_are_unknown_without_complaint(tmp_path: Path) -> None:
    unknown = table(
        pulse=pa.nulls(1), temperature=[float("nan")], on_oxygen=pa.array([None], pa.bool_()), spo2=[None]
    )
    parquet.write_table(unknown, tmp_path / "sets.parquet")
    score_file(tmp_path / "sets.parquet", tmp_path / "scored.csv", lambda *_: None)
    [row] = list(csv.DictReader(io.StringIO((tmp_path / "scored.csv").read_text())))
    assert (row["deciding"], row["problems"]) == ("spo2 on_oxygen pulse temperature", "")


def test_nought_in_a_column_of_decimals_is_a_value(tmp_path: Path) -> None:
    nought = pa.array([Decimal("0E-10")], pa.decimal128(20, 10))
    yes = pa.array([Decimal("1.000")], pa.decimal128(4, 3))
    parquet.write_table(table(respiration_rate=nought, on_oxygen=yes), tmp_path / "sets.parquet")
    score_file(tmp_path / "sets.parquet", tmp_path / "scored.parquet", lambda *_: None)
    [row] = parquet.read_table(tmp_path / "scored.parquet").to_pylist()
    assert (row["part_respiration_rate"], row["part_air_or_oxygen"], row["problems"]) == (3, 2, None)


def test_what_csv_cannot_hold_is_said_with_what_can(tmp_path: Path) -> None:
    parquet.write_table(table(notes=[["a", "b"]]), tmp_path / "sets.parquet")
    with pytest.raises(FileError, match=r"cannot hold every column: .*list.* Parquet can"):
        score_file(tmp_path / "sets.parquet", tmp_path / "scored.csv", lambda *_: None)
    score_file(tmp_path / "sets.parquet", tmp_path / "scored.parquet", lambda *_: None)
    assert parquet.read_table(tmp_path / "scored.parquet")["notes"].to_pylist() == [["a", "b"]]


def test_a_parquet_column_of_times_is_refused(tmp_path: Path) -> None:
    parquet.write_table(table(pulse=pa.array([0], pa.timestamp("s"))), tmp_path / "sets.parquet")
    with pytest.raises(FileError, match=r"^The column pulse holds timestamp\[.*\]: give numbers or text\.$"):
        score_file(tmp_path / "sets.parquet", tmp_path / "scored.csv", lambda *_: None)


def test_a_reader_who_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    source = written(tmp_path, *[NORMAL] * 200_000)
    run = f"'{sys.executable}' -m api.cli score '{source}' | head -1"
    done = subprocess.run(["bash", "-c", run], capture_output=True, check=True, timeout=PATIENCE_SECONDS)
    assert done.stdout.startswith(b'"respiration_rate"')
    assert done.stderr == b""
