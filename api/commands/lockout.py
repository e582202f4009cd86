"""The command that gives an account a new password when nobody is left who can do so on the pages.

Guards: it does no more than an operator can do on the pages. The audit keeps in whose name and why: another
operator's, or where there is none, that of the operating system's user.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.options import ByIfAny


class NoSuchAccountError(Exception):
    """No account has this name; the message says so."""


def give_password(
    username: Annotated[str, typer.Argument(help="Whose account.")],
    reason: Annotated[str, typer.Option(help="Why, and how you know that it is they who ask.")],
    second_step: Annotated[
        bool,
        typer.Option("--and-take-second-step-away", help="They have lost their telephone and their codes."),
    ] = False,
    by: ByIfAny = None,
) -> None:
    """Give an account a password that must be changed, for an operator who is locked out.

    It is printed only this once, and good for three days. Leave --by out where there is no other operator.
    """
    from api.commands.owner import as_owner, operator_if_any
    from api.identity import accounts
    from api.identity import second_step as steps
    from api.signing_in import others_accounts
    from delegation import audit

    at = datetime.now(UTC)
    with as_owner() as conn:
        account = accounts.named(conn, accounts.as_typed(username))
        if account is None:
            raise NoSuchAccountError(f"There is no account {username!r}.")
        actor = operator_if_any(conn, by, not_for=account.person_id)
        done = ["password.given"]
        if second_step:
            steps.forget(conn, account.person_id)
            done.insert(0, "second_step.taken_away")
        given, _ = others_accounts.replace_password(conn, account, at)
        for action in done:
            audit.record(conn, actor, action, f"person:{account.person_id}", at=at, words=reason)
    print(f"The password of {given.username} is {given.password}, until {given.until:%Y-%m-%d %H:%M} UTC.")
