"""What a process's settings give away, checked before it starts.

Guards: outside the demonstration nothing starts with a secret that others know or can read, without a second step, or
with a broker that can be overheard. The demonstration starts for this machine alone.
"""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from api.identity.breached import is_common
from api.settings import PREFIX, Settings

SHORTEST, _FEWEST = 12, 5
# Docker mounts secrets here, keeping the mode they have outside; a container has no other users. Elsewhere a mode can
# be set, and anybody may own the folder.
_MOUNTED = Path("/run/secrets")
_HERE = ("localhost", "")


@dataclass(frozen=True, slots=True)
class Exposure:
    """One thing given away: its code, what it is, and how to put it right."""

    code: str
    says: str
    hint: str

    def __str__(self) -> str:
        return f"{self.says}: {self.hint}. ({self.code})"


def exposures(settings: Settings, environment: Mapping[str, str]) -> list[Exposure]:
    """Return all that these settings give away."""
    found = list(_readable(environment))
    if settings.demo:
        return [*found, *_demonstration(settings)]
    return [*found, *_known(settings), *_account(settings), *_broker(settings), *_openid(settings)]


def secrets_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the variable of each secret that is set, and the secret."""
    for group, held in settings:
        for name, value in held if hasattr(held, "model_fields_set") else ():
            if isinstance(value, SecretStr):
                yield f"{PREFIX}{group}_{name}".upper(), value.get_secret_value()


def _known(settings: Settings) -> Iterator[Exposure]:
    for variable, secret in secrets_of(settings):
        if len(secret) < SHORTEST or is_common(secret) or len(set(secret)) < _FEWEST:
            yield Exposure(
                "secret.guessable",
                f"{variable} holds a secret that can be guessed",
                f"make one of {SHORTEST} or more random characters",
            )


def _readable(environment: Mapping[str, str]) -> Iterator[Exposure]:
    for variable, file in sorted(environment.items()):
        if variable.startswith(PREFIX) and variable.endswith("_FILE") and _is_secret(variable):
            path = Path(file)
            if path.is_file() and _anybody_reads(path.resolve()):
                yield Exposure(
                    "secret.readable",
                    f"{variable} names {file}, which everybody on this machine can read",
                    f"take that away with `chmod o-r {file}`, or by the mode that it is mounted with",
                )


def _is_secret(variable: str) -> bool:
    group, _, name = variable.removeprefix(PREFIX).removesuffix("_FILE").lower().partition("_")
    held: Any = Settings.model_fields.get(group)
    field = getattr(held.annotation, "model_fields", {}).get(name) if held else None
    return field is not None and SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def _anybody_reads(path: Path) -> bool:
    if path.is_relative_to(_MOUNTED):
        return False
    # If only its owner may enter the folder, the file's own mode does not matter.
    enters = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
    return enters and bool(path.stat().st_mode & stat.S_IROTH)


def _account(settings: Settings) -> Iterator[Exposure]:
    if settings.account.second_step == "off":
        yield Exposure(
            "second_step.off",
            "Nobody is asked for a second step, which is for the demonstration alone",
            f"leave {PREFIX}ACCOUNT_SECOND_STEP out, and set {PREFIX}ACCOUNT_KEY_FILE",
        )


def _broker(settings: Settings) -> Iterator[Exposure]:
    broker = settings.broker
    if broker.host is not None and broker.ca_file is None and not is_here(broker.host):
        yield Exposure(
            "broker.plain",
            f"Readings and receipts would go to the broker at {broker.host} for anybody on the way to read",
            f"set {PREFIX}BROKER_CA_FILE, and {PREFIX}BROKER_PORT to its port for TLS",
        )
    if broker.username is not None and broker.password is None:
        yield Exposure(
            "broker.no_password",
            "Ingest would sign in at the broker without a password, as anybody could",
            f"set {PREFIX}BROKER_PASSWORD_FILE",
        )


def _openid(settings: Settings) -> Iterator[Exposure]:
    for name in ("issuer", "redirect"):
        address = getattr(settings.openid, name)
        parts = urlsplit(address or "")
        if parts.scheme == "http" and not is_here(parts.hostname or ""):
            yield Exposure(
                "openid.plain",
                f"Whoever is on the way to {address} could sign in as anybody",
                f"set {PREFIX}OPENID_{name.upper()} to an address that begins with https",
            )


def _demonstration(settings: Settings) -> Iterator[Exposure]:
    for group in ("http", "watch"):
        host = getattr(settings, group).host
        if not is_here(host):
            yield Exposure(
                "demo.public",
                f"The demonstration speaks plain HTTP and asks for no second step, and others reach {host}",
                f"leave {PREFIX}{group.upper()}_HOST out, or {PREFIX}DEMO",
            )


def is_here(host: str) -> bool:
    """Return whether only this machine reaches this host: its loopback, or the folder of a Unix socket."""
    if host in _HERE or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
