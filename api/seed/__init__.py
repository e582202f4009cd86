"""A synthetic neighbourhood for demonstrations, load and tests: made up from a seed, written in one go.

Invariant: everybody in it is synthetic and marked so, and it never mixes with anybody else.
"""

from api.seed.cast import Cast, CastMember
from api.seed.neighbourhood import neighbourhood
from api.seed.store import AlreadySeededError, Seeded, seed

__all__ = ["AlreadySeededError", "Cast", "CastMember", "Seeded", "neighbourhood", "seed"]
