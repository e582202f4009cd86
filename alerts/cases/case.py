"""Raising escalations from what was found, and joining findings to the ones that are open.

Guards: the caller has locked the residents. A resident has at most one open escalation. A case stands in the
queue of the hub where its resident lives, so that somebody can always claim it. The hubs' pages are told
last.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from alerts.cases import store
from alerts.cases.escalation import EventKind, OpenEscalation, step
from alerts.cases.store import Change, NewEscalation, NewFinding
from alerts.policy import PolicyBook
from alerts.rules import ABOUT_SCORE, RULES_VERSION, Finding
from delegation.store import Placement
from devices.identifiers import new_uuid7


@dataclass(frozen=True, slots=True)
class Concern:
    """What was found about one resident at one moment, and the readings it rests on."""

    placement: Placement
    found: Sequence[Finding]
    evidence: Sequence[dict[str, Any]] = ()
    low: int | None = None
    cause_reading_id: UUID | None = None
    origin: str = "rule"
    raised_by: UUID | None = None


def open_or_join(
    conn: psycopg.Connection, concerns: Sequence[Concern], policies: PolicyBook, at: datetime
) -> dict[UUID, UUID]:
    """Raise an escalation for each resident, or join the open one; return the escalation ids by resident."""
    if not concerns:
        return {}
    residents = {concern.placement.resident_id for concern in concerns}
    changes, open_ = store.hold(conn, residents, concerns[0].raised_by)
    cases = {resident: one.escalation_id for resident, one in open_.items()}
    findings: list[NewFinding] = []
    with conn.pipeline():  # no statement from here on waits for an answer
        for concern in concerns:
            resident = concern.placement.resident_id
            policy = policies.for_hub(concern.placement.hub_id)
            taken = step(open_.get(resident), concern.found, concern.low, policy, at)
            raised = taken.kind is EventKind.RAISED
            if raised:
                cases[resident] = new_uuid7()
            made = [_finding(concern, cases[resident], finding) for finding in concern.found]
            said_by = next((one.finding_id for one in made if one.finding.sentence == taken.why), None)
            if raised:
                store.raise_escalation(
                    conn, _new(concern, cases[resident], policy.version), taken, said_by, at
                )
            else:
                store.join_escalation(conn, cases[resident], taken, said_by)
            open_[resident] = taken.as_open(cases[resident], concern.placement.hub_id)
            changes.append(_change(concern, open_[resident], taken.kind))
            findings += made
        store.add_findings(conn, findings, at)
        store.announce(conn, changes, at)
    return cases


def follow(conn: psycopg.Connection, residents: Collection[UUID], at: datetime) -> None:
    """Move the open cases of residents who have moved into the queues of their present hubs."""
    store.announce(conn, store.follow_residents(conn, residents), at)


def _new(concern: Concern, escalation_id: UUID, policy_version: str) -> NewEscalation:
    return NewEscalation(
        escalation_id=escalation_id,
        resident_id=concern.placement.resident_id,
        home_id=concern.placement.home_id,
        hub_id=concern.placement.hub_id,
        origin=concern.origin,
        policy_version=policy_version,
        raised_by=concern.raised_by,
    )


def _change(concern: Concern, held: OpenEscalation, kind: EventKind) -> Change:
    return Change(
        hub_id=held.hub_id,
        escalation_id=held.escalation_id,
        kind=kind,
        actor_id=concern.raised_by,
        cause_reading_id=concern.cause_reading_id,
    )


def _finding(concern: Concern, escalation_id: UUID, finding: Finding) -> NewFinding:
    return NewFinding(
        finding_id=new_uuid7(),
        escalation_id=escalation_id,
        resident_id=concern.placement.resident_id,
        rule_version=RULES_VERSION,
        finding=finding,
        low=concern.low if finding.rule in ABOUT_SCORE else None,
        evidence=concern.evidence,
    )
