"""Finds what an unreadable message says of an emergency, and what it measured, at any depth.

Guards: it never raises. Whatever would mean 999 in a readable reading means it here too. Values are not judged yet, and
each set stays separate: two sets may be of two people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from devices.emergency import UNREADABLE
from devices.profiles import decode
from devices.reading.payload import SoftSign
from devices.vital_signs import Consciousness, VitalSign

MOST_SETS = 1000
"""Ten times what one array may hold."""
_FROM_BEST_TO_WORST = tuple(Consciousness)

_SPEAKING = frozenset({"emergency_signs", "values", "gatt"})
_CODES = frozenset(map(str, VitalSign))
_SCALARS = (bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Urgent:
    """Emergency signs by code, the worst consciousness, and whether everyone who reports either has phoned 999."""

    emergency_signs: tuple[str, ...] = ()
    consciousness: Consciousness | None = None
    phoned_999: bool = False
    sets: tuple[Mapping[str, Any], ...] = ()
    """The values of each object that has any, by code, as sent or decoded from its notification; up to `MOST_SETS`."""


def urgent(document: Any) -> Urgent:
    """Look through any JSON document."""
    objects = [said for said in _objects(document) if not _SPEAKING.isdisjoint(said)]
    each = [_of_object(said) for said in objects]
    speaking = [one for one in each if one.emergency_signs or one.consciousness]
    return Urgent(
        tuple(sorted({sign for one in speaking for sign in one.emergency_signs})),
        max((one.consciousness for one in speaking if one.consciousness), key=_badness, default=None),
        bool(speaking) and all(one.phoned_999 for one in speaking),
        tuple(islice((values for said in objects if (values := _measured(said))), MOST_SETS)),
    )


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in the document, at any depth."""
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
    """The signs present. An answer that is neither yes nor no may have been meant as a yes."""
    if not isinstance(said, dict):
        return (UNREADABLE,)
    heard = {sign: answer for sign, answer in said.items() if answer != SoftSign.ABSENT}
    return tuple(sign if answer == SoftSign.PRESENT else UNREADABLE for sign, answer in heard.items())


def _consciousness(values: Any) -> Consciousness | None:
    letter = values.get(VitalSign.CONSCIOUSNESS) if isinstance(values, dict) else None
    return next((one for one in _FROM_BEST_TO_WORST if one == letter), None)


def _badness(letter: Consciousness) -> int:
    return _FROM_BEST_TO_WORST.index(letter)


def _measured(said: dict[str, Any]) -> dict[str, Any]:
    """One object's values; its notification takes precedence for the signs it holds."""
    values, gatt = said.get("values"), said.get("gatt")
    sent = values.items() if isinstance(values, dict) else ()
    measured = {code: raw for code, raw in sent if code in _CODES and isinstance(raw, _SCALARS)}
    return measured | _decoded(gatt) if isinstance(gatt, dict) else measured


def _decoded(gatt: dict[str, Any]) -> dict[str, Any]:
    characteristic, octets = gatt.get("characteristic"), gatt.get("value")
    if not isinstance(characteristic, str) or not isinstance(octets, str):
        return {}
    return {str(sign): number for sign, number in decode(characteristic, octets).values.items()}
