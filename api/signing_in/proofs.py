"""What somebody types to prove again who they are, checked before their visit opens.

Guards: a check is slow on purpose and takes connections of its own, so no visit is open meanwhile. Otherwise each would
hold one connection and wait for another, and many guesses could block everybody. Without a session nothing is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Form, Request

from api import cookies
from api.identity import accounts, sessions
from api.identity.accounts import Account
from api.identity.addresses import address_of
from api.identity.breached import HashFile
from api.identity.new_password import fault
from api.identity.passwords import hash_password
from api.identity.sessions import Session
from api.identity.steps import Step
from api.identity.throttle import Guessed, Try
from api.parts import parts_of
from api.problems import NotSignedInError, RefusedError
from api.signing_in.sign_in import checked, is_same, try_of, wait_for
from delegation import invitation
from delegation.people import actor_of

EMPTY = "Type in your password."
NOT_RIGHT = "This is not your password."
NOT_THE_SAME = "The two are not the same: type the new password again."
NOT_NEW = "This is the password you have now. Choose another."


@dataclass(frozen=True, slots=True)
class Asker:
    """The person whose session a request comes with."""

    session: Session
    account: Account
    name: str


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A chosen password as its hash, and the password it replaces; or what is wrong, by field."""

    faults: Mapping[str, str] = field(default_factory=dict)
    password_hash: str = ""
    before: Account | None = None


@dataclass(frozen=True, slots=True)
class CodeTry:
    """A counted try at a code, or why it is refused."""

    counted: tuple[Try, datetime] | None
    refused: RefusedError | None = None

    def let_through(self) -> tuple[Try, datetime]:
        """Return the try. Raises RefusedError where it must wait."""
        if self.counted is None:
            raise self.refused or NotSignedInError()
        return self.counted


def own_password(request: Request, current: Annotated[str, Form(max_length=1000)] = "") -> str | None:
    """Return what is wrong with what was typed as one's own password; None also while still signing in with it."""
    asker = _asker(request)
    if asker is not None and asker.session.step in (Step.NEW_PASSWORD, Step.ENROLMENT):
        return None
    if asker is None or not asker.session.is_full:
        return NOT_RIGHT
    # An empty field is no guess.
    if not current:
        return EMPTY
    return None if checked(request, asker.account.username, current) is not None else NOT_RIGHT


OwnPassword = Annotated[str | None, Depends(own_password)]


def new_password(
    request: Request,
    wrong: OwnPassword,
    new: Annotated[str, Form(max_length=1000)] = "",
    again: Annotated[str, Form(max_length=1000)] = "",
) -> NewPassword:
    """Check what somebody chose as their new password."""
    asker = _asker(request)
    if asker is None:
        return NewPassword({"current": NOT_RIGHT})
    faults = {"current": wrong} if wrong else {}
    breached_file = parts_of(request).settings.account.breached_file
    breached = () if breached_file is None else HashFile(breached_file)
    unfit = fault(new, (asker.account.username, asker.name), breached)
    if unfit:
        faults["new"] = unfit
    elif new != again:
        faults["again"] = NOT_THE_SAME
    elif not faults and is_same(new, asker.account.password_hash):
        faults["new"] = NOT_NEW
    return NewPassword(faults) if faults else NewPassword({}, hash_password(new), asker.account)


def code_try(request: Request) -> CodeTry:
    """Count a try at a code of the second step."""
    asker = _asker(request)
    if asker is None or asker.session.step is not Step.CODE:
        return CodeTry(None)
    tried = try_of(request, asker.account.username, Guessed.CODE)
    try:
        return CodeTry((tried, wait_for(parts_of(request), tried)))
    except RefusedError as refused:
        return CodeTry(None, refused)


def invitation_try(request: Request, code: Annotated[str, Form(max_length=200)] = "") -> CodeTry:
    """Count a try at an invitation's code, by the person as far as known."""
    # An empty field is no guess.
    if not code.strip():
        return CodeTry(None, RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Type in the code."))
    address = address_of(request, parts_of(request).settings.http.client_header)
    tried = Try(invitation.as_typed(code), address, guessed=Guessed.INVITATION)
    try:
        return CodeTry((tried, wait_for(parts_of(request), tried)))
    except RefusedError as refused:
        return CodeTry(None, refused)


InvitationTry = Annotated[CodeTry, Depends(invitation_try)]


def _asker(request: Request) -> Asker | None:
    parts = parts_of(request)
    token = request.cookies.get(cookies.session_name(https=parts.uses_https))
    if not token:
        return None
    with parts.pool.connection() as conn:
        session = sessions.find(conn, sessions.digest(token), parts.clock())
        if session is None:
            return None
        actor = actor_of(conn, session.person_id)
        return Asker(session, accounts.of_person(conn, session.person_id), actor.name)
