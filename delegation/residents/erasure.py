"""Erase who a resident was and what was decided about them, once the retention time has passed.

Guards: the row keeps its id, for the tombstone and for counts, and loses the name. Who broke the glass or looked, and
when, stays without their words. The database refuses this while a resident's care goes on.
"""

from typing import LiteralString
from uuid import UUID

import psycopg

_NAMED: LiteralString = """
UPDATE delegation.resident SET name = 'Erased', nhs_number = NULL, born_on = '1900-01-01', allergies = NULL,
    background = NULL, call_back_phone = NULL, usual_company = NULL, no_score_reason = NULL, refitted = false
WHERE resident_id = %s
"""
_HOLDS: LiteralString = "UPDATE delegation.legal_hold SET reason = 'Erased.' WHERE resident_id = %s"
_GLASS: LiteralString = "UPDATE delegation.break_glass SET words = NULL WHERE resident_id = %s AND has_words"
_WORDS: LiteralString = """
DELETE FROM delegation.audit_text
WHERE audit_id IN (SELECT audit_id FROM delegation.audit_event WHERE resident_id = %s)
"""
_CARERS: LiteralString = "DELETE FROM delegation.role_assignment WHERE resident_id = %s"
_INVITATIONS: LiteralString = "DELETE FROM delegation.invitation WHERE resident_id = %s"
_SCALE_TWO: LiteralString = "DELETE FROM delegation.spo2_scale_authorisation WHERE resident_id = %s"
_LIMITS: LiteralString = "DELETE FROM delegation.personal_limit WHERE resident_id = %s"
_AIR: LiteralString = "DELETE FROM delegation.air_record WHERE resident_id = %s"
_CEILINGS: LiteralString = "DELETE FROM delegation.ceiling WHERE resident_id = %s"
_PAUSES: LiteralString = "DELETE FROM delegation.monitoring_pause WHERE resident_id = %s"
_ERASED: dict[str, LiteralString] = {
    "identity": _NAMED,
    "family carers": _CARERS,
    "invitations": _INVITATIONS,
    "scale 2 authorisations": _SCALE_TWO,
    "limits of their own": _LIMITS,
    "air records": _AIR,
    "ceilings": _CEILINGS,
    "pauses": _PAUSES,
    "reasons of holds": _HOLDS,
    "break-glass words": _GLASS,
    "audit words": _WORDS,
}


def erase(conn: psycopg.Connection, resident_id: UUID) -> dict[str, int]:
    """Erase the resident; return how many of each kind.

    The audit's seals still hold, because its words lie beside the events under salted digests.
    """
    return {what: conn.execute(statement, (resident_id,)).rowcount for what, statement in _ERASED.items()}
