"""Whatever the order, the duplicates and the batches: the same is stored, scored and known (invariants 3, 8, 9)."""

from hypothesis import assume

from devices.receipt import Outcome
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, admit
from tests.integration.ingest.histories import Delivery, delivered, deliveries, over_histories, payload


def test_results_do_not_depend_on_batches_or_duplicates(doorstep):
    @over_histories(deliveries())
    def holds(delivery: Delivery) -> None:
        one_by_one = [[number] for number in dict.fromkeys(delivery.order)]
        assert delivered(doorstep, delivery.sent, delivery.batches) == delivered(
            doorstep, delivery.sent, one_by_one
        )


def test_what_stands_in_the_end_does_not_depend_on_the_order_of_arrival(doorstep):
    @over_histories(deliveries())
    def holds(delivery: Delivery) -> None:
        moments = [(one.resident, one.steps_ago) for one in delivery.sent]
        assume(len(set(moments)) == len(moments))
        shuffled = delivered(doorstep, delivery.sent, delivery.batches)
        in_order = sorted(range(len(moments)), key=lambda number: -delivery.sent[number].steps_ago)
        orderly = delivered(doorstep, delivery.sent, [in_order])
        assert shuffled.stored == orderly.stored == list(range(len(moments)))
        assert shuffled.standing == orderly.standing
        assert shuffled.current == orderly.current


def test_a_current_sign_is_the_latest_in_effective_time_then_arrival(doorstep):
    @over_histories(deliveries())
    def holds(delivery: Delivery) -> None:
        became = delivered(doorstep, delivery.sent, delivery.batches)
        latest: dict[int, dict[str, int]] = {0: {}, 1: {}}
        by_time = sorted(became.stored, key=lambda one: (delivery.sent[one].taken_at, became.arrival[one]))
        for number in by_time:
            one = delivery.sent[number]
            latest[one.resident] |= dict.fromkeys([*one.values, *one.cleared], number)
        said = {
            who: {sign: number for sign, (_, _, number) in signs.items()}
            for who, signs in became.current.items()
        }
        assert said == {who: signs for who, signs in latest.items() if who in said}
        for who, signs in became.current.items():
            for sign, (value, effective_at, number) in signs.items():
                one = delivery.sent[number]
                sent = one.values.get(sign)
                assert (value, effective_at) == (
                    sent if sent is None or isinstance(sent, bool | str) else str(sent),
                    one.taken_at,
                )
                assert one.resident == who


def test_a_sender_whom_the_answer_did_not_reach_is_told_the_same_again(doorstep):
    @over_histories(deliveries())
    def holds(delivery: Delivery) -> None:
        residents = admit(doorstep.owner, 2)
        kit = n.Kit()
        arrivals = [kit.arrival(payload(kit, one, residents), NOW) for one in delivery.sent]
        first = doorstep.deliver(*arrivals)
        again = doorstep.deliver(*reversed(arrivals))[::-1]
        assert {one.outcome for one in first} == {Outcome.STORED}
        assert {one.outcome for one in again} == {Outcome.DUPLICATE}
        advice = [
            (one.verdict.next, one.verdict.low, one.verdict.high, one.verdict.deciding) for one in first
        ]
        assert advice == [
            (one.verdict.next, one.verdict.low, one.verdict.high, one.verdict.deciding) for one in again
        ]
