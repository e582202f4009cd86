"""The second step of signing in: a one-time code (TOTP, RFC 6238) or a recovery code.

Guards: a code is taken once, within half a minute of its time; a recovery code once. The secret is stored encrypted,
recovery codes as SHA-256 of 80 random bits. A new secret belongs to the session it was shown in and ends with it. It
counts only once a code of it was typed there.
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
from api.identity.sealing import Sealer, UnreadableSecretError

SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
_ISSUER = "Hearthwatch"
# Characters that recovery codes never contain, and what was meant.
_MISREAD = str.maketrans("018", "olb")

_IS_ENROLLED: LiteralString = "SELECT FROM api.second_step WHERE person_id = %s"
_SECRET: LiteralString = "SELECT secret, last_step FROM api.second_step WHERE person_id = %s"
_USED: LiteralString = "UPDATE api.second_step SET last_step = %s WHERE person_id = %s AND last_step < %s"
_PENDING: LiteralString = "SELECT pending FROM api.session WHERE token_hash = %s"
_BEGIN: LiteralString = "UPDATE api.session SET pending = %s WHERE token_hash = %s"
_CONFIRM: LiteralString = """
INSERT INTO api.second_step (person_id, secret, last_step) VALUES (%s, %s, %s)
ON CONFLICT (person_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = EXCLUDED.last_step
"""
_ANY: LiteralString = "SELECT secret FROM api.second_step LIMIT 1"
_FORGET: LiteralString = "DELETE FROM api.second_step WHERE person_id = %s"
_FORGET_CODES: LiteralString = "DELETE FROM api.recovery_code WHERE person_id = %s"
_KEEP_CODE: LiteralString = "INSERT INTO api.recovery_code (person_id, code_hash) VALUES (%s, %s)"
_TAKE_CODE: LiteralString = "DELETE FROM api.recovery_code WHERE person_id = %s AND code_hash = %s"
_CODES_LEFT: LiteralString = "SELECT count(*) FROM api.recovery_code WHERE person_id = %s"


@dataclass(frozen=True, slots=True)
class Pending:
    """What somebody must enter in their telephone."""

    secret: str
    address: str


def is_enrolled(conn: Connection, person_id: UUID) -> bool:
    """Return whether somebody has a second step."""
    return conn.execute(_IS_ENROLLED, (person_id,)).fetchone() is not None


def begin(conn: Connection, sealer: Sealer, session: bytes, username: str) -> Pending:
    """Make a new secret for a telephone, replacing any shown in this session before."""
    secret = random_base32()
    conn.execute(_BEGIN, (sealer.seal(secret), session))
    return _shown(secret, username)


def pending(conn: Connection, sealer: Sealer, session: bytes, username: str) -> Pending | None:
    """Return the secret that this session was shown last."""
    secret = _pending(conn, sealer, session)
    return None if secret is None else _shown(secret, username)


def confirm(
    conn: Connection, sealer: Sealer, session: bytes, person_id: UUID, code: str, at: datetime
) -> bool:
    """Use the secret that this session was shown from now on, if the code is one of its codes."""
    secret = _pending(conn, sealer, session)
    step = None if secret is None else step_of(secret, as_typed(code), at)
    if secret is None or step is None:
        return False
    conn.execute(_CONFIRM, (person_id, sealer.seal(secret), step))
    return True


def _pending(conn: Connection, sealer: Sealer, session: bytes) -> str | None:
    row = conn.execute(_PENDING, (session,)).fetchone()
    if row is None or row[0] is None:
        return None
    try:
        return sealer.open(row[0])
    except UnreadableSecretError:
        return None


def _shown(secret: str, username: str) -> Pending:
    return Pending(secret, TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER))


def can_be_read(conn: Connection, sealer: Sealer) -> bool:
    """Return whether the key decrypts what is stored, judged by one secret."""
    row = conn.execute(_ANY).fetchone()
    try:
        return row is None or bool(sealer.open(row[0]))
    except UnreadableSecretError:
        return False


def take(conn: Connection, sealer: Sealer, person_id: UUID, typed: str, at: datetime) -> str | None:
    """Use up what was typed: return "code" or "recovery_code", or None if it is neither or already used.

    Raises UnreadableSecretError where the key was changed; then only a recovery code helps.
    """
    code = as_typed(typed)
    if len(code) != DIGITS:
        taken = conn.execute(_TAKE_CODE, (person_id, _digest(code.translate(_MISREAD)))).rowcount
        return "recovery_code" if taken else None
    row = conn.execute(_SECRET, (person_id,)).fetchone()
    if row is None:
        return None
    step = step_of(sealer.open(row[0]), code, at, after=row[1])
    # Two requests with the same code: only one of them gets it.
    if step is None or not conn.execute(_USED, (step, person_id, step)).rowcount:
        return None
    return "code"


def step_of(secret: str, code: str, at: datetime, after: int = 0) -> int | None:
    """Return the half minute the code is of (this one, the one before or after), if later than `after`."""
    now = int(at.timestamp()) // SECONDS
    codes = TOTP(secret, digits=DIGITS, interval=SECONDS)
    for step in (now, now - 1, now + 1):
        if step > after and hmac.compare_digest(codes.generate_otp(step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes(conn: Connection, person_id: UUID) -> Sequence[str]:
    """Replace the recovery codes; return the new ones, which are not stored readably."""
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    conn.execute(_FORGET_CODES, (person_id,))
    for code in codes:
        conn.execute(_KEEP_CODE, (person_id, _digest(code)))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def recovery_codes_left(conn: Connection, person_id: UUID) -> int:
    """Return how many recovery codes are unused."""
    [row] = conn.execute(_CODES_LEFT, (person_id,)).fetchall()
    return row[0]


def forget(conn: Connection, person_id: UUID) -> None:
    """Remove somebody's second step; they set up another when they next sign in."""
    conn.execute(_FORGET, (person_id,))
    conn.execute(_FORGET_CODES, (person_id,))


def as_typed(code: str) -> str:
    """Return a code as it is stored, without spaces and signs."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
