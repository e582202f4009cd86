"""A hub's clinician opens a record from outside the hub: found by two facts, for a short while, and others are told."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served, username

SignIn = Callable[[UUID], httpx.Client]
AMARA = f"/residents/{n.AMARA}"
GIVEN = {
    "nhs_number": "999 000 0018",
    "born_on": "1940-05-01",
    "reason": "danger_now",
    "words": "Found collapsed at the bus station.",
}


@pytest.fixture
def sits_down(sign_in: SignIn) -> SignIn:
    """A browser at a desk of its own, on which somebody reads pages."""

    def sit_down(person: UUID) -> httpx.Client:
        client = sign_in(person)
        client.headers["Accept"] = "text/html"
        client.follow_redirects = True
        return client

    return sit_down


@pytest.fixture
def clinician(sits_down: SignIn) -> httpx.Client:
    """Of the other hub."""
    return sits_down(n.OUTSIDE_CLINICIAN)


def audited(database: Database) -> list[tuple[Any, ...]]:
    with database.connect() as owner:
        return owner.execute(
            "SELECT action, purpose, role, resident_id, request_id IS NOT NULL FROM delegation.audit_event"
            " WHERE purpose = 'break_glass' ORDER BY audit_id"
        ).fetchall()


def close(database: Database) -> None:
    """The time is over."""
    with database.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.break_glass SET opened_at = opened_at - interval '1 day',"
            " ends_at = now() - interval '1 second'"
        )


def test_a_record_is_opened_for_reading_alone_until_the_time_is_over(
    clinician: httpx.Client, neighbourhood: Database
) -> None:
    assert clinician.get(AMARA).status_code == 404
    page = clinician.post("/break-glass", data=GIVEN)
    assert page.status_code == 200
    assert page.url.path == AMARA
    assert "You opened this record from outside your hub. You can read it until" in page.text
    assert f'nhsuk-back-link" href="/hubs/{n.OTHER_HUB}"' in " ".join(page.text.split())
    for offered in (
        "/capture",
        "/raise",
        "/scale-two",
        "/pause",
        "/air",
        "/records",
        "/looks",
        f"/homes/{n.ORCHARD}",
        "Claim",
    ):
        assert offered not in page.text, offered
    assert clinician.get(f"/api/v1/residents/{n.AMARA}/readings").status_code == 200
    for change in ("raise", "limits", "scale-two", "pause", "air"):
        refused = clinician.get(f"{AMARA}/{change}")
        assert (refused.status_code, "and change nothing in it" in refused.text) == (403, True), change
    assert f'You opened the record of <a href="{AMARA}">Amara' in clinician.get(f"/hubs/{n.OTHER_HUB}").text
    for hidden in (f"/residents/{n.BRAM}", f"/homes/{n.ORCHARD}", f"/hubs/{n.HUB}"):
        assert clinician.get(hidden).status_code in (403, 404), hidden
    call = {"severity": "high", "words": "He fell"}
    assert clinician.post(f"/api/v1/residents/{n.AMARA}/escalations", json=call).status_code in (403, 404)
    close(neighbourhood)
    assert clinician.get(AMARA).status_code == clinician.get(f"{AMARA}/raise").status_code == 404
    assert "You opened the record of" not in clinician.get(f"/hubs/{n.OTHER_HUB}").text
    seen = ("break_glass", "hub_clinician", n.AMARA, True)
    assert audited(neighbourhood) == [
        ("break_glass.opened", *seen),
        ("resident.seen", *seen),
        ("resident.history_seen", *seen),
    ]


def test_nobody_is_found_by_less_than_both_facts_and_each_try_is_audited_without_them(
    clinician: httpx.Client, neighbourhood: Database
) -> None:
    wrong = GIVEN | {"born_on": "1940-05-02"}
    page = clinician.post("/break-glass", data=wrong)
    assert page.status_code == 422
    assert "Nobody has this NHS number and this date of birth." in page.text
    assert "999 000 0018" not in page.text
    for field, fault in {
        "nhs_number": "Give the NHS number: 10 digits",
        "born_on": "Give the date of birth",
        "reason": "Choose why it cannot wait",
        "words": "Say in your own words what has happened",
    }.items():
        assert fault in clinician.post("/break-glass", data=GIVEN | {field: " "}).text
    assert audited(neighbourhood) == [
        ("break_glass.found_nobody", "break_glass", "hub_clinician", None, True)
    ]
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM delegation.audit_text").fetchone() == (0,)
        assert owner.execute("SELECT count(*) FROM delegation.break_glass_try").fetchone() == (1,)


def test_after_ten_tries_in_an_hour_not_even_what_is_right_is_taken(
    clinician: httpx.Client, neighbourhood: Database
) -> None:
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute(
            "INSERT INTO delegation.break_glass_try SELECT %s, now() FROM generate_series(1, 9)",
            (n.OUTSIDE_CLINICIAN,),
        )
    assert clinician.post("/break-glass", data=GIVEN | {"born_on": "1940-05-02"}).status_code == 422
    page = clinician.post("/break-glass", data=GIVEN)
    assert "You have tried too often. Try again " in page.text
    assert clinician.get(AMARA).status_code == 404
    assert audited(neighbourhood)[-1][0] == "break_glass.refused"
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute("UPDATE delegation.break_glass_try SET tried_at = tried_at - interval '1 hour'")
    assert clinician.post("/break-glass", data=GIVEN).url.path == AMARA


def test_who_is_seen_anyway_needs_no_glass(sits_down: SignIn, neighbourhood: Database) -> None:
    own = sits_down(n.CLINICIAN).post("/break-glass", data=GIVEN)
    assert own.url.path == AMARA
    assert "You opened this record from outside your hub" not in own.text
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM delegation.break_glass").fetchone() == (0,)


@pytest.mark.parametrize("person", [n.WORKER, n.MANAGER, n.TRAINER, n.CARER, n.OPERATOR])
def test_only_who_works_at_a_hub_may(neighbourhood: Database, sign_in: SignIn, person: UUID) -> None:
    client = sign_in(person)
    assert client.get("/break-glass").status_code == 403
    assert client.post("/break-glass", data=GIVEN).status_code == 403
    with neighbourhood.connect("hearthwatch_api") as conn:
        act_as(conn, person)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(
                "SELECT * FROM delegation.break_glass('9990000042', '1940-05-01', 'danger_now', 'x')"
            )


def test_what_is_open_ends_with_the_role_at_the_hub(clinician: httpx.Client, neighbourhood: Database) -> None:
    clinician.post("/break-glass", data=GIVEN)
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s",
            (n.OUTSIDE_CLINICIAN,),
        )
    with neighbourhood.connect("hearthwatch_api") as conn:
        act_as(conn, n.OUTSIDE_CLINICIAN)
        assert conn.execute("SELECT resident_id FROM delegation.resident").fetchall() == []


def test_the_homes_manager_and_the_hubs_lead_are_each_told_until_they_have_seen_it(
    sits_down: SignIn, served: Served, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO api.account SELECT %s, %s, password_hash FROM api.account WHERE person_id = %s"
            " ON CONFLICT DO NOTHING",
            (n.HUB_LEAD, username(n.HUB_LEAD), n.CLINICIAN),
        )
        owner.execute(
            "INSERT INTO delegation.hub VALUES (%s, %s, 'Bay hub', '1')", (UUID(int=23), n.HUB_PROVIDER)
        )
        owner.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, hub_id, starts_at)"
            " VALUES (%(hana)s, 'hub_clinician', %(bay)s, '2020-01-01'), (%(lead)s, 'hub_lead', %(bay)s, '2020-01-01')",
            {"hana": n.OUTSIDE_CLINICIAN, "lead": n.HUB_LEAD, "bay": UUID(int=23)},
        )
    sits_down(n.OUTSIDE_CLINICIAN).post("/break-glass", data=GIVEN)
    told = (
        "The record of",
        "Hana Hillside, Bay hub, Hillside hub",
        "They are in danger now",
        "Found collapsed at the bus station.",
    )
    with neighbourhood.connect() as owner:
        [(glass,)] = owner.execute("SELECT break_glass_id FROM delegation.break_glass").fetchall()
    at_the_start = ": 1 resident&#39;s record was opened from outside their hub"
    for person, desk, place, name in (
        (n.MANAGER, "home", n.ORCHARD, "Orchard House"),
        (n.HUB_LEAD, "hub", n.HUB, "Riverside hub"),
    ):
        client = sits_down(person)
        start = client.get("/").text
        assert start.count(at_the_start) == start.count(f"{name}{at_the_start}") == 1
        page = client.get(f"/{desk}s/{place}").text
        assert [words for words in told if words not in page] == []
        for _ in range(2):
            seen = client.post(f"/break-glass/{glass}/seen", data={"desk": desk, "back": str(place)})
            assert seen.url.path == f"/{desk}s/{place}"
            assert "Noted, with your name: you have seen that this record was opened." in seen.text
            assert "Hana Hillside" not in seen.text
        assert at_the_start not in client.get("/").text
    for person, page in ((n.WORKER, f"/homes/{n.ORCHARD}"), (n.CLINICIAN, f"/hubs/{n.HUB}")):
        client = sits_down(person)
        assert "Hana Hillside" not in client.get(page).text
        refused = client.post(f"/break-glass/{glass}/seen", data={"desk": "home", "back": str(n.ORCHARD)})
        assert refused.status_code == 403
    with neighbourhood.connect() as owner:
        assert owner.execute(
            "SELECT desk, person_id FROM delegation.break_glass_seen ORDER BY desk"
        ).fetchall() == [("home", n.MANAGER), ("hub", n.HUB_LEAD)]
        said = owner.execute(
            "SELECT count(*) FROM delegation.audit_event WHERE action = 'break_glass.acknowledged'"
        ).fetchone()
    assert said == (2,), "what was said again is not audited again"


def test_where_somebody_answers_residents_are_counted_and_not_how_often_their_records_were_opened(
    clinician: httpx.Client, sits_down: SignIn
) -> None:
    manager = sits_down(n.MANAGER)
    for number, told in (
        ("9990000018", "1 resident&#39;s record was opened"),
        ("9990000018", "1 resident&#39;s record was opened"),
        ("9990000026", "2 residents&#39; records were opened"),
    ):
        assert clinician.post("/break-glass", data=GIVEN | {"nhs_number": number}).status_code == 200
        assert f"Orchard House: {told} from outside their hub" in manager.get("/").text


def test_it_is_counted_without_a_name(clinician: httpx.Client, sits_down: SignIn) -> None:
    clinician.post("/break-glass", data=GIVEN)
    assert 'hearthwatch_break_glass_total{outcome="opened"} 1.0' in clinician.get("/metrics").text
    page = sits_down(n.OPERATOR).get("/kits").text
    assert "In the last 30 days 1 record was opened from outside the resident&#39;s hub." in page
    assert "Hillside" not in page
    assert "Amara" not in page


def test_nobody_writes_through_the_glass_by_direct_sql(
    clinician: httpx.Client, neighbourhood: Database
) -> None:
    clinician.post("/break-glass", data=GIVEN)
    attacks = (
        "INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, ends_at)"
        " VALUES (%(bram)s, %(me)s, ARRAY[%(hub)s], 'danger_now', now() + interval '1 year')",
        "UPDATE delegation.break_glass SET ends_at = now() + interval '1 year'",
        "INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id)"
        " SELECT break_glass_id, 'home', %(me)s FROM delegation.break_glass",
        "SELECT * FROM delegation.break_glass_try",
        "DELETE FROM delegation.break_glass",
        "INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why,"
        " raised_at, deadline_at, policy_version) VALUES (gen_random_uuid(), %(amara)s, %(home)s, %(hub)s, 'phone',"
        " 'open', 'high', 'x', now(), now(), 'x')",
    )
    mine = {
        "me": n.OUTSIDE_CLINICIAN,
        "hub": n.OTHER_HUB,
        "amara": n.AMARA,
        "bram": n.BRAM,
        "home": n.ORCHARD,
    }
    for attack in attacks:
        with neighbourhood.connect("hearthwatch_api") as conn:
            act_as(conn, n.OUTSIDE_CLINICIAN)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(attack, mine)


def test_a_program_opens_one_and_is_held_to_the_same(sign_in: SignIn, neighbourhood: Database) -> None:
    clinician, manager = sign_in(n.OUTSIDE_CLINICIAN), sign_in(n.MANAGER)
    told, given = f"/api/v1/homes/{n.ORCHARD}/break-glass", GIVEN | {"nhs_number": "9990000018"}
    nobody = clinician.post("/api/v1/break-glass", json=given | {"born_on": "1940-05-02"})
    assert (nobody.status_code, nobody.json()["outcome"], nobody.json()["resident_id"]) == (
        200,
        "nobody",
        None,
    )
    with neighbourhood.connect() as owner:
        tries = owner.execute("SELECT count(*) FROM delegation.break_glass_try").fetchone()
    assert tries == (1,), "a try counts, whatever came of it"
    opened = clinician.post("/api/v1/break-glass", json=given)
    assert (opened.status_code, opened.json()["resident_id"]) == (201, str(n.AMARA))
    assert clinician.get(f"/api/v1{AMARA}").status_code == 200
    assert manager.post("/api/v1/break-glass", json=given).status_code == 403
    [one] = manager.get(told).json()
    assert (one["person_name"], one["words"]) == ("Hana Hillside", GIVEN["words"])
    seen = f"/api/v1/break-glass/{one['break_glass_id']}/seen"
    assert clinician.post(seen, json={"desk": "hub"}).status_code == 403
    assert manager.post(seen, json={"desk": "hub"}).status_code == 403
    assert manager.post(seen, json={"desk": "home"}).status_code == 204
    assert manager.get(told).json() == []
    lead = sign_in(n.HUB_LEAD)
    assert len(lead.get(f"/api/v1/hubs/{n.HUB}/break-glass").json()) == 1


def test_of_a_place_that_is_not_ones_own_a_program_hears_nothing_and_leaves_no_look_there(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    manager, lead = sign_in(n.MANAGER), sign_in(n.HUB_LEAD)
    for client, place in (
        (manager, f"homes/{n.STRANGE_HOME}"),
        (manager, f"hubs/{n.HUB}"),
        (lead, f"homes/{n.ORCHARD}"),
    ):
        assert client.get(f"/api/v1/{place}/break-glass").status_code == 404
    with neighbourhood.connect() as owner:
        looks = owner.execute(
            "SELECT subject FROM delegation.audit_event WHERE action = 'break_glass.seen'"
        ).fetchall()
    assert looks == []
