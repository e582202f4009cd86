"""The page about scoring says what is so: its example runs."""

import re
from pathlib import Path

from api.score_files.cells import COLUMNS

PAGE = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text()


def test_the_example_of_arrays_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "docs/scoring.md", "exec"), {})


def test_every_column_is_described() -> None:
    [table] = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", table)) == set(COLUMNS)
