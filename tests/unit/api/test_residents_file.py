"""A file of residents is read line by line; what is wrong with one is said without anything that stands there."""

from datetime import date

import pytest

from api.commands.residents_file import MOST_LINES, ResidentsFileError, read
from delegation.residents.particulars import NONE_KNOWN, NoScore

TODAY = date(2026, 3, 4)
HEADER = "name,nhs_number,born_on,allergies,background,call_back_phone,usual_company,no_score_reason\n"
EDDA = (
    'Edda Example,999 000 0050,1938-02-03,none known,"A stroke,\nin 2019",01632 960222,Care staff,pregnant\n'
)
IDA = "Ida Example,9990000069,1950-01-01,,,,,\n"


def test_each_resident_is_a_line_and_what_is_left_out_nobody_has_asked() -> None:
    edda, ida = read("\ufeff" + HEADER + EDDA + "\n,,,,,,,\n" + IDA, TODAY)
    assert edda.given is not None
    assert ida.given is not None
    assert (edda.number, edda.given.name, edda.given.nhs_number) == (2, "Edda Example", "9990000050")
    assert (edda.given.allergies, edda.given.background) == (NONE_KNOWN, "A stroke,\nin 2019")
    assert edda.given.no_score_reason is NoScore.PREGNANT
    assert (ida.number, ida.given.allergies, ida.given.background) == (6, None, None)


def test_columns_may_stand_in_another_order_and_most_may_be_left_out() -> None:
    [ida] = read("born_on, nhs_number ,name\n1950-01-01,9990000069,Ida Example\n", TODAY)
    assert ida.given is not None
    assert ida.given.name == "Ida Example"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Ida Example,9990000069", "has 2 columns, and the first line 8"),
        (IDA.replace("1950-01-01", "1.1.1950"), "born_on: Give the date of birth"),
        (IDA.replace("9990000069", "9990000096"), "nhs_number: This is not an NHS number"),
        (IDA.replace("1950", "2950"), "born_on: Nobody is born on a day to come"),
        (IDA.replace("9990000069", ""), "nhs_number: Give the NHS number: without one"),
        (IDA.replace("9990000069", "999 000 0050"), "nhs_number: The same as on line 2"),
        (IDA.replace(",,,,,", ",,,,,old"), "no_score_reason: Choose one of these: under_16, pregnant"),
    ],
    ids=["too short", "no date", "a slip in the number", "not born yet", "no number", "twice", "no reason"],
)
def test_a_line_that_is_wrong_says_so_and_names_nobody(line: str, said: str) -> None:
    edda, ida = read(HEADER + EDDA + line, TODAY)
    assert edda.faults == ()
    assert ida.given is None
    assert any(fault.startswith(said) for fault in ida.faults), ida.faults
    for secret in ("Ida", "Edda", "0069", "0050", "1950", "2950"):
        assert secret not in " ".join(ida.faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing: name, nhs_number, born_on."),
        ("name,nhs_number\n", "missing: born_on."),
        ("Edda Example,name,nhs_number,born_on\n", "No such column: number 1 of the first line."),
        ("name,name,nhs_number,born_on\n", "names a column twice"),
        (HEADER + '"Edda" Example,', "Line 2 is not comma-separated"),
        (HEADER + '"Edda', "Line 2 is not comma-separated"),
        (HEADER + IDA * (MOST_LINES + 1), "A file has at most 1000 residents"),
    ],
    ids=[
        "empty",
        "a column missing",
        "a strange column",
        "a column twice",
        "a quote",
        "an open quote",
        "too long",
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ResidentsFileError) as refused:
        read(text, TODAY)
    assert said in str(refused.value)
    assert "Edda" not in str(refused.value)
