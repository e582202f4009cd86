"""However often anybody asks whether an api is ready or readings come in, it looks once a second at most."""

import threading

from api.latest import KEPT_SECONDS, OLDEST_SECONDS, Latest
from api.parts import Found
from tests.fixtures.machine import PATIENCE_SECONDS

READY, AWAY = Found(is_ready=True, says={"ready": True}), Found(is_ready=False, says={"ready": False})
UNKNOWN = Found(is_ready=False, says={})


class Looks:
    """Looks, and counts how often it did."""

    def __init__(self, *finds: Found) -> None:
        self.finds = list(finds)
        self.times = 0

    def __call__(self) -> Found:
        self.times += 1
        return self.finds[min(self.times, len(self.finds)) - 1]


def test_many_who_ask_are_told_what_one_look_found_until_it_is_old() -> None:
    now = [100.0]
    latest, looks = Latest(UNKNOWN, lambda: now[0], patience=0.01), Looks(READY, AWAY)
    assert {latest.now(looks).is_ready for _ in range(50)} == {True}
    now[0] += KEPT_SECONDS
    assert {latest.now(looks).is_ready for _ in range(50)} == {False}
    assert looks.times == 2


def test_while_one_looks_in_vain_the_others_do_not_wait() -> None:
    now = [100.0]
    latest = Latest(UNKNOWN, lambda: now[0], patience=0.01)
    latest.now(Looks(READY))
    now[0] += KEPT_SECONDS
    looking, answered = threading.Event(), threading.Event()

    def in_vain() -> Found:
        looking.set()
        assert answered.wait(PATIENCE_SECONDS)
        return AWAY

    slow = threading.Thread(target=latest.now, args=(in_vain,))
    slow.start()
    assert looking.wait(PATIENCE_SECONDS)
    assert latest.now(Looks(AWAY)) is READY
    now[0] += OLDEST_SECONDS
    assert latest.now(Looks(AWAY)) is UNKNOWN, "what was true long ago is no answer"
    answered.set()
    slow.join(PATIENCE_SECONDS)
    assert latest.now(Looks(READY)) is AWAY


def test_a_look_that_fails_keeps_nobody_else_from_looking() -> None:
    def fails() -> Found:
        raise ZeroDivisionError

    latest = Latest(UNKNOWN)
    for _ in range(2):
        try:
            latest.now(fails)
        except ZeroDivisionError:
            continue
    assert latest.now(Looks(READY)) is READY


def test_all_who_ask_before_anything_is_known_are_told_what_the_first_look_finds() -> None:
    latest, looks = Latest(UNKNOWN, lambda: 0.0, patience=PATIENCE_SECONDS), Looks(AWAY, READY)
    told: list[Found] = []
    askers = [threading.Thread(target=lambda: told.append(latest.now(looks))) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join(PATIENCE_SECONDS)
    assert (told, looks.times) == ([AWAY] * len(askers), 1)
