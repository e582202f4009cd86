"""Who may do what, as data: the page of the docs is written from it, and nothing of it is a deed of deleting."""

from pathlib import Path

import pytest

from delegation.people import Actor, RoleHeld
from delegation.rights import ADD, CHANGE, READ, RIGHTS, Deed, Record, Role, Scope, allows
from delegation.rights_page import text
from devices.identifiers import new_uuid7


def test_the_page_of_the_docs_is_what_the_rights_say():
    committed = Path(__file__).parents[3] / "docs" / "roles.md"
    assert committed.read_text(encoding="utf-8") == text(), (
        "run: python -m delegation.rights_page docs/roles.md"
    )


def test_nobody_deletes():
    assert set(Deed) == {READ, ADD, CHANGE}


def test_every_kind_of_record_is_somebodys_and_every_role_has_something():
    assert set(RIGHTS) == set(Record)
    assert all(RIGHTS.values())
    of_others = {
        role
        for rights in RIGHTS.values()
        for one in rights
        for role in one.roles
        if one.scope is not Scope.ONESELF
    }
    assert of_others == set(Role)


@pytest.mark.parametrize("role", [None, *Role])
def test_to_oneself_one_needs_no_role(role):
    held = [role] if role else []
    assert allows(held, CHANGE, Record.ONESELF)
    assert not allows(held, ADD, Record.ONESELF)


def test_a_commissioner_has_counts_and_nothing_else():
    mine = {record for record in Record if any(allows([Role.COMMISSIONER], deed, record) for deed in Deed)}
    assert mine == {Record.COUNTS, Record.ONESELF}


def test_of_several_roles_each_adds_its_own():
    actor = Actor(new_uuid7(), "Both", (RoleHeld(Role.CARE_WORKER), RoleHeld(Role.TRAINER)))
    assert actor.may(ADD, Record.READINGS)
    assert actor.may(ADD, Record.COMPETENCES)
    assert not actor.may(ADD, Record.CASES)
