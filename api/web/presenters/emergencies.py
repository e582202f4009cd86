"""The signs that go straight to 999, in words.

Guards: an unknown code is shown as it came. Whether 999 was phoned is never guessed.
"""

from collections.abc import Collection

from api.web.presenters import signs
from devices.emergency import EMERGENCY_LABELS


def emergency(codes: Collection[str], *, phoned: bool) -> str:
    """Return words such as "999 was phoned: chest pain; choking"; an empty string where nothing was reported."""
    if not codes:
        return "999 was phoned" if phoned else ""
    named = "; ".join(EMERGENCY_LABELS.get(code, signs.plain(code).lower()) for code in codes)
    return f"{'999 was phoned' if phoned else 'Straight to 999'}: {named}"
