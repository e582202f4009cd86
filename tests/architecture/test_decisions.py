"""Each decision record has a number of its own, which its title says too, and stands in the list of them."""

import re
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/adr"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


def test_no_two_decisions_share_a_number() -> None:
    numbers = Counter(record.name[:4] for record in RECORDS)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_a_decision_is_called_by_the_number_of_its_file() -> None:
    for record in RECORDS:
        assert re.match(rf"# {int(record.name[:4])}\. \S", record.read_text()), record.name


def test_every_decision_is_listed_by_its_title() -> None:
    listed = re.findall(r"^- \[(\d{4})\]\((.+?)\): (.+)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    titles = [record.read_text().splitlines()[0].split(". ", 1)[1] for record in RECORDS]
    assert listed == [
        (record.name[:4], record.name, title) for record, title in zip(RECORDS, titles, strict=True)
    ]
