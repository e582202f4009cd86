"""The search of the run's logs finds what must not stand in one, and takes nothing else for it."""

import pytest

from api.identity.sessions import new_token
from tests.fixtures import serving
from tests.fixtures.neighbourhood import NAMES
from tests.fixtures.searched_logs import PASSWORD, found


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("a name", f'{{"event": "failed", "reason": "{NAMES[0]} lives there"}}'),
        ("a name", "DETAIL:  Failing row contains (1, Winifred Thistlewood, 1940-05-01)."),
        ("an NHS number", "DETAIL:  Key (nhs_number)=(9990000018) already exists."),
        ("an NHS number", '"GET /residents?nhs=999 000 0026"'),
        ("a password", "STATEMENT:  ALTER ROLE hearthwatch_api PASSWORD 'synthetic-role-password'"),
        ("a PIN", '{"event": "refused", "pin": "739205"}'),
        ("a PIN", '"GET /unlock?said=%7B%22pin%22%3A%22739205%22%7D"'),
        ("a PIN", '"GET /unlock?pin%3D402817&then=/"'),
        ("a PIN", "no such lock: pin_402817_of_the_tablet."),
        ("a PIN", "They typed 739205."),
    ],
)
def test_what_must_not_stand_in_a_log_is_found(kind: str, line: str) -> None:
    assert list(found(f"all is well\n{line}\n")) == [(kind, line)]


def test_a_token_is_found() -> None:
    # One in 1,500 has no digit, and is not told from a word.
    line = f"cookie: hearthwatch={'x' * 42 + '1'}; {new_token()[:-1]}7"
    assert ("a token", line) in list(found(line))


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "answered", "route": "/api/v1/residents/{resident_id}", "request_id": "0e0721ce75f78b80"}',
        '{"at": "2026-11-23T06:50:12.739205Z", "request_id": "0e0739205f78b801", "trace_id": "739205CE75F78B80"}',
        "2026-11-23 06:50:12.999 UTC [99901] LOG:  checkpoint complete: wrote 999 buffers",
        "kit 01998a3c-5f1e-7cc2-9990-000000000018 connected from 127.0.0.1:9990",
        "/x/api/signing_in/others_accounts.py:73 replace_password_and_end_every_session_of_them",
    ],
)
def test_what_a_log_is_for_is_not_taken_for_it(line: str) -> None:
    assert list(found(line)) == []


def test_the_passwords_looked_for_are_those_of_the_tests() -> None:
    assert serving.PASSWORD == PASSWORD
