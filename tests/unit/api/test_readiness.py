"""However often anybody asks whether an api is ready, it looks once a second at most."""

import threading

from api.readiness import KEPT_SECONDS, Found, Readiness
from tests.fixtures.machine import PATIENCE_SECONDS

READY, AWAY = Found(is_ready=True, says={"ready": True}), Found(is_ready=False, says={"ready": False})


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
    readiness, looks = Readiness(clock=lambda: now[0]), Looks(READY, AWAY)
    assert {readiness.now(looks).is_ready for _ in range(50)} == {True}
    now[0] += KEPT_SECONDS
    assert {readiness.now(looks).is_ready for _ in range(50)} == {False}
    assert looks.times == 2


def test_while_one_looks_in_vain_the_others_do_not_wait() -> None:
    now = [100.0]
    readiness = Readiness(clock=lambda: now[0])
    readiness.now(Looks(READY))
    now[0] += KEPT_SECONDS
    looking, answered = threading.Event(), threading.Event()

    def in_vain() -> Found:
        looking.set()
        assert answered.wait(PATIENCE_SECONDS)
        return AWAY

    slow = threading.Thread(target=readiness.now, args=(in_vain,))
    slow.start()
    assert looking.wait(PATIENCE_SECONDS)
    assert readiness.now(Looks(AWAY)) is READY
    answered.set()
    slow.join(PATIENCE_SECONDS)
    assert readiness.now(Looks(READY)) is AWAY


def test_a_look_that_fails_keeps_nobody_else_from_looking() -> None:
    def fails() -> Found:
        raise ZeroDivisionError

    readiness = Readiness()
    for _ in range(2):
        try:
            readiness.now(fails)
        except ZeroDivisionError:
            continue
    assert readiness.now(Looks(READY)) is READY
