"""paho's client over a buffered socket: alone, paho makes six system calls per message.

Guards: bytes pass in order and none is lost. Bytes that paho believes sent may still be in the buffer, so only the
broker's acknowledgement shows that they arrived. A connection that breaks while sending is noticed on reading.
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
    """A connected socket, as paho uses it, with a buffer on each side. For one thread."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._ahead = b""
        self._place = 0
        self._unsent = bytearray()

    def recv(self, most: int) -> bytes:
        """Return at most `most` of the bytes read ahead, or of those the kernel has."""
        if self._place == len(self._ahead):
            self._ahead, self._place = self._socket.recv(_CHUNK), 0
        start = self._place
        self._place = min(start + most, len(self._ahead))
        return self._ahead[start : self._place]

    def pending(self) -> int:
        """How many bytes can be read without the kernel; no selector knows of them."""
        decrypted = self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0
        return len(self._ahead) - self._place + decrypted

    def send(self, data: bytes) -> int:
        """Buffer these bytes until `flush`."""
        self._unsent += data
        return len(data)

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def flush(self) -> None:
        """Send as much of the buffer as the kernel takes."""
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
    """paho's client over a `BufferedSocket`. `_create_socket` is the only private name of paho's used here."""

    def _create_socket(self) -> Any:
        connected: Any = super()._create_socket()
        # Each flush is one piece already, so receipts need not wait for the broker's acknowledgement of the last one.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return BufferedSocket(connected)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read all the packets already here, up to a limit: a flood of packets must not keep us from writing."""
        code = super().loop_read(max_packets)
        for _ in range(_MOST_PACKETS):
            line = self._line()
            if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or line is None or not line.pending():
                break
            code = super().loop_read(max_packets)
        return code

    def loop_write(self) -> MQTTErrorCode:
        """Write the waiting packets in one piece."""
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
