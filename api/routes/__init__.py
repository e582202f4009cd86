"""The JSON API, under /api/v1, one file for each noun."""

from fastapi import APIRouter

from api.routes import (
    air_records,
    captures,
    ceilings,
    competences,
    contract,
    corrections,
    glass,
    homes,
    limits,
    me,
    notices,
    operations,
    particulars,
    pauses,
    queue,
    records,
    residents,
    scale_two,
)


def routers() -> list[APIRouter]:
    """Return all routers, in the order of the documentation."""
    parts = (
        me,
        queue,
        notices,
        residents,
        particulars,
        scale_two,
        limits,
        ceilings,
        pauses,
        air_records,
        records,
        captures,
        corrections,
        homes,
        glass,
        competences,
        operations,
        contract,
    )
    return [part.router for part in parts]
