"""Loads the fixtures; each plugin's docstring says what it offers."""

import os

from hypothesis import HealthCheck, settings

from tests.fixtures.length import SOAKING

# The helper image that would tidy up after a killed run cannot be pulled everywhere; we tidy up ourselves.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

# The same examples in every run of the suite, others in every soak; and how fast this machine is proves nothing.
settings.register_profile(
    "repeatable", derandomize=not SOAKING, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

pytest_plugins = [
    "tests.fixtures.machine",
    "tests.fixtures.evidence",
    "tests.fixtures.databases",
    "tests.fixtures.neighbourhood",
    "tests.fixtures.brokers",
    "tests.fixtures.browser",
    "tests.fixtures.stack",
    # Last: it looks at what the others keep.
    "tests.fixtures.searched_logs",
]
