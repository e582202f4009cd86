"""The commands that give people accounts and roles and end roles, as the database's owner.

Guards: a new installation gets its first account only from here. The audit keeps who did it and why. A printed password
is good for three days, and only to choose another.
"""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    import psycopg

    from delegation.people import Role, RoleHeld

_ROLES = (
    "care_worker, carer, home_manager, hub_clinician, hub_lead, trainer, delegating_professional, commissioner,"
    " operator"
)

Username = Annotated[str, typer.Argument(help="Their user name.")]
RoleName = Annotated[str, typer.Option("--role", help=f"One of {_ROLES}.")]
Place = Annotated[
    str | None,
    typer.Option("--at", help="Where: an organisation, a hub or a home by id or name; a resident by id."),
]
Until = Annotated[
    str | None, typer.Option(help="The last day it is held, as 2027-03-31; until it is ended if not said.")
]
By = Annotated[str, typer.Option(help="Your name, for the record.")]
Reason = Annotated[str, typer.Option(help="Why, and how you know that it is they.")]


def add_person(
    username: Username,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    role: RoleName,
    by: By,
    reason: Reason,
    at: Place = None,
    until: Until = None,
    profession: Annotated[str | None, typer.Option(help="For example: Registered manager.")] = None,
    registered: Annotated[
        str | None, typer.Option(help="Their register and number there, as NMC:12A3456B.")
    ] = None,
) -> None:
    """Give a new person an account and a role, such as the first operator of an installation.

    Their password is printed only this once. It is good for three days, and only to choose another.
    """
    from api.identity import accounts
    from api.identity.passwords import hash_password
    from delegation import appointment
    from delegation.people import Process

    now, typed = datetime.now(UTC), accounts.as_typed(username)
    if not accounts.is_username(typed):
        form = accounts.USERNAME_FORM
        raise typer.BadParameter(f"{username!r}: a user name is {form}.", param_hint="'USERNAME'")
    if not name.strip():
        raise typer.BadParameter("Say who it is.", param_hint="'--name'")
    password, good_until = accounts.password_to_give(), now + accounts.GIVEN_FOR
    with _as_owner() as conn:
        held = appointment.find(conn, _role(role), at)
        person_id = appointment.add_person(conn, name.strip(), profession, _registered(registered))
        if not accounts.add(conn, person_id, typed, hash_password(password), good_until):
            raise appointment.AppointmentError(
                f"There is an account {typed!r} already: another role for it is `hearthwatch give-role`."
            )
        words = f"{by}: {reason}"
        ends_at = _last_moment(until, now)
        appointment.give(conn, Process("add-person"), person_id, held, at=now, until=ends_at, words=words)
    print(f"{name.strip()} is {_words(held)}.")
    print(f"The password of {typed} is {password}, until {good_until:%Y-%m-%d %H:%M} UTC.")


def give_role(
    username: Username, role: RoleName, by: By, reason: Reason, at: Place = None, until: Until = None
) -> None:
    """Give another role to somebody who has an account; they must sign in again."""
    from delegation import appointment
    from delegation.people import Process

    now = datetime.now(UTC)
    with _as_owner() as conn:
        held = appointment.find(conn, _role(role), at)
        person_id, ends_at = _person(conn, username), _last_moment(until, now)
        words = f"{by}: {reason}"
        appointment.give(conn, Process("give-role"), person_id, held, at=now, until=ends_at, words=words)
    print(f"{username} is {_words(held)}.")


def end_role(username: Username, role: RoleName, by: By, reason: Reason, at: Place = None) -> None:
    """End a role at once; its holder is signed out, from open pages within 30 seconds."""
    from delegation import appointment
    from delegation.people import Process

    with _as_owner() as conn:
        held = appointment.find(conn, _role(role), at)
        person_id, words = _person(conn, username), f"{by}: {reason}"
        appointment.end(conn, Process("end-role"), person_id, held, at=datetime.now(UTC), words=words)
    print(f"{username} is no longer {_words(held)}.")


def _as_owner() -> "psycopg.Connection[Any]":
    import psycopg

    from api.settings import DatabaseRole, Settings

    return psycopg.connect(Settings.load().conninfo(DatabaseRole.MIGRATOR))


def _person(conn: "psycopg.Connection[Any]", username: str) -> Any:
    from api.identity import accounts
    from delegation.appointment import AppointmentError

    account = accounts.named(conn, accounts.as_typed(username))
    if account is None:
        raise AppointmentError(f"There is no account {username!r}.")
    return account.person_id


def _role(text: str) -> "Role":
    from delegation.people import Role

    try:
        return Role(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no role: {_ROLES}.", param_hint="'--role'") from None


def _registered(text: str | None) -> tuple[str, str] | None:
    from delegation.decisions.registers import FORMS, Regulator, has_the_form, written

    if text is None:
        return None
    regulator, _, number = text.partition(":")
    if regulator not in set(Regulator) or not has_the_form(Regulator(regulator), number):
        known = "; ".join(f"{one}: {form}" for one, form in FORMS.items())
        raise typer.BadParameter(f"{text!r} is on no register. {known}.", param_hint="'--registered'")
    return regulator, written(number)


def _last_moment(day: str | None, now: datetime) -> datetime | None:
    """Return the end of that day in London."""
    if day is None:
        return None
    try:
        last = datetime.combine(date.fromisoformat(day), time(23, 59, 59), ZoneInfo("Europe/London"))
    except ValueError:
        last = now
    if last <= now:
        raise typer.BadParameter(f"{day!r} is no day to come.", param_hint="'--until'")
    return last.astimezone(UTC)


def _words(held: "RoleHeld") -> str:
    return held.role.replace("_", " ")
