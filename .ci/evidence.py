"""Judges a test run by the evidence it wrote: tests passed, tests left out, real services seen.

python evidence.py EVIDENCE MINIMUM
"""

import json
import sys
from pathlib import Path

SERVICES = ("timescaledb", "mosquitto", "chromium")
# A hypertable with a single chunk was never queried across two.
FEWEST_CHUNKS = 2


def faults(report: dict[str, dict[str, int | str]], minimum: int) -> list[str]:
    """A sentence for each thing this run does not prove."""
    tests, seen = report["tests"], report["seen"]
    found = [
        f"{tests[outcome]} tests were {outcome.replace('_', ' ')}; none may be."
        for outcome in ("skipped", "xfailed", "xpassed", "left_out")
        if tests[outcome]
    ]
    if int(tests["passed"]) < minimum:
        found.append(f"{tests['passed']} tests passed; at least {minimum} must (.ci/minimum-tests).")
    found += [f"The suite did not see {service}." for service in SERVICES if not seen.get(service)]
    if int(seen.get("chunks", 0)) < FEWEST_CHUNKS:
        found.append(
            f"The suite saw {seen.get('chunks', 0)} chunks of a hypertable; it must see two or more."
        )
    return found


def main() -> int:
    evidence, minimum = Path(sys.argv[1]), int(Path(sys.argv[2]).read_text())
    if not evidence.exists():
        print("ci: the run left no evidence.")
        return 1
    report = json.loads(evidence.read_text())
    found = faults(report, minimum)
    for fault in found:
        print(f"ci: {fault}")
    if not found:
        seen = ", ".join(f"{name} {value}" for name, value in sorted(report["seen"].items()))
        print(f"ci: {report['tests']['passed']} tests passed, none left out. Seen: {seen}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
