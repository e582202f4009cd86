"""Why a policy is not in force, or not as written: sentences that name the setting and say what it may be.

Guards: what a setting may be is read from the policy's own schema, so no sentence allows what is refused.
There is always a sentence: an error while wording one would keep readings from being judged.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from alerts.policy import SHIPPED, Policy


class Fault(NamedTuple):
    """What is wrong with a policy: a code to look up, what is wrong, and how to put it right.

    `in_force`: whether the policy is in force all the same.
    """

    code: str
    says: str
    hint: str
    in_force: bool

    def __str__(self) -> str:
        return f"{self.says} {self.hint} ({self.code})"


def fault(body: str) -> Fault | None:
    """Return what keeps a document from being in force as written, or None."""
    try:
        return unsafe(Policy.model_validate_json(body))
    except ValidationError as error:
        return senseless(error)


def senseless(error: ValidationError) -> Fault:
    """Return the fault of a document that is no policy at all."""
    return Fault("policy.senseless", " ".join(sentences(error)), "Record it anew, put right.", in_force=False)


def unsafe(policy: Policy) -> Fault | None:
    """Return what keeps a policy that can be read from being in force as written, or None."""
    if not policy.passes_over_a_red_sign:
        return None
    return Fault(
        "policy.red_sign",
        "A vital sign that scores 3, with nothing else measured, would raise nothing and ask for nothing: in force,"
        f" red_vital_sign is {SHIPPED.red_vital_sign}.",
        "Give red_vital_sign or could_not_be_excluded a severity, or begin medium at 3 or below.",
        in_force=True,
    )


def sentences(error: ValidationError) -> list[str]:
    """Return a sentence for each setting that is wrong."""
    return list(dict.fromkeys(_worded(one) for one in error.errors()))


def _worded(error: Mapping[str, Any]) -> str:
    """Return our sentence for an error; if ours fails, pydantic's."""
    try:
        return _sentence(error)
    except Exception:
        return f"{'.'.join(map(str, error['loc']))}: {error['msg']}."


def _sentence(error: Mapping[str, Any]) -> str:
    unknown = error["type"] == "extra_forbidden"
    of_a_key = not unknown and error["loc"][-1:] == ("[key]",)
    place = [part for part in error["loc"][: -1 if of_a_key else None] if isinstance(part, str)]
    name = ".".join(place)
    if error["type"] == "value_error":
        return f"{name}: {error['ctx']['error']}" if name else str(error["ctx"]["error"])
    if unknown or of_a_key:
        return f"{name} is no setting: {_instead(place[-1], _names(_schema(place[:-1])))}"
    allowed = _allowed(_schema(place))
    if len(place) < len(error["loc"]):  # one of a pair: the sentence is about the pair
        return f"{name} must be {allowed}."
    if error["type"] == "missing":
        return f"{name} is left out: it must be {allowed}."
    return f"{name or 'A policy'} must be {allowed}{_not(error['input'])}."


def _instead(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f"is {close[0]} meant?" if close else f"there are {', '.join(known)}."


def _not(said: Any) -> str:
    if isinstance(said, dict | list | tuple):
        return ""
    return f", not {json.dumps('off' if said is None else said, default=str)}"


@cache
def _whole() -> dict[str, Any]:
    return Policy.model_json_schema()


def _schema(place: Sequence[str]) -> dict[str, Any]:
    """Return what the schema says of a setting."""
    found = _whole()
    for name in place:
        table = _alone(found)
        found = table.get("properties", {}).get(name) or table["additionalProperties"]
    return found


def _alone(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without its alternatives: `off`, or a number written as text."""
    [first, *_] = schema.get("anyOf", [schema])
    return _whole()["$defs"][first["$ref"].rpartition("/")[2]] if "$ref" in first else first


def _names(table: dict[str, Any]) -> list[str]:
    """Return the names that a table may hold."""
    alone = _alone(table)
    return list(alone["properties"] if "properties" in alone else _alone(alone["propertyNames"])["enum"])


def _allowed(schema: dict[str, Any]) -> str:
    alone = _alone(schema)
    off = ['"off"'] if {"type": "null"} in schema.get("anyOf", ()) else []
    if "enum" in alone:
        *most, last = [*alone["enum"], *off]
        return f"one of {', '.join(most)} or {last}"
    words = {
        "integer": "a whole number",
        "number": "a number",
        "string": "text in quotation marks",
        "object": "a table",
        "array": "two numbers, the lower first",
    }
    return " or ".join([" ".join([words[alone["type"]], *_range(alone)]), *off])


def _range(schema: dict[str, Any]) -> Iterator[str]:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    if least is None:
        return
    if "exclusiveMinimum" in schema and schema["type"] == "number":
        yield f"above {least:g}"
        return
    least += "exclusiveMinimum" in schema
    yield f"from {least} to {schema['maximum']}" if "maximum" in schema else f"from {least} on"
