"""What a request is told when it cannot be done, and what every answer carries."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from uuid import UUID

import httpx2 as httpx
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Served, username

SignIn = Callable[[UUID], httpx.Client]


def problem(answer: httpx.Response, status: int) -> str:
    """The sentence of a problem, after a look at its form."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["detail"].endswith(".")
    return body["detail"]


def test_each_kind_of_refusal_is_a_problem_with_a_sentence(served: Served) -> None:
    stranger = served.client()
    worker = served.signed_in(n.WORKER)
    clinician = served.signed_in(n.CLINICIAN)
    assert problem(stranger.get("/api/v1/me"), 401) == "Sign in first."
    assert problem(stranger.get("/api/v1/nothing"), 404) == "There is nothing at this address."
    assert problem(stranger.delete("/healthz"), 405)
    assert problem(worker.get("/api/v1/kits"), 403) == "Your role does not include this."
    assert problem(worker.get(f"/api/v1/residents/{n.CORA}"), 404).startswith("There is no such resident")
    assert problem(clinician.post(f"/api/v1/escalations/{n.AMARA}/claim"), 404)
    assert "resident_id" in problem(worker.get("/api/v1/residents/nobody"), 422)


def test_what_was_sent_is_not_sent_back(served: Served) -> None:
    sent = {"username": username(n.WORKER), "password": "", "values": "9990000018"}
    answer = served.client().post("/api/v1/sign-in", json=sent)
    assert "password" in problem(answer, 422)
    assert username(n.WORKER) not in answer.text
    assert "9990000018" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b'{"username": 1, "password": []}', b"null", b""])
def test_a_body_that_makes_no_sense_is_refused_with_a_sentence(served: Served, body: bytes) -> None:
    answer = served.client().post(
        "/api/v1/sign-in", content=body, headers={"Content-Type": "application/json"}
    )
    sentence = problem(answer, 422)
    assert ("The body: this is not JSON." in sentence) is (body in (b"{", b"\xff\xfe"))


@pytest.mark.parametrize(
    "text", ["\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "x" * 1001]
)
def test_letters_the_database_cannot_hold_are_no_error_of_ours(served: Served, text: str) -> None:
    answer = served.client().post("/api/v1/sign-in", json={"username": text[:200], "password": text})
    assert answer.status_code in (401, 422)


def test_a_body_that_is_too_large_is_refused_however_it_is_sent(served: Served) -> None:
    client = served.client()
    json = {"Content-Type": "application/json"}
    problem(client.post("/api/v1/sign-in", content=b"[" * 1_000_001, headers=json), 413)

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"[" * 100_000

    assert client.post("/api/v1/sign-in", content=pieces(), headers=json).status_code in (400, 413)
    assert client.get("/healthz").status_code == 200


def test_a_crowd_of_guesses_leaves_the_others_served(served: Served) -> None:
    worker = served.signed_in(n.WORKER)
    clients = [served.client() for _ in range(40)]
    answers: list[int] = []

    def guess(client: httpx.Client, number: int) -> None:
        guessed = {"username": f"guess-{number}", "password": "guess"}
        answers.append(client.post("/api/v1/sign-in", json=guessed).status_code)

    threads = [Thread(target=guess, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    assert worker.get("/api/v1/me").status_code == 200
    for thread in threads:
        thread.join()
    assert set(answers) <= {401, 429, 503}
    assert 401 in answers


def test_an_error_of_ours_says_only_that_it_happened(served: Served, neighbourhood: Database) -> None:
    client = served.signed_in(n.WORKER)
    with neighbourhood.connect() as conn:
        conn.execute("ALTER TABLE delegation.ceiling RENAME COLUMN statement TO secret_column")
    answer = client.get(f"/api/v1/residents/{n.AMARA}")
    assert "written down" in problem(answer, 500)
    for leak in ("statement", "secret_column", "Traceback", "psycopg", ".py"):
        assert leak not in answer.text


def test_a_database_that_is_away_is_said_and_forgiven(served: Served, neighbourhood: Database) -> None:
    client = served.signed_in(n.WORKER)
    with neighbourhood.connect() as conn:
        conn.execute("ALTER ROLE hearthwatch_api CONNECTION LIMIT 0")
    try:
        with neighbourhood.connect(autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'hearthwatch_api'"
            )
        with ThreadPoolExecutor(1) as another:
            refused = another.submit(client.get, "/nothing", headers={"Accept": "text/html"})
            answer = client.get("/api/v1/me")
        assert refused.result().status_code == 404, "a page that names nobody needs no database"
        assert "did not answer" in problem(answer, 503)
        assert answer.headers["retry-after"]
    finally:
        with neighbourhood.connect() as conn:
            conn.execute("ALTER ROLE hearthwatch_api CONNECTION LIMIT -1")
    while client.get("/api/v1/me").status_code != 200:
        pass


def test_a_database_that_went_and_came_back_is_asked_at_once(served: Served, neighbourhood: Database) -> None:
    client = served.signed_in(n.WORKER)
    with neighbourhood.connect(autocommit=True) as conn:
        ended = conn.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename LIKE 'hearthwatch_%'"
        ).fetchone()
    assert ended
    assert ended[0] > 0
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_every_answer_carries_the_security_headers(served: Served) -> None:
    client = served.signed_in(n.WORKER)
    for answer in (client.get("/api/v1/me"), client.get("/nothing"), client.get("/healthz")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_a_browser_is_given_a_page(served: Served) -> None:
    answer = served.client().get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at this address." in answer.text
    assert "Sign out" not in answer.text


@pytest.mark.parametrize("address", ["/residents/nobody", f"/residents/{n.AMARA}/looks?day=soon"])
def test_a_mistyped_address_is_a_page_without_a_programs_words(served: Served, address: str) -> None:
    answer = served.signed_in(n.MANAGER).get(address, headers={"Accept": "text/html"})
    assert (answer.status_code, "There is nothing at this address." in answer.text) == (404, True)


def test_whoever_asks_for_the_head_alone_is_answered_as_for_the_whole(served: Served) -> None:
    client = served.client()
    for address in ("/healthz", "/readyz", "/sign-in", "/nothing", "/api/v1/me", "/static/js/page.js"):
        whole, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (whole.status_code, b""), address
        assert head.headers["content-length"] == whole.headers["content-length"], address
    assert client.get("/healthz").json() == {"status": "alive"}


def test_signing_in_with_a_form_of_another_kind_is_refused(served: Served) -> None:
    sent = {"username": username(n.WORKER), "password": PASSWORD}
    problem(served.client().post("/api/v1/sign-in", data=sent), 422)
