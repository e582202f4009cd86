"""Who may see what: a stranger sees nothing, by whichever address they try."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest
from fastapi.routing import iter_route_contexts

from alerts.cases import desk
from alerts.evaluator import Evaluator
from alerts.policy import Severity
from api.app import create_app
from api.settings import Settings
from delegation.people import actor_of
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]

# What only those who care for Orchard House and Meadow View may ever read.
SECRETS = (
    "Amara", "Bram", "Cora", "9990000018", "9990000026", "9990000034", "Orchard House", "Meadow View",
    "She is worried", str(n.AMARA), "Wanda",
)  # fmt: skip
STREAM = "/hubs/{hub_id}/events"


@pytest.fixture
def escalation(neighbourhood: Database) -> UUID:
    """Something to see: a reading of Amara's, its score, and an escalation."""
    now = datetime.now(UTC)
    kit = n.Kit()
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        door.receive(conn, [kit.arrival(kit.reading(values=n.GRAVE, taken_at=now), now)], Evaluator(), now)
    with neighbourhood.connect("hearthwatch_api") as conn:
        actor = actor_of(conn, n.COLLEAGUE)
        return desk.raise_by_hand(conn, actor, n.AMARA, Severity.CONCERN, "She is worried.", now)


def addresses(method: str, escalation: UUID) -> list[str]:
    """Every address that takes this method, filled with the ids of Orchard House and its hub."""
    ids = {
        "hub_id": n.HUB,
        "home_id": n.ORCHARD,
        "resident_id": n.AMARA,
        "escalation_id": escalation,
        "kit_id": n.KIT,
    }
    return [
        str(route.path).format_map(defaultdict(uuid4, ids))
        for route in iter_route_contexts(create_app(Settings()).routes)
        if route.path is not None and method in (route.methods or ()) and route.path != STREAM
    ]


def told(answer: httpx.Response) -> list[str]:
    return [secret for secret in SECRETS if secret in answer.text and secret not in str(answer.request.url)]


def test_the_hubs_clinician_sees_them(sign_in: SignIn, escalation: UUID) -> None:
    answer = sign_in(n.CLINICIAN).get(f"/api/v1/hubs/{n.HUB}/escalations")
    assert {"Amara", "Orchard House", "She is worried"} <= set(told(answer))


@pytest.mark.parametrize("stranger", [n.OUTSIDER, n.OUTSIDE_CLINICIAN, n.OPERATOR])
def test_a_stranger_reads_nothing_at_any_address(sign_in: SignIn, escalation: UUID, stranger: UUID) -> None:
    client = sign_in(stranger)
    for address in addresses("GET", escalation):
        for accept in ("application/json", "text/html"):
            answer = client.get(address, headers={"Accept": accept})
            assert answer.status_code in (200, 303, 401, 403, 404, 422, 503), (address, answer.status_code)
            # Whoever looks after the kits reads in which home each is, and nothing of who lives there.
            known = (
                {"Orchard House", "Meadow View"} if stranger == n.OPERATOR and "kits" in address else set()
            )
            assert set(told(answer)) <= known, address


def test_nobody_reads_anything_without_signing_in(served: Served, escalation: UUID) -> None:
    client = served.client()
    for address in addresses("GET", escalation):
        answer = client.get(address)
        assert answer.status_code in (200, 401, 503), (address, answer.status_code)
        assert told(answer) == [], address
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2F")


@pytest.mark.parametrize("stranger", [n.OUTSIDER, n.OUTSIDE_CLINICIAN, n.OPERATOR, None])
def test_a_stranger_changes_nothing_at_any_address(
    served: Served, neighbourhood: Database, escalation: UUID, stranger: UUID | None
) -> None:
    client = served.client() if stranger is None else served.signed_in(stranger)
    before = _state(neighbourhood)
    body = {
        "severity": "concern",
        "words": "Let me in.",
        "note": "Let me in.",
        "disposition": "advice_given",
        "reading_id": str(uuid4()),
        "taken_at": datetime.now(UTC).isoformat(),
        "values": {"pulse": 200},
        "person_id": str(n.WORKER),
        "activity": "temperature",
        "level": "independent",
        "valid_until": "2099-01-01T00:00:00Z",
    }
    for address in addresses("POST", escalation):
        # Whoever is signed in may sign out, and end sessions of their own.
        if ("sign-" in address and "sign-off" not in address) or address.endswith("end-others"):
            continue
        for sent in ({"json": body}, {"data": {name: str(value) for name, value in body.items()}}):
            answer = client.post(address, **sent)  # pyright: ignore[reportArgumentType]
            assert answer.status_code in (401, 403, 404, 422), (address, answer.status_code)
    assert _state(neighbourhood) == before


def test_a_family_carer_sees_their_own_resident_alone(sign_in: SignIn, escalation: UUID) -> None:
    carer = sign_in(n.CARER)
    assert carer.get(f"/api/v1/residents/{n.AMARA}").json()["resident"]["name"] == "Amara Synthetic"
    assert carer.get(f"/api/v1/residents/{n.BRAM}").status_code == 404
    assert carer.get(f"/api/v1/homes/{n.ORCHARD}/today").status_code == 403


def test_a_worker_sees_their_home_alone(sign_in: SignIn, escalation: UUID) -> None:
    worker = sign_in(n.WORKER)
    assert worker.get(f"/api/v1/residents/{n.BRAM}").status_code == 200
    assert worker.get(f"/api/v1/residents/{n.CORA}").status_code == 404
    assert worker.get(f"/api/v1/homes/{n.MEADOW}/today").status_code == 404


def test_whoever_looks_at_a_resident_is_written_down(sign_in: SignIn, neighbourhood: Database) -> None:
    answer = sign_in(n.WORKER).get(f"/api/v1/residents/{n.BRAM}")
    with neighbourhood.connect() as conn:
        looked = conn.execute(
            "SELECT actor, action, request_id FROM delegation.audit_event WHERE resident_id = %s", (n.BRAM,)
        ).fetchall()
    assert looked == [(f"person:{n.WORKER}", "resident.seen", answer.headers["x-request-id"])]


def _state(database: Database) -> list[object]:
    with database.connect() as conn:
        return [
            conn.execute("SELECT state, claimed_by FROM alerts.escalation ORDER BY escalation_id").fetchall(),
            conn.execute("SELECT count(*) FROM alerts.escalation_event").fetchone(),
            conn.execute("SELECT count(*) FROM ingest.seen").fetchone(),
            conn.execute("SELECT count(*) FROM ingest.quarantine").fetchone(),
            conn.execute("SELECT count(*) FROM delegation.competence").fetchone(),
        ]
