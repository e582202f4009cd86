"""The desks in a real browser, on a real server."""

from tests.fixtures.desks import at_desk, look_at
from tests.fixtures.scenes import shown
from tests.fixtures.serving import served, sign_in

__all__ = ["at_desk", "look_at", "served", "shown", "sign_in"]
