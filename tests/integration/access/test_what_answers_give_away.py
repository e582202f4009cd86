"""Answers that are no rows: what an error, a plan or a function says of somebody hidden it says of nobody at all.

Guards: each is asked about somebody who is there and hidden, and about somebody unheard of.
"""

from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.access.attempts import UNHEARD_OF, attempts_on
from tests.integration.access.relations import ABOUT

pytestmark = pytest.mark.both_databases

# A row that somebody may add but for one key, which points at somebody or something hidden, or at nothing.
KEYS: dict[tuple[str, str], tuple[UUID, LiteralString]] = {
    ("delegation.resident", "home_id"): (
        n.MANAGER,
        "UPDATE delegation.resident SET home_id = %(key)s WHERE resident_id = %(resident)s",
    ),
    ("delegation.competence", "person_id"): (
        n.TRAINER,
        """INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
           VALUES (%(key)s, 'temperature', 'observe', %(me)s, now(), now() + interval '1 day')""",
    ),
    ("delegation.competence", "assessor_id"): (
        n.TRAINER,
        """INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
           VALUES (%(worker)s, 'temperature', 'observe', %(key)s, now(), now() + interval '1 day')""",
    ),
    ("delegation.spo2_scale_authorisation", "resident_id"): (
        n.CLINICIAN,
        """INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number,
               reason, decided_at, starts_at, review_by, recorded_by)
           VALUES (%(key)s, 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    ),
    ("delegation.spo2_scale_authorisation", "recorded_by"): (
        n.CLINICIAN,
        """INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number,
               reason, decided_at, starts_at, review_by, recorded_by)
           VALUES (%(resident)s, 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(key)s)""",
    ),
    ("delegation.spo2_scale_authorisation", "revoked_by"): (
        n.CLINICIAN,
        """UPDATE delegation.spo2_scale_authorisation
           SET revoked_at = now(), revoked_because = 'x', revoked_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("delegation.personal_limit", "resident_id"): (
        n.CLINICIAN,
        """INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number,
               reason, decided_at, starts_at, review_by, recorded_by)
           VALUES (%(key)s, 'spo2', 99, 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    ),
    ("delegation.personal_limit", "recorded_by"): (
        n.CLINICIAN,
        """INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number,
               reason, decided_at, starts_at, review_by, recorded_by)
           VALUES (%(resident)s, 'spo2', 99, 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(key)s)""",
    ),
    ("delegation.personal_limit", "revoked_by"): (
        n.CLINICIAN,
        """UPDATE delegation.personal_limit SET revoked_at = now(), revoked_because = 'x', revoked_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("delegation.ceiling", "resident_id"): (
        n.CLINICIAN,
        """INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
               decided_at, starts_at, review_by, recorded_by)
           VALUES (%(key)s, 'x', 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    ),
    ("delegation.ceiling", "recorded_by"): (
        n.CLINICIAN,
        """INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
               decided_at, starts_at, review_by, recorded_by)
           VALUES (%(resident)s, 'x', 'x', 'GMC', '1234567', 'x', now(), now(), now(), %(key)s)""",
    ),
    ("delegation.ceiling", "revoked_by"): (
        n.CLINICIAN,
        """UPDATE delegation.ceiling SET revoked_at = now(), revoked_because = 'x', revoked_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("delegation.air_record", "resident_id"): (
        n.MANAGER,
        """INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%(key)s, %(me)s, now())""",
    ),
    ("delegation.air_record", "recorded_by"): (
        n.MANAGER,
        """INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at)
           VALUES (%(resident)s, %(key)s, now())""",
    ),
    ("delegation.air_record", "withdrawn_by"): (
        n.MANAGER,
        """UPDATE delegation.air_record SET withdrawn_at = now(), withdrawn_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("delegation.monitoring_pause", "resident_id"): (
        n.MANAGER,
        """INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
           VALUES (%(key)s, 'x', now(), now() + interval '1 day', %(me)s, now())""",
    ),
    ("delegation.monitoring_pause", "recorded_by"): (
        n.MANAGER,
        """INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
           VALUES (%(resident)s, 'x', now(), now() + interval '1 day', %(key)s, now())""",
    ),
    ("delegation.monitoring_pause", "ended_by"): (
        n.MANAGER,
        """UPDATE delegation.monitoring_pause SET ends_at = now(), ended_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("delegation.end_of_care", "resident_id"): (
        n.MANAGER,
        """INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
           VALUES (%(key)s, now(), 'died', %(me)s, now())""",
    ),
    ("delegation.end_of_care", "recorded_by"): (
        n.MANAGER,
        """INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
           VALUES (%(resident)s, now(), 'died', %(key)s, now())""",
    ),
    ("delegation.end_of_care", "withdrawn_by"): (
        n.MANAGER,
        """INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at, withdrawn_by,
               withdrawn_at)
           VALUES (%(resident)s, now(), 'died', %(me)s, now(), %(key)s, now())""",
    ),
    ("delegation.legal_hold", "resident_id"): (
        n.MANAGER,
        """INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at)
           VALUES (%(key)s, 'x', %(me)s, now())""",
    ),
    ("delegation.legal_hold", "placed_by"): (
        n.MANAGER,
        """INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at)
           VALUES (%(resident)s, 'x', %(key)s, now())""",
    ),
    ("delegation.legal_hold", "lifted_by"): (
        n.MANAGER,
        """INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at, lifted_by)
           VALUES (%(resident)s, 'x', %(me)s, now(), %(key)s)""",
    ),
    ("delegation.break_glass_seen", "break_glass_id"): (
        n.MANAGER,
        """INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id)
           VALUES (%(key)s, 'home', %(me)s)""",
    ),
    ("delegation.break_glass_seen", "person_id"): (
        n.MANAGER,
        """INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id)
           SELECT break_glass_id, 'hub', %(key)s FROM delegation.break_glass LIMIT 1""",
    ),
    **{
        ("delegation.invitation", column): (
            n.MANAGER,
            f"""INSERT INTO delegation.invitation (code_hash, role, {column}, name, ends_at, invited_by)
                VALUES (uuid_send(gen_random_uuid()), 'care_worker', %(key)s, 'x', now() + interval '1 day', %(me)s)""",
        )
        for column in ("home_id", "hub_id", "resident_id")
    },
    ("delegation.invitation", "invited_by"): (
        n.MANAGER,
        """INSERT INTO delegation.invitation (code_hash, role, home_id, name, ends_at, invited_by)
           VALUES (uuid_send(gen_random_uuid()), 'care_worker', %(home)s, 'x', now() + interval '1 day', %(key)s)""",
    ),
    ("delegation.invitation", "withdrawn_by"): (
        n.MANAGER,
        """UPDATE delegation.invitation SET withdrawn_at = now(), withdrawn_by = %(key)s
           WHERE resident_id = %(resident)s""",
    ),
    ("alerts.finding", "escalation_id"): (
        n.CLINICIAN,
        """INSERT INTO alerts.finding (finding_id, escalation_id, resident_id, rule, rule_version, severity, sentence,
               evidence, found_at)
           VALUES (gen_random_uuid(), %(key)s, %(resident)s, 'x', 'x', 'high', 'x', '[]', now())""",
    ),
    ("alerts.escalation_event", "escalation_id"): (
        n.CLINICIAN,
        """INSERT INTO alerts.escalation_event (hub_id, revision, escalation_id, kind, at, actor_id)
           VALUES (%(hub)s, 999, %(key)s, 'claimed', now(), %(me)s)""",
    ),
    ("alerts.phone_call", "escalation_id"): (
        n.CLINICIAN,
        """INSERT INTO alerts.phone_call SELECT finding_id, %(key)s, resident_id, 'x', true, %(me)s, now()
           FROM alerts.finding WHERE resident_id = %(resident)s LIMIT 1""",
    ),
    ("alerts.phone_call", "finding_id"): (
        n.CLINICIAN,
        """INSERT INTO alerts.phone_call SELECT %(key)s, escalation_id, resident_id, 'x', true, %(me)s, now()
           FROM alerts.escalation WHERE resident_id = %(resident)s""",
    ),
}
# Held to what the actor may name otherwise: the words beside an event must be its own, a vocabulary is everybody's.
PINNED = {("delegation.audit_text", "audit_id"), ("delegation.competence", "activity")}
_HIDDEN_KEYS: dict[str, LiteralString] = {
    "delegation.person": "SELECT %(person)s::uuid",
    "delegation.resident": "SELECT %(stranger)s::uuid",
    "delegation.home": "SELECT home_id FROM delegation.resident WHERE resident_id = %(stranger)s",
    "delegation.hub": "SELECT hub_id FROM delegation.home JOIN delegation.resident USING (home_id)"
    " WHERE resident_id = %(stranger)s",
    "delegation.break_glass": "SELECT break_glass_id FROM delegation.break_glass WHERE resident_id = %(stranger)s",
    "alerts.escalation": "SELECT escalation_id FROM alerts.escalation WHERE resident_id = %(stranger)s",
    "alerts.finding": "SELECT finding_id FROM alerts.finding WHERE resident_id = %(stranger)s LIMIT 1",
}
_FOREIGN_KEYS: LiteralString = """
SELECT held.conrelid::regclass::text, attname, held.confrelid::regclass::text
FROM pg_constraint held JOIN pg_attribute ON attrelid = held.conrelid AND attnum = held.conkey[1]
WHERE held.contype = 'f' AND held.connamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts')
"""
_WRITABLE: LiteralString = (
    " AND (has_column_privilege('hearthwatch_api', attrelid, attnum, 'INSERT')"
    " OR has_column_privilege('hearthwatch_api', attrelid, attnum, 'UPDATE'))"
)


def test_a_key_that_points_at_somebody_hidden_is_refused_as_one_that_points_at_nobody(
    everybody: Database,
) -> None:
    with attempts_on(everybody) as attempts:
        points_at = {
            (table, column): target for table, column, target in attempts.owner.execute(_FOREIGN_KEYS)
        }
        told = {
            key: {
                attempts.tried(
                    who, statement, key=value, worker=n.WORKER, resident=n.AMARA, home=n.ORCHARD, hub=n.HUB
                ).said
                for value in (
                    attempts.one(
                        _HIDDEN_KEYS[points_at[key]], person=n.OUTSIDER, stranger=n.STRANGER_RESIDENT
                    ),
                    UNHEARD_OF,
                )
            }
            for key, (who, statement) in KEYS.items()
        }
    assert {key: said for key, said in told.items() if len(said) > 1 or "" in said} == {}


def test_no_key_that_the_api_may_write_is_forgotten(everybody: Database) -> None:
    with everybody.connect() as conn:
        writable = {(table, column) for table, column, _ in conn.execute(_FOREIGN_KEYS + _WRITABLE)}
    assert writable <= set(KEYS) | PINNED


def test_a_plan_expects_as_many_rows_of_somebody_hidden_as_of_somebody_unheard_of(
    everybody: Database,
) -> None:
    with everybody.connect(autocommit=True) as owner:
        owner.execute("ANALYZE")
    told: dict[tuple[str, LiteralString, UUID], set[int]] = {}
    with everybody.connect("hearthwatch_api") as conn:
        for who, hidden in ((n.OUTSIDER, n.AMARA), (n.TRAINER, n.AMARA), (n.OUTSIDER, n.WORKER)):
            act_as(conn, who)
            for table, column in ABOUT.items():
                if column in ("resident_id", "person_id"):
                    told[table, column, who] = {
                        _rows_planned(conn, table, column, "=", one) for one in (hidden, UNHEARD_OF)
                    }
            for column, before in (
                ("name", "Amara"),
                ("born_on", "1940-05-01"),
                ("nhs_number", "9990000018"),
            ):
                told["delegation.resident", column, who] = {
                    _rows_planned(conn, "delegation.resident", column, ">", one)
                    for one in (before, "0001-01-01", "9999-12-31")
                }
    assert {key: rows for key, rows in told.items() if len(rows) > 1} == {}


def _rows_planned(
    conn: psycopg.Connection[Any], table: str, column: LiteralString, compared: LiteralString, value: object
) -> int:
    plan = conn.execute(
        sql.SQL("EXPLAIN (FORMAT JSON) SELECT * FROM {} WHERE {} {} {}").format(
            sql.Identifier(*table.split(".")), sql.SQL(column), sql.SQL(compared), sql.Literal(value)
        )
    ).fetchone()
    assert plan is not None
    return plan[0][0]["Plan"]["Plan Rows"]


# Functions that answer of the actor alone: what they answer is what rows are held to.
OF_THE_ACTOR = {
    "delegation.actor",
    "delegation.roles_in_force",
    "delegation.homes_held",
    "delegation.visible_homes",
    "delegation.residents_of_visible_homes",
    "delegation.residents_behind_broken_glass",
    "delegation.visible_residents",
    "delegation.visible_hubs",
    "delegation.known_homes",
    "delegation.glass_to_answer_for",
    "delegation.known_hubs",
    "delegation.known_organisations",
    "delegation.workers_in_charge",
    "delegation.workers_known",
    "delegation.visible_people",
    "delegation.roles_in_gift",
    "delegation.is_operator",
    "delegation.glass_broken_since",
    "delegation.hub_names",
    "delegation.residents_answered_for",
    "devices.visible_kits",
    "devices.kits_at_homes",
}
# Functions that answer something about whom they are given, and what they are not to tell of apart.
OF_SOMEBODY: dict[str, LiteralString] = {
    "delegation.roles_over": "SELECT delegation.roles_over(%(resident)s)::text",
    "delegation.roles_over_each": "SELECT resident_id::text, roles"
    " FROM delegation.roles_over_each(ARRAY[%(resident)s::uuid])",
    "delegation.may_give": "SELECT delegation.may_give(role, %(home)s, %(hub)s, %(resident)s)::text"
    " FROM unnest('{care_worker,carer,hub_clinician}'::text[]) AS role",
    "delegation.homes_of_their_provider": "SELECT * FROM delegation.homes_of_their_provider(%(resident)s)",
    "ingest.lock_visible_resident": "SELECT ingest.lock_visible_resident(%(resident)s)::text",
    "alerts.follow_residents": "SELECT * FROM alerts.follow_residents(ARRAY[%(resident)s::uuid])",
    "alerts.leave_hub": "SELECT alerts.leave_hub(%(case)s, %(hub)s)::text",
    "alerts.last_event_at": "SELECT alerts.last_event_at(%(hub)s)::text",
    "delegation.glass_tried_in_vain": "SELECT person_id::text, tries"
    " FROM delegation.glass_tried_in_vain(%(hub)s, '2026-01-01')",
    "alerts.counts_of_hub": "SELECT * FROM alerts.counts_of_hub(%(hub)s, '2026-01-01', '2026-12-31', true)",
}
# Functions of another kind, each with tests of its own.
TOLD_BY_DESIGN = {
    "delegation.words_fit_their_event": "a trigger",
    "delegation.break_glass": "opens a record for who knows the NHS number and the date of birth; counted and shown",
    "delegation.nhs_number_taken": "whether somebody has it, for who answers for a home; counted as at the glass",
    "delegation.invitation_to": "for who has the code",
    "delegation.take_invitation": "for who has the code",
    "ingest.epoch": "of the database, about nobody",
    "api.migrations_ran": "of the database, about nobody",
}
_CALLABLE: LiteralString = """
SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc
WHERE pronamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
  AND has_function_privilege('hearthwatch_api', oid, 'EXECUTE')
"""


def test_no_function_that_the_api_may_call_is_forgotten(everybody: Database) -> None:
    with everybody.connect() as conn:
        assert {name for (name,) in conn.execute(_CALLABLE)} == OF_THE_ACTOR | set(OF_SOMEBODY) | set(
            TOLD_BY_DESIGN
        )


@pytest.mark.parametrize("function", OF_SOMEBODY)
def test_a_function_tells_nobody_of_whom_they_do_not_see(everybody: Database, function: str) -> None:
    told: dict[UUID, list[object]] = {}
    with everybody.connect() as owner:
        [(case,)] = owner.execute(
            "SELECT escalation_id FROM alerts.escalation WHERE resident_id = %s", (n.AMARA,)
        )
    hidden = {"resident": n.AMARA, "home": n.ORCHARD, "hub": n.HUB, "case": case}
    for who in (
        n.OUTSIDER,
        n.FAR_TRAINER,
        n.TRAINER,
        n.DELEGATING_NURSE,
        n.OUTSIDE_CLINICIAN,
        n.OPERATOR,
        n.NOBODY,
    ):
        with everybody.connect("hearthwatch_api") as conn:
            act_as(conn, who)
            told[who] = [
                conn.execute(OF_SOMEBODY[function], given).fetchall()
                for given in (hidden, dict.fromkeys(hidden, UNHEARD_OF))
            ]
            conn.rollback()
    assert {who: answers for who, answers in told.items() if answers[0] != answers[1]} == {}
