"""Loads the fixtures; each plugin's docstring says what it offers."""

import os

# The helper image that would tidy up after a killed run cannot be pulled everywhere; we tidy up ourselves.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

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
