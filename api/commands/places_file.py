"""The file of organisations, hubs and homes: its format, and the places it describes.

Guards: a place is identified by its key in the file, not by its name. A file with an error describes no places at all.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, ValidationError

from delegation.places import Change, Home, Hub, Organisation, Place, PlacesError, id_of, kind_of

# Keys become ids in this namespace, so one key gives the same id wherever the file is read.
_WORDS = UUID("6f0d4b1e-2d7c-5d5c-9c3a-2f6a54c1b0e7")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Hour = Annotated[StrictInt, Field(ge=0, le=23)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrganisationIn(_Strict):
    name: Words
    kind: Literal["care_provider", "hub_provider"]
    ods_code: Words | None = None


class HubIn(_Strict):
    organisation: str
    name: Words
    phone: Words


class HomeIn(_Strict):
    organisation: str
    hub: str
    name: Words
    kind: Literal["care_home", "home_care_round"]
    phone: Words
    rounds: Annotated[list[Hour], Field(min_length=1)] = [8, 13, 18]


class Document(_Strict):
    """The file. The keys of its tables identify the places."""

    organisations: dict[str, OrganisationIn] = {}
    hubs: dict[str, HubIn] = {}
    homes: dict[str, HomeIn] = {}


def read(text: str) -> list[Place]:
    """Return the places in a file. Raises PlacesError where it has an error."""
    try:
        document = Document.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlacesError(f"This is not TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlacesError(f"In the file, {where}: {first['msg'].removeprefix('Value error, ')}.") from None
    return list(_places(document))


def said(found: Sequence[Change], written: int) -> Iterator[str]:
    """Yield a line for each change."""
    for one in found:
        what = f"{kind_of(one.place)} {one.place.name} ({id_of(one.place)})"
        if one.fields is None:
            yield f"new      {what}"
            continue
        differing = "; ".join(f"{name} {before} -> {now}" for name, (before, now) in one.fields.items())
        yield f"changed  {what}: {differing}"
    yield f"{written - len(found)} of {written} were there already as the file says."


def home_id_of(word: str) -> UUID:
    """Return the id of the home with this key."""
    return _id("home", word)


def _places(document: Document) -> Iterator[Place]:
    for key, one in document.organisations.items():
        yield Organisation(_id("organisation", key), one.name, one.kind, one.ods_code)
    for key, one in document.hubs.items():
        provider = _of(document.organisations, one.organisation, "hub_provider", f"hubs.{key}")
        yield Hub(_id("hub", key), provider, one.name, one.phone)
    for key, one in document.homes.items():
        provider = _of(document.organisations, one.organisation, "care_provider", f"homes.{key}")
        if one.hub not in document.hubs:
            raise PlacesError(f"In the file, homes.{key}: no hub {one.hub!r} is in it.")
        rounds = sorted(set(one.rounds))
        yield Home(_id("home", key), provider, _id("hub", one.hub), one.name, one.kind, one.phone, rounds)


def _of(organisations: Mapping[str, OrganisationIn], key: str, kind: str, where: str) -> UUID:
    if key not in organisations:
        raise PlacesError(f"In the file, {where}: no organisation {key!r} is in it.")
    if organisations[key].kind != kind:
        raise PlacesError(f"In the file, {where}: {key!r} is no {kind}.")
    return _id("organisation", key)


def _id(kind: str, key: str) -> UUID:
    """Return a key's id; a key that is an id already is used as it is."""
    try:
        return UUID(key)
    except ValueError:
        return uuid5(_WORDS, f"{kind}/{key}")
