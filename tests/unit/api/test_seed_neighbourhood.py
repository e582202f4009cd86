"""A made-up neighbourhood: synthetic throughout, the same for the same seed, and with every case in it."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest

from api.seed import neighbourhood
from api.seed.kits import RESIDENTS_PER_KIT
from api.seed.words import gmc_number, names, nhs_numbers, nmc_number, password
from delegation.people import Role
from delegation.residents.nhs_number import check_digit
from devices.kits import HomeKind
from devices.topics import partition_of

AT = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


def made(homes=4, residents_per_home=12, seed=1):
    return neighbourhood(homes=homes, residents_per_home=residents_per_home, seed=seed, at=AT)


def test_nhs_numbers_are_in_the_test_range_with_a_right_check_digit_and_never_twice():
    found = list(islice(nhs_numbers(Random(1)), 5000))
    assert len(set(found)) == 5000
    for number in found:
        assert re.fullmatch(r"999\d{7}", number)
        weighted = sum(int(digit) * weight for digit, weight in zip(number, range(10, 0, -1), strict=True))
        assert weighted % 11 == 0
        assert len(set(number)) > 1


def test_nine_digits_whose_check_would_be_ten_have_no_nhs_number():
    # The worked example of the NHS Data Dictionary, and the first of the test range, which has none.
    assert check_digit("943476591") == 9
    assert check_digit("999000000") is None


def test_thousands_of_names_are_each_once():
    found = list(islice(names(Random(1)), 20_000))
    assert len(set(found)) == len(found)


def test_registration_numbers_have_the_form_but_belong_to_nobody():
    for seed in range(100):
        assert re.fullmatch(r"\d{2}[A-Z]\d{4}[A-Z]", nmc_number(Random(seed)))
        assert re.fullmatch(r"0000\d{3}", gmc_number(Random(seed)))


def test_the_same_seed_makes_the_same_people_homes_and_ids_but_other_secrets():
    one, same, other = made(), made(), made(seed=2)
    assert one.residents.residents == same.residents.residents
    assert one.staff.people == same.staff.people
    assert one.enrolled == same.enrolled
    assert one.residents.residents != other.residents.residents
    assert {kit.secret.get_secret_value() for kit in one.kits}.isdisjoint(
        kit.secret.get_secret_value() for kit in same.kits
    )


@pytest.mark.parametrize(("homes", "residents_per_home"), [(1, 1), (1, 2), (1, 6), (3, 5), (25, 30)])
def test_a_neighbourhood_of_any_size_holds_together(homes, residents_per_home):
    whole = made(homes, residents_per_home)
    people = {person.person_id for person in whole.staff.people}
    residents = {one.resident_id for one in whole.residents.residents}
    assert len(residents) == homes * residents_per_home
    assert all(one.synthetic for one in whole.residents.residents)
    assert len(whole.places.hubs) == (2 if homes > 20 else 1)
    assert {home.hub_id for home in whole.places.homes} == {hub.hub_id for hub in whole.places.hubs}
    assert {assignment.person_id for assignment in whole.staff.assignments} == people
    assert {member.role for member in whole.cast} == set(Role)
    assert {member.person_id for member in whole.cast} <= people
    assert len({member.username for member in whole.cast}) == len(whole.cast)
    watched = [one.resident_id for kit in whole.kits for one in kit.residents]
    assert len(watched) == len(set(watched))
    assert set(watched) == residents - whole.residents.paused
    assert all(len(kit.residents) <= RESIDENTS_PER_KIT for kit in whole.kits)


@pytest.mark.parametrize("homes", [6, 25])
def test_one_resident_more_lives_where_the_clinician_of_the_cast_sees_nobody(homes):
    def whole(*, one_elsewhere):
        return neighbourhood(homes=homes, residents_per_home=2, seed=1, at=AT, one_elsewhere=one_elsewhere)

    without, made = whole(one_elsewhere=False), whole(one_elsewhere=True)
    assert made.residents.residents == [*without.residents.residents, made.elsewhere]
    assert made.elsewhere.synthetic
    [home] = [one for one in made.places.homes if one.home_id == made.elsewhere.home_id]
    assert home.hub_id == made.places.hubs[-1].hub_id
    assert [hub.name for hub in made.places.hubs].count(made.places.hubs[-1].name) == 1
    assert [one.place for one in made.cast if one.username == "other-manager"] == [home.name]
    assert without.elsewhere is None


def test_every_home_has_a_kit_for_twelve_and_one_capture_form_in_its_partition():
    whole = made(4, 30)
    homes = {loan.kit_id: loan.home_id for loan in whole.loans}
    kinds = Counter((homes[kit.kit_id], kit.kind) for kit in whole.enrolled)
    for home in whole.places.homes:
        assert kinds[home.home_id, "web"] == 1
        assert kinds[home.home_id, "kit"] == 3
    assert all(kit.partition == partition_of(homes[kit.kit_id]) for kit in whole.enrolled)
    assert all(kit.username == str(kit.kit_id) for kit in whole.kits)


def test_there_are_care_homes_of_two_providers_and_a_home_care_round():
    whole = made()
    by_provider = {home.organisation_id: home.kind for home in whole.places.homes}
    assert by_provider[whole.places.home_care_provider.organisation_id] is HomeKind.HOME_CARE_ROUND
    for provider in whole.places.care_providers:
        assert by_provider[provider.organisation_id] is HomeKind.CARE_HOME


def test_residents_are_over_seventy_and_scale_2_is_only_for_those_authorised():
    whole = made(4, 24).residents
    assert all(AT.date() - one.born_on > timedelta(days=70 * 365.25) for one in whole.residents)
    assert sum(scale.review_by < AT for scale in whole.scales) == 1, "one review is overdue"
    assert whole.on_scale_2.isdisjoint(record.resident_id for record in whole.air)
    assert len(whole.air) > len(whole.residents) / 2
    assert whole.ceilings
    (pause,) = whole.pauses
    assert pause.starts_at < AT < pause.ends_at
    kits = made(4, 24).kits
    on_kits = {one.resident_id for kit in kits for one in kit.residents if one.spo2_scale == 2}
    assert on_kits == whole.on_scale_2 - whole.paused


def test_some_are_signed_off_some_have_lapsed_some_never_were_and_nobody_signed_themselves():
    whole = made()
    staff, cast = whole.staff, {member.username: member.person_id for member in whole.cast}
    assert all(one.assessor_id != one.person_id for one in staff.competences)
    lapsed = {one.person_id for one in staff.competences if one.valid_until < AT}
    assert cast["lapsed-worker"] in lapsed
    missing = {one.activity for one in staff.competences if one.person_id == cast["care-worker"]}
    assert "breathing_and_alertness" not in missing
    assert "blood_pressure" in missing
    workers = {one.person_id for one in staff.assignments if one.role is Role.CARE_WORKER}
    assert workers - {one.person_id for one in staff.competences}, "somebody is newly come"


def test_passwords_are_random_and_can_be_read_out():
    assert len({password() for _ in range(50)}) == 50
    assert re.fullmatch(r"([a-z]+-){4}\d{4}", password())


def test_an_empty_neighbourhood_is_refused():
    with pytest.raises(ValueError, match="at least one home"):
        made(0, 12)
