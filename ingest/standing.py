"""Who may report on whom: one query for a batch's kits, residents and operators.

Guards: every batch asks again, so a revoked or returned kit and a resident's move count at once.
"""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg

from delegation import store as delegation_store
from delegation.operators import OPERATORS, Operator, operator
from delegation.store import PLACED, Placement
from devices import registry
from devices.reading import ReadingPayload
from devices.registry import LENT, LentKit
from ingest.arrival import Arrival


class Standing(NamedTuple):
    """What is known of those in a batch: kits that are lent, residents who live in a home, and any operator."""

    kits: Mapping[UUID, LentKit]
    placements: Mapping[UUID, Placement]
    operators: Mapping[UUID, Operator]


_STANDING: LiteralString = LENT + "UNION ALL" + PLACED + "UNION ALL" + OPERATORS


def standing(conn: psycopg.Connection, arrivals: Sequence[Arrival]) -> Standing:
    """Look up the kits that sent these readings, the residents they are of, and the people who took them."""
    said = [one.item for one in arrivals if isinstance(one.item, ReadingPayload)]
    kits = list({one.kit_id for one in arrivals if one.kit_id is not None})
    residents = list({one.resident for one in said})
    people = list({one.taken_by for one in said if one.taken_by is not None})
    known_kits: dict[UUID, LentKit] = {}
    placements: dict[UUID, Placement] = {}
    operators: dict[UUID, Operator] = {}
    asked = {"kits": kits, "residents": residents, "people": people}
    for what, place, one, two, three, four in conn.execute(_STANDING, asked).fetchall():
        match what:
            case "kit":
                known_kits[kits[place - 1]] = registry.lent_kit(kits[place - 1], one, two, three, four)
            case "resident":
                resident = residents[place - 1]
                placements[resident] = delegation_store.placement(resident, one, two, three)
            case _:
                operators[people[place - 1]] = operator(people[place - 1], one, two)
    return Standing(known_kits, placements, operators)
