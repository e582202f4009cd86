"""Which partitions a worker is told to work on."""

import pytest

from api.partitions import NoSuchPartitionError, parse_partitions


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0-15", tuple(range(16))),
        ("3", (3,)),
        ("4,3", (3, 4)),
        ("0-2,2-3,15", (0, 1, 2, 3, 15)),
        (" 1 ", (1,)),
    ],
)
def test_ranges_and_lists_are_read(text: str, wanted: tuple[int, ...]) -> None:
    assert parse_partitions(text) == wanted


@pytest.mark.parametrize("text", ["", "16", "-1", "0-16", "a", "1-", "3-1", "1,,2"])
def test_what_is_no_partition_is_refused(text: str) -> None:
    with pytest.raises(NoSuchPartitionError):
        parse_partitions(text)
