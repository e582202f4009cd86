"""The api on a real server."""

from tests.fixtures.serving import served, sign_in

__all__ = ["served", "sign_in"]
