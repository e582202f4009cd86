"""The JSON API, under /api/v1, one file for each noun."""

from fastapi import APIRouter

from api.routes import me


def routers() -> list[APIRouter]:
    """All of it, in the order the documentation shows it."""
    return [me.router]
