"""A refusal as a page.

Guards: it says what happened and what to do next, and never claims that anything was stored.
"""

from http import HTTPStatus

from fastapi import Request, Response

from api.problems import Problem
from api.web.rendering import page

_TITLES = {
    HTTPStatus.UNAUTHORIZED: "You are not signed in",
    HTTPStatus.FORBIDDEN: "This is not yours to see or do",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.CONFLICT: "It was not done",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This could not be understood",
    HTTPStatus.SERVICE_UNAVAILABLE: "Hearthwatch cannot reach its database",
}


def problem_page(request: Request, problem: Problem, who: str | None) -> Response:
    """Return the page for a browser; programs get problem+json.

    `who` is signed in, and goes on from here as from any page.
    """
    failed = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    view = {
        "title": _TITLES.get(problem.status, "Something went wrong" if failed else problem.status.phrase),
        "sentence": problem.sentence,
        "request_id": problem.request_id,
        "failed": failed,
        "was_capture": request.method == "POST" and request.url.path.endswith("/capture"),
        "signed_out": problem.status == HTTPStatus.UNAUTHORIZED,
        "was_form": request.method == "POST" and request.url.path != "/sign-out",
    }
    return page(request, "problem.jinja", view, who=who, status=problem.status)
