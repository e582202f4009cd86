"""The desks in a real browser, on a real server."""

from tests.fixtures.desks import at_desk
from tests.fixtures.serving import served, sign_in

__all__ = ["at_desk", "served", "sign_in"]
