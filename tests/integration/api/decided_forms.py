"""A decision's form as a browser sends it again once it came back for a fault."""

from collections.abc import Callable

import httpx2 as httpx


def mended(
    client: httpx.Client,
    address: str,
    fields: dict[str, str],
    opened: dict[str, str],
    seen_in: Callable[[str], dict[str, str]],
) -> httpx.Response:
    """Send it without a reason, and then with one from the form that came back; `seen_in`: what that was shown with."""
    back = client.post(address, data=fields | {"reason": " "} | opened)
    assert back.status_code == 422
    return client.post(address, data=fields | seen_in(back.text))
