"""The description of the JSON API in OpenAPI.

Guards: it names no server and shows nobody's data. It lists every answer of each address, refusals too.
"""

from copy import deepcopy
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from api.access import public
from api.problems import MEDIA_TYPE

router = APIRouter(prefix="/api/v1", dependencies=[public])

_TEXT = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "A problem as of RFC 9457. `detail` is for whoever asked; the journal has it by `request_id`.",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "request_id": _TEXT,
        "errors": {
            "type": "array",
            "description": "What of what was sent cannot be used.",
            "items": {
                "type": "object",
                "properties": {"where": _TEXT, "what": _TEXT},
                "required": ["where", "what"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}
_AS_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEMS: dict[str, Any] = {
    "4XX": {"description": "It was not done; the sentence says why.", "content": _AS_PROBLEM},
    "503": {"description": "Not now: try again after `Retry-After` seconds.", "content": _AS_PROBLEM},
}
# The framework's own descriptions of refusals, none of which is sent like that.
_NEVER_SENT = ("HTTPValidationError", "ValidationError")


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI of everything under /api/v1, of the stream and of the health checks."""
    return described(request.app)


def described(app: FastAPI) -> dict[str, Any]:
    """Return what the app takes and answers; made once for each app."""
    if not hasattr(app.state, "described"):
        app.state.described = _with_refusals(deepcopy(app.openapi()))
    return app.state.described


def _with_refusals(whole: dict[str, Any]) -> dict[str, Any]:
    for name in _NEVER_SENT:
        whole["components"]["schemas"].pop(name, None)
    whole["components"]["schemas"]["Problem"] = _PROBLEM
    for address in whole["paths"].values():
        for asked in address.values():
            asked["responses"].pop("422", None)
            for code, answer in asked["responses"].items():
                if code.startswith("4"):  # a refusal described here, or else as everywhere
                    answer["content"] |= _AS_PROBLEM
            asked["responses"] = _PROBLEMS | asked["responses"]
    return whole
