"""What every page carries, whatever it shows."""

import pytest

from api.web.rendering import as_fault


@pytest.mark.parametrize(
    ("sentence", "beside_a_field"),
    [
        ("Type in the code.", "Type in the code"),
        ("Give their name", "Give their name"),
        (
            "Too many tries. Wait 3 seconds, then try again.",
            "Too many tries. Wait 3 seconds, then try again.",
        ),
    ],
)
def test_what_is_said_beside_a_field_ends_without_a_full_stop_where_it_is_one_sentence(
    sentence: str, beside_a_field: str
) -> None:
    assert as_fault(sentence) == beside_a_field
