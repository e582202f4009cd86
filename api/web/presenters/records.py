"""How long somebody's records are kept, in words.

Guards: what ends by itself differs in words from what a person must end. Nothing is called erased that is not.
"""

from datetime import datetime

from api.queries.records import Ended, Hold
from api.web.presenters import escalations, signs
from api.web.presenters.moments import calendar_day, london_day
from delegation.residents.end_of_care import EndReason

REASONS = {
    EndReason.DIED: "They died",
    EndReason.MOVED_AWAY: "They moved away",
    EndReason.NO_LONGER_WATCHED: "They are no longer watched from here",
}


def reason(code: str) -> str:
    """Return why care ended."""
    return {str(one): words for one, words in REASONS.items()}.get(code, signs.plain(code))


def ended(one: Ended) -> str:
    """Return a sentence such as "Care ended on 3 March 2026: they died."."""
    words = reason(one.reason)
    return f"Care ended on {_day(one.ended_at)}: {words[0].lower()}{words[1:]}."


def recorded(one: Ended) -> str:
    """Return who recorded it, and when."""
    return (
        f"Recorded by {escalations.named(one.recorded_by_name, one.recorded_by)} on {_day(one.recorded_at)}."
    )


def kept(one: Ended, *, held: bool) -> str:
    """Return until when the records are kept."""
    if one.erased_at is not None:
        return f"The records were erased on {_day(one.erased_at)}."
    if one.kept_until is None:
        return "No rule says how long the records are kept: nothing is erased."
    until = f"The records are kept until {_day(one.kept_until)}"
    if held:
        return f"{until}, and as long as a legal hold holds."
    return f"{until}, or longer where readings come in or an escalation is open; then they are erased."


def hold(one: Hold) -> str:
    """Return who placed a hold, when, and what ends it."""
    who = escalations.named(one.placed_by_name, one.placed_by)
    ends = "until it is lifted" if one.ends_at is None else f"until {_day(one.ends_at)}"
    return f"Placed by {who} on {_day(one.starts_at)}, {ends}."


def _day(at: datetime) -> str:
    return calendar_day(london_day(at))
