"""Names for new members: open numbers first, then new ones, in the order in which places were chosen."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from controller.core import shells
from controller.core.serials import member_name, serial_of
from controller.core.steps import Create, Reason, Reservation
from controller.core.topology import FAULT_DOMAIN, ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from controller.core.observed import Member
    from controller.core.placement import Choice, Placed
    from controller.core.scene import Scene
    from controller.core.steps import Step
    from controller.spec.values import Pool


def name_creates(
    scene: Scene,
    placed: Sequence[tuple[Pool, Placed]],
    gone: Sequence[Member],
    steps: list[Step],
) -> None:
    """Append a creation for every chosen place, each under a name of its own."""
    names = _names(scene)
    for pool, choices in placed:
        replaced = [
            member
            for member in gone
            if scene.pools[member.name] is pool and member in scene.buckets.shells
        ]
        for choice in choices.choices:
            name, retry = next(names)
            match = _replaced_by(choice, replaced)
            steps.append(_create(scene, pool, choice, (name, retry), match))


def reserve(scene: Scene, creates: Sequence[Create]) -> Reservation:
    """What the set's serial tag must say before the creations are sent."""
    serials = scene.window.serials
    new = [serial_of(create.instance) or 0 for create in creates if not create.retry]
    floor_to = serials.next if scene.window.closable else serials.floor
    reserve_to = max(new, default=serials.next - 1) + 1
    # While somebody else tries numbers again, none is known to have no request on its way.
    twins = scene.window.twins_until is not None
    answered = set() if twins else set(scene.memory.answered)
    return Reservation(
        floor=serials.floor,
        next=serials.next,
        floor_to=floor_to,
        reserve_to=reserve_to,
        retried=any(one.retry and one.instance not in answered for one in creates),
        late=scene.window.seen and twins,
    )


def _names(scene: Scene) -> Iterator[tuple[str, bool]]:
    # A number whose member came and went is taken last: the request for another may still be on its way.
    came = set(scene.memory.arrived)
    missing = [scene.window.name(serial) for serial in scene.window.missing]
    yield from ((name, True) for name in sorted(missing, key=lambda name: name in came))
    # While old numbers are open under a former name of the fleet, new ones are given out under it, too.
    prefix = scene.fleet.name if scene.window.closable else scene.window.prefix
    taken = {member.name.lower() for member in scene.observed.members}
    names = (member_name(prefix, serial) for serial in count(scene.window.serials.next))
    # Somebody may have put a VM of such a name into the set.
    yield from ((name, False) for name in names if name.lower() not in taken)


def _replaced_by(choice: Choice, replaced: list[Member]) -> Member | None:
    """The shell that a new member stands in for: one of its class if there is one."""
    if not replaced:
        return None
    same = [one for one in replaced if one.instance.priority is choice.priority]
    match = (same or replaced)[0]
    replaced.remove(match)
    return match


def _create(
    scene: Scene, pool: Pool, choice: Choice, name: tuple[str, bool], replaced: Member | None
) -> Create:
    kind, cell = scene.topology.kind, choice.cell
    inner = cell.domain if kind == FAULT_DOMAIN else cell.fault_domain
    return Create(
        instance=name[0],
        pool=pool.name,
        zone=cell.domain if kind == ZONE else None,
        fault_domain=int(inner) if inner else None,
        size=choice.size.name,
        priority=choice.priority,
        reason=shells.reason_of(scene, replaced) if replaced else Reason.SCALE_OUT,
        why=choice.why,
        runner_up=choice.runner_up,
        replaces=replaced.name if replaced else None,
        retry=name[1],
    )
