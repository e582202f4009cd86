"""Who is let in: passwords, the product's access rules, TLS, and a broker that is full."""

from uuid import uuid4

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices.gateway.outbox import State
from devices.identifiers import DatabaseEpoch

from .killable_broker import RealBroker, eventually
from .kit_and_platform import FakePlatform, RunningKit, running


@pytest.mark.both_brokers
def test_a_kit_with_the_products_access_rules_delivers_and_hears_its_receipts(broker, outboxes):
    kit = RunningKit(outboxes, broker.port, 11, secret="synthetic-secret")
    broker.admit({str(kit.credentials.kit): "synthetic-secret"})
    fake = FakePlatform(broker.port, DatabaseEpoch(uuid4()), broker.username, broker.password)
    with running(kit):
        for _ in range(10):
            kit.put()
        eventually(lambda: kit.outbox.waiting() == 0, "every reading is receipted")
    fake.stop()
    assert set(fake.stored[kit.credentials.kit]) == kit.put_ids


@pytest.mark.both_brokers
def test_a_kit_that_is_not_admitted_keeps_its_readings_and_keeps_asking(broker, outboxes):
    kit = RunningKit(outboxes, broker.port, 12, secret="synthetic-secret")
    kit.put()
    fake = FakePlatform(broker.port, DatabaseEpoch(uuid4()), broker.username, broker.password)
    with running(kit):
        eventually(lambda: kit.link.failures >= 2, "the broker refused it twice")
        assert set(kit.states().values()) == {State.ON_KIT}
        broker.admit({str(kit.credentials.kit): "synthetic-secret"})
        eventually(lambda: kit.outbox.waiting() == 0, "once admitted, it delivers")
    fake.stop()


@pytest.mark.mosquitto
def test_a_kit_speaks_tls_to_a_broker_whose_authority_it_was_given(mosquitto, outboxes):
    kit = RunningKit(outboxes, mosquitto.tls_port, 13, secret="synthetic-secret", ca_file=mosquitto.ca_file)
    mosquitto.admit({str(kit.credentials.kit): "synthetic-secret"})
    fake = FakePlatform(mosquitto.port, DatabaseEpoch(uuid4()), mosquitto.username, mosquitto.password)
    with running(kit):
        for _ in range(60):
            kit.put()
        eventually(lambda: kit.outbox.waiting() == 0, "every reading is receipted")
    fake.stop()


def test_a_full_broker_gets_the_readings_and_the_receipts_come_when_there_is_room(tmp_path, outboxes):
    full = RealBroker(tmp_path, subscriptions=5)
    full.start()
    fake = FakePlatform(full.port, DatabaseEpoch(uuid4()))
    greedy = mqtt.Client(CallbackAPIVersion.VERSION2, "greedy", protocol=mqtt.MQTTv311)
    granted: list[object] = []
    greedy.on_subscribe = lambda _client, _data, _mid, reasons, _properties: granted.extend(reasons)
    eventually(lambda: fake.subscribed, "the platform listens")
    greedy.connect("127.0.0.1", full.port)
    greedy.loop_start()
    greedy.subscribe([(f"elsewhere/{number}", 1) for number in range(3)])
    eventually(lambda: len(granted) == 3, "no room is left")
    kit = RunningKit(outboxes, full.port, 14)
    reading_id = kit.put()
    with running(kit):
        eventually(lambda: reading_id in fake.stored.get(kit.credentials.kit, {}), "the reading arrives")
        assert kit.states() == {reading_id: State.ON_KIT}
        greedy.disconnect()
        eventually(lambda: kit.states() == {reading_id: State.STORED}, "the receipt arrives")
    greedy.loop_stop()
    fake.stop()
    full.stop()
