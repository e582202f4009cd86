"""Each decision record has a number of its own, which its title says too."""

import re
from collections import Counter
from pathlib import Path

RECORDS = sorted((Path(__file__).parents[2] / "docs/adr").glob("*.md"))


def test_no_two_decisions_share_a_number() -> None:
    numbers = Counter(record.name[:4] for record in RECORDS)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_a_decision_is_called_by_the_number_of_its_file() -> None:
    for record in RECORDS:
        assert re.match(rf"# {int(record.name[:4])}\. \S", record.read_text()), record.name
