"""The fields of a posted form, by name.

Guards: files are refused, and so are more fields than any of our forms has.
"""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData


async def _posted(request: Request) -> dict[str, str]:
    form: FormData = await request.form(max_files=0, max_fields=100)
    return {name: value for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_posted)]


def day_of(text: str) -> date | None:
    """Return the chosen day; None where none was chosen or it cannot be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
