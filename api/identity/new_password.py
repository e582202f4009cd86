"""The rules for a new password.

Guards: it must be long enough and not among those guessers try first: breached passwords, also with digits appended,
runs of keys, and the person's own name. No capitals, no signs and no regular change are required.
"""

from collections.abc import Container, Iterable
from itertools import pairwise

from api.identity.breached import is_common

SHORTEST = 12
LONGEST = 200
_FEWEST_KINDS = 5
_SHORTEST_NAME = 4
# Runs of keys along a keyboard's rows and down its columns.
_KEYS = "1234567890 qwertyuiopasdfghjklzxcvbnm 1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik"
TOO_SHORT = f"Use {SHORTEST} characters or more."
TOO_LONG = f"Use {LONGEST} characters or fewer."
BREACHED = "This is known from breaches elsewhere, so it would be guessed. Choose another."
TOO_PLAIN = "This is easy to guess: it repeats itself, or follows the keys. Choose another."
OWN_NAME = "Leave your own name and user name out of it: they are what others try first."


def fault(password: str, own: Iterable[str] = (), breached: Container[str] = ()) -> str | None:
    """Return what is wrong with it, as a sentence, or None. `own` are the person's name and user name."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    if is_common(password) or is_common(core(password)) or password in breached:
        return BREACHED
    if is_plain(password):
        return TOO_PLAIN
    if len(without(password, own)) < SHORTEST - _SHORTEST_NAME:
        return OWN_NAME
    return None


def core(password: str) -> str:
    """Return it without the digits and signs that people append: `Password2024!` gives `Password`."""
    first = next((at for at, letter in enumerate(password) if letter.isalpha()), len(password))
    last = next((at for at in range(len(password), first, -1) if password[at - 1].isalpha()), first)
    return password[first:last]


def is_plain(password: str) -> bool:
    """Return whether it repeats one piece, has few distinct characters, or is a run such as 1234 or abcd."""
    lower = password.lower()
    # A repetition is found inside its own double before the end of the first copy.
    repeats = (lower + lower).find(lower, 1) < len(lower)
    steps = {ord(after) - ord(before) for before, after in pairwise(lower)}
    walks = lower in _KEYS or lower in _KEYS[::-1]
    return walks or repeats or len(set(lower)) < _FEWEST_KINDS or steps <= {1, -9} or steps <= {-1, 9}


def without(password: str, own: Iterable[str]) -> str:
    """Return what is left once the person's own names are removed."""
    left = password.lower()
    for name in {part for one in own for part in one.lower().replace("-", " ").split()}:
        if len(name) >= _SHORTEST_NAME:
            left = left.replace(name, "")
    return left
