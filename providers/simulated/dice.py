"""Seeded chance whose whole state is two numbers, the same on every Python version and machine."""

from __future__ import annotations

from hashlib import blake2b


class Dice:
    """Numbers drawn from ``seed``; ``drawn`` is how many have been drawn so far."""

    def __init__(self, seed: int, drawn: int = 0) -> None:
        self.seed = seed
        self.drawn = drawn

    def uniform(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``, to the millisecond if these are seconds."""
        share = int(self.hexadecimal(12), 16) / 16**12
        return round(low + (high - low) * share, 3)

    def hexadecimal(self, digits: int) -> str:
        """As many random hexadecimal digits as asked for (64 at most), as Azure puts into names."""
        self.drawn += 1
        seed = f"{self.seed}:{self.drawn}".encode()
        return blake2b(seed, digest_size=32).hexdigest()[:digits]
