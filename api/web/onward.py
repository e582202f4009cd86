"""The addresses a page redirects to.

Guards: a redirect only leads to an address of this site.
"""

from urllib.parse import quote

from api.identity.steps import PAGES, Step


def inside(address: str) -> str:
    r"""Return the address if it is a path of this site; a browser reads `//` and `/\` as another site."""
    safe = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return address if safe else "/"


def to_step(step: Step, heading_for: str) -> str:
    """Return the page of the next step; after the last, where the person was heading."""
    if step is Step.DONE:
        return quote(inside(heading_for), safe="/?&=%#+:,;@~!$'()*-._")
    return f"{PAGES[step]}?next={quote(inside(heading_for), safe='')}"
