"""Records are kept for years after care ends, then erased whole, and a tombstone stays where they were."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest
from psycopg.sql import SQL, Composed, Identifier

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from api import retention
from delegation.audit_seal import seal
from delegation.audit_verify import verify
from delegation.people import actor_of
from delegation.residents import end_of_care, legal_hold
from delegation.residents.end_of_care import EndReason, EndRefusedError
from delegation.residents.retention import Tombstone
from devices.reading import decode
from ingest import door
from ingest.arrival import Arrival, Settled
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import Commands
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.serving import Served, give_accounts, username

SignIn = Callable[[UUID], httpx.Client]
MakeCommands = Callable[..., Commands]
BY = ("--by", username(n.OPERATOR))
RETENTION = "hearthwatch_retention"
WATCHED = datetime(2016, 5, 4, 9, 0, tzinfo=UTC)
"""So long ago that the records of somebody whose care ended then are due today."""
ENDED = WATCHED + timedelta(days=30)
DUE = ENDED.replace(year=ENDED.year + 8)
# What is left that says anything of a resident.
SAID: dict[str, LiteralString] = {
    "readings": "SELECT count(*) FROM ingest.reading WHERE resident_id = %s",
    "scores": "SELECT count(*) FROM alerts.score WHERE resident_id = %s",
    "signs": "SELECT count(*) FROM ingest.current_vitals WHERE resident_id = %s AND signs <> '{}'",
    "reasons": "SELECT count(*) FROM alerts.escalation WHERE resident_id = %s AND why <> 'Erased.'",
    "notes": "SELECT count(*) FROM alerts.escalation WHERE resident_id = %s AND note IS NOT NULL",
    "sentences": "SELECT count(*) FROM alerts.finding WHERE resident_id = %s AND sentence <> 'Erased.'",
    "evidence": "SELECT count(*) FROM alerts.finding WHERE resident_id = %s AND evidence <> '[]'",
    "events' words": """SELECT count(words) FROM alerts.escalation_event
                        JOIN alerts.escalation USING (escalation_id) WHERE resident_id = %s""",
    "clocks": "SELECT count(*) FROM alerts.clock_run WHERE %s = ANY (residents)",
    "quarantined": """SELECT count(*) FROM ingest.quarantine
                      WHERE position(convert_to(%s::text, 'UTF8') IN payload) > 0""",
    "audit words": """SELECT count(*) FROM delegation.audit_text
                      JOIN delegation.audit_event USING (audit_id) WHERE resident_id = %s""",
    "break-glass words": "SELECT count(words) FROM delegation.break_glass WHERE resident_id = %s",
}
_GLASS: LiteralString = """
INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, words, ends_at)
VALUES (%s, %s, ARRAY[%s], 'danger_now', 'Found on the floor.', now() + interval '1 hour')
"""


_CLOCKS: LiteralString = "INSERT INTO alerts.clock_run (run_at, residents, arrivals) VALUES (%s, %s, %s)"


class Home:
    """Orchard House, years ago: its kit sends, its hub answers, and time passes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.kit = n.Kit()
        self.owner = database.connect(autocommit=True)

    def send(self, resident: UUID, *readings: Any, at: datetime = WATCHED) -> list[Settled]:
        with self.database.connect("hearthwatch_ingest") as conn:
            return door.receive(conn, [self.kit.arrival(one, at) for one in readings], Evaluator(), at)

    def act(self, action: Callable[..., Any], *arguments: Any, by: UUID = n.HUB_LEAD, **more: Any) -> Any:
        with self.database.connect("hearthwatch_api") as conn:
            return action(conn, actor_of(conn, by), *arguments, **more)

    def watch(self, resident: UUID) -> list[Any]:
        """Something of every kind: grave readings, one that is refused, a case answered in words."""
        readings = [
            self.kit.reading(resident, n.GRAVE, taken_at=WATCHED + n.minutes(minute)) for minute in (0, 60)
        ]
        for reading in readings:
            self.send(resident, reading, at=reading.taken_at)
        [first, _] = readings
        self.send(resident, first.model_copy(update={"values": n.NORMAL}))
        [(case,)] = self.rows("SELECT escalation_id FROM alerts.escalation WHERE resident_id = %s", resident)
        self.act(desk.claim, case, WATCHED + n.minutes(61))
        self.act(desk.close, case, Disposition.GP_TODAY, "The daughter is told.", WATCHED + n.minutes(62))
        for others in ([], [n.CORA]):
            clocks = [resident, *others]
            self.owner.execute(_CLOCKS, (WATCHED, clocks, [7, 8][: len(clocks)]))
        return readings

    def end(self, resident: UUID, by: UUID = n.HUB_LEAD) -> None:
        self.act(end_of_care.record, resident, ended_at=ENDED, reason=EndReason.DIED, at=ENDED, by=by)

    def erase(self, resident: UUID, at: datetime = DUE) -> Tombstone | None:
        with self.database.connect(RETENTION) as conn:
            return retention.erase(conn, resident, at)

    def standing(self, at: datetime = DUE) -> dict[UUID, str | None]:
        with self.database.connect(RETENTION) as conn:
            return {one.resident_id: one.kept_because for one in retention.standing(conn, at)}

    def rows(self, query: LiteralString | Composed, *values: Any) -> list[tuple[Any, ...]]:
        return self.owner.execute(query, values or None).fetchall()

    def said(self, resident: UUID) -> dict[str, int]:
        return {what: self.rows(query, resident)[0][0] for what, query in SAID.items()}


@pytest.fixture
def home(neighbourhood: Database) -> Iterator[Home]:
    made = Home(neighbourhood)
    yield made
    made.owner.close()


def test_records_are_due_years_after_care_ended_and_not_before(home: Home) -> None:
    home.watch(n.AMARA)
    assert home.standing(DUE) == {}, "care goes on"
    home.end(n.AMARA)
    assert home.standing(DUE - timedelta(seconds=1)) == {}
    assert home.standing(DUE) == {n.AMARA: None}
    home.act(end_of_care.withdraw, n.AMARA, ENDED + timedelta(days=1))
    assert home.standing(DUE) == {}
    assert home.erase(n.AMARA) is None
    assert home.said(n.AMARA)["readings"] == 2


@pytest.mark.both_databases
def test_all_of_one_resident_is_erased_and_nothing_of_another(home: Home) -> None:
    for resident in (n.AMARA, n.BRAM):
        home.watch(resident)
        home.end(resident)
        hold = home.act(legal_hold.place, resident, reason="A claim.", until=None, at=ENDED)
        home.act(legal_hold.lift, resident, hold, ENDED)
        home.owner.execute(_GLASS, (resident, n.OUTSIDE_CLINICIAN, n.OTHER_HUB))
    others, before = home.said(n.BRAM), home.said(n.AMARA)
    assert min(before.values()) > 0, before
    seal(home.owner, DUE)
    stone = home.erase(n.AMARA)
    assert stone is not None
    assert (stone.erased["readings"], stone.erased["scores"], stone.erased["quarantined"]) == (2, 2, 1)
    assert stone.span == (WATCHED, WATCHED + n.minutes(60))
    assert set(home.said(n.AMARA).values()) == {0}
    assert home.said(n.BRAM) == others
    assert home.rows("SELECT residents, arrivals FROM alerts.clock_run ORDER BY residents") == [
        ([n.BRAM], [7]),
        ([n.BRAM, n.CORA], [7, 8]),
        ([n.CORA], [8]),
    ], "nobody else's clocks, and each with what was known of them"
    assert home.rows(
        "SELECT resident_id, care_ended_at, rule_version, erased_at FROM delegation.tombstone"
    ) == [(n.AMARA, ENDED, "default-1", DUE)]
    assert home.rows(
        "SELECT actor, resident_id FROM delegation.audit_event WHERE action = 'records.erased'"
    ) == [("process:retention", n.AMARA)]
    assert verify(home.owner).faults == 0, "words that are gone break no seal"
    assert home.rows("SELECT state, disposition FROM alerts.escalation WHERE resident_id = %s", n.AMARA) == [
        ("closed", "gp_today")
    ], "how the hub answered is still counted"
    assert home.standing(DUE) == {n.BRAM: None}
    assert home.erase(n.AMARA) is None, "once is enough"


def test_a_kit_that_sends_an_erased_reading_again_is_told_duplicate_and_nothing_comes_back(
    home: Home,
) -> None:
    readings = home.watch(n.AMARA)
    home.end(n.AMARA)
    home.erase(n.AMARA)
    settled = home.send(n.AMARA, *readings, at=DUE + timedelta(days=1))
    assert [one.outcome for one in settled] == ["duplicate", "duplicate"]
    assert set(home.said(n.AMARA).values()) == {0}


def test_a_legal_hold_keeps_everything_until_it_is_lifted(home: Home) -> None:
    home.watch(n.AMARA)
    home.end(n.AMARA)
    hold = home.act(legal_hold.place, n.AMARA, reason="An inquest.", until=None, at=ENDED)
    assert home.standing() == {n.AMARA: "a legal hold"}
    assert home.erase(n.AMARA) is None
    home.act(legal_hold.lift, n.AMARA, hold, DUE - timedelta(days=1))
    assert home.standing() == {n.AMARA: None}


def test_a_legal_hold_that_was_given_a_day_ends_on_it(home: Home) -> None:
    home.watch(n.AMARA)
    home.end(n.AMARA)
    home.act(legal_hold.place, n.AMARA, reason="A claim.", until=DUE, at=ENDED)
    assert home.standing(DUE - timedelta(seconds=1)) == {}
    assert home.standing(DUE) == {n.AMARA: None}


def test_what_came_after_care_ended_and_what_is_not_answered_is_kept(home: Home) -> None:
    home.watch(n.AMARA)
    for resident in (n.AMARA, n.BRAM):
        home.end(resident)
    later = DUE - timedelta(days=365)
    home.send(n.AMARA, home.kit.reading(n.AMARA, taken_at=later), at=later)
    home.send(n.BRAM, home.kit.reading(n.BRAM, n.GRAVE, taken_at=WATCHED))
    assert home.standing() == {
        n.AMARA: f"a reading that arrived on {later:%d %B %Y}, after care ended",
        n.BRAM: "an escalation that is still open",
    }


@pytest.mark.parametrize("written", [str(n.BRAM).upper(), n.BRAM.hex], ids=["in capitals", "without hyphens"])
def test_what_is_in_quarantine_goes_however_it_names_them(home: Home, written: str) -> None:
    home.end(n.BRAM)
    for name in (written, n.AMARA.hex):
        nobody_reads_this = b'{"resident":"' + name.encode() + b'","note":"\xff'
        [item] = decode(nobody_reads_this)
        arrival = Arrival(n.KIT, home.kit.topic(), item, WATCHED)
        with home.database.connect("hearthwatch_ingest") as conn:
            door.receive(conn, [arrival], Evaluator(), WATCHED)
    stone = home.erase(n.BRAM)
    assert stone is not None
    assert stone.erased["quarantined"] == 1
    assert home.rows("SELECT count(*) FROM ingest.quarantine") == [(1,)]


def test_a_reading_goes_with_the_records_of_the_one_whose_it_is(home: Home) -> None:
    for resident in (n.AMARA, n.BRAM):
        home.end(resident)
    hers, his = (home.kit.reading(n.AMARA, taken_at=WATCHED + n.minutes(one)) for one in (0, 600))
    home.send(n.AMARA, hers, his, at=WATCHED + n.minutes(600))
    said = Correction((n.KIT, his.reading_id), 0, n.BRAM, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
    with home.database.connect("hearthwatch_ingest") as conn:
        correct(conn, Evaluator(), said, WATCHED + n.minutes(700))
    stone = home.erase(n.AMARA)
    assert stone is not None
    assert stone.erased["readings"] == 1
    assert home.rows("SELECT reading_id FROM ingest.reading") == [(his.reading_id,)]
    assert home.rows("SELECT count(*) FROM alerts.score WHERE resident_id = %s", n.AMARA) == [(0,)]
    stone = home.erase(n.BRAM)
    assert stone is not None
    assert (stone.erased["readings"], stone.erased["corrections"]) == (1, 1)
    for table in ("ingest.reading", "ingest.reading_correction", "alerts.score"):
        assert home.rows(SQL("SELECT count(*) FROM {}").format(Identifier(*table.split(".")))) == [(0,)]


@pytest.mark.parametrize("who", [n.WORKER, n.CLINICIAN, n.OPERATOR, n.OUTSIDE_CLINICIAN])
def test_only_whoever_answers_for_a_resident_ends_their_care_or_holds_their_records(
    home: Home, who: UUID
) -> None:
    with pytest.raises(EndRefusedError):
        home.end(n.AMARA, by=who)
    with pytest.raises(EndRefusedError):
        home.act(legal_hold.place, n.AMARA, reason="No.", until=None, at=ENDED, by=who)
    home.end(n.AMARA, by=n.MANAGER)
    with pytest.raises(EndRefusedError):
        home.act(end_of_care.withdraw, n.AMARA, ENDED, by=who)


def test_care_ends_and_records_are_held_over_http(served: Served, sign_in: SignIn) -> None:
    manager, records = sign_in(n.MANAGER), f"/api/v1/residents/{n.AMARA}"
    ending = {"ended_at": served.clock().isoformat(), "reason": "moved_away"}
    assert sign_in(n.WORKER).post(f"{records}/end-of-care", json=ending).status_code == 403
    assert manager.post(f"{records}/end-of-care", json=ending).status_code == 204
    assert manager.post(f"{records}/end-of-care", json=ending).status_code == 403
    assert "Amara" not in manager.get(f"/homes/{n.ORCHARD}").text, "nobody goes round to observe her"
    assert manager.post(f"{records}/end-of-care/withdraw").status_code == 204
    assert "Amara" in manager.get(f"/homes/{n.ORCHARD}").text
    assert manager.post(f"{records}/legal-holds", json={"reason": " "}).status_code == 422
    past = manager.post(
        f"{records}/legal-holds", json={"reason": "A claim.", "until": "2020-01-01T00:00:00Z"}
    )
    assert (past.status_code, "give a time to come" in past.json()["detail"]) == (422, True)
    hold = manager.post(f"{records}/legal-holds", json={"reason": "A claim."}).json()["hold_id"]
    assert manager.post(f"{records}/legal-holds/{hold}/lift").status_code == 204
    assert manager.post(f"{records}/legal-holds/{hold}/lift").status_code == 404


def test_care_does_not_end_in_the_future_nor_twice(home: Home) -> None:
    with pytest.raises(EndRefusedError, match="future"):
        home.act(end_of_care.record, n.AMARA, ended_at=DUE, reason=EndReason.DIED, at=ENDED)
    home.end(n.AMARA)
    with pytest.raises(EndRefusedError, match="already"):
        home.end(n.AMARA)


def test_the_command_says_what_is_due_and_erases_it_only_when_told_to(
    home: Home, commands: MakeCommands
) -> None:
    give_accounts(home.database)
    for resident in (n.AMARA, n.BRAM):
        home.watch(resident)
        home.end(resident)
    home.act(legal_hold.place, n.BRAM, reason="A claim.", until=None, at=ENDED)
    lines = commands().run("retention").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [str(n.AMARA), str(n.BRAM)]
    assert "due (default-1)" in lines[0]
    assert "kept because of a legal hold" in lines[1]
    assert home.said(n.AMARA)["readings"] == 2
    [said] = [
        json.loads(line) for line in commands().run("retention", "--now", *BY, "--json").stdout.splitlines()
    ]
    assert (said["resident"], said["erased"]["readings"]) == (str(n.AMARA), 2)
    assert set(home.said(n.AMARA).values()) == {0}
    assert home.said(n.BRAM)["readings"] == 2


def test_the_scheduler_erases_what_is_due(home: Home, commands: MakeCommands) -> None:
    home.watch(n.AMARA)
    home.end(n.AMARA)
    with commands().start("scheduler") as scheduler:
        done = 'hearthwatch_scheduler_runs_total{job="retention",outcome="done"} 1.0'
        wait_until(lambda: scheduler.says(done), "the scheduler to erase")
    assert set(home.said(n.AMARA).values()) == {0}


def test_a_hold_that_is_placed_while_records_are_to_be_erased_keeps_them(home: Home) -> None:
    home.watch(n.AMARA)
    home.end(n.AMARA)
    with home.database.connect("hearthwatch_api") as conn:
        legal_hold.place(conn, actor_of(conn, n.HUB_LEAD), n.AMARA, reason="A claim.", until=None, at=DUE)
        erasing = meanwhile(home.database, conn, lambda: home.erase(n.AMARA))
    assert erasing.result() is None
    assert home.standing() == {n.AMARA: "a legal hold"}
    assert home.said(n.AMARA)["readings"] == 2


def test_killed_in_the_middle_it_leaves_everything_and_the_next_run_erases_it(
    home: Home, commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    home.watch(n.AMARA)
    home.end(n.AMARA)
    before = home.said(n.AMARA)
    with neighbourhood.connect() as blocking:
        # Readings and scores are deleted by the time it comes to the findings.
        blocking.execute("LOCK TABLE alerts.finding IN SHARE MODE")
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "retention", "--now", *BY],
            env={"PATH": "/usr/bin:/bin", **commands().environment},
            cwd=Path(__file__).parents[3],
            stdout=subprocess.DEVNULL,
        )
        wait_until(lambda: _waits(home), "the erasing to come to the findings")
        process.kill()
        process.wait()
    wait_until(lambda: not _is_there(home), "the database to notice")
    assert home.said(n.AMARA) == before
    assert home.rows("SELECT count(*) FROM delegation.tombstone") == [(0,)]
    assert home.erase(n.AMARA) is not None
    assert set(home.said(n.AMARA).values()) == {0}


def _waits(home: Home) -> bool:
    return home.rows(
        """SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_retention'
           AND wait_event_type = 'Lock' AND datname = current_database()"""
    ) == [(1,)]


def _is_there(home: Home) -> bool:
    return home.rows(
        """SELECT count(*) FROM pg_stat_activity WHERE usename = 'hearthwatch_retention'
           AND datname = current_database()"""
    ) != [(0,)]


def test_a_hold_placed_while_records_are_looked_at_is_waited_for(home: Home, neighbourhood: Database) -> None:
    home.watch(n.AMARA)
    home.end(n.AMARA)
    with neighbourhood.connect("hearthwatch_api") as conn:
        lead = actor_of(conn, n.HUB_LEAD)
        legal_hold.place(conn, lead, n.AMARA, reason="A claim.", until=None, at=DUE)
        with neighbourhood.connect(RETENTION) as impatient:
            impatient.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                retention.erase(impatient, n.AMARA, DUE)
    assert home.erase(n.AMARA) is None
