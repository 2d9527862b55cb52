"""What a simulation writes down: the trace and its hash, what happened how often, what was broken."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field

_KEPT = 400


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that did not hold."""

    invariant: str
    at: float
    words: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at:.3f} s: {self.words}"


@dataclass(slots=True)
class Record:
    """One run. ``sometimes`` counts each fault that struck and each guard that held something back."""

    sometimes: Counter[str] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    calls: int = 0
    writes: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)  # noqa: UP037 -- not there at run time

    def line(self, at: float, *words: object) -> None:
        """Add a line to the trace."""
        text = f"{at:.6f} " + " ".join(str(word) for word in words)
        self._digest.update(text.encode() + b"\n")
        self.lines.append(text)

    def hit(self, what: str) -> None:
        """Count something that is to happen in some seed at least."""
        self.sometimes[what] += 1

    def broken(self, invariant: str, at: float, words: str) -> None:
        """An invariant did not hold."""
        self.breaches.append(Breach(invariant, at, words))
        self.line(at, "BROKEN", invariant, words)

    @property
    def hash(self) -> str:
        """The trace in one word."""
        return self._digest.hexdigest()
