"""A manager hands over a code; whoever has it makes an account, or takes the role on with their own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2 as httpx
import pytest

from api.identity.throttle import ADDRESS
from delegation.invitation import new_code
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served

PAGE = {"Accept": "text/html"}
HOME, HUB = f"/homes/{n.ORCHARD}/people", f"/hubs/{n.HUB}/people"
NEW = {"username": "Pia.Agency", "new": "copper kettle drum", "again": "copper kettle drum"}
SignIn = Callable[[UUID], httpx.Client]


def day(ahead: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=ahead)).isoformat()


def invite(browser: httpx.Client, address: str = HOME, role: str = "care_worker", **more: str) -> str:
    """The code on the answer to the form."""
    given = {"role": role, f"{role}_name": "Pia Agency", f"{role}_until": day(7)} | more
    shown = browser.post(f"{address}/invitations", data=given)
    assert shown.status_code == 200, shown.text
    [code] = re.findall(r'class="hw-secret">([A-Z0-9-]{19})<', shown.text)
    return code


@pytest.fixture
def manager(sign_in: SignIn) -> httpx.Client:
    return sign_in(n.MANAGER)


def test_somebody_new_makes_an_account_with_the_code_and_is_at_work(
    manager: httpx.Client, served: Served, neighbourhood: Database
) -> None:
    code = invite(manager)
    assert "Invited, and not here yet" in manager.get(HOME).text
    pia = served.client(headers=PAGE)
    typed = code.lower().replace("-", " ")
    shown = pia.post("/join", data={"code": typed})
    assert "Pia Agency, you are invited as care worker at Orchard House, until" in shown.text
    assert pia.post("/join/account", data=NEW | {"code": code}).headers["location"] == "/"
    assert pia.get("/api/v1/me").json()["name"] == "Pia Agency"
    assert pia.get("/rounds").status_code == 200
    assert pia.get(f"/homes/{n.STRANGE_HOME}").status_code == 404
    listed = manager.get(HOME).text
    assert "Pia Agency" in listed
    assert "Invited, and not here yet" not in listed
    for again in (served.client(headers=PAGE), pia):
        used = again.post("/join/account", data=NEW | {"code": code, "username": "somebody.else"})
        assert (used.status_code, "or it was used" in used.text) == (422, True)
    with neighbourhood.connect() as conn:
        told = conn.execute(
            """SELECT action, actor, subject, request_id IS NOT NULL FROM delegation.audit_event
               WHERE action LIKE 'invitation.%' ORDER BY audit_id"""
        ).fetchall()
        kept = str(conn.execute("SELECT * FROM delegation.invitation").fetchall())
        without_request = conn.execute(
            "SELECT action FROM delegation.audit_event WHERE actor = %s AND request_id IS NULL", (told[1][1],)
        ).fetchall()
    assert [(action, *rest) for action, _, *rest in told] == [
        ("invitation.offered", f"home:{n.ORCHARD}", True),
        ("invitation.taken", f"home:{n.ORCHARD}", True),
    ], "the home's manager reads who took it"
    assert without_request == []
    assert told[0][1] == f"person:{n.MANAGER}" != told[1][1]
    assert code.replace("-", "") not in kept


def test_who_has_an_account_already_keeps_it_and_is_told_to_nobody_before(
    manager: httpx.Client, sign_in: SignIn, served: Served
) -> None:
    """The name that a manager types finds nobody: only the code does, in the hands of who is signed in."""
    code = invite(manager, care_worker_name="Stig Stranger")
    stig, elsewhere = sign_in(n.OUTSIDER), sign_in(n.OUTSIDER)
    assert stig.get(f"/homes/{n.ORCHARD}").status_code == 404
    assert stig.post("/account/invitation", data={"code": code}).headers["location"] == "/"
    assert stig.get("/api/v1/me").json()["name"] == "Stig Stranger"
    assert stig.get(f"/homes/{n.ORCHARD}").status_code == 200
    assert stig.get(f"/homes/{n.STRANGE_HOME}").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401, "the session that had fewer roles is over"
    assert served.client(headers=PAGE).post("/account/invitation", data={"code": code}).status_code == 401


def test_a_family_carer_sees_one_resident_and_the_code_names_nobody(
    manager: httpx.Client, served: Served
) -> None:
    code = invite(manager, role="carer", carer_resident=str(n.BRAM), carer_until=day(90))
    kin = served.client(headers=PAGE)
    shown = kin.post("/join", data={"code": code}).text
    assert "invited as family carer of somebody of Orchard House" in shown
    assert "Bram" not in shown
    assert kin.post("/join/account", data=NEW | {"code": code}).status_code == 303
    assert kin.get(f"/api/v1/residents/{n.BRAM}").status_code == 200
    assert kin.get(f"/api/v1/residents/{n.AMARA}").status_code == 404
    assert "Family carer of Bram Synthetic" in manager.get(HOME).text


def test_a_role_is_ended_at_once_and_extended_no_further_than_it_usually_lasts(
    manager: httpx.Client, served: Served, sign_in: SignIn, neighbourhood: Database
) -> None:
    code = invite(manager, role="carer", carer_resident=str(n.BRAM), carer_until=day(1))
    kin = served.client(headers=PAGE)
    kin.post("/join/account", data=NEW | {"code": code})
    [role] = re.findall(r'action="/people/roles/([0-9a-f-]+)/extend"', manager.get(HOME).text)
    assert manager.post(f"/people/roles/{role}/extend").headers["location"] == f"{HOME}?said=extended"
    with neighbourhood.connect() as conn:
        [(left,)] = conn.execute(
            "SELECT ends_at - now() FROM delegation.role_assignment WHERE assignment_id = %s", (role,)
        ).fetchall()
    assert timedelta(days=89) < left < timedelta(days=91)
    for other in (n.WORKER, n.OUTSIDER, n.TRAINER, n.OPERATOR):
        assert sign_in(other).post(f"/people/roles/{role}/end").status_code == 403
    assert manager.post(f"/people/roles/{role}/end").headers["location"] == f"{HOME}?said=ended"
    assert kin.get("/api/v1/me").status_code == 401
    for what in ("end", "extend"):
        assert manager.post(f"/people/roles/{role}/{what}").status_code == 404


def test_a_role_without_an_end_is_not_given_one_by_extending_it(
    manager: httpx.Client, neighbourhood: Database
) -> None:
    asked = (
        "SELECT assignment_id, ends_at FROM delegation.role_assignment WHERE person_id = %s AND home_id = %s"
    )
    with neighbourhood.connect() as conn:
        before = conn.execute(asked, (n.WORKER, n.ORCHARD)).fetchall()
        [(role, no_end)] = before
        assert no_end is None
        assert manager.post(f"/people/roles/{role}/extend").status_code == 404
        assert conn.execute(asked, (n.WORKER, n.ORCHARD)).fetchall() == before


def test_a_managers_reach_ends_at_their_homes(manager: httpx.Client, neighbourhood: Database) -> None:
    for place in (n.MEADOW, n.STRANGE_HOME, n.HUB):
        assert manager.get(f"/homes/{place}/people").status_code == 404
        given = {"role": "care_worker", "care_worker_name": "Pia", "care_worker_until": day(1)}
        assert manager.post(f"/homes/{place}/people/invitations", data=given).status_code == 404
    for role in ("home_manager", "hub_clinician", "operator", ""):
        given = {"role": role, f"{role}_name": "Pia", f"{role}_until": day(1)}
        assert manager.post(f"{HOME}/invitations", data=given).status_code == 404
    with neighbourhood.connect() as conn:
        strangers = conn.execute(
            "SELECT assignment_id FROM delegation.role_assignment WHERE person_id = ANY (%s)",
            ([n.OUTSIDER, n.MANAGER, n.CLINICIAN, n.TRAINER],),
        ).fetchall()
    for (assignment,) in strangers:
        assert manager.post(f"/people/roles/{assignment}/end").status_code == 404


def test_what_is_missing_or_too_long_is_said_beside_its_field(manager: httpx.Client) -> None:
    refused = {
        "Give their name": {"role": "care_worker", "care_worker_until": day(1)},
        "Give the last day": {"role": "care_worker", "care_worker_name": "Pia", "care_worker_until": "x"},
        "Give today or a day to come": {"role": "care_worker", "care_worker_name": "P", "care_worker_until": day(-2)},
        "At most 366 days": {"role": "care_worker", "care_worker_name": "P", "care_worker_until": day(368)},
        "Choose whom they care for": {
            "role": "carer",
            "carer_name": "P",
            "carer_until": day(1),
            "carer_resident": str(n.CORA),
        },
    }  # fmt: skip
    for said, given in refused.items():
        shown = manager.post(f"{HOME}/invitations", data=given)
        assert (shown.status_code, said in shown.text) == (422, True), said


def test_a_hubs_lead_brings_clinicians_of_the_own_hub(
    served: Served, sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET role = 'hub_lead' WHERE person_id = %s", (n.CLINICIAN,)
        )
    lead = sign_in(n.CLINICIAN)
    assert lead.get(f"/hubs/{n.OTHER_HUB}/people").status_code == 404
    assert "Cleo Colleague" in lead.get(HUB).text
    code = invite(lead, HUB, role="hub_clinician", hub_clinician_until=day(90))
    pia = served.client(headers=PAGE)
    pia.post("/join/account", data=NEW | {"code": code})
    assert pia.get(f"/hubs/{n.HUB}").status_code == 200
    assert pia.get(HUB).status_code == 403


def test_a_withdrawn_code_and_one_that_is_over_are_worth_nothing(
    manager: httpx.Client, served: Served, sign_in: SignIn
) -> None:
    withdrawn, over = invite(manager), invite(manager)
    [_, older] = re.findall(r'action="(/people/invitations/[0-9a-f-]+/withdraw)"', manager.get(HOME).text)
    assert sign_in(n.WORKER).post(older).status_code == 403
    assert manager.post(older).headers["location"] == f"{HOME}?said=withdrawn"
    assert manager.post(older).status_code == 409
    pia = served.client(headers=PAGE)
    assert pia.post("/join", data={"code": withdrawn}).status_code == 422
    assert pia.post("/join", data={"code": over}).status_code == 200
    served.clock.ahead += timedelta(days=7, minutes=1)
    for tried in (withdrawn, over):
        assert pia.post("/join/account", data=NEW | {"code": tried}).status_code == 422
        assert sign_in(n.OUTSIDER).post("/account/invitation", data={"code": tried}).status_code == 422


def test_nobody_takes_on_what_they_offered(manager: httpx.Client) -> None:
    assert manager.post("/account/invitation", data={"code": invite(manager)}).status_code == 422


def test_a_bad_name_or_password_makes_no_account_and_leaves_the_code_good(
    manager: httpx.Client, served: Served
) -> None:
    code, pia = invite(manager), served.client(headers=PAGE)
    refused = {
        "A user name is 3 to 64": {"username": "p a"},
        "Somebody has this user name already": {"username": "person-51"},
        "Use 12 characters or more": {"new": "short"},
        "Leave your own name": {"new": "agencyagency77", "again": "agencyagency77"},
        "The two are not the same": {"again": "copper kettle drums"},
    }
    for said, wrong in refused.items():
        shown = pia.post("/join/account", data=NEW | {"code": code} | wrong)
        assert (shown.status_code, said in shown.text) == (422, True), said
        assert NEW["new"] not in shown.text
        served.clock.ahead += timedelta(seconds=5)
    assert pia.post("/join/account", data=NEW | {"code": code}).status_code == 303


def test_guessing_codes_gets_slower_with_every_try_from_one_address(
    manager: httpx.Client, served: Served
) -> None:
    code, guesser = invite(manager), served.client(headers=PAGE)
    served.clock.stand_still()
    answers = [guesser.post("/join", data={"code": new_code()}).status_code for _ in range(ADDRESS.free + 2)]
    assert answers == [*[422] * ADDRESS.free, 429, 429]
    throttled = guesser.post("/join/account", data=NEW | {"code": code})
    assert throttled.status_code == 429
    assert int(throttled.headers["retry-after"]) >= 1
    served.clock.ahead += timedelta(minutes=5)
    assert guesser.post("/join/account", data=NEW | {"code": code}).status_code == 303
