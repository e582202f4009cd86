"""The commands that give people accounts and roles and end roles, as the database's owner.

Guards: a new installation gets its first account only from here, and it is an operator's: all others are given in an
operator's name. A role that can be given on a page has the same end as there. A printed password is good for three
days, and only to choose another.
"""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from api.commands.options import By, ByIfAny

if TYPE_CHECKING:
    import psycopg

    from delegation.people import Actor, Role, RoleHeld, SystemUser

_LONDON = ZoneInfo("Europe/London")
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
    str | None,
    typer.Option(
        help="The last day it is held, as 2027-03-31. If not said, as long as an invitation gives it to care workers,"
        " carers and hub clinicians; to others until it is ended."
    ),
]
Reason = Annotated[str, typer.Option(help="Why, and how you know that it is they.")]


def add_person(
    username: Username,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    role: RoleName,
    reason: Reason,
    by: ByIfAny = None,
    at: Place = None,
    until: Until = None,
    profession: Annotated[str | None, typer.Option(help="For example: Registered manager.")] = None,
    registered: Annotated[
        str | None, typer.Option(help="Their register and number there, as NMC:12A3456B.")
    ] = None,
) -> None:
    """Give a new person an account and a role. The first is an operator's, for which --by is left out.

    Their password is printed only this once. It is good for three days, and only to choose another.
    """
    from api.commands.owner import as_owner
    from api.identity import accounts
    from api.identity.passwords import hash_password
    from delegation import appointment

    now, typed = datetime.now(UTC), accounts.as_typed(username)
    if not accounts.is_username(typed):
        form = accounts.USERNAME_FORM
        raise typer.BadParameter(f"{username!r}: a user name is {form}.", param_hint="'USERNAME'")
    if not name.strip():
        raise typer.BadParameter("Say who it is.", param_hint="'--name'")
    password, good_until = accounts.password_to_give(), now + accounts.GIVEN_FOR
    with as_owner() as conn:
        held = appointment.find(conn, _role(role), at)
        actor, ends_at = _giver(conn, by, held.role), _end(conn, held.role, until, now)
        person_id = appointment.add_person(conn, name.strip(), profession, _registered(registered))
        if not accounts.add(conn, person_id, typed, hash_password(password), good_until):
            raise appointment.AppointmentError(
                f"There is an account {typed!r} already: another role for it is `hearthwatch give-role`."
            )
        appointment.give(conn, actor, person_id, held, at=now, until=ends_at, words=reason)
    print(f"{name.strip()} is {_words(held)}{_until(ends_at)}.")
    print(f"The password of {typed} is {password}, until {good_until:%Y-%m-%d %H:%M} UTC.")


def give_role(
    username: Username,
    role: RoleName,
    reason: Reason,
    by: ByIfAny = None,
    at: Place = None,
    until: Until = None,
) -> None:
    """Give another role to somebody who has an account; they must sign in again."""
    from api.commands.owner import as_owner
    from delegation import appointment

    now = datetime.now(UTC)
    with as_owner() as conn:
        held, person_id = appointment.find(conn, _role(role), at), _person(conn, username)
        actor, ends_at = _giver(conn, by, held.role), _end(conn, held.role, until, now)
        appointment.give(conn, actor, person_id, held, at=now, until=ends_at, words=reason)
    print(f"{username} is {_words(held)}{_until(ends_at)}.")


def end_role(username: Username, role: RoleName, by: By, reason: Reason, at: Place = None) -> None:
    """End a role at once; its holder is signed out, from open pages within 30 seconds."""
    from api.commands.owner import as_owner, operator
    from delegation import appointment

    with as_owner() as conn:
        held, person_id = appointment.find(conn, _role(role), at), _person(conn, username)
        actor = operator(conn, by)
        appointment.end(conn, actor, person_id, held, at=datetime.now(UTC), words=reason)
    print(f"{username} is no longer {_words(held)}.")


def _giver(conn: "psycopg.Connection[Any]", by: str | None, role: "Role") -> "Actor | SystemUser":
    """Return in whose name the role is given. Raises NotInTheirNameError, AppointmentError."""
    from api.commands.owner import operator_if_any
    from delegation.appointment import AppointmentError
    from delegation.people import Role, SystemUser

    actor = operator_if_any(conn, by)
    if isinstance(actor, SystemUser) and role is not Role.OPERATOR:
        raise AppointmentError(
            "There is no operator yet, in whose name this is done: begin with one, by --role operator."
        )
    return actor


def _person(conn: "psycopg.Connection[Any]", username: str) -> UUID:
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


def _end(conn: "psycopg.Connection[Any]", role: "Role", day: str | None, now: datetime) -> datetime | None:
    """Return the role's end: that of the day, or the role's usual one; None where it has none."""
    from delegation import gift

    term, today = gift.terms(conn).get(role), now.astimezone(_LONDON).date()
    if day is None:
        return None if term is None else _end_of(today + term.usual)
    last = _day(day)
    if last is None or last < today:
        raise typer.BadParameter(f"{day!r} is no day to come.", param_hint="'--until'")
    if term is not None and last > today + term.longest:
        latest = today + term.longest
        raise typer.BadParameter(
            f"{day!r}: at most {term.longest.days} days, until {latest}.",
            param_hint="'--until'",
        )
    return _end_of(last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    """Return the end of that day in London."""
    return datetime.combine(day, time(23, 59, 59), _LONDON).astimezone(UTC)


def _until(ends_at: datetime | None) -> str:
    return "" if ends_at is None else f" until the end of {ends_at.astimezone(_LONDON).date()}"


def _words(held: "RoleHeld") -> str:
    return held.role.replace("_", " ")
