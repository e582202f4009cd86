"""Who fell ill in a simulation, with what and when, as `simulate --truth` and `--summary` write it.

Guards: a file without these facts is refused; what else it holds is ignored.
"""

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from api.score_files.problems import FileError


class Label(BaseModel):
    """One illness as it was scripted."""

    model_config = ConfigDict(frozen=True, strict=True)

    resident: str
    scenario: str
    truth: str
    onset_at: AwareDatetime
    crisis_at: AwareDatetime
    over_at: AwareDatetime


class _Summary(BaseModel):
    illnesses: list[Label]


_FILE: TypeAdapter[list[Label] | _Summary] = TypeAdapter(list[Label] | _Summary)


def read_labels(file: Path) -> list[Label]:
    """Return the labels of a simulation. Raises FileError."""
    try:
        said = _FILE.validate_json(file.read_bytes())
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise FileError(f"{file} holds no labels of a simulation.") from None
    return said.illnesses if isinstance(said, _Summary) else said
