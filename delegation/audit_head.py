"""The last seal of a day's audit as a small signed statement, to be kept away from this host.

Guards: the signature covers the statement's exact text, so a verifier need not rebuild it. Somebody who rewrites the
whole chain would also need the key. Signatures are Ed25519; keys are 32 bytes in URL-safe base64.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from datetime import date
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from delegation.audit_walk import Head

_KIND = "hearthwatch audit head 1"


class UnfitKeyError(ValueError):
    """The text is not a key: 32 bytes in URL-safe base64."""


class NotSignedError(ValueError):
    """The text is not a head signed with the matching private key."""


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["hearthwatch audit head 1"]
    day: date
    seal: int = Field(gt=0)
    root: str = Field(pattern="^[0-9a-f]{64}$")
    signed_at: AwareDatetime


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    statement: str
    signature: str


def sign(head: Head, at: AwareDatetime, key: Ed25519PrivateKey) -> str:
    """Return the signed head as one line of JSON."""
    said = _Statement(kind=_KIND, day=head.day, seal=head.seal_id, root=head.root.hex(), signed_at=at)
    statement = said.model_dump_json()
    return (
        _Signed(statement=statement, signature=_text(key.sign(statement.encode()))).model_dump_json() + "\n"
    )


def read(signed: str, key: Ed25519PublicKey) -> Head:
    """Return the head that was signed. Raises NotSignedError."""
    try:
        given = _Signed.model_validate_json(signed)
        key.verify(_bytes(given.signature), given.statement.encode())
        said = _Statement.model_validate_json(given.statement)
    except (ValidationError, NotBase64Error, InvalidSignature):
        raise NotSignedError("is not a head that was signed with this key") from None
    return Head(said.day, said.seal, bytes.fromhex(said.root))


def private_key(text: str) -> Ed25519PrivateKey:
    """Return the private key in this text. Raises UnfitKeyError."""
    return Ed25519PrivateKey.from_private_bytes(_key(text))


def public_key(text: str) -> Ed25519PublicKey:
    """Return the public key in this text. Raises UnfitKeyError."""
    return Ed25519PublicKey.from_public_bytes(_key(text))


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public key as text, for others to check signatures with."""
    return _text(key.public_key().public_bytes_raw())


def _key(text: str) -> bytes:
    try:
        found = _bytes(text.strip())
    except (NotBase64Error, ValueError):
        found = b""
    if len(found) != 32:
        raise UnfitKeyError("This is not a key: 32 bytes in URL-safe base64.")
    return found


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode())
