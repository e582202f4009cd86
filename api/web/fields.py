"""The fields of a posted form, by name.

Guards: files are refused, and so are more fields than any of our forms has, and characters that cannot be stored. A
route names its fields before its visit: whoever sends them slowly then holds no connection of the database.
"""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api.problems import RefusedError


async def _posted(request: Request) -> dict[str, str]:
    form: FormData = await request.form(max_files=0, max_fields=100)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not all(_can_be_stored(value) for value in fields.values()):
        sentence = "This has characters that cannot be stored: go back, take them out, and send it again."
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)
    return fields


def _can_be_stored(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


Fields = Annotated[dict[str, str], Depends(_posted)]


def day_of(text: str) -> date | None:
    """Return the chosen day; None where none was chosen or it cannot be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
