"""Anything at all is asked of every address of the JSON API, by everybody: no error of ours, nothing undocumented,
nobody's data but what is theirs to see, and no change that the audit does not have.

Invariant: who may read what is written here by hand, and not taken from what decides it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.identity.passwords import hash_password
from delegation.rights import Role
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database, DatabaseServer
from tests.fixtures.length import length, seed
from tests.fixtures.machine import PATIENCE_SECONDS, has_docker
from tests.fixtures.serving import PASSWORD, Clock, Served, let_all_work, serving, settings_for, username
from tests.integration.access.records import NOW, fill

# Signing in is slow on purpose, and ends the session a try began in; a stream never ends.
NOT_FUZZED = {"/api/v1/sign-in", "/api/v1/sign-out", "/hubs/{hub_id}/events"}
AS_DOCUMENTED = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)

AMARA, BRAM, CORA, DOV = (
    ("Amara Synthetic", "9990000018", str(n.AMARA)),
    ("Bram Synthetic", "9990000026", str(n.BRAM)),
    ("Cora Synthetic", "9990000034", str(n.CORA)),
    ("Dov Synthetic", "9990000042", str(n.STRANGER_RESIDENT)),
)
ORCHARD_CARE = ("Orchard House", "Meadow View", "Orchard Care", "Wanda", "Mona", "Femi", "Agnes", "Tara")
FAR_CARE = ("Far House", "Far Care", "Stig", "Theo")
EVERYBODY = (*AMARA, *BRAM, *CORA, *DOV)
HIDDEN: Mapping[UUID | None, tuple[str, ...]] = {
    None: (*EVERYBODY, *ORCHARD_CARE, *FAR_CARE, "Clive", "Hana"),
    n.WORKER: (*CORA, *DOV, *FAR_CARE, "Hana"),
    n.MANAGER: (*CORA, *DOV, *FAR_CARE, "Hana"),
    n.CARER: (*BRAM, *CORA, *DOV, *FAR_CARE, "Hana"),
    n.TRAINER: (*EVERYBODY, *FAR_CARE, "Hana"),
    n.DELEGATING_NURSE: (*EVERYBODY, "Orchard House", "Mona", "Femi", *FAR_CARE, "Clive", "Hana"),
    n.COMMISSIONER: (*EVERYBODY, *ORCHARD_CARE, *FAR_CARE, "Clive", "Cleo", "Lena", "Hana"),
    n.CLINICIAN: (*DOV, *FAR_CARE, "Hana"),
    n.HUB_LEAD: (*DOV, *FAR_CARE, "Hana"),
    n.OPERATOR: EVERYBODY,
    n.OUTSIDER: (*AMARA, *BRAM, *CORA, *ORCHARD_CARE, "Clive", "Cleo"),
    n.OUTSIDE_CLINICIAN: (*AMARA, *BRAM, *CORA, *ORCHARD_CARE, "Clive", "Cleo"),
    n.FAR_TRAINER: (*EVERYBODY, *ORCHARD_CARE, "Clive", "Hana"),
}
# Hana opened records of the hub's from outside: who answers for them is told her name there, and nowhere else.
TOLD_OF_HANA = {
    n.MANAGER: "/api/v1/homes/{home_id}/break-glass",
    n.HUB_LEAD: "/api/v1/hubs/{hub_id}/break-glass",
}
WHO = (
    "nobody",
    "care worker",
    "home manager",
    "family carer",
    "trainer",
    "delegating professional",
    "commissioner",
    "hub clinician",
    "hub lead",
    "operator",
    "care worker of another provider",
    "clinician of another hub",
    "trainer of another provider",
)
_IDS: dict[str, LiteralString] = {
    "resident_id": "SELECT resident_id FROM delegation.resident",
    "home_id": "SELECT home_id FROM delegation.home",
    "hub_id": "SELECT hub_id FROM delegation.hub",
    "person_id": "SELECT person_id FROM delegation.person",
    "escalation_id": "SELECT escalation_id FROM alerts.escalation",
    "notice_id": "SELECT notice_id FROM alerts.notice",
    "competence_id": "SELECT competence_id FROM delegation.competence",
    "hold_id": "SELECT hold_id FROM delegation.legal_hold",
    "session_id": "SELECT session_id FROM api.session",
    "kit_id": "SELECT kit_id FROM devices.kit",
    "reading_id": "SELECT reading_id FROM ingest.reading",
    "break_glass_id": "SELECT break_glass_id FROM delegation.break_glass",
}
_MEANS = {"taken_from": "resident_id"}
_ACCOUNT: LiteralString = "UPDATE api.account SET username = %s, password_hash = %s WHERE person_id = %s"
_WRITTEN: LiteralString = "SELECT request_id FROM delegation.audit_event WHERE request_id = ANY (%s)"
_NOT_ENDED: LiteralString = (
    "UPDATE delegation.end_of_care SET withdrawn_at = recorded_at, withdrawn_by = recorded_by"
)


@dataclass
class Fuzzed:
    """A served neighbourhood with something of everybody's in it."""

    served: Served
    database: Database
    schema: Any
    ids: Mapping[str, list[str]]

    def operations(self) -> Iterator[APIOperation]:
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if operation.path not in NOT_FUZZED:
                yield operation

    def aimed(self, case: Case, choose: st.DataObject) -> Case:
        """The same with ids that exist, mostly: made-up ones lead nowhere."""
        case.path_parameters = self._real(case.path_parameters or {}, choose)
        if isinstance(case.body, dict):
            case.body = self._real(case.body, choose)
        return case

    def unwritten(self, changes: Mapping[str, str]) -> set[str]:
        """The addresses of changes, by request, of which no event of the audit says that request."""
        with self.database.connect() as conn:
            rows = conn.execute(_WRITTEN, (list(changes),)).fetchall()
        return {changes[request] for request in changes.keys() - {row[0] for row in rows}}

    def _real(self, given: Mapping[str, Any], choose: st.DataObject) -> dict[str, Any]:
        pools = {name: self.ids.get(_MEANS.get(name, name), []) for name in given}
        return {
            name: choose.draw(st.sampled_from([value, *pools[name]])) if pools[name] else value
            for name, value in given.items()
        }


@pytest.fixture(scope="module")
def fuzzed(request: pytest.FixtureRequest) -> Iterator[Fuzzed]:
    server: DatabaseServer = request.getfixturevalue("timescale" if has_docker() else "embedded_postgres")
    database = server.fresh_database()
    ids = _settle(database)
    clock = Clock()
    clock.ahead = NOW + timedelta(minutes=5) - datetime.now(UTC)
    with serving(settings_for(database), clock) as served:
        described = served.client().get("/api/v1/openapi.json").json()
        yield Fuzzed(served, database, schemathesis.openapi.from_dict(described), ids)
    server.drop(database)


def _settle(database: Database) -> dict[str, list[str]]:
    with database.connect() as conn:
        n.settle(conn)
    fill(database)
    let_all_work(database)
    hashed = hash_password(PASSWORD)
    with database.connect() as conn:
        conn.execute(_NOT_ENDED)
        for person in HIDDEN:
            if person is not None:
                conn.execute(_ACCOUNT, (username(person), hashed, person))
        return {name: sorted(str(row[0]) for row in conn.execute(query)) for name, query in _IDS.items()}


def shown(answer: schemathesis.Response, hidden: tuple[str, ...]) -> list[str]:
    """What of this is in an answer, body or headers, that was not in the request itself."""
    asked = f"{answer.request.url} {answer.request.body}"
    told = answer.content.decode(errors="replace") + str(answer.headers)
    return [one for one in hidden if one in told and one not in asked]


def test_everybody_is_somebody_of_every_role() -> None:
    assert {Role(role) for person, _, role, *_ in n.CAST if person in HIDDEN} == set(Role)


@pytest.mark.parametrize("person", HIDDEN, ids=WHO)
def test_whatever_is_asked_is_answered_as_documented_and_shows_nobody_elses_data(
    fuzzed: Fuzzed, person: UUID | None
) -> None:
    client = fuzzed.served.client() if person is None else fuzzed.served.signed_in(person)
    cookies = dict(client.cookies)
    statuses: Counter[int] = Counter()
    changes: dict[str, str] = {}
    chosen = seed()

    def ask(operation: APIOperation, mode: GenerationMode) -> None:
        told = person is not None and operation.path == TOLD_OF_HANA.get(person)
        hidden = tuple(one for one in HIDDEN[person] if not (told and one == "Hana"))

        @hypothesis.seed(chosen)
        @hypothesis.settings(
            max_examples=length(2, 40),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode), choose=st.data())
        def asked(case: Case, choose: st.DataObject) -> None:
            aimed = fuzzed.aimed(case, choose)
            answer = aimed.call(base_url=fuzzed.served.address, cookies=cookies, timeout=PATIENCE_SECONDS)
            statuses[answer.status_code] += 1
            if operation.method.upper() != "GET" and answer.status_code < 300:
                changes[answer.headers["x-request-id"][0]] = operation.label
            assert shown(answer, hidden) == []
            case.validate_response(answer, checks=[*AS_DOCUMENTED])

        asked()

    for operation in fuzzed.operations():
        ask(operation, GenerationMode.POSITIVE)
        if operation.path_parameters or operation.query or operation.body:
            ask(operation, GenerationMode.NEGATIVE)
    assert client.get("/api/v1/me").status_code == (401 if person is None else 200)
    assert fuzzed.unwritten(changes) == set()
    print(dict(statuses), f"{len(changes)} changes")
