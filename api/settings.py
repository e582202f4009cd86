"""The settings that a process reads from its environment: database, broker, and the secrets for them.

Guards: a secret has no default and comes from a file (`..._FILE`) or the environment. What is missing or wrong is said
before anything starts, in one sentence that names the variable to set.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from psycopg.conninfo import make_conninfo
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettingError

PREFIX = "HEARTHWATCH_"


# A host that vanished is noticed within seconds, while waiting for an answer and while only listening.
_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what to do."""


class DatabaseRole(StrEnum):
    """The roles in which processes sign in to the database."""

    API = "hearthwatch_api"
    INGEST = "hearthwatch_ingest"
    SCHEDULER = "hearthwatch_scheduler"
    RETENTION = "hearthwatch_retention"
    MIGRATOR = "migrator"


class _Group(BaseModel):
    """The settings of one thing. `<name>_file` names a file that holds `<name>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return dict(_with_file_read(name, value, cls.model_fields.keys()) for name, value in given.items())


def _with_file_read(name: str, value: Any, known: Any) -> tuple[str, Any]:
    held = name.removesuffix("_file")
    if name in known or held == name or held not in known:
        return name, value
    try:
        return held, Path(str(value)).read_text().strip()
    except OSError as error:
        raise ValueError(f"{name.upper()} names {value}, which cannot be read: {error.strerror}") from None


class Database(_Group):
    """The database. The host may be the folder of a Unix socket, which needs no password."""

    host: str | None = None
    port: int = Field(default=5432, gt=0, lt=65536)
    name: str = "hearthwatch"
    migrator_user: str = "postgres"
    api_password: SecretStr | None = None
    ingest_password: SecretStr | None = None
    scheduler_password: SecretStr | None = None
    retention_password: SecretStr | None = None
    migrator_password: SecretStr | None = None

    def password(self, role: DatabaseRole) -> SecretStr | None:
        return getattr(self, _password_field(role))


class Broker(_Group):
    """The broker, and the platform's user there: ingest signs in as `<username>-<worker>`. A CA file means TLS."""

    host: str | None = None
    port: int = Field(default=1883, gt=0, lt=65536)
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None


class Http(_Group):
    """Where the pages and the JSON API are served.

    `client_header` names the header in which our proxy says where a request came from; without it no header is
    believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, lt=65536)
    client_header: str | None = None


class Account(_Group):
    """How people sign in.

    `second_step` off requires no code. `key` encrypts the secrets that codes come from. `breached_file` is a larger
    list of breached passwords (see `api.identity.breached`).
    """

    second_step: Literal["required", "off"] = "required"
    key: SecretStr | None = None
    breached_file: Path | None = None


class OpenId(_Group):
    """The organisation's own sign-in service, an OpenID Connect provider, where there is one.

    `redirect` is the address of `/sign-in/openid/back` here, as registered there. `second_step` says who asks for it,
    this platform or always the provider.
    """

    issuer: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    redirect: str | None = None
    name: str = "your organisation's account"
    second_step: Literal["ours", "theirs"] = "ours"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer is not None and (self.client_id is None or self.redirect is None):
            raise ValueError("CLIENT_ID and REDIRECT are needed beside ISSUER")
        return self


class Audit(_Group):
    """Where the audit's signed daily heads go.

    `key` signs them; without it there are none. `heads_directory` is a mount from elsewhere. Each head is put at
    `heads_address` by HTTP, under its own name.
    """

    key: SecretStr | None = None
    heads_directory: Path | None = None
    heads_address: str | None = Field(default=None, pattern="^https?://")


class Watch(_Group):
    """The port on which ingest and the scheduler show their own health and counts; 0 is none."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, lt=65536)
    ingest_url: str | None = None


class Log(_Group):
    """How much is logged."""

    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")


class Settings(BaseSettings):
    """All settings: `HEARTHWATCH_<GROUP>_<NAME>`, and `HEARTHWATCH_DEMO`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="_", env_nested_max_split=1, frozen=True, extra="ignore"
    )

    database: Database = Database()
    broker: Broker = Broker()
    http: Http = Http()
    account: Account = Account()
    openid: OpenId = OpenId()
    audit: Audit = Audit()
    watch: Watch = Watch()
    log: Log = Log()
    demo: bool = False

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises SettingsError with a sentence for each fault."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(" ".join(_sentence(fault) for fault in error.errors())) from None
        except UnreadableSettingError:
            groups = ", ".join(f"{PREFIX}{name.upper()}" for name in cls.model_fields)
            raise SettingsError(
                f"One of {groups} is set as a whole: set {PREFIX}<GROUP>_<NAME> instead."
            ) from None

    def conninfo(self, role: DatabaseRole) -> str:
        """Return the connection string for this role. Raises SettingsError where a setting is missing."""
        database = self.database
        if database.host is None:
            raise SettingsError(_set("The database's host", "DATABASE_HOST"))
        user = database.migrator_user if role is DatabaseRole.MIGRATOR else role.value
        place = {"host": database.host, "port": database.port, "dbname": database.name, "user": user, **_LINE}
        password = database.password(role)
        if password is not None:
            return make_conninfo(**place, password=password.get_secret_value())
        if not database.host.startswith("/"):
            raise SettingsError(_set_secret(f"The database password of {user}", role))
        return make_conninfo(**place)

    def broker_host(self) -> str:
        """Return the broker's host. Raises SettingsError where none is set."""
        if self.broker.host is None:
            raise SettingsError(_set("The broker's host", "BROKER_HOST"))
        return self.broker.host

    def broker_user(self) -> tuple[str, SecretStr]:
        """Return the platform's user at the broker and its password. Raises SettingsError where one is not set."""
        username, password = self.broker.username, self.broker.password
        if username is None:
            raise SettingsError(_set("The platform's user at the broker", "BROKER_USERNAME"))
        if password is None:
            raise SettingsError(_set("The broker's password of the platform", "BROKER_PASSWORD_FILE"))
        return username, password


def _password_field(role: DatabaseRole) -> str:
    return f"{role.value.removeprefix('hearthwatch_')}_password"


def _set(what: str, variable: str) -> str:
    return f"{what} is not set: set {PREFIX}{variable}."


def _set_secret(what: str, role: DatabaseRole) -> str:
    variable = f"DATABASE_{_password_field(role).upper()}"
    return f"{what} is not set: set {PREFIX}{variable}_FILE to a file that holds it, or {PREFIX}{variable}."


def _sentence(fault: Any) -> str:
    variable = PREFIX + "_".join(str(part) for part in fault["loc"]).upper()
    if fault["type"] == "extra_forbidden":
        return f"{variable} is not a setting."
    # The value is left out: it may be a secret.
    return f"{variable} cannot be used: {fault['msg'].removeprefix('Value error, ')}."
