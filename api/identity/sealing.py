"""Encrypt the few secrets that must be read again: those that one-time codes come from.

Guards: the key comes from a file or the environment and is never in the database, so a copy of the database reveals no
secret.
"""

from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.settings import Settings, SettingsError

_HOW = "set HEARTHWATCH_ACCOUNT_KEY_FILE to a file with 32 random bytes in URL-safe base64 on a line"


class UnreadableSecretError(Exception):
    """No available key decrypts the stored secret."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Encrypts with the first key and decrypts with any, so that keys can be changed by adding a new one in front."""

    keys: MultiFernet = field(repr=False)

    def seal(self, secret: str) -> bytes:
        return self.keys.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Return the decrypted secret. Raises UnreadableSecretError."""
        try:
            return self.keys.decrypt(sealed).decode()
        except InvalidToken:
            raise UnreadableSecretError("No key at hand opens this secret.") from None


def sealer_of(settings: Settings) -> Sealer | None:
    """Return the sealer for the configured key; None where no second step is required.

    Raises SettingsError without a usable key.
    """
    account = settings.account
    if account.second_step == "off":
        return None
    if account.key is None:
        raise SettingsError(
            f"The key for the secrets of second steps is not set: {_HOW}, or HEARTHWATCH_ACCOUNT_SECOND_STEP to off."
        )
    try:
        keys = [Fernet(line) for line in account.key.get_secret_value().split()]
        return Sealer(MultiFernet(keys))
    except ValueError:
        raise SettingsError(f"The key for the secrets of second steps cannot be used: {_HOW}.") from None
