"""Two add the same person to a home at the same time: the second is asked first, as if they had come later."""

from datetime import UTC, date, datetime

from delegation.people import actor_of
from delegation.residents import admission
from delegation.residents.admission import Done, Outcome
from delegation.residents.particulars import Particulars
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.meanwhile import meanwhile

API = "hearthwatch_api"
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
# Without an NHS number nothing else would tell that it is the same person twice.
EDDA = Particulars(name="Edda Synthetic", nhs_number=None, born_on=date(1938, 2, 3))


def test_of_two_who_add_the_same_person_at_once_the_second_is_shown_whom_the_first_added(
    neighbourhood: Database,
) -> None:
    def second() -> Done:
        with neighbourhood.connect(API) as conn:
            return admission.add(conn, actor_of(conn, n.HUB_LEAD), n.ORCHARD, EDDA, NOW)

    with neighbourhood.connect(API) as conn:
        added = admission.add(conn, actor_of(conn, n.MANAGER), n.ORCHARD, EDDA, NOW)
        other = meanwhile(neighbourhood, conn, second)
    assert added.outcome is Outcome.DONE
    assert other.result() == Done(Outcome.ALIKE, added.resident_id)
