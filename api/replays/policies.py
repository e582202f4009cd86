"""Policies written down in TOML, to be tried before they are in force.

Guards: what is wrong with one is a sentence that names the file and the setting; what a file leaves out is as it is
shipped, so that a trial says only what it changes, and a rule that is shipped is left out by the word off.
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
    """The policy of a file, named after it unless it names itself. Raises FileError."""
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
    """Of a table that is shipped, what the file does not name stays."""
    if said == _OFF:
        return None
    return shipped | said if isinstance(shipped, dict) and isinstance(said, dict) else said
