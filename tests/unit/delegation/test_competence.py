"""The label on a reading says how its operator stands, and never turns it away."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from delegation.competence import Activity, Competence, Label, Labelled, Level, labelled

PERSON = UUID(int=1)
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TEMPERATURE, OXIMETRY = Activity.TEMPERATURE, Activity.PULSE_OXIMETRY


def held(
    activity: Activity = TEMPERATURE,
    level: Level = Level.INDEPENDENT,
    *,
    signed_off: datetime = NOW - 100 * DAY,
    until: datetime = NOW + 100 * DAY,
    revoked: datetime | None = None,
) -> Competence:
    return Competence(PERSON, activity, level, signed_off, until, revoked)


def said(
    *competences: Competence, activities: tuple[Activity, ...] = (TEMPERATURE,), at: datetime = NOW
) -> Label:
    return labelled(competences, activities, at, operator_known=True).label


def test_a_worker_signed_off_and_in_date_is_in_date():
    assert said(held()) is Label.IN_DATE
    assert said(held(level=Level.MAY_SUPERVISE)) is Label.IN_DATE


def test_a_worker_who_works_under_supervision_is_said_to():
    assert said(held(level=Level.UNDER_SUPERVISION)) is Label.UNDER_SUPERVISION


def test_having_watched_is_not_being_signed_off():
    assert said(held(level=Level.OBSERVE)) is Label.NOT_SIGNED_OFF
    assert said(held(level=Level.OBSERVE, until=NOW - DAY)) is Label.NOT_SIGNED_OFF


def test_nothing_held_is_not_signed_off_and_another_activity_is_nothing():
    assert said() is Label.NOT_SIGNED_OFF
    assert said(held(OXIMETRY)) is Label.NOT_SIGNED_OFF


def test_what_ran_out_or_was_revoked_is_lapsed():
    assert said(held(until=NOW - DAY)) is Label.LAPSED
    assert said(held(revoked=NOW - DAY)) is Label.LAPSED


def test_the_last_moment_is_the_one_before_the_end():
    assert said(held(until=NOW)) is Label.LAPSED
    assert said(held(until=NOW + timedelta(microseconds=1))) is Label.IN_DATE
    assert said(held(revoked=NOW)) is Label.LAPSED
    assert said(held(signed_off=NOW)) is Label.IN_DATE


def test_a_sign_off_says_nothing_of_what_was_done_before_it():
    assert said(held(signed_off=NOW + DAY)) is Label.NOT_SIGNED_OFF


def test_what_was_done_before_a_revocation_was_done_in_date():
    assert said(held(revoked=NOW + DAY)) is Label.IN_DATE


def test_a_renewal_counts_beside_the_one_that_ran_out():
    assert said(held(until=NOW - DAY), held(signed_off=NOW - DAY)) is Label.IN_DATE


def test_a_reading_of_several_activities_carries_the_gravest_of_their_labels():
    both = (TEMPERATURE, OXIMETRY)
    assert said(held(), held(OXIMETRY, until=NOW - DAY), activities=both) is Label.LAPSED
    assert said(held(), activities=both) is Label.NOT_SIGNED_OFF
    assert said(held(), held(OXIMETRY, Level.UNDER_SUPERVISION), activities=both) is Label.UNDER_SUPERVISION


def test_what_somebody_is_not_fully_signed_off_for_is_named_with_how_they_stand():
    those = [held(), held(OXIMETRY, until=NOW - DAY), held(Activity.LUNG_SOUNDS, Level.UNDER_SUPERVISION)]
    assert labelled(those, Activity, NOW, operator_known=True).lacking == {
        Activity.BLOOD_PRESSURE: Label.NOT_SIGNED_OFF,
        OXIMETRY: Label.LAPSED,
        Activity.BREATHING_AND_ALERTNESS: Label.NOT_SIGNED_OFF,
        Activity.LUNG_SOUNDS: Label.UNDER_SUPERVISION,
    }


def test_family_needs_no_sign_off():
    said = labelled([], [TEMPERATURE], NOW, operator_known=True, family_carer=True)
    assert said == Labelled(Label.NOT_APPLICABLE)


def test_an_operator_nobody_can_name_is_unknown_rather_than_unqualified():
    said = labelled([], [TEMPERATURE], NOW, operator_known=False)
    assert said == Labelled(Label.OPERATOR_UNKNOWN)


def test_a_reading_of_no_delegated_activity_needs_no_sign_off():
    assert said(activities=()) is Label.NOT_APPLICABLE


days = st.integers(-400, 400).map(lambda count: NOW + timedelta(days=count))
competences = st.builds(
    lambda activity, level, signed_off, lasts, revoked: Competence(
        PERSON, activity, level, signed_off, signed_off + lasts * DAY, revoked
    ),
    st.sampled_from(Activity),
    st.sampled_from(Level),
    days,
    st.integers(1, 400),
    st.none() | days,
)
GRAVITY = (Label.IN_DATE, Label.UNDER_SUPERVISION, Label.LAPSED, Label.NOT_SIGNED_OFF)


@given(st.lists(competences, max_size=4), st.sets(st.sampled_from(Activity), min_size=1), days)
def test_every_operator_gets_a_label(those: list[Competence], activities: set[Activity], at: datetime):
    said = labelled(those, activities, at, operator_known=True)
    assert said.label == max([Label.IN_DATE, *said.lacking.values()], key=GRAVITY.index)
    assert said.lacking.keys() <= activities


@given(st.lists(competences, max_size=4), competences, st.sets(st.sampled_from(Activity), min_size=1), days)
def test_one_more_sign_off_never_makes_the_label_worse(
    those: list[Competence], more: Competence, activities: set[Activity], at: datetime
):
    before = labelled(those, activities, at, operator_known=True).label
    after = labelled([*those, more], activities, at, operator_known=True).label
    assert GRAVITY.index(after) <= GRAVITY.index(before)


@given(st.lists(competences, max_size=4), st.sets(st.sampled_from(Activity), min_size=1), days)
def test_in_date_means_each_activity_rests_on_a_sign_off_in_force(
    those: list[Competence], activities: set[Activity], at: datetime
):
    independent = {Level.INDEPENDENT, Level.MAY_SUPERVISE}
    each = all(
        any(
            one.activity is activity
            and one.level in independent
            and one.signed_off_at <= at < one.valid_until
            and not (one.revoked_at is not None and one.revoked_at <= at)
            for one in those
        )
        for activity in activities
    )
    assert (labelled(those, activities, at, operator_known=True).label is Label.IN_DATE) is each
