"""Words left in the database for a kit reach that kit alone, and only if they were committed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from alerts.evaluator import Evaluator
from devices.gateway.next_step import Hub
from devices.gateway.outbox import Outbox
from devices.identifiers import new_uuid7
from devices.receipt import Message
from devices.topics import Leaf
from ingest.worker import outbox
from ingest.worker.consumer import Broker, Consumer
from ingest.worker.tenure import Tenure
from ingest.worker.worker import Worker
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Mosquitto
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.doorstep import NOW
from tests.integration.ingest.line import Line, running_line

WAITING = "SELECT count(*) FROM ingest.outbox WHERE sent_at IS NULL"


@pytest.fixture
def line(neighbourhood, broker, tmp_path) -> Iterator[Line]:
    with running_line(neighbourhood, broker, tmp_path) as running:
        yield running


def leave(conn: psycopg.Connection, words: str, *, once: str, kit: UUID = n.KIT) -> None:
    at = datetime.now(UTC)
    message = Message(message_id=new_uuid7(), sent_at=at, text=words)
    outbox.put(conn, kit, Leaf.MESSAGES, message.model_dump(mode="json"), dedupe_key=once, at=at)


def test_words_that_were_committed_reach_their_kit_once_and_no_other(line: Line) -> None:
    heard: dict[str, list[str]] = {"first": [], "second": []}
    for name, kit in zip(heard, line.kits, strict=True):
        kit.link.on_message = lambda said, to=heard[name]: to.append(said.text)
    wait_until(lambda: all(kit.link.up for kit in line.kits), "the kits to be on the line")
    with line.database.connect("hearthwatch_ingest") as conn:
        leave(conn, "never meant", once="taken back")
        conn.rollback()
        leave(conn, "Please phone the hub.", once="please phone")
        leave(conn, "Please phone the hub, again.", once="please phone")
    wait_until(lambda: line.rows(WAITING) == [(0,)], "the words to be sent")
    with line.database.connect("hearthwatch_ingest") as conn:
        leave(conn, "Thank you.", once="thanks")
    wait_until(lambda: "Thank you." in heard["first"], "the later words to be heard")
    assert heard == {"first": ["Please phone the hub.", "Thank you."], "second": []}


def test_a_kit_knows_whom_to_phone_and_is_told_anew_when_that_changes(line: Line) -> None:
    first, second = (kit.outbox for kit in line.kits)

    def phones(outbox: Outbox, *hub: str | None) -> None:
        wait_until(lambda: outbox.hub == Hub(*hub), f"the kit to phone {hub}")

    phones(first, "Riverside hub", "01632 960000")
    phones(second, "Riverside hub", "01632 960000")
    line.rows("UPDATE delegation.hub SET phone = '01632 960001' WHERE hub_id = %s RETURNING hub_id", n.HUB)
    phones(first, "Riverside hub", "01632 960001")
    line.rows("UPDATE devices.kit_loan SET returned_at = now() WHERE kit_id = %s RETURNING kit_id", n.KIT)
    phones(first, None, None)
    line.rows(
        "INSERT INTO devices.kit_loan (kit_id, home_id, lent_at) VALUES (%s, %s, now()) RETURNING kit_id",
        n.KIT,
        n.STRANGE_HOME,
    )
    phones(first, "Hillside hub", "01632 960000")
    phones(second, "Riverside hub", "01632 960001")


def test_a_broker_that_has_forgotten_everything_is_told_again_whom_to_phone(
    neighbourhood: Database, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with running_line(neighbourhood, mosquitto, tmp_path) as line:
        kit = line.kits[0]
        wait_until(lambda: kit.outbox.hub.telephone is not None, "the kit to know whom to phone")
        mosquitto.own.kill()
        kit.outbox.keep_hub(Hub())
        mosquitto.own.restart()
        mosquitto.admit({str(one.kit.kit_id): f"synthetic-secret-{one.kit.kit_id}" for one in line.kits})
        wait_until(lambda: kit.outbox.hub.telephone == "01632 960000", "it to be told again")


def test_a_worker_without_a_broker_leaves_words_to_those_that_have_one(neighbourhood) -> None:
    with neighbourhood.connect("hearthwatch_ingest", autocommit=True) as conn:
        leave(conn, "Please phone the hub.", once="please phone")
    consumer = Consumer(Broker("127.0.0.1", 1), "alone")  # never started: nothing that it is given leaves it
    worker = Worker(
        lambda: neighbourhood.connect("hearthwatch_ingest", autocommit=True),
        consumer,
        Tenure("alone", consumer),
        Evaluator(),
    )
    worker._housekeep()
    worker._session.close()
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT leased_until, sent_at FROM ingest.outbox").fetchall() == [(None, None)]


def test_a_worker_sends_only_the_words_for_kits_that_it_hears(neighbourhood) -> None:
    sent: list[str] = []
    with neighbourhood.connect("hearthwatch_ingest", autocommit=True) as conn:
        leave(conn, "For the first.", once="first")
        leave(conn, "For the second.", once="second", kit=n.SECOND_KIT)
        heard = {n.Kit(n.SECOND_KIT, 2).partition}
        post = outbox.Post(lambda _, payload: sent.append(json.loads(payload)["text"]) or (lambda: True))
        for _ in range(2):
            post.send(conn, heard, NOW)
        assert conn.execute(WAITING).fetchall() == [(1,)]
    assert sent == ["For the second."]


def test_what_the_broker_never_acknowledges_is_not_asked_about_for_ever(neighbourhood) -> None:
    """Another worker may hear the kit by then, and has sent it."""
    asked: list[bool] = []
    post = outbox.Post(lambda *_: lambda: bool(asked.append(True)))
    with neighbourhood.connect("hearthwatch_ingest", autocommit=True) as conn:
        leave(conn, "Please phone the hub.", once="please phone")
        post.send(conn, {1}, NOW)
        for seconds in (29, 31, 60, 90):
            post.send(conn, (), NOW + timedelta(seconds=seconds))
    assert len(asked) == 2


def test_words_are_sent_when_the_broker_says_so_and_again_when_it_does_not(neighbourhood) -> None:
    sent: list[bool] = []
    acknowledged: list[bool] = []

    def publish(_: str, payload: bytes):
        sent.append(True)
        return lambda: bool(acknowledged)

    with neighbourhood.connect("hearthwatch_ingest", autocommit=True) as conn:
        leave(conn, "Please phone the hub.", once="please phone")
        killed, heir = outbox.Post(publish), outbox.Post(publish)
        for post, seconds in ((killed, 0), (heir, 29), (heir, 31)):
            post.send(conn, {1}, NOW + timedelta(seconds=seconds))
            assert conn.execute(WAITING).fetchall() == [(1,)]
        assert len(sent) == 2, "and not while another may be at it"
        acknowledged.append(True)
        heir.send(conn, {1}, NOW + timedelta(seconds=32))
        assert conn.execute(WAITING).fetchall() == [(0,)]
        heir.send(conn, {1}, NOW + timedelta(days=1))
    assert len(sent) == 2
