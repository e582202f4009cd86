"""What a Bluetooth instrument sent, in words beside the reading.

Guards: a converted value also shows what was sent. Where an app said something else, that is shown.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from api.web.presenters import signs
from ingest.quality import CLOCK_LOST, REMEMBERED

# As the instruments' own displays write them. Values in the sign's own unit need no words.
_OTHER_UNITS = {"kPa": "kPa", "[degF]": "°F"}


def remarks(told: Mapping[str, Any] | None, flags: Collection[str]) -> list[str]:
    """Return sentences about what was decoded; none where the reading held no octets, or nothing is odd."""
    if not told:
        return []
    found = [
        f"{signs.label(sign)} sent as {number} {_OTHER_UNITS[unit]}"
        for sign, sent in told.get("as_sent", {}).items()
        for number, _, unit in [sent.partition(" ")]
        if unit in _OTHER_UNITS
    ]
    found += [
        f"{signs.label(sign)} according to the app: {said}"
        for sign, said in told.get("decoded_by_app", {}).items()
    ]
    of_its_clock = any(flag.startswith((REMEMBERED, CLOCK_LOST)) for flag in flags)
    if of_its_clock and (said := _device_time(told.get("device_time"))):
        found.append(f"The device's own clock said {said}")
    return found


def _device_time(text: str | None) -> str | None:
    """Return the instrument's time, which has no zone; None where it is impossible."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return f"{moment:%H:%M} on {moment.day} {moment:%B %Y}"
