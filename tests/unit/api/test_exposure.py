"""What settings would give away is found before a process starts, each with its code and the way out."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from api.processes.exposure import exposures
from api.settings import Account, Broker, Database, Http, OpenId, Settings, Watch

GOOD = "kB3vX9rQ2mWz7TfL"
SOUND: dict[str, Any] = {
    "database": Database(host="db.example", api_password=SecretStr(GOOD)),
    "broker": Broker(
        host="mqtt.example", ca_file=Path("/ca.pem"), username="platform", password=SecretStr(GOOD)
    ),
    "http": Http(host="0.0.0.0"),
    "demo": False,
}


def codes(environment: dict[str, str] | None = None, **different: Any) -> list[str]:
    return [one.code for one in exposures(Settings(**(SOUND | different)), environment or {})]


def test_sound_settings_give_nothing_away() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("code", "different"),
    [
        ("secret.guessable", {"database": Database(api_password=SecretStr("hearthwatch"))}),
        ("secret.guessable", {"database": Database(migrator_password=SecretStr("qwertyuiop123"))}),
        ("secret.guessable", {"database": Database(ingest_password=SecretStr("aaaaaaaaaaaaaaaaaaaa"))}),
        ("secret.guessable", {"openid": OpenId(client_secret=SecretStr("secret"))}),
        ("second_step.off", {"account": Account(second_step="off")}),
        ("broker.plain", {"broker": Broker(host="mqtt.example")}),
        ("broker.no_password", {"broker": Broker(host="127.0.0.1", username="platform")}),
        (
            "openid.plain",
            {"openid": OpenId(issuer="http://id.example", client_id="x", redirect="https://here")},
        ),
        (
            "openid.plain",
            {"openid": OpenId(issuer="https://id.example", client_id="x", redirect="http://here")},
        ),
        ("demo.public", {"demo": True}),
        ("demo.public", {"demo": True, "http": Http(), "watch": Watch(host="10.0.0.1")}),
    ],
)
def test_what_gives_something_away_is_found(code: str, different: dict[str, Any]) -> None:
    assert codes(**different) == [code]


def test_the_demonstration_may_do_on_this_machine_what_nothing_else_may() -> None:
    account, broker = Account(second_step="off"), Broker(host="127.0.0.1", password=SecretStr("x"))
    assert codes(demo=True, http=Http(), account=account, broker=broker) == []
    assert codes(demo=True, http=Http(host="::1"), account=account, broker=broker) == []


def test_a_secrets_file_that_everybody_can_read_is_found(tmp_path: Path) -> None:
    # Others must be able to come as far as the file.
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(0o711)
    secret, certificate = tmp_path / "secret", tmp_path / "ca.pem"
    for file in (secret, certificate):
        file.write_text(GOOD)
        file.chmod(0o644)
    told = {
        "HEARTHWATCH_DATABASE_API_PASSWORD_FILE": str(secret),
        "HEARTHWATCH_BROKER_CA_FILE": str(certificate),
    }
    assert codes(told) == ["secret.readable"]
    assert codes(told, demo=True, http=Http()) == ["secret.readable"]
    secret.chmod(0o640)
    assert codes(told) == []
    secret.chmod(0o644)
    tmp_path.chmod(0o700)
    assert codes(told) == []


def test_an_exposure_is_said_without_the_secret_and_with_the_way_out() -> None:
    [found] = exposures(Settings(**(SOUND | {"account": Account(key=SecretStr("hunter2"))})), {})
    assert "hunter2" not in str(found)
    assert str(found) == (
        "HEARTHWATCH_ACCOUNT_KEY holds a secret that can be guessed: make one of 12 or more random characters."
        " (secret.guessable)"
    )
