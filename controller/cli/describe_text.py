"""One fleet whole, in sections: Spec, Status, Conditions, SLA, Blocked, Plan, Instances, Events."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from controller.cli.columns import pad, print_columns
from controller.cli.events import events_of
from controller.cli.picture import draw, lanes_now
from controller.cli.plan_text import instance_lines
from controller.cli.screen import Paint
from controller.core.eventlog import EventReason
from controller.formats.age import age
from controller.formats.failures import explain_failure
from controller.formats.instances import instances_of
from controller.formats.rows import PlanView, blocked_sentences, rows_of, spread_sentence
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.cli.screen import Screen
    from controller.core.status import Condition
    from controller.formats.instances import FleetSight, InstanceFacts
    from controller.spec.values import Fleet, Pool

SHOWN_INSTANCES = 20
"""So many instances are listed; the rest is a matter for ``get instances``."""

_HEADERS = ("NAME", "ZONE/FD", "SIZE", "PRIORITY", "STATE", "LOCK", "AGE")


Section: TypeAlias = tuple[str, "list[str]"]
"""A heading, and the lines below it."""


def describe_text(sight: FleetSight, screen: Screen) -> str:
    """All sections of a fleet."""
    events: Section = ("Events", _events(sight, screen))
    return page(sight.plan.fleet, [*sections_of(sight, screen), events], screen)


def page(name: str, sections: Sequence[Section], screen: Screen, *, remark: str = "") -> str:
    """Sections one below the other, under a remark that has to be read first."""
    blocks = [
        "\n".join([screen.paint(f"{title}:", Paint.STRONG), *lines]) for title, lines in sections
    ]
    return f"Name: {name}\n\n{remark}" + "\n\n".join(blocks) + "\n"


def sections_of(sight: FleetSight, screen: Screen, *, watched: bool = False) -> tuple[Section, ...]:
    """What one look tells of a fleet, without events. ``watched``: somebody else says when the next look is."""
    return (
        ("Spec", _spec(sight.sighting.fleet, screen)),
        ("Status", _status(sight, screen, watched=watched)),
        ("Conditions", condition_lines(sight.conditions, screen)),
        ("SLA", [f"  {sight.status.sla.words}"]),
        ("Blocked", _blocked(sight, screen)),
        ("Plan", _plan(sight, screen)),
        ("Instances", _instances(sight, screen)),
    )


def condition_lines(conditions: Sequence[Condition], screen: Screen) -> list[str]:
    """Conditions as a table; long sentences are broken."""
    table = [("TYPE", "STATUS", "REASON", "MESSAGE")]
    table += [(one.type, one.status, one.reason, one.message) for one in conditions]
    return _indented(print_columns(table, width=screen.width - 2, fold=True)) if conditions else []


def pairs(lines: Sequence[tuple[str, str]], screen: Screen) -> list[str]:
    """Indented lines of a label and a value, aligned; those without a value are left out."""
    shown = [(label, value) for label, value in lines if value]
    width = max((len(label) for label, _ in shown), default=0) + 1
    indent = " " * (width + 4)
    return [
        screen.wrap(value, indent, first=f"  {pad(label + ':', width)}  ") for label, value in shown
    ]


def placement_words(fleet: Fleet) -> str:
    """Where members may stand, as the spec says it."""
    where = fleet.placement
    if where.zones:
        domains = f"zones {', '.join(where.zones)}"
    elif where.fault_domains > 1:
        domains = f"{where.fault_domains} fault domains"
    else:
        return "max spreading by the platform"
    without = f", without {', '.join(sorted(where.excluded))}" if where.excluded else ""
    return f"{domains}{without}; skew at most {where.max_skew}, else {where.when_unsatisfiable}"


def _spec(fleet: Fleet, screen: Screen) -> list[str]:
    ref = fleet.ref
    lines = [
        ("source", fleet.source),
        ("scale set", f"{ref.resource_group}/{ref.name} in {ref.location}"),
        ("subscription", ref.subscription),
        ("replicas", str(fleet.replicas)),
        ("placement", placement_words(fleet)),
    ]
    for pool in fleet.pools:
        label = f"pool {pool.name}" if pool.name else "sizes"
        lines.append((label, _pool_words(pool, named=bool(pool.name))))
        lines.append(("Spot" if not pool.name else "", _spot_words(pool)))
    return pairs(lines, screen)


def _pool_words(pool: Pool, *, named: bool) -> str:
    sizes = ", ".join(choice.name for choice in pool.sizes)
    return f"{pool.replicas} of {sizes}" if named else sizes


def _spot_words(pool: Pool) -> str:
    spot = pool.spot
    if spot is None:
        return ""
    return (
        f"{spot.base_regular} Regular first, then {spot.regular_percentage_above_base} % Regular; "
        f"evicted ones: {spot.eviction_policy}"
    )


def _status(sight: FleetSight, screen: Screen, *, watched: bool) -> list[str]:
    status = sight.status
    lines = pairs(
        [
            ("summary", status.summary),
            ("members", f"{status.ready} ready, {status.observed} there, {status.desired} desired"),
            ("spread", spread_sentence(sight.plan.spread)),
            ("next look", "" if watched else f"in {sight.plan.look_again_seconds} s"),
        ],
        screen,
    )
    return lines + draw(lanes_now(sight.plan, sight.sighting), screen)


def _events(sight: FleetSight, screen: Screen) -> list[str]:
    """What can be told by one look of what has happened; creations stand in the table of instances."""
    now = sight.sighting.observed.observed_at
    found = [one for one in events_of(sight) if one.reason is not EventReason.CREATED]
    rows = [("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")]
    rows += [
        (age(one.at or now, now), one.type, str(one.reason), one.subject, one.message)
        for one in found
    ]
    lines = _indented(print_columns(rows, gap="  ", width=screen.width - 2, fold=True))
    return lines if found else ["  none but creations"]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _blocked(sight: FleetSight, screen: Screen) -> list[str]:
    found = blocked_sentences(sight.plan)
    return [screen.wrap(text, "    ", first="  ! ") for text in found] or ["  nothing"]


def _plan(sight: FleetSight, screen: Screen) -> list[str]:
    lines = instance_lines(rows_of(PlanView(sight.plan, sight.sighting)), screen)
    notes = [screen.wrap(note, "        ", first="  Note: ") for note in sight.plan.notes]
    return (lines or ["  nothing to do"]) + notes


def _instances(sight: FleetSight, screen: Screen) -> list[str]:
    found = instances_of(sight.sighting)
    now = sight.sighting.observed.observed_at
    rows = [_row(one, now) for one in found[:SHOWN_INSTANCES]]
    lines = _indented(print_columns([_HEADERS, *rows], gap="  ")) if rows else []
    if len(found) > SHOWN_INSTANCES:
        rest = counted(len(found) - SHOWN_INSTANCES, "more instance")
        lines.append(f"  and {rest}: evenkeel get instances {sight.plan.fleet}")
    for one in found:
        if one.failure:
            said = explain_failure(one.failure.code, one.failure.message)
            lines += [screen.wrap(f"{one.name} failed: {said[0]}", "    ", first="  ")]
            lines += [screen.wrap(text, "      ", first="    ") for text in said[1:]]
    return lines or ["  none"]


def _row(facts: InstanceFacts, now: datetime) -> tuple[str, ...]:
    since = age(facts.created_at, now)
    return (facts.name, facts.place, facts.size, facts.priority, facts.phase, facts.lock, since)
