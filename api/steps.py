"""What is still to do before somebody is signed in.

Guards: a session in which something is left to do opens nothing but that; the order is fixed, so no step can be
skipped by asking for a later one.
"""

from enum import StrEnum


class Step(StrEnum):
    """What is next; DONE is signed in."""

    NEW_PASSWORD = "new_password"
    DONE = "done"


PAGES = {Step.NEW_PASSWORD: "/account/password", Step.DONE: "/"}


def next_step(*, must_change: bool) -> Step:
    """The first that is left."""
    if must_change:
        return Step.NEW_PASSWORD
    return Step.DONE
