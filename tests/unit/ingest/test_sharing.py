"""The partitions are shared out fairly, whoever comes, goes or dies, and no more of them move than must."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from devices.topics import PARTITIONS
from ingest.worker.sharing import Roll, Step, next_step, share_out

NAMES = [str(number) for number in range(1, 20)]


def held_by(**counts: int) -> Roll:
    """Workers `w1`, `w2` ... that hold so many partitions each, from the first on."""
    holders = [worker for worker, count in counts.items() for _ in range(count)]
    return Roll(frozenset(counts), dict(enumerate(holders)))


def counts(holders: dict[int, str]) -> dict[str, int]:
    return dict(Counter(holders.values()))


def least_moves(roll: Roll) -> int:
    """How many partitions must change hands, or find one, until all hold alike: a partition above the share each."""
    held = sorted((len(roll.of(worker)) for worker in roll.workers), reverse=True)
    least, over = divmod(PARTITIONS, len(held))
    shares = [least + (place < over) for place in range(len(held))]
    free = PARTITIONS - len(roll.holders)
    return free + sum(max(0, has - share) for has, share in zip(held, shares, strict=True))


def test_one_worker_takes_all_and_nobody_takes_none():
    assert counts(share_out(held_by(w1=0))) == {"w1": 16}
    assert share_out(Roll(frozenset(), {})) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"w1": 16, "w2": 0}, {"w1": 8, "w2": 8}),
        ({"w1": 8, "w2": 8, "w3": 0}, {"w1": 6, "w2": 5, "w3": 5}),
        ({"w1": 5, "w2": 6, "w3": 5}, {"w1": 5, "w2": 6, "w3": 5}),
        ({"w1": 6, "w3": 5}, {"w1": 8, "w3": 8}),
        (dict.fromkeys(NAMES, 0), dict.fromkeys(sorted(NAMES)[:16], 1)),
    ],
    ids=["a second", "a third", "fair already", "one of three gone", "more workers than partitions"],
)
def test_shares_are_fair(before: dict[str, int], after: dict[str, int]):
    assert counts(share_out(held_by(**before))) == after


_NOTHING = Step(frozenset(), frozenset(), frozenset())


class Neighbours(RuleBasedStateMachine):
    """Workers that look at the rows one after another, in any order, and do one thing each time they look.

    To give up takes two looks, as in earnest: first it is left, then, when what is in hand is done, released.
    """

    def __init__(self) -> None:
        super().__init__()
        self.workers: set[str] = set()
        self.holders: dict[int, str] = {}
        self.leaving: set[int] = set()
        self.moves = 0
        self.allowed = 0

    @property
    def roll(self) -> Roll:
        held = {one: worker for one, worker in self.holders.items() if worker in self.workers}
        return Roll(frozenset(self.workers), held)

    @initialize()
    def somebody_works(self) -> None:
        self.workers.add("1")
        self.allowed = least_moves(self.roll)

    @property
    def settled(self) -> bool:
        return all(next_step(self.roll, worker) == _NOTHING for worker in self.workers)

    def changed(self) -> None:
        self.moves, self.allowed = 0, least_moves(self.roll)

    @precondition(lambda self: self.settled)
    @rule(name=st.sampled_from(NAMES))
    def joins(self, name: str) -> None:
        self.workers.add(name)
        self.changed()

    @precondition(lambda self: self.settled and len(self.workers) > 1)
    @rule(data=st.data(), cleanly=st.booleans())
    def goes(self, data: Any, cleanly: bool) -> None:
        """Killed, its rows stay in its name until somebody takes them; stopped, they are gone."""
        gone = data.draw(st.sampled_from(sorted(self.workers)))
        self.workers.remove(gone)
        if cleanly:
            self.holders = {one: worker for one, worker in self.holders.items() if worker != gone}
        self.changed()

    @rule(data=st.data())
    def looks(self, data: Any) -> None:
        worker = data.draw(st.sampled_from(sorted(self.workers)))
        step = next_step(self.roll, worker)
        begun = self.leaving & self.roll.of(worker)
        assert begun <= step.give_up, "nothing is left in vain"
        released = step.give_up & begun
        self.leaving = (self.leaving - begun) | (step.give_up - released)
        for partition in released:
            del self.holders[partition]
        for partition in step.take:
            self.holders[partition] = worker
            self.moves += 1

    @invariant()
    def no_more_moves_than_must(self) -> None:
        assert self.moves <= self.allowed

    def teardown(self) -> None:
        """Left in peace, all comes to rest: each partition with one who works, all hold alike."""
        for _ in range(2 * PARTITIONS):
            for worker in sorted(self.workers):
                step = next_step(self.roll, worker)
                for partition in step.give_up:
                    del self.holders[partition]
                self.holders |= dict.fromkeys(step.take, worker)
                self.moves += len(step.take)
        assert self.roll.holders.keys() == set(range(PARTITIONS))
        held = [len(self.roll.of(worker)) for worker in self.workers]
        assert max(held) - min(held) <= 1
        assert self.settled
        assert self.moves == self.allowed


TestNeighbours = Neighbours.TestCase
TestNeighbours.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
