"""A kit takes up what its sheet says now, credential and address, and keeps the last where the sheet is of no use."""

import socket
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError

from devices.gateway.gateway import Gateway
from devices.gateway.link import Link
from devices.gateway.session import Credentials
from devices.gateway.sheet_file import SheetFile
from devices.identifiers import KitId
from devices.kits import Broker, Kit, KitSheet

from .outboxes import START, open_outbox

KIT = KitId(uuid4())
BROKER = Broker(host="127.0.0.1", port=8883)


def line(secret: str = "first", kit: KitId = KIT, **more: object) -> Kit:
    return Kit(kit_id=kit, partition=3, username=str(kit), secret=SecretStr(secret), **more)


def written(path: Path, *kits: Kit, broker: Broker = BROKER) -> Path:
    KitSheet(broker=broker, kits=kits).write(path)
    return path


def test_a_new_secret_counts_as_soon_as_it_is_in_the_file(tmp_path):
    sheet = SheetFile(written(tmp_path / "kits.json", line()))
    first = Credentials.of(line())
    assert sheet(first, BROKER) == (first, BROKER)
    written(tmp_path / "kits.json", line("other", KitId(uuid4())), line("second"))
    assert sheet(first, BROKER) == (Credentials.of(line("second")), BROKER)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("{"),
        lambda path: written(path, line("of another", KitId(uuid4()))),
    ],
    ids=["gone", "half written", "of another kit"],
)
def test_a_sheet_of_no_use_changes_nothing(tmp_path, spoil):
    path = written(tmp_path / "kits.json", line())
    spoil(path)
    first = Credentials.of(line())
    assert SheetFile(path)(first, BROKER) == (first, BROKER)


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_gateway_goes_where_its_sheet_says_that_the_broker_is_now(tmp_path, listening):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        before = Broker(host="127.0.0.1", port=gone.getsockname()[1])
    path = written(tmp_path / "kits.json", line(), broker=before)
    file, outbox = open_outbox(tmp_path / "outbox.sqlite")
    link = Link(Gateway(outbox), Credentials.of(line()), before, renew=SheetFile(path))
    assert not link.connect(START)
    none_there = {"certificate_file": Path("/nowhere.pem"), "key_file": Path("/nowhere.key")}
    written(path, line("", **none_there), broker=before.model_copy(update={"ca_file": Path("/nowhere.pem")}))
    assert not link.connect(START), "with certificates that are not there"
    written(path, line(), broker=before.model_copy(update={"port": listening}))
    assert link.connect(START)
    link.close()
    file.close()


@pytest.mark.parametrize(
    "more",
    [{}, {"certificate_file": "a.pem"}, {"key_file": "a.key"}],
    ids=["nothing", "no key", "no certificate"],
)
def test_a_line_that_cannot_sign_in_is_refused(more):
    with pytest.raises(ValidationError, match="needs"):
        Kit(kit_id=KIT, partition=3, username="kit", **more)
