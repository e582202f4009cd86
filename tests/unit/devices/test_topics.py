"""Topics: built, read back, and without anything about a person."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from devices.identifiers import KitId
from devices.topics import (
    PARTITIONS,
    Leaf,
    Topic,
    UnreadableTopicError,
    filter_of,
    parse_topic,
    partition_of,
    topic,
)

KIT = KitId(UUID("01890000-0000-7000-8000-000000000001"))
TOPICS = st.builds(Topic, st.integers(0, 15), st.uuids().map(KitId), st.sampled_from(Leaf))


def test_a_topic_has_the_documented_form():
    assert topic(7, KIT, Leaf.READINGS) == f"hearthwatch/v1/7/kits/{KIT}/readings"


@given(TOPICS)
def test_a_topic_is_read_back(made):
    assert parse_topic(str(made)) == made


@given(st.text())
def test_any_other_text_is_refused_with_a_sentence(text):
    with pytest.raises(UnreadableTopicError):
        parse_topic(text)


@pytest.mark.parametrize(
    "text",
    [
        f"hearthwatch/v2/7/kits/{KIT}/readings",
        f"hearthwatch/v1/16/kits/{KIT}/readings",
        f"hearthwatch/v1/07/kits/{KIT}/readings",
        f"hearthwatch/v1/{'9' * 6000}/kits/{KIT}/readings",
        f"hearthwatch/v1/٣/kits/{KIT}/readings",
        f"hearthwatch/v1/+/kits/{KIT}/readings",
        "hearthwatch/v1/7/kits/kit-1/readings",
        f"hearthwatch/v1/7/kits/{KIT}/reading",
        f"hearthwatch/v1/7/kits/{KIT}/readings/more",
    ],
)
def test_a_topic_that_is_nearly_right_is_refused(text):
    with pytest.raises(UnreadableTopicError):
        parse_topic(text)


@pytest.mark.parametrize("partition", [-1, 16])
def test_no_topic_is_made_for_a_partition_that_does_not_exist(partition):
    with pytest.raises(UnreadableTopicError, match=r"Partition -?[0-9]+ is outside"):
        topic(partition, KIT, Leaf.STATUS)


def test_a_homes_partition_never_changes():
    """These were computed once. Another answer would move every kit of a home to another worker."""
    homes = [UUID(int=number) for number in range(6)]
    assert [partition_of(home) for home in homes] == [7, 12, 9, 11, 5, 11]


def test_homes_spread_over_all_partitions():
    spread = Counter(partition_of(uuid4()) for _ in range(4000))
    assert set(spread) == set(range(PARTITIONS))


@given(TOPICS)
def test_a_filter_catches_its_own_leaf_of_its_own_partition_and_nothing_else(made):
    caught = [leaf for leaf in Leaf if topic_matches_sub(filter_of(made.partition, leaf), str(made))]
    assert caught == [made.leaf]
    assert topic_matches_sub(filter_of(None, made.leaf), str(made))
    assert not topic_matches_sub(filter_of((made.partition + 1) % PARTITIONS, made.leaf), str(made))
