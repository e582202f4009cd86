"""What is still to do before somebody is signed in.

Guards: a session in which something is left to do opens nothing but that; the order is fixed, so no step can be
skipped by asking for a later one.
"""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is next, in the order it is done in; DONE is signed in."""

    CODE = "code"
    NEW_PASSWORD = "new_password"
    ENROLMENT = "enrolment"
    DONE = "done"


PAGES = {
    Step.CODE: "/sign-in/code",
    Step.NEW_PASSWORD: "/account/password",
    Step.ENROLMENT: "/account/second-step",
    Step.DONE: "/",
}
_ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Needed:
    """What is asked of somebody beside their password: a code, another password, to set up where codes come from."""

    code: bool = False
    new_password: bool = False
    enrolment: bool = False

    def has(self, step: Step) -> bool:
        return step is Step.DONE or getattr(self, step)


def next_step(needed: Needed, after: Step | None = None) -> Step:
    """The first that is needed; of those behind `after`, where that is done."""
    behind = _ORDER[_ORDER.index(after) + 1 :] if after is not None else _ORDER
    return next((step for step in behind if needed.has(step)), Step.DONE)
