"""The file of a home's residents: comma-separated, with a header, one resident a line.

Guards: an error names line and column, never the contents, as it may end up in a log. A file with a wrong header is
refused whole.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO

from delegation.residents.particulars import Particulars, typed

NEEDED = ("name", "nhs_number", "born_on")
COLUMNS = (*NEEDED, "allergies", "background", "call_back_phone", "usual_company", "no_score_reason")
MOST_LINES = 1000


class ResidentsFileError(ValueError):
    """The file cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One resident, and what is wrong with the line, if anything."""

    number: int
    given: Particulars | None
    faults: tuple[str, ...] = ()


def read(text: str, today: date) -> list[Line]:
    """Return the residents in a file, in its order. Raises ResidentsFileError."""
    rows = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [one.strip() for one in next(rows, [])]
        _check(header)
        lines = list(_lines(rows, header, today))
    except csv.Error:
        raise ResidentsFileError(f"Line {rows.line_num} is not comma-separated: check its quotes.") from None
    if len(lines) > MOST_LINES:
        raise ResidentsFileError(f"A file has at most {MOST_LINES} residents: split it.")
    return lines


def _check(header: list[str]) -> None:
    missing = [one for one in NEEDED if one not in header]
    if missing:
        raise ResidentsFileError(f"The first line names the columns; missing: {', '.join(missing)}.")
    if len(set(header)) < len(header):
        raise ResidentsFileError("The first line names a column twice.")
    strange = [place for place, one in enumerate(header, 1) if one not in COLUMNS]
    if strange:
        places = ", ".join(map(str, strange))
        raise ResidentsFileError(
            f"No such column: number {places} of the first line. Known: {', '.join(COLUMNS)}."
        )


def _lines(rows: Iterator[list[str]], header: list[str], today: date) -> Iterator[Line]:
    # A record may span several lines; it is named by its first.
    begins = getattr(rows, "line_num") + 1  # noqa: B009
    numbers: dict[str, int] = {}
    for row in rows:
        number, begins = begins, getattr(rows, "line_num") + 1  # noqa: B009
        if not any(cell.strip() for cell in row):
            continue
        yield _line(number, row, header, numbers, today)


def _line(number: int, row: list[str], header: list[str], numbers: dict[str, int], today: date) -> Line:
    if len(row) != len(header):
        return Line(number, None, (f"has {len(row)} columns, and the first line {len(header)}",))
    given, faults = typed(dict(zip(header, row, strict=True)))
    if given is not None:
        faults = given.faults(today)
    if given is not None and given.nhs_number is None:
        faults["nhs_number"] = "Give the NHS number: without one, add them on the home's page"
    if given is not None and given.nhs_number is not None:
        first = numbers.setdefault(given.nhs_number, number)
        if first != number:
            faults["nhs_number"] = f"The same as on line {first}"
    said = tuple(f"{column}: {sentence}" for column, sentence in faults.items())
    return Line(number, None if said else given, said)
