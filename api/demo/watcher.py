"""A clinician's page without a browser: it signs in over HTTP and notes when each escalation is heard of.

Guards: it measures what a browser would see, through the same stream.
"""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

import httpx2


@dataclass(frozen=True, slots=True)
class Heard:
    """One event, at the moment it was received (Unix seconds)."""

    escalation_id: UUID
    kind: str
    cause_reading_id: UUID | None
    at: float


@dataclass(slots=True)
class Watcher:
    """Follows every hub its user may see, each on a thread of its own."""

    address: str
    username: str
    password: str = field(repr=False)
    heard: list[Heard] = field(default_factory=list)
    hubs: list[UUID] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Sign in and follow. Raises httpx2.HTTPError where that is refused."""
        client = httpx2.Client(base_url=self.address, timeout=httpx2.Timeout(10.0, read=None))
        given = {"username": self.username, "password": self.password}
        client.post("/api/v1/sign-in", json=given, headers={"Origin": self.address}).raise_for_status()
        roles = client.get("/api/v1/me").raise_for_status().json()["roles"]
        self.hubs = sorted({UUID(role["hub_id"]) for role in roles if role.get("hub_id")})
        for hub in self.hubs:
            threading.Thread(target=self._follow, args=(client, hub), name="watcher", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping.set()

    @property
    def escalations(self) -> set[UUID]:
        return {one.escalation_id for one in self.heard}

    def _follow(self, client: httpx2.Client, hub: UUID) -> None:
        last = "0"
        while not self._stopping.is_set():
            try:
                with client.sse(f"/hubs/{hub}/events", headers={"Last-Event-ID": last}) as events:
                    for event in events:
                        received = time.time()
                        last = event.id or last
                        if event.event == "escalation":
                            self._note(event.json(), received)
            except httpx2.HTTPError:
                self._stopping.wait(0.5)

    def _note(self, said: object, received: float) -> None:
        if not isinstance(said, dict):
            return
        cause = said.get("cause_reading_id")
        self.heard.append(
            Heard(
                escalation_id=UUID(said["escalation_id"]),
                kind=said["kind"],
                cause_reading_id=UUID(cause) if cause else None,
                at=received,
            )
        )
