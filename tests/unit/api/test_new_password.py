"""What may become a password, and what a guesser would try first."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.identity.accounts import password_to_give
from api.identity.breached import HashFile, is_common, packed
from api.identity.new_password import BREACHED, OWN_NAME, TOO_LONG, TOO_PLAIN, TOO_SHORT, core, fault
from api.seed.words import password as seeded_password

OWN = ("wanda-worker", "Wanda O'Hara-Worker")


@pytest.mark.parametrize(
    "password", ["copper kettle drum", "Xk9#vQ2!mL7p", "three-wet-otters", "ünïcødé wörter"]
)
def test_length_is_enough_and_nobody_is_asked_for_signs_or_capitals(password: str) -> None:
    assert fault(password, OWN) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", TOO_SHORT),
        ("eleven char", TOO_SHORT),
        ("long " * 41, TOO_LONG),
        ("leavemealone", BREACHED),
        ("LeaveMeAlone", BREACHED),
        ("QwertyuiopAsd", TOO_PLAIN),
        ("1qaz2wsx3edc", BREACHED),
        ("3edc4rfv5tgb", TOO_PLAIN),
        ("Password2024!", BREACHED),
        ("123-liverpool-123", BREACHED),
        ("abababababab", TOO_PLAIN),
        ("aaaaaaaaaaaaaaa", TOO_PLAIN),
        ("kettlekettle", TOO_PLAIN),
        ("345678901234", TOO_PLAIN),
        ("zyxwvutsrqpon", TOO_PLAIN),
        ("wanda.worker.1", OWN_NAME),
        ("Worker-Wanda!", OWN_NAME),
    ],
)
def test_what_would_be_guessed_is_refused_with_the_reason(password: str, why: str) -> None:
    assert fault(password, OWN) == why


@given(st.text(max_size=260))
def test_any_text_at_all_is_answered_with_a_sentence_or_taken(password: str) -> None:
    found = fault(password, OWN)
    assert found is None or found.endswith(".")
    assert core(password) in password
    if found is None:
        assert 12 <= len(password) <= 200


def test_what_we_make_up_ourselves_is_good_enough_to_keep() -> None:
    for _ in range(50):
        assert fault(password_to_give(), OWN) is None
        assert fault(seeded_password(), OWN) is None


def test_the_commonest_passwords_are_known_however_they_are_written() -> None:
    assert all(is_common(word) for word in ("password", "123456", "LetMeIn", "liverpool"))
    assert not is_common("copper kettle drum")
    assert packed(["b", "A", "a"]) == packed(["a", "b"])


PASSWORDS = st.sets(st.text(st.characters(codec="utf-8"), min_size=1), max_size=40)


@given(listed=PASSWORDS, others=PASSWORDS, line_end=st.sampled_from(("\n", "\r\n", ":17\n", ":3\r\n")))
def test_a_larger_list_is_searched_where_it_lies(
    tmp_path_factory: pytest.TempPathFactory, listed: set[str], others: set[str], line_end: str
) -> None:
    file: Path = tmp_path_factory.mktemp("lists") / "ordered-by-hash.txt"
    hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in listed)
    file.write_text("".join(one + line_end for one in hashes), newline="")
    assert {one for one in listed | others if one in HashFile(file)} == listed


def test_a_password_of_the_larger_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(hashlib.sha1(b"copper kettle drum").hexdigest())
    assert fault("copper kettle drum", OWN, HashFile(file)) == BREACHED
    assert fault("copper kettle drums", OWN, HashFile(file)) is None
