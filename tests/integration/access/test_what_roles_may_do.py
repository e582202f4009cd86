"""What each process may do to each relation, written by hand, held against the database's own books.

A privilege that nobody wrote down here is a fault, and so is one that went missing.
"""

from typing import LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import LOGIN_ROLES, Database
from tests.integration.access.columns import API, COLUMNS, INGEST, RETENTION, SCHEDULER
from tests.integration.access.records import NOW

pytestmark = pytest.mark.both_databases

# S select, I insert, U update, D delete; in lower case: of some columns only, which `columns.py` names.
GRANTS: dict[str, dict[str, str]] = {
    "delegation.organisation": {API: "S"},
    "delegation.hub": {API: "S", INGEST: "s"},
    "delegation.home": {API: "S", INGEST: "s", SCHEDULER: "s"},
    "delegation.person": {API: "S"},
    "delegation.resident": {API: "Siu", INGEST: "s", SCHEDULER: "s", RETENTION: "su"},
    "delegation.role_assignment": {API: "Su", INGEST: "s", RETENTION: "sD"},
    "delegation.role_term": {API: "S"},
    "delegation.invitation": {API: "siu", RETENTION: "sD"},
    "delegation.spo2_scale_authorisation": {API: "Siu", INGEST: "s", SCHEDULER: "s", RETENTION: "sD"},
    "delegation.personal_limit": {API: "Siu", INGEST: "s", RETENTION: "sD"},
    "delegation.air_record": {API: "Siu", INGEST: "su", SCHEDULER: "s", RETENTION: "sD"},
    "delegation.ceiling": {API: "Siu", RETENTION: "sD"},
    "delegation.monitoring_pause": {API: "Siu", INGEST: "s", SCHEDULER: "s", RETENTION: "sD"},
    "delegation.end_of_care": {API: "Siu", INGEST: "s", SCHEDULER: "s", RETENTION: "s"},
    "delegation.legal_hold": {API: "Siu", RETENTION: "su"},
    "delegation.retention_rule": {API: "S", RETENTION: "S"},
    "delegation.tombstone": {API: "S", RETENTION: "SI"},
    "delegation.activity": {API: "S"},
    "delegation.competence": {API: "Siu", INGEST: "s", SCHEDULER: "s"},
    "delegation.visible_audit_event": {API: "S"},
    "delegation.audit_event": {API: "i", INGEST: "i", SCHEDULER: "Si", RETENTION: "si"},
    "delegation.audit_text": {API: "I", INGEST: "I", SCHEDULER: "I", RETENTION: "sD"},
    "delegation.audit_seal": {SCHEDULER: "SI"},
    "delegation.audit_sealed_event": {SCHEDULER: "SI"},
    "delegation.audit_head": {SCHEDULER: "SIu"},
    "delegation.break_glass_rule": {API: "S"},
    "delegation.break_glass": {API: "S", RETENTION: "su"},
    "delegation.break_glass_seen": {API: "Si"},
    "delegation.break_glass_try": {},
    "devices.kit": {API: "S", INGEST: "S", SCHEDULER: "S"},
    "devices.kit_loan": {API: "S", INGEST: "S", SCHEDULER: "S"},
    "devices.kit_status": {API: "S", INGEST: "SIU", SCHEDULER: "S"},
    "ingest.seen": {API: "S", INGEST: "SI", RETENTION: "S"},
    "ingest.reading": {INGEST: "SI", RETENTION: "SD"},
    "ingest.visible_reading": {API: "S"},
    "ingest.reading_correction": {API: "S", INGEST: "SI", RETENTION: "SD"},
    "ingest.current_vitals": {API: "S", INGEST: "SU", SCHEDULER: "S", RETENTION: "Su"},
    "ingest.quarantine": {API: "S", INGEST: "SIu", RETENTION: "sD"},
    "ingest.quarantine_quota": {INGEST: "SIU"},
    "ingest.outbox": {INGEST: "SIu"},
    "ingest.declared_epoch": {},
    "ingest.heartbeat": {API: "S", INGEST: "SIU", SCHEDULER: "SIU"},
    "ingest.worker": {API: "S", INGEST: "SIUD"},
    "ingest.partition_lease": {API: "S", INGEST: "SIUD"},
    "alerts.score": {INGEST: "SI", RETENTION: "SD"},
    "alerts.visible_score": {API: "S"},
    "alerts.policy": {API: "S", INGEST: "S", SCHEDULER: "S"},
    "alerts.hub_revision": {API: "SIu", INGEST: "SIu", SCHEDULER: "SIu"},
    "alerts.escalation": {API: "SIu", INGEST: "sIu", SCHEDULER: "sIu", RETENTION: "su"},
    "alerts.finding": {API: "SI", INGEST: "sI", SCHEDULER: "I", RETENTION: "su"},
    "alerts.escalation_event": {API: "SI", INGEST: "I", SCHEDULER: "I", RETENTION: "su"},
    "alerts.open_question": {API: "S", INGEST: "SIUD", SCHEDULER: "SIUD", RETENTION: "sD"},
    "alerts.clock_run": {INGEST: "S", SCHEDULER: "I", RETENTION: "suD"},
    "alerts.phone_call": {API: "SI", RETENTION: "sD"},
    "alerts.notice": {API: "Su", INGEST: "SIu", SCHEDULER: "su"},
    "api.account": {API: "SIu"},
    "api.known_browser": {API: "SID", SCHEDULER: "sD"},
    "api.second_step": {API: "SIUD"},
    "api.recovery_code": {API: "SID"},
    "api.sign_in_rule": {API: "S"},
    "api.openid_identity": {API: "SIUD"},
    "api.openid_try": {API: "SID", SCHEDULER: "sD"},
    "api.tablet": {API: "SID"},
    "api.tablet_pin": {API: "SIUD"},
    "api.session": {API: "SIUD", SCHEDULER: "sD"},
    "api.refused_sign_in": {API: "SIu", SCHEDULER: "SD"},
    "api.sign_in_try": {API: "SIUD", SCHEDULER: "sD"},
    "api.migration": {},
}
HELD: LiteralString = """
SELECT relation.oid::regclass::text, role.rolname,
    (SELECT string_agg(CASE
         WHEN has_table_privilege(role.oid, relation.oid, wanted) THEN left(wanted, 1)
         WHEN wanted = 'SELECT' AND (SELECT bool_and(has_column_privilege(role.oid, relation.oid, attnum, wanted))
                                     FROM pg_attribute
                                     WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped) THEN 'S'
         WHEN wanted <> 'DELETE' AND has_any_column_privilege(role.oid, relation.oid, wanted)
             THEN lower(left(wanted, 1))
     END, '' ORDER BY place)
     FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS one (wanted, place)),
    has_table_privilege(role.oid, relation.oid, 'TRUNCATE, REFERENCES, TRIGGER')
FROM pg_class relation CROSS JOIN pg_roles role
WHERE relation.relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
  AND relation.relkind IN ('r', 'v', 'm', 'p', 'f') AND role.rolname = ANY (%s)
"""


def test_every_privilege_is_one_that_was_meant(database: Database) -> None:
    with database.connect() as conn:
        rows = conn.execute(HELD, (list(LOGIN_ROLES),)).fetchall()
    held: dict[str, dict[str, str]] = {name: {} for name, _, _, _ in rows}
    for name, role, privileges, structural in rows:
        assert not structural, f"{role} may change the shape of {name}"
        if privileges:
            held[name][role] = privileges
    assert held == GRANTS


HELD_OF_COLUMNS: LiteralString = """
SELECT relation.oid::regclass::text, role.rolname, lower(left(wanted, 1)), array_agg(attname::text)
FROM pg_class relation CROSS JOIN pg_roles role CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS one (wanted)
    JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
WHERE relation.relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
  AND relation.relkind IN ('r', 'v', 'm', 'p', 'f') AND role.rolname = ANY (%s)
  AND has_column_privilege(role.oid, relation.oid, attnum, wanted)
GROUP BY relation.oid, role.rolname, wanted
"""


def test_where_only_some_columns_were_meant_it_is_those(database: Database) -> None:
    some = {
        (relation, role, letter)
        for relation, roles in GRANTS.items()
        for role, letters in roles.items()
        for letter in letters
        if letter.islower()
    }
    meant = {
        (relation, *whose): set(columns.split())
        for relation, named in COLUMNS.items()
        for whose, columns in named.items()
    }
    assert set(meant) == some
    with database.connect() as conn:
        rows = conn.execute(HELD_OF_COLUMNS, (list(LOGIN_ROLES),)).fetchall()
    assert {held[:3]: set(held[3]) for held in rows if held[:3] in some} == meant


# In the words of the table above: a name, a telephone, an NHS number, or what somebody wrote.
ABOUT_A_PERSON = [
    ("delegation.person", "name"),
    ("delegation.resident", "name"),
    ("delegation.resident", "nhs_number"),
    ("delegation.resident", "born_on"),
    ("delegation.resident", "background"),
    ("delegation.resident", "call_back_phone"),
    ("delegation.home", "name"),
    ("delegation.spo2_scale_authorisation", "clinician_name"),
    ("delegation.personal_limit", "clinician_name"),
    ("delegation.ceiling", "statement"),
    ("delegation.monitoring_pause", "reason"),
    ("delegation.legal_hold", "reason"),
    ("delegation.audit_text", "words"),
    ("alerts.escalation", "why"),
    ("alerts.escalation", "note"),
    ("alerts.finding", "sentence"),
    ("alerts.escalation_event", "words"),
    ("api.account", "username"),
]


@pytest.mark.parametrize("role", [INGEST, SCHEDULER, RETENTION])
def test_only_the_api_can_read_who_people_are_and_what_they_wrote(database: Database, role: str) -> None:
    with database.connect() as conn:
        readable = [
            (table, column)
            for table, column in ABOUT_A_PERSON
            for (may,) in conn.execute(
                "SELECT has_column_privilege(%s, %s, %s, 'SELECT')", (role, table, column)
            )
            if may
        ]
    assert readable == []


CHANGES: dict[str, LiteralString] = {
    "change a reading": "UPDATE ingest.reading SET spo2 = 97",
    "delete readings": "DELETE FROM ingest.reading",
    "empty the readings": "TRUNCATE ingest.reading",
    "change a score": "UPDATE alerts.score SET low = 0, high = 0",
    "delete scores": "DELETE FROM alerts.score",
    "forget what was seen": "DELETE FROM ingest.seen",
    "drop the readings": "DROP TABLE ingest.reading",
    "take the guard off": "ALTER TABLE delegation.resident DISABLE ROW LEVEL SECURITY",
    "change an audit event": "UPDATE delegation.audit_event SET action = 'nothing'",
    "delete audit events": "DELETE FROM delegation.audit_event",
    "number an audit event": """
        INSERT INTO delegation.audit_event (audit_id, at, actor, action, subject) OVERRIDING SYSTEM VALUE
        VALUES (1, now(), 'process:somebody', 'nothing', 'nothing')""",
    "delete an escalation": "DELETE FROM alerts.escalation",
    "delete a finding": "DELETE FROM alerts.finding",
    "delete the quarantine": "DELETE FROM ingest.quarantine",
    "forget what was known": "DELETE FROM ingest.current_vitals",
    "delete a correction": "DELETE FROM ingest.reading_correction",
    "delete the words beside the audit": "DELETE FROM delegation.audit_text",
    "take a hold away": "DELETE FROM delegation.legal_hold",
    "move the end of care": "UPDATE delegation.end_of_care SET ended_at = '2000-01-01'",
    "shorten how long records are kept": "UPDATE delegation.retention_rule SET years_after_care = 1",
    "remove a tombstone": "DELETE FROM delegation.tombstone",
    "rewrite a tombstone": "UPDATE delegation.tombstone SET erased = '{}'",
    "take on another role": "SET ROLE hearthwatch_gate",
    "write a policy": "UPDATE alerts.policy SET body = '{}'",
}
MEANT = {
    (RETENTION, what)
    for what in (
        "delete readings",
        "delete scores",
        "delete the quarantine",
        "delete a correction",
        "delete the words beside the audit",
    )
}


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_nobody_changes_what_happened_and_only_retention_deletes(records: Database, role: str) -> None:
    refused: set[str] = set()
    for change, statement in CHANGES.items():
        with records.connect(role) as conn:
            act_as(conn, n.HUB_LEAD)
            try:
                conn.execute(statement)
            except InsufficientPrivilege:
                refused.add(change)
            conn.rollback()
    assert refused == {change for change in CHANGES if (role, change) not in MEANT}


def test_retention_deletes_one_residents_readings_and_leaves_the_others(own_records: Database) -> None:
    with own_records.connect(RETENTION) as conn:
        gone = conn.execute("DELETE FROM ingest.reading WHERE resident_id = %s", (n.AMARA,)).rowcount
        left = conn.execute("SELECT count(DISTINCT resident_id) FROM ingest.reading").fetchone()
    assert (gone, left) == (3, (3,))


WRITES_OF_AN_ACTOR: dict[str, tuple[LiteralString, tuple[object, ...]]] = {
    "raise at a hub that is not theirs": (
        """INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,
               raised_at, deadline_at, policy_version)
           VALUES (gen_random_uuid(), %s, %s, %s, 'phone', 'open', 'high', 'x', now(), now(), 'x')""",
        (n.STRANGER_RESIDENT, n.STRANGE_HOME, n.OTHER_HUB),
    ),
    "raise at their hub for a stranger": (
        """INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,
               raised_at, deadline_at, policy_version)
           VALUES (gen_random_uuid(), %s, %s, %s, 'phone', 'open', 'high', 'x', now(), now(), 'x')""",
        (n.STRANGER_RESIDENT, n.STRANGE_HOME, n.HUB),
    ),
    "tell another hub's pages": (
        """INSERT INTO alerts.escalation_event (hub_id, revision, escalation_id, kind, at, actor_id)
           VALUES (%s, 99, %s, 'closed', now(), %s)""",
        (n.OTHER_HUB, n.AMARA, n.CLINICIAN),
    ),
    "move another hub's revision": ("INSERT INTO alerts.hub_revision VALUES (%s, 1)", (n.UUID(int=999),)),
    "write in the audit as somebody else": (
        """INSERT INTO delegation.audit_event (at, actor, purpose, action, subject)
           VALUES (%s, %s, 'audit', 'looked', 'x')""",
        (NOW, f"person:{n.MANAGER}"),
    ),
    "write in the audit as a process": (
        """INSERT INTO delegation.audit_event (at, actor, purpose, action, subject)
           VALUES (%s, 'process:api', 'audit', 'looked', 'x')""",
        (NOW,),
    ),
}


@pytest.mark.parametrize("what", WRITES_OF_AN_ACTOR)
def test_an_actor_writes_only_in_their_own_name_and_place(records: Database, what: str) -> None:
    statement, values = WRITES_OF_AN_ACTOR[what]
    with records.connect(API) as conn:
        act_as(conn, n.CLINICIAN)
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            conn.execute(statement, values)


def test_an_event_or_a_finding_belongs_to_an_escalation_of_the_same_hub(records: Database) -> None:
    with records.connect() as owner:
        rows = owner.execute("SELECT resident_id, escalation_id FROM alerts.escalation").fetchall()
    case = dict(rows)
    event: LiteralString = """
        INSERT INTO alerts.escalation_event (hub_id, revision, escalation_id, kind, at, actor_id)
        VALUES (%s, 99, %s, 'closed', now(), %s)"""
    finding: LiteralString = """
        INSERT INTO alerts.finding (finding_id, escalation_id, resident_id, rule, rule_version, severity, sentence,
            evidence, found_at)
        VALUES (gen_random_uuid(), %s, %s, 'phone_call', 'x', 'high', 'x', '[]', now())"""
    attempts: list[tuple[n.UUID, LiteralString, tuple[object, ...]]] = [
        (n.CLINICIAN, event, (n.HUB, case[n.STRANGER_RESIDENT], n.CLINICIAN)),
        (n.CLINICIAN, event, (n.HUB, case[n.AMARA], n.COLLEAGUE)),
        (n.CLINICIAN, finding, (case[n.STRANGER_RESIDENT], n.AMARA)),
        (n.MANAGER, finding, (case[n.AMARA], n.AMARA)),
    ]
    for who, statement, values in attempts:
        with records.connect(API) as conn:
            act_as(conn, who)
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                conn.execute(statement, values)


def test_another_hubs_clinician_changes_no_escalation_by_direct_sql(records: Database) -> None:
    with records.connect(API) as conn:
        act_as(conn, n.OUTSIDE_CLINICIAN)
        changed = conn.execute(
            "UPDATE alerts.escalation SET state = 'claimed', claimed_by = %s WHERE hub_id = %s",
            (n.OUTSIDE_CLINICIAN, n.HUB),
        ).rowcount
        assert changed == 0
        with pytest.raises(InsufficientPrivilege):
            conn.execute("UPDATE alerts.escalation SET hub_id = %s", (n.OTHER_HUB,))


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_no_process_role_has_power_over_the_guards(database: Database, role: str) -> None:
    powers: LiteralString = """
        SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication,
               (SELECT count(*) FROM pg_auth_members WHERE member = pg_roles.oid)
        FROM pg_roles WHERE rolname = current_user"""
    with database.connect(role) as conn:
        assert conn.execute(powers).fetchone() == (False, 0)
        with pytest.raises(InsufficientPrivilege):
            conn.execute("CREATE TABLE public.mine (one integer)")


def test_the_roles_that_own_the_doors_cannot_sign_in(database: Database) -> None:
    for role in ("hearthwatch_gate", "hearthwatch_counter", "hearthwatch_reader"):
        with pytest.raises(psycopg.OperationalError):
            database.connect(role)
