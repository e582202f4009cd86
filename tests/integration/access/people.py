"""More people and places than the neighbourhood has: each role in each scope, in time, too late and too early.

Invariant: whoever is in PAST or TO_COME holds their one role at the places of the neighbourhood's first home, and
holds it at no moment of a test.
"""

from typing import Any, LiteralString
from uuid import UUID

import psycopg

from delegation.rights import Role
from tests.fixtures import neighbourhood as n

# Another provider's home that the same hub serves, and the same provider's home that another hub serves.
HILLTOP, BROOK = UUID(int=34), UUID(int=35)
EFE, GRETA = UUID(int=45), UUID(int=46)
HILLTOP_KIT, BROOK_KIT = UUID(int=65), UUID(int=66)

(MIRA, PIA, PRUE, TRUDI, NORA, MICK, LEVI, CARA, FAY, TOVE) = (UUID(int=number) for number in range(101, 111))
PAST = {role: UUID(int=120 + number) for number, role in enumerate(Role)}
TO_COME = {role: UUID(int=140 + number) for number, role in enumerate(Role)}

# Person, name, role, organisation, home, hub, resident.
ROLES: list[tuple[Any, ...]] = [
    (MIRA, "Mira Meadow", Role.CARE_WORKER, None, n.MEADOW, None, None),
    (PIA, "Pia Provider", Role.CARE_WORKER, n.ORCHARD_PROVIDER, None, None, None),
    (PRUE, "Prue Provider", Role.HOME_MANAGER, n.ORCHARD_PROVIDER, None, None, None),
    (TRUDI, "Trudi Trainer", Role.TRAINER, None, n.MEADOW, None, None),
    (NORA, "Nora Nurse", Role.DELEGATING_PROFESSIONAL, None, n.ORCHARD, None, None),
    (MICK, "Mick Manager", Role.HOME_MANAGER, None, n.STRANGE_HOME, None, None),
    (LEVI, "Levi Lead", Role.HUB_LEAD, None, None, n.OTHER_HUB, None),
    (CARA, "Cara Commissioner", Role.COMMISSIONER, None, None, n.OTHER_HUB, None),
    (FAY, "Fay Family", Role.CARER, None, None, None, n.STRANGER_RESIDENT),
    (TOVE, "Tove Two", Role.CARE_WORKER, None, n.MEADOW, None, None),
    (TOVE, "Tove Two", Role.CARER, None, None, None, n.STRANGER_RESIDENT),
]
_PLACE: dict[Role, tuple[UUID | None, ...]] = {
    Role.HUB_CLINICIAN: (None, None, n.HUB, None),
    Role.HUB_LEAD: (None, None, n.HUB, None),
    Role.COMMISSIONER: (None, None, n.HUB, None),
    Role.CARER: (None, None, None, n.AMARA),
    Role.OPERATOR: (None, None, None, None),
}
_AT_ORCHARD = (None, n.ORCHARD, None, None)

_HOME: LiteralString = """
INSERT INTO delegation.home (home_id, organisation_id, hub_id, name, kind, phone)
VALUES (%s, %s, %s, %s, 'care_home', '01632 960222')
"""
_RESIDENT: LiteralString = """
INSERT INTO delegation.resident (resident_id, home_id, name, nhs_number, born_on, synthetic)
VALUES (%s, %s, %s, %s, '1938-02-03', true)
"""
_KIT: LiteralString = (
    "INSERT INTO devices.kit (kit_id, partition, kind, enrolled_at) VALUES (%s, %s, 'kit', %s)"
)
_LOAN: LiteralString = "INSERT INTO devices.kit_loan (kit_id, home_id, lent_at) VALUES (%s, %s, %s)"
_PERSON: LiteralString = (
    "INSERT INTO delegation.person (person_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING"
)
_ROLE: LiteralString = """
INSERT INTO delegation.role_assignment
    (person_id, role, organisation_id, home_id, hub_id, resident_id, starts_at, ends_at)
VALUES (%s, %s, %s, %s, %s, %s, now() + %s::interval, now() + %s::interval)
"""


def come(conn: psycopg.Connection[Any]) -> None:
    """Add them to the neighbourhood, as the database's owner."""
    for home, provider, hub, name, resident, who, number, kit, partition in (
        (HILLTOP, n.OTHER_PROVIDER, n.HUB, "Hilltop", EFE, "Efe Synthetic", "9990000050", HILLTOP_KIT, 4),
        (
            BROOK,
            n.ORCHARD_PROVIDER,
            n.OTHER_HUB,
            "Brook",
            GRETA,
            "Greta Synthetic",
            "9990000069",
            BROOK_KIT,
            5,
        ),
    ):
        conn.execute(_HOME, (home, provider, hub, name))
        conn.execute(_RESIDENT, (resident, home, who, number))
        conn.execute(_KIT, (kit, partition, n.LONG_AGO))
        conn.execute(_LOAN, (kit, home, n.LONG_AGO))
    for person, name, *role in ROLES:
        conn.execute(_PERSON, (person, name))
        conn.execute(_ROLE, (person, *role, "-1 year", None))
    for people, begins, ends in ((PAST, "-1 year", "-1 minute"), (TO_COME, "1 day", "1 year")):
        for role, person in people.items():
            conn.execute(_PERSON, (person, f"{begins} {role}"))
            conn.execute(_ROLE, (person, role, *_PLACE.get(role, _AT_ORCHARD), begins, ends))
