"""The trainer's matrix: states are told apart, and nobody is offered to sign themselves off."""

from typing import Any

import pytest

from api.queries.matrix import Activity, SignOff, Worker
from api.web.presenters.matrix import matrix, standing_words
from tests.unit.api.web.rows import ME, NOW, ago, sign_off

WORKER = Worker(sign_off().person_id, "Wanda Worker")
BLOOD_PRESSURE = Activity("blood_pressure", "Blood pressure check")


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (None, ("none", "Not signed off", None)),
        (
            sign_off(),
            ("in_date", "In date", "until 10 June 2027. Independent, by Tara Trainer"),
        ),
        (
            sign_off(valid_until=ago(days=-7)),
            ("expiring", "Expiring", "in 7 days, on 29 November 2026. Independent, by Tara Trainer"),
        ),
        (
            sign_off(level="under_supervision"),
            ("supervised", "Under supervision only", "until 10 June 2027, by Tara Trainer"),
        ),
        (
            sign_off(level="observe", assessor_id=ME),
            ("observe", "Observe only, not signed off", "until 10 June 2027, by you"),
        ),
        (
            sign_off(valid_until=ago(days=-7), level="observe", assessor_name=None),
            (
                "observe",
                "Observe only, not signed off, expiring",
                "in 7 days, on 29 November 2026, by somebody whose name is not shown to you",
            ),
        ),
        (sign_off(valid_until=ago(days=7)), ("lapsed", "Lapsed", "on 15 November 2026")),
        (sign_off(revoked_at=ago(days=1)), ("revoked", "Taken back", "on 21 November 2026")),
    ],
)
def test_each_state_has_words_of_its_own(held: SignOff | None, words: tuple[Any, ...]) -> None:
    assert standing_words(held, ME, NOW) == words


def test_a_sign_off_in_force_can_be_taken_back() -> None:
    shown = matrix([WORKER], [BLOOD_PRESSURE], [sign_off()], me=ME, signs_off=True, now=NOW)
    [standing] = shown.rows[0].standings
    assert standing.competence_id == sign_off().competence_id
    assert standing.href is not None
    assert shown.summary[0] == "1 in date"


@pytest.mark.parametrize("level", ["observe", "under_supervision", "independent", "may_supervise"])
@pytest.mark.parametrize("days", [-200, -7, 7])
def test_every_worker_and_activity_is_counted_once(level: str, days: float) -> None:
    held = sign_off(level=level, valid_until=ago(days=days))
    shown = matrix(
        [WORKER],
        [BLOOD_PRESSURE, Activity("pulse_oximetry", "Oxygen")],
        [held],
        me=ME,
        signs_off=True,
        now=NOW,
    )
    assert sum(int(words.split()[0]) for words in shown.summary) == 2


def test_a_lapsed_one_cannot_be_taken_back_and_can_be_renewed() -> None:
    [row] = matrix(
        [WORKER], [BLOOD_PRESSURE], [sign_off(valid_until=ago(days=1))], me=ME, signs_off=True, now=NOW
    ).rows
    assert (row.standings[0].competence_id, row.standings[0].href is None) == (None, False)


def test_ones_own_row_offers_nothing() -> None:
    [row] = matrix(
        [WORKER], [BLOOD_PRESSURE], [sign_off()], me=WORKER.person_id, signs_off=True, now=NOW
    ).rows
    assert row.oneself
    assert (row.standings[0].competence_id, row.standings[0].href) == (None, None)


def test_who_does_not_sign_off_is_offered_nothing() -> None:
    [row] = matrix([WORKER], [BLOOD_PRESSURE], [sign_off()], me=ME, signs_off=False, now=NOW).rows
    assert (row.standings[0].words, row.standings[0].competence_id, row.standings[0].href) == (
        "In date",
        None,
        None,
    )
