"""`hearthwatch demo`: what somebody who has never seen the project types first."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from api.demo.books import Books
from api.demo.report import report
from api.demo.watcher import Heard
from api.embedded.process import free_port, require_free_port
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.integration.api.test_broker_access import Client

pytestmark = pytest.mark.xdist_group("demo")


class Demo:
    """The command in a process of its own, and everything it started."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self.folder = folder
        command = [sys.executable, "-m", "api.cli", "demo", "--port", str(self.port), "--folder", str(folder)]
        self._errors = folder.with_suffix(".errors").open("w+")
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )

    def finish(self) -> tuple[int, str]:
        """Wait until it ends; its status and what it printed."""
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def read_until(self, pattern: str) -> list[str]:
        """Its lines up to one in which this is found."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if re.search(pattern, line):
                return lines
        pytest.fail(f"it ended before it said {pattern!r}: {''.join(lines)}{self.errors()}")

    def everything(self) -> list[psutil.Process]:
        """This process and all that came from it, however far removed: each names the folder or our process."""
        mine = psutil.Process(self.process.pid)
        return [mine, *mine.children(recursive=True)]

    def part(self, name: str) -> psutil.Process:
        """One process of it, by what it is called in the words it prints."""
        ends = {"database": "/bin/postgres", "broker": "/nats-server"}
        for process in self.everything():
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if "supervisor.py" in " ".join(words) or not words:
                    continue
                if name in words or words[0].endswith(ends.get(name, "\0")):
                    return process
        pytest.fail(f"there is no {name}")

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[type[Demo]]:
    started: list[Demo] = []

    class Ours(Demo):
        def __init__(self, *arguments: str) -> None:
            super().__init__(tmp_path / "demo", *arguments)
            started.append(self)

    yield Ours  # type: ignore[misc]
    for one in started:
        one.close()


def test_it_prints_one_json_object_whose_figures_add_up(demo) -> None:
    status, said = demo("--for", "20", "--json").finish()
    figures = json.loads(said)
    assert figures["problems"] == []
    assert set(figures) == {
        "readings_sent",
        "stored",
        "duplicates",
        "quarantined",
        "spoilt_on_purpose",
        "on_kits",
        "receipts",
        "escalations",
        "latency_ms",
        "problems",
    }
    assert figures["readings_sent"] == figures["stored"] + figures["quarantined"] + figures["on_kits"]
    assert figures["readings_sent"] > 500
    assert figures["escalations"] >= 1
    assert figures["duplicates"] > 0
    assert figures["quarantined"] == figures["spoilt_on_purpose"] > 0
    assert all(figures["latency_ms"][name] > 0 for name in ("p50", "p95", "p99"))
    assert status == 0


def test_one_runs_at_a_time_leaves_no_process_behind_and_runs_again(demo) -> None:
    first = demo()
    [command] = [line for line in first.read_until("quarantine list") if "quarantine list" in line]

    # A second one beside it is turned away.
    second = demo()
    status, _ = second.finish()
    said = second.errors()
    assert status == 1
    assert f"Another demonstration is running in {first.folder} (process {first.process.pid})" in said
    assert f"--folder {first.folder}-2 --port" in said
    assert len(said.splitlines()) == 1

    # What it put away can be listed with the words it prints.
    first.read_until("readings stored")
    variable, _, host = command.split()[0].partition("=")
    listed = subprocess.run(
        [sys.executable, "-m", "api.cli", "quarantine", "list"],
        env=os.environ | {variable: host},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not_json" in listed.stdout

    # Ctrl-C ends all of it: database, broker, ingest, scheduler, api and kits, with their supervisors.
    everything = first.everything()
    assert len(everything) > 6
    first.process.send_signal(signal.SIGINT)
    status, _ = first.finish()
    assert (status, still_alive(everything)) == (0, [])

    # It runs again in the same folder, and killed outright it takes everything with it.
    again = demo()
    again.read_until("readings stored")
    everything = again.everything()
    again.process.kill()
    assert still_alive(everything) == []


def still_alive(processes: list[psutil.Process]) -> list[str]:
    """Those that have not ended."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    return [one.name() for one in alive]


def test_a_time_too_short_to_prove_anything_is_said_in_the_json_and_beside_it(demo) -> None:
    running = demo("--for", "1", "--json")
    status, said = running.finish()
    problems = json.loads(said)["problems"]
    assert status == 1
    assert "No escalation was heard of." in problems
    assert problems[-1].endswith("as in --for 30.")
    assert all(problem in running.errors() for problem in problems)


def test_a_part_that_is_killed_is_named_and_comes_back_and_nothing_is_lost(demo) -> None:
    running = demo("--for", "600")
    said = "".join(running.read_until("Ctrl-C stops everything"))
    assert "spoilt on purpose" in said
    assert "is watched over by another hub: to open that record, sign in as hub-clinician" in said
    running.read_until("readings stored")
    for part in ("ingest", "database", "broker"):
        running.part(part).kill()
        told = "".join(running.read_until(f"{part} runs again."))
        assert f"{part} was ended by SIGKILL" in told
        assert "wait safely on the kits" in told
    running.read_until("escalations +[1-9]")
    running.part("simulate").send_signal(signal.SIGINT)
    status, rest = running.finish()
    assert (status, running.errors()) == (0, "")
    assert '"problems": []' in rest


def test_a_command_beside_it_ends_a_kits_session_at_its_broker(demo) -> None:
    running = demo("--for", "600")
    running.read_until("Ctrl-C stops everything")
    environment = dict(
        line.split("=", 1) for line in (running.folder / "environment").read_text().splitlines()
    )
    kit = json.loads((running.folder / "kits.json").read_text())["kits"][0]
    revoked = subprocess.run(
        [sys.executable, "-m", "api.cli", "revoke-kit", kit["kit_id"], "--by", "operator"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (revoked.returncode, revoked.stderr) == (0, "")
    again = Client(int(environment["HEARTHWATCH_BROKER_PORT"]), kit["username"], kit["secret"]).connect()
    assert again.refused
    again.close()


def test_a_port_in_use_is_said_in_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken, socket.socket() as usual:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with contextlib.suppress(OSError):  # somebody else has it
            usual.bind(("127.0.0.1", 8000))
        command = [
            sys.executable,
            "-m",
            "api.cli",
            "demo",
            "--port",
            str(port),
            "--folder",
            str(tmp_path / "d"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        found = re.match(r'Give the pages another port: make demo ARGS="--port (\d+)"\. ', done.stderr)
        assert found is not None
        require_free_port(int(found[1]), "--port")
    assert done.returncode != 0
    assert f"Port {port} is already in use" in done.stderr
    assert f'--folder {tmp_path / "d"}-2"' in done.stderr
    assert "Traceback" not in done.stderr


READING, OTHER, ESCALATION = (UUID(int=number) for number in (1, 2, 3))


def books(**changes) -> Books:
    given = {"sent": 2, "stored": 2, "published": {READING: 100.0, OTHER: 50.0}}
    return Books(**(given | changes))


@pytest.mark.parametrize(
    ("fault", "complaint"), [("duplicate", "No reading came twice"), ("garbage", "Nothing is in quarantine")]
)
def test_a_fault_that_was_asked_for_and_left_no_trace_fails_in_a_sentence(fault, complaint) -> None:
    heard = [Heard(ESCALATION, "raised", READING, at=100.5)]
    assert report(books(), heard, receipts=2, duplicates=0, started=90.0).problems == ()
    made = report(books(), heard, receipts=2, duplicates=0, started=90.0, faults=(fault,))
    [problem] = made.problems
    assert complaint in problem


@pytest.mark.parametrize(
    ("heard", "receipts", "complaint"),
    [
        ([Heard(ESCALATION, "raised", READING, at=100.5)], 0, "receipt"),
        ([], 2, "No escalation was heard of."),
        ([], 2, "No time from a reading to its escalation could be taken (p50, p95, p99)."),
    ],
    ids=["receipts", "escalations", "latency"],
)
def test_a_figure_that_is_nothing_and_should_not_be_fails_in_a_sentence(heard, receipts, complaint) -> None:
    made = report(books(), heard, receipts=receipts, duplicates=0, started=90.0)
    assert any(complaint in problem for problem in made.problems)


def test_more_in_quarantine_than_was_spoilt_is_a_problem() -> None:
    heard = [Heard(ESCALATION, "raised", READING, at=100.5)]
    kept = books(sent=5, quarantined=3)
    assert report(kept, heard, receipts=2, duplicates=0, started=90.0, spoilt=3).problems == ()
    made = report(kept, heard, receipts=2, duplicates=0, started=90.0, spoilt=2)
    assert made.problems == ("1 in quarantine were not spoilt on purpose.",)
    assert made.figures["problems"] == list(made.problems)


@pytest.mark.parametrize(
    ("kept", "cause", "complaint"),
    [
        (books(), READING, None),
        (books(stored=1), READING, "Sent is not stored"),
        (books(missing=[OTHER]), READING, str(OTHER)),
        (books(sent=0, stored=0), READING, "No reading was sent."),
        (books(), OTHER, "names no reading published after the start"),
        (books(), None, "names no reading published after the start"),
    ],
)
def test_figures_that_do_not_add_up_fail_in_a_sentence(kept, cause, complaint) -> None:
    heard = [Heard(ESCALATION, "raised", cause, at=100.5)]
    made = report(kept, heard, receipts=2, duplicates=0, started=90.0)
    told = " ".join(made.problems)
    assert (complaint is None) == (made.problems == ())
    assert complaint is None or complaint in told
