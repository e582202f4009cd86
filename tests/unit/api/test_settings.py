"""What a process is told by its environment, and what it says where that does not do."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from api.settings import DatabaseRole, Settings, SettingsError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("HEARTHWATCH_"):
            monkeypatch.delenv(name)


def test_each_setting_comes_from_a_variable_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHWATCH_DATABASE_HOST", "db.example")
    monkeypatch.setenv("HEARTHWATCH_DATABASE_API_PASSWORD", "pass word'")
    monkeypatch.setenv("HEARTHWATCH_BROKER_CA_FILE", "/certificates/ca.pem")
    monkeypatch.setenv("HEARTHWATCH_HTTP_PORT", "8443")
    settings = Settings.load()
    assert settings.conninfo(DatabaseRole.API).startswith(
        "host=db.example port=5432 dbname=hearthwatch user=hearthwatch_api "
    )
    assert conninfo_to_dict(settings.conninfo(DatabaseRole.API))["password"] == "pass word'"
    assert (settings.broker.ca_file, settings.http.port) == (Path("/certificates/ca.pem"), 8443)


@pytest.mark.parametrize("role", [role for role in DatabaseRole if role is not DatabaseRole.MIGRATOR])
def test_no_process_waits_for_ever_for_a_database_that_vanished(
    monkeypatch: pytest.MonkeyPatch, role: DatabaseRole
) -> None:
    monkeypatch.setenv("HEARTHWATCH_DATABASE_HOST", "/socket")
    line = conninfo_to_dict(Settings.load().conninfo(role))
    assert 0 < int(str(line["connect_timeout"])) <= 10
    assert 0 < int(str(line["tcp_user_timeout"])) <= 30_000
    idle, between, count = (int(str(line[f"keepalives_{name}"])) for name in ("idle", "interval", "count"))
    assert 0 < idle + between * count <= 30


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("from a file\n")
    monkeypatch.setenv("HEARTHWATCH_DATABASE_HOST", "db.example")
    monkeypatch.setenv("HEARTHWATCH_DATABASE_INGEST_PASSWORD_FILE", str(secret))
    settings = Settings.load()
    assert "password='from a file'" in settings.conninfo(DatabaseRole.INGEST)
    assert "from a file" not in repr(settings)


def test_a_secret_that_is_missing_is_named_and_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHWATCH_DATABASE_HOST", "db.example")
    for role in DatabaseRole:
        with pytest.raises(SettingsError, match=r"set HEARTHWATCH_DATABASE_[A-Z]+_PASSWORD_FILE to a file"):
            Settings.load().conninfo(role)


def test_a_socket_of_ones_own_needs_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHWATCH_DATABASE_HOST", "/run/postgres")
    assert "password" not in Settings.load().conninfo(DatabaseRole.SCHEDULER)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("HEARTHWATCH_DATABASE_PORT", "many", "HEARTHWATCH_DATABASE_PORT cannot be used"),
        ("HEARTHWATCH_HTTP_PORT", "70000", "HEARTHWATCH_HTTP_PORT cannot be used"),
        ("HEARTHWATCH_DATABASE_PASWORD", "x", "HEARTHWATCH_DATABASE_PASWORD is not a setting"),
        (
            "HEARTHWATCH_BROKER_PASSWORD_FILE",
            "/nowhere",
            "PASSWORD_FILE names /nowhere, which cannot be read",
        ),
        ("HEARTHWATCH_LOG_LEVEL", "loud", "HEARTHWATCH_LOG_LEVEL cannot be used"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=sentence):
        Settings.load()


def test_a_wrong_secret_is_not_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHWATCH_DATABASE", "hunter2")
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    assert "hunter2" not in str(refused.value)


def test_without_a_host_the_sentence_says_so() -> None:
    with pytest.raises(SettingsError, match="set HEARTHWATCH_DATABASE_HOST"):
        Settings.load().conninfo(DatabaseRole.API)
    with pytest.raises(SettingsError, match="set HEARTHWATCH_BROKER_HOST"):
        Settings.load().broker_host()
