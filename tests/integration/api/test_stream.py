"""The hub's stream: every change is heard, once, in order, by those who may hear it and by nobody else."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest

from alerts import clocks
from alerts.cases import desk
from alerts.policy import Severity
from api.queries.events import MOST_EVENTS
from delegation.people import actor_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.fixtures.serving import Clock, Served

SignIn = Callable[[UUID], httpx.Client]
STREAM = f"/hubs/{n.HUB}/events"
HELD = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"


@contextmanager
def following(client: httpx.Client, after: int | None = None) -> Iterator[Iterator[Any]]:
    """The events of the hub as a page hears them, from `ready` on."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.sse(STREAM, headers=headers) as events:
        yield iter(events)


def next_of(events: Iterator[Any], *kinds: str) -> Any:
    """The next event of one of these kinds; pings and others are passed over."""
    return next(event for event in events if event.event in kinds)


def raised(database: Database, resident: UUID = n.AMARA, at: Clock | None = None) -> UUID:
    """A colleague raises an escalation by hand."""
    with database.connect("hearthwatch_api") as conn:
        actor = actor_of(conn, n.COLLEAGUE)
        return desk.raise_by_hand(
            conn, actor, resident, Severity.CONCERN, "She is worried.", (at or Clock())()
        )


def move_away(database: Database) -> None:
    """Amara moves to a home of another hub, and the clocks bring her case after her."""
    with database.connect() as conn:
        conn.execute(
            "UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s", (n.STRANGE_HOME, n.AMARA)
        )
    with database.connect("hearthwatch_scheduler") as conn:
        clocks.run(conn, datetime.now(UTC))


def test_a_change_is_heard_with_what_it_was(sign_in: SignIn, neighbourhood: Database) -> None:
    with following(sign_in(n.CLINICIAN)) as events:
        assert next_of(events, "ready").json() == {"revision": 0}
        escalation = raised(neighbourhood)
        heard = next_of(events, "escalation")
    assert heard.id == "1"
    said = heard.json()
    assert (said["revision"], said["escalation_id"], said["kind"]) == (1, str(escalation), "raised")
    assert (said["severity"], said["cause_reading_id"]) == ("concern", None)
    assert said["at"]


def test_a_page_that_was_away_is_told_all_it_missed_and_nothing_twice(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    client = sign_in(n.CLINICIAN)
    with following(client) as events:
        raised(neighbourhood, n.AMARA)
        assert next_of(events, "escalation").id == "1"
    raised(neighbourhood, n.BRAM)
    raised(neighbourhood, n.CORA)
    with following(client, after=1) as events:
        missed = [next_of(events, "escalation").id for _ in range(2)]
        assert next_of(events, "ready").json() == {"revision": 3}
        raised(neighbourhood, n.AMARA)
        assert [*missed, next_of(events, "escalation").id] == ["2", "3", "4"]


def test_a_page_from_a_database_that_was_restored_starts_anew(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    raised(neighbourhood)
    with following(sign_in(n.CLINICIAN), after=900) as events:
        assert next_of(events, "resync", "escalation").json() == {"revision": 1}
        raised(neighbourhood, n.BRAM)
        assert next_of(events, "escalation").id == "2"


def test_a_ping_can_be_seen_by_the_page(sign_in: SignIn) -> None:
    with following(sign_in(n.CLINICIAN)) as events:
        assert next_of(events, "ping").json()["at"]


@pytest.mark.parametrize("was_away", [False, True], ids=["there", "away meanwhile"])
def test_a_page_of_the_hub_that_a_resident_has_left_reads_its_queue_again_and_hears_nothing_of_them(
    sign_in: SignIn, neighbourhood: Database, was_away: bool
) -> None:
    client = sign_in(n.CLINICIAN)
    escalation = raised(neighbourhood)
    if was_away:
        move_away(neighbourhood)
        with following(client, after=1) as events:
            heard = next_of(events, "resync", "escalation")
    else:
        with following(client) as events:
            next_of(events, "ready")
            move_away(neighbourhood)
            heard = next_of(events, "resync", "escalation")
    assert (heard.event, heard.json()) == ("resync", {"revision": 2})
    assert str(escalation) not in client.get(f"/hubs/{n.HUB}/queue").text


@pytest.mark.parametrize("person", [n.WORKER, n.MANAGER, n.TRAINER, n.OPERATOR, n.CARER, n.OUTSIDER])
def test_nobody_but_the_hubs_clinicians_may_follow(sign_in: SignIn, person: UUID) -> None:
    assert sign_in(person).get(STREAM).status_code == 403


def test_a_clinician_of_another_hub_is_told_that_there_is_nothing(sign_in: SignIn) -> None:
    assert sign_in(n.OUTSIDE_CLINICIAN).get(STREAM).status_code == 404


def test_a_clinician_of_another_hub_hears_nothing_of_this_one(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    theirs = sign_in(n.OUTSIDE_CLINICIAN)
    with theirs.sse(f"/hubs/{n.OTHER_HUB}/events") as stream, following(sign_in(n.CLINICIAN)) as ours:
        events = iter(stream)
        next_of(events, "ready")
        raised(neighbourhood)
        next_of(ours, "escalation")
        assert [next(events).event for _ in range(3)] == ["ping"] * 3


def test_the_stream_ends_at_sign_out(served: Served) -> None:
    client = served.signed_in(n.CLINICIAN)
    tab = served.client(cookies=dict(client.cookies))
    with following(tab) as events:
        next_of(events, "ready")
        assert client.post("/api/v1/sign-out").status_code == 204
        assert next_of(events, "ended", "escalation").json() == {"reason": "signed_out"}
        assert list(events) == []
    assert tab.get(STREAM).status_code == 401


def test_the_stream_ends_when_the_role_does(sign_in: SignIn, neighbourhood: Database) -> None:
    with following(sign_in(n.CLINICIAN)) as events:
        next_of(events, "ready")
        with neighbourhood.connect() as conn:
            conn.execute(
                "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.CLINICIAN,)
            )
        assert next_of(events, "ended", "escalation").json() == {"reason": "signed_out"}


def test_an_id_that_no_revision_can_be_is_none(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    with client.sse(STREAM, headers={"Last-Event-ID": "9" * 5000}) as events:
        assert next_of(iter(events), "ready").json() == {"revision": 0}
    assert client.get(STREAM, params={"after": "9" * 30}).status_code == 422


def test_the_stream_holds_no_database_connection(served: Served, neighbourhood: Database) -> None:
    clients = [served.signed_in(n.CLINICIAN) for _ in range(3)]
    with (
        following(clients[0]) as first,
        following(clients[1]) as second,
        following(clients[2]) as third,
        neighbourhood.connect(autocommit=True) as conn,
    ):
        for events in (first, second, third):
            next_of(events, "ready")
        # What the hub's news are read with is given back a moment after the last page is told.
        wait_until(lambda: conn.execute(HELD).fetchone() == (0,), "the connections to be given back")
        listening = conn.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
        ).fetchone()
    assert listening == (1,)


def test_after_the_listening_connection_is_lost_pages_read_everything_again(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with following(sign_in(n.CLINICIAN)) as events:
        next_of(events, "ready")
        raised(neighbourhood)
        next_of(events, "escalation")
        with neighbourhood.connect() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
            )
        assert next_of(events, "resync").json() == {"revision": 1}
        raised(neighbourhood, n.BRAM)
        assert next_of(events, "escalation").id == "2"


def test_a_page_that_takes_nothing_is_cut_off_and_harms_nobody(
    served: Served, neighbourhood: Database
) -> None:
    stuck = served.signed_in(n.CLINICIAN)
    with _unread_stream(served.address, stuck), following(served.signed_in(n.COLLEAGUE)) as events:
        next_of(events, "ready")
        heard: list[int] = []
        counts = served.client()
        while "hearthwatch_hub_overflows_total 1.0" not in counts.get("/metrics").text:
            _flood(neighbourhood, MOST_EVENTS)
            heard += [int(next_of(events, "escalation").id) for _ in range(MOST_EVENTS)]
        assert heard == list(range(1, len(heard) + 1))
        while "hearthwatch_hub_streams 1.0" not in counts.get("/metrics").text:
            next_of(events, "ping")


@contextmanager
def _unread_stream(address: str, client: httpx.Client) -> Iterator[None]:
    """Asks for the stream and never reads it, with little room on the way."""
    place = urlsplit(address)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with closing(socket.socket()) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        raw.connect((place.hostname, place.port))
        request = f"GET {STREAM} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n\r\n"
        raw.sendall(request.encode())
        assert raw.recv(12) == b"HTTP/1.1 200"
        yield


def _flood(database: Database, count: int) -> None:
    """So many events at once, as the database's owner."""
    with database.connect() as conn, conn.cursor() as cursor:
        if not conn.execute("SELECT FROM alerts.hub_revision WHERE hub_id = %s", (n.HUB,)).fetchall():
            conn.execute("INSERT INTO alerts.hub_revision VALUES (%s, 0)", (n.HUB,))
        escalation = _escalation(conn)
        row = conn.execute(
            "UPDATE alerts.hub_revision SET revision = revision + %s WHERE hub_id = %s RETURNING revision",
            (count, n.HUB),
        ).fetchone()
        assert row is not None
        with cursor.copy(
            "COPY alerts.escalation_event (hub_id, revision, escalation_id, kind, at) FROM STDIN"
        ) as copy:
            for revision in range(row[0] - count + 1, row[0] + 1):
                copy.write_row((n.HUB, revision, escalation, "joined", "2026-03-04 09:00+00"))
        conn.execute("SELECT pg_notify('hearthwatch_hub', %s)", (str(n.HUB),))


def _escalation(conn: psycopg.Connection[Any]) -> UUID:
    found = conn.execute("SELECT escalation_id FROM alerts.escalation").fetchone()
    if found is not None:
        return found[0]
    row = conn.execute(
        "INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,"
        " raised_at, deadline_at, policy_version)"
        " VALUES (gen_random_uuid(), %s, %s, %s, 'phone', 'open', 'concern', 'test', now(), now(), 'default-1')"
        " RETURNING escalation_id",
        (n.AMARA, n.ORCHARD, n.HUB),
    ).fetchone()
    assert row is not None
    return row[0]


def test_stopping_the_server_ends_its_streams_and_tells_pages_to_come_back(served: Served) -> None:
    ended: list[Any] = []
    ready = threading.Event()

    def page() -> None:
        with following(served.signed_in(n.CLINICIAN)) as events:
            for event in events:
                if event.event == "ready":
                    ready.set()
                if event.event == "ended":
                    ended.append(event.json())

    thread = threading.Thread(target=page)
    thread.start()
    assert ready.wait(PATIENCE_SECONDS)
    served.stop()
    thread.join(PATIENCE_SECONDS)
    assert ended == [{"reason": "restarting"}]
