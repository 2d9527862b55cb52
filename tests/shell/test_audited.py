"""The recording provider: nothing is sent without an intent on the disk, and every answer is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.core.chain import walk
from controller.core.conditions import conditions_after
from controller.core.status import Truth
from controller.engine.audit import Trail
from controller.engine.audited import AuditContext, audited, context_of
from controller.engine.facts import facts_of
from controller.engine.reconcile import Between, run_pass
from controller.engine.report import PassReport, Verdict
from controller.engine.trail_files import lines_of
from providers.base import GroupRef, InstanceRequest, PowerOperation, SingleDelete, TagChange
from providers.errors import NotRecorded, OutcomeUnknown, ProviderError, Rejected
from providers.simulated.provider import SimulatedProvider
from tests.builders import NOW, REF
from tests.crash import MortalProvider
from tests.shell.stage import A_WHILE, a_provider, one_pass, run, settled, web
from tests.shell.trails import a_trail, bodies

CONTEXT = AuditContext(key=REF.id.lower(), fleet="web", actor="a test")


def through(trail: Trail) -> Between:
    return lambda fleet, planned, inner: audited(
        inner, trail, context_of(fleet, planned, "a test"), trail.now
    )


def recorded_pass(provider: SimulatedProvider, trail: Trail, replicas: int = 2) -> PassReport:
    clock = provider.region.clock
    return run(run_pass(web(replicas), provider, clock, between=through(trail)))


@dataclass(slots=True)
class Witness(MortalProvider):
    """Looks into the trail's file at the moment of each creation and deletion."""

    path: Path = field(default_factory=Path)
    seen: list[list[str]] = field(default_factory=list)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Look, then pass on."""
        self._look(request.name)
        await self.inner.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Look, then pass on."""
        self._look(*names)
        await self.inner.delete(ref, names)

    def _look(self, *names: str) -> None:
        intents = [one for one in bodies(self.path) if one["kind"] == "intent"]
        self.seen.append([name for name in names if not any(name in i["targets"] for i in intents)])


def test_intent_is_there_before_the_call(tmp_path: Path) -> None:
    """At the moment when a call begins its intent is in the file already."""
    provider = settled(web(2))
    trail = a_trail(tmp_path / "audit.jsonl")
    witness = Witness(provider, path=trail.path)
    for replicas in (4, 3):
        run(run_pass(web(replicas), witness, provider.region.clock, between=through(trail)))
        provider.region.clock.advance(A_WHILE)
    trail.close()
    assert witness.seen == [[], [], []]


def test_unwritable_trail_sends_nothing(tmp_path: Path) -> None:
    """Without a durable intent nothing is sent and the fleet says so; once the trail can be written it goes on."""
    place = tmp_path / "state"
    place.write_text("in the way")
    provider = a_provider()
    trail = a_trail(place / "audit.jsonl")
    report = recorded_pass(provider, trail)
    assert provider.region.world.changes == 0
    assert report.verdict is Verdict.FAILED
    assert {type(one.error) for one in report.outcomes if one.error} == {NotRecorded}
    told = conditions_after(None, facts_of(report, "d"), NOW)
    stalled = told.condition("Stalled")
    assert (stalled.status, stalled.reason) == (Truth.TRUE, "NotRecorded")
    assert "cannot be written" in stalled.message
    place.unlink()
    assert recorded_pass(provider, trail).changed
    trail.close()
    assert [one["kind"] for one in bodies(trail.path)][:3] == ["header", "note", "intent"]


def test_trail_broken_between_passes_stops(tmp_path: Path) -> None:
    """A trail that was changed stops the deletions of a process that begins then, and looks go on."""
    provider = settled(web(3))
    trail = a_trail(tmp_path / "audit.jsonl")
    recorded_pass(provider, trail, 4)
    trail.close()
    trail.path.write_bytes(trail.path.read_bytes().replace(b"create", b"delete", 1))
    provider.region.clock.advance(A_WHILE)
    report = recorded_pass(provider, a_trail(tmp_path / "audit.jsonl"), 2)
    assert report.plan is not None
    assert report.plan.deletes
    assert not report.changed
    assert "is not as it was written" in " ".join(report.trouble)
    assert one_pass(web(2), provider, dry_run=True).plan is not None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Rejected("InvalidParameter", "no"), "refused"),
        (OutcomeUnknown("Timeout", "no answer"), "unknown"),
    ],
)
def test_answers_are_recorded(tmp_path: Path, error: ProviderError, outcome: str) -> None:
    """A refusal and a missing answer are recorded with the platform's code and words, and passed on."""
    trail = a_trail(tmp_path / "audit.jsonl")

    class Refusing(Witness):
        async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
            del ref, names
            raise error

    provider = audited(Refusing(a_provider()), trail, CONTEXT, trail.now)
    with pytest.raises(type(error)):
        run(provider.delete(REF, ["web-000001"]))
    trail.close()
    result = bodies(trail.path)[-1]
    assert (result["outcome"], result["code"], result["message"]) == (
        outcome,
        error.code,
        error.message,
    )


def test_cancelled_calls_are_unknown(tmp_path: Path) -> None:
    """A call that is cut off in the middle is recorded as unknown, in front of what comes next."""
    trail = a_trail(tmp_path / "audit.jsonl")
    begun = asyncio.Event()

    class Hanging(Witness):
        async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
            del ref, names
            begun.set()
            await asyncio.Event().wait()

    async def story() -> None:
        provider = audited(Hanging(a_provider()), trail, CONTEXT, trail.now)
        task = asyncio.create_task(provider.delete(REF, ["web-000001"]))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(story())
    trail.close()
    result = bodies(trail.path)[-1]
    assert (result["outcome"], result["code"], result["late"]) == (
        "unknown",
        "CancelledError",
        True,
    )
    assert walk(lines_of(trail.path)).breaks == ()


def test_every_call_has_its_shape(tmp_path: Path) -> None:
    """Power, tags and single deletions are told apart; foreign tags and templates are not recorded."""
    provider = settled(web(2))
    trail = a_trail(tmp_path / "audit.jsonl")
    through_trail = audited(provider, trail, CONTEXT, trail.now)

    async def story() -> None:
        await through_trail.operate(REF, "web-000001", PowerOperation.RESTART)
        change = TagChange({"evenkeel-pool": "a", "password": "hush"})
        await through_trail.operate(REF, "web-000001", change)
        await through_trail.operate(REF, "web-000001", SingleDelete())

    run(story())
    trail.close()
    records: list[dict[str, Any]] = [one for one in bodies(trail.path) if one["kind"] == "intent"]
    assert [(one["call"], one["request"]) for one in records] == [
        ("operate", {"operation": "restart"}),
        ("operate", {"operation": "tag", "tags": {"evenkeel-pool": "a"}}),
        ("delete", {"batch": False}),
    ]
    assert "hush" not in json.dumps(records)
