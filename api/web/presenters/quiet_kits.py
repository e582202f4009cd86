"""Kits that are not heard, in a sentence for each home.

Guards: it says since when and what that may mean, and does not say that anybody is well or unwell.
"""

from collections.abc import Sequence
from datetime import datetime

from api.queries.quiet_kits import QuietKits
from api.web.presenters.moments import clock, span

CHECK = "Check that it is charged, switched on and connected."


def lines(found: Sequence[QuietKits], now: datetime) -> tuple[str, ...]:
    """Return lines such as "The kit of Orchard House has not been heard for 5 h: ..."."""
    return tuple(_line(one, now) for one in found)


def _line(one: QuietKits, now: datetime) -> str:
    has, them = ("has", "it") if one.quiet == 1 else ("have", "them")
    since = f"since {'it was' if one.quiet == 1 else 'they were'} lent, {clock(one.lent_at, now)}"
    heard = (
        f"not been heard for {span(now - one.last_heard_at)}"
        if one.last_heard_at
        else f"never been heard {since}"
    )
    return f"{_which(one)} of {one.home_name} {has} {heard}: readings may be waiting on {them}."


def _which(one: QuietKits) -> str:
    if one.kits == 1:
        return "The kit"
    return f"All {one.kits} kits" if one.quiet == one.kits else f"{one.quiet} of {one.kits} kits"
