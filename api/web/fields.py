"""A form as it was posted: its fields by name.

Guards: no file is taken, and no more fields than any form of ours has.
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
    """The day that was chosen; None where none was, or nothing that is a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
