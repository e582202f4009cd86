"""What an export is written as."""

from enum import StrEnum

LONGEST_REASON = 500


class Form(StrEnum):
    """JSON has everything, FHIR what FHIR R4 has a place for."""

    JSON = "json"
    FHIR = "fhir"


class ExportError(ValueError):
    """It cannot be handed out; the sentence says why."""
