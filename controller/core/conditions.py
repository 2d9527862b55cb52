"""Conditions over time, by the conventions of the Kubernetes API.

``compute_status`` says how a fleet is; here is what becomes of that from pass to pass: since when each
statement holds, which spec it is about, and what can still be said when nothing was seen. What was not
seen is Unknown, never False.

``generation`` counts the wishes that whoever watches has met: 1 for the first spec of a fleet, one more
for each that differs from the one before, whether it can be acted upon or not. A condition's own
``generation`` is that of the spec it speaks about, so a fleet that is held on its last good spec shows
conditions behind the present generation. Kubernetes calls the two ``metadata.generation`` and
``observedGeneration``. The count begins anew with each process; ``digest`` names the spec itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.core.standings import FreezeReason
from controller.core.status import Condition, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from controller.core.standings import Standing
    from controller.core.status import Status

TYPES = (
    "Ready",
    "Reconciling",
    "Stalled",
    "SpecValid",
    "SpreadSatisfied",
    "Throttled",
    "QuotaBlocked",
    "CapacityBlocked",
    "Locked",
    "Frozen",
)
"""Every condition that a fleet has, always all of them, in this order."""

DIGEST_LETTERS = 12
"""So much of a spec's digest is shown: enough to tell a fleet's specs apart."""

_WRONG = frozenset({FreezeReason.SPEC_BROKEN, FreezeReason.CLAIMED_TWICE, FreezeReason.NAME_MOVED})
"""Freezes that say that the newest spec is wrong; all others leave open whether it is."""

_PASSING = frozenset(
    {FreezeReason.NOT_READ_YET, FreezeReason.SOURCE_UNREADABLE, FreezeReason.SOURCE_INCOMPLETE}
)
"""Freezes that can end without anybody's help, and that say nothing about what is wished."""

_SEEN_ONLY = ("Ready", "Reconciling", "SpreadSatisfied", *TYPES[6:])
"""Conditions that a pass which could not look knows nothing about."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a fleet is held as it is, or why a pass came to nothing: a CamelCase word and a sentence.

    ``lasting``: only a person can end it.
    """

    reason: str
    detail: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class PassFacts:
    """What one pass, or the lack of one, tells about a fleet.

    ``digest`` is that of the spec which was acted upon, empty when none is known; ``wish`` stands for the
    newest spec that there is, acted upon or not, and None means the same one. ``status`` None: nothing was
    seen, and ``blind`` says why. ``freeze``: the fleet is held by its source. ``refused`` are conditions
    that an answer of the platform proves, with reason and sentence, whatever the look before it showed.
    """

    digest: str = ""
    wish: str | None = None
    status: Status | None = None
    blind: Stop | None = None
    freeze: Stop | None = None
    throttled: Stop | None = None
    stalled: Stop | None = None
    refused: tuple[tuple[str, Stop], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """All conditions of one fleet. ``generation`` counts wishes, ``observed`` the one acted upon."""

    generation: int
    observed: int
    digest: str
    wish: str
    conditions: tuple[Condition, ...]

    def condition(self, name: str) -> Condition:
        """The condition of this type. Raises KeyError for a type that there is not."""
        return {one.type: one for one in self.conditions}[name]

    @property
    def short_digest(self) -> str:
        """The beginning of the digest of the spec that was acted upon."""
        return self.digest[:DIGEST_LETTERS]


def conditions_after(before: Told | None, facts: PassFacts, now: datetime) -> Told:
    """All conditions after a pass. ``before`` is what was told last, None the first time.

    The time of a condition changes with its status and with nothing else: another reason or another
    sentence leaves it.
    """
    wish = facts.digest if facts.wish is None else facts.wish
    generation = _generation(before, wish)
    observed = generation if facts.digest == wish else (before.observed if before else 0)
    stated = _statements(facts)
    known = {one.type: one for one in before.conditions} if before else {}
    return Told(
        generation=generation,
        observed=observed,
        digest=facts.digest,
        wish=wish,
        conditions=tuple(
            replace(
                stated[name],
                since=_since(known.get(name), stated[name], now),
                # Whether a spec is valid is said of the newest one, everything else of the one in force.
                generation=generation if name == "SpecValid" else observed,
            )
            for name in TYPES
        ),
    )


def stop_of(standing: Standing) -> Stop | None:
    """Why the source holds a fleet; None if it may be acted upon."""
    freeze = standing.freeze
    if freeze is None:
        return None
    return Stop(freeze.reason.value, freeze.detail, lasting=freeze.reason not in _PASSING)


def wish_of(standing: Standing) -> str:
    """What stands for the newest spec of a fleet: the same text as long as the same is wished."""
    known = standing.fleet.spec_digest if standing.fleet else ""
    freeze = standing.freeze
    if freeze is None or freeze.reason in _PASSING:
        return known
    # A spec that cannot be used has no digest of its own; what is said of it tells it apart.
    return f"{freeze.reason}: {freeze.detail}"


def changed(before: Told | None, after: Told) -> tuple[Condition, ...]:
    """Conditions whose status is another one than before; all that are not False the first time."""
    if before is None:
        return tuple(one for one in after.conditions if one.status is not Truth.FALSE)
    known = {one.type: one.status for one in before.conditions}
    return tuple(one for one in after.conditions if known.get(one.type) is not one.status)


def _generation(before: Told | None, wish: str) -> int:
    if before is None:
        return 1
    return before.generation if before.wish == wish else before.generation + 1


def _since(before: Condition | None, after: Condition, now: datetime) -> datetime:
    if before is None or before.since is None or before.status is not after.status:
        return now
    return before.since


def _statements(facts: PassFacts) -> Mapping[str, Condition]:
    """What is said now, by type; later statements stand over earlier ones."""
    found = _by_type(_seen(facts))
    found |= _by_type([_spec_valid(facts), _throttled(facts)])
    found |= _by_type(_holds(name, stop) for name, stop in facts.refused)
    if facts.freeze is not None:
        found |= _by_type(_frozen(facts.freeze))
    if facts.stalled is not None:
        found |= _by_type([_holds("Stalled", facts.stalled)])
    return found


def _by_type(conditions: Iterable[Condition]) -> dict[str, Condition]:
    return {one.type: one for one in conditions}


def _seen(facts: PassFacts) -> Iterable[Condition]:
    if facts.status is not None:
        return facts.status.conditions
    why = (
        facts.blind
        or facts.freeze
        or Stop("NotLookedYet", "no look has been made yet", lasting=False)
    )
    unknown = [Condition(name, Truth.UNKNOWN, why.reason, why.detail) for name in _SEEN_ONLY]
    stalled = (
        _holds("Stalled", why)
        if why.lasting
        else Condition("Stalled", Truth.FALSE, "Moving", "it is tried again without anybody's help")
    )
    return [*unknown, stalled]


def _holds(name: str, stop: Stop) -> Condition:
    return Condition(name, Truth.TRUE, stop.reason, stop.detail)


def _spec_valid(facts: PassFacts) -> Condition:
    stop = facts.freeze
    if stop is not None and stop.reason in _WRONG:
        return Condition("SpecValid", Truth.FALSE, stop.reason, stop.detail)
    if not facts.digest:
        why = stop or Stop("NoSpec", "no spec of this fleet is known")
        return Condition("SpecValid", Truth.UNKNOWN, why.reason, why.detail)
    words = f"spec {facts.digest[:DIGEST_LETTERS]} is valid"
    return Condition("SpecValid", Truth.TRUE, "Valid", words)


def _throttled(facts: PassFacts) -> Condition:
    if facts.throttled is None:
        return Condition("Throttled", Truth.FALSE, "Clear", "no request was put off")
    return _holds("Throttled", facts.throttled)


def _frozen(stop: Stop) -> tuple[Condition, ...]:
    """A held fleet is Frozen and not being reconciled; if only a person can end that, Stalled."""
    still = Condition("Reconciling", Truth.FALSE, stop.reason, f"held as it is: {stop.detail}")
    ends = (_holds("Stalled", stop),) if stop.lasting else ()
    return (_holds("Frozen", stop), still, *ends)
