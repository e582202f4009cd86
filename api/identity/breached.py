"""Passwords known from breaches, which guessers try first.

Guards: a password is compared by its hash and never leaves this process. `breached.bin` holds the 30,000 commonest in
lower case, as sorted prefixes of their SHA-256; an installation may name a larger file.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

# With prefixes of this length, 30,000 entries match one other password in 37 million by chance.
_OCTETS = 5
_LONGEST_LINE = 100


def packed(passwords: Iterable[str]) -> bytes:
    """Build `breached.bin`: one password a line in, sorted hash prefixes out."""
    return b"".join(sorted({_shipped_digest(one) for one in passwords}))


@cache
def _shipped() -> tuple[bytes, ...]:
    whole = resources.files("api.identity").joinpath("breached.bin").read_bytes()
    return tuple(whole[at : at + _OCTETS] for at in range(0, len(whole), _OCTETS))


def is_common(word: str) -> bool:
    """Return whether it is among the commonest passwords, in capitals or not."""
    wanted = _shipped_digest(word)
    at = bisect_left(_shipped(), wanted)
    return _shipped()[at : at + 1] == (wanted,)


def _shipped_digest(word: str) -> bytes:
    return hashlib.sha256(word.lower().encode("utf-8", "surrogatepass")).digest()[:_OCTETS]


@dataclass(frozen=True, slots=True)
class HashFile:
    """A larger list: one SHA-1 in hexadecimal a line, sorted; `:` and a count may follow.

    This is the format of Have I Been Pwned, ordered by hash. The file is searched on disk, never read whole.
    """

    path: Path

    def __contains__(self, password: str) -> bool:
        wanted = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        low, high = 0, self.path.stat().st_size
        with self.path.open("rb") as file:
            # The line that begins at or after `low` is never beyond the one searched for.
            while low < high:
                middle = (low + high) // 2
                file.seek(middle)
                if middle:
                    file.readline(_LONGEST_LINE)
                if _hash_on(file.readline(_LONGEST_LINE)) < wanted:
                    low = middle + 1
                else:
                    high = middle
            file.seek(low)
            if low:
                file.readline(_LONGEST_LINE)
            return _hash_on(file.readline(_LONGEST_LINE)) == wanted


def _hash_on(line: bytes) -> str:
    """Return the hash on a line; at the end of the file, a string that sorts after every hash."""
    return line.partition(b":")[0].strip().decode("ascii", "replace").lower() or "~"
