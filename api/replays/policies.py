"""Policies written in TOML, to be tried before they are in force.

Guards: an error is a sentence that names the file and the setting. What a file leaves out is as in the shipped policy,
so that a trial states only its changes; the word off removes a shipped rule.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alerts.policy import SHIPPED, Policy
from alerts.policy_faults import sentences
from api.score_files.problems import FileError

_OFF = "off"  # TOML has no null


def read_policy(file: Path) -> Policy:
    """Return the policy of a file, named after the file unless it names itself. Raises FileError."""
    try:
        said = tomllib.loads(file.read_text())
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{file} is not TOML: {error}.") from None
    try:
        shipped = SHIPPED.model_dump()
        changes = {name: _changed(shipped.get(name), value) for name, value in said.items()}
        return Policy.model_validate(shipped | {"version": file.stem} | changes)
    except ValidationError as error:
        raise FileError("\n".join(f"{file}: {one}" for one in sentences(error))) from None


def _changed(shipped: Any, said: Any) -> Any:
    """Return a setting with the file's changes; what a table does not name stays as shipped."""
    if said == _OFF:
        return None
    return shipped | said if isinstance(shipped, dict) and isinstance(said, dict) else said
