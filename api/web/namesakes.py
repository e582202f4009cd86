"""Who is at a home already by the name and the day of birth of somebody who is to be written down there.

Guards: shown only as far as the actor sees them; each is asked about once, and a confirmation names whom it is about.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from api.access import Visit
from api.queries import records
from api.queries.resident import Resident, resident
from api.routes.particulars import MOST_OTHERS
from api.web.presenters.moments import calendar_day
from api.web.presenters.resident import nhs_number
from delegation.admission import Done
from devices.identifiers import UnreadableIdError, parse_id

ALIKE = "Somebody of this name and date of birth is at this home already: look whether it is the same person"
ALIKE_THERE = (
    "Somebody of their name and date of birth is at that home already: look whether it is the same person"
)


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody at the home by the same name and day of birth."""

    resident_id: UUID
    name: str
    about: str


def there(visit: Visit, fields: Mapping[str, str]) -> list[Namesake]:
    """Those the form asks about, as far as the actor sees them."""
    found = [resident(visit.conn, one) for one in others(fields)]
    return [Namesake(one.resident_id, one.name, _about(visit, one)) for one in found if one is not None]


def others(fields: Mapping[str, str]) -> list[UUID]:
    """Whom the form names as others; what is no id names nobody."""
    found: list[UUID] = []
    for one in fields.get("other_than", "").split()[:MOST_OTHERS]:
        with suppress(UnreadableIdError):
            found.append(parse_id(one, "resident"))
    return found


def asking(fields: Mapping[str, str], done: Done) -> dict[str, str]:
    """The form anew, with one more to ask about."""
    return {**fields, "other_than": f"{fields.get('other_than', '')} {done.resident_id}"}


def if_ended(visit: Visit, known: Resident) -> str:
    """A sentence for where the care of somebody who is known has ended."""
    ended = records.ended(visit.conn, known.resident_id, visit.at) is not None
    return " Their care has ended: if it goes on, say so on the page of their records." if ended else ""


def _about(visit: Visit, one: Resident) -> str:
    number = f"NHS number {nhs_number(one.nhs_number)}" if one.nhs_number else "no NHS number"
    return f"born {calendar_day(one.born_on)}, {number}.{if_ended(visit, one)}"
