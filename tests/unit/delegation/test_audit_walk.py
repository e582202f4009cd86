"""A walk along the chain names the event or the seal at which something was done to it, once."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from delegation.audit_chain import GENESIS, digest_of, link
from delegation.audit_walk import Broken, Head, Walk

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BETWEEN = "something was removed, inserted or moved there"
Row = tuple[object, ...]
Steps = list[tuple[bool, int, bytes, bytes, Row]]


def event(number: int, *, written_at: datetime = NOW) -> Row:
    return (number, f"subject {number}", written_at)


def chained(*seals: list[Row]) -> Steps:
    """What a database would hand out that sealed these events under these seals."""
    steps: Steps = []
    at = GENESIS
    for seal_id, events in enumerate(seals, start=1):
        before = at
        for one in events:
            digest = digest_of(one)
            at = link(at, digest)
            steps.append((False, seal_id, digest, at, one))
        steps.append((True, seal_id, before, at, ()))
    return steps


def walked(steps: Steps, *heads: Head, settled: int = 0) -> list[Broken]:
    def all_of() -> Iterator[Broken]:
        walk = Walk(heads)
        for is_seal, seal_id, one, two, row in steps:
            yield from (
                walk.seal(seal_id, one, two, settled) if is_seal else walk.event(seal_id, one, two, row)
            )
        yield from walk.end()

    return list(all_of())


THREE = chained([event(1), event(2)], [event(3), event(4)], [event(5), event(6)])


def without(*places: int) -> Steps:
    return [step for place, step in enumerate(THREE) if place not in places]


def with_row(place: int, row: Row) -> Steps:
    changed = list(THREE)
    changed[place] = (*changed[place][:4], row)
    return changed


TAMPERED: dict[str, tuple[Callable[[], Steps], list[Broken]]] = {
    "nothing": (lambda: THREE, []),
    "an event was changed": (lambda: with_row(3, (3, "another", NOW)), [Broken(3, 2, "was changed")]),
    "an event is gone": (lambda: with_row(4, (4, None, None)), [Broken(4, 2, "was removed")]),
    "the first event is gone without a trace": (
        lambda: without(0),
        [Broken(2, 1, f"does not follow the beginning: {BETWEEN}")],
    ),
    "an event is gone without a trace": (
        lambda: without(3),
        [Broken(4, 2, f"does not follow event 2: {BETWEEN}")],
    ),
    "the last event of a seal is gone without a trace": (
        lambda: without(4),
        [Broken(None, 2, f"does not end with event 3: {BETWEEN}")],
    ),
    "a whole seal's events are gone": (
        lambda: without(3, 4),
        [Broken(None, 2, f"does not end with event 2: {BETWEEN}")],
    ),
    "a seal is gone": (lambda: without(5), [Broken(None, 2, "was removed")]),
    "the last seal is gone": (lambda: without(8), [Broken(None, 3, "was removed")]),
    "a seal and its events are gone": (
        lambda: without(3, 4, 5),
        [
            Broken(None, 2, "was removed"),
            Broken(5, 3, f"does not follow event 2: {BETWEEN}"),
            Broken(None, 3, "does not follow the seal before it"),
        ],
    ),
    "an event was put in": (
        lambda: [*THREE[:4], (False, 2, digest_of(event(9)), b"made up", event(9)), *THREE[4:]],
        [
            Broken(9, 2, f"does not follow event 3: {BETWEEN}"),
            Broken(4, 2, f"does not follow event 9: {BETWEEN}"),
        ],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_done_is_named(what: str) -> None:
    steps, expected = TAMPERED[what]
    assert walked(steps()) == expected


def test_an_event_that_was_put_in_later_and_then_sealed_is_named() -> None:
    early = event(3, written_at=NOW - timedelta(hours=2))
    assert walked(chained([event(1), event(2)], [early])) == [
        Broken(3, 2, "was inserted: it says it was written long before it was sealed")
    ]


def test_a_chain_that_was_written_anew_is_whole_by_itself_and_found_by_a_head() -> None:
    anew = chained([event(1), event(2)], [event(3), (4, "another", NOW)], [event(5), event(6)])
    root_of_second = THREE[5][3]
    head = Head(date(2026, 3, 4), 2, root_of_second)
    assert walked(THREE, head) == []
    assert walked(anew) == []
    assert walked(anew, head) == [
        Broken(None, 2, "is not the seal that the head of 2026-03-04 was signed over")
    ]


def test_an_end_that_was_cut_off_is_found_by_a_head() -> None:
    head = Head(date(2026, 3, 4), 3, THREE[8][3])
    assert walked(THREE[:6]) == []
    assert walked(THREE[:6], head) == [
        Broken(None, 3, "was removed: the head of 2026-03-04 was signed over it")
    ]


def test_a_seal_over_nothing_is_named() -> None:
    root = THREE[-1][3]
    assert walked([*THREE, (True, 4, root, root, ())]) == [Broken(None, 4, "seals no event")]


def test_a_seal_that_would_leave_later_events_unsealed_for_ever_is_named() -> None:
    says = "says of events that nobody has sealed that they are"
    assert walked(THREE, settled=2) == []
    assert walked(THREE, settled=7) == [Broken(None, seal_id, says) for seal_id in (1, 2, 3)]
