"""All that is held on somebody can be handed out: every table that holds something of them, and nobody else's."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx2 as httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from alerts.evaluator import Evaluator
from api.export.document import PARTS
from delegation.residents import legal_hold
from devices.reading import Device, DeviceKind, decode
from ingest import door
from ingest.arrival import Arrival
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import Commands
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served, give_accounts, username
from tests.integration.api.test_retention import ENDED, WATCHED, Home

SignIn = Callable[[UUID], httpx.Client]
MakeCommands = Callable[..., Commands]
# Every column by which a table can hold something of a resident, and every table that belongs to a row of one.
HOLD: LiteralString = """
WITH RECURSIVE held AS (
    SELECT attrelid AS oid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
      AND relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
      AND (attname IN ('resident_id', 'resident', 'residents', 'stored_for', 'held_for')
           OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'f' AND attnum = ANY (conkey)
                      AND confrelid = 'delegation.resident'::regclass))
    UNION
    SELECT conrelid FROM held JOIN pg_constraint ON confrelid = held.oid AND contype = 'f'
)
SELECT DISTINCT oid::regclass::text FROM held
"""
# What holds nothing of a resident though it hangs on something that does, or names nobody.
HOLDS_NOTHING = {
    "delegation.audit_sealed_event": "digests of events that are in the export",
}
BY_PAYLOAD = {"ingest.quarantine": "names residents in what was sent, not in a column"}
_DECIDED: tuple[LiteralString, ...] = (
    """INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number,
           reason, decided_at, starts_at, review_by, recorded_by)
       VALUES (%(who)s, 'Dr A', 'GMC', '1', 'COPD', %(at)s, %(at)s, %(at)s, %(by)s)""",
    """INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number,
    reason, decided_at, starts_at, review_by, recorded_by)
    VALUES (%(who)s, 'pulse', 90, 'Dr Synthetic', 'GMC', '1234567', 'Heart failure', %(at)s, %(at)s, %(at)s, %(by)s)""",
    "INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%(who)s, %(by)s, %(at)s)",
    """INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
           decided_at, starts_at, review_by, recorded_by)
       VALUES (%(who)s, 'Ward based care', 'Dr A', 'GMC', '1234567', 'Agreed', %(at)s, %(at)s, %(at)s, %(by)s)""",
    """INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by)
       VALUES (%(who)s, 'In hospital', %(at)s, %(at)s + interval '1 day', %(by)s)""",
    """WITH glass AS (
           INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, words, opened_at, ends_at)
           VALUES (%(who)s, %(by)s, ARRAY[%(hub)s], 'danger_now', 'Called.', %(at)s, %(at)s + interval '1 hour')
           RETURNING break_glass_id)
       INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id)
       SELECT break_glass_id, 'home', %(by)s FROM glass""",
    """INSERT INTO delegation.invitation (code_hash, role, resident_id, name, ends_at, invited_by)
       VALUES (sha256(%(who)s::text::bytea), 'carer', %(who)s, 'Her sister', now(), %(by)s)""",
    """INSERT INTO delegation.role_assignment (person_id, role, resident_id, starts_at)
       VALUES (%(by)s, 'carer', %(who)s, %(at)s)""",
    """INSERT INTO delegation.tombstone (resident_id, care_ended_at, rule_version, erased_at, erased)
       VALUES (%(who)s, %(at)s, 'default-1', %(at)s, '{}')""",
    """INSERT INTO alerts.phone_call (finding_id, escalation_id, resident_id, words, stays_at_hub, taken_by, taken_at)
       SELECT finding_id, escalation_id, resident_id, 'She is worse.', true, %(by)s, %(at)s
       FROM alerts.finding WHERE resident_id = %(who)s LIMIT 1""",
    """INSERT INTO alerts.open_question
           (resident_id, kit_id, reading_id, effective_at, deciding, low, high, opened_at, answer_by)
       SELECT resident_id, kit_id, reading_id, effective_at, '{spo2}', 1, 5, %(at)s, %(at)s
       FROM ingest.reading WHERE resident_id = %(who)s ORDER BY effective_at LIMIT 1
       ON CONFLICT DO NOTHING""",
)


@pytest.fixture
def held(neighbourhood: Database) -> Iterator[Home]:
    """Amara and Bram, of whom there is something of every kind."""
    give_accounts(neighbourhood)
    home = Home(neighbourhood)
    for who in (n.AMARA, n.BRAM):
        home.watch(who)
        _measure(home, who)
    for who in (n.AMARA, n.BRAM):
        home.act(legal_hold.place, who, reason="A claim.", until=None, at=ENDED)
        home.end(who)
        wanted = {"who": who, "by": n.CLINICIAN, "hub": n.HUB, "at": WATCHED}
        for said in _DECIDED:
            home.owner.execute(said, wanted)
    yield home
    home.owner.close()


def _measure(home: Home, who: UUID) -> None:
    """By an instrument, in part, in vain; of whom it turned out not to be; and not to be understood."""
    other = n.BRAM if who == n.AMARA else n.AMARA
    device = Device(kind=DeviceKind.PULSE_OXIMETER, model="Synthetic One", serial="1")
    values = {"spo2": 95, "pulse": 80, "systolic": 130, "on_oxygen": True, "consciousness": "V"}
    later = WATCHED + n.minutes(90)
    home.send(
        who,
        home.kit.reading(who, values, taken_at=later, device=device, not_obtained={"temperature": "refused"}),
        at=later,
    )
    mistaken = home.kit.reading(who, {"pulse": 199}, taken_at=later + n.minutes(1))
    home.send(who, mistaken, at=later + n.minutes(1))
    said = Correction((n.KIT, mistaken.reading_id), 0, other, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
    with home.database.connect("hearthwatch_ingest") as conn:
        correct(conn, Evaluator(), said, later + n.minutes(2))
        for names in ([who], [who, other]):
            garbage = json.dumps([str(one) for one in names]).encode() + b"\xff"
            [item] = decode(garbage)
            door.receive(conn, [Arrival(n.KIT, home.kit.topic(), item, later)], Evaluator(), later)


def exported(
    home: Home, commands: MakeCommands, folder: Path, who: UUID, form: str
) -> tuple[Path, dict[str, Any]]:
    out = folder / f"{who}.{form}"
    done = commands().run(
        *("export", "--resident", str(who), "--out", str(out), "--as", form),
        *("--by", username(n.MANAGER), "--because", "She asked for it."),
    )
    assert done.returncode == 0, done.stderr
    return out, json.loads(out.read_text())


def test_everything_is_in_it_and_nothing_of_anybody_else(
    held: Home, commands: MakeCommands, tmp_path: Path
) -> None:
    out, said = exported(held, commands, tmp_path, n.AMARA, "json")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [out.name]
    assert (said["resident"], said["left_out"]) == (str(n.AMARA), [])
    rows = {name: part["rows"] for name, part in said["parts"].items()}
    assert [name for name, found in rows.items() if not found] == []
    text = out.read_text()
    for others in ("Bram", str(n.BRAM), n.BRAM.hex, "9990000026"):
        assert others not in text
    assert rows["identity"][0]["name"] == "Amara Synthetic"
    values = [row["pulse"] for row in rows["readings"]]
    assert values == [124, 124, 80, 199], (
        "the one that turned out to be hers is, and hers that was not is not"
    )
    assert [(row["sent_for"], row["is_of"]) for row in rows["corrections"]] == [
        ("this resident", "another resident"),
        ("another resident", "this resident"),
    ]
    assert [row["payload"] is None for row in rows["not understood"]] == [False, False, True, True]
    looked = rows["who looked and what was done"][-1]
    assert (looked["action"], looked["name"], looked["purpose"]) == (
        "records.exported",
        "Mona Manager",
        "record_keeping",
    )
    assert rows["words beside what was done"][-1]["words"] == "She asked for it."


def test_the_bundle_is_valid_fhir_and_holds_each_sign_with_its_code(
    held: Home, commands: MakeCommands, tmp_path: Path
) -> None:
    out, said = exported(held, commands, tmp_path, n.AMARA, "fhir")
    Bundle.model_validate_json(out.read_text())
    assert "Bram" not in out.read_text()
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in said["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    assert {kind: len(ones) for kind, ones in found.items() if kind != "Observation"} == {
        "Patient": 1,
        "Device": 1,
        "Flag": 3,
        "ClinicalImpression": 2,
    }
    known = {entry["fullUrl"] for entry in said["entry"]}
    assert len(known) == len(said["entry"])
    text = out.read_text()
    referred = set(re.findall(r'"reference": "([^"]+)"', text))
    assert referred <= known
    by_code: dict[str, list[dict[str, Any]]] = {}
    for one in found["Observation"]:
        for coding in one["code"].get("coding", [{"code": one["code"]["text"]}]):
            by_code.setdefault(coding["code"], []).append(one)
    assert [one["valueQuantity"]["value"] for one in by_code["8867-4"]] == [124, 124, 80, 199]
    assert [one["valueQuantity"]["value"] for one in by_code["8310-5"] if "valueQuantity" in one] == [
        39.2,
        39.2,
    ]
    [refused] = [one for one in by_code["8310-5"] if "dataAbsentReason" in one]
    assert refused["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"
    systolic, diastolic = by_code["85354-9"][-1]["component"]
    assert systolic["valueQuantity"] == {
        "value": 130,
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mm[Hg]",
    }
    assert diastolic["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert by_code["1104441000000107"][-1]["valueCodeableConcept"]["coding"][0]["code"] == "300202002"
    assert by_code["Air or oxygen"][-1]["valueCodeableConcept"]["coding"][0]["code"] == "371825009"
    scores = by_code["1104051000000101"]
    assert any("valueRange" in one for one in scores)
    assert any("valueQuantity" in one for one in scores)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--resident", str(n.NOBODY)), f"There is no resident {n.NOBODY}."),
        (("--by", "nobody"), "Nobody has an account with the user name 'nobody'."),
        (("--because", " "), "Say what it is for"),
        (("--out", __file__), "is there already"),
        (("--as", "pdf"), "'pdf' is not one of"),
    ],
    ids=["no resident", "nobody", "for nothing", "a file that is there", "no form"],
)
def test_what_cannot_be_handed_out_is_said_in_a_sentence_and_writes_nothing(
    neighbourhood: Database, commands: MakeCommands, tmp_path: Path, more: tuple[str, str], said: str
) -> None:
    give_accounts(neighbourhood)
    asked = {"--resident": str(n.AMARA), "--out": str(tmp_path / "out.json")}
    asked |= {"--by": username(n.MANAGER), "--because": "She asked."} | dict([more])
    done = commands().run("export", *(word for pair in asked.items() for word in pair))
    assert done.returncode != 0
    assert said in done.stderr
    assert [*tmp_path.iterdir()] == []
    with neighbourhood.connect() as conn:
        assert conn.execute("SELECT count(*) FROM delegation.audit_event").fetchall() == [(0,)]


TRIED: LiteralString = """
SELECT action, actor, role, purpose, resident_id, words
FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)
"""
REFUSED = "Only the home's manager or the hub's lead takes a copy of a resident's records.\n"


@pytest.mark.parametrize(
    ("who", "role", "whose"),
    [
        (n.TRAINER, "trainer", n.AMARA),
        (n.OPERATOR, "operator", n.AMARA),
        (n.WORKER, "care_worker", n.AMARA),
        (n.CLINICIAN, "hub_clinician", n.AMARA),
        (n.CARER, "carer", n.AMARA),
        (n.MANAGER, "home_manager", n.CORA),
        (n.MANAGER, "home_manager", n.STRANGER_RESIDENT),
    ],
    ids=["trainer", "operator", "worker", "clinician", "carer", "another home", "another provider"],
)
def test_nothing_is_handed_out_in_the_name_of_who_may_take_no_copy_and_the_try_is_written_down(
    neighbourhood: Database, commands: MakeCommands, tmp_path: Path, who: UUID, role: str, whose: UUID
) -> None:
    give_accounts(neighbourhood)
    done = commands().run(
        *("export", "--resident", str(whose), "--out", str(tmp_path / "out.json")),
        *("--by", username(who), "--because", "I wonder."),
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", REFUSED)
    assert [*tmp_path.iterdir()] == []
    with neighbourhood.connect() as conn:
        assert conn.execute(TRIED).fetchall() == [
            ("records.export_refused", f"person:{who}", role, "record_keeping", whose, "I wonder.")
        ]


def test_a_copy_is_handed_out_in_the_name_of_the_hubs_lead_and_the_home_sees_who_was_refused(
    neighbourhood: Database, commands: MakeCommands, tmp_path: Path, sign_in: SignIn
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute("INSERT INTO api.account VALUES (%s, 'lena.lead', 'x')", (n.HUB_LEAD,))
    asked = ("export", "--resident", str(n.AMARA), "--because", "Her solicitor asked.", "--out")
    done = commands().run(*asked, str(tmp_path / "out.json"), "--by", "lena.lead")
    assert done.returncode == 0, done.stderr
    assert commands().run(*asked, str(tmp_path / "2.json"), "--by", username(n.TRAINER)).returncode == 1
    page = sign_in(n.MANAGER).get(f"/residents/{n.AMARA}/looks").text
    assert "Took a copy of all that is held on them" in page
    assert "Was to be given a copy of all that is held on them, and may not have one" in page


@pytest.mark.both_databases
def test_every_table_that_holds_something_of_a_resident_is_in_the_export_or_says_why_not(
    database: Database,
) -> None:
    with database.connect() as conn:
        tables = {name for (name,) in conn.execute(HOLD).fetchall()} - {"delegation.resident"}
    of_parts = [table for part in PARTS for table in part.tables]
    assert len(of_parts) == len(set(of_parts))
    assert tables | {"delegation.resident", *BY_PAYLOAD} == {*of_parts, *HOLDS_NOTHING}


def test_a_manager_takes_a_copy_of_what_they_may_see_and_it_is_written_down(
    served: Served, sign_in: SignIn, neighbourhood: Database
) -> None:
    home = Home(neighbourhood)
    home.watch(n.AMARA)
    manager, page = sign_in(n.MANAGER), f"/residents/{n.AMARA}/records/export"
    assert "take a copy of the records" in manager.get(f"/residents/{n.AMARA}/records").text
    assert manager.get(page).status_code == 200
    empty = manager.post(page, data={"because": " ", "form": "pdf"})
    assert empty.status_code == 422
    assert "Say who asked for it and what it is for" in empty.text
    assert "Choose what the file is to be" in empty.text
    copy = manager.post(page, data={"because": "Her daughter asked.", "form": "json"})
    assert copy.headers["content-disposition"] == f'attachment; filename="resident-{n.AMARA}.json"'
    assert copy.headers["cache-control"] == "no-store"
    said = copy.json()
    assert said["left_out"] == [
        "words beside what was done",
        "received",
        "not understood",
        "runs of the clocks",
    ]
    assert len(said["parts"]["readings"]["rows"]) == 2
    assert said["parts"]["identity"]["rows"][0]["name"] == "Amara Synthetic"
    assert said["parts"]["who looked and what was done"]["rows"][-1]["action"] == "records.exported"
    bundle = manager.post(page, data={"because": "Her new home asked.", "form": "fhir"})
    assert bundle.headers["content-type"] == "application/fhir+json"
    Bundle.model_validate_json(bundle.text)
    assert home.rows(
        """SELECT actor, purpose, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)
           WHERE action = 'records.exported' ORDER BY audit_id"""
    ) == [
        (f"person:{n.MANAGER}", "record_keeping", "Her daughter asked."),
        (f"person:{n.MANAGER}", "record_keeping", "Her new home asked."),
    ]
    home.owner.close()


def test_nobody_else_takes_a_copy(sign_in: SignIn) -> None:
    asked = {"because": "I wonder.", "form": "json"}
    for who in (n.WORKER, n.CARER, n.CLINICIAN, n.OPERATOR, n.OUTSIDER):
        refused = sign_in(who).post(f"/residents/{n.AMARA}/records/export", data=asked)
        assert refused.status_code == 403, who
    # A manager's own right is of their own home.
    elsewhere = sign_in(n.MANAGER).post(f"/residents/{n.CORA}/records/export", data=asked)
    assert elsewhere.status_code == 404
