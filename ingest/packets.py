"""The few MQTT 3.1.1 packets that come and go by the thousand: messages, and the word that one has arrived.

Invariant: pure, and to the letter of the standard (OASIS MQTT 3.1.1, sections 2.2, 3.3 and 3.4); what is not one of
these, or not as it should be, is for paho to read.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

_PUBLISH, _PUBACK = 3, 4
_CONFIRMATION = struct.Struct(">BBH")
_LONGEST_LENGTH = 4


class Message(NamedTuple):
    """What somebody published. `number` is what it is acknowledged by: 0 where it asks for no answer."""

    topic: bytes
    payload: bytes
    number: int
    redelivered: bool = False
    retained: bool = False


class Packet(NamedTuple):
    """Where a packet's body begins in a buffer, and where it ends, which may be beyond what is there yet."""

    body: int
    end: int


def packet_at(buffer: bytes, start: int) -> Packet | None:
    """The packet that begins here; None where its length cannot be told yet. A length that is none ends at once."""
    length = shift = 0
    for place in range(start + 1, min(start + 1 + _LONGEST_LENGTH, len(buffer))):
        octet = buffer[place]
        length |= (octet & 0x7F) << shift
        if octet < 0x80:
            return Packet(place + 1, place + 1 + length)
        shift += 7
    whole = start + 1 + _LONGEST_LENGTH
    return Packet(whole, whole) if len(buffer) >= whole else None


def message_in(buffer: bytes, start: int, packet: Packet) -> Message | None:
    """The message this whole packet is, None where it is no message of QoS 0 or 1."""
    header = buffer[start]
    if header >> 4 != _PUBLISH or header & 0b100:
        return None
    body, end = packet
    asks = bool(header & 0b10)
    topic_ends = body + 2 + int.from_bytes(buffer[body : body + 2])
    payload_at = topic_ends + 2 * asks
    if payload_at > end or topic_ends <= body + 2:
        return None
    number = int.from_bytes(buffer[topic_ends:payload_at])
    if asks and number == 0:
        return None
    topic = buffer[body + 2 : topic_ends]
    return Message(topic, buffer[payload_at:end], number, bool(header & 0b1000), bool(header & 1))


def confirmed_in(buffer: bytes, start: int, packet: Packet) -> int | None:
    """The number of the message that this whole packet says has arrived, None where it is another packet."""
    if buffer[start] >> 4 != _PUBACK or packet.end - packet.body != 2:
        return None
    return int.from_bytes(buffer[packet.body : packet.end])


def confirmations(numbers: Iterable[int]) -> bytes:
    """That these messages have arrived, one after another."""
    return b"".join([_CONFIRMATION.pack(_PUBACK << 4, 2, number) for number in numbers])


def encoded(topic: str, payload: bytes, number: int) -> bytes:
    """A message of QoS 1."""
    name = topic.encode()
    length = 2 + len(name) + 2 + len(payload)
    return b"%c%b%b%b%b%b" % (
        _PUBLISH << 4 | 0b10,
        _length(length),
        len(name).to_bytes(2),
        name,
        number.to_bytes(2),
        payload,
    )


def _length(length: int) -> bytes:
    octets = bytearray()
    while length > 0x7F:
        octets.append(length & 0x7F | 0x80)
        length >>= 7
    octets.append(length)
    return bytes(octets)
