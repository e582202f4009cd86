"""What a kit tells a broker when it connects: its identity, its last will and its timing.

Guards: a client id, a topic and a will name the kit and nothing else.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices.identifiers import KitId
from devices.kits import Broker, Kit
from devices.receipt import Status, encode_message
from devices.topics import Leaf, topic


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """The timing of a link, in seconds."""

    keepalive: int = 30
    connect_within: float = 5.0
    answer_within: float = 20.0
    """From the open socket until the broker has accepted the connection and the subscriptions."""
    first_reconnect: float = 0.5
    longest_reconnect: float = 30.0
    status_every: float = 60.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which kit this is, and how it proves it."""

    kit: KitId
    partition: int
    username: str | None = None
    secret: str | None = field(default=None, repr=False)
    certificate_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def of(cls, kit: Kit) -> "Credentials":
        """The credentials in one entry of the kit sheet."""
        secret = kit.secret.get_secret_value() or None
        username = kit.username if secret else None  # without a secret, the certificate identifies the kit
        return cls(kit.kit_id, kit.partition, username, secret, kit.certificate_file, kit.key_file)


def tls_context(broker: Broker, credentials: Credentials) -> ssl.SSLContext | None:
    """TLS that trusts the sheet's CA and presents the kit's certificate, if any. None if the sheet names no CA."""
    if broker.ca_file is None:
        return None
    context = ssl.create_default_context(cafile=str(broker.ca_file))
    if credentials.certificate_file is not None:
        context.load_cert_chain(credentials.certificate_file, credentials.key_file)
    return context


def new_client(credentials: Credentials, settings: LinkSettings, tls: ssl.SSLContext | None) -> mqtt.Client:
    """A client that has sent nothing yet, for one connection of the kit's lasting session."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=str(credentials.kit),
        clean_session=False,
        protocol=mqtt.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = settings.connect_within
    client.max_inflight_messages_set(0)  # the gateway limits what is in flight
    if credentials.username is not None:
        client.username_pw_set(credentials.username, credentials.secret)
    if tls:
        client.tls_set_context(tls)
    status = topic(credentials.partition, credentials.kit, Leaf.STATUS)
    client.will_set(status, encode_message(Status(online=False)), qos=1, retain=True)
    return client
