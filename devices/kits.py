"""The kit sheet: the file a fitter hands over so that kits can be switched on.

Guards: it holds everything a kit needs to connect and send, and no person's name or number.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictInt, field_serializer, model_validator

from devices.identifiers import KitId, PersonId, ResidentId
from devices.topics import PARTITIONS


class HomeKind(StrEnum):
    """A care home, or a round of people's own homes."""

    CARE_HOME = "care_home"
    HOME_CARE_ROUND = "home_care_round"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Broker(_Part):
    """Where to connect. A CA file means TLS."""

    host: str
    port: Annotated[StrictInt, Field(gt=0, lt=65536)]
    ca_file: Path | None = None


class WatchedResident(_Part):
    """A resident as a kit knows them: an opaque id, and the SpO2 scale a clinician authorised."""

    resident_id: ResidentId
    spo2_scale: Literal[1, 2] = 1


class Kit(_Part):
    """One kit, lent to one home. It signs in with its secret, or with a certificate of its own."""

    kit_id: KitId
    partition: Annotated[StrictInt, Field(ge=0, lt=PARTITIONS)]
    username: str
    secret: SecretStr = SecretStr("")
    certificate_file: Path | None = None
    key_file: Path | None = None
    home_kind: HomeKind = HomeKind.CARE_HOME
    residents: tuple[WatchedResident, ...] = ()
    workers: tuple[PersonId, ...] = ()

    @field_serializer("secret", when_used="json")
    def _written_out(self, secret: SecretStr) -> str:
        return secret.get_secret_value()

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("A certificate needs its key, and a key its certificate.")
        if not self.secret.get_secret_value() and self.certificate_file is None:
            raise ValueError("A kit needs a secret, or a certificate and its key.")
        return self


class KitSheet(_Part):
    """The file handed over. It holds secrets: `write` lets only its owner read it."""

    broker: Broker
    kits: tuple[Kit, ...]

    def write(self, path: Path) -> None:
        """Write the sheet, replacing an earlier one in one step."""
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def credential(self) -> "KitSheet":
        """The sheet without residents and workers: what a kit needs to sign in, small enough for a QR code."""
        kits = tuple(kit.model_copy(update={"residents": (), "workers": ()}) for kit in self.kits)
        return self.model_copy(update={"kits": kits})

    def with_kit(self, kit: Kit) -> "KitSheet":
        """The sheet with this kit in place of its old entry. Raises KeyError if it had none."""
        if kit.kit_id not in {one.kit_id for one in self.kits}:
            raise KeyError(kit.kit_id)
        kits = tuple(kit if one.kit_id == kit.kit_id else one for one in self.kits)
        return self.model_copy(update={"kits": kits})

    @classmethod
    def read(cls, path: Path) -> "KitSheet":
        """Read a sheet. Raises pydantic's ValidationError with a sentence for each fault."""
        return cls.model_validate_json(path.read_bytes())
