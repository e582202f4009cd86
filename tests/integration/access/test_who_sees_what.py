"""Each person of the cast sees their own part of the neighbourhood, and not one row more.

What is expected is written by hand, person by person, from who they are; nothing of it is worked out.
"""

from typing import Any, LiteralString
from uuid import UUID

import pytest

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases

# Every relation the api may read, with the query that says whom or what a row is about.
ABOUT: dict[str, LiteralString] = {
    "delegation.organisation": "SELECT organisation_id FROM delegation.organisation",
    "delegation.hub": "SELECT hub_id FROM delegation.hub",
    "delegation.home": "SELECT home_id FROM delegation.home",
    "delegation.person": "SELECT person_id FROM delegation.person",
    "delegation.role_assignment": "SELECT person_id FROM delegation.role_assignment",
    "delegation.invitation": "SELECT resident_id FROM delegation.invitation",
    "delegation.competence": "SELECT person_id FROM delegation.competence",
    "delegation.audit_event": "SELECT resident_id FROM delegation.audit_event",
    "delegation.resident": "SELECT resident_id FROM delegation.resident",
    "delegation.spo2_scale_authorisation": "SELECT resident_id FROM delegation.spo2_scale_authorisation",
    "delegation.air_record": "SELECT resident_id FROM delegation.air_record",
    "delegation.ceiling": "SELECT resident_id FROM delegation.ceiling",
    "delegation.monitoring_pause": "SELECT resident_id FROM delegation.monitoring_pause",
    "delegation.end_of_care": "SELECT resident_id FROM delegation.end_of_care",
    "delegation.legal_hold": "SELECT resident_id FROM delegation.legal_hold",
    "delegation.tombstone": "SELECT resident_id FROM delegation.tombstone",
    "delegation.break_glass": "SELECT resident_id FROM delegation.break_glass",
    "delegation.break_glass_seen": """
        SELECT resident_id FROM delegation.break_glass_seen JOIN delegation.break_glass USING (break_glass_id)
    """,
    "devices.kit": "SELECT kit_id FROM devices.kit",
    "devices.kit_loan": "SELECT kit_id FROM devices.kit_loan",
    "devices.kit_status": "SELECT kit_id FROM devices.kit_status",
    "ingest.seen": "SELECT resident_id FROM ingest.seen",
    "ingest.visible_reading": "SELECT resident_id FROM ingest.visible_reading",
    "ingest.current_vitals": "SELECT resident_id FROM ingest.current_vitals",
    "ingest.reading_correction": "SELECT resident_id FROM ingest.reading_correction",
    "ingest.quarantine": "SELECT kit_id FROM ingest.quarantine",
    "alerts.visible_score": "SELECT resident_id FROM alerts.visible_score",
    "alerts.escalation": "SELECT resident_id FROM alerts.escalation",
    "alerts.finding": "SELECT resident_id FROM alerts.finding",
    "alerts.escalation_event": "SELECT hub_id FROM alerts.escalation_event",
    "alerts.open_question": "SELECT resident_id FROM alerts.open_question",
    "alerts.hub_revision": "SELECT hub_id FROM alerts.hub_revision",
    "alerts.phone_call": "SELECT resident_id FROM alerts.phone_call",
    "alerts.notice": "SELECT coalesce(hub_id, '00000000-0000-0000-0000-000000000000') FROM alerts.notice",
}
OF_A_RESIDENT = (
    "delegation.resident",
    "delegation.spo2_scale_authorisation",
    "delegation.air_record",
    "delegation.ceiling",
    "delegation.monitoring_pause",
    "delegation.end_of_care",
    "delegation.tombstone",
    "ingest.seen",
    "ingest.visible_reading",
    "ingest.current_vitals",
    "ingest.reading_correction",
    "alerts.visible_score",
    "alerts.escalation",
    "alerts.finding",
    "alerts.open_question",
)
# Read by the api whoever asks: no row of these is about a resident.
ABOUT_NOBODY = {
    "delegation.activity",
    "delegation.retention_rule",
    "delegation.role_term",
    "delegation.break_glass_rule",
    "alerts.policy",
    "api.account",
    "api.known_browser",
    "api.session",
    "api.second_step",
    "api.recovery_code",
    "api.sign_in_rule",
    "api.openid_identity",
    "api.openid_try",
    "api.tablet",
    "api.tablet_pin",
    "api.refused_sign_in",
    "api.sign_in_try",
    "ingest.heartbeat",
    "ingest.partition_lease",
    "ingest.worker",
}

ANOTHER_CARER: LiteralString = """
INSERT INTO delegation.role_assignment (person_id, role, resident_id, starts_at)
VALUES (%s, 'carer', %s, '2020-01-01')
"""
EVERY_RESIDENT = {n.AMARA, n.BRAM, n.CORA, n.STRANGER_RESIDENT}
EVERY_KIT = {n.KIT, n.SECOND_KIT, n.STRANGE_KIT, n.WEB_KIT}
ORCHARD_STAFF = {n.WORKER, n.MANAGER, n.AGENCY, n.TRAINER, n.DELEGATING_NURSE}
HUB_STAFF = {n.CLINICIAN, n.COLLEAGUE, n.HUB_LEAD}

Seen = dict[str, set[UUID]]


def residents(*seen: UUID) -> Seen:
    return {table: set(seen) for table in OF_A_RESIDENT}


AT_ORCHARD: Seen = residents(n.AMARA, n.BRAM) | {
    "delegation.organisation": {n.ORCHARD_PROVIDER, n.HUB_PROVIDER},
    "delegation.hub": {n.HUB},
    "delegation.home": {n.ORCHARD},
    "delegation.person": ORCHARD_STAFF | HUB_STAFF | {n.CARER},
    "devices.kit": {n.KIT, n.WEB_KIT},
    "devices.kit_loan": {n.KIT, n.WEB_KIT},
    "devices.kit_status": {n.KIT, n.WEB_KIT},
    "alerts.escalation_event": {n.HUB},
    "alerts.phone_call": {n.AMARA, n.BRAM},
    "alerts.notice": {n.HUB},
}
AT_THE_HUB: Seen = residents(n.AMARA, n.BRAM, n.CORA) | {
    "delegation.organisation": {n.ORCHARD_PROVIDER, n.HUB_PROVIDER},
    "delegation.hub": {n.HUB},
    "delegation.home": {n.ORCHARD, n.MEADOW},
    "delegation.person": ORCHARD_STAFF | HUB_STAFF | {n.CARER, n.COMMISSIONER},
    "devices.kit": {n.KIT, n.WEB_KIT, n.SECOND_KIT},
    "devices.kit_loan": {n.KIT, n.WEB_KIT, n.SECOND_KIT},
    "devices.kit_status": {n.KIT, n.WEB_KIT, n.SECOND_KIT},
    "alerts.escalation_event": {n.HUB},
    "alerts.hub_revision": {n.HUB},
    "alerts.notice": {n.HUB},
    "alerts.phone_call": {n.AMARA, n.BRAM, n.CORA},
}
FAR_AWAY: Seen = residents(n.STRANGER_RESIDENT) | {
    "delegation.organisation": {n.OTHER_PROVIDER, n.HUB_PROVIDER},
    "delegation.hub": {n.OTHER_HUB},
    "delegation.home": {n.STRANGE_HOME},
    "delegation.person": {n.OUTSIDER, n.FAR_TRAINER, n.OUTSIDE_CLINICIAN},
    "devices.kit": {n.STRANGE_KIT},
    # That kit was theirs once: they see that they had it, and nothing of where it went.
    "devices.kit_loan": {n.STRANGE_KIT, n.KIT},
    "devices.kit_status": {n.STRANGE_KIT},
    "alerts.escalation_event": {n.OTHER_HUB},
    "alerts.phone_call": {n.STRANGER_RESIDENT},
    "alerts.notice": {n.OTHER_HUB},
}


def oneself(person: UUID, **more: set[UUID]) -> Seen:
    return {"delegation.person": {person}, "delegation.role_assignment": {person}, **more}


def told_of_broken_glass(place: Seen, *whom: UUID) -> Seen:
    """Who answers for these residents is told who opened their records, and from which hub."""
    return {
        "delegation.break_glass": set(whom),
        "delegation.break_glass_seen": set(whom),
        "delegation.person": place["delegation.person"] | {n.OUTSIDE_CLINICIAN},
        "delegation.hub": {n.HUB, n.OTHER_HUB},
    }


EXPECTED: dict[str, tuple[UUID | None, Seen]] = {
    "no actor": (None, {}),
    "somebody nobody knows": (UUID(int=4711), {}),
    "somebody with no role": (n.NOBODY, {"delegation.person": {n.NOBODY}}),
    "an agency worker whose time is over": (
        n.AGENCY,
        oneself(n.AGENCY) | {"delegation.competence": {n.AGENCY}},
    ),
    "a care worker": (
        n.WORKER,
        AT_ORCHARD | {"delegation.role_assignment": {n.WORKER}, "delegation.competence": {n.WORKER}},
    ),
    "a home manager": (
        n.MANAGER,
        AT_ORCHARD
        | {
            "delegation.role_assignment": {n.MANAGER, n.WORKER, n.AGENCY, n.CARER},
            "delegation.invitation": {n.AMARA, n.BRAM},
            "delegation.competence": {n.WORKER},
            "delegation.audit_event": {n.AMARA, n.BRAM},
            "delegation.legal_hold": {n.AMARA, n.BRAM},
            **told_of_broken_glass(AT_ORCHARD, n.AMARA, n.BRAM),
        },
    ),
    "a hub clinician": (
        n.CLINICIAN,
        AT_THE_HUB
        | {
            "delegation.role_assignment": {n.CLINICIAN},
            "delegation.break_glass": {n.STRANGER_RESIDENT},  # their own doing, and over
        },
    ),
    "a hub lead": (
        n.HUB_LEAD,
        AT_THE_HUB
        | {
            "delegation.role_assignment": {n.HUB_LEAD, n.CLINICIAN, n.COLLEAGUE},
            "delegation.audit_event": {n.AMARA, n.BRAM, n.CORA},
            "delegation.legal_hold": {n.AMARA, n.BRAM, n.CORA},
            **told_of_broken_glass(AT_THE_HUB, n.AMARA, n.BRAM, n.CORA),
        },
    ),
    "a trainer": (
        n.TRAINER,
        {
            "delegation.organisation": {n.ORCHARD_PROVIDER},
            "delegation.person": {n.TRAINER, n.WORKER},
            "delegation.role_assignment": {n.TRAINER, n.WORKER},
            "delegation.competence": {n.WORKER},
        },
    ),
    "a delegating professional": (
        n.DELEGATING_NURSE,
        {
            "delegation.organisation": {n.ORCHARD_PROVIDER},
            "delegation.person": {n.DELEGATING_NURSE, n.WORKER},
            "delegation.role_assignment": {n.DELEGATING_NURSE, n.WORKER},
            "delegation.competence": {n.WORKER},
        },
    ),
    "a commissioner": (
        n.COMMISSIONER,
        oneself(n.COMMISSIONER) | {"delegation.organisation": {n.HUB_PROVIDER}, "delegation.hub": {n.HUB}},
    ),
    "a family carer": (
        n.CARER,
        residents(n.AMARA)
        | oneself(n.CARER)
        | {
            "delegation.organisation": {n.ORCHARD_PROVIDER, n.HUB_PROVIDER},
            "delegation.hub": {n.HUB},
            "delegation.home": {n.ORCHARD},
            "alerts.escalation_event": {n.HUB},
        },
    ),
    "an operator": (
        n.OPERATOR,
        oneself(n.OPERATOR)
        | {
            "devices.kit": EVERY_KIT,
            "devices.kit_loan": EVERY_KIT,
            "devices.kit_status": EVERY_KIT,
            "ingest.seen": EVERY_RESIDENT,
            "ingest.quarantine": EVERY_KIT - {n.WEB_KIT},
            "alerts.notice": {UUID(int=0)},  # of no home
        },
    ),
    "a care worker of another provider": (
        n.OUTSIDER,
        FAR_AWAY | {"delegation.role_assignment": {n.OUTSIDER}, "delegation.competence": {n.OUTSIDER}},
    ),
    "a clinician of another hub": (
        n.OUTSIDE_CLINICIAN,
        FAR_AWAY
        | {
            "delegation.role_assignment": {n.OUTSIDE_CLINICIAN},
            "delegation.break_glass": {n.AMARA, n.BRAM, n.CORA},  # their own doing, and over
            "alerts.hub_revision": {n.OTHER_HUB},
        },
    ),
}


@pytest.mark.parametrize("who", EXPECTED)
def test_each_sees_their_own_and_nothing_else(records: Database, who: str) -> None:
    person, expected = EXPECTED[who]
    with records.connect("hearthwatch_api") as conn:
        if person is not None:
            act_as(conn, person)
        seen = {table: {row[0] for row in conn.execute(query)} for table, query in ABOUT.items()}
    assert seen == {table: expected.get(table, set()) for table in ABOUT}


def test_a_family_carer_is_named_where_their_resident_lives_and_is_watched_and_nowhere_else(
    own_records: Database,
) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(ANOTHER_CARER, (n.NOBODY, n.CORA))
    names = {who: people_named(own_records, who) for who in (n.WORKER, n.CLINICIAN, n.CARER, n.OUTSIDER)}
    carers = {n.CARER, n.NOBODY}
    assert {who: seen & carers for who, seen in names.items()} == {
        n.WORKER: {n.CARER},
        n.CLINICIAN: carers,
        n.CARER: {n.CARER},
        n.OUTSIDER: set(),
    }


def test_a_family_carer_who_has_stopped_is_still_named_beside_what_they_measured(
    own_records: Database,
) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.CARER,)
        )
    assert n.CARER in people_named(own_records, n.WORKER)


def people_named(records: Database, person: UUID) -> set[UUID]:
    with records.connect("hearthwatch_api") as conn:
        act_as(conn, person)
        return {row[0] for row in conn.execute(ABOUT["delegation.person"])}


def test_there_is_something_to_hide_in_every_table(records: Database) -> None:
    with records.connect() as conn:
        empty = [table for table, query in ABOUT.items() if not conn.execute(_as_stored(query)).fetchall()]
    assert empty == []


def test_no_relation_is_forgotten_here(records: Database) -> None:
    readable: LiteralString = """
        SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
          AND relkind IN ('r', 'v', 'm', 'p', 'f') AND has_any_column_privilege('hearthwatch_api', oid, 'SELECT')
    """
    with records.connect() as conn:
        assert {name for (name,) in conn.execute(readable)} == set(ABOUT) | ABOUT_NOBODY


def test_the_actor_is_forgotten_when_the_transaction_ends(records: Database) -> None:
    with records.connect("hearthwatch_api", autocommit=True) as conn:
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert conn.execute(ABOUT["delegation.resident"]).fetchall()
        assert conn.execute(ABOUT["delegation.resident"]).fetchall() == []


def test_a_role_that_ends_in_mid_session_ends_what_is_seen(own_records: Database) -> None:
    with (
        own_records.connect("hearthwatch_api", autocommit=True) as conn,
        own_records.connect(autocommit=True) as owner,
    ):
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert seen_by(conn) == {n.AMARA, n.BRAM}
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.WORKER,)
        )
        with conn.transaction():
            act_as(conn, n.WORKER)
            assert seen_by(conn) == set()


def test_a_role_that_has_not_begun_shows_nothing_yet(own_records: Database) -> None:
    with own_records.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET starts_at = now() + interval '1 day' WHERE person_id = %s",
            (n.WORKER,),
        )
    with own_records.connect("hearthwatch_api") as conn:
        act_as(conn, n.WORKER)
        assert seen_by(conn) == set()


def seen_by(conn: Any) -> set[UUID]:
    return {row[0] for row in conn.execute(ABOUT["ingest.visible_reading"])}


def _as_stored(query: LiteralString) -> LiteralString:
    """The owner has no actor, so of the views over hypertables only what lies beneath them answers."""
    return query.replace("ingest.visible_reading", "ingest.reading").replace(
        "alerts.visible_score", "alerts.score"
    )
