"""Who of the cast may do what, in sentences written by hand: the oracle of the tests of access.

Invariant: what no sentence lets somebody do, they are refused.
"""

from uuid import UUID

from delegation.rights import Deed
from tests.integration.access import facts_of_homes, facts_of_hubs, facts_of_others

FACTS = (*facts_of_homes.FACTS, *facts_of_hubs.FACTS, *facts_of_others.FACTS)


def let(who: UUID | None, does: Deed, what: str) -> set[UUID]:
    """Whose rows of a relation they may do this to."""
    return {
        one
        for said in FACTS
        if said.does is does and what in said.what and who in said.who
        for one in said.whose
    }
