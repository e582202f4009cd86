"""What is written down of a resident: when two names are the same."""

import pytest

from delegation.residents.particulars import same_name


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("JOS\u00c9  o'NEILL", True),
        ("Jose\u0301 O\u2019Neill", True),
        ("Jos\u00e9\u00a0O\u02bcNeill ", True),
        ("Jose O'Neill", False),
        ("Jos\u00e9 ONeill", False),
    ],
)
def test_two_names_that_read_alike_are_the_same(other: str, same: bool) -> None:
    assert same_name("Jos\u00e9 O'Neill", other) is same
