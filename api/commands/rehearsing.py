"""The command that tries a policy on stored readings; nothing is raised and nobody is told.

Guards: a fault in a file or a policy is a sentence and status 2. Standard output holds only the result.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import writable_beside
from api.commands.progress import progress
from api.commands.trial import AS_SHIPPED, AnsweredAfter, Json, tried

if TYPE_CHECKING:
    from alerts.policy import Policy
    from alerts.replay.run import Replayed
    from api.replays.report import Asked

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def replay(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV or Parquet, a reading in each row; - for standard input; what is stored if not said."
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            help=f"The policy to try, as TOML. {AS_SHIPPED} Not said: see that what is stored is the same again."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="The policy to compare with; if not said, those that ran, and for a file the shipped one."
        ),
    ] = None,
    decided: Annotated[
        Path | None,
        typer.Option(
            help="Of a file: what was decided for its residents, as CSV or Parquet: limits of their own, scale 2, and"
            " for whom NEWS2 is not used."
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=_FORMATS, help="Of what is stored: from this moment, UTC."),
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=_FORMATS, help="Up to this one.")] = None,
    answered_after: AnsweredAfter = 240,
    minutes_a_case: Annotated[
        float, typer.Option(min=0.1, max=1440, help="How long a case keeps somebody at the hub.")
    ] = 10.0,
    chart: Annotated[
        Path | None, typer.Option(help="Draw it here too, as SVG.", callback=writable_beside)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what another policy would change: escalations that appear, disappear or change severity.

    Columns of a file: resident, taken_at (with its offset from UTC) and those of `score`; also, where there are any:
    home, arrived_at, scheduled (a full set was due), worry, soft_signs (how many, or their names), not_obtained and
    unrecordable (names of signs). The same readings and policies give the same result again.
    """
    if policy is None:
        if any((file, against, decided, since, until, chart)):
            raise typer.BadParameter("Name the policy to try: --policy FILE.toml.")
        _see_that_it_is_the_same(as_json=as_json)
        return
    from alerts.policy import SHIPPED
    from api.replays.chart import svg
    from api.replays.report import as_json as said_of
    from api.replays.report import as_text

    old, new = None if against is None else tried(against), tried(policy)
    if file is None and decided is not None:
        raise typer.BadParameter(
            "--decided is for a file: what was decided for whom is stored with the rest."
        )
    if file is None:
        done, asked = _replay_stored(since, until, old, new, answered_after)
    elif since or until:
        raise typer.BadParameter("--from and --to are for what is stored: of a file everything is replayed.")
    else:
        done, asked = _replay_file(file, old or SHIPPED, new, answered_after, decided)
    said = said_of(done, replace(asked, minutes_a_case=minutes_a_case))
    if chart is not None:
        chart.write_text(svg(said))
    print(json.dumps(said, indent=2) if as_json else as_text(said))


def _replay_file(
    file: Path, old: "Policy", new: "Policy", answered_after: int, decided: Path | None
) -> "tuple[Replayed, Asked]":
    from api.replays.decided import read_decided
    from api.replays.job import replay_file
    from api.replays.report import Asked

    with progress("Reading") as tell:
        decisions = () if decided is None else read_decided(decided)
        reader, done = replay_file(
            None if file == Path("-") else file, old, new, answered_after, tell, decisions=decisions
        )
    return done, Asked(
        old=old.version,
        new=new.version,
        answered_after=answered_after,
        homes=reader.homes.in_order,
        left_out=reader.left_out,
        unreadable=reader.unreadable.total(),
        notes=_of_nobody(reader.decided_of_nobody),
    )


def _of_nobody(count: int) -> list[str]:
    return [f"Decisions about residents of whom there is no reading: {count:,}."] if count else []


def _replay_stored(
    since: datetime | None, until: datetime | None, old: "Policy | None", new: "Policy", answered_after: int
) -> "tuple[Replayed, Asked]":
    from alerts.replay.watched import ALWAYS, NEVER
    from api.replays.report import Asked
    from api.replays.stored import NOTES, Span, replay_stored

    span = Span(_utc(since) or ALWAYS, _utc(until) or NEVER)
    with _database() as conn:
        done, homes = replay_stored(conn, span, old, new, answered_after)
    version = "the policies that ran" if old is None else old.version
    return done, Asked(version, new.version, answered_after, homes=homes, notes=NOTES)


def _see_that_it_is_the_same(*, as_json: bool) -> None:
    from dataclasses import asdict

    from alerts.replay.as_stored import agreement
    from api.replays.stored import said_of

    with _database() as conn:
        same = agreement(conn)
    print(json.dumps(asdict(same) | {"exact": same.is_exact}) if as_json else said_of(same))
    if not same.is_exact:
        raise typer.Exit(1)


def _database() -> Any:
    import psycopg

    from api.settings import DatabaseRole, Settings

    return psycopg.connect(Settings.load().conninfo(DatabaseRole.INGEST))


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=UTC)
