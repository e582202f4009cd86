"""The request body of any named clinician's decision about one resident, and of its revocation.

Guards: texts may be as long as what is stored of them, and no longer.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from delegation.decisions.decision import LONGEST_REASON
from delegation.decisions.registers import Regulator

_Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class OfClinician(BaseModel):
    """Who decided, what it rests on, and when it is reviewed."""

    clinician_name: Annotated[str, Field(min_length=1, max_length=200)]
    regulator: Regulator
    regulator_number: Annotated[str, Field(max_length=20)]
    decided_on: date
    review_on: date
    reason: _Reason
    looked_up: Annotated[bool, Field(description="You found them in the register")] = False


class Revoking(BaseModel):
    reason: _Reason
