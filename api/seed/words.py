"""Names and numbers that look right and belong to nobody.

Guards: no number made here can be a real person's. NHS numbers are from the range for tests (999), telephone numbers
from those reserved for drama, and registration numbers have a form no regulator gives out.
"""

import secrets
from collections.abc import Iterator
from random import Random

from delegation.residents.nhs_number import check_digit


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    "Ada Agnes Alma Audrey Beryl Betty Clara Connie Doreen Dorothy Edith Elsie Enid Ethel Freda Gladys Gwen "
    "Hilda Iris Ivy Jean Joan Kathleen Lilian Mabel Maud Mavis Muriel Nora Olive Pearl Phyllis Rita Rose "
    "Sheila Sybil Vera Winifred Amina Leela Mei Precious Shanti"
)
MEN = _words(
    "Albert Alfred Arthur Basil Bernard Cecil Clifford Cyril Desmond Douglas Edgar Edwin Ernest Frank Fred "
    "George Gilbert Harold Herbert Horace Hugh Jack Kenneth Leonard Leslie Maurice Norman Oswald Percy Ralph "
    "Reginald Ronald Sidney Stanley Vernon Walter Wilfred Anand Chidi Hassan Tariq Winston"
)
SURNAMES = _words(
    "Appleyard Ashdown Barleycorn Beckford Birchall Bramble Brightwater Burrows Cartwheel Cloverley Coldwell "
    "Copperfield Cresswater Dapplemere Duckett Eastlake Elderfield Fairweather Fernley Fieldgate Foxglove "
    "Gatehouse Goldcrest Greenhalgh Harbottle Hawthorne Hazelwood Heathcote Honeywell Inglenook Juniper "
    "Kingsmead Larkfield Lavenham Longmeadow Mallowby Marshwood Merriweather Millbrook Moorcroft Nettleship "
    "Oakenshaw Orchardson Palfrey Penhallow Pepperday Quickthorn Ravenscar Redfern Rowantree Saltmarsh "
    "Sandpiper Silverdale Stonebridge Summerhay Swallowfield Tanglewood Thistlewood Underhill Wainwright "
    "Waterfall Westerdale Whitebeam Wildgoose Willowby Winterbourne Woodruff Yarrow"
)
PLACES = _words(
    "Rowan Linden Heather Alder Birch Cedar Hazel Laurel Maple Aspen Bracken Clover Fern Juniper Lavender "
    "Meadow Orchard Primrose Sorrel Willow Thistle Yarrow Kestrel Wren"
)
BUILDINGS = ("House", "Court", "Lodge", "Grange", "View", "Manor", "Gardens", "Place")


def nhs_numbers(rng: Random) -> Iterator[str]:
    """Yield NHS numbers of the test range 999, each once, in a shuffled order."""
    start, step = (
        rng.randrange(1_000_000),
        104_729,
    )  # a prime that does not divide a million, so that each is visited once
    for turn in range(1_000_000):
        nine = f"999{(start + turn * step) % 1_000_000:06d}"
        check = check_digit(nine)
        if check is not None and len({*nine, str(check)}) > 1:
            yield f"{nine}{check}"


def names(rng: Random) -> Iterator[str]:
    """Yield full names, each once; a middle initial distinguishes those beyond the first few thousand."""
    pairs = [(first, last) for first in WOMEN + MEN for last in SURNAMES]
    rng.shuffle(pairs)
    for middle in ("", *(f" {letter}." for letter in "ABCDEFGHJKLMNPRSTW")):
        for first, last in pairs:
            yield f"{first}{middle} {last}"


def home_names(rng: Random) -> Iterator[str]:
    """Yield names of buildings, each once."""
    pairs = [f"{place} {building}" for place in PLACES for building in BUILDINGS]
    rng.shuffle(pairs)
    for number in range(1, 1_000):
        for pair in pairs:
            yield pair if number == 1 else f"{pair} {number}"


def telephone(rng: Random) -> str:
    """Return a landline number that Ofcom reserves for drama."""
    return f"01632 960{rng.randrange(1000):03d}"


def mobile(rng: Random) -> str:
    """Return a mobile number that Ofcom reserves for drama."""
    return f"07700 900{rng.randrange(1000):03d}"


def nmc_number(rng: Random) -> str:
    """Return a number in the form of a nurse's; no real one has Z there."""
    return f"{rng.randrange(100):02d}Z{rng.randrange(10_000):04d}Z"


def gmc_number(rng: Random) -> str:
    """Return a number in the form of a doctor's, below the lowest given out."""
    return f"0000{rng.randrange(1000):03d}"


def password() -> str:
    """Return a random password of about 37 bits that can be read out, for a demonstration on one machine."""
    chosen = [secrets.choice(SURNAMES + PLACES).lower() for _ in range(4)]
    return "-".join((*chosen, f"{secrets.randbelow(10_000):04d}"))
