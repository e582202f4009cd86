"""Four workers with batches of a thousand in random order, while the hub works its queue (invariants 2, 3, 8)."""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from uuid import UUID

import psycopg

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.policy import Severity
from delegation.people import Actor, actor_of
from devices.reading import ReadingPayload
from devices.receipt import Outcome
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.doorstep import NOW, Doorstep, admit, at_the_door, lend
from tests.fixtures.length import length, seed
from tests.fixtures.machine import PATIENCE_SECONDS

WORKERS = 4
RESIDENTS = 20
BATCH = 1000
BATCHES_EACH = length(2, 10)
SHARED = 0.25
"""So much of what one worker brings, another brings too."""


def some_readings(
    rng: random.Random, residents: Sequence[UUID], kits: Sequence[n.Kit]
) -> list[ReadingPayload]:
    """Half of them normal, some grave, many partial, over the last two hours; all different."""
    count = int(WORKERS * BATCHES_EACH * BATCH / (1 + SHARED))
    made = []
    for _ in range(count):
        full = rng.choices((n.NORMAL, n.GRAVE), (9, 1))[0]
        signs = rng.sample(sorted(full), rng.randint(1, len(full)))
        taken_at = NOW - n.minutes(rng.uniform(0, 120))
        kit = rng.choice(kits)
        made.append(
            (kit, kit.reading(rng.choice(residents), {sign: full[sign] for sign in signs}, taken_at=taken_at))
        )
    return made


ON = {"claim": "open", "release": "claimed", "close": "claimed", "undo": "closed"}


class NothingToDoError(Exception):
    """No case is in the state that a deed needs."""


class HubDesk(threading.Thread):
    """A clinician who claims, releases, closes, undoes and takes calls as fast as the database lets them."""

    def __init__(self, database: Database, residents: Sequence[UUID], rng: random.Random) -> None:
        super().__init__(name="hub desk")
        self.database, self.residents, self.rng = database, residents, rng
        self.stopping = threading.Event()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.deeds = cycle(("call", "claim", "close", "claim", "release", "undo"))
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with self.database.connect("hearthwatch_api", autocommit=True) as conn:
                while not self.stopping.is_set():
                    self.act(conn)
        except BaseException as error:
            self.failure = error

    def act(self, conn: psycopg.Connection) -> None:
        deed = next(self.deeds)
        try:
            with conn.transaction():
                actor = actor_of(conn, n.CLINICIAN)
                if deed == "call":
                    resident = self.rng.choice(self.residents)
                    desk.raise_by_hand(conn, actor, resident, Severity.CONCERN, "Not herself.", NOW)
                else:
                    self.answer(conn, actor, deed)
            self.done[deed] += 1
        except (NothingToDoError, desk.DeskError) as error:
            self.refused[type(error).__name__] += 1
        except psycopg.errors.DeadlockDetected:
            self.refused["deadlock"] += 1

    def answer(self, conn: psycopg.Connection, actor: Actor, deed: str) -> None:
        cases = conn.execute(
            "SELECT escalation_id FROM alerts.escalation WHERE state = %s ORDER BY escalation_id", (ON[deed],)
        ).fetchall()
        if not cases:
            raise NothingToDoError
        [case] = self.rng.choice(cases)
        if deed == "close":
            desk.close(conn, actor, case, Disposition.ADVICE_GIVEN, "Advice given.", NOW)
        else:
            {"claim": desk.claim, "release": desk.release, "undo": desk.undo}[deed](conn, actor, case, NOW)


def work(database: Database, batches: Sequence[Sequence], together: threading.Barrier) -> tuple[list, int]:
    """One worker: each batch in a transaction, run again where the database says so."""
    settled, again = [], 0
    with at_the_door(database) as own:
        together.wait(PATIENCE_SECONDS)
        for batch in batches:
            while True:
                try:
                    settled += own.deliver(*(kit.arrival(reading, NOW) for kit, reading in batch))
                    break
                except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                    again += 1
    return settled, again


def dealt(rng: random.Random, made: Sequence) -> list[list[list]]:
    """For each worker its batches: everything once at least, some of it to two workers, all in random order."""
    twice = rng.sample(list(made), int(len(made) * SHARED))
    cards = [*made, *twice]
    rng.shuffle(cards)
    hands = [cards[worker::WORKERS] for worker in range(WORKERS)]
    return [[hand[start : start + BATCH] for start in range(0, len(hand), BATCH)] for hand in hands]


def test_nothing_is_lost_while_four_workers_and_the_hub_meet_on_twenty_residents(doorstep, neighbourhood):
    rng = random.Random(seed())
    residents = admit(doorstep.owner, RESIDENTS)
    kits = [n.Kit(), n.Kit(n.WEB_KIT), *(n.Kit(UUID(int=900 + number)) for number in range(4))]
    lend(doorstep.owner, [kit.kit_id for kit in kits[2:]])
    made = some_readings(rng, residents, kits)
    together = threading.Barrier(WORKERS)
    hub = HubDesk(neighbourhood, residents, rng)
    hub.start()
    with ThreadPoolExecutor(WORKERS) as pool:
        working = [pool.submit(work, neighbourhood, hand, together) for hand in dealt(rng, made)]
        settled = [one for each in working for one in each.result()[0]]
        again = sum(each.result()[1] for each in working)
    hub.stopping.set()
    hub.join(PATIENCE_SECONDS)
    print(f"{len(made)} readings, {again} batches run again, hub {dict(hub.done)} {dict(hub.refused)}")

    assert hub.failure is None
    assert hub.done.keys() >= {"call", "claim", "close"}
    assert not hub.refused["deadlock"]
    assert Counter(one.outcome for one in settled) == {
        Outcome.STORED: len(made),
        Outcome.DUPLICATE: int(len(made) * SHARED),
    }
    everything_adds_up(doorstep, residents, [reading for _, reading in made])


def everything_adds_up(doorstep: Doorstep, residents: Sequence[UUID], made: Sequence[ReadingPayload]) -> None:
    assert Counter(reading for _, reading in doorstep.stored()) == Counter(one.reading_id for one in made)
    for numbers in doorstep.arrival_numbers().values():
        assert numbers == list(range(1, len(numbers) + 1))
    open_ = Counter(
        resident
        for (resident,) in doorstep.rows("SELECT resident_id FROM alerts.escalation WHERE state <> 'closed'")
    )
    assert set(open_.values()) <= {1}
    grave = doorstep.rows(
        "SELECT cause_reading_id FROM alerts.score WHERE low >= 5 OR red_score = 'yes' ORDER BY 1"
    )
    found = doorstep.rows(
        "SELECT finding_id FROM alerts.finding WHERE rule IN ('score_threshold', 'red_vital_sign')"
    )
    assert len(grave) == len(found) > RESIDENTS, "what warrants an escalation has its finding, each once"
    revisions_without_gaps(doorstep)


def revisions_without_gaps(doorstep: Doorstep) -> None:
    """What a hub's page has seen up to a revision is all there is up to it."""
    events = doorstep.rows("SELECT revision FROM alerts.escalation_event WHERE hub_id = %s ORDER BY 1", n.HUB)
    assert [revision for (revision,) in events] == list(range(1, len(events) + 1))
    assert doorstep.rows("SELECT revision FROM alerts.hub_revision WHERE hub_id = %s", n.HUB) == [
        (len(events),)
    ]
