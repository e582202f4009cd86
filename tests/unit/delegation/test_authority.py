"""Scale 2 only while somebody's word for it is in force; air assumed only while nobody saw oxygen."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delegation.authority import AirRecord, Authority, Pause, ScaleAuthorisation

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def authorised(*, ends: int | None = None, revoked: int | None = None, review: int = 90) -> Authority:
    def on(day: int | None) -> datetime | None:
        return None if day is None else START + day * DAY

    return Authority(scales=[ScaleAuthorisation(START, START + review * DAY, on(ends), on(revoked))])


def test_without_an_authorisation_it_is_scale_1():
    assert Authority().spo2_scale(START) == 1


def test_an_authorisation_counts_from_its_start_at_the_time_of_the_reading():
    assert authorised().spo2_scale(START - timedelta(microseconds=1)) == 1
    assert authorised().spo2_scale(START) == 2


def test_an_overdue_review_leaves_scale_2_in_force():
    assert authorised(review=30).spo2_scale(START + 3650 * DAY) == 2


def test_its_own_end_and_a_revocation_end_it_from_that_moment():
    for ended in (authorised(ends=10), authorised(revoked=10), authorised(ends=400, revoked=10)):
        assert ended.spo2_scale(START + 10 * DAY - timedelta(microseconds=1)) == 2
        assert ended.spo2_scale(START + 10 * DAY) == 1


def test_a_reading_from_before_a_revocation_is_still_scored_on_scale_2():
    assert authorised(revoked=10).spo2_scale(START + 9 * DAY) == 2


def test_a_new_authorisation_stands_beside_a_revoked_one():
    both = Authority(scales=[*authorised(revoked=10).scales, *authorised().scales])
    assert both.spo2_scale(START + 20 * DAY) == 2


AIR = Authority(air=[AirRecord(START, None)])


def test_air_is_assumed_only_on_a_record_and_from_it_on():
    assert not Authority().air_assumed(START)
    assert not AIR.air_assumed(START - timedelta(microseconds=1))
    assert AIR.air_assumed(START)


def test_a_cancelled_record_assumes_nothing_from_then_on():
    cancelled = Authority(air=[AirRecord(START, START + DAY)])
    assert cancelled.air_assumed(START + DAY - timedelta(microseconds=1))
    assert not cancelled.air_assumed(START + DAY)


def test_oxygen_seen_since_the_record_ends_it_for_all_later_moments():
    seen = [START + DAY]
    assert AIR.air_assumed(START + DAY - timedelta(microseconds=1), seen)
    assert not AIR.air_assumed(START + DAY, seen)
    assert not AIR.air_assumed(START + 100 * DAY, seen)


def test_oxygen_seen_before_the_record_says_nothing_against_it():
    assert AIR.air_assumed(START + DAY, [START - DAY])


def test_a_record_made_after_the_oxygen_counts_again():
    again = Authority(air=[AirRecord(START, None), AirRecord(START + 2 * DAY, None)])
    assert not again.air_assumed(START + DAY, [START + DAY])
    assert again.air_assumed(START + 3 * DAY, [START + DAY])


def test_a_pause_holds_from_its_start_until_before_its_end():
    pause = Pause(START, START + DAY)
    assert [pause.in_force(START + step * DAY) for step in (-1, 0, 1)] == [False, True, False]


moments = st.integers(-2000, 2000).map(lambda hours: START + timedelta(hours=hours))
scales = st.builds(ScaleAuthorisation, moments, moments, st.none() | moments, st.none() | moments)


@given(st.lists(scales, max_size=4), moments)
def test_scale_2_always_rests_on_one_that_has_begun_and_not_ended(
    those: list[ScaleAuthorisation], at: datetime
):
    rests = any(
        one.starts_at <= at
        and not (one.ends_at is not None and one.ends_at <= at)
        and not (one.revoked_at is not None and one.revoked_at <= at)
        for one in those
    )
    assert Authority(scales=those).spo2_scale(at) == (2 if rests else 1)


@given(
    st.lists(st.builds(AirRecord, moments, st.none() | moments), max_size=3),
    moments,
    st.lists(moments, max_size=3),
)
def test_seeing_oxygen_never_makes_air_more_likely(
    those: list[AirRecord], at: datetime, seen: list[datetime]
):
    authority = Authority(air=those)
    assert authority.air_assumed(at, seen) <= authority.air_assumed(at)
