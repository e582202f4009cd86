"""Write the documentation page of who may do what: `python -m delegation.rights_page docs/roles.md`.

Guards: docs/roles.md is what this module writes from `delegation.rights`.
"""

import sys
from pathlib import Path

from delegation.rights import RIGHTS, Deed, Record, Role, Scope

_NAMES = {
    Role.CARE_WORKER: "care worker",
    Role.CARER: "carer (family)",
    Role.HOME_MANAGER: "home manager",
    Role.HUB_CLINICIAN: "hub clinician",
    Role.HUB_LEAD: "hub lead",
    Role.TRAINER: "trainer",
    Role.DELEGATING_PROFESSIONAL: "delegating professional",
    Role.COMMISSIONER: "commissioner",
    Role.OPERATOR: "operator",
}
_HELD_IN = {
    Role.CARE_WORKER: "a home, or each home of an organisation",
    Role.CARER: "one resident",
    Role.HOME_MANAGER: "a home, or each home of an organisation",
    Role.HUB_CLINICIAN: "a hub",
    Role.HUB_LEAD: "a hub",
    Role.TRAINER: "a home, or each home of an organisation",
    Role.DELEGATING_PROFESSIONAL: "a home, or each home of an organisation",
    Role.COMMISSIONER: "a hub",
    Role.OPERATOR: "the platform",
}
_MEANS = {
    Scope.ONESELF: "of whoever asks, whatever roles they hold",
    Scope.RESIDENT: "of the one resident the role is held for",
    Scope.HOMES: "of the home the role is held in, or of each home of that organisation",
    Scope.WORKERS: "of those who are care workers there now",
    Scope.HUB: "of the hub the role is held in, and of the homes it serves",
    Scope.NO_HOME: "of no home, or of none that is known",
    Scope.PLATFORM: "of all of it",
}
_BEGINNING = """\
# Who may do what

Written by `python -m delegation.rights_page docs/roles.md` from `delegation/rights.py`; do not edit it here.

A person may hold several roles, each from a start to an end, or without one. What no role of theirs says here is
refused, by the route and by the database. Nobody deletes a record:
[how long they are kept](adr/0007-retention-follows-the-person.md).
"""


def text() -> str:
    """Return the page as it is committed."""
    return "\n".join(
        (
            _BEGINNING,
            _table(("role", "is held in"), [(_NAMES[role], _HELD_IN[role]) for role in Role]),
            _table(("words", "means the records"), [(f"*{scope}*", _MEANS[scope]) for scope in Scope]),
            _table(("", *(_NAMES[role] for role in Role)), [_row(record) for record in Record]),
        )
    )


def _row(record: Record) -> tuple[str, ...]:
    return (record, *(_cell(record, role) for role in Role))


def _cell(record: Record, role: Role) -> str:
    said: dict[Scope, set[Deed]] = {}
    for right in RIGHTS[record]:
        if role in right.roles:
            said.setdefault(right.scope, set()).update(right.deeds)
    return "; ".join(
        f"{', '.join(deed for deed in Deed if deed in deeds)} *{scope}*" for scope, deeds in said.items()
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
