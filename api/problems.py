"""The answer to a request that cannot be done: problem+json (RFC 9457) with a sentence, or a page.

Guards: no stack trace, SQL or value of another request leaves the server. An unexpected error says only that it
happened, and its request id for the journal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from alerts.cases.desk import AlreadyClaimedError, ChangedError, DeskError, NotOpenError, NotYoursError
from delegation.break_glass import GlassRefusedError
from delegation.decisions.decision import (
    DecidedMeanwhileError,
    DecisionRefusedError,
    NotInForceError,
    UnfitDecisionError,
)
from delegation.residents.admission import AdmissionRefusedError, UnfitParticularsError
from delegation.residents.end_of_care import EndRefusedError
from delegation.residents.legal_hold import NoSuchHoldError, PastHoldError
from delegation.sign_off import SignOffRefusedError
from ingest.correction import CorrectionRefusedError

# Refusals of the layers below whose messages are meant for the person who asked; the first match counts.
REFUSED_BELOW: dict[type[Exception], HTTPStatus] = {
    NotYoursError: HTTPStatus.NOT_FOUND,
    AlreadyClaimedError: HTTPStatus.CONFLICT,
    NotOpenError: HTTPStatus.CONFLICT,
    ChangedError: HTTPStatus.CONFLICT,
    DeskError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SignOffRefusedError: HTTPStatus.FORBIDDEN,
    CorrectionRefusedError: HTTPStatus.CONFLICT,
    EndRefusedError: HTTPStatus.FORBIDDEN,
    NoSuchHoldError: HTTPStatus.NOT_FOUND,
    PastHoldError: HTTPStatus.UNPROCESSABLE_ENTITY,
    DecisionRefusedError: HTTPStatus.FORBIDDEN,
    NotInForceError: HTTPStatus.CONFLICT,
    DecidedMeanwhileError: HTTPStatus.CONFLICT,
    UnfitDecisionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    AdmissionRefusedError: HTTPStatus.CONFLICT,
    UnfitParticularsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    GlassRefusedError: HTTPStatus.FORBIDDEN,
}

MEDIA_TYPE = "application/problem+json"


class RefusedError(Exception):
    """A refused request; the message is meant for the person who asked."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class NotSignedInError(RefusedError):
    """Nobody is signed in, or not fully; `page` is where to go on."""

    def __init__(self, sentence: str = "Sign in first.", page: str | None = None) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, sentence)
        self.page = page


def not_found(what: str) -> RefusedError:
    """Return one refusal for what does not exist and what the actor may not see."""
    return RefusedError(HTTPStatus.NOT_FOUND, f"There is no such {what}, or it is not yours to see.")


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal as it is shown."""

    status: HTTPStatus
    sentence: str
    request_id: str
    faults: tuple[Mapping[str, Any], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.sentence,
            "request_id": self.request_id,
        }
        return body | ({"errors": list(self.faults)} if self.faults else {})


ProblemPage = Callable[[Request, Problem, str | None], Response]

_OWN_WORDS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this kind of request.",
}
_WENT_WRONG = "Something went wrong on our side. It has been written down under this request id."
_NOT_STORABLE = "Something in this cannot be stored: look for odd characters or a number far too large."
_NO_DATABASE = (
    "The database did not answer. What you were saving may not be there: look before sending it again."
)


def problem_of(error: Exception, request_id: str) -> Problem:
    """Return what may be said of an error."""
    if isinstance(error, RefusedError):
        return Problem(error.status, str(error), request_id, headers=error.headers or {})
    if isinstance(error, RequestValidationError):
        return _invalid(error, request_id)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        words = _OWN_WORDS.get(status, f"{status.phrase}.")
        return Problem(status, words, request_id, headers=error.headers or {})
    for kind, status in REFUSED_BELOW.items():
        if isinstance(error, kind):
            return Problem(status, str(error), request_id)
    return _trouble(error, request_id)


def _trouble(error: Exception, request_id: str) -> Problem:
    """Return the problem for errors whose own message must stay inside."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Problem(HTTPStatus.FORBIDDEN, "This is not yours to do.", request_id)
    if isinstance(error, psycopg.DataError):
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _NOT_STORABLE, request_id)
    if isinstance(error, psycopg.OperationalError):
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, _NO_DATABASE, request_id, headers={"Retry-After": "5"})
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _WENT_WRONG, request_id)


def _invalid(error: RequestValidationError, request_id: str) -> Problem:
    # The input is not repeated: it may be a password or a resident's values.
    faults = tuple(_fault(fault) for fault in error.errors())
    said = "; ".join(f"{fault['where'] or 'The body'}: {fault['what']}" for fault in faults)
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, f"This could not be understood. {said}.", request_id, faults
    )


def _fault(found: Mapping[str, Any]) -> dict[str, str]:
    if found["type"] == "json_invalid":
        return {"where": "", "what": "this is not JSON"}
    where = ".".join(str(part) for part in found["loc"][1:])
    return {"where": where, "what": found["msg"].removeprefix("Value error, ")}


def is_about_the_address(error: Exception) -> bool:
    """Return whether part of the address could not be read, such as a mistyped id."""
    return isinstance(error, RequestValidationError) and any(
        fault["loc"][0] in ("path", "query") for fault in error.errors()
    )


def answer(request: Request, problem: Problem, who: str | None = None) -> Response:
    """Return a page for a browser that asked for one, otherwise problem+json. `who` is signed in."""
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is not None and wants_page(request):
        shown = page(request, problem, who)
        shown.headers.update(problem.headers)
        return shown
    return JSONResponse(problem.body(), problem.status, dict(problem.headers), media_type=MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a person's browser asked, and not a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
