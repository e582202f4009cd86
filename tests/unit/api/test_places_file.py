"""A file of organisations, hubs and homes means the same places each time it is read, or nothing."""

import pytest

from api.commands.places_file import read, said
from delegation.places import Change, Home, Hub, Organisation, Place, PlacesError, compared, id_of

FILE = """
[organisations.orchard-care]
name = "Orchard Care"
kind = "care_provider"
ods_code = "A1B2C"

[organisations.riverside-health]
name = "Riverside Community Health"
kind = "hub_provider"

[hubs.riverside]
organisation = "riverside-health"
name = "Riverside hub"
phone = "01632 960000"

[homes.orchard-house]
organisation = "orchard-care"
hub = "riverside"
name = "Orchard House"
kind = "care_home"
phone = "01632 960111"
rounds = [18, 8, 8]
"""


def standing(places: list[Place]) -> dict[type[Place], dict]:
    from dataclasses import asdict

    rows: dict[type[Place], dict] = {Organisation: {}, Hub: {}, Home: {}}
    for one in places:
        rows[type(one)][id_of(one)] = asdict(one)
    return rows


def test_the_same_word_is_the_same_place_whatever_it_is_called() -> None:
    renamed = FILE.replace("Orchard House", "The Orchard").replace("960111", "960112")
    before, now = read(FILE), read(renamed)
    [change] = compared(standing(before), now)
    assert change.fields == {
        "name": ("Orchard House", "The Orchard"),
        "phone": ("01632 960111", "01632 960112"),
    }
    assert list(compared(standing(now), now)) == []


def test_what_is_missing_is_new_and_what_others_need_comes_first() -> None:
    found = list(compared(standing([]), reversed(read(FILE))))
    assert [type(one.place) for one in found] == [Organisation, Organisation, Hub, Home]
    assert all(one.is_new for one in found)
    lines = list(said(found, 4))
    assert lines[2].startswith("new      hub Riverside hub (")
    assert lines[-1] == "0 of 4 were there already as the file says."


def test_what_changes_is_said_with_what_stood_there_before() -> None:
    [home] = [one for one in read(FILE) if isinstance(one, Home)]
    assert home.rounds == [8, 18]
    [line, _] = said([Change(home, {"phone": ("1", "2")})], 4)
    assert line == f"changed  home Orchard House ({home.home_id}): phone 1 -> 2"


def test_a_word_that_is_an_id_is_the_place_of_that_id() -> None:
    known = "00000000-0000-4000-8000-000000000001"
    [hub] = [
        one
        for one in read(FILE.replace("riverside]", f"{known}]").replace('"riverside"', f'"{known}"'))
        if isinstance(one, Hub)
    ]
    assert str(hub.hub_id) == known


@pytest.mark.parametrize(
    ("was", "is_now", "said_of_it"),
    [
        ('hub = "riverside"', 'hub = "hillside"', "homes.orchard-house: no hub 'hillside' is in it."),
        (
            'organisation = "orchard-care"',
            'organisation = "riverside-health"',
            "homes.orchard-house: 'riverside-health' is no care_provider.",
        ),
        ("rounds = [18, 8, 8]", "rounds = [24]", "homes.orchard-house.rounds.0: "),
        ("rounds = [18, 8, 8]", "rounds = [true]", "homes.orchard-house.rounds.0: "),
        ("rounds = [18, 8, 8]", "round = [8]", "homes.orchard-house.round: Extra inputs"),
        ('kind = "care_home"', 'kind = "house"', "homes.orchard-house.kind: "),
        ('phone = "01632 960111"', 'phone = " "', "homes.orchard-house.phone: "),
        ("[hubs.riverside]", "[hubs.riverside", "This is not TOML: "),
    ],
    ids=[
        "no hub",
        "no care provider",
        "no hour",
        "no number",
        "a slip",
        "no kind",
        "no telephone",
        "no TOML",
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_in_a_sentence(
    was: str, is_now: str, said_of_it: str
) -> None:
    assert was in FILE
    with pytest.raises(PlacesError) as refused:
        read(FILE.replace(was, is_now))
    assert said_of_it in str(refused.value)
