"""Passwords that are known from breaches: those that a guesser tries first.

Guards: a password is compared by its hash and never leaves this process. What ships is `breached.bin`, the commonest
30,000 in lower case as sorted beginnings of their SHA-256; an installation may name a larger file.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

# Of so many octets of a hash, 30,000 strike one password in 37 million by chance.
_OCTETS = 5
_LONGEST_LINE = 100


def packed(passwords: Iterable[str]) -> bytes:
    """What `breached.bin` is made of: one password a line in, sorted beginnings of hashes out."""
    return b"".join(sorted({_shipped_digest(one) for one in passwords}))


@cache
def _shipped() -> tuple[bytes, ...]:
    whole = resources.files("api.identity").joinpath("breached.bin").read_bytes()
    return tuple(whole[at : at + _OCTETS] for at in range(0, len(whole), _OCTETS))


def is_common(word: str) -> bool:
    """Whether it is among the commonest passwords, however it is written."""
    wanted = _shipped_digest(word)
    at = bisect_left(_shipped(), wanted)
    return _shipped()[at : at + 1] == (wanted,)


def _shipped_digest(word: str) -> bytes:
    return hashlib.sha256(word.lower().encode("utf-8", "surrogatepass")).digest()[:_OCTETS]


@dataclass(frozen=True, slots=True)
class HashFile:
    """A larger list: a line for each password, its SHA-1 in hexadecimal, in order; `:` and a count may follow.

    That is how Have I Been Pwned hands out its list ordered by hash. It is searched where it lies, never read whole.
    """

    path: Path

    def __contains__(self, password: str) -> bool:
        wanted = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
        low, high = 0, self.path.stat().st_size
        with self.path.open("rb") as file:
            # The line that begins at or after `low` is never past the one wanted.
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
    """The hash on a line; after the last one, something that sorts behind all."""
    return line.partition(b":")[0].strip().decode("ascii", "replace").lower() or "~"
