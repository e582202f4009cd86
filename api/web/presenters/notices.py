"""A kit's notice of an emergency of somebody who cannot be named here, and what to do about it.

Guards: it names nobody, and says so. Whether 999 was phoned is said as far as it is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.cases.notice import UNRESPONSIVE
from api.queries.notices import Notice
from api.web.presenters.moments import Deadline, Moment, deadline, moment
from api.web.presenters.signs import plain
from devices.emergency import EMERGENCY_LABELS, UNREADABLE

_SIGNS = {
    **EMERGENCY_LABELS,
    UNREADABLE: "an emergency in words that cannot be read",
    UNRESPONSIVE: "that they do not respond, or to pain alone",
}


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice. `phone`: of the home, None where there is none to ring."""

    notice_id: UUID
    says: str
    do: str
    home: str
    phone: str | None
    kit: str
    often: str
    last: Moment
    wait: Deadline
    seen: int


def notices(found: Sequence[Notice], now: datetime) -> tuple[NoticeView, ...]:
    """Return notices in words, in the order given."""
    return tuple(_notice(one, now) for one in found)


def _notice(one: Notice, now: datetime) -> NoticeView:
    signs, phoned = _said(one)
    return NoticeView(
        notice_id=one.notice_id,
        says=f"{_who(one)} says: {signs}, of somebody whom we cannot name. {phoned}.",
        do=_do(one),
        home=one.home_name or "",
        phone=one.home_phone,
        kit=str(one.kit_id) if one.kit_id else "",
        often="Said once" if one.readings == 1 else f"Said {one.readings} times, last",
        last=moment(one.last_at, now),
        wait=deadline(one.first_at, one.deadline_at, now),
        seen=one.readings,
    )


def _do(one: Notice) -> str:
    if one.home_phone:
        return "Ring the home: ask who it is, and whether 999 has been phoned."
    if one.kit_id:
        return "Find out who has this kit, and ring them: nobody else is told."
    return (
        "Look in quarantine at what came, under “unknown kit”, and find out who sent it: nobody else is told."
    )


def at_home(found: Sequence[Notice], now: datetime) -> tuple[str, ...]:
    """Return the same for the home that the kit is lent to."""
    return tuple(_at_home(one, now) for one in found)


def _at_home(one: Notice, now: datetime) -> str:
    signs, phoned = _said(one)
    when = moment(one.last_at, now)
    return (
        f"A kit of this home said {when.clock} ({when.age}): {signs}, of somebody whom nobody can name. {phoned}."
        " The hub does not know who it is: phone 999 if nobody has, then the hub, and record it anew."
    )


def _said(one: Notice) -> tuple[str, str]:
    signs = "; ".join(_SIGNS.get(sign, plain(sign)) for sign in one.signs)
    phoned = "999 has been phoned" if one.phoned_999 else "It is not known that 999 has been phoned"
    return signs, phoned


def _who(one: Notice) -> str:
    if one.home_name:
        return f"A kit at {one.home_name}"
    return "A kit that is lent to no home" if one.kit_id else "A kit that nobody knows"
