"""What a kit may do at the broker, Mosquitto or the embedded one alike; what it may not, the attacks tell."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from api.health import check_broker
from api.settings import Broker as BrokerSettings
from tests.fixtures.brokers import Broker, Mosquitto
from tests.fixtures.lines import hang_up

# Longer than the embedded broker waits before it delivers again what a line just closed did not acknowledge.
WAIT = 45.0
SHUT_OUT_WITHIN = 5.0
READINGS = "hearthwatch/v1/3/kits/{}/readings"
RECEIPTS = "hearthwatch/v1/3/kits/{}/receipts"
STATUS = "hearthwatch/v1/3/kits/{}/status"
KITS = {"kit-a": "password-a", "kit-b": "password-b"}

_NUMBERS = count()

pytestmark = pytest.mark.both_brokers


def _client_id(username: str, clean: bool) -> str:
    """Who keeps no session has an id of their own: a broker may end a line that follows another of its id too soon."""
    return f"client-of-{username}" + (f"-{next(_NUMBERS)}" if clean else "")


class Client:
    """A paho client that waits for each answer."""

    def __init__(
        self,
        port: int,
        username: str,
        password: str,
        clean: bool = True,
        will: str = "",
        client_id: str = "",
    ) -> None:
        self.messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self.connected, self.gone, self.answered = threading.Event(), threading.Event(), threading.Event()
        self.subscribed: queue.Queue[bool] = queue.Queue()
        self.refused = False
        self.session_present = False
        self.port = port
        self.paho = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or _client_id(username, clean),
            clean_session=clean,
            # Whose line was ended is gone: one that came back by itself would end another of its id.
            reconnect_on_failure=False,
        )
        self.paho.username_pw_set(username, password)
        if will:
            self.paho.will_set(will, b"offline", qos=1, retain=True)
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = lambda *_: self.gone.set()
        self.paho.on_subscribe = lambda client, data, mid, codes, properties: self.subscribed.put(
            not codes[0].is_failure
        )
        self.paho.on_message = lambda client, data, message: self.messages.put(message)

    def _on_connect(self, client, data, flags, code, properties) -> None:
        self.refused = code.is_failure
        self.session_present = flags.session_present
        if not code.is_failure:
            self.connected.set()
        self.answered.set()

    def connect(self) -> "Client":
        self.paho.connect("127.0.0.1", self.port, keepalive=30)
        self.paho.loop_start()
        assert self.answered.wait(WAIT)
        return self

    def subscribe(self, topic: str) -> bool:
        self.paho.subscribe(topic, qos=1)
        return self.subscribed.get(timeout=WAIT)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self.paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT)

    def next(self) -> mqtt.MQTTMessage:
        return self.messages.get(timeout=WAIT)

    def close(self) -> None:
        hang_up(self.paho)

    def vanish(self) -> None:
        """Break the line without a word: the broker says the last will once it knows."""
        self.paho.loop_stop()
        self.paho.socket().close()


@contextmanager
def clients(broker: Broker) -> Iterator[Callable[..., Client]]:
    broker.admit(KITS)
    made: list[Client] = []

    def make(who: str, **options) -> Client:
        made.append(Client(broker.port, who, KITS.get(who, broker.password), **options))
        return made[-1].connect()

    yield make
    for each in made:
        each.close()


@pytest.fixture
def client(broker: Broker) -> Iterator[Callable[..., Client]]:
    with clients(broker) as make:
        yield make


@pytest.fixture
def at_mosquitto(mosquitto: Mosquitto) -> Iterator[Callable[..., Client]]:
    with clients(mosquitto) as make:
        yield make


def test_a_kit_sends_readings_and_hears_its_own_receipts(client: Callable[..., Client]) -> None:
    platform, kit = client("platform"), client("kit-a")
    assert platform.subscribe("hearthwatch/v1/+/kits/+/readings")
    assert kit.subscribe(RECEIPTS.format("kit-a"))
    kit.publish(READINGS.format("kit-a"), b"reading")
    assert platform.next().payload == b"reading"
    platform.publish(RECEIPTS.format("kit-a"), b"receipt")
    assert kit.next().payload == b"receipt"


def test_messages_wait_for_a_kit_that_is_away(client: Callable[..., Client]) -> None:
    platform, kit = client("platform"), client("kit-a", clean=False, will=STATUS.format("kit-a"))
    assert kit.subscribe(RECEIPTS.format("kit-a"))
    assert platform.subscribe(STATUS.format("kit-a"))
    kit.vanish()
    assert platform.next().payload == b"offline"
    platform.publish(RECEIPTS.format("kit-a"), b"while away")
    back = client("kit-a", clean=False)
    assert back.session_present
    assert back.next().payload == b"while away"


def test_readings_wait_for_a_platform_that_is_away(client: Callable[..., Client]) -> None:
    platform, kit = client("platform", clean=False, will=RECEIPTS.format("kit-a")), client("kit-a")
    assert platform.subscribe("hearthwatch/v1/+/kits/+/readings")
    assert kit.subscribe(RECEIPTS.format("kit-a"))
    platform.vanish()
    assert kit.next().payload == b"offline"
    kit.publish(READINGS.format("kit-a"), b"while away")
    assert client("platform", clean=False).next().payload == b"while away"


def test_a_kit_that_vanishes_leaves_its_last_will_as_its_status(client: Callable[..., Client]) -> None:
    kit = client("kit-a", will=STATUS.format("kit-a"))
    kit.publish(STATUS.format("kit-a"), b"online", retain=True)
    platform = client("platform")
    assert platform.subscribe("hearthwatch/v1/+/kits/+/status")
    assert platform.next().payload == b"online"
    kit.vanish()
    assert platform.next().payload == b"offline"
    late = client("platform")
    assert late.subscribe("hearthwatch/v1/+/kits/+/status")
    retained = late.next()
    assert (retained.payload, retained.retain) == (b"offline", True)


def test_a_revoked_kit_loses_its_live_session_and_cannot_return(
    client: Callable[..., Client], broker: Broker
) -> None:
    stolen, honest = client("kit-a"), client("kit-b")
    broker.revoke("kit-a")
    assert stolen.gone.wait(SHUT_OUT_WITHIN)
    again = Client(broker.port, "kit-a", KITS["kit-a"]).connect()
    assert again.refused
    again.close()
    assert not honest.gone.is_set()


@pytest.mark.mosquitto
@pytest.mark.parametrize("victim", ["kit-a", "platform-1"])
def test_a_kit_that_borrows_a_client_id_ends_nobodys_session(
    at_mosquitto: Callable[..., Client], victim: str
) -> None:
    honest = at_mosquitto(victim, client_id=victim)
    thief = at_mosquitto("kit-b", client_id=victim)
    assert thief.connected.is_set()
    # The broker has answered both since: whose session it ended would know by now.
    assert thief.subscribe(RECEIPTS.format("kit-b"))
    assert honest.subscribe(RECEIPTS.format(victim))
    assert not honest.gone.is_set()
    assert not thief.gone.is_set()


def test_two_ingest_workers_work_side_by_side(client: Callable[..., Client]) -> None:
    first, second, kit = client("platform-1"), client("platform-2"), client("kit-a")
    for worker in (first, second):
        assert worker.subscribe("hearthwatch/v1/+/kits/+/readings")
    kit.publish(READINGS.format("kit-a"), b"reading")
    assert first.next().payload == second.next().payload == b"reading"


@pytest.mark.mosquitto
def test_a_kit_cannot_be_admitted_under_a_name_of_the_platforms(mosquitto: Mosquitto) -> None:
    with pytest.raises(RuntimeError, match="no kit's"):
        mosquitto.admit({"platform-1": "stolen"})


@pytest.mark.mosquitto
def test_asking_whether_the_broker_answers_ends_no_session(
    at_mosquitto: Callable[..., Client], mosquitto: Mosquitto
) -> None:
    worker = at_mosquitto("platform-1")
    check_broker(BrokerSettings(host="127.0.0.1", port=mosquitto.port))
    assert worker.subscribe(RECEIPTS.format("kit-a"))
    assert not worker.gone.is_set()


def test_a_wrong_password_is_refused(client: Callable[..., Client], broker: Broker) -> None:
    stranger = Client(broker.port, "kit-a", "guess").connect()
    assert stranger.refused
    stranger.close()


@pytest.mark.mosquitto
def test_kits_reach_the_broker_over_tls_and_check_who_it_is(mosquitto: Mosquitto) -> None:
    mosquitto.admit(KITS)
    kit = Client(mosquitto.tls_port, "kit-a", KITS["kit-a"])
    kit.paho.tls_set(ca_certs=str(mosquitto.ca_file))
    kit.connect()
    assert kit.connected.is_set()
    kit.close()
    strangers_trust = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", mosquitto.tls_port), timeout=WAIT) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        strangers_trust.wrap_socket(plain, server_hostname="localhost")
