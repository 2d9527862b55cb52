"""Conditions and events as commands show them: with time and generation, also of what was not seen."""

from __future__ import annotations

from datetime import timedelta

from controller.core.conditions import TYPES
from controller.core.eventlog import Event, EventLog, EventReason, record
from controller.formats.age import last_seen
from tests.builders import NOW
from tests.cli.shell import Shell


def test_listed_fleets_have_conditions(shell: Shell) -> None:
    """Each fleet in a list has all conditions; of one whose spec is broken nothing but that is known."""
    shell.converged(replicas=2)
    shell.broken_spec("db")
    items = shell.run("get", "fleets", "-o", "json").document["items"]
    found = {one["name"]: {c["type"]: c for c in one["conditions"]} for one in items}
    assert [list(one) for one in found.values()] == [list(TYPES)] * 2
    ready = found["web"]["Ready"]
    assert (ready["status"], ready["observedGeneration"]) == ("True", 1)
    assert ready["lastTransitionTime"].endswith("Z")
    assert {name: one["status"] for name, one in found["db"].items()} == {
        "Ready": "Unknown",
        "Reconciling": "False",
        "Stalled": "True",
        "SpecValid": "False",
        "SpreadSatisfied": "Unknown",
        "Throttled": "False",
        "QuotaBlocked": "Unknown",
        "CapacityBlocked": "Unknown",
        "Locked": "Unknown",
        "Frozen": "True",
    }
    assert found["db"]["SpecValid"]["message"].startswith("its spec is broken (specs/db.yaml:")


def test_unreachable_fleets_are_unknown(shell: Shell) -> None:
    """Of a fleet that could not be looked at nothing is claimed, and the reason is the platform's."""
    shell.spec("web", replicas=1)
    fault = "{failures: [{call: observe, error: transient, times: 99}]}"
    shell.scenario(fault)
    ran = shell.run("get", "fleets", "-o", "json", "--scenario", "scenario.yaml")
    (one,) = ran.document["items"]
    ready = one["conditions"][0]
    assert (one["status"], ready["status"], ready["reason"]) == (
        "NotSeen",
        "Unknown",
        "Unreachable",
    )


def test_observation_has_conditions(shell: Shell) -> None:
    """An observation says how each fleet stands, and can be planned from as before."""
    shell.converged(replicas=2)
    ran = shell.run("observe", "specs", "-o", "json")
    shell.write("seen.json", ran.out)
    found = ran.document["fleets"]["web"]["conditions"]
    assert [one["type"] for one in found] == list(TYPES)
    again = shell.run("reconcile", "specs", "--dry-run", "--observed", "seen.json", "-o", "json")
    live = shell.run("reconcile", "specs", "--dry-run", "-o", "json")
    assert again.document == live.document


def test_repeats_are_written_as_kubectl_does() -> None:
    """A repeated event shows when it was seen last, how often, and since when."""
    event = Event("web", "web", EventReason.STALLED, "waits", warning=True)
    log = EventLog()
    for number in range(14):
        log = record(log, [event], NOW + timedelta(minutes=9 * number))
    (one,) = log.events
    assert (
        last_seen(one.last, one.first, one.count, NOW + timedelta(minutes=120))
        == "3m (x14 over 120m)"
    )
    (single,) = record(EventLog(), [event], NOW).events
    assert last_seen(single.last, single.first, single.count, NOW + timedelta(seconds=95)) == "95s"
