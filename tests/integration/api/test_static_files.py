"""Static files over HTTP: kept for ever and compressed, which nothing about anybody is."""

import re
from collections.abc import Callable
from uuid import UUID

import httpx2 as httpx

from tests.fixtures import neighbourhood as n
from tests.fixtures.serving import Served

SignIn = Callable[[UUID], httpx.Client]
AS_A_BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate"}


def test_the_pages_files_are_compressed_kept_for_ever_and_not_sent_again(sign_in: SignIn) -> None:
    resident = f"/residents/{n.AMARA}"
    pages = {n.CLINICIAN: (f"/hubs/{n.HUB}", resident), n.WORKER: (f"{resident}/capture",)}
    for person, addresses in pages.items():
        client = sign_in(person)
        client.headers.update(AS_A_BROWSER)
        text = "".join(client.get(address).text for address in addresses)
        named = set(re.findall(r'"(/static/[^"]+)"', text))
        assert len(named) >= 4
        for address in named:
            first = client.get(address)
            assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert first.headers["content-encoding"] == "gzip"
            again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            plain = client.get(address, headers={"Accept-Encoding": "identity"})
            assert (plain.content, plain.headers.get("content-encoding")) == (first.content, None)
            assert plain.headers["etag"] != first.headers["etag"]


def test_what_is_no_file_or_no_reading_of_one_is_refused(served: Served) -> None:
    with served.client() as client:
        for address in ("/static/", "/static/js/nothing.js", "/static/%2e%2e/rendering.py"):
            assert client.get(address).status_code == 404, address
        assert client.post("/static/js/page.js").status_code == 405


def test_nothing_about_anybody_is_compressed_or_kept(sign_in: SignIn) -> None:
    client = sign_in(n.CLINICIAN)
    client.headers.update(AS_A_BROWSER)
    for address in (f"/hubs/{n.HUB}", f"/residents/{n.AMARA}", f"/api/v1/hubs/{n.HUB}/queue"):
        answer = client.get(address)
        assert answer.headers.get("content-encoding") is None, address
        assert answer.headers["cache-control"] == "no-store", address
