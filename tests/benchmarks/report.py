"""Shows what was measured: a table for a terminal, JSON for a machine, Markdown for the repository.

Invariant: each of them begins with the machine, the date and the command.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import aims
from tests.benchmarks.machine import Machine, about

Row = Sequence[object]
Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with a sentence on how to read it."""

    title: str
    says: str
    columns: Sequence[str]
    rows: Sequence[Row]


def as_json(machine: Machine, results: Results) -> dict[str, Any]:
    return {"machine": asdict(machine), **results}


def show(console: Console, machine: Machine, results: Results) -> None:
    """Print it."""
    for line in about(machine):
        console.print(line)
    for sheet in _sheets(results):
        table = Table(title=sheet.title, caption=sheet.says)
        for number, column in enumerate(sheet.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in sheet.rows:
            table.add_row(*map(str, row))
        console.print(table)


def as_markdown(machine: Machine, results: Results, findings: str = "") -> str:
    """The committed report. `findings` is what a person made of the numbers, kept from the report before."""
    lines = ["# Measured speed", "", *(f"- {line}" for line in about(machine)), ""]
    for sheet in _sheets(results):
        lines += [f"## {sheet.title}", "", sheet.says, ""]
        lines += [_line(sheet.columns), _line(["---", *["---:"] * (len(sheet.columns) - 1)])]
        lines += [*map(_line, sheet.rows), ""]
    return "\n".join([*lines, findings.strip(), ""]).rstrip() + "\n"


def _sheets(results: Results) -> Iterator[Sheet]:
    if "kernel" in results:
        yield _kernel(results["kernel"])
        yield _aims("kernel", aims.of_kernel(results["kernel"]))
    if "year" in results:
        yield _year(results["year"])
    if "pipeline" in results:
        yield _drain(results["pipeline"])
        yield _live(results["pipeline"])
        yield _aims("pipeline", aims.of_pipeline(results["pipeline"]))
        yield _spent(results["pipeline"])
    if "flat" in results:
        yield _flat(results["flat"])


def _kernel(kernel: Mapping[str, Any]) -> Sheet:
    says = f"NEWS2 of {kernel['sets']:,} observation sets, seed {kernel['seed']}; the best of a few rounds."
    rows = [(name.replace("_", " "), ns) for name, ns in kernel["ns_per_set"].items()]
    return Sheet("Scoring kernel", says, ("what", "ns a set"), rows)


def _aims(of: str, reached: Sequence[aims.Aim]) -> Sheet:
    says = "The same figures in the units of what was aimed at; where it was to be no slower, a tenth is allowed."
    rows = [aim.row for aim in reached]
    return Sheet(f"What the {of} was to reach", says, ("what", "aim", "is", "reached"), rows)


def _year(year: Mapping[str, Any]) -> Sheet:
    says = (
        f"`hearthwatch replay` of a Parquet file of {year['sets']:,} sets ({year['residents']:,} residents, "
        f"{year['days']} days, {year['file_mib']:,} MiB), the shipped policy against another; the whole command."
    )
    columns = (
        "the other policy",
        "seconds",
        "processor seconds",
        "processor us a set",
        "peak MiB of a process",
    )
    names = ("policy", "seconds", "processor_seconds", "us_per_set", "peak_mib")
    return Sheet("Replaying a file", says, columns, _rows(year["replays"], names))


def _drain(pipeline: Mapping[str, Any]) -> Sheet:
    says = (
        "A backlog that waits at the broker, from the first commit to the last. Ours is also scored, escalated "
        f"(one set of observations in {pipeline['one_grave_set_in']} is grave) and receipted; the peers only store."
    )
    columns = (
        "contender",
        "readings a message",
        "messages/s",
        "readings/s",
        "readings a transaction (median)",
    )
    names = ("contender", "in_array", "messages_per_s", "readings_per_s", "median_batch")
    return Sheet("Draining a backlog", says, columns, _rows(pipeline["drain"], names))


def _live(pipeline: Mapping[str, Any]) -> Sheet:
    says = (
        "Milliseconds from publish to committed, by the database's own commit time, and from publish to the "
        "escalation's event at an HTTP client that is signed in at the hub."
    )
    columns = ("contender", "offered/s", "sent/s", "committed p50", "p99", "client p50", "p99", "events")
    rows = [
        (
            one["contender"],
            one["offered_per_s"],
            one["sent_per_s"],
            *_cuts(one["to_committed_ms"]),
            *_cuts(one["to_client_ms"]),
            one["to_client_ms"]["count"],
        )
        for one in pipeline["live"]
    ]
    return Sheet("Live", says, columns, rows)


def _cuts(spread: Mapping[str, float]) -> tuple[object, object]:
    return spread.get("p50", "-"), spread.get("p99", "-")


def _spent(pipeline: Mapping[str, Any]) -> Sheet:
    says = (
        "Microseconds of processor for each reading, by part, and how many readings a second the worker's and the "
        "whole's leave room for on one core: a worker has one at most, and all parts share what there are."
    )
    columns = ("run", *_PARTS, "readings/s a core, worker", "whole")
    rows = [
        (f"{one['contender']}, {what}", *_shares(one["processor_us_per_reading"]))
        for what, one in (
            *((f"drain, {one['in_array']} a message", one) for one in pipeline["drain"]),
            *((f"live at {one['offered_per_s']}/s", one) for one in pipeline["live"]),
        )
    ]
    return Sheet("What bounds it", says, columns, rows)


_PARTS = ("worker", "database", "broker")


def _shares(spent: Mapping[str, float]) -> Row:
    if not spent:
        return ("-",) * (len(_PARTS) + 2)
    parts = [spent.get(part, 0.0) for part in _PARTS]
    return (*parts, *(round(1e6 / us) for us in (parts[0], sum(parts))))


def _flat(rows: Sequence[Mapping[str, Any]]) -> Sheet:
    says = "Medians over 1,000 residents with four full sets a day. The pages are fetched over HTTP as people do."
    names = (
        "days",
        "readings",
        "open_escalations",
        "database_mib",
        "insert_200_ms",
        "queue_page_ms",
        "resident_page_ms",
    )
    columns = [name.replace("_ms", ", ms").replace("_mib", ", MiB").replace("_", " ") for name in names]
    return Sheet("Flat with history", says, columns, _rows(rows, names))


def _rows(found: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[Row]:
    return [[one.get(name, "-") for name in names] for one in found]


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"
