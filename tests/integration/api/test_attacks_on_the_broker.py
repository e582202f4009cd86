"""What a kit that was stolen, or whose credential was copied, tries at the broker: each attack by its name."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from devices.doorkeeper import TOPIC as DOORKEEPERS
from devices.gateway.outbox import State
from devices.topics import PARTITIONS, Leaf
from ingest.quota import BEGINNING, KEPT_A_DAY
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker, Mosquitto
from tests.fixtures.commands import Commands
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.live_kits import live_kits
from tests.integration.api.test_broker_access import KITS, Client, clients
from tests.integration.api.test_processes import at_broker

MakeClient = Callable[..., Client]
MakeCommands = Callable[..., Commands]
THIEF, VICTIM = "kit-b", "kit-a"
TOPIC = "hearthwatch/v1/3/kits/{}/{}"

ON_BOTH = [pytest.param("mosquitto", marks=pytest.mark.mosquitto), "embedded"]


@pytest.fixture(scope="module", params=ON_BOTH)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for what leaves nothing behind."""
    if request.param == "embedded":
        from api.embedded.broker import EmbeddedBroker

        embedded = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
        embedded.start()
        yield embedded
        embedded.stop()
        return
    mosquitto: Mosquitto = request.getfixturevalue("shared_mosquitto")
    yield mosquitto
    mosquitto.own.kill()
    mosquitto.own.restart()


@pytest.fixture(scope="module")
def platform(shared: Broker) -> Iterator[Client]:
    with clients(shared) as make:
        listening = make("platform")
        assert listening.subscribe("hearthwatch/v1/#")
        yield listening


@pytest.fixture
def client(shared: Broker, platform: Client) -> Iterator[MakeClient]:
    with clients(shared) as make:
        yield make


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(TOPIC.format(VICTIM, "readings"), id="readings as another kit"),
        pytest.param(TOPIC.format(VICTIM, "status"), id="another kit's status"),
        pytest.param(TOPIC.format(THIEF, "receipts"), id="a receipt for itself"),
        pytest.param(TOPIC.format(VICTIM, "receipts"), id="a receipt for another kit"),
        pytest.param(TOPIC.format(VICTIM, "config"), id="another kit's config"),
        pytest.param(TOPIC.format(VICTIM, "messages"), id="words from the hub"),
        pytest.param(TOPIC.format(THIEF, "readings/more"), id="below its own topic"),
        pytest.param(f"hearthwatch/v1/{PARTITIONS}/kits/{THIEF}/readings", id="a partition nobody hears"),
        pytest.param(DOORKEEPERS, id="a line for the doorkeeper"),
        pytest.param(f"hearthwatch/v1/03/kits/{THIEF}/status", id="a partition by another name"),
    ],
)
def test_a_kit_that_publishes_what_is_not_its_own_is_heard_by_nobody(
    client: MakeClient, platform: Client, topic: str
) -> None:
    thief = client(THIEF)
    sent = thief.paho.publish(topic, b"forged", qos=1)
    # Mosquitto answers such a publish and drops it, the embedded broker ends the session.
    wait_until(lambda: sent.is_published() or thief.gone.is_set(), "the broker to answer")
    thief.close()
    client(VICTIM).publish(TOPIC.format(VICTIM, "readings"), b"honest")
    assert platform.next().payload == b"honest"


@pytest.mark.parametrize(
    "topic",
    [
        "#",
        "+/#",
        "$SYS/#",
        "$SYS/broker/clients/connected",
        "hearthwatch/v1/#",
        "+/+/+/+/+/receipts",
        "hearthwatch/v1/+/kits/+/readings",
        TOPIC.format(VICTIM, "receipts"),
        TOPIC.format(VICTIM, "config"),
        "$share/all/hearthwatch/v1/+/kits/+/receipts",
        DOORKEEPERS,
    ],
)
def test_a_kit_that_subscribes_to_what_is_not_its_own_hears_nothing(
    client: MakeClient, platform: Client, topic: str
) -> None:
    thief = client(THIEF)
    thief.subscribe(topic)
    assert thief.subscribe(TOPIC.format(THIEF, "messages"))
    for leaf in ("receipts", "config"):
        platform.publish(TOPIC.format(VICTIM, leaf), b"not for the thief")
    platform.publish(TOPIC.format(THIEF, "messages"), b"for the thief")
    assert thief.next().payload == b"for the thief"
    assert [platform.next().payload for _ in range(3)][-1] == b"for the thief"


@pytest.mark.parametrize("stays", [False, True], ids=["for a while", "for good"])
def test_a_kit_that_takes_over_a_client_id_gets_nothing_of_the_other_kits(
    client: MakeClient, platform: Client, stays: bool
) -> None:
    # An id of its own each time: the embedded broker keeps one out for a while over which two have just quarrelled.
    contested = f"{VICTIM}-{uuid4()}"
    victim = client(VICTIM, client_id=contested, clean=not stays)
    assert victim.subscribe(TOPIC.format(VICTIM, "receipts"))
    if stays:
        victim.close()
    thief = client(THIEF, client_id=contested, clean=not stays)
    if not thief.refused:
        assert thief.subscribe(TOPIC.format(THIEF, "messages"))
        platform.publish(TOPIC.format(VICTIM, "receipts"), b"not for the thief")
        platform.publish(TOPIC.format(THIEF, "messages"), b"for the thief")
        assert thief.next().payload == b"for the thief"
        assert [platform.next().payload for _ in range(2)][-1] == b"for the thief"


@pytest.mark.parametrize("who", [THIEF, "platform-1"])
def test_nobody_but_the_platforms_own_user_moves_the_doorkeeper_and_nobody_hears_what_it_is_asked(
    client: MakeClient, platform: Client, shared: Broker, who: str
) -> None:
    listening, asking = client(who), client(who)
    listening.paho.subscribe(DOORKEEPERS, qos=1)
    sent = asking.paho.publish(DOORKEEPERS, f"{VICTIM}:", qos=1)
    wait_until(lambda: sent.is_published() or asking.gone.is_set(), "the broker to answer")
    # The doorkeeper does one thing after another: what was asked before this is done once this is.
    newcomer = f"kit-{uuid4()}"
    platform.publish(DOORKEEPERS, f"{newcomer}:a password".encode())
    wait_until(lambda: lets_in(shared, newcomer, "a password"), "the newcomer to be let in")
    assert lets_in(shared, VICTIM, KITS[VICTIM])
    assert listening.messages.empty()


def lets_in(broker: Broker, kit: str, password: str) -> bool:
    tried = Client(broker.port, kit, password).connect()
    tried.close()
    return not tried.refused


def test_an_oversized_packet_is_dropped_and_delays_nobody(client: MakeClient, platform: Client) -> None:
    thief, honest = client(THIEF), client(VICTIM)
    thief.paho.publish(TOPIC.format(THIEF, "readings"), b"x" * 1_000_001, qos=1)
    honest.publish(TOPIC.format(VICTIM, "readings"), b"honest")
    assert platform.next().payload == b"honest"


@pytest.mark.parametrize(
    "name", ["+", "#", "kit/../kit-a", "kit+", "kit-a/receipts", "*", "", "platform", "platform-7"]
)
def test_a_kit_is_not_admitted_under_a_name_that_means_others(shared: Broker, name: str) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        shared.admit({name: "password"})


def test_what_a_kit_can_have_the_broker_retain_ends(client: MakeClient, shared: Broker) -> None:
    """A retained message for each partition and no more: else one credential fills the broker's memory."""
    thief = client(THIEF)
    for partition in range(PARTITIONS):
        thief.publish(f"hearthwatch/v1/{partition}/kits/{THIEF}/status", b"kept", retain=True)
    beyond = thief.paho.publish(f"hearthwatch/v1/99/kits/{THIEF}/status", b"kept", qos=1, retain=True)
    wait_until(lambda: beyond.is_published() or thief.gone.is_set(), "the broker to answer")
    thief.close()
    late = client("platform-2")
    assert late.subscribe(f"hearthwatch/v1/+/kits/{THIEF}/status")
    late.publish(TOPIC.format(THIEF, "status"), b"last", retain=False)
    heard = [late.next() for _ in range(PARTITIONS + 1)]
    assert [one.payload for one in heard] == [b"kept"] * PARTITIONS + [b"last"]
    cleaning = client(THIEF)
    for partition in range(PARTITIONS):
        cleaning.publish(f"hearthwatch/v1/{partition}/kits/{THIEF}/status", b"", retain=True)


class Thief(Client):
    """Somebody with the credential of a kit that is enrolled, on a line of their own."""

    def __init__(self, broker: Broker, kit: n.Kit) -> None:
        name = str(kit.kit_id)
        broker.admit({name: "stolen"})
        super().__init__(broker.port, name, "stolen", client_id=name)
        self.readings = kit.topic()


DELIVERED = "SELECT deliveries, reason FROM ingest.quarantine WHERE kit_id = %s"
KEPT = "SELECT coalesce(sum(octet_length(payload)), 0), count(*) FROM ingest.quarantine WHERE kit_id = %s"


@pytest.mark.both_brokers
def test_a_flood_fills_no_disk_and_another_kits_readings_come_through_it(
    commands: MakeCommands, neighbourhood: Database, broker: Broker, tmp_path: Path
) -> None:
    flooding = n.Kit(n.SECOND_KIT, partition=2)
    thief = Thief(broker, flooding).connect()
    garbage = [b"%d" % number + b"x" * 900_000 for number in range(10)]
    garbage += [b"%d{" % number for number in range(1000)]
    with (
        live_kits(tmp_path, broker, [n.Kit()], random.Random(20261123)) as [honest],
        commands(**at_broker(broker)).start("ingest") as ingest,
    ):
        wait_until(lambda: ingest.says('hearthwatch_ingest_hears{partition="2"} 1.0'), "somebody to listen")
        last = [thief.paho.publish(thief.readings, each, qos=1) for each in garbage][-1]
        for _ in range(20):
            honest.measure(n.AMARA, n.NORMAL)
        wait_until(lambda: honest.outbox.waiting() == 0, "the honest kit's receipts")
        wait_until(last.is_published, "the broker to have taken the flood")

        def kept() -> tuple[int, int]:
            with neighbourhood.connect() as conn:
                return conn.execute(KEPT, (flooding.kit_id,)).fetchone() or (0, 0)

        wait_until(lambda: kept()[1] == len(garbage), "each piece of it to be noted")
        assert kept()[0] <= KEPT_A_DAY + BEGINNING * len(garbage)
        assert set(honest.states().values()) == {State.STORED}
    thief.close()


@pytest.mark.both_brokers
def test_a_retained_poison_message_is_kept_once_and_stops_nobody_however_often_ingest_starts(
    commands: MakeCommands, neighbourhood: Database, broker: Broker, tmp_path: Path
) -> None:
    poisoned = n.Kit(n.SECOND_KIT, partition=2)
    thief = Thief(broker, poisoned).connect()
    for leaf in (Leaf.READINGS, Leaf.STATUS):
        thief.publish(poisoned.topic(leaf), b"\xff\x00 poison", retain=True)
    ours = commands(**at_broker(broker))
    with live_kits(tmp_path, broker, [n.Kit()], random.Random(20261123)) as [honest]:
        for deliveries in (1, 2):
            with ours.start("ingest") as running:
                honest.measure(n.AMARA, n.NORMAL)
                wait_until(lambda: honest.outbox.waiting() == 0, "the honest kit's receipt")

                def heard(times: int = deliveries) -> bool:
                    with neighbourhood.connect() as conn:
                        return conn.execute(DELIVERED, (poisoned.kit_id,)).fetchall() == [(times, "not_json")]

                wait_until(heard, "the poison to be kept, once")
                assert running.stop() == 0
    thief.close()
