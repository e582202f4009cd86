"""The api on a real server, and the platform's commands."""

from tests.fixtures.commands import commands
from tests.fixtures.scenes import shown
from tests.fixtures.serving import served, sign_in

__all__ = ["commands", "served", "shown", "sign_in"]
