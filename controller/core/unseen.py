"""Who may be there although the list does not show them: the names to ask for one by one.

A list may lag, come back short, or be older than the one before, and look whole every time. So whoever could
have a number of this set and is not shown is asked for by name: members with open numbers, those seen at the
look before, and the numbers that were given out since, by whomever. What lies further back is known only to
a process that has once seen the whole fleet; until then, NICs and disks have to show who is missing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import leftovers
from controller.core.serials import arrived, member_name, read_window, unsettled
from providers.base import ProvisioningState

if TYPE_CHECKING:
    from controller.core.observed import Memory, Observed
    from controller.spec.values import Fleet

MOST_ASKED = 1000
"""Numbers given out between two looks that are asked for one by one: as many as a set has members."""


def in_reach(fleet: Fleet, observed: Observed, memory: Memory) -> Memory:
    """The memory as far as it reaches: after a long absence a process knows the fleet no better than a new one."""
    if len(_given_out_since(fleet, observed, memory)) <= MOST_ASKED:
        return memory
    return replace(memory, settled=None, searched_at=None)


def names_to_ask(fleet: Fleet, observed: Observed, memory: Memory) -> tuple[str, ...]:
    """Names to ask for before planning: who may be hidden, and who is shown as leaving and may be gone."""
    shown = {member.name.lower() for member in observed.members}
    since = (
        member_name(fleet.name, number) for number in _given_out_since(fleet, observed, memory)
    )
    absent = (name for name in (*(memory.members or ()), *since) if name.lower() not in shown)
    names = (*unsettled(fleet, observed), *_leaving(observed), *absent)
    return tuple({name.lower(): name for name in names}.values())


def last_given_out(fleet: Fleet, observed: Observed, memory: Memory) -> tuple[str, ...]:
    """Names of the last settled numbers that the list does not show, for a process that never saw the whole fleet."""
    if memory.settled is not None:
        return ()
    floor = read_window(fleet, observed).serials.floor
    shown = {member.name.lower() for member in observed.members}
    names = (member_name(fleet.name, n) for n in range(max(1, floor - MOST_ASKED), floor))
    return tuple(name for name in names if name.lower() not in shown)


def remember(fleet: Fleet, observed: Observed, memory: Memory) -> Memory:
    """Note who is there. The look was whole if an earlier one was, or if no number lacks its member."""
    window = read_window(fleet, observed)
    whole = memory.settled is not None or leftovers.nobody_is_missing(fleet, observed)
    return replace(
        memory,
        members=tuple(member.name for member in observed.owned),
        arrived=arrived(fleet, observed, memory.arrived),
        answered=tuple(name for name in memory.answered if window.has(name)),
        settled=window.serials.floor if whole else None,
    )


def _given_out_since(fleet: Fleet, observed: Observed, memory: Memory) -> range:
    """Settled numbers that were not settled at the look before: others may have created their members."""
    if memory.settled is None or observed.serials is None:
        return range(0)
    serials = read_window(fleet, observed).serials
    # Numbers that went back are those of a set that was made anew under the same name.
    return range(memory.settled if memory.settled <= serials.next else 1, serials.floor)


def _leaving(observed: Observed) -> tuple[str, ...]:
    """Members that the list shows as leaving. One that is gone would stop every write of the set."""
    return tuple(
        member.name
        for member in observed.members
        if member.instance.provisioning_state is ProvisioningState.DELETING
    )
