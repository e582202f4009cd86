"""A kit that is not heard is said in a sentence that names the home and claims nothing else."""

import pytest

from api.queries.quiet_kits import QuietKits
from api.web.presenters.quiet_kits import lines
from tests.unit.api.web.rows import NOW, ago


@pytest.mark.parametrize(
    ("kits", "quiet", "heard", "said"),
    [
        (1, 1, 5, "The kit of Orchard House has not been heard for 5 h: readings may be waiting on it."),
        (3, 1, 5, "1 of 3 kits of Orchard House has not been heard for 5 h: readings may be waiting on it."),
        (
            3,
            2,
            5,
            "2 of 3 kits of Orchard House have not been heard for 5 h: readings may be waiting on them.",
        ),
        (
            2,
            2,
            72,
            "All 2 kits of Orchard House have not been heard for 3 days: readings may be waiting on them.",
        ),
    ],
    ids=["the one", "one of three", "two of three", "all"],
)
def test_kits_that_are_not_heard(kits: int, quiet: int, heard: int, said: str) -> None:
    one = QuietKits("Orchard House", kits, quiet, ago(hours=heard), ago(days=90))
    assert lines([one], NOW) == (said,)


def test_a_kit_that_never_was_heard_is_said_since_it_was_lent() -> None:
    [said] = lines([QuietKits("Orchard House", 1, 1, None, ago(hours=30))], NOW)
    assert said.startswith("The kit of Orchard House has never been heard since it was lent, ")
    assert said.endswith(": readings may be waiting on it.")
