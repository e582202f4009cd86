"""The command that gives an account a new password when nobody is left who can do so on the pages.

Guards: it does no more than an operator can do on the pages. The audit keeps who ran it and why.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer


class NoSuchAccountError(Exception):
    """No account has this name; the message says so."""


def give_password(
    username: Annotated[str, typer.Argument(help="Whose account.")],
    by: Annotated[str, typer.Option(help="Your name, for the record.")],
    reason: Annotated[str, typer.Option(help="Why, and how you know that it is they who ask.")],
    second_step: Annotated[
        bool,
        typer.Option("--and-take-second-step-away", help="They have lost their telephone and their codes."),
    ] = False,
) -> None:
    """Give an account a password that must be changed, for an operator who is locked out.

    It is printed only this once, and good for three days.
    """
    import psycopg

    from api.identity import accounts
    from api.identity import second_step as steps
    from api.settings import DatabaseRole, Settings
    from api.signing_in import others_accounts
    from delegation import audit
    from delegation.people import Process

    at = datetime.now(UTC)
    with psycopg.connect(Settings.load().conninfo(DatabaseRole.MIGRATOR)) as conn:
        account = accounts.named(conn, accounts.as_typed(username))
        if account is None:
            raise NoSuchAccountError(f"There is no account {username!r}.")
        done = ["password.given"]
        if second_step:
            steps.forget(conn, account.person_id)
            done.insert(0, "second_step.taken_away")
        given, _ = others_accounts.replace_password(conn, account, at)
        for action in done:
            subject, words = f"person:{account.person_id}", f"{by}: {reason}"
            audit.record(conn, Process("give-password"), action, subject, at=at, words=words)
    print(f"The password of {given.username} is {given.password}, until {given.until:%Y-%m-%d %H:%M} UTC.")
