"""How extensions are installed: in waves, after a look by name, and never the same refusal twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from controller.engine.converge import End
from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from providers.base import GroupSnapshot, InstallExtension
from providers.errors import Conflict, Forbidden, Locked, ProviderError, Rejected, Throttled
from providers.simulated import extensions
from providers.simulated.scenario import Call, CallFailure, CallFault, ExtensionFault
from tests.builders import NOW, REF
from tests.shell.altered import AlteredProvider
from tests.shell.stage import a_provider, all_passes, carry_out, names, one_pass, run, told, web

if TYPE_CHECKING:
    from controller.engine.outcome import Outcome
    from providers.base import GroupRef, Operation
    from providers.simulated.provider import SimulatedProvider
    from providers.simulated.region import SimulatedRegion

WISHING = web(3, extensions=("agent", "probe"))
"""The same fingerprint as the plain fleet's, so that its members lack what this one wants."""


def up(members: int = 3) -> SimulatedProvider:
    """A region in which members have come up and have no extension yet."""
    provider = a_provider()
    run(all_passes(web(members), provider))
    return provider


def extensions_of(provider: SimulatedProvider) -> dict[str, list[str]]:
    """Each member's extensions with their states, in the order in which they came."""
    found = run(provider.observe(REF)).instances
    return {
        one.name: [f"{each.name} {each.state}" for each in one.extensions or ()] for one in found
    }


@dataclass(eq=False, kw_only=True)
class Refusing(AlteredProvider):
    """Refuses every operation with ``error``; ``asked`` are the members it was asked about."""

    error: ProviderError
    asked: list[str] = field(default_factory=list)

    async def operate(self, _ref: GroupRef, name: str, operation: Operation) -> None:
        """Refuse."""
        assert isinstance(operation, InstallExtension)
        self.asked.append(name)
        raise self.error


def test_fleet_gets_all_in_order() -> None:
    """Passes to the end bring every extension onto every member, in order; then nothing is left to do."""
    provider = a_provider()
    done = run(all_passes(WISHING, provider))
    assert done.end is End.CONVERGED
    both = ["agent Succeeded", "probe Succeeded"]
    assert extensions_of(provider) == {f"web-00000{n}": both for n in (1, 2, 3)}
    assert one_pass(WISHING, provider).outcomes == ()


def test_one_at_a_time_for_each_member() -> None:
    """A pass asks for one extension of each member; members do not wait for each other."""
    provider = up()
    assert told(carry_out(WISHING, provider).outcomes) == [
        f"operate web-00000{number} +" for number in (1, 2, 3)
    ]
    assert set(map(str, extensions_of(provider).values())) == {"['agent Creating']"}
    assert carry_out(WISHING, provider).outcomes == ()


@pytest.mark.parametrize(
    ("error", "asked", "words"),
    [
        (Rejected("BadSettings", "no"), 1, "refused like the one before: BadSettings"),
        (Forbidden("AuthorizationFailed", "no"), 1, "refused like the one before"),
        (Locked("ScopeLocked", "no"), 1, "refused like the one before: ScopeLocked"),
        (Throttled("TooMany", "later", until=NOW), 1, "not sent: the pass had to stop before"),
        (Conflict("OperationNotAllowed", "busy"), 3, ""),
    ],
)
def test_wrong_extension_costs_one_request(error: ProviderError, asked: int, words: str) -> None:
    """What is wrong with all members is asked once in a pass; what is wrong with one, once for each."""
    provider = up()
    between = Refusing(provider, error=error)
    outcomes = carry_out(WISHING, provider, between).outcomes
    assert len(between.asked) == asked
    assert [outcome.accepted for outcome in outcomes] == [False] * 3
    assert all(words in outcome.sentence for outcome in outcomes[asked:])


def test_lagging_list_asks_for_nothing_twice() -> None:
    """A list that does not show a fresh extension yet leads to a look by name, and to no second request."""
    provider = up()
    carry_out(WISHING, provider)
    provider.region.clock.advance(60)

    def behind(snapshot: GroupSnapshot, by_name: bool) -> GroupSnapshot:
        if by_name:
            return snapshot
        bare = tuple(replace(one, extensions=()) for one in snapshot.instances)
        return replace(snapshot, instances=bare)

    late = AlteredProvider(provider, behind)
    carry_out(WISHING, provider)
    outcomes = run(_pass_with(late, provider.region))
    assert names(outcomes, Verb.OPERATE) == []
    assert extensions_of(provider)["web-000001"] == ["agent Succeeded", "probe Creating"]


async def _pass_with(provider: AlteredProvider, region: SimulatedRegion) -> tuple[Outcome, ...]:
    return (await run_pass(WISHING, provider, region.clock)).outcomes


def test_unshown_extensions_are_not_missing() -> None:
    """Where nobody shows extensions nothing is installed, and the fleet is as its spec says."""
    provider = up()

    def blind(snapshot: GroupSnapshot, _by_name: bool) -> GroupSnapshot:
        hidden = tuple(replace(one, extensions=None) for one in snapshot.instances)
        return replace(snapshot, instances=hidden)

    outcomes = run(_pass_with(AlteredProvider(provider, blind), provider.region))
    assert (outcomes, set(map(str, extensions_of(provider).values()))) == ((), {"[]"})


def test_failed_extension_is_asked_once() -> None:
    """However many passes are made, a failed extension is asked for once, and its member stays."""
    provider = a_provider(extensions=(ExtensionFault("agent", instance="web-000002"),))
    run(all_passes(WISHING, provider))
    for _ in range(5):
        provider.region.clock.advance(3600)
        assert one_pass(WISHING, provider).outcomes == ()
    found = extensions_of(provider)
    assert found["web-000002"] == ["agent Failed"]
    assert found["web-000001"] == ["agent Succeeded", "probe Succeeded"]
    record = provider.region.world.roster.member(REF, "web-000002")
    assert record is not None
    assert not any(one.again for one in record.extensions)


def test_removed_extension_comes_again() -> None:
    """Somebody who removes the failed extension from the VM has it installed anew, and those after it."""
    provider = a_provider(extensions=(ExtensionFault("agent", instance="web-000002"),))
    run(all_passes(WISHING, provider))
    record = provider.region.world.roster.member(REF, "web-000002")
    assert record is not None
    extensions.remove(provider.region.world, record, "agent")
    provider.region.clock.advance(60)
    run(all_passes(WISHING, provider))
    assert extensions_of(provider)["web-000002"] == ["agent Succeeded", "probe Succeeded"]


def test_lost_answer_is_settled_by_looking() -> None:
    """An installation whose answer was lost, carried out or not, ends installed once."""
    for applied in (True, False):
        fault = CallFault(Call.OPERATE, CallFailure.OUTCOME_UNKNOWN, applied=applied)
        provider = a_provider(fault)
        assert run(all_passes(WISHING, provider)).end is End.CONVERGED
        for record in provider.region.world.roster.members(REF):
            assert [one.name for one in record.extensions] == ["agent", "probe"]
            assert not any(one.again for one in record.extensions)
