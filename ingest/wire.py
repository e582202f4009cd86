"""paho's client over a socket that asks the kernel for much at a time; messages it reads and confirms by itself.

Guards: bytes come and go in order and none is lost; messages and what paho reads come in the order they were sent in.
What paho believes sent may still wait here, so nothing but the broker's own word says that it has arrived; a connection
that broke while sending is noticed by whoever reads.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

from ingest import packets
from ingest.packets import Message, Packet

_CHUNK = 64 * 1024
_MOST_PACKETS = 500
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """A connected socket as paho uses one, with a buffer on each side. One thread reads; any may send.

    It gives out whole packets only, each once it has been let through: until then `packet` may look at it and skip it.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._in_use = threading.Lock()  # an encrypted line cannot be read and written at once
        self._ahead = b""
        self._place = self._let_through = 0
        self._unsent = bytearray()
        self._has_ended = False

    def read_ahead(self) -> None:
        """Take what the kernel has, unless a whole packet waits here already."""
        if self.packet() is not None:
            return
        try:
            with self._in_use:
                more = self._socket.recv(_CHUNK)
        except _NOT_NOW:
            return
        except OSError:
            more = b""
        self._has_ended = not more
        self._ahead, self._place, self._let_through = self._ahead[self._place :] + more, 0, 0

    def packet(self) -> Packet | None:
        """Where the next packet is in `ahead`, if all of it is here."""
        found = packets.packet_at(self._ahead, self._place)
        return found if found is not None and found.end <= len(self._ahead) else None

    @property
    def ahead(self) -> tuple[bytes, int]:
        """What was read ahead, and where in it the next packet begins."""
        return self._ahead, self._place

    @property
    def is_at_its_end(self) -> bool:
        """Whether nothing whole is here, and nothing more comes."""
        return self._has_ended and self.packet() is None

    def skip(self, packet: Packet) -> None:
        """This packet is read: paho does not see it."""
        self._place = self._let_through = packet.end

    def let_through(self, packet: Packet) -> None:
        """This packet is for paho."""
        self._let_through = packet.end

    def recv(self, most: int) -> bytes:
        """At most so many of the bytes that were let through."""
        if self._place == self._let_through and not self._has_ended:
            raise BlockingIOError
        start = self._place
        self._place = min(start + most, self._let_through)
        return self._ahead[start : self._place]

    def pending(self) -> int:
        """How many bytes can be had without asking the kernel, and so unknown to any selector."""
        packet = self.packet()
        if packet is not None:
            return packet.end - self._place
        with self._in_use:
            return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def send(self, data: bytes) -> int:
        """Keep these until `flush`."""
        with self._in_use:
            self._unsent += data
        return len(data)

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def flush(self) -> None:
        """Give the kernel as much as it takes."""
        with self._in_use:
            try:
                while self._unsent:
                    del self._unsent[: self._socket.send(self._unsent)]
            except _NOT_NOW:
                return
            except OSError:
                self._unsent.clear()

    def close(self) -> None:
        self.flush()
        with self._in_use:
            self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        self._socket.setblocking(flag)


class BufferedClient(mqtt.Client):
    """paho's client over such a socket. `_create_socket` and `_mid_generate` are what paho does not make public."""

    on_messages: Callable[[Sequence[Message]], None]
    """Called with what has come, a lot at a time. It may not raise: that would end paho's thread."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sent_once: set[int] = set()

    def _create_socket(self) -> Any:
        connected: Any = super()._create_socket()
        # What is flushed is in one piece already: receipts need not wait until the broker has heard the one before.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sent_once.clear()
        return BufferedSocket(connected)

    def confirm(self, numbers: Iterable[int]) -> None:
        """Tell the broker that these messages have arrived. They must have come over this connection."""
        self._say(packets.confirmations(numbers))

    def send_once(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish these at QoS 1, and not again where the line breaks before the broker has them."""
        said: list[bytes] = []
        for topic, payload in messages:
            number = self._mid_generate()
            self._sent_once.add(number)
            said.append(packets.encoded(topic, payload, number))
        self._say(b"".join(said))

    def _say(self, data: bytes) -> None:
        if line := self._line():
            line.send(data)
            line.flush()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """The packets that are here already, not one; not without end, or a flood would keep us from writing."""
        line = self._line()
        if line is None:
            return super().loop_read(max_packets)
        line.read_ahead()
        came: list[Message] = []
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        for _ in range(_MOST_PACKETS):
            packet = line.packet()
            if packet is None or code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
            if not self._take(line, packet, came):
                self._hand_on(came)
                came = []
                line.let_through(packet)
                code = super().loop_read(max_packets)
        self._hand_on(came)
        return super().loop_read(max_packets) if line.is_at_its_end else code

    def _take(self, line: BufferedSocket, packet: Packet, came: list[Message]) -> bool:
        """Read a packet here, if it is one of those that come by the thousand."""
        buffer, start = line.ahead
        message = packets.message_in(buffer, start, packet)
        if message is not None:
            came.append(message)
        elif (number := packets.confirmed_in(buffer, start, packet)) in self._sent_once:
            self._sent_once.discard(number)
        else:
            return False
        line.skip(packet)
        return True

    def _hand_on(self, came: Sequence[Message]) -> None:
        if came:
            self.on_messages(came)

    def loop_write(self) -> MQTTErrorCode:
        """The packets that wait, in one piece."""
        code = super().loop_write()
        if line := self._line():
            line.flush()
        return code

    def want_write(self) -> bool:
        line = self._line()
        return super().want_write() or (line is not None and line.unsent > 0)

    def _line(self) -> BufferedSocket | None:
        line: Any = self.socket()
        return line
