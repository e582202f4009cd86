"""paho's client over a socket that asks the kernel for much at a time: paho alone asks six times a message.

Guards: bytes come and go in order and none is lost. What paho believes sent may still wait here, so nothing but the
broker's own word says that it has arrived; a connection that broke while sending is noticed by whoever reads.
"""

import socket
import ssl
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_CHUNK = 64 * 1024
_MOST_PACKETS = 500
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """A connected socket as paho uses one, with a buffer on each side. For one thread."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._ahead = b""
        self._place = 0
        self._unsent = bytearray()

    def recv(self, most: int) -> bytes:
        """At most so many of the bytes read ahead, or else of what the kernel has."""
        if self._place == len(self._ahead):
            self._ahead, self._place = self._socket.recv(_CHUNK), 0
        start = self._place
        self._place = min(start + most, len(self._ahead))
        return self._ahead[start : self._place]

    def pending(self) -> int:
        """How many bytes can be had without asking the kernel, and so unknown to any selector."""
        decrypted = self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0
        return len(self._ahead) - self._place + decrypted

    def send(self, data: bytes) -> int:
        """Keep these until `flush`."""
        self._unsent += data
        return len(data)

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def flush(self) -> None:
        """Give the kernel as much as it takes."""
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except _NOT_NOW:
            return
        except OSError:
            self._unsent.clear()

    def close(self) -> None:
        self.flush()
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        self._socket.setblocking(flag)


class BufferedClient(mqtt.Client):
    """paho's client over such a socket. `_create_socket` is the one word here that paho does not make public."""

    def _create_socket(self) -> Any:
        connected: Any = super()._create_socket()
        # What is flushed is in one piece already: receipts need not wait until the broker has heard the one before.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return BufferedSocket(connected)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """The packets that are here already, not one; not without end, or a flood would keep us from writing."""
        code = super().loop_read(max_packets)
        for _ in range(_MOST_PACKETS):
            line = self._line()
            if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or line is None or not line.pending():
                break
            code = super().loop_read(max_packets)
        return code

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
