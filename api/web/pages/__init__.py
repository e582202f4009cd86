"""The server-rendered pages, one file for each noun.

Guards: every page works by plain reload, without scripts. Refusals are shown on a page too.
"""

from fastapi import APIRouter

from api.web.pages import (
    account,
    accounts,
    air_record,
    capture,
    ceiling,
    correction,
    counts,
    details,
    escalation,
    export,
    glass,
    home,
    joining,
    kits,
    limits,
    looks,
    move,
    notices,
    openid,
    pause,
    people,
    queue,
    records,
    resident,
    reviews,
    scale_two,
    second_step,
    session,
    start,
    tablets,
    training,
)
from api.web.pages.problem import problem_page

__all__ = ["problem_page", "router"]

router = APIRouter(include_in_schema=False)
_DESKS = (
    session,
    joining,
    account,
    second_step,
    openid,
    tablets,
    accounts,
    people,
    start,
    queue,
    notices,
    reviews,
    scale_two,
    limits,
    ceiling,
    pause,
    air_record,
    escalation,
    resident,
    records,
    details,
    move,
    export,
    looks,
    glass,
    correction,
    capture,
    home,
    training,
    counts,
    kits,
)
for part in _DESKS:
    router.include_router(part.router)
