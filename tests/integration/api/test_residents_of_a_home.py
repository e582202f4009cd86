"""A resident is added, put right and moved by who answers for the home; nobody learns who is known elsewhere."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from alerts import clocks
from alerts.evaluator import Evaluator
from api.web.presenters.moments import LONDON
from delegation.residents import nhs_number
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]
NEW, AMARA = f"/homes/{n.ORCHARD}/residents/new", f"/residents/{n.AMARA}"
REASON = "SELECT no_score_reason FROM delegation.resident WHERE name = 'Amara Synthetic'"
AIR = (
    "SELECT withdrawn_by, (SELECT count(*) FROM delegation.audit_event WHERE action = 'air_record.withdrawn')"
    " FROM delegation.air_record WHERE resident_id = (SELECT resident_id FROM delegation.resident"
    " WHERE name = 'Amara Synthetic')"
)
EDDAS = "SELECT resident_id FROM delegation.resident WHERE name ILIKE 'edda%%' ORDER BY lives_here_from"
ELSEWHERE = "Somebody who is known elsewhere has this NHS number."
GIVEN = {
    "name": "Edda Synthetic",
    "nhs_number": "999 000 0050",
    "born_on": "1938-02-03",
    "asked": "some",
    "allergies": "Penicillin",
    "background": "A stroke in 2019.\r\nWalks with a frame.",
    "call_back_phone": "01632 960222",
    "usual_company": "Care staff",
    "no_score_reason": "",
}


@pytest.fixture
def manager(sign_in: SignIn) -> httpx.Client:
    client = sign_in(n.MANAGER)
    client.headers["Accept"] = "text/html"
    client.follow_redirects = True
    return client


def rows(database: Database, query: str, *values: Any) -> list[Any]:
    with database.connect() as owner:
        return owner.execute(query, values).fetchall()  # pyright: ignore[reportArgumentType]


def audited(database: Database) -> list[Any]:
    return rows(
        database,
        "SELECT action, purpose, actor, words FROM delegation.audit_event"
        " LEFT JOIN delegation.audit_text USING (audit_id)"
        " WHERE action LIKE 'resident.%%' AND action NOT LIKE '%%seen' ORDER BY audit_id",
    )


def put_right(client: httpx.Client, fields: dict[str, str]) -> httpx.Response:
    """Open the form, and send it."""
    address = f"{AMARA}/details"
    return client.post(address, data=fields | {"seen": seen_in(client.get(address).text)})


def today_here() -> str:
    """For an hour of each summer's night another day than by UTC."""
    return datetime.now(LONDON).date().isoformat()


def seen_in(page: str) -> str:
    [found] = re.findall(r'name="seen" value="([0-9a-f]{64}|[0-9a-f-]{36})"', page)
    return found


def test_somebody_new_is_on_the_homes_lists_with_what_was_given(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    home = manager.get(f"/homes/{n.ORCHARD}").text
    assert f'href="{NEW}"' in home
    assert "Add a resident to Orchard House" in manager.get(NEW).text
    added = manager.post(NEW, data=GIVEN)
    assert added.status_code == 200
    for said in (
        "They live here now",
        "Edda Synthetic",
        "Penicillin",
        "999 000 0050",
        "01632 960222",
        "Care staff",
    ):
        assert said in added.text
    assert "Edda Synthetic" in manager.get(f"/homes/{n.ORCHARD}").text
    again = manager.post(NEW, data=GIVEN)
    assert again.status_code == 422
    assert "Edda Synthetic at Orchard House has this NHS number already" in again.text
    kept = rows(
        neighbourhood,
        "SELECT home_id, background, synthetic FROM delegation.resident WHERE nhs_number = '9990000050'",
    )
    assert kept == [(n.ORCHARD, "A stroke in 2019.\nWalks with a frame.", False)]
    assert audited(neighbourhood) == [("resident.added", "record_keeping", f"person:{n.MANAGER}", None)]


def test_what_cannot_be_written_down_is_said_beside_its_field(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    before = rows(neighbourhood, "SELECT count(*) FROM delegation.resident")
    for different, fault in (
        ({"name": " "}, "Give their name"),
        ({"nhs_number": "999 000 0051"}, "This is not an NHS number: a digit is wrong"),
        ({"nhs_number": "12"}, "Give the NHS number: 10 digits"),
        ({"born_on": ""}, "Give the date of birth"),
        ({"born_on": "2200-01-01"}, "Nobody is born on a day to come"),
        ({"asked": "x"}, "Choose whether they have allergies"),
        ({"allergies": " "}, "Say which allergies they have"),
        ({"call_back_phone": "ring me"}, "Give a telephone number"),
        ({"no_score_reason": "x"}, "Choose one of these"),
    ):
        answer = manager.post(NEW, data=GIVEN | different)
        assert (answer.status_code, fault in answer.text) == (422, True), different
        assert "A stroke in 2019." in answer.text
    assert rows(neighbourhood, "SELECT count(*) FROM delegation.resident") == before


def test_somebody_who_is_there_by_name_and_day_of_birth_is_shown_before_another_is_added(
    manager: httpx.Client, sign_in: SignIn, neighbourhood: Database
) -> None:
    """Without an NHS number nothing else would tell that it is the same person twice."""
    without = GIVEN | {"nhs_number": ""}
    assert manager.post(NEW, data=without).status_code == 200
    asked = manager.post(NEW, data=without | {"name": "EDDA  synthetic"})
    assert asked.status_code == 422
    for said in ("is at this home already", "born 3 February 1938, no NHS number.", "A stroke in 2019."):
        assert said in asked.text
    [(edda,)] = rows(neighbourhood, EDDAS)
    assert f'href="/residents/{edda}"' in asked.text
    [confirmed] = re.findall(r'name="other_than" type="checkbox" value="([^"]*)"', asked.text)
    other_fault = manager.post(NEW, data=without | {"other_than": confirmed, "call_back_phone": "x"})
    assert re.search(f'value="{confirmed}" checked', other_fault.text)
    assert "They live here now" in manager.post(NEW, data=without | {"other_than": confirmed}).text
    assert len(rows(neighbourhood, EDDAS)) == 2
    many = manager.post(NEW, data=without | {"other_than": f"{edda} " * 100, "name": ""})
    assert many.text.count("opens in a new tab") == 20
    # At another home, or born on another day, it is another person.
    meadow = sign_in(n.HUB_LEAD).post(f"/homes/{n.MEADOW}/residents/new", data=without)
    assert meadow.status_code == 303
    assert manager.post(NEW, data=without | {"born_on": "1938-02-04"}).status_code == 200


def test_under_16_is_worked_out_and_whether_somebody_asked_about_allergies_is_told_apart(
    manager: httpx.Client, served: Served
) -> None:
    child = (served.clock() - timedelta(days=15 * 365)).date().isoformat()
    young = manager.post(NEW, data=GIVEN | {"born_on": child, "asked": "none known"}).text
    assert "because they are under 16" in young
    assert "None known" in young.replace("none known", "None known")
    other = GIVEN | {"nhs_number": "", "asked": "", "no_score_reason": "pregnant"}
    shown = manager.post(NEW, data=other).text
    assert "because they are pregnant" in shown
    assert "nobody has asked" in shown


def test_of_somebody_at_a_home_of_others_nothing_is_said_but_that_the_hub_must_be_rung(
    manager: httpx.Client, sign_in: SignIn, neighbourhood: Database
) -> None:
    known = GIVEN | {"nhs_number": "9990000042"}
    for answer in (manager.post(NEW, data=known), put_right(manager, known)):
        assert answer.status_code == 422
        assert ELSEWHERE in answer.text
        assert "Riverside hub, 01632 960000" in answer.text
        assert not {"Dov", "Far House", "Hillside"} & set(answer.text.replace(",", " ").split())
    assert [row[:2] for row in audited(neighbourhood)] == [("resident.known_elsewhere", "record_keeping")] * 2
    assert rows(neighbourhood, "SELECT count(*) FROM delegation.audit_text") == [(0,)]
    # Whoever answers for both homes is told.
    lead = put_right(sign_in(n.HUB_LEAD), GIVEN | {"nhs_number": "9990000034"})
    assert "Cora Synthetic at Meadow View has this NHS number already" in lead.text


def test_after_ten_tries_in_an_hour_not_even_a_free_number_is_answered(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO delegation.break_glass_try SELECT %s, now() FROM generate_series(1, 8)", (n.MANAGER,)
        )
    # Asked for somebody who is there already, a free number leaves nobody new behind: it counts too.
    assert put_right(manager, GIVEN).status_code == 200
    ida = GIVEN | {"name": "Ida Synthetic"}
    assert ELSEWHERE in manager.post(NEW, data=ida | {"nhs_number": "9990000042"}).text
    for number in ("9990000042", "9990000069"):
        assert nhs_number.fault(number) == ""
        answer = manager.post(NEW, data=ida | {"nhs_number": number})
        assert "You have tried too often. Try again " in answer.text
    # Without a number there is nothing to ask.
    assert manager.post(NEW, data=ida | {"nhs_number": ""}).status_code == 200


def test_what_stood_there_before_is_kept_beside_the_audit(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    page = manager.get(f"{AMARA}/details").text
    assert 'value="Amara Synthetic"' in page
    same = {"name": "Amara Synthetic", "nhs_number": "9990000018", "born_on": "1940-05-01", "asked": ""}
    assert put_right(manager, same).status_code == 200
    assert audited(neighbourhood) == []
    better = same | {"born_on": "1941-05-01", "asked": "none known"}
    assert "Recorded." in put_right(manager, better).text
    assert audited(neighbourhood) == [
        (
            "resident.details_corrected",
            "record_keeping",
            f"person:{n.MANAGER}",
            "born_on: 1940-05-01 -> 1941-05-01; allergies: nothing -> none known",
        )
    ]
    assert "Put right who they are" in manager.get(f"{AMARA}/looks").text
    manager.post(f"{AMARA}/records/end", data={"ended_on": "2026-01-02", "end_reason": "died"})
    assert manager.post(f"{AMARA}/details", data=same).status_code == 409
    again = manager.post(NEW, data=GIVEN | {"nhs_number": "9990000018"}).text
    assert "Their care has ended: if it goes on, say so on the page of their records." in again
    assert (
        manager.post(f"{AMARA}/move", data={"home": str(n.MEADOW), "moved_on": "2026-01-02"}).status_code
        == 409
    )


def test_who_moves_is_at_the_new_home_with_readings_and_open_case(
    manager: httpx.Client, sign_in: SignIn, neighbourhood: Database
) -> None:
    now, kit = datetime.now(UTC), n.Kit()
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        [settled] = door.receive(
            conn, [kit.arrival(kit.reading(values=n.GRAVE, taken_at=now), now)], Evaluator(), now
        )
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", (n.OTHER_HUB, n.MEADOW))
    assert "Recorded: a score without" in manager.post(f"{AMARA}/air", data={"checked": "yes"}).text
    page = manager.get(f"{AMARA}/move").text
    assert "Meadow View" in page
    assert "Far House" not in page
    today = today_here()
    given = {"home": str(n.MEADOW), "moved_on": today, "seen": seen_in(page)}
    for different, fault in (
        ({"home": str(n.STRANGE_HOME)}, "Choose the home they moved to"),
        ({"home": "x"}, "Choose the home they moved to"),
        ({"moved_on": ""}, "Give the day on which they moved"),
        ({"moved_on": "2200-01-01"}, "Record it when they have moved"),
        ({"moved_on": "2000-01-01"}, "They are recorded at this home since"),
    ):
        answer = manager.post(f"{AMARA}/move", data=given | different)
        assert (answer.status_code, fault in answer.text, seen_in(answer.text)) == (422, True, given["seen"])
    moved = manager.post(f"{AMARA}/move", data=given)
    assert moved.url.path == f"/homes/{n.ORCHARD}"
    assert "Recorded: they have moved" in moved.text
    assert "Amara Synthetic" not in moved.text
    assert manager.get(AMARA).status_code == 404
    with neighbourhood.connect("hearthwatch_scheduler") as conn:
        clocks.run(conn, datetime.now(UTC))
    hana = sign_in(n.OUTSIDE_CLINICIAN)
    assert "Amara Synthetic" in hana.get(f"/hubs/{n.OTHER_HUB}", headers={"Accept": "text/html"}).text
    assert hana.get(f"/api/v1{AMARA}/readings").json()
    assert rows(neighbourhood, "SELECT escalation_id, home_id, hub_id FROM alerts.escalation") == [
        (settled.verdict.escalation_id, n.MEADOW, n.OTHER_HUB)
    ]
    [(action, *_, words)] = audited(neighbourhood)
    assert (action, words) == ("resident.moved", f"Orchard House -> Meadow View, since {today}")
    assert rows(neighbourhood, AIR) == [(n.MANAGER, 1)], (
        "what was checked at one home says nothing of another"
    )


def test_what_another_wrote_down_meanwhile_is_not_taken_back_unseen(
    manager: httpx.Client, sign_in: SignIn, neighbourhood: Database
) -> None:
    """A form opened before a pregnancy was recorded, and sent after it, would have NEWS2 used again."""
    address = f"{AMARA}/details"
    opened = {"seen": seen_in(manager.get(address).text)}
    same = {"name": "Amara Synthetic", "nhs_number": "9990000018", "born_on": "1940-05-01", "asked": ""}
    put_right(sign_in(n.HUB_LEAD), same | {"no_score_reason": "pregnant"})
    answer = manager.post(address, data=same | opened | {"call_back_phone": "01632 960222"})
    assert answer.status_code == 422
    assert "Somebody else has changed these facts since you opened them" in answer.text
    assert rows(neighbourhood, REASON) == [("pregnant",)]
    again = {"seen": seen_in(answer.text), "no_score_reason": "pregnant", "call_back_phone": "01632 960222"}
    assert "Recorded." in manager.post(address, data=same | again).text
    assert rows(neighbourhood, REASON) == [("pregnant",)]


def test_a_move_that_another_recorded_meanwhile_is_not_taken_back_unseen(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.home SET organisation_id = %s, hub_id = %s WHERE home_id = %s",
            (n.ORCHARD_PROVIDER, n.HUB, n.STRANGE_HOME),
        )
    lead, address = sign_in(n.HUB_LEAD), f"{AMARA}/move"
    given = {"moved_on": today_here(), "seen": seen_in(lead.get(address).text)}
    assert lead.post(address, data=given | {"home": str(n.MEADOW)}).status_code == 303
    stale = lead.post(address, data=given | {"home": str(n.STRANGE_HOME)}, headers={"Accept": "text/html"})
    assert (stale.status_code, "Somebody else has changed" in stale.text) == (422, True)
    assert "Lives at Meadow View" in stale.text
    lives = "SELECT home_id FROM delegation.resident WHERE resident_id = %s"
    assert rows(neighbourhood, lives, n.AMARA) == [(n.MEADOW,)]
    again = given | {"home": str(n.STRANGE_HOME), "seen": seen_in(stale.text)}
    assert lead.post(address, data=again).status_code == 303
    assert rows(neighbourhood, lives, n.AMARA) == [(n.STRANGE_HOME,)]


def test_who_moves_to_where_another_of_their_name_and_day_of_birth_lives_is_asked_about_first(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.resident SET name = 'amara  synthetic' WHERE resident_id = %s", (n.CORA,)
        )
    lead, address = sign_in(n.HUB_LEAD), f"{AMARA}/move"
    given = {"moved_on": today_here(), "home": str(n.MEADOW), "seen": seen_in(lead.get(address).text)}
    asked = lead.post(address, data=given, headers={"Accept": "text/html"})
    assert asked.status_code == 422
    for said in ("is at that home already", f'href="/residents/{n.CORA}"', "ring Riverside hub"):
        assert said in asked.text
    sent = {"home_id": str(n.MEADOW), "moved_on": given["moved_on"], "seen": str(n.ORCHARD)}
    by_program = lead.post(f"/api/v1{AMARA}/move", json=sent)
    assert (by_program.status_code, by_program.json()["resident_id"]) == (409, str(n.CORA))
    assert audited(neighbourhood) == []
    [confirmed] = re.findall(r'name="other_than" type="checkbox" value="([^"]*)"', asked.text)
    assert lead.post(address, data=given | {"other_than": confirmed}).status_code == 303
    assert [row[0] for row in audited(neighbourhood)] == ["resident.moved"]


def test_who_would_come_to_be_like_another_by_being_put_right_is_asked_about_first(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    """Bram was born on the same day as Amara: a name that is put right may make them one person twice."""
    as_bram = {"name": "bram  SYNTHETIC", "nhs_number": "9990000018", "born_on": "1940-05-01", "asked": ""}
    asked = put_right(manager, as_bram)
    assert asked.status_code == 422
    for said in ("is at this home already", f'href="/residents/{n.BRAM}"', "ring Riverside hub"):
        assert said in asked.text
    assert audited(neighbourhood) == []
    [confirmed] = re.findall(r'name="other_than" type="checkbox" value="([^"]*)"', asked.text)
    assert confirmed == str(n.BRAM)
    assert "Recorded." in put_right(manager, as_bram | {"other_than": confirmed}).text
    same = as_bram | {"background": "Had a stroke."}
    assert "Recorded." in put_right(manager, same).text, "what stays as it is is asked about once"


def test_nobody_else_adds_puts_right_or_moves(sign_in: SignIn, neighbourhood: Database) -> None:
    before = rows(neighbourhood, "SELECT * FROM delegation.resident ORDER BY resident_id")
    for person in (n.WORKER, n.CLINICIAN, n.TRAINER, n.CARER, n.OPERATOR, n.OUTSIDER):
        client = sign_in(person)
        for address in (NEW, f"{AMARA}/details", f"{AMARA}/move"):
            assert client.get(address).status_code in (403, 404), (person, address)
            moved = {"home": str(n.MEADOW), "moved_on": "2026-01-02"}
            assert client.post(address, data=GIVEN | moved).status_code in (403, 404), (person, address)
    assert sign_in(n.MANAGER).get(f"/homes/{n.MEADOW}/residents/new").status_code == 404
    assert rows(neighbourhood, "SELECT * FROM delegation.resident ORDER BY resident_id") == before


def test_who_is_added_to_a_synthetic_home_is_synthetic(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute("UPDATE delegation.home SET synthetic = true")
    assert manager.post(NEW, data=GIVEN).status_code == 200
    assert rows(
        neighbourhood, "SELECT synthetic FROM delegation.resident WHERE nhs_number = '9990000050'"
    ) == [(True,)]


def test_a_program_adds_puts_right_and_moves_somebody_as_pages_do(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    given = {"name": "Edda Synthetic", "nhs_number": "9990000050", "born_on": "1938-02-03"}
    home, lead = f"/api/v1/homes/{n.ORCHARD}/residents", sign_in(n.HUB_LEAD)
    assert sign_in(n.WORKER).post(home, json=given).status_code == 403
    added = lead.post(home, json=given)
    assert (added.status_code, added.json()["outcome"]) == (201, "done")
    edda = f"/api/v1/residents/{added.json()['resident_id']}"
    again = lead.post(home, json=given)
    assert (again.status_code, again.json()["outcome"]) == (200, "yours")
    alike = {"name": "Edda Synthetic", "born_on": "1938-02-03"}
    asked = lead.post(home, json=alike)
    assert (asked.status_code, asked.json()["outcome"]) == (409, "alike")
    assert asked.json()["resident_id"] == added.json()["resident_id"]
    another = lead.post(home, json=alike | {"other_than": [asked.json()["resident_id"]]})
    assert (another.status_code, another.json()["outcome"]) == (201, "done")
    probing = alike | {"nhs_number": "9990000042"}
    assert lead.post(home, json=probing).json()["outcome"] == "alike", "and nothing of the number"
    known = lead.post(home, json=given | {"nhs_number": "9990000042", "name": "Ida Synthetic"})
    assert (known.json()["outcome"], known.json()["resident_id"]) == ("elsewhere", None)
    fault = lead.post(home, json=given | {"nhs_number": "9990000051"})
    assert (fault.status_code, "NHS number" in fault.json()["detail"]) == (422, True)
    assert lead.put(f"{edda}/details", json=given).status_code == 422, "who puts it right has read it"
    read = lead.get(f"{edda}/details").json()
    assert {name: read[name] for name in given} == given
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.resident SET usual_company = repeat('x', 201), call_back_phone = 'none'"
        )
    assert lead.get(f"{edda}/details").json()["usual_company"] == "x" * 201, "whatever stands there is read"
    read |= {"seen": lead.get(f"{edda}/details").json()["seen"]}
    corrected = lead.put(f"{edda}/details", json=read | {"allergies": "none known"})
    assert corrected.json()["outcome"] == "done"
    stale = lead.put(f"{edda}/details", json=read | {"no_score_reason": "pregnant"})
    assert (stale.status_code, "Somebody else has changed" in stale.json()["detail"]) == (409, True)
    [there] = lead.get(f"{edda}/homes-to-move-to").json()
    assert there == {"home_id": str(n.MEADOW), "name": "Meadow View"}
    as_bram = read | {"name": "Bram Synthetic", "born_on": "1940-05-01"}
    like_another = lead.put(
        f"{edda}/details", json=as_bram | {"seen": lead.get(f"{edda}/details").json()["seen"]}
    )
    assert (like_another.status_code, like_another.json()["outcome"]) == (409, "alike")
    today = today_here()
    for home_id, seen, status in (
        (n.STRANGE_HOME, n.ORCHARD, 422),
        (n.MEADOW, n.STRANGE_HOME, 409),
        (n.MEADOW, n.ORCHARD, 200),
    ):
        sent = {"home_id": str(home_id), "moved_on": today, "seen": str(seen)}
        assert lead.post(f"{edda}/move", json=sent).status_code == status
    lives = lead.get(edda).json()["resident"]
    assert (lives["home_name"], lives["allergies"]) == ("Meadow View", "none known")
    assert [row[0] for row in audited(neighbourhood)] == [
        "resident.added",
        "resident.added",
        "resident.known_elsewhere",
        "resident.details_corrected",
        "resident.moved",
    ]
