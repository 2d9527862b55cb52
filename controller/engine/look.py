"""Observe one fleet: the list, the catalogue, then by name every open serial number and who leaves.

A read that fails is repeated a few times, because reading changes nothing; then the error is raised and
the pass ends without having done anything. A list that contradicts itself counts as a failed read.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from controller.core import leaving, leftovers, preflight, scarcity, tags, unseen
from controller.core.observed import Memory, interpret, refresh, settle
from providers.base import LeftoverSearch
from providers.errors import CallError, Forbidden, ProviderError, Throttled, Transient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from controller.core.leftovers import Traces
    from controller.core.observed import Observed
    from controller.engine.clock import Clock
    from controller.spec.values import Fleet
    from providers.base import Catalog, GroupSnapshot, Leftover, Provider

ATTEMPTS = 4
"""How often a read is tried in one pass."""

PATIENCE_SECONDS = 60.0
"""The longest pause before a read is tried again. A provider that asks for more ends the pass."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a fleet showed, and what is remembered about it."""

    observed: Observed
    memory: Memory


async def look(
    fleet: Fleet, provider: Provider, clock: Clock, *, memory: Memory | None = None
) -> Look:
    """Observe a fleet as a pass needs it. ``memory`` is what an earlier pass of this process learned.

    Raises the ``ProviderError`` of the first read that failed for good.
    """
    ref = fleet.ref

    async def read_list() -> GroupSnapshot:
        return _checked(await provider.observe(ref))

    snapshot = await patiently(read_list, clock)
    observed = interpret(ref, snapshot)
    # The network is looked at only when members are lacking: to a fleet at its number it does not matter.
    network = preflight.question(fleet, observed, observed.observed_at)

    async def read_catalog() -> Catalog:
        return await provider.catalog(ref.subscription, ref.location, network)

    observed = replace(observed, catalog=await patiently(read_catalog, clock))
    known = unseen.in_reach(fleet, observed, memory or Memory())
    names = unseen.names_to_ask(fleet, observed, known)
    if names:
        found = await look_by_name(fleet, provider, clock, names=names)
        observed = settle(ref, observed, found, names)
    remembered = recall(observed, known, clock.now)
    seen = await _with_leftovers(fleet, provider, clock, Look(observed, remembered))
    return replace(seen, memory=unseen.remember(fleet, seen.observed, seen.memory))


async def _with_leftovers(fleet: Fleet, provider: Provider, clock: Clock, seen: Look) -> Look:
    """Look for what lost members left behind, if it is time to. What cannot be seen is not there to sweep.

    A process that has never seen the whole fleet has nothing else to tell a short list by: it searches in
    every pass until a search has come to something.
    """
    searched = seen.memory.searched_at
    traces = leftovers.read_traces(fleet, seen.observed)
    now = clock.now
    if traces is None or (searched is not None and now - searched < leftovers.SEARCH_EVERY):
        return seen
    looked = replace(seen, memory=replace(seen.memory, searched_at=now))
    try:
        whole, listed = await _search(fleet, provider, clock, looked, traces)
    except ProviderError:
        if seen.memory.settled is not None:
            return looked
        if len(seen.observed.owned) < fleet.replicas:
            raise
        return seen
    if listed is None:
        return whole
    return await _with_sightings(fleet, provider, clock, whole, listed)


async def _search(
    fleet: Fleet, provider: Provider, clock: Clock, seen: Look, traces: Traces
) -> tuple[Look, tuple[Leftover, ...] | None]:
    """List NICs, disks and addresses, and ask by name for members of which they show something.

    A list of members may come back short and look whole; these lists are others' work. Who may not read them
    asks by name for everybody who may be there, once.
    """
    listed: tuple[Leftover, ...] | None = None
    with suppress(Forbidden):
        listed = (await provider.observe(fleet.ref, (), leftovers.search_for(traces))).leftovers
    if listed is not None:
        names = leftovers.unseen_owners(traces, listed)
    else:
        names = unseen.last_given_out(fleet, seen.observed, seen.memory)
    whole = replace(seen, memory=replace(seen.memory, settled=traces.floor))
    if not names:
        return whole, listed
    found = await look_by_name(fleet, provider, clock, names=names)
    return replace(whole, observed=settle(fleet.ref, whole.observed, found, names)), listed


async def _with_sightings(
    fleet: Fleet, provider: Provider, clock: Clock, seen: Look, listed: Sequence[Leftover]
) -> Look:
    """Sort out what was listed, and ask for each that may go; as it was if that fails."""
    traces, now = leftovers.read_traces(fleet, seen.observed), clock.now
    if traces is None or seen.observed.locks is None:
        return seen
    observed = replace(seen.observed, leftovers=leftovers.sort_out(fleet, traces, listed))
    asked = leftovers.to_confirm(fleet, observed, traces, now)
    if not asked:
        return replace(seen, observed=observed)
    try:
        sure = await look_at_leftovers(fleet, provider, clock, asked)
    except ProviderError:
        return seen
    return replace(seen, observed=leftovers.confirm(observed, sure))


async def look_at_leftovers(
    fleet: Fleet, provider: Provider, clock: Clock, asked: Mapping[str, str]
) -> GroupSnapshot:
    """Ask for leftovers one by one, with the locks of this moment. Raises ``ProviderError``."""

    async def read() -> GroupSnapshot:
        return await provider.observe(fleet.ref, (), LeftoverSearch(named=asked))

    return await patiently(read, clock)


async def look_closer(
    fleet: Fleet, provider: Provider, clock: Clock, observed: Observed
) -> Observed:
    """Ask for every member under management by name, because the list may lag behind deletions.

    A scale-in planned on members that are gone would take living ones in their place. Raises
    ``ProviderError``.
    """
    names = [member.name for member in observed.owned]
    found = await look_by_name(fleet, provider, clock, names=names)
    return refresh(fleet.ref, observed, found)


async def look_by_name(
    fleet: Fleet, provider: Provider, clock: Clock, *, names: Sequence[str]
) -> GroupSnapshot:
    """Ask for members one by one: without lag, with the locks of this moment.

    With no names it shows the set alone. Raises ``ProviderError``.
    """

    async def read() -> GroupSnapshot:
        return await provider.observe(fleet.ref, tuple(names))

    return await patiently(read, clock)


def recall(observed: Observed, memory: Memory | None, now: datetime) -> Memory:
    """What is remembered: by this process, in the set's tag, and what failed and leaving members show."""
    set_tags = observed.group.tags if observed.group else {}
    known = scarcity.decode(set_tags.get(tags.SCARCITY), now)
    remembered = scarcity.remember(memory or Memory(), known, now)
    learned = scarcity.learn_from_failures(remembered, observed, now)
    return leaving.remember(learned, observed, now)


async def patiently(read: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Try a read up to ``ATTEMPTS`` times, pausing 1, 2, 4 seconds or for as long as we were told."""

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Throttled):
            return _seconds_until(error, clock)
        return float(2 ** (state.attempt_number - 1))

    def worth_repeating(error: BaseException) -> bool:
        if isinstance(error, Throttled):
            return _seconds_until(error, clock) <= PATIENCE_SECONDS
        return isinstance(error, CallError)

    retrying = AsyncRetrying(
        sleep=clock.sleep,
        stop=stop_after_attempt(ATTEMPTS),
        wait=pause,
        retry=retry_if_exception(worth_repeating),
        reraise=True,
    )
    return await retrying(read)


def _seconds_until(error: Throttled, clock: Clock) -> float:
    return max(0.0, (error.until - clock.now).total_seconds())


def _checked(snapshot: GroupSnapshot) -> GroupSnapshot:
    """Refuse a list that cannot be the whole truth: unknown is not empty."""
    names = [instance.name.lower() for instance in snapshot.instances]
    if not snapshot.complete:
        raise Transient("ShortList", "the list of members came back incomplete")
    if len(set(names)) < len(names):
        raise Transient("TornList", "the list of members names one of them twice")
    if snapshot.group is None and names:
        raise Transient("TornList", "there are members, and the scale set is not shown")
    return snapshot
