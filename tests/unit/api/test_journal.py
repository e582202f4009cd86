"""A journal that cannot hold what it must not."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from api import journal


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers, logging.root.level
    set_up = structlog.get_config()
    yield
    logging.root.handlers = handlers
    logging.root.setLevel(level)
    structlog.configure(**set_up)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_only_declared_fields_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up()
    journal.of("test").info("answered", status=200, nhs_number="9990000018", body="Amara")
    [line] = lines(capsys)
    assert (line["event"], line["status"], line["level"]) == ("answered", 200, "info")
    assert line["left_out"] == ["body", "nhs_number"]
    assert "9990000018" not in json.dumps(line)
    assert "Amara" not in json.dumps(line)


def test_an_error_is_its_type_and_its_places_never_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up()
    try:
        int("Key (nhs_number)=(9990000018) exists")
    except ValueError:
        logging.getLogger("a.library").exception("could not be done")
    text = capsys.readouterr().err
    [line] = [json.loads(text)]
    assert line["error"] == "ValueError"
    assert any("test_journal.py" in str(place) for place in line["places"])
    assert "9990000018" not in text


def test_what_a_library_adds_to_its_records_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up()
    logging.getLogger("a.library").warning("noted", extra={"resident_name": "Amara"})
    [line] = lines(capsys)
    assert "Amara" not in json.dumps(line)
