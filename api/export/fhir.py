"""Rows of an export as FHIR R4 resources: the resident, devices, observations, flags and clinical impressions.

Guards: codes and units are those of `devices.vital_signs`. A vital sign that was not measured is marked absent and
never given a value. A score that could be several numbers is a range.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from devices.vital_signs import (
    BLOOD_PRESSURE,
    CONSCIOUSNESS_LABELS,
    CONSCIOUSNESS_SNOMED,
    FACTS,
    OXYGEN_SNOMED,
    Consciousness,
    SignFacts,
    VitalSign,
)

Row = Mapping[str, Any]
Resource = dict[str, Any]

_NAMES = UUID("6f2d2c1e-5a0c-4d6e-9d0b-6d1f0f4b7a11")
"""The namespace of our resources' ids, so that the same rows give the same bundle."""
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
NEWS2_TOTAL = "1104051000000101"
_WHY_ABSENT = {"refused": "asked-declined", "equipment": "error"}
_OXYGEN_LABELS = {False: "Breathing air", True: "On oxygen"}
_VITAL_SIGNS = [{"coding": [{"system": _CATEGORY, "code": "vital-signs", "display": "Vital Signs"}]}]
_ALONE = tuple(sign for sign in FACTS if sign not in BLOOD_PRESSURE.signs)


def id_of(*parts: object) -> str:
    """Return the id of what these values name."""
    return str(uuid5(_NAMES, "/".join(map(str, parts))))


def link_to(resource_id: str) -> Resource:
    """Return a reference within the bundle."""
    return {"reference": f"urn:uuid:{resource_id}"}


def subject(row: Row) -> Resource:
    """Return the resource of the resident."""
    made: Resource = {
        "resourceType": "Patient",
        "id": id_of("resident", row["resident_id"]),
        "name": [{"text": row["name"]}],
        "birthDate": row["born_on"],
    }
    if row["nhs_number"]:
        made["identifier"] = [{"system": NHS_NUMBER, "value": row["nhs_number"]}]
    if row["home_name"]:
        made["managingOrganization"] = {"display": row["home_name"]}
    return made


def device(row: Row) -> Resource | None:
    """Return the instrument a reading was taken with, where one is named."""
    kind, model, serial = row["device_kind"], row["device_model"], row["device_serial"]
    if kind in ("unknown", "person"):
        return None
    made: Resource = {
        "resourceType": "Device",
        "id": id_of("device", kind, model, serial),
        "type": {"text": kind},
    }
    if serial:
        made["serialNumber"] = serial
    if model:
        made["deviceName"] = [{"name": model, "type": "model-name"}]
    return made


def observations(row: Row, subject: str) -> Iterator[Resource]:
    """Yield an observation for each vital sign that a reading has, or tried in vain; blood pressure has two parts."""
    absent = {**(row["not_obtained"] or {}), **dict.fromkeys(row["unusable"] or {}, "unusable")}
    common = _common(row, subject)
    for sign in _ALONE:
        said = _said(sign, row[sign], absent.get(sign))
        if said is not None:
            yield {
                **common,
                "id": id_of(row["kit_id"], row["reading_id"], sign),
                "code": _code(FACTS[sign]),
                **said,
            }
    pressures = [(FACTS[sign], _said(sign, row[sign], absent.get(sign))) for sign in BLOOD_PRESSURE.signs]
    if any(said for _, said in pressures):
        yield {
            **common,
            "id": id_of(row["kit_id"], row["reading_id"], "blood_pressure"),
            "code": _concept(
                BLOOD_PRESSURE.label, (LOINC, BLOOD_PRESSURE.loinc), (SNOMED, BLOOD_PRESSURE.snomed)
            ),
            "component": [
                {"code": _code(facts), **(said or _missing("unknown"))} for facts, said in pressures
            ],
        }


def _common(row: Row, subject: str) -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": _VITAL_SIGNS,
        "subject": link_to(subject),
        "effectiveDateTime": row["effective_at"],
        "issued": row["arrived_at"],
    }
    used = device(row)
    if used is not None:
        made["device"] = link_to(used["id"])
    if row["flags"]:
        made["note"] = [{"text": f"Flagged: {', '.join(row['flags'])}."}]
    return made


def _said(sign: VitalSign, value: Any, absent: str | None) -> Resource | None:
    """Return the value, or its absence, of an observation or one part of it; None where nobody looked."""
    if value is None:
        return _missing(absent) if absent is not None else None
    if sign is VitalSign.CONSCIOUSNESS:
        one = Consciousness(value)
        return {
            "valueCodeableConcept": _concept(CONSCIOUSNESS_LABELS[one], (SNOMED, CONSCIOUSNESS_SNOMED[one]))
        }
    if sign is VitalSign.ON_OXYGEN:
        return {"valueCodeableConcept": _concept(_OXYGEN_LABELS[value], (SNOMED, OXYGEN_SNOMED[value]))}
    facts = FACTS[sign]
    return {"valueQuantity": {"value": value, "unit": facts.unit_shown, "system": UCUM, "code": facts.unit}}


def _missing(why: str) -> Resource:
    return {"dataAbsentReason": _concept(why, (_ABSENT, _WHY_ABSENT.get(why, "unknown")))}


def _code(facts: SignFacts) -> Resource:
    codes = [(LOINC, one) for one in facts.loinc]
    return _concept(facts.label, *codes, *([(SNOMED, facts.snomed)] if facts.snomed else []))


def _concept(text: str, *codes: tuple[str, str]) -> Resource:
    made: Resource = {"text": text}
    if codes:
        made["coding"] = [{"system": system, "code": code} for system, code in codes]
    return made


def score(row: Row, subject: str) -> Resource:
    """Return a NEWS2 score: a number, or its range where something was unknown."""
    low, high = ({"value": row[end], "system": UCUM, "code": "{score}"} for end in ("low", "high"))
    value = (
        {"valueQuantity": low} if row["low"] == row["high"] else {"valueRange": {"low": low, "high": high}}
    )
    return {
        "resourceType": "Observation",
        "id": id_of("score", row["kit_id"], row["reading_id"], row["cause_kit_id"], row["cause_reading_id"]),
        "status": "final",
        "code": _concept("NEWS2 total score", (SNOMED, NEWS2_TOTAL)),
        "subject": link_to(subject),
        "effectiveDateTime": row["effective_at"],
        "issued": row["scored_at"],
        "method": {"text": f"NEWS2, oxygen scale {row['spo2_scale']}, rules {row['rule_version']}"},
        **value,
    }


def flag(kind: str, text: str, row: Row, subject: str, *, begins: str, ends: str | None) -> Resource:
    """Return a decision that everybody who treats the resident must know, in force until it ended."""
    period = {"start": begins} | ({"end": ends} if ends else {})
    return {
        "resourceType": "Flag",
        "id": id_of(kind, row[f"{kind}_id"]),
        "status": "inactive" if ends else "active",
        "code": {"text": text},
        "subject": link_to(subject),
        "period": period,
    }


def impression(row: Row, subject: str) -> Resource:
    """Return one case: why the hub was asked to look, what the rules had found, and its answer."""
    closed = row["closed_at"]
    made: Resource = {
        "resourceType": "ClinicalImpression",
        "id": id_of("escalation", row["escalation_id"]),
        "status": "completed" if closed else "in-progress",
        "subject": link_to(subject),
        "description": row["why"],
        "effectivePeriod": {"start": row["raised_at"]} | ({"end": closed} if closed else {}),
        "date": closed or row["raised_at"],
        "finding": [{"itemCodeableConcept": {"text": sentence}} for sentence in row["sentences"]],
    }
    if closed:
        made["summary"] = ": ".join(filter(None, (row["disposition"], row["note"])))
    return {name: value for name, value in made.items() if value != []}
