"""Commands that try policies on readings that are there already: nothing is raised, nobody is told.

Guards: what is wrong with a file or a policy is a sentence and status 2; standard output holds the result alone.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from api.commands.options import writable_beside

if TYPE_CHECKING:
    from alerts.policy import Policy
    from alerts.replay.run import Replayed
    from api.replays.report import Asked

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
AnsweredAfter = Annotated[
    int,
    typer.Option(
        min=1,
        max=7 * 24 * 60,
        help="Minutes after which a case counts as answered: in a replay nobody answers.",
    ),
]
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_POLICY = "What it leaves out is as shipped."


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
            help=f"The policy to try, as TOML. {_POLICY} Not said: see that what is stored is the same again."
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
    """What another policy would change: escalations that appear, disappear or change severity.

    Columns of a file: resident, taken_at (with its offset from UTC) and those of `score`; also, where there are any:
    home, arrived_at, scheduled (a full set was due), worry, soft_signs (how many, or their names), not_obtained and
    unrecordable (names of signs). The same readings and policies give the same result again.
    """
    _needs_files()
    if file is None and policy is None:
        _see_that_it_is_the_same(as_json=as_json)
        return
    if policy is None:
        _refuse("Name the policy to try: --policy FILE.toml.")
    from api.replays.chart import svg
    from api.replays.report import as_json as said_of
    from api.replays.report import as_text

    old, new = _policies(against, policy)
    if file is None and decided is not None:
        _refuse("--decided is for a file: what was decided for whom is stored with the rest.")
    if file is None:
        done, asked = _replay_stored(since, until, old, new, answered_after)
    elif since or until:
        _refuse("--from and --to are for what is stored: of a file everything is replayed.")
    else:
        done, asked = _replay_file(file, old or _shipped(), new, answered_after, decided)
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

    with _in_sentences(), _progress() as tell:
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


def evaluate(
    file: Annotated[Path, typer.Argument(help="Readings of a simulation, as `simulate --write` makes them.")],
    truth: Annotated[Path, typer.Option(help="Its labels, as `simulate --truth` writes them.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option(help=f"A policy to evaluate too, as TOML; may be said again. {_POLICY}"),
    ] = None,
    answered_after: AnsweredAfter = 240,
    as_json: Json = False,
) -> None:
    """What each rule notices of simulated illnesses, how early, and how often it is wrong.

    The shipped policy and plain NEWS2 from 5 on are always among what is compared. Simulated residents are no
    evidence about people.
    """
    _needs_files()
    from alerts.policy import SHIPPED
    from api.replays import evaluating

    policies = [SHIPPED, *map(_tried, policy or ())]
    try:
        labels = evaluating.read_truth(truth)
    except evaluating.TruthFileError as error:
        _refuse(str(error))
    with _in_sentences(), _progress() as tell:
        done = evaluating.evaluate_file(file, labels, policies, answered_after, tell)
    print(json.dumps(evaluating.as_json(done), indent=2) if as_json else evaluating.as_text(done))


def _policies(old: Path | None, new: Path) -> "tuple[Policy | None, Policy]":
    return None if old is None else _tried(old), _tried(new)


def _tried(file: Path) -> "Policy":
    """The policy of a file; of one that could not be in force as it is written, that is said."""
    from alerts.policy_faults import unsafe
    from api.replays.policies import PolicyFileError, read_policy

    try:
        policy = read_policy(file)
    except PolicyFileError as error:
        _refuse(str(error))
    if (why := unsafe(policy)) is not None:
        print(f"{file} is tried as it is written, and could not be in force so. {why}", file=sys.stderr)
    return policy


def _shipped() -> "Policy":
    from alerts.policy import SHIPPED

    return SHIPPED


def _needs_files() -> None:
    try:
        import pyarrow as _  # noqa: F401
    except ModuleNotFoundError as error:
        _refuse(f"Reading files needs {error.name}: install hearthwatch[server,files].")


@contextmanager
def _in_sentences() -> Iterator[None]:
    from api.score_files import FileError

    try:
        yield
    except FileError as error:
        _refuse(str(error))


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


@contextmanager
def _progress() -> Iterator[Callable[[str, float | None], None]]:
    """A bar on standard error, where somebody looks at it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Reading", total=None)

        def tell(what: str, part: float | None) -> None:
            of: dict[str, Any] = {"total": None if part is None else 1.0, "completed": part or 0.0}
            bar.update(task, description=what, **of)

        yield tell
