"""Rows as the queries give them, for tests that look at the words made of them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.queries.course import Bounds, Course
from api.queries.escalation import Case, Escalation
from api.queries.home import Lives
from api.queries.kits import Kit
from api.queries.matrix import SignOff
from api.queries.queue import Waiting
from api.queries.readings import Reading
from api.queries.resident import Resident, ScaleTwo
from api.queries.said import Said
from api.queries.scores import Score

# A Sunday in winter: London is UTC.
NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
ME, COLLEAGUE = UUID(int=1), UUID(int=2)
KIT, READING = UUID(int=61), UUID(int=71)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def waiting(**different: Any) -> Waiting:
    row = Waiting(
        escalation_id=UUID(int=10),
        resident_id=UUID(int=11),
        resident_name="Amara Synthetic",
        synthetic=False,
        home_id=UUID(int=12),
        home_name="Orchard House",
        origin="rule",
        state="open",
        severity="high",
        why="NEWS2 is 7: pulse 135 beats a minute.",
        raised_at=ago(minutes=5),
        deadline_at=ago(minutes=-10),
        claimed_by=None,
        claimed_by_name=None,
        claimed_at=None,
        has_ceiling=False,
    )
    return replace(row, **different)


def bounds(low: int, high: int | None = None, **different: Any) -> Bounds:
    row = Bounds(low, low if high is None else high, assumed_air=False, effective_at=ago(minutes=6))
    return replace(row, **different)


def course(**different: Any) -> Course:
    row = Course(
        since=ago(minutes=6),
        read_from=ago(minutes=6),
        worst=bounds(7),
        latest=bounds(7),
        last_arrived_at=ago(minutes=5),
        not_scored=False,
        said=[],
        reasons=[],
    )
    return replace(row, **different)


def said(**different: Any) -> Said:
    row = Said(
        at=ago(minutes=3),
        by_phone=True,
        by=COLLEAGUE,
        by_name="Cleo Colleague",
        known_by=None,
        words="He is in pain now.",
        soft_signs=[],
        worry=None,
        emergency_signs=[],
        phoned_999=False,
    )
    return replace(row, **different)


def score(parts: dict[str, dict[str, Any]] | None = None, **different: Any) -> Score:
    row = Score(
        reading_id=READING,
        effective_at=ago(minutes=5),
        scored_at=ago(minutes=5),
        rule_version="news2",
        spo2_scale=1,
        assumed_air=False,
        low=1,
        high=1,
        red_score="no",
        band_low="low",
        band_high="low",
        complete=True,
        deciding=[],
        parts=full_parts() if parts is None else parts,
    )
    return replace(row, **different)


def part(low: int, value: Any = None, **different: Any) -> dict[str, Any]:
    said = {
        "low": low,
        "high": low,
        "value": value,
        "effective_at": ago(minutes=5).isoformat(),
        "kit": str(KIT),
        "reading": str(READING),
    }
    return said | different


def full_parts() -> dict[str, dict[str, Any]]:
    return {
        "respiration_rate": part(0, "16"),
        "spo2": part(0, "97"),
        "on_oxygen": part(0, value=False),
        "systolic": part(0, "128"),
        "pulse": part(1, "95"),
        "consciousness": part(0, "A"),
        "temperature": part(0, "36.8"),
    }


def reading(**different: Any) -> Reading:
    row = Reading(
        kit_id=KIT,
        reading_id=READING,
        arrival_number=7,
        arrived_at=ago(minutes=5),
        taken_at=ago(minutes=5),
        effective_at=ago(minutes=5),
        taken_by=UUID(int=51),
        taken_by_name="Wanda Worker",
        operator_known_by="pin",
        competence="in_date",
        competence_lacking=None,
        device_kind="person",
        device_model=None,
        respiration_rate=None,
        spo2=None,
        on_oxygen=None,
        systolic=None,
        diastolic=None,
        pulse=Decimal(95),
        consciousness=None,
        temperature=None,
        flags=[],
        not_obtained=None,
        unusable=None,
        observations=None,
        counts=True,
        correction=0,
        correction_reason=None,
        corrected_at=None,
        corrected_by=None,
        corrected_by_name=None,
    )
    return replace(row, **different)


def resident(**different: Any) -> Resident:
    row = Resident(
        resident_id=UUID(int=11),
        name="Amara Synthetic",
        nhs_number="9990000018",
        born_on=date(1940, 11, 23),
        allergies=None,
        background=None,
        call_back_phone=None,
        usual_company=None,
        no_score_reason=None,
        synthetic=True,
        home_id=UUID(int=12),
        home_name="Orchard House",
        home_kind="care_home",
        home_phone="01632 960111",
        hub_id=UUID(int=13),
        hub_name="Riverside hub",
        hub_phone="01632 960000",
        at_my_hub=True,
    )
    return replace(row, **different)


def scale_two(**different: Any) -> ScaleTwo:
    row = ScaleTwo(
        authorisation_id=UUID(int=14),
        clinician_name="Dr Ada Synthetic",
        regulator="GMC",
        regulator_number="0000001",
        reason="Hypercapnic respiratory failure confirmed; target 88-92 %.",
        decided_at=ago(days=200),
        starts_at=ago(days=200),
        review_by=ago(days=-100),
        ends_at=None,
        revoked_at=None,
    )
    return replace(row, **different)


def escalation(**different: Any) -> Escalation:
    row = Escalation(
        escalation_id=UUID(int=10),
        resident_id=UUID(int=11),
        resident_name="Amara Synthetic",
        synthetic=False,
        home_id=UUID(int=12),
        home_name="Orchard House",
        hub_id=UUID(int=13),
        origin="rule",
        state="open",
        severity="high",
        why="NEWS2 is 7.",
        raised_at=ago(minutes=5),
        deadline_at=ago(minutes=-10),
        claimed_by=None,
        claimed_by_name=None,
        claimed_at=None,
        closed_by=None,
        closed_by_name=None,
        closed_at=None,
        disposition=None,
        note=None,
    )
    return replace(row, **different)


def case(**different: Any) -> Case:
    return Case(escalation(**different), (), (), course())


def lives(**different: Any) -> Lives:
    row = Lives(
        resident_id=UUID(int=11),
        name="Amara Synthetic",
        born_on=date(1940, 5, 1),
        synthetic=False,
        no_score_reason=None,
        has_ceiling=False,
        pause_reason=None,
        pause_ends_at=None,
        asked=[],
    )
    return replace(row, **different)


def sign_off(**different: Any) -> SignOff:
    row = SignOff(
        competence_id=UUID(int=81),
        person_id=UUID(int=51),
        activity="blood_pressure",
        level="independent",
        assessor_id=UUID(int=55),
        assessor_name="Tara Trainer",
        signed_off_at=ago(days=100),
        valid_until=ago(days=-200),
        revoked_at=None,
    )
    return replace(row, **different)


def kit(**different: Any) -> Kit:
    row = Kit(
        kit_id=KIT,
        kind="kit",
        partition=1,
        enrolled_at=ago(days=100),
        revoked_at=None,
        lent=True,
        home_name="Orchard House",
        heard_at=ago(minutes=1),
        online=True,
        battery=80,
        outbox_length=2,
        clock_skew_s=1.0,
        sent_seq=100,
        not_kept_whole=0,
        let_go=0,
        disk_full=False,
        stored=97,
        quarantined=1,
    )
    return replace(row, **different)
