"""How old a reading is when it is sent, whatever the kit's clock said when it was taken and says by then."""

from datetime import timedelta

import pytest

from devices.gateway import clocks
from devices.gateway.notification import keep_notification
from devices.reading import decode

from .outboxes import START, Running, open_outbox, some_reading

DAYS = 3 * 86_400.0
FOREVER = START * 2


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.sqlite"


def ages(outbox):
    """Of what waits, as it is sent now."""
    return [
        reading.age_s for item in outbox.unsent(FOREVER, 10, alone=False) for reading in decode(item.payload)
    ]


def test_a_reading_taken_before_the_clock_was_set_is_as_old_as_it_is_before_and_after(path):
    """A kit without a clock of its own starts at the time it was switched off, days ago."""
    kit = Running(seconds=20, slow_by=DAYS)
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now))
    kit.seconds += 5
    assert ages(outbox) == [5]
    kit.slow_by = 0
    kit.seconds += 35
    assert ages(outbox) == [40]
    file.close()


def test_a_clock_set_between_taking_and_keeping_changes_no_age_where_the_app_noted_when_it_was_taken(path):
    kit = Running(seconds=20, slow_by=DAYS)
    file, outbox = open_outbox(path, kit)
    reading, taken = some_reading(taken_at=kit.now), outbox.running()
    notified = {"resident": reading.resident, "taken_at": kit.now, "taken": taken}
    unnoted = some_reading(taken_at=kit.now)
    kit.seconds += 5
    kit.slow_by = 0
    outbox.put(reading, taken=taken)
    keep_notification(outbox, "2a9d", b"\x01", **notified)
    outbox.put(unnoted)
    kit.seconds += 10
    assert ages(outbox) == [15, 15, DAYS + 15], (
        "without a note, the clock is believed as it stands at keeping"
    )
    file.close()


def test_what_is_kept_is_not_changed_by_being_sent(path):
    kit = Running()
    file, outbox = open_outbox(path, kit)
    reading = some_reading(taken_at=kit.now)
    outbox.put(reading)
    before = outbox.digest(reading.reading_id)
    [first] = outbox.unsent(FOREVER, 1, alone=False)
    kit.seconds += 90
    [again] = outbox.unsent(FOREVER, 1, alone=False)
    assert first.payload != again.payload
    assert outbox.digest(reading.reading_id) == before
    file.close()


def test_what_was_taken_a_while_before_it_was_kept_is_so_much_older(path):
    kit = Running(seconds=60)
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now - timedelta(hours=2)))
    outbox.put(some_reading(taken_at=kit.now + timedelta(hours=2)))
    kit.seconds += 10
    assert ages(outbox) == [7210, 0]
    file.close()


def test_an_age_is_told_after_the_gateway_has_started_again_and_not_after_the_machine_has(path):
    kit = Running(seconds=100)
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now))
    file.close()
    kit.seconds = 130
    file, outbox = open_outbox(path, kit)
    assert ages(outbox) == [30]
    file.close()
    kit.start, kit.seconds = "second", 200
    file, outbox = open_outbox(path, kit)
    assert ages(outbox) == [None], "how long it was off, nobody knows"
    file.close()


def test_no_age_is_told_where_no_clock_goes_on_while_the_machine_sleeps(path):
    kit = Running(start=None)
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now))
    assert ages(outbox) == [None]
    file.close()


def test_an_age_that_an_app_tells_is_not_taken_over(path):
    kit = Running()
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now).model_copy(update={"age_s": 9.0}))
    assert ages(outbox) == [0]
    file.close()


def test_what_travels_alone_tells_its_age_too(path):
    kit = Running()
    file, outbox = open_outbox(path, kit)
    outbox.put(some_reading(taken_at=kit.now))
    outbox.isolate([1])
    kit.seconds += 5
    [item] = outbox.unsent(FOREVER, 1, alone=True)
    [sent] = decode(item.payload)
    assert sent.age_s == 5
    file.close()


def test_this_machine_has_a_clock_that_nobody_sets_and_knows_which_start_it_counts_from():
    first, again = clocks.of_this_machine(), clocks.of_this_machine()
    assert first.start is not None
    assert first.start == again.start
    assert 0 < first.running() <= again.running()
