"""The page on security says only what a test shows."""

import re

import pytest

from tests.fixtures.machine import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(r"^\| ([STRIDE]) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


def written_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {
        name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
    }


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert named - written_tests() == set()


def test_every_defence_names_a_test() -> None:
    assert len(ROWS) == len(re.findall(r"^\| [A-Z] \|", PAGE, re.MULTILINE))
    assert [could for _, could, _, shown in ROWS if not re.fullmatch(r"(`test_\w+`(, )?)+", shown)] == []


@pytest.mark.parametrize("letter", "STRIDE")
def test_each_letter_is_asked(letter: str) -> None:
    assert letter in {one for one, *_ in ROWS}
