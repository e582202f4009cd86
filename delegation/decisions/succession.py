"""How a clinician's decision replaces the one in force, and how one is revoked.

Guards: a colleague's newer decision is not ended unseen. Replaced decisions stay on record, and the audit keeps the
words of each recording and revocation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import LiteralString, Protocol
from uuid import UUID

import psycopg

from delegation import audit
from delegation.decisions import decision
from delegation.decisions.decision import DecidedMeanwhileError, NotInForceError, UnfitDecisionError
from delegation.people import Actor

_OF_THE_RESIDENT: Mapping[str, str] = MappingProxyType({})


class Decided(Protocol):
    """A clinician's decision of any kind."""

    @property
    def reason(self) -> str: ...

    def faults(self, at: datetime) -> dict[str, str]: ...

    def row(self, actor: Actor, at: datetime) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """A kind of decision of which one is in force per resident, or per resident and `key`.

    `standing` finds the id of the one in force, `record` adds one and returns its id, and `revoke` ends `%(standing)s`.
    """

    about: str
    subject: str
    actions: tuple[str, str, str]  # in the audit: a first decision, one made at a review, and a revocation
    none_in_force: str
    meanwhile: str
    standing: LiteralString
    record: LiteralString
    revoke: LiteralString
    review_ends_the_last: bool = True  # where False, the newest decision counts

    def decide(
        self,
        conn: psycopg.Connection,
        actor: Actor,
        resident_id: UUID,
        decided: Decided,
        at: datetime,
        seen: UUID | None,
        key: Mapping[str, str] = _OF_THE_RESIDENT,
    ) -> UUID:
        """Record the decision in place of `seen`, the one in force; None: there was none.

        Raises DecisionRefusedError, UnfitDecisionError, and DecidedMeanwhileError where a colleague was first.
        """
        decision.take_turn(conn, actor, resident_id, self.about)
        if faults := decided.faults(at):
            raise UnfitDecisionError(faults)
        if self._in_force(conn, resident_id, at, key) != seen:
            raise DecidedMeanwhileError(self.meanwhile)
        if seen is not None and self.review_ends_the_last:
            self._end(conn, actor, resident_id, seen, "Decided anew", at)
        row = conn.execute(self.record, decided.row(actor, at) | {"resident": resident_id}).fetchone()
        if row is None:
            raise RuntimeError("The decision was not recorded.")
        action, words = self.actions[0 if seen is None else 1], decided.reason.strip()
        subject = f"{self.subject}:{row[0]}"
        audit.record(conn, actor, action, subject, at=at, resident_id=resident_id, words=words)
        return row[0]

    def end(
        self,
        conn: psycopg.Connection,
        actor: Actor,
        resident_id: UUID,
        reason: str,
        at: datetime,
        seen: UUID | None,
        key: Mapping[str, str] = _OF_THE_RESIDENT,
    ) -> None:
        """Revoke the decision in force, which is `seen`.

        Raises DecisionRefusedError, UnfitDecisionError, NotInForceError, DecidedMeanwhileError.
        """
        decision.take_turn(conn, actor, resident_id, self.about)
        if fault := decision.revocation_fault(reason):
            raise UnfitDecisionError({"reason": fault})
        standing = self._in_force(conn, resident_id, at, key)
        if standing is None:
            raise NotInForceError(self.none_in_force)
        if standing != seen:
            raise DecidedMeanwhileError(self.meanwhile)
        words = reason.strip()
        self._end(conn, actor, resident_id, standing, words, at)
        subject = f"resident:{resident_id}"
        audit.record(conn, actor, self.actions[2], subject, at=at, resident_id=resident_id, words=words)

    def _in_force(
        self, conn: psycopg.Connection, resident_id: UUID, at: datetime, key: Mapping[str, str]
    ) -> UUID | None:
        row = conn.execute(self.standing, {**key, "resident": resident_id, "at": at}).fetchone()
        return row[0] if row else None

    def _end(
        self,
        conn: psycopg.Connection,
        actor: Actor,
        resident_id: UUID,
        standing: UUID,
        reason: str,
        at: datetime,
    ) -> None:
        told = {"standing": standing, "resident": resident_id, "at": at, "by": actor.person_id}
        conn.execute(self.revoke, told | {"reason": reason})
