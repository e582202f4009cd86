"""The commands that verify the audit and print the key its heads are checked with.

Guards: they read as the database's owner and change nothing. An audit that is partly hidden is never reported as whole.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from delegation.audit_verify import Verified
    from delegation.audit_walk import Head

audit = typer.Typer(
    help="The audit: whether it is whole, and the key of its daily heads.", no_args_is_help=True
)
_ALONE = (
    "No head was compared: whoever owns the database could have written all of it anew."
    " Give --heads and --public-key."
)
_MOST_DAYS_NAMED = 31


class HiddenRowsError(Exception):
    """Row-level security hides part of the audit from this database user."""


@audit.command()
def verify(
    heads: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="A folder with the signed heads that left this host."
        ),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file with the key they are checked with."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Recompute the audit's chain from its rows; name what was changed, removed, inserted or moved.

    Ends with status 1 where something does not fit. With heads it also finds a chain that was rewritten as a whole.
    """
    if (heads is None) != (public_key is None):
        raise typer.BadParameter("Give --heads and --public-key together.")
    given, refused = _heads(heads, public_key)
    found = _verified(given)
    report = _report(found, given, refused)
    if as_json:
        print(json.dumps(report, default=str))
    else:
        for line in _lines(found, given, refused, report["days_without_head"]):
            print(line)
    raise typer.Exit(0 if report["whole"] else 1)


@audit.command("public-key")
def print_public_key() -> None:
    """Print the public key that others check the heads' signatures with."""
    from api.audit_heads import key_of
    from api.settings import Settings, SettingsError
    from delegation.audit_head import public_half

    key = key_of(Settings.load().audit)
    if key is None:
        raise SettingsError("No key is set: set HEARTHWATCH_AUDIT_KEY_FILE.")
    print(public_half(key))


def _verified(heads: "list[Head]") -> "Verified":
    import psycopg

    from api.settings import DatabaseRole, Settings
    from delegation import audit_verify

    with psycopg.connect(Settings.load().conninfo(DatabaseRole.MIGRATOR)) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        if audit_verify.is_hidden(conn):
            raise HiddenRowsError(
                "Row-level security hides the audit from this role: ask as the database's owner."
            )
        return audit_verify.verify(conn, heads)


def _heads(folder: Path | None, key_file: Path | None) -> "tuple[list[Head], list[str]]":
    if folder is None or key_file is None:
        return [], []
    from delegation import audit_head

    try:
        key = audit_head.public_key(key_file.read_text())
    except audit_head.UnfitKeyError as unfit:
        raise typer.BadParameter(str(unfit)) from None
    found: list[Head] = []
    refused: list[str] = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(audit_head.read(file.read_text(), key))
        except (audit_head.NotSignedError, UnicodeDecodeError):
            refused.append(file.name)
    return found, refused


def _report(found: "Verified", heads: "list[Head]", refused: list[str]) -> dict[str, Any]:
    return {
        "whole": found.faults == 0 and not refused,
        "events": found.events,
        "seals": found.seals,
        "faults": found.faults,
        "broken": [{"event": one.audit_id, "seal": one.seal_id, "what": one.what} for one in found.broken],
        "heads": len(heads),
        "heads_refused": refused,
        "days_without_head": _days_without([one.day for one in heads]),
        "unsealed": found.unsealed,
        "unsealed_since": found.unsealed_since,
    }


def _lines(found: "Verified", heads: "list[Head]", refused: list[str], without: list[date]) -> list[str]:
    said = [str(one) for one in found.broken]
    if found.faults > len(found.broken):
        said.append(f"... and {found.faults - len(found.broken)} more")
    said += [f"{name}: is not a head that was signed with this key" for name in refused]
    said.append(f"{found.events} events under {found.seals} seals: {'whole' if not said else 'NOT whole'}.")
    if heads:
        said.append(f"Compared with {len(heads)} signed heads, of {heads[0].day} to {heads[-1].day}.")
    elif not refused:
        said.append(_ALONE)
    if without:
        named = ", ".join(str(day) for day in without)
        said.append(f"No head is there of {named}.")
    if found.unsealed and found.unsealed_since:
        said.append(f"Not sealed yet: {found.unsealed}, the first written at {_clock(found.unsealed_since)}.")
    return said


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _days_without(days: list[date]) -> list[date]:
    """Return days without a head between the first and the last: nothing ran then, or a head was taken away."""
    have = set(days)
    span = (max(have) - min(have)).days if have else 0
    missing = (min(have) + timedelta(days=passed) for passed in range(1, span))
    return [day for day in missing if day not in have][:_MOST_DAYS_NAMED]
