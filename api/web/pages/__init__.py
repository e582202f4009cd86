"""The web desks: server-rendered pages, one file for each noun.

Guards: every page works by plain reload, without scripts.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from api.problems import Problem

router = APIRouter(include_in_schema=False)


def problem_page(request: Request, problem: Problem) -> Response:
    """A refusal as a page."""
    return PlainTextResponse(problem.sentence, problem.status)
