"""The columns that a process may read, write or change where it may not all of a relation's.

Invariant: the table was taken down from the database once and read through, and only a person changes it since. A test
holds it against what the database says, so a grant that grows or shrinks is seen.
"""

from tests.fixtures.databases import LOGIN_ROLES

API, INGEST, SCHEDULER, RETENTION = LOGIN_ROLES

# s select, i insert, u update.
COLUMNS: dict[str, dict[tuple[str, str], str]] = {
    "delegation.hub": {
        (INGEST, "s"): "hub_id name phone",
    },
    "delegation.home": {
        (INGEST, "s"): "home_id organisation_id hub_id rounds synthetic",
        (SCHEDULER, "s"): "home_id organisation_id hub_id rounds synthetic",
    },
    "delegation.resident": {
        (API, "i"): (
            "resident_id home_id name nhs_number born_on allergies background call_back_phone "
            "usual_company no_score_reason"
        ),
        (API, "u"): (
            "home_id name nhs_number born_on allergies background call_back_phone usual_company "
            "no_score_reason lives_here_from"
        ),
        (INGEST, "s"): "resident_id home_id no_score_reason refitted lives_here_from synthetic",
        (SCHEDULER, "s"): "resident_id home_id no_score_reason lives_here_from synthetic",
        (RETENTION, "s"): "resident_id",
        (RETENTION, "u"): (
            "name nhs_number born_on allergies background call_back_phone usual_company no_score_reason "
            "refitted"
        ),
    },
    "delegation.role_assignment": {
        (API, "u"): "ends_at",
        (INGEST, "s"): "person_id role organisation_id home_id resident_id starts_at ends_at",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.invitation": {
        (API, "s"): (
            "invitation_id role home_id hub_id resident_id name ends_at invited_by invited_at "
            "good_until taken_by taken_at withdrawn_by withdrawn_at"
        ),
        (API, "i"): "code_hash role home_id hub_id resident_id name ends_at invited_by",
        (API, "u"): "withdrawn_by withdrawn_at",
        (RETENTION, "s"): "resident_id ends_at good_until taken_at",
    },
    "delegation.spo2_scale_authorisation": {
        (API, "i"): (
            "resident_id clinician_name regulator regulator_number looked_up_at reason decided_at starts_at "
            "review_by recorded_by"
        ),
        (API, "u"): "revoked_by revoked_because revoked_at",
        (INGEST, "s"): "authorisation_id resident_id starts_at review_by ends_at revoked_at recorded_at",
        (SCHEDULER, "s"): "authorisation_id resident_id starts_at review_by ends_at revoked_at recorded_at",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.personal_limit": {
        (API, "i"): (
            "resident_id sign low high clinician_name regulator regulator_number looked_up_at reason "
            "decided_at starts_at review_by recorded_by"
        ),
        (API, "u"): "revoked_at revoked_by revoked_because",
        (INGEST, "s"): "limit_id resident_id sign low high starts_at revoked_at recorded_at",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.air_record": {
        (API, "i"): "resident_id recorded_by recorded_at",
        (API, "u"): "withdrawn_at withdrawn_by",
        (INGEST, "s"): "resident_id recorded_at cancelled_at withdrawn_at",
        (SCHEDULER, "s"): "resident_id recorded_at cancelled_at withdrawn_at",
        (INGEST, "u"): "cancelled_at",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.ceiling": {
        (API, "i"): (
            "resident_id statement clinician_name regulator regulator_number looked_up_at reason "
            "decided_at starts_at review_by recorded_by"
        ),
        (API, "u"): "revoked_at revoked_by revoked_because",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.monitoring_pause": {
        (API, "i"): "resident_id reason starts_at ends_at recorded_by recorded_at",
        (API, "u"): "ends_at ended_by",
        (INGEST, "s"): "resident_id starts_at ends_at recorded_at",
        (SCHEDULER, "s"): "resident_id starts_at ends_at",
        (RETENTION, "s"): "resident_id",
    },
    "delegation.end_of_care": {
        (API, "i"): "resident_id ended_at reason recorded_by recorded_at",
        (API, "u"): "withdrawn_by withdrawn_at",
        (INGEST, "s"): "resident_id recorded_at withdrawn_at",
        (SCHEDULER, "s"): "resident_id recorded_at withdrawn_at",
        (RETENTION, "s"): "resident_id ended_at withdrawn_at",
    },
    "delegation.legal_hold": {
        (API, "i"): "resident_id reason placed_by starts_at ends_at",
        (API, "u"): "ends_at lifted_by",
        (RETENTION, "s"): "resident_id starts_at ends_at",
        (RETENTION, "u"): "reason",
    },
    "delegation.competence": {
        (API, "i"): "person_id activity level assessor_id signed_off_at valid_until",
        (API, "u"): "revoked_at",
        (INGEST, "s"): "person_id activity level signed_off_at valid_until revoked_at",
        (SCHEDULER, "s"): "person_id activity level signed_off_at valid_until revoked_at",
    },
    "delegation.audit_event": {
        (API, "i"): "at actor role purpose action subject resident_id request_id text_digest",
        (INGEST, "i"): "at actor role purpose action subject resident_id request_id text_digest",
        (SCHEDULER, "i"): "at actor role purpose action subject resident_id request_id text_digest",
        (RETENTION, "i"): "at actor role purpose action subject resident_id request_id text_digest",
        (RETENTION, "s"): "audit_id resident_id",
    },
    "delegation.audit_text": {
        (RETENTION, "s"): "audit_id",
    },
    "delegation.audit_head": {
        (SCHEDULER, "u"): "in_directory_at at_address_at",
    },
    "delegation.break_glass": {
        (RETENTION, "s"): "resident_id has_words",
        (RETENTION, "u"): "words",
    },
    "delegation.break_glass_seen": {
        (API, "i"): "break_glass_id desk person_id",
    },
    "ingest.current_vitals": {
        (RETENTION, "u"): "last_arrived_at last_news_at last_effective_at signs",
    },
    "ingest.quarantine": {
        (INGEST, "u"): "last_arrived_at deliveries replayed_at replay_outcome",
        (RETENTION, "s"): "quarantine_id kit_id reading_id payload",
    },
    "ingest.outbox": {
        (INGEST, "u"): "leased_until sent_at",
    },
    "alerts.hub_revision": {
        (API, "u"): "revision",
        (INGEST, "u"): "revision",
        (SCHEDULER, "u"): "revision",
    },
    "alerts.escalation": {
        (API, "u"): (
            "state severity why low yields why_finding deadline_at claimed_by claimed_at closed_by "
            "closed_at disposition note"
        ),
        (INGEST, "s"): (
            "escalation_id resident_id home_id hub_id origin state severity low yields why_finding "
            "raised_at deadline_at policy_version closed_at"
        ),
        (SCHEDULER, "s"): (
            "escalation_id resident_id home_id hub_id origin state severity low yields why_finding "
            "raised_at deadline_at policy_version closed_at"
        ),
        (INGEST, "u"): "severity why low yields why_finding deadline_at",
        (SCHEDULER, "u"): "severity why low yields why_finding deadline_at",
        (RETENTION, "s"): "escalation_id resident_id state",
        (RETENTION, "u"): "why low note",
    },
    "alerts.finding": {
        (INGEST, "s"): "finding_id escalation_id resident_id rule severity low evidence found_at",
        (RETENTION, "s"): "finding_id resident_id",
        (RETENTION, "u"): "sentence low evidence",
    },
    "alerts.escalation_event": {
        (RETENTION, "s"): "escalation_id",
        (RETENTION, "u"): "cause_reading_id words",
    },
    "alerts.open_question": {
        (RETENTION, "s"): "resident_id",
    },
    "alerts.clock_run": {
        (RETENTION, "s"): "residents arrivals",
        (RETENTION, "u"): "residents arrivals",
    },
    "alerts.phone_call": {
        (RETENTION, "s"): "resident_id",
    },
    "alerts.notice": {
        (API, "u"): "acknowledged_by acknowledged_at",
        (INGEST, "u"): "hub_id signs phoned_999 readings last_at",
        (SCHEDULER, "s"): "home_id hub_id acknowledged_at",
        (SCHEDULER, "u"): "hub_id",
    },
    "api.account": {
        (API, "u"): "password_hash given_until",
    },
    "api.known_browser": {
        (SCHEDULER, "s"): "last_used_at",
    },
    "api.openid_try": {
        (SCHEDULER, "s"): "begun_at",
    },
    "api.session": {
        (SCHEDULER, "s"): "token_hash ends_at",
    },
    "api.refused_sign_in": {
        (API, "u"): "tries",
    },
    "api.sign_in_try": {
        (SCHEDULER, "s"): "last_at",
    },
}


def columns_of(relation: str, letter: str, role: str = API) -> list[str]:
    """The columns that a role may do this to, where it may not do it to all of a relation's."""
    return COLUMNS.get(relation, {}).get((role, letter), "").split()
