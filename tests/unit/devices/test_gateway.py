"""What a gateway sends, in which order, and what it makes of the answers. Time is a number here."""

import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from devices.gateway.gateway import Gateway, Pace
from devices.gateway.outbox import State
from devices.identifiers import DatabaseEpoch, new_reading_id
from devices.reading import decode
from devices.receipt import Config, Outcome, Receipt, Receipts, encode_message

from .outboxes import START, Running, open_outbox, some_reading

EPOCH = DatabaseEpoch(uuid4())
PACE = Pace(first_retry=10, longest_retry=100, messages_in_flight=2, readings_awaited=20, batch_readings=5)


class Scene:
    """A gateway, its outbox, and words for what the network and the platform do."""

    def __init__(self, path) -> None:
        self.running = Running()
        self.file, self.outbox = open_outbox(path, self.running)
        self.gateway = Gateway(self.outbox, PACE, random.Random(1))
        self.now = START

    def put(self, how_many: int = 1):
        return [self._put().reading_id for _ in range(how_many)]

    def _put(self):
        reading = some_reading()
        self.outbox.put(reading)
        self.gateway.nudge()
        return reading

    def send(self):
        return self.gateway.envelopes(self.now)

    def send_and_confirm(self):
        """Every message that goes out while the broker acknowledges at once."""
        sent = []
        while envelopes := self.send():
            sent += envelopes
            for envelope in envelopes:
                self.gateway.confirmed(envelope)
        return sent

    def receipt(self, *receipts, epoch=EPOCH):
        message = Receipts(epoch=epoch, receipts=receipts)
        self.gateway.take_receipts(encode_message(message), self.now)

    def stored(self, *reading_ids, epoch=EPOCH):
        self.receipt(*(Receipt(reading_id=each, outcome=Outcome.STORED) for each in reading_ids), epoch=epoch)

    def config(self, epoch, listening_since=None, *, retained=False):
        config = Config(epoch=epoch, listening_since=listening_since)
        self.gateway.take_config(encode_message(config), self.now, retained=retained)

    def state(self, reading_id):
        return {entry.reading_id: entry.state for entry in self.outbox.ledger()}[reading_id]


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path / "outbox.sqlite")
    yield scene
    scene.file.close()


def ids(envelope):
    return [item.reading_id for item in decode(envelope.payload)]


def test_one_reading_travels_as_an_object(scene):
    (reading_id,) = scene.put()
    (envelope,) = scene.send()
    assert ids(envelope) == [reading_id]
    assert isinstance(json.loads(envelope.payload), dict)


def test_a_backlog_travels_in_arrays_in_order(scene):
    put = scene.put(12)
    assert [ids(envelope) for envelope in scene.send_and_confirm()] == [put[:5], put[5:10], put[10:]]


def test_an_array_stays_under_its_size(tmp_path):
    scene = Scene(tmp_path / "outbox.sqlite")
    scene.gateway = Gateway(scene.outbox, Pace(batch_bytes=3000))
    for _ in range(4):
        scene.outbox.put(some_reading(note="x" * 1000))
    sizes = [len(envelope.payload) for envelope in scene.send_and_confirm()]
    assert len(sizes) == 2
    assert max(sizes) <= 3000
    scene.file.close()


def test_no_more_is_in_flight_than_the_pace_allows(scene):
    scene.put(30)
    first, second = scene.send()
    assert scene.send() == []
    assert scene.gateway.wake_at == float("inf"), "the broker's acknowledgement wakes it"
    scene.gateway.confirmed(first)
    assert scene.gateway.wake_at <= scene.now
    assert len(scene.send()) == 1
    assert second.seqs


def test_no_more_awaits_receipts_than_the_pace_allows(scene):
    put = scene.put(30)
    assert sum(len(envelope.seqs) for envelope in scene.send_and_confirm()) == 20
    assert scene.now < scene.gateway.wake_at <= scene.now + PACE.first_retry
    scene.stored(*put[:7])
    assert sum(len(envelope.seqs) for envelope in scene.send_and_confirm()) == 7
    scene.now += PACE.first_retry
    assert put[-1] in {each for envelope in scene.send_and_confirm() for each in ids(envelope)}


def test_an_acknowledgement_is_no_receipt(scene):
    (reading_id,) = scene.put()
    scene.send_and_confirm()
    assert scene.state(reading_id) is State.ON_KIT
    scene.stored(reading_id)
    assert scene.state(reading_id) is State.STORED
    scene.now += 10 * PACE.longest_retry
    assert scene.send() == []


def test_what_is_not_receipted_is_sent_again_ever_more_rarely(scene):
    scene.put()
    gaps = []
    for _ in range(8):
        scene.send_and_confirm()
        gaps.append(scene.gateway.wake_at - scene.now)
        scene.now = scene.gateway.wake_at
    assert gaps[0] == PACE.first_retry
    assert all(gap <= PACE.longest_retry for gap in gaps)
    assert gaps[-1] >= 0.75 * PACE.longest_retry
    assert gaps[1] > gaps[0]


def test_a_line_that_breaks_sends_again_at_once(scene):
    put = scene.put(3)
    scene.send()
    scene.gateway.hung_up(scene.now)
    scene.gateway.connected(scene.now, session_present=True)
    (envelope,) = scene.send()
    assert ids(envelope) == put


def test_a_broker_that_forgot_the_session_is_sent_everything_again(scene):
    put = scene.put(3)
    scene.send_and_confirm()
    scene.gateway.hung_up(scene.now)
    scene.gateway.connected(scene.now, session_present=True)
    assert scene.send() == [], "acknowledged and the session kept: a receipt may still come"
    scene.gateway.connected(scene.now, session_present=False)
    scene.now += PACE.first_retry / 10
    (envelope,) = scene.send()
    assert ids(envelope) == put


def test_one_that_is_listened_to_anew_sends_what_has_no_receipt_once_its_receipt_is_late(scene):
    since = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    answered, unheard = scene.put(2)
    scene.send_and_confirm()
    for again in range(2):
        scene.config(EPOCH, listening_since=since + timedelta(minutes=again))
        assert scene.send() == [], "a receipt may be on its way"
        scene.stored(answered)
        scene.now += PACE.first_retry / 10
        assert [ids(envelope) for envelope in scene.send_and_confirm()] == [[unheard]]
        scene.config(EPOCH, listening_since=since + timedelta(minutes=again))
        scene.config(EPOCH)
        scene.now += PACE.first_retry / 10
        assert scene.send() == [], "the same word says nothing new"


def test_what_the_broker_kept_says_that_all_that_is_sent_is_heard_and_another_time_that_it_was_not(scene):
    since = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    put = scene.put(2)
    scene.send_and_confirm()
    scene.config(EPOCH, listening_since=since, retained=True)
    scene.now += PACE.first_retry / 10
    assert scene.send() == []
    scene.config(EPOCH, listening_since=since + timedelta(hours=1), retained=True)
    scene.now += PACE.first_retry / 10
    assert [ids(envelope) for envelope in scene.send_and_confirm()] == [put]


def test_nothing_travels_alone_because_nobody_listened_for_a_while(scene):
    put = scene.put(12)
    for _ in range(4):
        scene.send_and_confirm()
        scene.now += PACE.longest_retry
    scene.config(EPOCH, listening_since=datetime(2026, 3, 4, 9, 0, tzinfo=UTC))
    scene.now += PACE.first_retry / 10
    sent = []
    while envelopes := scene.send():
        sent += envelopes
        for envelope in envelopes:
            scene.gateway.confirmed(envelope)
            scene.stored(*ids(envelope))
        scene.now += 1
    assert sorted(each for envelope in sent for each in ids(envelope)) == sorted(put)
    assert len(sent) == 3


def test_what_a_broker_hangs_up_on_goes_alone_after_the_others_and_ever_more_rarely(scene):
    poison, *others = scene.put(4)
    for _ in range(2):  # twice in company
        scene.send()
        scene.gateway.hung_up(scene.now)
        scene.gateway.connected(scene.now, session_present=True)
    scene.now += PACE.first_retry
    scene.stored(*others[1:])
    later = scene.put(2)
    first, *more = scene.send()
    assert ids(first) == later
    assert more == [], "what travels alone waits until nothing else is in flight"
    scene.gateway.confirmed(first)
    (alone,) = scene.send()
    assert ids(alone) in ([poison], [others[0]])
    assert scene.put()
    assert scene.send() == [], "and nothing else is in flight while it is"
    before = scene.now
    for _ in range(4):
        scene.gateway.hung_up(scene.now)
        scene.gateway.connected(scene.now, session_present=True)
        for envelope in scene.send_and_confirm():
            assert poison not in ids(envelope) or envelope.alone
    assert scene.now == before


def test_a_broker_that_hangs_up_each_time_is_tried_ever_more_rarely(scene):
    scene.outbox.put_raw(b"x" * 100_000, new_reading_id())
    gaps = []
    for _ in range(6):
        assert len(scene.send()) == 1
        scene.gateway.hung_up(scene.now)
        scene.gateway.connected(scene.now, session_present=True)
        gaps.append(max(0.0, scene.outbox.next_due() - scene.now))
        scene.now += gaps[-1]
    assert gaps[1] >= PACE.first_retry
    assert gaps == sorted(gaps)


def test_the_others_of_a_broken_array_get_through_one_by_one(scene):
    put = scene.put(5)
    poison = put[2]
    for _ in range(40):
        for envelope in scene.send():
            if poison in ids(envelope):
                scene.gateway.hung_up(scene.now)
                scene.gateway.connected(scene.now, session_present=True)
                break
            scene.gateway.confirmed(envelope)
            scene.stored(*ids(envelope))
        scene.now += PACE.first_retry
    states = {each: scene.state(each) for each in put}
    assert states == {each: State.ON_KIT if each == poison else State.STORED for each in put}


def test_what_the_platform_passes_over_goes_alone(scene):
    ignored, answered = scene.put(2)
    scene.send_and_confirm()
    scene.stored(answered)
    for _ in range(2):
        scene.now = scene.gateway.wake_at
        (later,) = scene.put()
        scene.send_and_confirm()
        scene.now += 1
        scene.stored(later)
    scene.now += PACE.longest_retry
    scene.put(3)
    alone = [envelope for envelope in scene.send_and_confirm() if ignored in ids(envelope)]
    assert [ids(envelope) for envelope in alone] == [[ignored]]


def test_what_travels_alone_is_not_starved_by_a_stream_of_others(scene):
    garbage = new_reading_id()
    scene.outbox.put_raw(b"garbage", garbage)
    sent_garbage = False
    for _ in range(200):
        scene.put(2)
        scene.now += 1
        for envelope in scene.send():
            if envelope.payload == b"garbage":
                sent_garbage = True
            scene.gateway.confirmed(envelope)
    assert sent_garbage


@pytest.mark.parametrize("alone", [False, True])
def test_a_reading_of_which_not_even_the_id_can_be_read_is_receipted_though_it_was_sent_with_its_age(
    scene, alone
):
    reading = some_reading(taken_at=scene.running.now)
    scene.outbox.put(reading)
    if alone:
        scene.outbox.isolate([1])
    scene.running.seconds += 5
    (envelope,) = scene.send_and_confirm()
    digest = hashlib.sha256(envelope.payload)
    assert digest.digest() != scene.outbox.digest(reading.reading_id)
    refused = Receipt(payload_sha256=digest.hexdigest(), outcome=Outcome.QUARANTINED, reason="not_json")
    scene.receipt(refused)
    assert scene.state(reading.reading_id) is State.QUARANTINED


def test_an_array_refused_whole_is_sent_again_one_by_one(scene):
    put = scene.put(3)
    (envelope,) = scene.send_and_confirm()
    digest = hashlib.sha256(envelope.payload).hexdigest()
    scene.receipt(Receipt(payload_sha256=digest, outcome=Outcome.QUARANTINED, reason="not_json"))
    assert all(scene.state(each) is State.ON_KIT for each in put)
    scene.now += PACE.first_retry
    assert [ids(envelope) for envelope in scene.send_and_confirm()] == [[each] for each in put]


def test_a_new_epoch_sends_again_what_the_old_one_receipted(scene):
    put = scene.put(3)
    scene.config(EPOCH)
    scene.send_and_confirm()
    scene.stored(*put)
    scene.config(DatabaseEpoch(uuid4()))
    scene.now += PACE.first_retry / 10
    assert [ids(envelope) for envelope in scene.send_and_confirm()] == [put]


@pytest.mark.parametrize("noise", [b"", b"\xff", b"{}", b"[]", b'{"version":2}', b'{"version":1,"epoch":7}'])
def test_noise_from_the_platform_changes_nothing(scene, noise):
    (reading_id,) = scene.put()
    scene.send_and_confirm()
    scene.gateway.take_receipts(noise, scene.now)
    scene.gateway.take_config(noise, scene.now)
    assert scene.state(reading_id) is State.ON_KIT
    assert scene.outbox.database_epoch is None


def test_what_was_in_flight_when_the_process_died_is_due_again(scene):
    put = scene.put(3)
    scene.send()
    again = Gateway(scene.outbox, PACE)
    (envelope,) = again.envelopes(scene.now)
    assert ids(envelope) == put


def test_a_clock_set_back_an_hour_delays_nothing(scene):
    (reading_id,) = scene.put()
    scene.send_and_confirm()
    scene.now -= 3600
    (envelope,) = scene.send()
    assert ids(envelope) == [reading_id]


def test_a_broker_that_acknowledges_nothing_is_noticed(scene):
    scene.put()
    scene.send()
    assert not scene.gateway.stuck(scene.now + PACE.confirm_within)
    assert scene.gateway.stuck(scene.now + PACE.confirm_within + 1)


def test_a_broker_that_acknowledges_nothing_is_noticed_though_the_clock_was_set_back_by_days(scene):
    scene.put()
    scene.send()
    assert not scene.gateway.stuck(scene.now - 1)
    assert scene.gateway.stuck(scene.now - 3 * 86_400)


def test_a_put_while_looking_is_not_overlooked(scene):
    assert scene.send() == []
    assert scene.gateway.wake_at == float("inf")
    scene.put()
    assert scene.gateway.wake_at == 0


def test_what_was_receipted_long_ago_is_tidied_away(scene):
    stored, waiting = scene.put(2)
    scene.send_and_confirm()
    scene.stored(stored)
    for hour in range(14 * 24 + 1):
        scene.running.seconds = 3600.0 * hour
        scene.gateway.tidy(START + hour * 3600)
    assert scene.state(stored) is State.STORED
    scene.running.seconds += 3600
    scene.gateway.tidy(START + 14 * 86_400 + 3600)
    assert [entry.reading_id for entry in scene.outbox.ledger()] == [waiting]
