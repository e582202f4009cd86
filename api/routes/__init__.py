"""The JSON API, under /api/v1, one file for each noun."""

from fastapi import APIRouter

from api.routes import (
    captures,
    competences,
    contract,
    corrections,
    homes,
    me,
    notices,
    operations,
    queue,
    records,
    residents,
)


def routers() -> list[APIRouter]:
    """All of it, in the order the documentation shows it."""
    parts = (
        me,
        queue,
        notices,
        residents,
        records,
        captures,
        corrections,
        homes,
        competences,
        operations,
        contract,
    )
    return [part.router for part in parts]
