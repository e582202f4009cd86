"""The gateway on a real broker: what was put arrives, whatever dies on the way."""

import random
import threading
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from devices.gateway.loop import GatewayLoop
from devices.gateway.outbox import State
from devices.gateway.outbox_file import NotKeptError
from devices.identifiers import DatabaseEpoch, new_reading_id
from devices.receipt import Message, Status
from tests.fixtures.full_disk import disk_full
from tests.fixtures.machine import PATIENCE_SECONDS

from .killable_broker import RealBroker, eventually
from .kit_and_platform import SEED, UNHURRIED, FakePlatform, RunningKit, running


def test_a_fleet_on_one_thread_delivers_everything_and_forgets_only_what_was_receipted(
    killable_broker, platform, outboxes
):
    kits = [RunningKit(outboxes, killable_broker.port, number) for number in range(40)]
    before = set(threading.enumerate())
    with outboxes.batch():
        for kit in kits:
            for _ in range(25):
                kit.put()
    with running(*kits):
        assert len(set(threading.enumerate()) - before) == 1
        eventually(lambda: all(kit.outbox.waiting() == 0 for kit in kits), "every reading is receipted")
    for kit in kits:
        assert set(platform.stored[kit.credentials.kit]) == kit.put_ids
        assert set(kit.states().values()) == {State.STORED}
    assert platform.payloads < 40 * 25, "a backlog travels in arrays"


def test_a_reading_put_while_the_line_is_up_arrives_without_waiting_for_a_timer(
    killable_broker, platform, outboxes
):
    kit = RunningKit(outboxes, killable_broker.port, 1, pace=UNHURRIED)
    with running(kit):
        eventually(lambda: kit.link.up, "the line is up")
        for _ in range(5):
            reading_id = kit.put()
            eventually(lambda wanted=reading_id: kit.states()[wanted] is State.STORED, "it is receipted")
            history = kit.outbox.history(reading_id)
            assert history is not None
            assert history.publishes == 1


def test_nothing_is_lost_when_the_broker_is_killed_in_mid_stream(killable_broker, platform, outboxes):
    kits = [RunningKit(outboxes, killable_broker.port, number) for number in range(8)]
    with running(*kits):
        for _round in range(3):
            for _ in range(60):
                for kit in kits:
                    kit.put()
            while not any(kit.outbox.waiting() for kit in kits):  # the kill must hit a stream under way
                kits[0].put()
            killable_broker.kill()
            for kit in kits:
                kit.put()
            killable_broker.start()
        eventually(lambda: all(kit.outbox.waiting() == 0 for kit in kits), "every reading is receipted")
    for kit in kits:
        assert set(platform.stored[kit.credentials.kit]) == kit.put_ids


def test_a_restored_database_gets_again_what_it_lacks(killable_broker, platform, outboxes):
    kits = [RunningKit(outboxes, killable_broker.port, number) for number in range(4)]
    platform.announce(kits)
    with running(*kits):
        for kit in kits:
            for _ in range(30):
                kit.put()
        eventually(lambda: all(kit.outbox.waiting() == 0 for kit in kits), "every reading is receipted")
        platform.restore_an_empty_database(kits)
        eventually(
            lambda: all(set(platform.stored.get(kit.credentials.kit, ())) == kit.put_ids for kit in kits),
            "the new database has every reading",
        )
        eventually(lambda: all(kit.outbox.waiting() == 0 for kit in kits), "and receipted it")


def test_a_message_the_broker_refuses_does_not_block_those_behind_it(killable_broker, platform, outboxes):
    kit = RunningKit(outboxes, killable_broker.port, 3)
    poison = new_reading_id()
    kit.outbox.put_raw(b'{"note":"' + b"x" * 1_500_000 + b'"}', poison)
    for _ in range(20):
        kit.put()
    with running(kit):
        eventually(lambda: kit.outbox.waiting() == 1, "all but the poisoned item are receipted")
        assert kit.states()[poison] is State.ON_KIT
        last = kit.put()
        eventually(lambda: kit.states()[last] is State.STORED, "later readings pass it too")
    assert kit.states()[poison] is State.ON_KIT


def test_a_reading_the_platform_never_answers_does_not_block_those_behind_it(
    killable_broker, platform, outboxes
):
    kit = RunningKit(outboxes, killable_broker.port, 4)
    ignored = kit.put()
    platform.deaf_to.add(ignored)
    for _ in range(20):
        kit.put()
    with running(kit):
        eventually(lambda: kit.outbox.waiting() == 1, "all but one are receipted")

        def sent_again() -> bool:
            history = kit.outbox.history(ignored)
            return history is not None and history.publishes >= 3

        eventually(sent_again, "it is sent again and again")
        last = kit.put()
        eventually(lambda: kit.states()[last] is State.STORED, "later readings pass it")
        platform.deaf_to.clear()
        eventually(lambda: kit.states()[ignored] is State.STORED, "and it gets through in the end")


def test_what_cannot_be_read_is_quarantined_by_its_digest_and_leaves_the_outbox(
    killable_broker, platform, outboxes
):
    kit = RunningKit(outboxes, killable_broker.port, 5)
    garbage = new_reading_id()
    kit.outbox.put_raw(b"\xff\x00 not json", garbage)
    sound = kit.put()
    with running(kit):
        eventually(lambda: kit.outbox.waiting() == 0, "both are receipted")
    assert kit.states() == {garbage: State.QUARANTINED, sound: State.STORED}


def test_readings_lost_doubled_and_reordered_on_the_wire_are_each_stored_once(
    killable_broker, platform, outboxes
):
    rng = random.Random(SEED)

    def unreliable(payload: bytes) -> tuple[bytes, ...]:
        return (payload,) * rng.choice((0, 1, 1, 2))

    print(f"seed {SEED}")
    kit = RunningKit(outboxes, killable_broker.port, 6, wire=unreliable)
    with running(kit):
        for _ in range(100):
            kit.put()
        eventually(lambda: kit.outbox.waiting() == 0, "every reading is receipted in the end")
    assert set(platform.stored[kit.credentials.kit]) == kit.put_ids


def test_a_kit_off_the_network_keeps_its_readings_and_its_will_says_so(killable_broker, platform, outboxes):
    kit = RunningKit(outboxes, killable_broker.port, 7)
    with running(kit):
        eventually(lambda: platform.statuses.get(kit.credentials.kit, Status(online=False)).online, "online")
        kit.link.offline = True
        eventually(lambda: not platform.statuses[kit.credentials.kit].online, "the will is heard")
        ids = {kit.put() for _ in range(10)}
        assert set(kit.states().values()) == {State.ON_KIT}
        kit.link.offline = False
        eventually(lambda: kit.outbox.waiting() == 0, "they arrive once the kit is back")
    assert set(platform.stored[kit.credentials.kit]) == ids


def test_a_kit_whose_disk_is_full_sends_what_it_has_and_says_so_until_there_is_room_again(
    killable_broker, platform, outboxes
):
    kit = RunningKit(outboxes, killable_broker.port, 15)

    def says_it_is_full() -> bool | None:
        status = platform.statuses.get(kit.credentials.kit)
        return status and status.disk_full

    kept = {kit.put() for _ in range(30)}
    with running(kit):
        with disk_full(outboxes.path):
            eventually(lambda: set(platform.stored.get(kit.credentials.kit, ())) == kept, "it arrives")
            eventually(says_it_is_full, "the operators see it")
            with pytest.raises(NotKeptError):
                kit.put()
            eventually(lambda: kit.outbox.waiting() == 0, "it is receipted")
        kit.put()
        eventually(lambda: says_it_is_full() is False, "it goes on by itself")
        eventually(lambda: kit.outbox.waiting() == 0, "what is new is receipted")
    assert set(kit.states().values()) == {State.STORED}


def test_a_disk_that_was_full_for_a_moment_is_told_of_too_and_then_that_it_has_room(
    killable_broker, platform, outboxes
):
    kit = RunningKit(outboxes, killable_broker.port, 15)
    who = kit.credentials.kit

    def fill() -> None:
        while True:
            kit.put()

    with running(kit):
        eventually(lambda: who in platform.statuses, "it is online")
        with disk_full(outboxes.path), pytest.raises(NotKeptError):
            fill()
        eventually(lambda: who in platform.told_full, "the operators see that a reading was refused")
        eventually(lambda: not platform.statuses[who].disk_full, "and that there is room again")


def test_a_clock_that_is_set_back_by_days_makes_no_kit_wait_for_days(tmp_path, outboxes):
    folder = tmp_path / "late"
    folder.mkdir()
    late = RealBroker(folder)
    kit = RunningKit(outboxes, late.port, 6)
    kit.put()
    fast_by = 3 * 86_400.0
    loop = GatewayLoop([kit.link], clock=lambda: time.time() + fast_by)
    loop.start()
    eventually(lambda: kit.link.failures > 2, "the kit has tried")
    fast_by = 0.0
    late.start()
    fake = FakePlatform(late.port, DatabaseEpoch(uuid4()))
    eventually(lambda: kit.outbox.waiting() == 0, "it is receipted")
    loop.stop(PATIENCE_SECONDS)
    fake.stop()
    late.stop()


def test_a_clean_stop_says_offline_with_what_was_sent(killable_broker, platform, outboxes):
    kit = RunningKit(outboxes, killable_broker.port, 8)
    with running(kit):
        kit.put()
        eventually(lambda: kit.outbox.waiting() == 0, "it is receipted")

    def said_goodbye() -> bool:
        status = platform.statuses.get(kit.credentials.kit)
        return status is not None and not status.online and status.sent_seq == 1

    eventually(said_goodbye, "the last status tells the last number sent")


def test_the_hubs_words_reach_the_kit(killable_broker, platform, outboxes):
    kit = RunningKit(outboxes, killable_broker.port, 9)
    heard: list[Message] = []
    kit.link.on_message = heard.append
    message = Message(message_id=uuid4(), sent_at=datetime.now(UTC), text="Please measure again at noon.")
    with running(kit):
        eventually(lambda: kit.link.up, "the line is up")
        platform.say(kit, message)
        eventually(lambda: heard == [message], "the message arrives")


def test_a_gateway_whose_broker_does_not_exist_yet_delivers_once_it_does(tmp_path, outboxes):
    folder = tmp_path / "late"
    folder.mkdir()
    late = RealBroker(folder)
    kit = RunningKit(outboxes, late.port, 10)
    kit.put()
    with running(kit):
        eventually(lambda: kit.link.failures > 2, "the kit has tried")
        late.start()
        fake = FakePlatform(late.port, DatabaseEpoch(uuid4()))
        eventually(lambda: kit.outbox.waiting() == 0, "it is receipted")
        fake.stop()
    late.stop()
