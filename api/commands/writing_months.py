"""Write months of a simulated neighbourhood to a file, and to another who fell ill and when.

Guards: the same arguments give the same files. Nothing is sent, and no service is needed.
"""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.seed import neighbourhood
from simulators.months import COLUMNS, Months

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)


def write_months(
    readings: Path, truth: Path | None, *, homes: int, residents_per_home: int, days: int, seed: int
) -> dict[str, Any]:
    """Write both files; return how much was written."""
    made = neighbourhood(homes=homes, residents_per_home=residents_per_home, seed=seed, at=STARTS_AT)
    months = Months(made.kits, STARTS_AT, days, seed)
    count = 0
    with readings.open("w", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        for row in months.rows():
            rows.writerow(row)
            count += 1
    if truth is not None:
        truth.write_text(json.dumps([one.as_json() for one in months.truths], indent=1) + "\n")
    residents = sum(len(kit.residents) for kit in made.kits)
    return {
        "readings": count,
        "residents": residents,
        "days": days,
        "illnesses": len(months.truths),
        "seed": seed,
    }
