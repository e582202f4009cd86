"""Whose a reading is: said on a page or over HTTP, by those who answer for it, and by nobody else."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]
REASON = "wrong_resident_chosen"


@pytest.fixture
def wrong(sign_in: SignIn) -> str:
    """A grave set that the worker sent for Amara; its id."""
    body = observed(n.GRAVE)
    assert send(sign_in(n.WORKER), body).status_code == 201
    return body["reading_id"]


def path(reading: str, resident: UUID = n.AMARA) -> str:
    return f"/residents/{resident}/readings/{n.WEB_KIT}/{reading}"


def say(client: httpx.Client, reading: str, resident: UUID = n.AMARA, **more: Any) -> httpx.Response:
    body = {"taken_from": str(n.BRAM), "reason": REASON, "seen": 0} | more
    return client.post(f"/api/v1{path(reading, resident)}/corrections", json=body)


def shown(client: httpx.Client, resident: UUID) -> list[tuple[str, bool, str | None]]:
    rows = client.get(f"/api/v1/residents/{resident}/readings").json()
    return [(row["reading_id"], row["counts"], row["correction_reason"]) for row in rows]


@pytest.mark.parametrize("person", [n.WORKER, n.MANAGER, n.CLINICIAN])
def test_those_who_answer_for_it_say_whose_it_is(sign_in: SignIn, wrong: str, person: UUID) -> None:
    client = sign_in(person)
    answer = say(client, wrong)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["low"], answer.json()["next"]) == (10, "call_hub")
    assert shown(client, n.AMARA) == [(wrong, False, REASON)]
    assert shown(client, n.BRAM) == [(wrong, True, REASON)]
    assert client.get(f"/api/v1/residents/{n.AMARA}").json()["score"] is None
    assert client.get(f"/api/v1/residents/{n.BRAM}").json()["score"]["low"] == 10


@pytest.mark.parametrize(
    ("person", "status"),
    [(n.CARER, 403), (n.TRAINER, 403), (n.OPERATOR, 403), (n.OUTSIDER, 404), (n.OUTSIDE_CLINICIAN, 404)],
)
def test_nobody_else_does(
    sign_in: SignIn, wrong: str, neighbourhood: Database, person: UUID, status: int
) -> None:
    assert say(sign_in(person), wrong).status_code == status
    assert sign_in(person).get(f"{path(wrong)}/correct").status_code == status
    assert corrections(neighbourhood) == []


def test_a_worker_corrects_only_what_they_took(sign_in: SignIn, neighbourhood: Database) -> None:
    body = observed(n.GRAVE)
    send(sign_in(n.MANAGER), body)
    refused = say(sign_in(n.WORKER), body["reading_id"])
    assert refused.status_code == 403
    assert "whoever took a reading" in refused.json()["detail"]
    assert corrections(neighbourhood) == []


@pytest.mark.parametrize(
    "other", [n.CORA, n.STRANGER_RESIDENT, uuid4()], ids=["meadow", "stranger", "nobody"]
)
def test_it_is_given_only_to_somebody_of_the_same_home(
    sign_in: SignIn, wrong: str, neighbourhood: Database, other: UUID
) -> None:
    assert say(sign_in(n.CLINICIAN), wrong, taken_from=str(other)).status_code == 404
    assert corrections(neighbourhood) == []


def test_a_reading_that_is_not_on_the_residents_page_is_none_of_theirs(sign_in: SignIn, wrong: str) -> None:
    assert say(sign_in(n.CLINICIAN), wrong, n.BRAM, taken_from=str(n.AMARA)).status_code == 404


def test_whoever_has_not_seen_the_last_correction_does_not_overrule_it(sign_in: SignIn, wrong: str) -> None:
    manager = sign_in(n.MANAGER)
    assert say(manager, wrong).status_code == 201
    again = say(sign_in(n.CLINICIAN), wrong, taken_from=None)
    assert again.status_code == 409
    assert "meanwhile" in again.json()["detail"]
    [row] = manager.get(f"/api/v1/residents/{n.AMARA}/readings").json()
    back = say(manager, wrong, taken_from=str(n.AMARA), seen=row["correction"], reason="corrected_by_mistake")
    assert back.status_code == 201, back.text
    assert shown(manager, n.AMARA) == [(wrong, True, "corrected_by_mistake")]
    assert shown(manager, n.BRAM) == [(wrong, False, "corrected_by_mistake")]


def test_who_said_so_and_why_is_audited_with_both(
    sign_in: SignIn, wrong: str, neighbourhood: Database
) -> None:
    say(sign_in(n.MANAGER), wrong, words="Names mixed up at lunch.")
    with neighbourhood.connect() as conn:
        written = conn.execute(
            """SELECT actor, subject, resident_id, words FROM delegation.audit_event
               JOIN delegation.audit_text USING (audit_id) WHERE action = 'reading.corrected' ORDER BY resident_id"""
        ).fetchall()
    words = f"{REASON}: Names mixed up at lunch."
    assert written == [
        (f"person:{n.MANAGER}", f"reading:{wrong}", resident, words) for resident in (n.AMARA, n.BRAM)
    ]


def test_what_a_correction_changes_by_itself_is_audited_with_its_request(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    """That oxygen was in use turns out to be of somebody of whom a record says that none is."""
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s)",
            (n.BRAM, n.MANAGER, n.LONG_AGO),
        )
    body = observed({"on_oxygen": True})
    assert send(sign_in(n.WORKER), body).status_code == 201
    answer = say(sign_in(n.MANAGER), body["reading_id"])
    with neighbourhood.connect() as conn:
        written = conn.execute(
            """SELECT action, actor, resident_id FROM delegation.audit_event WHERE request_id = %s
               ORDER BY action, resident_id""",
            (answer.headers["x-request-id"],),
        ).fetchall()
    corrected = ("reading.corrected", f"person:{n.MANAGER}")
    assert written == [
        ("air_record.cancelled", "process:ingest", n.BRAM),
        (*corrected, n.AMARA),
        (*corrected, n.BRAM),
    ]


def test_the_other_resident_is_not_named_on_the_page_of_the_one(sign_in: SignIn, wrong: str) -> None:
    clinician = sign_in(n.CLINICIAN)
    say(clinician, wrong)
    page = clinician.get(f"/residents/{n.AMARA}").text
    assert "It is not theirs, and does not count for them." in page
    assert "Bram" not in page
    assert str(n.BRAM) not in page + clinician.get(f"/api/v1/residents/{n.AMARA}/readings").text


def test_a_carer_is_not_shown_a_reading_that_was_somebody_elses(sign_in: SignIn, wrong: str) -> None:
    carer = sign_in(n.CARER)
    assert [reading for reading, *_ in shown(carer, n.AMARA)] == [wrong]
    say(sign_in(n.MANAGER), wrong)
    page = carer.get(f"/residents/{n.AMARA}").text
    assert "It is not theirs" not in page
    assert "Bram" not in page
    assert "/correct" not in page
    assert shown(carer, n.AMARA) == []


def test_on_the_page_it_is_read_back_before_it_is_done(
    served: Served, wrong: str, neighbourhood: Database
) -> None:
    client = served.signed_in(n.WORKER)
    page = client.get(f"/residents/{n.AMARA}").text
    [link] = re.findall(r'href="(/residents/[^"]+/correct)"', page)
    assert link == f"{path(wrong)}/correct"
    form = client.get(link).text
    assert "Bram Synthetic" in form
    assert "Cora Synthetic" not in form
    assert f'<option value="{n.AMARA}"' not in form

    empty = client.post(link, data={"seen": "0"})
    assert empty.status_code == 422
    assert "Choose whose it is" in empty.text

    chosen = {"whose": str(n.BRAM), "reason": REASON, "note": "", "seen": "0"}
    read_back = client.post(link, data=chosen)
    assert read_back.status_code == 200
    assert "Is this right?" in read_back.text
    assert "<strong>Bram Synthetic, born" in read_back.text
    assert corrections(neighbourhood) == []

    done = client.post(link, data=chosen | {"confirmed": "yes"})
    assert done.status_code == 200
    assert "What to do now for Bram Synthetic" in done.text
    assert "Phone the hub now" in done.text
    assert corrections(neighbourhood) == [(n.BRAM, n.WORKER)]

    assert "It says nothing of Amara Synthetic: check how they are" in done.text

    twice = client.post(link, data=chosen | {"confirmed": "yes"})
    assert twice.status_code == 422
    assert "meanwhile" in twice.text
    assert corrections(neighbourhood) == [(n.BRAM, n.WORKER)]


def test_the_hub_is_told_what_its_queue_shows_and_not_to_phone_itself(sign_in: SignIn, wrong: str) -> None:
    form = {"whose": str(n.BRAM), "reason": REASON, "note": "", "seen": "0", "confirmed": "yes"}
    done = sign_in(n.CLINICIAN).post(f"{path(wrong)}/correct", data=form).text
    assert "What the queue shows for Bram Synthetic" in done
    assert "High: NEWS2 is 10" in done
    assert "Not claimed. 1" in done
    assert f'href="/hubs/{n.HUB}"' in done
    assert "Phone the hub" not in done


def test_what_is_theirs_stays_in_the_queue_with_what_was_taken_back_beside_it(
    sign_in: SignIn, wrong: str
) -> None:
    worker, hub = sign_in(n.WORKER), sign_in(n.CLINICIAN)
    worst = observed(n.GRAVE | {"consciousness": "V"})
    assert send(worker, worst).status_code == 201
    assert say(worker, worst["reading_id"]).status_code == 201
    row = hub.get(f"/hubs/{n.HUB}", headers={"Accept": "text/html"}).text.split("Amara Synthetic")[1]
    said, _, beside = row.partition("Also: ")
    assert "NEWS2 is 10" in said
    assert "on which part of this rested, was not theirs: look again." in beside


def test_a_reading_may_be_nobodys_we_can_name(sign_in: SignIn, wrong: str, neighbourhood: Database) -> None:
    client = sign_in(n.MANAGER)
    chosen = {"whose": "nobody", "reason": "not_known_how", "seen": "0", "confirmed": "yes"}
    done = client.post(f"{path(wrong)}/correct", data=chosen)
    assert "It counts for nobody" in done.text
    assert corrections(neighbourhood) == [(None, n.MANAGER)]
    assert "Correct this again" in client.get(f"/residents/{n.AMARA}").text


def test_what_is_given_back_sends_nobody_to_look_at_the_one_who_was_measured(
    sign_in: SignIn, wrong: str
) -> None:
    client = sign_in(n.MANAGER)
    assert say(client, wrong).status_code == 201
    [row] = client.get(f"/api/v1/residents/{n.AMARA}/readings").json()
    back = {"whose": str(n.AMARA), "reason": "corrected_by_mistake", "seen": str(row["correction"])}
    done = client.post(f"{path(wrong)}/correct", data=back | {"confirmed": "yes"}).text
    assert "It now counts for Amara Synthetic." in done
    assert "It says nothing of" not in done


def corrections(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as conn:
        return conn.execute(
            "SELECT resident_id, corrected_by FROM ingest.reading_correction ORDER BY corrected_at"
        ).fetchall()
