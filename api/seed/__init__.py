"""A synthetic neighbourhood for demonstrations, load tests and tests, made from a seed and written in one go.

Guards: everybody in it is marked synthetic, and it never shares a database with real people.
"""

from api.seed.cast import Cast, CastMember
from api.seed.neighbourhood import neighbourhood
from api.seed.store import AlreadySeededError, Seeded, seed

__all__ = ["AlreadySeededError", "Cast", "CastMember", "Seeded", "neighbourhood", "seed"]
