"""What whoever goes round is told before they turn to anybody: who needs it first, and what is asked."""

from collections.abc import Callable
from uuid import UUID

import httpx2 as httpx

from tests.fixtures import neighbourhood as n
from tests.integration.api.test_capture import observed, send

SignIn = Callable[[UUID], httpx.Client]


def test_what_the_hub_waits_for_is_asked_on_the_round(sign_in: SignIn) -> None:
    worker = sign_in(n.WORKER)
    assert "how alert they are" not in worker.get("/rounds").text
    values = {name: value for name, value in n.NORMAL.items() if name != "consciousness"} | {"pulse": 115}
    send(worker, observed(values, scheduled_full_set=True))
    assert "<strong>Check how alert they are now</strong>" in worker.get("/rounds").text
    send(worker, observed(n.NORMAL))
    assert "how alert they are" not in worker.get("/rounds").text
