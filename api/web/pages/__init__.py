"""The pages people see.

Guards: a page shows what its visit may see, and nothing is decided in a template.
"""

from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.problems import Problem

router = APIRouter()


def problem_page(request: Request, problem: Problem) -> Response:  # noqa: ARG001
    """A refusal as a page."""
    text = escape(f"{problem.status.phrase}: {problem.sentence} ({problem.request_id})")
    return HTMLResponse(f"<!doctype html><title>Hearthwatch</title><p>{text}</p>", problem.status)
