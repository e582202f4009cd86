"""Who acts, as the audit writes it."""

import os
import pwd

import pytest

from delegation.people import SystemUser


def test_a_user_of_the_operating_system_is_named_and_numbered_where_it_has_no_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container may run as a user that stands in no list of its users."""
    assert str(SystemUser.of_this_process()) == f"system_user:{pwd.getpwuid(os.getuid()).pw_name}"
    unlisted = 4_242_424
    with pytest.raises(KeyError):
        pwd.getpwuid(unlisted)
    monkeypatch.setattr(os, "getuid", lambda: unlisted)
    assert str(SystemUser.of_this_process()) == "system_user:4242424"
