"""The formats of an export."""

from enum import StrEnum

LONGEST_REASON = 500


class Form(StrEnum):
    """JSON has everything; FHIR has what FHIR R4 has a place for."""

    JSON = "json"
    FHIR = "fhir"


class ExportError(ValueError):
    """The export cannot be handed out; the message says why."""
