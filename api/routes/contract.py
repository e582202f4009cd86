"""The JSON API's own description.

Guards: it names no server and shows nobody's data.
"""

from typing import Any

from fastapi import APIRouter, Request

from api.access import public

router = APIRouter(prefix="/api/v1", dependencies=[public])


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """OpenAPI of everything under /api/v1 and of the stream."""
    return request.app.openapi()
