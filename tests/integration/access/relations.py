"""What each relation's rows are about, and how somebody would add to it or change it.

Guards: a relation that is not here is not tested, so a test fails on any that is missing.
"""

from typing import LiteralString

# Every relation the api may read that has people in it, and the column that says whom or what a row is about.
ABOUT: dict[str, LiteralString] = {
    "delegation.organisation": "organisation_id",
    "delegation.hub": "hub_id",
    "delegation.home": "home_id",
    "delegation.person": "person_id",
    "delegation.role_assignment": "person_id",
    "delegation.competence": "person_id",
    "delegation.invitation": "coalesce(resident_id, home_id, hub_id)",
    "delegation.visible_audit_event": "resident_id",
    "delegation.resident": "resident_id",
    "delegation.spo2_scale_authorisation": "resident_id",
    "delegation.personal_limit": "resident_id",
    "delegation.air_record": "resident_id",
    "delegation.ceiling": "resident_id",
    "delegation.monitoring_pause": "resident_id",
    "delegation.end_of_care": "resident_id",
    "delegation.legal_hold": "resident_id",
    "delegation.tombstone": "resident_id",
    "delegation.break_glass": "resident_id",
    "delegation.break_glass_seen": "break_glass_id",
    "devices.kit": "kit_id",
    "devices.kit_loan": "home_id",
    "devices.kit_status": "kit_id",
    "ingest.seen": "resident_id",
    "ingest.visible_reading": "resident_id",
    "ingest.current_vitals": "resident_id",
    "ingest.reading_correction": "resident_id",
    "ingest.quarantine": "kit_id",
    "alerts.visible_score": "resident_id",
    "alerts.escalation": "resident_id",
    "alerts.finding": "resident_id",
    "alerts.escalation_event": "escalation_id",
    "alerts.open_question": "resident_id",
    "alerts.hub_revision": "hub_id",
    "alerts.phone_call": "resident_id",
    "alerts.notice": "coalesce(home_id, '00000000-0000-0000-0000-000000000000')",
}
# Read by the api whoever asks: what is about nobody, and what is read before there is anybody who asks.
ABOUT_NOBODY = {
    "delegation.activity",
    "delegation.break_glass_rule",
    "delegation.retention_rule",
    "delegation.role_term",
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

# Each row as somebody would write it who may: `subject` is whom or what it is about, and the rest fits that.
ADDING: dict[str, LiteralString] = {
    "delegation.resident of a home": """
        INSERT INTO delegation.resident (resident_id, home_id, name, born_on)
        VALUES (gen_random_uuid(), %(subject)s, 'x', '1940-01-01')""",
    "delegation.spo2_scale_authorisation": """
        INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number,
            reason, decided_at, starts_at, review_by, recorded_by)
        VALUES (%(subject)s, 'Dr Synthetic', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    "delegation.personal_limit": """
        INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number,
            reason, decided_at, starts_at, review_by, recorded_by)
        VALUES (%(subject)s, 'pulse', 90, 'Dr Synthetic', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    "delegation.ceiling": """
        INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
            decided_at, starts_at, review_by, recorded_by)
        VALUES (%(subject)s, 'x', 'Dr Synthetic', 'GMC', '1234567', 'x', now(), now(), now(), %(me)s)""",
    "delegation.air_record": """
        INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at)
        VALUES (%(subject)s, %(me)s, now())""",
    "delegation.monitoring_pause": """
        INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
        VALUES (%(subject)s, 'x', now(), now() + interval '1 day', %(me)s, now())""",
    "delegation.end_of_care": """
        INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
        VALUES (%(subject)s, now(), 'died', %(me)s, now())""",
    "delegation.legal_hold": """
        INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at)
        VALUES (%(subject)s, 'x', %(me)s, now())""",
    "delegation.competence": """
        INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
        VALUES (%(subject)s, 'temperature', 'independent', %(me)s, now(), now() + interval '1 year')""",
    "delegation.audit_event": """
        INSERT INTO delegation.audit_event (at, actor, purpose, action, subject, resident_id)
        VALUES (now(), 'person:' || %(me)s, 'x', 'x', 'x', %(subject)s)""",
    "delegation.audit_text": """
        INSERT INTO delegation.audit_text (audit_id, salt, words) VALUES (%(event)s, 'x', 'x')""",
    "delegation.break_glass_seen of the home": """
        INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id) VALUES (%(glass)s, 'home', %(me)s)""",
    "delegation.break_glass_seen of the hub": """
        INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id) VALUES (%(glass)s, 'hub', %(me)s)""",
    "delegation.invitation to care for a resident": """
        INSERT INTO delegation.invitation (code_hash, role, resident_id, name, ends_at, invited_by)
        VALUES (uuid_send(gen_random_uuid()), 'carer', %(subject)s, 'x', now() + interval '1 day', %(me)s)""",
    "delegation.invitation to work in a home": """
        INSERT INTO delegation.invitation (code_hash, role, home_id, name, ends_at, invited_by)
        VALUES (uuid_send(gen_random_uuid()), 'care_worker', %(subject)s, 'x', now() + interval '1 day', %(me)s)""",
    "delegation.invitation to work at a hub": """
        INSERT INTO delegation.invitation (code_hash, role, hub_id, name, ends_at, invited_by)
        VALUES (uuid_send(gen_random_uuid()), 'hub_clinician', %(subject)s, 'x', now() + interval '1 day', %(me)s)""",
    "alerts.escalation": """
        INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,
            raised_at, deadline_at, policy_version)
        VALUES (gen_random_uuid(), %(subject)s, %(home)s, %(hub)s, 'phone', 'open', 'high', 'x', now(), now(), 'x')""",
    "alerts.finding": """
        INSERT INTO alerts.finding (finding_id, escalation_id, resident_id, rule, rule_version, severity, sentence,
            evidence, found_at)
        VALUES (gen_random_uuid(), %(case)s, %(subject)s, 'phone_call', 'x', 'high', 'x', '[]', now())""",
    "alerts.escalation_event": """
        INSERT INTO alerts.escalation_event (hub_id, revision, escalation_id, kind, at, actor_id)
        VALUES (%(hub)s, 999, %(case)s, 'claimed', now(), %(me)s)""",
    "alerts.hub_revision": "INSERT INTO alerts.hub_revision VALUES (%(subject)s, 999)",
    "alerts.phone_call": """
        INSERT INTO alerts.phone_call VALUES (%(finding)s, %(case)s, %(subject)s, 'x', true, %(me)s, now())""",
}
# What is in the way of adding is taken away first, as the database's owner: one open case, one end of care.
ROOM: tuple[LiteralString, ...] = (
    "UPDATE alerts.escalation SET state = 'closed', closed_at = now(), closed_by = resident_id,"
    " disposition = 'advice_given'",
    "DELETE FROM delegation.end_of_care",
    "DELETE FROM delegation.personal_limit",
    "DELETE FROM delegation.ceiling",
    "DELETE FROM delegation.break_glass_seen",
    "DELETE FROM alerts.hub_revision",
    "DELETE FROM alerts.phone_call",
)
# With a WHERE of the subject, and without one.
CHANGING: dict[str, tuple[LiteralString, LiteralString]] = {
    "delegation.resident": ("UPDATE delegation.resident SET background = 'x'", "resident_id"),
    "delegation.spo2_scale_authorisation": (
        """UPDATE delegation.spo2_scale_authorisation
           SET revoked_at = now(), revoked_by = %(me)s, revoked_because = 'x'""",
        "resident_id",
    ),
    "delegation.personal_limit": (
        """UPDATE delegation.personal_limit
           SET revoked_at = now(), revoked_by = %(me)s, revoked_because = 'x'""",
        "resident_id",
    ),
    "delegation.ceiling": (
        "UPDATE delegation.ceiling SET revoked_at = now(), revoked_by = %(me)s, revoked_because = 'x'",
        "resident_id",
    ),
    "delegation.air_record": (
        "UPDATE delegation.air_record SET withdrawn_at = now(), withdrawn_by = %(me)s",
        "resident_id",
    ),
    "delegation.monitoring_pause": (
        "UPDATE delegation.monitoring_pause SET ends_at = now(), ended_by = %(me)s",
        "resident_id",
    ),
    "delegation.end_of_care": (
        "UPDATE delegation.end_of_care SET withdrawn_at = now(), withdrawn_by = %(me)s",
        "resident_id",
    ),
    "delegation.legal_hold": (
        "UPDATE delegation.legal_hold SET ends_at = now(), lifted_by = %(me)s",
        "resident_id",
    ),
    "delegation.competence": ("UPDATE delegation.competence SET revoked_at = now()", "person_id"),
    "delegation.role_assignment": (
        "UPDATE delegation.role_assignment SET ends_at = now() + interval '2 days'",
        "person_id",
    ),
    "delegation.invitation": (
        "UPDATE delegation.invitation SET withdrawn_at = now(), withdrawn_by = %(me)s",
        "coalesce(resident_id, home_id, hub_id)",
    ),
    "alerts.escalation": ("UPDATE alerts.escalation SET note = 'x'", "resident_id"),
    "alerts.hub_revision": ("UPDATE alerts.hub_revision SET revision = 1000", "hub_id"),
    "alerts.notice": (
        "UPDATE alerts.notice SET acknowledged_at = now(), acknowledged_by = %(me)s",
        "coalesce(home_id, '00000000-0000-0000-0000-000000000000')",
    ),
}
