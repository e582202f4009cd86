"""The one place where the api is put together.

Guards: everything served passes through the envelope and declares what it needs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from psycopg import DataError, OperationalError
from psycopg.errors import InsufficientPrivilege
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from alerts.evaluator import Evaluator
from api import health, stream
from api.access import name_of
from api.database import open_pool
from api.envelope import Envelope
from api.fanout import Fanout, Pace
from api.identity.openid_provider import Provider
from api.identity.sealing import sealer_of
from api.identity.throttle import Throttle
from api.metrics import Counts
from api.parts import Clock, Parts
from api.problems import (
    REFUSED_BELOW,
    NotSignedInError,
    RefusedError,
    answer,
    is_about_the_address,
    problem_of,
    wants_page,
)
from api.pulse import Pulse
from api.routes import routers
from api.settings import DatabaseRole, Settings
from api.web import pages
from api.web.files import MOUNT, files

SIGN_IN_PAGE = "/sign-in"
REQUESTS_AT_ONCE = 20
CAPTURES_AT_ONCE = 4
_REFUSALS: tuple[type[Exception], ...] = (
    RefusedError,
    RequestValidationError,
    HTTPException,
    InsufficientPrivilege,
    DataError,
    OperationalError,
    *REFUSED_BELOW,
)


def now() -> datetime:
    """Return the time by the hub's clock."""
    return datetime.now(UTC)


def create_app(settings: Settings, clock: Clock = now, pace: Pace | None = None) -> FastAPI:
    """Build the api of one process; it connects to nothing before it starts."""
    counts = Counts()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = open_pool(settings, DatabaseRole.API, REQUESTS_AT_ONCE)
        door = open_pool(settings, DatabaseRole.INGEST, CAPTURES_AT_ONCE)
        with pool, door:
            fanout = Fanout(settings.conninfo(DatabaseRole.API), pool, counts)
            app.state.parts = Parts(
                settings,
                pool,
                door,
                Evaluator(),
                counts,
                Throttle(pool),
                fanout,
                pace or Pace(),
                Pulse(pool),
                sealer_of(settings),
                Provider(settings.openid) if settings.openid.issuer else None,
                clock,
            )
            yield
            await fanout.stop()

    app = FastAPI(
        title="Hearthwatch",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Redirecting slashes would send the browser to whatever host the request names.
        redirect_slashes=False,
        routes=_routes(),
    )
    app.state.problem_page = pages.problem_page
    app.add_middleware(Envelope, counts=counts, https=not settings.demo)
    for refusal in _REFUSALS:
        app.add_exception_handler(refusal, _refuse)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Return all routes. They are built once, as that takes a tenth of a second and depends on no app."""
    whole = APIRouter()
    for router in (*routers(), stream.router, health.router, pages.router):
        whole.include_router(router)
    whole.mount(MOUNT, files(), name="static")
    return whole.routes


def _refuse(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedInError) and request.method == "GET" and wants_page(request):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        page = error.page or SIGN_IN_PAGE
        return RedirectResponse(f"{page}?next={quote(back, safe='')}", HTTPStatus.SEE_OTHER)
    if wants_page(request) and is_about_the_address(error):
        error = HTTPException(HTTPStatus.NOT_FOUND)
    problem = problem_of(error, request.state.request_id)
    known = wants_page(request) and problem.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return answer(request, problem, name_of(request) if known else None)
