"""A stage for stories of the shell: a region, a provider, a fleet, and passes over it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from controller.core.observed import Memory
from controller.core.plan import plan
from controller.engine.converge import Convergence, converge
from controller.engine.execute import Execution, execute
from controller.engine.look import look
from controller.engine.outcome import Verb, Work
from controller.engine.reconcile import run_pass
from controller.spec.values import SizeChoice, Spot
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Call, CallFailure, CallFault, Scenario
from tests.builders import D2S, NOW, REF, TEMPLATE, a_fleet, a_pool, with_extensions

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from controller.engine.outcome import Outcome
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import Document, Provider

T = TypeVar("T")

A_WHILE = 90.0
"""Long enough for every creation and deletion that goes well."""

DOCUMENT: Document = {
    **TEMPLATE.document,
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {"name": "{name}-nic", "properties": {"primary": True, "deleteOption": "Delete"}}
        ]
    },
}


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await something from a plain test."""
    return asyncio.run(coroutine)


def web(replicas: int = 6, **over: Any) -> Fleet:
    """The fleet ``web`` with a template that the region accepts."""
    template = replace(TEMPLATE, document=DOCUMENT)
    if extensions := over.pop("extensions", ()):
        template = with_extensions(template, *extensions)
    pool = a_pool(replicas, template=template, sizes=over.pop("sizes", (SizeChoice(D2S, 0),)))
    return a_fleet(pools=(replace(pool, spot=over.pop("spot", None)),), **over)


def half_spot(replicas: int = 6) -> Fleet:
    """The same with every second member on Spot."""
    return web(replicas, spot=Spot(0, 50))


def a_provider(*faults: CallFault, seed: int = 1, **scenario: Any) -> SimulatedProvider:
    """A provider over an empty region in which these calls fail."""
    settings = Scenario(failures=faults, **scenario)
    return SimulatedProvider(SimulatedRegion.fresh(NOW, seed=seed, scenario=settings))


def settled(fleet: Fleet, *faults: CallFault, **scenario: Any) -> SimulatedProvider:
    """A provider over a region in which the fleet is as its spec says; faults strike afterwards."""
    provider = a_provider(**{"seed": 1, **scenario})
    done = run(all_passes(fleet, provider))
    assert done.end.value == "converged", done.reports
    with_faults = replace(provider.region.scenario, failures=faults)
    provider.region.world.scenario = with_faults
    provider.region.world.faults = type(provider.region.world.faults)(with_faults)
    return provider


async def all_passes(
    fleet: Fleet, provider: SimulatedProvider, *, timeout_seconds: float = 3600
) -> Convergence:
    """Passes until the fleet is done or stuck."""
    return await converge(
        [fleet],
        provider,
        provider.region.clock,
        timeout_seconds=timeout_seconds,
        on_pass=lambda _: None,
    )


def one_pass(fleet: Fleet, provider: SimulatedProvider, *, dry_run: bool = False) -> PassReport:
    """One pass of a process that knows nothing."""
    return run(run_pass(fleet, provider, provider.region.clock, dry_run=dry_run))


def carry_out(
    fleet: Fleet, provider: SimulatedProvider, between: Provider | None = None
) -> Execution:
    """Look and plan with ``provider``, then execute with ``between`` if there is one."""

    async def story() -> Execution:
        clock = provider.region.clock
        seen = await look(fleet, provider, clock)
        made = plan(fleet, seen.observed, seen.memory, seen.observed.observed_at)
        work = Work(fleet, seen.observed, made, between or provider, clock)
        return await execute(work, Memory())

    return run(story())


def set_tags(provider: SimulatedProvider) -> dict[str, str]:
    """Tags of the scale set as they are."""
    return dict(provider.region.world.sets[REF.id.lower()].tags)


def fail(call: Call, error: CallFailure, **more: Any) -> CallFault:
    """A call that fails once."""
    return replace(CallFault(call, error), **more)


def told(outcomes: tuple[Outcome, ...]) -> list[str]:
    """Outcomes in short: ``create web-000001 +`` if accepted, ``-`` with an error code, ``.`` if not sent."""
    return [_short(outcome) for outcome in outcomes]


def names(outcomes: tuple[Outcome, ...], verb: Verb) -> list[str]:
    """Instances for which the platform accepted an action."""
    return [str(one.instance) for one in outcomes if one.verb is verb and one.accepted]


def _short(outcome: Outcome) -> str:
    who = f" {outcome.instance}" if outcome.instance else ""
    if outcome.accepted:
        return f"{outcome.verb}{who} +"
    return f"{outcome.verb}{who} " + (f"- {outcome.error.code}" if outcome.error else ".")
