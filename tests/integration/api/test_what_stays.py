"""What is still held on somebody whose records were erased, column by column: the export says what is there."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from api.export import document
from delegation.audit_verify import verify
from tests.fixtures import neighbourhood as n
from tests.integration.api.test_export import held
from tests.integration.api.test_retention import ENDED, WATCHED, Home

__all__ = ["held"]

NOBODY = {"name": "Erased", "born_on": "1900-01-01", "refitted": False}
# What each part of an export may hold once its resident's records are erased, and why that tells nothing of anybody.
STAYS = {
    # The row keeps its place under an opaque id.
    "identity": {
        "resident_id",
        "name",
        "born_on",
        "home_id",
        "home_name",
        "hub_name",
        "lives_here_from",
        "refitted",
        "synthetic",
    },
    # That care ended and what once held the records: for how long they had to be kept.
    "end of care": {"end_id", "resident_id", "ended_at", "reason", "recorded_by", "recorded_at"},
    "legal holds": {"hold_id", "resident_id", "reason", "placed_by", "starts_at", "ends_at", "lifted_by"},
    "tombstones": {
        *(
            "tombstone_id",
            "resident_id",
            "care_ended_at",
            "rule_version",
            "erased_at",
            "first_at",
            "last_at",
            "erased",
        )
    },
    # Staff are answerable for having looked, longer than there is anything to see.
    "broken glass": {
        "break_glass_id",
        "resident_id",
        "person_id",
        "hubs",
        "reason",
        "opened_at",
        "ends_at",
        "has_words",
    },
    "broken glass seen": {"break_glass_id", "desk", "person_id", "seen_at"},
    "who looked and what was done": {
        *(
            "audit_id",
            "at",
            "actor",
            "role",
            "purpose",
            "action",
            "subject",
            "resident_id",
            "request_id",
            "written_at",
        ),
        "name",
    },
    # A reading of somebody else's that was once held to be theirs goes with that person's records.
    "corrections": {
        *("correction_id", "kit_id", "reading_id", "effective_at", "sent_for", "held_for", "is_of", "reason"),
        *("corrected_by", "corrected_at"),
    },
    # A kit that sends an erased reading again is told `duplicate`.
    "received": {"kit_id", "reading_id", "resident_id", "effective_at"},
    # The count of arrivals goes on, should they ever be read again.
    "vital signs now": {"resident_id", "arrivals"},
    # How often the hub was asked and how it answered is counted still.
    "escalations": {
        *(
            "escalation_id",
            "resident_id",
            "home_id",
            "hub_id",
            "origin",
            "state",
            "severity",
            "why",
            "raised_at",
        ),
        *("deadline_at", "policy_version", "raised_by", "claimed_by", "claimed_at", "closed_by", "closed_at"),
        *("disposition", "yields", "why_finding"),
    },
    "findings": {
        *(
            "finding_id",
            "escalation_id",
            "resident_id",
            "rule",
            "rule_version",
            "severity",
            "sentence",
            "found_at",
        )
    },
    "what happened to escalations": {"hub_id", "revision", "escalation_id", "kind", "at", "actor_id"},
}


def _of(home: Home, who: Any) -> dict[str, list[dict[str, Any]]]:
    pieces: list[str] = []
    with home.database.connect() as conn:
        document.write(conn, who, datetime.now(UTC), pieces.append, whole=True)
    return {name: part["rows"] for name, part in json.loads("".join(pieces))["parts"].items()}


def _erase(home: Home) -> None:
    home.owner.execute(
        "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s", (n.AMARA,)
    )
    home.owner.execute(
        "UPDATE delegation.legal_hold SET ends_at = %s WHERE resident_id = %s", (ENDED, n.AMARA)
    )
    for (case,) in home.rows(
        "SELECT escalation_id FROM alerts.escalation WHERE resident_id = %s AND state <> 'closed'", n.AMARA
    ):
        home.act(desk.claim, case, WATCHED + n.minutes(200))
        home.act(desk.close, case, Disposition.ADVICE_GIVEN, "Her son knows.", WATCHED + n.minutes(201))
    assert home.erase(n.AMARA) is not None


def test_after_erasure_nothing_is_held_but_what_is_written_down_here(held: Home) -> None:
    others = _of(held, n.BRAM)
    _erase(held)
    left = {name: rows for name, rows in _of(held, n.AMARA).items() if rows}
    found = {
        name: {column for row in rows for column, value in row.items() if value not in (None, [], {}, "")}
        for name, rows in left.items()
    }
    unexpected = {name: columns - STAYS.get(name, set()) for name, columns in found.items()}
    assert {name: columns for name, columns in unexpected.items() if columns} == {}
    [identity] = left["identity"]
    assert identity.items() >= NOBODY.items()
    assert {row["reason"] for row in left["legal holds"]} == {"Erased."}
    assert {row["why"] for row in left["escalations"]} == {"Erased."}
    assert {row["is_of"] for row in left["corrections"]} == {"another resident"}
    assert {row["sentence"] for row in left["findings"]} == {"Erased."}
    assert {"broken glass", "received", "escalations", "who looked and what was done"} <= left.keys()
    again = _of(held, n.BRAM)
    # What named both, and a reading of hers that was once held to be his, went with her records.
    assert {name for name, rows in again.items() if rows != others[name]} == {"corrections", "not understood"}
    assert verify(held.owner).faults == 0


@pytest.mark.both_databases
def test_the_database_erases_nobody_whose_care_goes_on(neighbourhood: Any) -> None:
    with neighbourhood.connect("hearthwatch_retention") as conn:
        assert conn.execute("UPDATE delegation.resident SET name = 'Erased'").rowcount == 0
        assert conn.execute("DELETE FROM delegation.role_assignment").rowcount == 0
