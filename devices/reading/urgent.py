"""What is said of an emergency in what cannot be read as a reading, wherever in it that stands.

Invariant: it never raises, and what goes straight to 999 in a reading that can be read does so here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devices.emergency import UNREADABLE
from devices.reading.payload import SoftSign
from devices.vital_signs import Consciousness, VitalSign

_FROM_BEST_TO_WORST = tuple(Consciousness)


@dataclass(frozen=True, slots=True)
class Urgent:
    """Signs by code, the worst that is said of consciousness, and whether all who say either have phoned 999."""

    emergency_signs: tuple[str, ...] = ()
    consciousness: Consciousness | None = None
    phoned_999: bool = False


def urgent(document: Any) -> Urgent:
    """Look through whatever JSON it is."""
    each = [_of_object(said) for said in _objects(document) if "emergency_signs" in said or "values" in said]
    speaking = [one for one in each if one.emergency_signs or one.consciousness]
    return Urgent(
        tuple(sorted({sign for one in speaking for sign in one.emergency_signs})),
        max((one.consciousness for one in speaking if one.consciousness), key=_badness, default=None),
        bool(speaking) and all(one.phoned_999 for one in speaking),
    )


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in it, however deep."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


def _of_object(said: dict[str, Any]) -> Urgent:
    return Urgent(
        _signs(said.get("emergency_signs", {})),
        _consciousness(said.get("values")),
        said.get("phoned_999") is True,
    )


def _signs(said: Any) -> tuple[str, ...]:
    """An answer that is neither yes nor no may have been meant as a yes."""
    if not isinstance(said, dict):
        return (UNREADABLE,)
    heard = {sign: answer for sign, answer in said.items() if answer != SoftSign.ABSENT}
    return tuple(sign if answer == SoftSign.PRESENT else UNREADABLE for sign, answer in heard.items())


def _consciousness(values: Any) -> Consciousness | None:
    letter = values.get(VitalSign.CONSCIOUSNESS) if isinstance(values, dict) else None
    return next((one for one in _FROM_BEST_TO_WORST if one == letter), None)


def _badness(letter: Consciousness) -> int:
    return _FROM_BEST_TO_WORST.index(letter)
