"""A board as a daemon would leave it: fleets at peace, at work and in trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core.standings import (
    Accepted,
    Freeze,
    FreezeReason,
    SourceStanding,
    Standing,
    key_of,
)
from controller.engine.board import Board
from controller.engine.chronicle import Chronicle
from controller.engine.reconcile import run_pass
from controller.spec.values import SizeChoice, Spot
from providers.base import LockLevel
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion
from tests.builders import D2S, NOW, REF, TEMPLATE, a_fleet, a_pool
from tests.shell.stage import DOCUMENT, all_passes, run

if TYPE_CHECKING:
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet

REVISION = "git:4f1c2a7be0d94f6f9a3b8c5d2e1f0a9b8c7d6e5f"


def named(name: str, replicas: int = 6, *, spot: Spot | None = None) -> Fleet:
    """A fleet of its own set, whose template the region accepts."""
    pool = a_pool(
        replicas,
        template=replace(TEMPLATE, document=DOCUMENT),
        sizes=(SizeChoice(D2S, 0),),
        spot=spot,
    )
    ref = replace(REF, resource_group=f"{name}-rg", name=name)
    return a_fleet(name=name, ref=ref, pools=(pool,), source=f"fleets/{name}.yaml:1")


class Scene:
    """A region, a board, and passes that fill it."""

    def __init__(self) -> None:
        self.provider = SimulatedProvider(SimulatedRegion.fresh(NOW, seed=3))
        self.board = Board(NOW - timedelta(days=3, hours=4))
        self.chronicle = Chronicle(self.board, self.provider.region.clock, log=None)
        self._standings: dict[str, Standing] = {}

    def settle(self, fleet: Fleet) -> None:
        """Bring a fleet to what its spec says."""
        run(all_passes(fleet, self.provider))

    def show(self, fleet: Fleet, freeze: Freeze | None = None, *, wet: bool = False) -> None:
        """Make a pass over a fleet and put it on the board."""
        clock = self.provider.region.clock
        self.stand(fleet, freeze)
        report = run(run_pass(fleet, self.provider, clock, dry_run=not wet))
        self._take_in(fleet, report)
        self.board.note(
            key_of(fleet),
            next_look=clock.now + timedelta(seconds=report.look_again_seconds),
            why_next="something is under way" if report.in_flight else "a regular look",
            holder="evenkeel-7d9f (pid 1)",
        )

    async def look_again(self, fleet: Fleet) -> None:
        """The same while an event loop runs: a dry pass over a fleet."""
        self.stand(fleet)
        clock = self.provider.region.clock
        report = await run_pass(fleet, self.provider, clock, dry_run=True)
        self._take_in(fleet, report)

    def _take_in(self, fleet: Fleet, report: PassReport) -> None:
        state = self.board.fleet(key_of(fleet))
        assert state is not None
        seen = state.seen if report.plan is None else report
        self.board.note(state.key, report=report, seen=seen, passes=state.passes + 1)
        self.chronicle.passed(state, report)

    def stand(self, fleet: Fleet, freeze: Freeze | None = None) -> None:
        """Let a fleet stand on the board, seen or not."""
        standing = Standing(
            key_of(fleet), fleet.name, "/git/current/specs", fleet, freeze, REVISION, NOW
        )
        self._standings[standing.key] = standing
        self._accept()

    def forget(self, name: str) -> None:
        """Take a fleet off the board."""
        self._standings = {k: one for k, one in self._standings.items() if one.name != name}
        self._accept()

    def _accept(self) -> None:
        source = SourceStanding("/git/current/specs", REVISION, NOW - timedelta(minutes=12))
        self.board.stand(Accepted(tuple(self._standings.values()), (source,)))


def troubled() -> Scene:
    """Seven fleets: three in trouble, one waiting, one at work, two at peace."""
    scene = Scene()
    fleets = {
        "ledger": named("ledger", 5),
        "web": named("web", 24, spot=Spot(4, 50)),
        "queue": named("queue", 9),
        "gateway": named("gateway", 6),
        "workers": named("workers", 60, spot=Spot(0, 25)),
        "search": named("search", 12),
        "mail": named("mail", 3),
    }
    for fleet in fleets.values():
        scene.settle(fleet)
    for name in ("queue-000002", "queue-000005", "queue-000008"):
        scope = fleets["queue"].ref.instance_id(name)
        scene.provider.region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    broken = Freeze(
        FreezeReason.SPEC_BROKEN,
        "fleets/ledger.yaml:9:3: unknown field `replica`; it stays on its last good spec until that is mended",
    )
    scene.show(fleets["ledger"], broken)
    scene.show(named("web", 8, spot=Spot(4, 50)))
    scene.show(named("queue", 2))
    scene.show(named("workers", 75, spot=Spot(0, 25)), wet=True)
    scene.show(named("search", 14))
    for name in ("gateway", "mail"):
        scene.show(fleets[name])
    return scene
