"""Messages are read and confirmed to the letter of the standard, and what is not one is left to paho."""

from hypothesis import given
from hypothesis import strategies as st

from ingest import packets
from ingest.packets import Message, Packet

TOPICS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=200)
NUMBERS = st.integers(1, 0xFFFF)


def read(data: bytes, start: int = 0) -> Message | None:
    packet = packets.packet_at(data, start)
    assert packet == Packet(packet.body, len(data)) if packet else False
    return packets.message_in(data, start, packet)


@given(before=st.binary(max_size=10), topic=TOPICS, payload=st.binary(max_size=20_000), number=NUMBERS)
def test_what_is_published_is_read_as_it_was_said(
    before: bytes, topic: str, payload: bytes, number: int
) -> None:
    said = before + packets.encoded(topic, payload, number)
    assert read(said, len(before)) == Message(topic.encode(), payload, number)


@given(payload=st.binary(min_size=1, max_size=300), number=NUMBERS, cut=st.integers(0, 300))
def test_a_packet_is_whole_only_with_its_last_octet(payload: bytes, number: int, cut: int) -> None:
    said = packets.encoded("t", payload, number)
    part = said[: min(cut, len(said) - 1)]
    packet = packets.packet_at(part, 0)
    assert packet is None or packet.end == len(said) > len(part)


def test_a_message_of_qos_0_asks_for_no_answer() -> None:
    """OASIS MQTT 3.1.1, 3.3.2.2: it has no packet identifier."""
    assert read(b"\x30\x05\x00\x02ab!") == Message(b"ab", b"!", 0)


def test_what_is_sent_again_or_kept_says_so() -> None:
    """OASIS MQTT 3.1.1, 3.3.1: DUP is bit 3 of the first octet, RETAIN bit 0."""
    assert read(b"\x3a\x07\x00\x02ab\x00\x07!") == Message(b"ab", b"!", 7, redelivered=True)
    assert read(b"\x33\x07\x00\x02ab\x00\x07!") == Message(b"ab", b"!", 7, retained=True)


def test_what_is_no_message_of_these_is_left() -> None:
    qos_2, no_topic, too_short, cut_short = (
        b"\x34\x05\x00\x01a\x00\x07",
        b"\x30\x02\x00\x00",
        b"\x30\x01\x00",
        b"\x30\x02\x00\x05",
    )
    assert [read(one) for one in (qos_2, no_topic, too_short, cut_short, b"\x40\x02\x00\x07")] == [None] * 5


def test_a_length_that_never_ends_is_for_paho_to_refuse() -> None:
    assert packets.packet_at(b"\x30\xff\xff\xff\xff\x01", 0) == Packet(5, 5)
    assert packets.packet_at(b"\x30\xff\xff\xff", 0) is None


@given(numbers=st.lists(NUMBERS, max_size=5))
def test_each_message_is_confirmed_by_its_number(numbers: list[int]) -> None:
    said = packets.confirmations(numbers)
    assert said == b"".join(b"\x40\x02" + number.to_bytes(2) for number in numbers)
    told = [
        packets.confirmed_in(said, start, Packet(start + 2, start + 4)) for start in range(0, len(said), 4)
    ]
    assert told == numbers
