"""What is written down about a resident: given when they are added, corrected later.

Guards: what nobody asked stays empty, which differs from "none known". Whether somebody is under 16 is computed, never
chosen.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from unicodedata import normalize

from delegation.residents import nhs_number


class NoScore(StrEnum):
    """Why NEWS2 is not used: under 16, pregnant, or with a spinal cord injury. Source: RCP, NEWS2 (2017)."""

    UNDER_16 = "under_16"
    PREGNANT = "pregnant"
    SPINAL_CORD_INJURY = "spinal_cord_injury"


NONE_KNOWN = "none known"
_OLDEST = 125
_ADULT = 16
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʼ`´", "'"))
LONGEST: Mapping[str, int] = {
    "name": 100,
    "allergies": 500,
    "background": 2000,
    "call_back_phone": 30,
    "usual_company": 200,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """The particulars as given. `no_score_reason`: pregnancy or injury; under 16 is computed and ends by itself."""

    name: str
    nhs_number: str | None
    born_on: date
    allergies: str | None = None
    background: str | None = None
    call_back_phone: str | None = None
    usual_company: str | None = None
    no_score_reason: NoScore | None = None

    def faults(self, today: date) -> dict[str, str]:
        """Return a sentence for each field that keeps these from being recorded."""
        return {name: sentence for name, sentence in self._faults(today) if sentence}

    def _faults(self, today: date) -> Iterator[tuple[str, str]]:
        if not self.name:
            yield "name", "Give their name"
        for name, most in LONGEST.items():
            if len(getattr(self, name) or "") > most:
                yield name, f"There is room for {most} characters"
        if self.nhs_number is not None:
            yield "nhs_number", nhs_number.fault(self.nhs_number)
        if self.born_on > today:
            yield "born_on", "Nobody is born on a day to come"
        elif years(self.born_on, today) > _OLDEST:
            yield "born_on", f"Check the year: this is more than {_OLDEST} years ago"
        if self.call_back_phone and not _is_telephone(self.call_back_phone):
            yield "call_back_phone", "Give a telephone number: digits and spaces"

    def row(self, today: date) -> dict[str, object]:
        """Return the row to store."""
        under_16 = years(self.born_on, today) < _ADULT
        return {
            "name": self.name,
            "nhs_number": self.nhs_number,
            "born_on": self.born_on,
            "allergies": self.allergies,
            "background": self.background,
            "call_back_phone": self.call_back_phone,
            "usual_company": self.usual_company,
            "no_score_reason": self.no_score_reason or (NoScore.UNDER_16 if under_16 else None),
        }


def years(born_on: date, today: date) -> int:
    """Return the age in whole years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Return the fields that differ, each with its old and its new value."""
    return {name: (before[name], now) for name, now in after.items() if before[name] != now}


def same_name(one: str, other: str) -> bool:
    """Return whether two names read alike, whatever their capitals, spaces and apostrophes, and however accents are
    encoded."""
    return _as_read(one) == _as_read(other)


def _as_read(name: str) -> list[str]:
    return normalize("NFKC", name.translate(_APOSTROPHES)).casefold().split()


def stand_as(facts: Mapping[str, object]) -> str:
    """Return a digest of the facts, to notice that they changed after somebody opened them."""
    kept = {name: facts[name] for name in (*LONGEST, "nhs_number", "born_on", "no_score_reason")}
    return sha256(json.dumps(kept, default=str, sort_keys=True).encode()).hexdigest()


def _is_telephone(text: str) -> bool:
    digits = [one for one in text if one.isdigit()]
    return text.isascii() and all(one.isdigit() or one in " +()-" for one in text) and len(digits) >= 5


def typed(fields: Mapping[str, str]) -> tuple[Particulars | None, dict[str, str]]:
    """Return the particulars a form holds, and a sentence for each field at fault.

    An empty field means not known. The particulars are None where the date of birth or the reason cannot be read.
    """
    said = {name: _clean(fields.get(name, "")) or None for name in LONGEST}
    number = nhs_number.written(_clean(fields.get("nhs_number", ""))) or None
    reason = fields.get("no_score_reason", "").strip()
    faults: dict[str, str] = {}
    if reason not in ("", *NoScore):
        faults["no_score_reason"] = f"Choose one of these: {', '.join(NoScore)}; or nothing"
    born_on = _day(fields.get("born_on", ""))
    if born_on is None:
        faults["born_on"] = "Give the date of birth"
    found = Particulars(
        name=said.pop("name") or "",
        nhs_number=number,
        born_on=born_on or date.min,
        no_score_reason=NoScore(reason) if reason in set(NoScore) and reason != NoScore.UNDER_16 else None,
        **said,
    )
    others = found.faults(date.max) if born_on is None else {}
    others.pop("born_on", None)
    return (None if faults else found), others | faults


def _clean(text: str) -> str:
    """Drop characters that cannot be shown; keep line breaks."""
    return "".join(one for one in text if one == "\n" or one.isprintable()).strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
