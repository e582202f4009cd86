"""A kit may sign in by a certificate of its own: it is as bound and as quickly shut out as one with a password."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.embedded.process import free_port
from devices.gateway.gateway import Gateway
from devices.gateway.link import Link
from devices.gateway.outbox import Outbox
from devices.gateway.session import Credentials
from devices.identifiers import DatabaseEpoch, KitId, ResidentId, new_reading_id
from devices.kits import Broker, Kit
from devices.reading import ReadingPayload
from devices.topics import Leaf, topic
from tests.fixtures.brokers import Mosquitto
from tests.fixtures.containers import wait_until
from tests.fixtures.machine import ROOT
from tests.integration.api.test_broker_access import Client

from .kit_and_platform import EAGER, QUICK, FakePlatform, running

pytestmark = pytest.mark.mosquitto
SHUT_OUT_WITHIN = 5.0
INSIDE = 8884


class Authority:
    """The authority for kits, as an operator runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, act: str, kit: object) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "deploy" / "kit-certificates.sh"), str(self.folder), act, str(kit)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def issue(self, kit: KitId) -> tuple[Path, Path]:
        done = self.run("issue", kit)
        assert done.returncode == 0, done.stderr
        return self.folder / f"{kit}.pem", self.folder / f"{kit}.key"


class CertifiedMosquitto(Mosquitto):
    """The product's image with a listener for certificates."""

    def __init__(self, certificates: Path, authority: Authority) -> None:
        super().__init__(certificates)
        self.certificate_port = free_port()
        self.authority = authority
        self.own.publish(INSIDE, self.certificate_port)
        self.give()

    def give(self) -> None:
        for name in ("authority.pem", "revoked.crl"):
            content = (self.authority.folder / "broker" / name).read_bytes()
            self.own.write_file(f"/run/kit-certificates/{name}", content)

    def shut_out(self, kit: KitId) -> None:
        assert self.authority.run("revoke", kit).returncode == 0
        self.give()
        self.revoke(str(kit))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("kits"))
    made.issue(KitId(uuid4()))
    return made


@pytest.fixture(scope="module")
def mosquitto(certificates: Path, authority: Authority) -> Iterator[CertifiedMosquitto]:
    made = CertifiedMosquitto(certificates, authority)
    made.own.start()
    yield made
    made.own.remove()


def client(mosquitto: CertifiedMosquitto, certificate: tuple[Path, Path] | None) -> Client:
    """Somebody at the listener for certificates."""
    made = Client(mosquitto.certificate_port, "platform", mosquitto.password)
    files = dict(zip(("certfile", "keyfile"), map(str, certificate or ()), strict=False))
    made.paho.tls_set(ca_certs=str(mosquitto.ca_file), **files)
    return made


def is_refused(mosquitto: CertifiedMosquitto, certificate: tuple[Path, Path] | None) -> bool:
    """Whether the broker hangs up on them before it has let them in."""
    stranger = client(mosquitto, certificate)
    try:
        stranger.paho.connect("127.0.0.1", stranger.port)
        stranger.paho.loop_start()
    except OSError:
        return True
    wait_until(lambda: stranger.gone.is_set() or stranger.answered.is_set(), "the broker's answer")
    stranger.close()
    return not stranger.connected.is_set()


def some_reading(outbox: Outbox) -> ReadingPayload:
    return ReadingPayload(
        reading_id=new_reading_id(),
        outbox_epoch=outbox.epoch,
        seq=0,
        taken_at="2026-11-23T07:00:00Z",
        resident=ResidentId(uuid4()),
        values={"temperature": 37.0},
    )


def test_a_gateway_with_a_certificate_delivers_without_a_password_and_takes_up_the_next_one(
    mosquitto: CertifiedMosquitto, authority: Authority, outboxes
) -> None:
    kit_id = KitId(uuid4())
    certificate, key = authority.issue(kit_id)
    line = Kit(kit_id=kit_id, partition=4, username=str(kit_id), certificate_file=certificate, key_file=key)
    outbox = Outbox(outboxes, kit_id)
    address = Broker(host="localhost", port=mosquitto.certificate_port, ca_file=mosquitto.ca_file)
    gateway = Gateway(outbox, QUICK, random.Random(20261123))
    link = Link(gateway, Credentials.of(line), address, settings=EAGER)
    fake = FakePlatform(mosquitto.port, DatabaseEpoch(uuid4()), mosquitto.username, mosquitto.password)
    outbox.put(some_reading(outbox))
    with running(_Running(link)):
        wait_until(lambda: outbox.waiting() == 0, "the receipt")
        mosquitto.shut_out(kit_id)
        wait_until(lambda: not link.up, "the end of its session")
        outbox.put(some_reading(outbox))
        assert authority.issue(kit_id) == (certificate, key), "in the place of the one that was revoked"
        wait_until(lambda: outbox.waiting() == 0, "the receipt under the new certificate")
    fake.stop()
    assert set(fake.stored) == {kit_id}


class _Running:
    """A line, as `running` takes them."""

    def __init__(self, link: Link) -> None:
        self.link = link


def test_the_name_in_the_certificate_is_the_kit_whatever_else_is_claimed(
    mosquitto: CertifiedMosquitto, authority: Authority
) -> None:
    ours, others = KitId(uuid4()), KitId(uuid4())
    listening = Client(mosquitto.port, "platform", mosquitto.password).connect()
    assert listening.subscribe("hearthwatch/v1/1/#")
    kit = client(mosquitto, authority.issue(ours)).connect()  # and says that it is the platform
    for forged in (topic(1, others, Leaf.READINGS), topic(1, ours, Leaf.RECEIPTS)):
        kit.publish(forged, b"forged")
    kit.publish(topic(1, ours, Leaf.READINGS), b"its own")
    assert listening.next().payload == b"its own"
    kit.close()
    listening.close()


def test_a_revoked_certificate_ends_its_live_session_and_is_refused_and_others_stay(
    mosquitto: CertifiedMosquitto, authority: Authority
) -> None:
    stolen, honest = KitId(uuid4()), KitId(uuid4())
    theirs = authority.issue(stolen)
    thief, other = client(mosquitto, theirs).connect(), client(mosquitto, authority.issue(honest)).connect()
    assert thief.connected.is_set()
    mosquitto.shut_out(stolen)
    wait_until(thief.gone.is_set, "its session to end", SHUT_OUT_WITHIN)
    assert is_refused(mosquitto, theirs)
    assert not other.gone.is_set()
    thief.close()
    other.close()


def test_nobody_is_let_in_without_a_certificate_of_the_kits_authority(
    mosquitto: CertifiedMosquitto, certificates: Path, tmp_path: Path
) -> None:
    another = Authority(tmp_path / "another")
    assert is_refused(mosquitto, None)
    assert is_refused(mosquitto, another.issue(KitId(uuid4())))
    assert is_refused(mosquitto, (certificates / "broker.pem", certificates / "broker.key"))


@pytest.mark.parametrize("name", ["platform", "platform-1", "+", "#", "kit/CN=platform"])
def test_a_certificate_is_issued_to_a_kits_id_alone(authority: Authority, name: str) -> None:
    done = authority.run("issue", name)
    assert done.returncode == 1
    assert "no kit's id" in done.stderr


def test_keys_are_their_owners_alone(authority: Authority) -> None:
    keys = [*authority.folder.glob("*.key")]
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    assert (authority.folder / "broker" / "authority.pem").stat().st_mode & 0o444 == 0o444
