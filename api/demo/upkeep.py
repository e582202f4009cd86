"""Keep the parts of the demonstration running, and say what it means when one has ended.

Guards: a part that ends by itself is named, with what happens to readings meanwhile, and restarted after a growing
pause. If it keeps ending, everything stops, with a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from api.embedded.process import EmbeddedServiceError, SupervisedProcess

PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each restart in a row; after the last there are no more."""
STEADY_SECONDS = 60.0
"""A part that ran this long has recovered, so its next end counts as the first."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `without` says what holds while it is away."""

    name: str
    without: str
    start: Callable[[], SupervisedProcess]


@dataclass(slots=True)
class _Kept:
    part: Part
    process: SupervisedProcess
    started_at: float
    ends: int = 0
    """How often in a row it has ended."""
    again_at: float | None = None


@dataclass(slots=True)
class Upkeep:
    """The parts, in the order they were started.

    `tell` is called with each piece of news; times are seconds.
    """

    tell: Tell
    _kept: list[_Kept] = field(default_factory=list)

    def start(self, part: Part, at: float) -> None:
        """Start a part and keep it running from now on."""
        self._kept.append(_Kept(part, part.start(), at))

    @property
    def whole(self) -> bool:
        """Return whether every part runs."""
        return all(kept.process.running for kept in self._kept)

    def look(self, at: float) -> None:
        """Restart what has ended. Raises EmbeddedServiceError where that has not helped."""
        for kept in self._kept:
            if kept.process.running:
                if kept.ends and at - kept.started_at >= STEADY_SECONDS:
                    kept.ends = 0
            elif kept.again_at is None:
                self._note_end(kept, at)
            if kept.again_at is not None and at >= kept.again_at:
                self._start_again(kept, at)

    def stop(self) -> None:
        """Stop the parts, last started first."""
        while self._kept:
            self._kept.pop().process.stop()

    def _note_end(self, kept: _Kept, at: float) -> None:
        self._postpone(kept, at, f"{kept.part.name} {kept.process.ending()}. {kept.part.without}")

    def _start_again(self, kept: _Kept, at: float) -> None:
        kept.again_at = None
        kept.process.stop()
        try:
            kept.process = kept.part.start()
        except EmbeddedServiceError as error:
            self._postpone(kept, at, str(error))
            return
        kept.started_at = at
        self.tell(f"{kept.part.name} runs again.")

    def _postpone(self, kept: _Kept, at: float, what: str) -> None:
        kept.ends += 1
        if kept.ends > len(PAUSES):
            log, words = kept.process.log, kept.process.last_words()
            raise EmbeddedServiceError(
                f"{what}\nThat was the {kept.ends}th time in a row, so everything is stopped."
                f" The log {log} ends with:\n{words}"
            )
        pause = PAUSES[kept.ends - 1]
        kept.again_at = at + pause
        self.tell(f"{what} It is started again {f'in {pause:.0f} s' if pause else 'now'}.")
