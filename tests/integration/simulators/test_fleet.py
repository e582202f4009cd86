"""A fleet of simulated kits on a real broker: whatever goes wrong, every reading is accounted for, by id."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.embedded.broker import EmbeddedBroker
from devices.gateway.gateway import Pace
from devices.gateway.outbox import State
from devices.identifiers import DatabaseEpoch
from devices.kits import Broker, KitSheet
from simulators.faults import Fault
from simulators.fleet import Tally, sent_readings
from simulators.programme import DEMO_SPEED
from simulators.simulation import run
from simulators.summary import Summary
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.integration.devices.killable_broker import eventually
from tests.integration.devices.kit_and_platform import FakePlatform
from tests.unit.simulators.sheets import sheet as sheet_of

SEED = 20261122
QUICK = Pace(first_retry=0.5, longest_retry=2.0, confirm_within=5.0, alone_patience=0.5)


@pytest.fixture
def sheet(embedded_broker: EmbeddedBroker) -> KitSheet:
    """Four kits in three homes, known to the broker."""
    made = sheet_of(homes=3, residents_per_home=15)
    embedded_broker.admit({kit.username: kit.secret.get_secret_value() for kit in made.kits})
    return KitSheet(broker=Broker(host=embedded_broker.host, port=embedded_broker.port), kits=made.kits)


@pytest.fixture
def platform(embedded_broker: EmbeddedBroker) -> Iterator[FakePlatform]:
    """Stores and receipts, and nothing else."""
    fake = FakePlatform(
        embedded_broker.port, DatabaseEpoch(uuid4()), embedded_broker.username, embedded_broker.password
    )
    yield fake
    fake.stop()


def simulated(sheet: KitSheet, directory: Path, *faults: Fault, **changes) -> Summary:
    asked = {"rate": 180.0, "seconds": 1.0, "scenarios": ["sepsis"], "drain_seconds": PATIENCE_SECONDS}
    print(f"seed {SEED}")
    return run(sheet, directory=directory, seed=SEED, faults=faults, pace=QUICK, **(asked | changes))


def everything_adds_up(done: Summary, platform: FakePlatform) -> None:
    """The kits' own ledgers, their receipts and the platform's store say the same, reading by reading."""
    ledger = list(sent_readings(done.outboxes))
    assert len({one.reading_id for one in ledger}) == len(ledger) == done.sent
    assert done.sent == done.receipted + done.on_kits
    assert done.receipted == done.stored + done.quarantined
    assert Counter(one.state for one in ledger) == +Counter(
        {State.STORED: done.stored, State.QUARANTINED: done.quarantined, State.ON_KIT: done.on_kits}
    )
    stored = {reading_id for of_kit in platform.stored.values() for reading_id in of_kit}
    assert {one.reading_id for one in ledger if one.state is State.STORED} == stored
    assert all(one.receipted_at for one in ledger if one.state is not State.ON_KIT)
    assert all(one.first_published_at for one in ledger)


def test_without_faults_every_planned_reading_is_sent_once_and_stored(sheet, platform, tmp_path):
    done = simulated(sheet, tmp_path / "kits", history_hours=24.0)
    everything_adds_up(done, platform)
    assert done.stored == done.sent > 180
    assert platform.payloads < done.sent, "history travels in arrays"
    assert not done.interrupted
    (illness,) = done.illnesses
    assert illness.scenario == "sepsis"
    assert illness.onset_at < illness.crisis_at


def test_a_sign_that_goes_straight_to_999_travels_as_any_reading_and_the_truth_says_whose_it_is(
    sheet, platform, tmp_path
):
    done = run(
        sheet,
        rate=60.0,
        seconds=4.0,
        directory=tmp_path / "kits",
        scenarios=["bleed_after_fall"],
        seed=3,  # with which it shows: in most it does not
        speed=4 * DEMO_SPEED,
        pace=QUICK,
        drain_seconds=PATIENCE_SECONDS,
    )
    everything_adds_up(done, platform)
    (illness,) = done.illnesses
    assert illness.emergency_sign == "heavy_bleeding"
    assert platform.emergencies == {illness.resident: {"heavy_bleeding": "present"}}


@pytest.mark.parametrize("fault", Fault)
def test_under_each_fault_sent_is_receipted_and_on_the_kits(sheet, platform, tmp_path, fault):
    done = simulated(sheet, tmp_path / "kits", fault)
    everything_adds_up(done, platform)
    assert done.on_kits == 0, "in the end everything gets through"
    assert done.sent >= 180
    assert (done.quarantined > 0) == (fault is Fault.GARBAGE)
    assert done.faults == (fault,)


def test_under_all_faults_at_once_nothing_is_lost(sheet, platform, tmp_path):
    done = simulated(sheet, tmp_path / "kits", *Fault)
    everything_adds_up(done, platform)
    assert done.on_kits == 0
    assert done.duplicates > 0
    assert done.quarantined > 0


def test_without_a_platform_everything_is_still_on_the_kits_and_a_later_run_delivers_it(
    sheet, embedded_broker, tmp_path
):
    directory = tmp_path / "kits"
    alone = simulated(sheet, directory, drain_seconds=0.0)
    assert (alone.sent, alone.receipted, alone.on_kits) == (180, 0, 180)
    platform = FakePlatform(
        embedded_broker.port, DatabaseEpoch(uuid4()), embedded_broker.username, embedded_broker.password
    )
    try:
        later = simulated(sheet, directory, seconds=1 / 3)
        everything_adds_up(later, platform)
        assert (later.sent, later.on_kits) == (240, 0)
    finally:
        platform.stop()


def test_progress_is_told_and_ends_with_nothing_waiting(sheet, platform, tmp_path):
    told: list[Tally] = []
    done = simulated(sheet, tmp_path / "kits", progress=told.append)
    assert told[-1].sent == done.sent
    assert told[-1].waiting == 0
    assert told[-1].online == told[-1].kits == len(sheet.kits)
    assert [one.sent for one in told] == sorted(one.sent for one in told)


def test_kits_tell_the_platform_how_they_are(sheet, platform, tmp_path):
    simulated(sheet, tmp_path / "kits")
    assert platform.statuses.keys() == {kit.kit_id for kit in sheet.kits}
    eventually(lambda: not any(status.online for status in platform.statuses.values()), "their goodbye")
    for status in platform.statuses.values():
        assert status.outbox_length == 0
        assert status.battery is not None


def test_it_stops_when_asked_and_says_so(sheet, platform, tmp_path):
    stop = threading.Event()

    def stop_at_fifty(tally: Tally) -> None:
        if tally.sent >= 50:
            stop.set()

    done = simulated(sheet, tmp_path / "kits", seconds=600.0, progress=stop_at_fifty, stop=stop)
    everything_adds_up(done, platform)
    assert done.interrupted
    assert done.on_kits == 0
    assert done.seconds < 600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_process_it_ends_cleanly_on_a_signal_with_its_summary_on_standard_output(
    sheet, platform, tmp_path, number
):
    sheet.write(tmp_path / "sheet.json")
    command = [sys.executable, "-m", "simulators", str(tmp_path / "sheet.json"), "--for", "600"]
    command += ["--rate", "50", "--directory", str(tmp_path / "kits"), "--scenario", "copd_exacerbation"]
    command += ["--drain", str(PATIENCE_SECONDS)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    eventually(lambda: platform.stored, "the first reading is stored")
    os.kill(child.pid, number)
    out, err = child.communicate(timeout=PATIENCE_SECONDS)
    assert child.returncode == 0, err
    said = json.loads(out)
    assert said["interrupted"] is True
    assert said["sent"] == said["stored"] > 0
    assert said["illnesses"][0]["scenario"] == "copd_exacerbation"


def test_a_sheet_without_anybody_for_the_scenario_is_a_sentence_and_no_traceback(tmp_path):
    sheet_of(1, 1).write(tmp_path / "sheet.json")
    command = [sys.executable, "-m", "simulators", str(tmp_path / "sheet.json"), "--directory", str(tmp_path)]
    command += ["--scenario", "sepsis", "--scenario", "sepsis"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is left on the kit sheet for sepsis" in done.stderr
    assert "Traceback" not in done.stderr
