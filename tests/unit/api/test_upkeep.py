"""A part of the demonstration that ends is named, and started again with growing pauses, but not for ever."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.demo.upkeep import PAUSES, STEADY_SECONDS, Part, Upkeep
from api.embedded.process import EmbeddedServiceError, SupervisedProcess
from tests.fixtures.containers import wait_until

WAITS_TO_BE_ENDED = (sys.executable, "-c", "import signal; signal.pause()")


class Watched:
    """An upkeep of one real process, what it said, and the clock it is given."""

    def __init__(self, log: Path) -> None:
        self.said: list[str] = []
        self.processes: list[SupervisedProcess] = []
        self.log = log
        self.upkeep = Upkeep(self.said.append)
        self.upkeep.start(Part("ingest", "Readings wait safely on the kits.", self._start), 0.0)

    def _start(self) -> SupervisedProcess:
        self.processes.append(SupervisedProcess(WAITS_TO_BE_ENDED, self.log))
        return self.processes[-1]

    def ends(self) -> None:
        self.processes[-1].kill()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "ingest.log")
    yield one
    one.upkeep.stop()


def test_while_all_run_nothing_is_said(watched: Watched) -> None:
    watched.upkeep.look(1.0)
    assert (watched.said, len(watched.processes)) == ([], 1)


def test_one_that_was_killed_is_named_with_what_it_means_and_started_again(watched: Watched) -> None:
    watched.ends()
    watched.upkeep.look(1.0)
    assert watched.said == [
        "ingest was ended by SIGKILL. Readings wait safely on the kits. It is started again now.",
        "ingest runs again.",
    ]
    assert watched.processes[-1].running


def test_one_that_ends_in_a_row_is_given_longer_pauses_and_then_up(watched: Watched) -> None:
    at = 1.0
    for pause in PAUSES:
        watched.ends()
        watched.upkeep.look(at)
        if pause:
            assert watched.said[-1].endswith(f"It is started again in {pause:.0f} s.")
            watched.upkeep.look(at + pause - 0.1)
            assert not watched.processes[-1].running
        at += pause
        watched.upkeep.look(at)
        assert watched.processes[-1].running
    watched.ends()
    with pytest.raises(EmbeddedServiceError, match=r"the 6th time in a row(.|\n)*ingest\.log"):
        watched.upkeep.look(at)


def test_one_that_has_run_for_a_while_is_forgiven(watched: Watched) -> None:
    watched.ends()
    watched.upkeep.look(1.0)
    watched.upkeep.look(1.0 + STEADY_SECONDS)
    watched.ends()
    watched.upkeep.look(2.0 + STEADY_SECONDS)
    assert watched.said.count("ingest runs again.") == 2


def test_one_that_cannot_be_started_again_is_tried_again(tmp_path: Path) -> None:
    said: list[str] = []
    upkeep = Upkeep(said.append)
    starts: list[Callable[[], SupervisedProcess]] = []

    def start() -> SupervisedProcess:
        return starts.pop(0)()

    def runs() -> SupervisedProcess:
        return SupervisedProcess(WAITS_TO_BE_ENDED, tmp_path / "log")

    def does_not() -> SupervisedProcess:
        raise EmbeddedServiceError("The embedded database did not start.")

    def ends_at_once() -> SupervisedProcess:
        return SupervisedProcess((sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "log")

    starts += [ends_at_once, does_not, runs]
    upkeep.start(Part("database", "Nothing is stored.", start), 0.0)
    wait_until(lambda: not upkeep.whole, "the first to end")
    upkeep.look(0.0)
    assert said == [
        "database has ended with status 3. Nothing is stored. It is started again now.",
        "The embedded database did not start. It is started again in 1 s.",
    ]
    upkeep.look(1.0)
    assert upkeep.whole
    upkeep.stop()
