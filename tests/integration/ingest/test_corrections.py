"""A reading of the wrong resident is corrected by a row that the views apply (invariant 10)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from alerts.evaluator import Evaluator
from api.queries import scores
from devices.reading import NotObtained, ReadingPayload
from ingest.correction import Corrected, Correction, CorrectionRefusedError, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, admit, at_the_door
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.integration.ingest.histories import Sent, over_histories, payload, readings


def corrected(
    doorstep: Doorstep, kit: n.Kit, reading: ReadingPayload, taken_from: UUID | None, seen: int | None = None
) -> Corrected:
    """By somebody who has seen the last correction, unless they say which they have seen."""
    [(last,)] = doorstep.rows(
        "SELECT coalesce(max(correction_id), 0) FROM ingest.reading_correction WHERE reading_id = %s",
        reading.reading_id,
    )
    key = (kit.kit_id, reading.reading_id)
    known = last if seen is None else seen
    said = Correction(key, known, taken_from, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
    with doorstep.conn.transaction():
        return correct(doorstep.conn, Evaluator(), said, NOW)


def seen_by(doorstep: Doorstep, person: UUID) -> set[tuple[Any, ...]]:
    with doorstep.database.connect("hearthwatch_api") as conn, conn.transaction():
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(person),))
        rows = conn.execute(
            "SELECT reading_id, resident_id, counts, correction_reason FROM ingest.visible_reading"
        ).fetchall()
    return set(rows)


def test_a_correction_changes_what_is_seen_and_no_row(doorstep):
    kit = n.Kit()
    wrong, right = kit.reading(values=n.GRAVE, taken_at=NOW), kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(wrong, NOW), kit.arrival(right, NOW))
    before = doorstep.rows("SELECT * FROM ingest.reading ORDER BY reading_id")
    scored = doorstep.rows("SELECT * FROM alerts.score ORDER BY cause_arrival")
    corrected(doorstep, kit, wrong, n.BRAM)
    why = "wrong_resident_chosen"
    assert seen_by(doorstep, n.CLINICIAN) == {
        (wrong.reading_id, n.AMARA, False, why),
        (wrong.reading_id, n.BRAM, True, why),
        (right.reading_id, n.AMARA, True, None),
    }
    corrected(doorstep, kit, wrong, None)
    assert seen_by(doorstep, n.CLINICIAN) == {
        (wrong.reading_id, n.AMARA, False, why),
        (wrong.reading_id, n.BRAM, False, why),
        (right.reading_id, n.AMARA, True, None),
    }
    assert doorstep.rows("SELECT * FROM ingest.reading ORDER BY reading_id") == before
    anew = doorstep.rows("SELECT * FROM alerts.score ORDER BY cause_arrival")
    assert [one for one in anew if one in scored] == scored


def test_who_sees_one_resident_alone_is_not_shown_what_was_anothers(doorstep):
    """Its note may name the other; whoever sees the home sees both, and what was given back is shown again."""
    kit = n.Kit()
    wrong, right = kit.reading(taken_at=NOW, note="Bram slept badly."), kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(wrong, NOW), kit.arrival(right, NOW))
    why = "wrong_resident_chosen"
    for whose in (n.BRAM, None):
        corrected(doorstep, kit, wrong, whose)
        assert seen_by(doorstep, n.CARER) == {(right.reading_id, n.AMARA, True, None)}
        assert (wrong.reading_id, n.AMARA, False, why) in seen_by(doorstep, n.WORKER)
    corrected(doorstep, kit, wrong, n.AMARA)
    assert (wrong.reading_id, n.AMARA, True, why) in seen_by(doorstep, n.CARER)


def test_a_correction_can_be_taken_back(doorstep):
    kit = n.Kit()
    reading = kit.reading(values=n.GRAVE, taken_at=NOW)
    doorstep.deliver(kit.arrival(reading, NOW))
    corrected(doorstep, kit, reading, n.BRAM)
    back = corrected(doorstep, kit, reading, n.AMARA)
    assert back.verdict is not None
    assert back.verdict.low == 10
    assert {(resident, counts) for _, resident, counts, _ in seen_by(doorstep, n.CLINICIAN)} == {
        (n.AMARA, True),
        (n.BRAM, False),
    }
    assert known(doorstep, n.BRAM) == {}
    assert known(doorstep, n.AMARA)["pulse"][0] == "124"


@pytest.mark.parametrize("come_late", [False, True])
def test_a_corrected_reading_is_no_part_of_the_scores_that_follow(doorstep, come_late):
    """What it hid shows again, and it makes no difference whether the next reading comes late."""
    kit = n.Kit()
    true, wrong = (
        kit.reading(values={"temperature": value}, taken_at=NOW - n.minutes(ago))
        for value, ago in ((38.4, 20), (39.4, 10))
    )
    doorstep.deliver(kit.arrival(true, NOW), kit.arrival(wrong, NOW))
    if come_late:
        newest = kit.reading(values={"diastolic": 80}, taken_at=NOW + n.minutes(1))
        doorstep.deliver(kit.arrival(newest, NOW))
    corrected(doorstep, kit, wrong, n.BRAM)
    [settled] = doorstep.deliver(kit.arrival(kit.reading(values={"pulse": 72}, taken_at=NOW), NOW))
    assert settled.verdict.low == 1
    assert known(doorstep, n.AMARA)["temperature"] == ("38.4", str(true.reading_id))


def test_a_sign_that_only_the_corrected_reading_gave_is_unknown_again(doorstep):
    kit = n.Kit()
    wrong = kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(wrong, NOW))
    corrected(doorstep, kit, wrong, n.BRAM)
    rows = (
        "SELECT signs, last_effective_at, last_arrived_at FROM ingest.current_vitals WHERE resident_id = %s"
    )
    assert doorstep.rows(rows, n.AMARA) == [({}, None, None)]


def test_what_was_known_months_ago_shows_again(doorstep):
    kit = n.Kit()
    old = kit.reading(values={"temperature": 36.9}, taken_at=NOW - timedelta(days=200))
    wrong = kit.reading(values={"temperature": 39.4}, taken_at=NOW)
    doorstep.deliver(kit.arrival(old, NOW - timedelta(days=200)), kit.arrival(wrong, NOW))
    corrected(doorstep, kit, wrong, None)
    assert known(doorstep, n.AMARA) == {"temperature": ("36.9", str(old.reading_id))}


def test_who_was_heard_of_days_ago_is_not_said_never_to_have_been(doorstep):
    """Since then they only refused, which is no news of them; the reading that was news was not theirs."""
    kit = n.Kit()
    week_ago = NOW - timedelta(days=7)
    doorstep.deliver(kit.arrival(kit.reading(taken_at=week_ago), week_ago), at=week_ago)
    refused = kit.reading(
        values={}, not_obtained=dict.fromkeys(n.NORMAL, NotObtained.REFUSED), taken_at=NOW - n.minutes(90)
    )
    wrong = kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(refused, NOW), kit.arrival(wrong, NOW))
    corrected(doorstep, kit, wrong, None)
    heard = "SELECT last_news_at, last_arrived_at FROM ingest.current_vitals WHERE resident_id = %s"
    assert doorstep.rows(heard, n.AMARA) == [(week_ago, NOW)]


@pytest.mark.parametrize(
    ("seen", "taken_from", "why"),
    [(0, n.AMARA, "whose it is already"), (4711, n.BRAM, "meanwhile")],
    ids=["theirs already", "corrected meanwhile"],
)
def test_a_correction_that_supposes_what_is_not_so_is_refused(doorstep, seen, taken_from, why):
    kit = n.Kit()
    reading = kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(reading, NOW))
    with pytest.raises(CorrectionRefusedError, match=why):
        corrected(doorstep, kit, reading, taken_from, seen)
    assert doorstep.rows("SELECT count(*) FROM ingest.reading_correction") == [(0,)]


def test_what_was_never_stored_cannot_be_corrected(doorstep):
    kit = n.Kit()
    with pytest.raises(CorrectionRefusedError, match="No such reading"):
        corrected(doorstep, kit, kit.reading(taken_at=NOW), n.BRAM)


def test_corrections_both_ways_and_arrivals_for_both_never_wait_for_each_other_for_ever(
    doorstep, neighbourhood
):
    kit = n.Kit()
    hers, his = (kit.reading(one, n.GRAVE, taken_at=NOW) for one in (n.AMARA, n.BRAM))
    doorstep.deliver(kit.arrival(hers, NOW), kit.arrival(his, NOW))
    together = threading.Barrier(3)

    def swap(reading: ReadingPayload, there: UUID, back: UUID) -> None:
        with at_the_door(neighbourhood) as own:
            together.wait(PATIENCE_SECONDS)
            for whose in (there, back) * 5:
                corrected(own, kit, reading, whose)

    def arrive() -> None:
        sender = n.Kit(n.WEB_KIT)
        with at_the_door(neighbourhood) as own:
            together.wait(PATIENCE_SECONDS)
            for minute in range(10):
                taken_at = NOW + n.minutes(minute / 10)
                both = [sender.reading(one, taken_at=taken_at) for one in (n.BRAM, n.AMARA)]
                own.deliver(*(sender.arrival(one, NOW) for one in both))

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(swap, hers, n.BRAM, n.AMARA), pool.submit(swap, his, n.AMARA, n.BRAM)]
        for one in [*work, pool.submit(arrive)]:
            one.result(PATIENCE_SECONDS)
    assert doorstep.rows("SELECT count(*) FROM ingest.reading_correction") == [(20,)]
    numbers = doorstep.rows(
        """SELECT resident_id, count(*), count(DISTINCT number) FROM (
               SELECT resident_id, arrival_number AS number FROM ingest.reading
               UNION ALL SELECT resident_id, arrival_number FROM ingest.reading_correction) given
           GROUP BY resident_id"""
    )
    assert sorted(numbers) == [(n.AMARA, 21, 21), (n.BRAM, 21, 21)]


def known(doorstep: Doorstep, resident: UUID) -> dict[str, tuple[Any, str]]:
    rows = doorstep.rows("SELECT signs FROM ingest.current_vitals WHERE resident_id = %s", resident)
    return {sign: (entry["value"], entry["reading"]) for (signs,) in rows for sign, entry in signs.items()}


@dataclass(frozen=True)
class Course:
    """Readings and corrections in the order they are made: (reading, whose it is said to be), None nobody's."""

    sent: list[Sent]
    said: list[tuple[int, int | None]]

    @property
    def becoming_known(self) -> list[tuple[int, int | None]]:
        """Each reading once, where it was last said whose it is."""
        last = {number: step for step, (number, _) in enumerate(self.said)}
        return [self.said[step] for step in sorted(last.values())]


@st.composite
def courses(draw: st.DrawFn) -> Course:
    sent = draw(st.lists(readings, min_size=1, max_size=7))
    order = draw(
        st.permutations([*range(len(sent)), *draw(st.lists(st.integers(0, len(sent) - 1), max_size=6))])
    )
    whose: dict[int, int | None] = {}
    said: list[tuple[int, int | None]] = []
    for number in order:
        first = number not in whose
        others = [one for one in (0, 1, None) if one != whose.get(number, number)]
        whose[number] = sent[number].resident if first else draw(st.sampled_from(others))
        said.append((number, whose[number]))
    return Course(sent, said)


def stands(doorstep: Doorstep, residents: list[UUID], number: dict[UUID, int]) -> dict[str, Any]:
    """Current signs and current scores, as a clinician sees them, under names that do not depend on ids."""
    with doorstep.database.connect("hearthwatch_api") as conn, conn.transaction():
        conn.execute("SELECT set_config('hearthwatch.actor', %s, true)", (str(n.CLINICIAN),))
        standing = [scores.standing(conn, one, NOW - timedelta(days=2)) for one in residents]
        latest = [scores.latest_full_set(conn, one, NOW - timedelta(days=2)) for one in residents]
    rows = [
        doorstep.rows("SELECT last_effective_at FROM ingest.current_vitals WHERE resident_id = %s", one)
        for one in residents
    ]
    return {
        "signs": [
            {sign: (value, number[UUID(reading)]) for sign, (value, reading) in known(doorstep, one).items()}
            for one in residents
        ],
        "latest": [row[0][0] if row else None for row in rows],
        "full sets": [one and (number[one.reading_id], one.low) for one in latest],
        "scores": [
            {
                number[one.reading_id]: (
                    one.low,
                    one.high,
                    one.red_score,
                    one.complete,
                    frozenset(one.deciding),
                    {
                        sign: number[UUID(part["reading"])]
                        for sign, part in one.parts.items()
                        if "reading" in part
                    },
                )
                for one in theirs
            }
            for theirs in standing
        ],
    }


def put_right(doorstep: Doorstep, course: Course) -> dict[str, Any]:
    """What stands after the course."""
    residents, kit = admit(doorstep.owner, 2), n.Kit()
    made = [payload(kit, one, residents) for one in course.sent]
    sent: set[int] = set()
    for number, resident in course.said:
        whose = None if resident is None else residents[resident]
        if number in sent:
            corrected(doorstep, kit, made[number], whose)
        else:
            doorstep.deliver(kit.arrival(made[number], NOW))
        sent.add(number)
    return stands(doorstep, residents, {one.reading_id: index for index, one in enumerate(made)})


def sent_right(doorstep: Doorstep, course: Course) -> dict[str, Any]:
    """What would stand if each reading had been sent for whom it is, in the order in which that became known."""
    residents, kit = admit(doorstep.owner, 2), n.Kit()
    ids: dict[UUID, int] = {}
    for number, resident in course.becoming_known:
        if resident is not None:
            right = payload(kit, replace(course.sent[number], resident=resident), residents)
            ids[right.reading_id] = number
            doorstep.deliver(kit.arrival(right, NOW))
    return stands(doorstep, residents, ids)


def test_after_any_corrections_what_stands_is_as_if_all_had_been_sent_right(doorstep):
    @over_histories(courses())
    def holds(course: Course) -> None:
        assert put_right(doorstep, course) == sent_right(doorstep, course)


def test_of_two_full_sets_of_one_moment_with_one_score_the_later_arrival_is_the_last(doorstep):
    nothing = Sent(resident=0, steps_ago=0, values={}, cleared=frozenset(), worry=False)
    full = replace(nothing, resident=1, values=n.GRAVE)
    course = Course([nothing, full], said=[(0, 0), (1, 1), (0, 1)])
    assert put_right(doorstep, course) == sent_right(doorstep, course)
    assert [one and one[0] for one in put_right(doorstep, course)["full sets"]] == [None, 0]


def test_the_newest_of_one_moment_is_the_last_to_arrive_whatever_came_late_since(doorstep):
    nothing = Sent(resident=0, steps_ago=0, values={}, cleared=frozenset(), worry=False)
    full = replace(nothing, steps_ago=1, values=n.GRAVE)
    course = Course([nothing, nothing, nothing, full], said=[(1, 0), (0, 0), (2, 0), (3, 0)])
    assert [one and one[0] for one in put_right(doorstep, course)["full sets"]] == [2, None]
    course = Course([*course.sent, nothing], said=[*course.said, (4, 0), (4, 1)])
    assert put_right(doorstep, course) == sent_right(doorstep, course)
