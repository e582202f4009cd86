"""What is mistyped at the command line is answered in one sentence, before anything is started."""

import sys
from pathlib import Path

import pytest

from api import cli
from api.commands import synthetic
from api.embedded.process import free_port
from simulators.faults import Fault
from simulators.scenarios import ScenarioName


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command line in this process: its status, and what it says on standard error."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["hearthwatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("demo", "--port", "99999"), "--port"),
        (("demo", "--port", "0"), "--port"),
        (("demo", "--port", "-1"), "--port"),
        (("demo", "--port", "http"), "--port"),
        (("demo", "--for", "-10"), "--for"),
        (("demo", "--for", "nan"), "--for"),
        (("demo", "--for", "inf"), "--for"),
        (("demo", "--rate", "0"), "--rate"),
        (("demo", "--rate", "inf"), "--rate"),
        (("demo", "--homes", "0"), "--homes"),
        (("demo", "--residents-per-home", "1000000"), "--residents-per-home"),
        (("demo", "--seed", "one"), "--seed"),
        (("demo", "--folder", "/proc/nowhere"), "--folder"),
        (("demo", "--prot", "8001"), "--prot"),
        (("demmo",), "demo"),
        (("simulate", "--for", "-1"), "--for"),
        (("simulate", "--history-hours", "-1"), "--history-hours"),
        (("simulate", "--kits", "/proc/nowhere"), "--kits"),
        (("simulate", "--scenario", "hiccups"), "scenarios are sepsis"),
        (("simulate", "--fault", "gremlins"), "faults are drop"),
        (("simulate", "--directory", "/proc/nowhere"), "--directory"),
        (("simulate", "--summary", "/proc/nowhere"), "--summary"),
        (("simulate", "--write", "nowhere/readings.csv"), "no folder nowhere"),
        (("ingest", "--name", "17"), "--name"),
        (("quarantine", "list", "--after", "99999999999999999999"), "--after"),
        (("quarantine", "replay", "--by", "olu.operator"), "--all"),
        (("quarantine", "replay", "--all"), "--by"),
        (("retention", "--now"), "--by"),
        (("retention", "--by", "olu.operator"), "--now"),
        (("replay", "readings.csv"), "--policy"),
        (("replay", "--from", "2026-03-01"), "--policy"),
        (("quarantine", "replay", "99999999999999999999"), "numbers"),
        (("new-epoch",), "reason"),
        (("seed",), "--kits"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_work_is_one_line_that_names_it_and_the_way_out(
    answer, arguments: tuple[str, ...], named: str
) -> None:
    status, said = answer(*arguments)
    assert status == 2
    [line] = said.splitlines()
    assert named in line
    assert line.endswith("--help`.")


def test_a_file_is_no_folder_and_an_unreadable_sheet_is_not_quoted(answer, tmp_path: Path) -> None:
    file = tmp_path / "kits.json"
    file.write_text('{"secret": "synthetic"}')
    status, said = answer("demo", "--folder", str(file))
    assert (status, f"{file} is not a folder" in said) == (2, True)
    status, said = answer("simulate", "--kits", str(file), "--directory", str(tmp_path))
    assert (status, f"{file} is not a kit sheet" in said, "synthetic" in said) == (2, True, False)
    assert answer("seed", "--kits", str(tmp_path))[0] == 2


def test_somebody_elses_folder_is_left_alone_and_said_in_a_line(answer, tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    status, said = answer("demo", "--port", str(free_port()), "--folder", str(tmp_path))
    assert (status, len(said.splitlines())) == (1, 1)
    assert "--folder" in said
    assert (tmp_path / "photographs").is_dir()


def test_without_a_word_it_explains_itself(answer) -> None:
    status, said = answer()
    assert status == 2
    assert said.startswith("Usage: hearthwatch")
    assert "demo" in said


def test_help_names_every_illness_and_fault_there_is() -> None:
    for known in (*ScenarioName, *Fault):
        assert known in synthetic.ILLNESSES + synthetic.FAULTS
