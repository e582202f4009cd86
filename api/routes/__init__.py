"""The JSON API, under /api/v1, one file for each noun."""

from fastapi import APIRouter

from api.routes import (
    captures,
    competences,
    contract,
    corrections,
    homes,
    me,
    operations,
    queue,
    records,
    residents,
)


def routers() -> list[APIRouter]:
    """All of it, in the order the documentation shows it."""
    parts = (me, queue, residents, records, captures, corrections, homes, competences, operations, contract)
    return [part.router for part in parts]
