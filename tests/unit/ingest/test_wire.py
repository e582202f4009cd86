"""What the platform's line to the broker overrides of paho's is still there."""

import inspect

from paho.mqtt.client import Client


def test_paho_still_makes_its_socket_where_the_line_takes_it_over() -> None:
    made = inspect.getattr_static(Client, "_create_socket")
    assert list(inspect.signature(made).parameters) == ["self"]
