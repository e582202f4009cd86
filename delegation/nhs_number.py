"""NHS numbers: how one is written, and the digit that tells a slip of the pen.

Guards: a number that passes may be nobody's; one that fails is no NHS number.
Source: NHS Data Model and Dictionary, "NHS Number": modulus 11 over nine digits, weights 10 to 2.
"""

_WEIGHTS = range(10, 1, -1)


def check_digit(nine_digits: str) -> int | None:
    """The tenth digit of an NHS number, or None where these nine can have none."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, nine_digits, strict=True))
    check = (11 - total % 11) % 11
    return None if check == 10 else check


def written(number: str) -> str:
    """The number as it is kept: without spaces and hyphens."""
    return "".join(number.replace("-", " ").split())


def fault(number: str) -> str:
    """What is wrong with a number as it is kept; nothing where it may be one."""
    if not (number.isascii() and number.isdigit() and len(number) == 10):
        return "Give the NHS number: 10 digits"
    if check_digit(number[:9]) != int(number[9]) or len(set(number)) == 1:
        return "This is not an NHS number: a digit is wrong, or two have changed places"
    return ""
