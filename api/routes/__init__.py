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
    scale_two,
)


def routers() -> list[APIRouter]:
    """All of it, in the order the documentation shows it."""
    parts = (
        me,
        queue,
        notices,
        residents,
        scale_two,
        records,
        captures,
        corrections,
        homes,
        competences,
        operations,
        contract,
    )
    return [part.router for part in parts]
