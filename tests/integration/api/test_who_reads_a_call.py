"""What somebody told the hub by telephone is read by the hub and the home, and never by a family carer."""

from collections.abc import Callable, Iterable
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

SignIn = Callable[[UUID], httpx.Client]
WORDS = "Neighbour rang: her son shouts at her."
ADDRESS = f"/api/v1/residents/{n.AMARA}/escalations"


def call(client: httpx.Client, **more: object) -> str:
    answer = client.post(ADDRESS, json={"severity": "concern", "words": WORDS, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["escalation_id"]


def whatever_is_read(client: httpx.Client, case: str) -> Iterable[str]:
    """Every page and answer about Amara that this person is given."""
    for address in (
        f"/residents/{n.AMARA}",
        f"/homes/{n.ORCHARD}",
        f"/hubs/{n.HUB}",
        f"/escalations/{case}/close",
        f"/api/v1/escalations/{case}",
        f"/api/v1/hubs/{n.HUB}/escalations",
        f"/api/v1/homes/{n.ORCHARD}/today",
        f"/api/v1/residents/{n.AMARA}",
    ):
        answer = client.get(address, headers={"Accept": "*/*"})
        if answer.status_code == 200:
            yield answer.text


@pytest.mark.parametrize(
    ("person", "stays", "reads"),
    [
        (n.COLLEAGUE, False, True),
        (n.HUB_LEAD, False, True),
        (n.MANAGER, False, True),
        (n.WORKER, False, True),
        (n.CARER, False, False),
        (n.COLLEAGUE, True, True),
        (n.HUB_LEAD, True, True),
        (n.MANAGER, True, False),
        (n.WORKER, True, False),
        (n.CARER, True, False),
    ],
)
def test_who_reads_the_words_of_a_caller(
    sign_in: SignIn, neighbourhood: Database, person: UUID, stays: bool, reads: bool
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute(
            "INSERT INTO api.account SELECT %s, %s, password_hash FROM api.account WHERE person_id = %s"
            " ON CONFLICT DO NOTHING",
            (person, f"person-{person.int}", n.CLINICIAN),
        )
    case = call(sign_in(n.CLINICIAN), stays_at_hub=stays)
    read = list(whatever_is_read(sign_in(person), case))
    assert any(WORDS in one for one in read) is reads
    assert any("Somebody phoned the hub about them." in one for one in read) or reads
    assert len(read) >= 3, "they see the case, whoever may read the words"


def test_who_raises_a_call_is_told_before_who_reads_the_words_and_may_keep_them_at_the_hub(
    sign_in: SignIn,
) -> None:
    client = sign_in(n.CLINICIAN)
    form = client.get(f"/residents/{n.AMARA}/raise").text
    assert "The hub and the home&#39;s staff read it. Family carers do not" in form
    faulty = client.post(f"/residents/{n.AMARA}/raise", data={"words": WORDS, "stays": "yes"})
    assert 'value="yes" checked' in faulty.text, "what was chosen is not lost"
    sent = {"severity": "concern", "words": WORDS, "stays": "yes"}
    assert WORDS in client.post(f"/residents/{n.AMARA}/raise", data=sent, follow_redirects=True).text
    home = sign_in(n.MANAGER).get(f"/residents/{n.AMARA}").text
    assert "Somebody phoned the hub about them." in home
    assert WORDS not in home


def test_every_other_form_says_who_reads_what_is_written(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    case = call(client)
    client.post(f"/api/v1/escalations/{case}/claim")
    closing = client.get(f"/escalations/{case}/close").text
    assert "The home&#39;s staff and the resident&#39;s family carers read it" in closing
    capture = sign_in(n.WORKER).get(f"/residents/{n.AMARA}/capture").text
    assert "reads it: the hub, the home&#39;s staff and family carers" in capture
