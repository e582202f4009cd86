"""The command that adds the residents in a file to a home, in the name of somebody who answers for it.

Guards: each line is added or refused by itself. An error names the line by number, never a person or an NHS number.
Residents who are at the home already are left unchanged.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    import psycopg

    from api.commands.residents_file import Line
    from delegation.people import Actor


_WORDS = "From a file, by the command add-residents"


def add_residents(
    file: Annotated[
        typer.FileText, typer.Argument(help="A CSV file with a header, or - for what is piped in.")
    ],
    by: Annotated[str, typer.Option(help="The user name of the home's manager, or its hub's lead.")],
    home: Annotated[str, typer.Option(help="The home: its word in the file of places, its id or its name.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Add the residents in a file to a home.

    Run it again with a corrected file: nobody is added twice. docs/setting-up.md has an example.
    """
    from api.commands.owner import as_owner, person
    from api.commands.places_file import home_id_of
    from api.commands.residents_file import ResidentsFileError, read
    from delegation import appointment
    from delegation.people import Role

    lines = read(file.read(), datetime.now(ZoneInfo("Europe/London")).date())
    with as_owner() as conn:
        actor = person(conn, by)
        known = conn.execute("SELECT FROM delegation.home WHERE home_id = %s", (home_id_of(home),)).rowcount
        place = str(home_id_of(home)) if known else home
        home_id = appointment.find(conn, Role.HOME_MANAGER, place).home_id
        if home_id is None:
            raise ResidentsFileError(f"There is no home {home!r}.")
        outcomes = list(_added(conn, actor, home_id, lines))
        if dry_run:
            conn.rollback()
    _say(outcomes)
    if dry_run:
        print("Nothing is changed: this was --dry-run.")
    if any(wrong for _, wrong in outcomes):
        raise typer.Exit(1)


def _added(
    conn: "psycopg.Connection[Any]", actor: "Actor", home_id: UUID, lines: Iterable["Line"]
) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Yield for each line whether it was added, and what is wrong with it; neither: they were there already."""
    from delegation.residents import admission
    from delegation.residents.admission import UnfitParticularsError

    for line in lines:
        if line.given is None:
            yield False, _at(line, line.faults)
            continue
        try:
            done = admission.add(conn, actor, home_id, line.given, datetime.now(UTC), _WORDS)
        except UnfitParticularsError as unfit:
            yield False, _at(line, (f"{column}: {said}" for column, said in unfit.faults.items()))
            continue
        yield _outcome(conn, home_id, line, done)


def _outcome(
    conn: "psycopg.Connection[Any]", home_id: UUID, line: "Line", done: Any
) -> tuple[bool, tuple[str, ...]]:
    from delegation.residents.admission import Outcome

    match done.outcome:
        case Outcome.DONE:
            return True, ()
        case Outcome.YOURS:
            here = conn.execute(
                "SELECT FROM delegation.resident WHERE resident_id = %s AND home_id = %s",
                (done.resident_id, home_id),
            ).rowcount
            return False, () if here else _at(
                line, ("is at another home that they answer for: say there that they moved",)
            )
        case Outcome.ELSEWHERE:
            return False, _at(
                line, ("somebody who is known elsewhere has this NHS number: the hub must be rung",)
            )
        case Outcome.ALIKE:
            return False, _at(
                line, ("somebody there is of this name and day of birth: say on the home's page who it is",)
            )
        case _:
            return False, _at(line, (f"too many are known elsewhere: go on {done.until:%H:%M} UTC",))


def _at(line: "Line", faults: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"Line {line.number}: {fault}." for fault in faults)


def _say(outcomes: list[tuple[bool, tuple[str, ...]]]) -> None:
    for _, wrong in outcomes:
        for sentence in wrong:
            print(sentence)
    added = sum(done for done, _ in outcomes)
    refused = sum(bool(wrong) for _, wrong in outcomes)
    print(f"{added} added, {len(outcomes) - added - refused} were there already, {refused} not added.")
