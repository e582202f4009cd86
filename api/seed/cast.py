"""The people who can sign in to a demonstration.

Guards: they share one random password, stored only as Argon2id hashes.
"""

from dataclasses import dataclass, field
from uuid import UUID

from api.identity.passwords import hash_password
from api.seed.staff import Person
from delegation.people import Role


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody to sign in as: `place` is where, `shows` what is special about them."""

    username: str
    person_id: UUID
    name: str
    role: Role
    place: str
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody to sign in as, and the password they share."""

    members: tuple[CastMember, ...]
    password: str = field(repr=False)

    def __getitem__(self, username: str) -> CastMember:
        """Return a member by username. Raises KeyError where there is none."""
        for member in self.members:
            if member.username == username:
                return member
        raise KeyError(username)


@dataclass(frozen=True, slots=True)
class Account:
    """A row of api.account."""

    person_id: UUID
    username: str
    password_hash: str = field(repr=False)


def member(username: str, person: Person, role: Role, place: str, shows: str = "") -> CastMember:
    """Return a person of the neighbourhood as a member of the cast."""
    return CastMember(username, person.person_id, person.name, role, place, shows)


def accounts(cast: Cast) -> list[Account]:
    """Return an account for each, with a salt of its own."""
    return [Account(one.person_id, one.username, hash_password(cast.password)) for one in cast.members]
