"""A commissioner's page: counts of one hub, small ones hidden, synthetic residents left out unless it says so."""

from datetime import UTC, datetime

from api.web.presenters.counts import months
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import Served


def test_the_page_hides_small_numbers_says_who_is_left_out_and_is_the_commissioners_alone(
    served: Served, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            "UPDATE delegation.resident SET synthetic = false, lives_here_from = now() - interval '70 days'"
        )
    (this_month, so_far), (month, _), *_ = months(datetime.now(UTC))
    page = f"/hubs/{n.HUB}/counts?month={month}"
    commissioner = served.signed_in(n.COMMISSIONER)
    assert commissioner.get("/").headers["location"] == f"/hubs/{n.HUB}/counts"
    shown = commissioner.get(page).text
    assert "Orchard House" in shown
    assert "not shown" in shown, "of a home with two residents nothing is shown"
    assert "left out of every count" not in shown
    assert so_far not in shown, "a count that grows between two looks tells of one"
    assert commissioner.get(f"/hubs/{n.HUB}/counts?month={this_month}").status_code == 404
    assert commissioner.get(f"/hubs/{n.HUB}/counts").text == shown
    assert "about nobody" not in commissioner.get(f"{page}&synthetic=yes").text
    with neighbourhood.connect() as conn:
        conn.execute("UPDATE delegation.resident SET synthetic = true")
    left_out = commissioner.get(page).text
    assert so_far in left_out
    assert "3 synthetic residents are left out of every count. Nobody else is there." in left_out
    assert "these figures are about nobody" in commissioner.get(f"{page}&synthetic=yes").text
    assert commissioner.get(f"/hubs/{n.OTHER_HUB}/counts").status_code == 404
    assert commissioner.get(f"/hubs/{n.HUB}/counts?month=1999-01").status_code == 404
    assert commissioner.get(f"/hubs/{n.HUB}").status_code == 403
    assert served.signed_in(n.CLINICIAN).get(page).status_code == 403
