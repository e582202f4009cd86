"""A kit that is not heard is said where somebody can do something about it, and to nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx

from devices import registry
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
QUIET = "The kit of Orchard House has not been heard for 5 h: readings may be waiting on it."


def hear(database: Database, *kits: UUID, ago: timedelta = timedelta(0)) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        registry.note_heard(conn, dict.fromkeys(kits, datetime.now(UTC) - ago))


def test_the_hub_and_the_home_are_told_and_another_hub_is_not(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    clinician, manager, stranger = (sign_in(who) for who in (n.CLINICIAN, n.MANAGER, n.OUTSIDE_CLINICIAN))
    kits = (n.KIT, n.SECOND_KIT, n.STRANGE_KIT)
    hear(neighbourhood, *kits, ago=timedelta(hours=5))
    hub = clinician.get(f"/hubs/{n.HUB}").text
    assert QUIET in hub
    assert "The kit of Meadow View" in hub
    assert "Far House" not in hub
    home = manager.get(f"/homes/{n.ORCHARD}").text
    assert f"{QUIET} Check that it is charged" in home
    assert "Meadow View" not in home
    assert "Orchard House" not in stranger.get(f"/hubs/{n.OTHER_HUB}").text
    hear(neighbourhood, *kits)
    assert "readings may be waiting" not in clinician.get(f"/hubs/{n.HUB}").text
    assert "readings may be waiting" not in manager.get(f"/homes/{n.ORCHARD}").text


def test_a_kit_that_never_was_heard_is_said_too(sign_in: SignIn) -> None:
    said = "The kit of Orchard House has never been heard since it was lent"
    assert said in sign_in(n.CLINICIAN).get(f"/hubs/{n.HUB}").text
