"""The steps left before somebody is signed in.

Guards: a session with a step left opens nothing but that step. The order is fixed, so asking for a later step skips
none.
"""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The next step, in order; DONE means signed in."""

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
    """What somebody must do beside giving their password: a code, a new password, or setting up a second step."""

    code: bool = False
    new_password: bool = False
    enrolment: bool = False

    def has(self, step: Step) -> bool:
        return step is Step.DONE or getattr(self, step)


def next_step(needed: Needed, after: Step | None = None) -> Step:
    """Return the first step that is needed, of those behind `after` if given."""
    behind = _ORDER[_ORDER.index(after) + 1 :] if after is not None else _ORDER
    return next((step for step in behind if needed.has(step)), Step.DONE)
