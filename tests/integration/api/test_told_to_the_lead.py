"""What a hub's lead is told on the queue and their colleagues are not; an operator is told of policies too."""

from collections.abc import Callable
from uuid import UUID

import httpx2 as httpx

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
QUEUE = f"/hubs/{n.HUB}"
WRONG = {"nhs_number": "9990000042", "born_on": "1940-05-02", "reason": "danger_now", "words": "He fell."}
RIGHT = WRONG | {"born_on": "1940-05-01"}


def test_who_tried_in_vain_to_open_a_record_from_outside_is_told_with_how_often_and_nothing_of_whom(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    clive, hana, lead = sign_in(n.CLINICIAN), sign_in(n.OUTSIDE_CLINICIAN), sign_in(n.HUB_LEAD)
    assert "to open a record from outside this hub" not in lead.get(QUEUE).text
    for _ in range(2):
        assert clive.post("/break-glass", data=WRONG).status_code == 422
    hana.post("/break-glass", data=WRONG)
    told = lead.get(QUEUE).text
    assert "Clive Clinician tried in vain 2 times in the last 7 days to open a record from outside" in told
    assert not [word for word in ("Hana", "9990000042", "He fell.", "Dov") if word in told]
    assert "to open a record from outside this hub" not in clive.get(QUEUE).text
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() WHERE person_id = %s", (n.CLINICIAN,)
        )
    assert "Clive Clinician tried" in lead.get(QUEUE).text, "a role that has ended hides nothing"


def test_who_tried_in_vain_and_then_opened_it_is_not_said_to_have_opened_none(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    clive = sign_in(n.CLINICIAN)
    assert clive.post("/break-glass", data=WRONG).status_code == 422
    assert clive.post("/break-glass", data=RIGHT).status_code == 303
    told = sign_in(n.HUB_LEAD).get(QUEUE).text
    assert "Clive Clinician tried in vain once in the last 7 days" in told
    assert "opened none" not in told


def test_what_somebody_tried_while_they_worked_at_another_hub_is_not_told_where_they_worked_before(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "UPDATE delegation.role_assignment SET ends_at = '2021-01-01' WHERE person_id = %s",
            (n.CLINICIAN,),
        )
        owner.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, hub_id, starts_at) VALUES"
            " (%(clive)s, 'hub_clinician', %(there)s, '2021-01-01'),"
            " (%(clive)s, 'hub_clinician', %(there)s, '2022-01-01'),"
            " (%(lead)s, 'hub_lead', %(there)s, '2022-01-01')",
            {"clive": n.CLINICIAN, "lead": n.HUB_LEAD, "there": n.OTHER_HUB},
        )
    assert sign_in(n.CLINICIAN).post("/break-glass", data=WRONG).status_code == 422
    lead = sign_in(n.HUB_LEAD)
    assert "Clive Clinician tried" not in lead.get(QUEUE).text
    there = lead.get(f"/hubs/{n.OTHER_HUB}").text
    assert "Clive Clinician tried in vain once" in there, "two roles at once count no try twice"


def test_a_policy_that_is_not_in_force_as_it_is_written_is_told_to_the_hubs_lead_and_an_operator(
    sign_in: SignIn, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO alerts.policy (hub_id, version, in_force_from, body)"
            """ VALUES (%s, 'typo', now(), '{"medium_form": 4}'), (%s, 'elsewhere', now(), '{"window": -5}')""",
            (n.HUB, n.OTHER_HUB),
        )
    told = sign_in(n.HUB_LEAD).get(QUEUE).text
    assert (
        "The policy &#39;typo&#39;, of this hub, is not in force, and the default holds in its place."
        " Ask whoever runs Hearthwatch to put it right." in told
    )
    assert "is left out" not in told, "which settings are wrong is for whoever mends them"
    assert "elsewhere" not in told
    operator = sign_in(n.OPERATOR).get("/kits").text
    for version, hub in (("typo", "Riverside hub"), ("elsewhere", "Hillside hub")):
        assert f"The policy &#39;{version}&#39;, of {hub}, is not in force" in operator
    assert "The policy" not in sign_in(n.CLINICIAN).get(QUEUE).text
