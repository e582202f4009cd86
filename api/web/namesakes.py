"""Residents of a home who share the name and date of birth of somebody being recorded there.

Guards: they are shown only as far as the actor sees them, and each look is audited. Each is asked about once, and a
confirmation names the resident it is about.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from api.access import Visit
from api.looking import looked
from api.queries import records
from api.queries.resident import Resident, resident
from api.routes.particulars import MOST_OTHERS
from api.web.presenters.moments import calendar_day
from api.web.presenters.resident import nhs_number
from delegation.audit import Purpose
from delegation.residents.admission import Done
from devices.identifiers import UnreadableIdError, parse_id

ALIKE = "Somebody of this name and date of birth is at this home already: look whether it is the same person"
ALIKE_THERE = (
    "Somebody of their name and date of birth is at that home already: look whether it is the same person"
)


@dataclass(frozen=True, slots=True)
class Namesake:
    """A resident of the home with the same name and date of birth."""

    resident_id: UUID
    name: str
    about: str


def there(visit: Visit, fields: Mapping[str, str]) -> list[Namesake]:
    """Return the residents the form asks about, as far as the actor sees them."""
    found = [known(visit, one) for one in others(fields)]
    return [Namesake(one.resident_id, one.name, _about(visit, one)) for one in found if one is not None]


def known(visit: Visit, resident_id: UUID) -> Resident | None:
    """Return a resident who is to be shown beside another, as far as the actor sees them."""
    found = resident(visit.conn, resident_id)
    if found is not None:
        looked(visit, resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    return found


def others(fields: Mapping[str, str]) -> list[UUID]:
    """Return the residents the form names as other people; an unreadable id is dropped."""
    found: list[UUID] = []
    for one in fields.get("other_than", "").split()[:MOST_OTHERS]:
        with suppress(UnreadableIdError):
            found.append(parse_id(one, "resident"))
    return found


def asking(fields: Mapping[str, str], done: Done) -> dict[str, str]:
    """Return the form's fields with one more resident to ask about."""
    return {**fields, "other_than": f"{fields.get('other_than', '')} {done.resident_id}"}


def if_ended(visit: Visit, one: Resident) -> str:
    """Return a sentence if the care of a known resident has ended."""
    ended = records.ended(visit.conn, one.resident_id, visit.at) is not None
    return " Their care has ended: if it goes on, say so on the page of their records." if ended else ""


def _about(visit: Visit, one: Resident) -> str:
    number = f"NHS number {nhs_number(one.nhs_number)}" if one.nhs_number else "no NHS number"
    return f"born {calendar_day(one.born_on)}, {number}.{if_ended(visit, one)}"
