"""What a program sends of any decision of a named clinician about one resident, and of its end.

Guards: as long as what is kept of it, and no longer.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from delegation.decision import LONGEST_REASON
from delegation.registers import Regulator

_Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class OfClinician(BaseModel):
    """Whose word it is, what it rests on, and when it is looked at again."""

    clinician_name: Annotated[str, Field(min_length=1, max_length=200)]
    regulator: Regulator
    regulator_number: Annotated[str, Field(max_length=20)]
    decided_on: date
    review_on: date
    reason: _Reason
    looked_up: Annotated[bool, Field(description="You found them in the register")] = False


class Revoking(BaseModel):
    reason: _Reason
