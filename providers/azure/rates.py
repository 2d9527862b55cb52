"""How fast we may ask: token buckets after Azure's published limits, corrected by what Azure tells us.

Limits are shared with everybody in the subscription, so the numbers in Azure's headers only ever lower
ours. A fifth of each bucket is left to people. A bucket that Azure has closed (429) stays closed until the
moment it named; other buckets go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from providers.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RESERVE = 0.2
"""The share of each bucket that is left to people and other programs."""

PATIENCE_SECONDS = 30.0
"""The longest wait for a token inside one call; what would take longer is ``Throttled``."""

DELETION_PATIENCE_SECONDS = 1.0
"""The same before a request that deletes: the locks were read just before it, and are not to grow old."""

_SLACK = 2.0
"""Tokens that are never taken, whatever the reserve: requests do not all travel equally long, nor do clocks agree."""

_REMAINING = "x-ms-ratelimit-remaining-"
_BY_POLICY = _REMAINING + "resource"
_PER_RESOURCE = "Resource"


class Clock(Protocol):
    """What the adapter asks the time of."""

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed on this clock."""
        ...


@dataclass(frozen=True, slots=True)
class Limit:
    """One of Azure's limits: a bucket of ``capacity`` tokens that gains ``per_second``."""

    name: str
    capacity: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a limit counts: ARM's for the whole subscription, a resource provider's in each region."""

    subscription: str
    region: str


@dataclass(slots=True)
class _Bucket:
    limit: Limit
    tokens: float
    at: datetime
    closed_until: datetime | None = None

    def refill(self, now: datetime) -> None:
        gained = max(0.0, (now - self.at).total_seconds()) * self.limit.per_second
        self.tokens = min(self.limit.capacity, self.tokens + gained)
        self.at = max(self.at, now)

    def wait(self, now: datetime, reserve: float) -> float:
        """Seconds until one more token may be taken, and the share ``reserve`` of the bucket is left."""
        lacking = max(self.limit.capacity * reserve, _SLACK) + 1 - self.tokens
        filling = max(0.0, lacking) / self.limit.per_second
        closed = (self.closed_until - now).total_seconds() if self.closed_until else 0.0
        return max(filling, closed)


class Rates:
    """The buckets of one process.

    ``modelled`` False: Azure's published limits are not assumed (an emulator may have others or none), and
    only a 429 holds requests back. ``reserve`` is the share of each bucket that is left to others.
    """

    def __init__(self, clock: Clock, *, modelled: bool = True, reserve: float = RESERVE) -> None:
        self._clock = clock
        self._modelled = modelled
        self._reserve = reserve
        self._buckets: dict[tuple[Place, str], _Bucket] = {}

    async def admit(
        self, place: Place, limits: Iterable[Limit], *, patience: float = PATIENCE_SECONDS
    ) -> None:
        """Take a token of each limit, waiting for it if need be.

        Raises ``Throttled`` instead of waiting longer than ``patience`` seconds; nothing is taken then.
        """
        now = self._clock.now
        buckets = [self._bucket(place, limit, now) for limit in limits]
        waits = [0.0]
        for bucket in buckets:
            bucket.refill(now)
            waits.append(self._wait(bucket, now))
        wait = max(waits)
        if wait > patience:
            raise Throttled(
                "OwnRateLimit",
                "the requests of the last minutes have used up Azure's limits; waiting for new ones",
                until=now + timedelta(seconds=wait),
            )
        for bucket in buckets:
            bucket.tokens -= 1
        if wait > 0:
            await self._clock.sleep(wait)

    def learn(self, place: Place, limits: Iterable[Limit], headers: Mapping[str, str]) -> None:
        """Lower the tokens to what Azure says is left. Names in ``headers`` are in lower case."""
        now = self._clock.now
        left = remaining(headers)
        for limit in limits:
            if limit.name in left:
                bucket = self._bucket(place, limit, now)
                bucket.refill(now)
                bucket.tokens = min(bucket.tokens, left[limit.name])

    def close(self, place: Place, limits: Iterable[Limit], until: datetime) -> None:
        """Take no token of these limits before ``until``."""
        for limit in limits:
            bucket = self._bucket(place, limit, self._clock.now)
            bucket.closed_until = max(until, bucket.closed_until or until)

    def tokens(self, place: Place, limit: Limit) -> float:
        """How many tokens a bucket holds now; for people and tests."""
        bucket = self._bucket(place, limit, self._clock.now)
        bucket.refill(self._clock.now)
        return bucket.tokens

    def _wait(self, bucket: _Bucket, now: datetime) -> float:
        if self._modelled:
            return bucket.wait(now, self._reserve)
        return max(0.0, (bucket.closed_until - now).total_seconds()) if bucket.closed_until else 0.0

    def _bucket(self, place: Place, limit: Limit, now: datetime) -> _Bucket:
        key = (place, limit.name)
        if key not in self._buckets:
            self._buckets[key] = _Bucket(limit, limit.capacity, now)
        return self._buckets[key]


def remaining(headers: Mapping[str, str]) -> dict[str, float]:
    """What Azure says is left, by name of the limit.

    ``x-ms-ratelimit-remaining-resource: Microsoft.Compute/PutVMSubscriptionMaximum;1499,…`` and
    ``x-ms-ratelimit-remaining-subscription-writes: 199``. Limits of a single resource are left out: they
    end with ``Resource`` and belong to one VM only.
    """
    found: dict[str, float] = {}
    for header, value in headers.items():
        if header == _BY_POLICY:
            for part in value.split(","):
                name, _, number = part.strip().rpartition(";")
                if not name.endswith(_PER_RESOURCE):
                    _note(found, name, number)
        elif header.startswith(_REMAINING):
            _note(found, header.removeprefix(_REMAINING), value)
    return found


def _note(found: dict[str, float], name: str, number: str) -> None:
    try:
        found[name] = float(number)
    except ValueError:
        return
