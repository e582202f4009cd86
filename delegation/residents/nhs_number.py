"""NHS numbers: how one is written, and its check digit.

Guards: a number that fails is not an NHS number; one that passes may still belong to nobody.

Source: NHS Data Model and Dictionary, "NHS Number": modulus 11 over nine digits, weights 10 to 2.
"""

_WEIGHTS = range(10, 1, -1)


def check_digit(nine_digits: str) -> int | None:
    """Return the tenth digit of an NHS number, or None where no number begins with these nine."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, nine_digits, strict=True))
    check = (11 - total % 11) % 11
    return None if check == 10 else check


def written(number: str) -> str:
    """Return the number without spaces and hyphens, as it is stored."""
    return "".join(number.replace("-", " ").split())


def fault(number: str) -> str:
    """Return what is wrong with a stored number, or an empty string."""
    if not (number.isascii() and number.isdigit() and len(number) == 10):
        return "Give the NHS number: 10 digits"
    if check_digit(number[:9]) != int(number[9]) or len(set(number)) == 1:
        return "This is not an NHS number: a digit is wrong, or two have changed places"
    return ""
