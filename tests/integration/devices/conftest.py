"""A broker that may be killed, a platform on it, and a file of outboxes."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from devices.gateway.outbox_file import OutboxFile
from devices.identifiers import DatabaseEpoch

from .killable_broker import RealBroker
from .kit_and_platform import FakePlatform


@pytest.fixture
def killable_broker(tmp_path: Path) -> Iterator[RealBroker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    running = RealBroker(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def outboxes(tmp_path: Path) -> Iterator[OutboxFile]:
    file = OutboxFile(tmp_path / "outboxes.sqlite")
    yield file
    file.close()


@pytest.fixture
def platform(killable_broker: RealBroker) -> Iterator[FakePlatform]:
    fake = FakePlatform(killable_broker.port, DatabaseEpoch(uuid4()))
    yield fake
    fake.stop()
