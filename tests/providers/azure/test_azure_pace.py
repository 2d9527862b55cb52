"""How long a thousand creations take in front of Azure's rate limits, and how few requests deletions need.

The bound is ARM's bucket of writes: 200 at once and ten a second after that. Time is virtual, and requests
wait side by side in it; they go through the adapter and the SDK to an emulated ARM that throttles.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from controller.core import limits
from controller.engine.converge import End, converge
from providers.azure.pipeline import Conduct
from providers.azure.rates import Rates
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Scenario
from tests.builders import a_fleet, a_pool
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.worlds import START
from tests.virtual_time import LoopClock, run_in_time_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.engine.converge import Convergence
    from controller.spec.values import Fleet
    from tests.providers.azure.fake_arm import Reply, Sent

pytestmark = pytest.mark.slow

BURST, PER_SECOND = 200, 10
PLENTY = {"cores": 5000, "standardDSv5Family": 5000}


@dataclass(frozen=True)
class Answered:
    """One request: when it was answered, counted from the region's start, and with which status."""

    at: float
    verb: str
    status: int


class Heard:
    """A cloud that throttles as Azure does, the adapter in front of it, and everything that was answered."""

    def __init__(self, *, reserve: float) -> None:
        region = SimulatedRegion.fresh(START, seed=7, scenario=Scenario(quotas=PLENTY))
        self.clock = LoopClock(region.clock)
        conduct = Conduct(Rates(self.clock, reserve=reserve), self.clock)
        self.cloud = EmulatedCloud(region, throttle=True, conduct=conduct)
        self.answers: list[Answered] = []
        self._answer = self.cloud.transport.answer
        self.cloud.transport.answer = self._noting

    def _noting(self, sent: Sent) -> Reply | Exception:
        reply = self._answer(sent)
        assert not isinstance(reply, Exception)
        self.answers.append(Answered(self.cloud.region.clock.elapsed, sent.verb, reply.status))
        return reply

    def bring_up(self, fleets: Sequence[Fleet]) -> Convergence:
        """Make passes until there is nothing left to do."""
        return run_in_time_of(
            self.cloud.region.clock,
            converge(
                fleets,
                self.cloud.provider,
                self.clock,
                timeout_seconds=3600,
                on_pass=lambda _report: None,
            ),
        )

    def those(self, verb: str) -> list[Answered]:
        """Answers to requests that start with these words."""
        return [each for each in self.answers if each.verb.startswith(verb)]


def several(count: int, replicas: int) -> list[Fleet]:
    """So many fleets of the same subscription and region."""
    plain = a_fleet(pools=(a_pool(replicas),))
    refs = [replace(plain.ref, name=f"web{number}") for number in range(count)]
    return [replace(plain, name=ref.name, ref=ref) for ref in refs]


@pytest.mark.parametrize(
    ("fleets", "replicas"), [(1, 1000), (4, 250), (20, 50)], ids=["one", "four", "twenty"]
)
def test_thousand_creations_in_bound(fleets: int, replicas: int) -> None:
    """A thousand creations take at most 1.1 times what ARM's writes allow, and no answer is a 429."""
    heard = Heard(reserve=0.0)
    done = heard.bring_up(several(fleets, replicas))
    created = heard.those("PUT virtualMachines/")
    took = created[-1].at - created[0].at
    bound = (1000 - BURST) / PER_SECOND
    print(f"{took:.1f} s for 1,000 creations; the bound is {bound:.0f} s; {done.rounds} rounds")
    assert done.end is End.CONVERGED
    assert Counter(each.status for each in created) == {201: 1000}
    assert {each.status for each in heard.answers} <= {200, 201, 202, 404}
    assert took <= 1.1 * bound


def test_reserve_is_left_to_others() -> None:
    """With a fifth left to others, a thousand creations never take the last 40 of ARM's writes."""
    heard = Heard(reserve=0.2)
    heard.bring_up(several(1, 1000))
    created = heard.those("PUT virtualMachines/")
    took = created[-1].at - created[0].at
    print(f"{took:.1f} s for 1,000 creations with a fifth left to others")
    assert took == pytest.approx((1000 - 0.8 * BURST) / PER_SECOND, rel=0.1)
    assert 429 not in {each.status for each in heard.answers}


def test_second_pass_only_reads() -> None:
    """A pass over a thousand members that are all there asks for one page of them, and changes nothing."""
    heard = Heard(reserve=0.0)
    heard.bring_up(several(1, 1000))
    heard.answers.clear()
    done = heard.bring_up(several(1, 1000))
    assert (done.end, done.rounds) == (End.CONVERGED, 1)
    assert {each.verb.partition(" ")[0] for each in heard.answers} == {"GET"}
    assert len(heard.those("GET virtualMachines")) == 1
    assert len(heard.answers) <= 6


def test_five_hundred_deletions_in_ten_posts() -> None:
    """Half of a thousand members go in ten batches, none of them refused, and no member goes by itself."""
    heard = Heard(reserve=0.0)
    heard.bring_up(several(1, 1000))
    (smaller,) = several(1, 500)
    approved = replace(smaller, approval=limits.approval_token(smaller))
    before = len(heard.answers)
    done = heard.bring_up([approved])
    del heard.answers[:before]
    posts = heard.those("POST virtualMachineScaleSets/")
    print(f"{len(posts)} batches in {done.rounds} rounds, {done.seconds:.0f} s")
    assert done.end is End.CONVERGED
    assert len(heard.cloud.region.observe(approved.ref).instances) == 500
    assert len(posts) <= 10
    assert {each.status for each in posts} <= {200, 202}
    assert not heard.those("DELETE ")
    assert 429 not in {each.status for each in heard.answers}
