"""The second step: a code from somebody's own telephone (TOTP, RFC 6238), or one of their recovery codes.

Guards: a code is taken once, within half a minute of its time; a recovery code once. The secret is kept sealed,
recovery codes as SHA-256 of 80 random bits. A new secret counts only once a code of it was typed in.
"""

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from pyotp import random_base32
from pyotp.totp import TOTP

from api.database import Connection
from api.sealing import Sealer, UnreadableSecretError

SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
_ISSUER = "Hearthwatch"
# What recovery codes never have in them, and what was meant.
_MISREAD = str.maketrans("018", "olb")

_IS_ENROLLED: LiteralString = "SELECT secret IS NOT NULL FROM api.second_step WHERE person_id = %s"
_SECRET: LiteralString = "SELECT secret, last_step FROM api.second_step WHERE person_id = %s"
_USED: LiteralString = "UPDATE api.second_step SET last_step = %s WHERE person_id = %s AND last_step < %s"
_PENDING: LiteralString = "SELECT pending FROM api.second_step WHERE person_id = %s"
_BEGIN: LiteralString = """
INSERT INTO api.second_step (person_id, pending) VALUES (%s, %s)
ON CONFLICT (person_id) DO UPDATE SET pending = EXCLUDED.pending
"""
_CONFIRM: LiteralString = """
UPDATE api.second_step SET secret = pending, pending = NULL, last_step = %s WHERE person_id = %s
"""
_FORGET: LiteralString = "DELETE FROM api.second_step WHERE person_id = %s"
_FORGET_CODES: LiteralString = "DELETE FROM api.recovery_code WHERE person_id = %s"
_KEEP_CODE: LiteralString = "INSERT INTO api.recovery_code (person_id, code_hash) VALUES (%s, %s)"
_TAKE_CODE: LiteralString = "DELETE FROM api.recovery_code WHERE person_id = %s AND code_hash = %s"
_CODES_LEFT: LiteralString = "SELECT count(*) FROM api.recovery_code WHERE person_id = %s"


@dataclass(frozen=True, slots=True)
class Pending:
    """What somebody has to put into their telephone."""

    secret: str
    address: str


def is_enrolled(conn: Connection, person_id: UUID) -> bool:
    """Whether somebody has a second step."""
    row = conn.execute(_IS_ENROLLED, (person_id,)).fetchone()
    return row is not None and row[0]


def pending(conn: Connection, sealer: Sealer, person_id: UUID, username: str) -> Pending:
    """The secret to be put into a telephone: the one shown before, until a code of it was typed in."""
    row = conn.execute(_PENDING, (person_id,)).fetchone()
    secret = _opened(sealer, None if row is None else row[0])
    if secret is None:
        secret = random_base32()
        conn.execute(_BEGIN, (person_id, sealer.seal(secret)))
    return Pending(secret, TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER))


def confirm(conn: Connection, sealer: Sealer, person_id: UUID, code: str, at: datetime) -> bool:
    """Let codes come from the pending secret from now on, if this is one."""
    row = conn.execute(_PENDING, (person_id,)).fetchone()
    secret = _opened(sealer, None if row is None else row[0])
    if secret is None:
        return False
    step = step_of(secret, as_typed(code), at)
    if step is None:
        return False
    conn.execute(_CONFIRM, (step, person_id))
    return True


def take(conn: Connection, sealer: Sealer, person_id: UUID, typed: str, at: datetime) -> str | None:
    """What was typed, used up: "code" or "recovery_code"; None if it is neither, or was used before."""
    code = as_typed(typed)
    if len(code) != DIGITS:
        taken = conn.execute(_TAKE_CODE, (person_id, _digest(code.translate(_MISREAD)))).rowcount
        return "recovery_code" if taken else None
    row = conn.execute(_SECRET, (person_id,)).fetchone()
    secret = _opened(sealer, None if row is None else row[0])
    if row is None or secret is None:
        return None
    step = step_of(secret, code, at, after=row[1])
    # Whoever asks at the same time has it or we have it.
    if step is None or not conn.execute(_USED, (step, person_id, step)).rowcount:
        return None
    return "code"


def step_of(secret: str, code: str, at: datetime, after: int = 0) -> int | None:
    """Which half minute the code is of: this one, the one before or the one after, if it is later than `after`."""
    now = int(at.timestamp()) // SECONDS
    codes = TOTP(secret, digits=DIGITS, interval=SECONDS)
    for step in (now, now - 1, now + 1):
        if step > after and hmac.compare_digest(codes.generate_otp(step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes(conn: Connection, person_id: UUID) -> Sequence[str]:
    """Other recovery codes, the only time they are known here; those before are worth nothing."""
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    conn.execute(_FORGET_CODES, (person_id,))
    for code in codes:
        conn.execute(_KEEP_CODE, (person_id, _digest(code)))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def recovery_codes_left(conn: Connection, person_id: UUID) -> int:
    """How many are not used yet."""
    [row] = conn.execute(_CODES_LEFT, (person_id,)).fetchall()
    return row[0]


def forget(conn: Connection, person_id: UUID) -> None:
    """Take somebody's second step away; they set up another when they sign in."""
    conn.execute(_FORGET, (person_id,))
    conn.execute(_FORGET_CODES, (person_id,))


def as_typed(code: str) -> str:
    """A code as it is kept, however it was spaced."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _opened(sealer: Sealer, sealed: bytes | None) -> str | None:
    """The secret; None where there is none, or where its key is lost."""
    try:
        return None if sealed is None else sealer.open(sealed)
    except UnreadableSecretError:
        return None


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
