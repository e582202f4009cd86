"""The audit: who did what to whose record, in which role and for what purpose.

Guards: every event has an actor and a purpose. Writers never wait for the chain, which `audit_seal` extends afterwards.
Free text lies beside its event under a salted digest, so erasing the words does not break the chain.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.people import Actor, Process, SystemUser


class Purpose(StrEnum):
    """What an action was for."""

    DIRECT_CARE = "direct_care"
    HUB_ANSWER = "hub_answer"
    CORRECTION = "correction"
    BREAK_GLASS = "break_glass"
    RECORD_KEEPING = "record_keeping"
    TRAINING = "training"
    SIGNING_IN = "signing_in"
    AUDIT = "audit"
    OPERATION = "operation"


DATABASE_OWNER = "database_owner"
"""The role of a user of the operating system who runs a command."""


@dataclass(frozen=True, slots=True)
class Look:
    """Whose record was looked at, in which of the actor's roles (None: in all of them), and what for."""

    resident_id: UUID
    roles: str | None
    purpose: Purpose


# The purpose of an action follows from the part of its name before the dot.
PURPOSES = {
    "reading": Purpose.DIRECT_CARE,
    "air_record": Purpose.DIRECT_CARE,
    "pause": Purpose.DIRECT_CARE,
    "escalation": Purpose.HUB_ANSWER,
    "notice": Purpose.HUB_ANSWER,
    "scale_two": Purpose.HUB_ANSWER,
    "personal_limit": Purpose.HUB_ANSWER,
    "ceiling": Purpose.HUB_ANSWER,
    "break_glass": Purpose.BREAK_GLASS,
    "care": Purpose.RECORD_KEEPING,
    "records": Purpose.RECORD_KEEPING,
    "resident": Purpose.RECORD_KEEPING,
    "competence": Purpose.TRAINING,
    "openid": Purpose.SIGNING_IN,
    "password": Purpose.SIGNING_IN,
    "pin": Purpose.SIGNING_IN,
    "recovery_code": Purpose.SIGNING_IN,
    "recovery_codes": Purpose.SIGNING_IN,
    "second_step": Purpose.SIGNING_IN,
    "session": Purpose.SIGNING_IN,
    "sign_in": Purpose.SIGNING_IN,
    "tablet": Purpose.SIGNING_IN,
    "audit": Purpose.AUDIT,
    "kit": Purpose.OPERATION,
    "platform": Purpose.OPERATION,
    "place": Purpose.OPERATION,
    "role": Purpose.OPERATION,
    "invitation": Purpose.OPERATION,
    "counts": Purpose.OPERATION,
}


class NoActorError(ValueError):
    """An audit event has no actor."""


class NoPurposeError(ValueError):
    """An audit event has no purpose, and its action does not imply one."""


_RECORD: LiteralString = """
INSERT INTO delegation.audit_event (at, actor, role, purpose, action, subject, resident_id, request_id, text_digest)
SELECT %(at)s, %(actor)s,
       CASE WHEN %(role)s::text IS NULL THEN NULL ELSE coalesce(delegation.roles_over(%(resident)s), %(role)s) END,
       %(purpose)s, %(action)s, %(subject)s, %(resident)s,
       coalesce(%(request)s, nullif(current_setting('hearthwatch.request', true), '')), %(digest)s
"""
_RECORD_LOOKS: LiteralString = """
INSERT INTO delegation.audit_event (at, actor, role, purpose, action, subject, resident_id, request_id)
SELECT %(at)s, %(actor)s, coalesce(one.roles, %(role)s), one.purpose, %(action)s,
       'resident:' || one.resident_id, one.resident_id, nullif(current_setting('hearthwatch.request', true), '')
FROM unnest(%(residents)s::uuid[], %(roles)s::text[], %(purposes)s::text[]) AS one (resident_id, roles, purpose)
"""
# The id was drawn a moment ago in this session. RETURNING would need the right to read events.
_WORDS: LiteralString = """
INSERT INTO delegation.audit_text (audit_id, salt, words)
VALUES (currval('delegation.audit_event_audit_id_seq'), %s, %s)
"""


def record(
    conn: psycopg.Connection,
    actor: Actor | Process | SystemUser | None,
    action: str,
    subject: str,
    *,
    at: datetime,
    purpose: Purpose | None = None,
    resident_id: UUID | None = None,
    request_id: str | None = None,
    words: str | None = None,
) -> None:
    """Write one event in the caller's transaction. Raises NoActorError, NoPurposeError.

    `at` is the caller's time; the database records its own beside it. An actor with several roles acts in those that
    cover the resident's home. Without a resident, or without such a role, all the roles are recorded. `purpose`
    defaults to that of the action, `request_id` to that of the transaction.
    """
    if actor is None:
        raise NoActorError("Nothing may be done to a record by nobody: name the actor.")
    salt = secrets.token_bytes(16) if words is not None else None
    event = {
        "at": at,
        "actor": str(actor),
        "role": _roles(actor),
        "purpose": purpose or purpose_of(action),
        "action": action,
        "subject": subject,
        "resident": resident_id,
        "request": request_id,
        "digest": salted(salt, words) if salt and words is not None else None,
    }
    conn.execute(_RECORD, event)
    if words is not None:
        conn.execute(_WORDS, (salt, words))


def record_looks(
    conn: psycopg.Connection, actor: Actor, action: str, looks: Sequence[Look], *, at: datetime
) -> None:
    """Write one event for each look in the caller's transaction, in one statement."""
    event = {
        "at": at,
        "actor": str(actor),
        "role": _roles(actor),
        "action": action,
        "residents": [one.resident_id for one in looks],
        "roles": [one.roles for one in looks],
        "purposes": [one.purpose for one in looks],
    }
    conn.execute(_RECORD_LOOKS, event)


def _roles(actor: Actor | Process | SystemUser) -> str | None:
    match actor:
        case Actor():
            return ",".join(sorted({held.role for held in actor.roles}))
        case SystemUser():
            return DATABASE_OWNER
        case Process():
            return None


def purpose_of(action: str) -> Purpose:
    """Return the purpose of this action. Raises NoPurposeError where its name implies none."""
    if action in ("signed_in", "signed_in_by_pin", "signed_out"):
        return Purpose.SIGNING_IN
    known = PURPOSES.get(action.partition(".")[0])
    if known is None:
        raise NoPurposeError(f"What is {action!r} for? Say it, or add it to PURPOSES.")
    return known


def salted(salt: bytes, words: str) -> bytes:
    """Return the salted SHA-256 digest that the event keeps of its words."""
    return hashlib.sha256(salt + words.encode()).digest()
