"""Codes of the second step, what is next in signing in, and what seals the secrets."""

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.identity.sealing import UnreadableSecretError, sealer_of
from api.identity.second_step import as_typed, step_of
from api.identity.steps import PAGES, Needed, Step, next_step
from api.settings import Account, Settings, SettingsError

# RFC 6238, appendix B, SHA-1: the secret is "12345678901234567890"; codes of 8 digits, of which we take the last 6.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert step_of(SECRET, code[-6:], at(seconds)) == seconds // 30
    assert step_of(SECRET, code[-6:][::-1], at(seconds)) is None


@pytest.mark.parametrize("off", range(-3, 4))
def test_a_code_is_good_half_a_minute_before_and_after_its_time(off: int) -> None:
    found = step_of(SECRET, "287082", at(59 + 30 * off))
    assert found == (1 if abs(off) <= 1 else None)


def test_a_code_is_good_once() -> None:
    assert step_of(SECRET, "287082", at(59), after=0) == 1
    assert step_of(SECRET, "287082", at(59), after=1) is None


@given(st.text(max_size=20))
def test_whatever_is_typed_is_no_code_but_the_code(typed: str) -> None:
    assert (step_of(SECRET, as_typed(typed), at(59)) is not None) == (
        as_typed(typed) in ("287082", "755224", "359152")
    )


NEEDED = st.builds(Needed, st.booleans(), st.booleans(), st.booleans())


@given(NEEDED)
def test_nobody_is_signed_in_before_everything_needed_was_done_in_its_order(needed: Needed) -> None:
    done: list[Step] = []
    step = next_step(needed)
    while step is not Step.DONE:
        done.append(step)
        step = next_step(needed, step)
    assert done == [one for one in (Step.CODE, Step.NEW_PASSWORD, Step.ENROLMENT) if needed.has(one)]
    assert set(PAGES) == set(Step)


def settings(**account: object) -> Settings:
    return Settings(account=Account.model_validate(account))


def test_a_secret_is_opened_by_its_key_also_after_a_new_one_was_put_before_it() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    first = sealer_of(settings(key=SecretStr(old)))
    both = sealer_of(settings(key=SecretStr(f"{new}\n{old}\n")))
    other = sealer_of(settings(key=SecretStr(new)))
    assert first is not None
    assert both is not None
    assert other is not None
    sealed = first.seal(SECRET)
    assert SECRET.encode() not in sealed
    assert both.open(sealed) == SECRET
    assert other.open(both.seal(SECRET)) == SECRET
    with pytest.raises(UnreadableSecretError):
        other.open(sealed)


@pytest.mark.parametrize("key", [None, SecretStr("too short"), SecretStr("")], ids=["none", "short", "empty"])
def test_without_a_usable_key_a_sentence_says_what_to_set(key: SecretStr | None) -> None:
    with pytest.raises(SettingsError, match="HEARTHWATCH_ACCOUNT_KEY_FILE") as refused:
        sealer_of(settings(key=key))
    assert "too short" not in str(refused.value)
    assert sealer_of(settings(second_step="off")) is None
