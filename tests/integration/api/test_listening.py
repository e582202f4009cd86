"""The socket at which browsers are awaited."""

import socket

from api.processes.serving import listening
from api.settings import Http


def test_an_answer_is_not_held_back_until_the_one_before_has_been_acknowledged() -> None:
    """Else every second answer on a connection takes 40 ms longer."""
    with listening(Http(port=0)) as listener, socket.create_connection(listener.getsockname()):
        served, _ = listener.accept()
        with served:
            assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
