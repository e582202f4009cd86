"""Topic names of version 1: `hearthwatch/v1/{partition}/kits/{kit}/{leaf}`.

Guards: a topic names a partition, a kit and a leaf, and nothing about a person or a home.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from devices.identifiers import KitId, UnreadableIdError, parse_kit_id

ROOT = "hearthwatch/v1"
PARTITIONS = 16


class Leaf(StrEnum):
    """The last part of a topic: what is said on it, and by whom."""

    READINGS = "readings"
    """Kit to platform: one reading or an array of them."""
    RECEIPTS = "receipts"
    """Platform to kit: which readings are in the database."""
    MESSAGES = "messages"
    """Platform to kit: messages for the home."""
    CONFIG = "config"
    """Platform to kit, retained: the database's epoch and settings."""
    STATUS = "status"
    """Kit to platform, retained, with a last will: online, battery, what waits."""


class UnreadableTopicError(ValueError):
    """Not a topic of version 1; the message says which part is wrong."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One kit's topic."""

    partition: int
    kit: KitId
    leaf: Leaf

    def __str__(self) -> str:
        return topic(self.partition, self.kit, self.leaf)


def topic(partition: int, kit: KitId, leaf: Leaf) -> str:
    """The name of one kit's topic. Raises UnreadableTopicError for a partition outside 0..15."""
    return f"{ROOT}/{_checked(partition)}/kits/{kit}/{leaf}"


def parse_topic(text: str) -> Topic:
    """Read a topic into its parts. Raises UnreadableTopicError."""
    parts = text.split("/")
    if len(parts) != 6 or parts[0] != "hearthwatch" or parts[3] != "kits":
        raise UnreadableTopicError(f"{text!r:.120} is not of the form {ROOT}/<partition>/kits/<kit>/<leaf>.")
    if parts[1] != "v1":
        raise UnreadableTopicError(f"{parts[1]!r:.20} is not a version of the contract known here: v1 is.")
    try:
        kit = parse_kit_id(parts[4])
    except UnreadableIdError as error:
        raise UnreadableTopicError(str(error)) from None
    try:
        leaf = Leaf(parts[5])
    except ValueError:
        raise UnreadableTopicError(
            f"{parts[5]!r:.40} is not a leaf: expected one of {', '.join(Leaf)}."
        ) from None
    return Topic(_parsed_partition(parts[2]), kit, leaf)


def partition_of(home: UUID) -> int:
    """The partition 0..15 of a home's kits: the same on every machine, for ever."""
    return hashlib.sha256(home.bytes).digest()[0] % PARTITIONS


def filter_of(partition: int | None, leaf: Leaf) -> str:
    """The topic filter for one partition, or for all of them if it is None."""
    return f"{ROOT}/{'+' if partition is None else _checked(partition)}/kits/+/{leaf}"


def _checked(partition: int) -> int:
    if not 0 <= partition < PARTITIONS:
        raise UnreadableTopicError(f"Partition {partition} is outside 0..{PARTITIONS - 1}.")
    return partition


_PARTITION_TEXTS = {str(number): number for number in range(PARTITIONS)}


def _parsed_partition(text: str) -> int:
    if text not in _PARTITION_TEXTS:
        raise UnreadableTopicError(f"{text!r:.20} is not a partition: expected 0..{PARTITIONS - 1}.")
    return _PARTITION_TEXTS[text]
