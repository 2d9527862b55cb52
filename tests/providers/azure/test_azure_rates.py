"""How fast the adapter asks: token buckets after Azure's limits, lowered by what Azure says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from providers.azure.charges import limits_of, subscription_of
from providers.azure.rates import Limit, Place, Rates, remaining
from providers.errors import Throttled
from tests.providers.azure.arm_documents import a_vm, a_world
from tests.providers.azure.fake_arm import NOW, FakeClock, Reply, Sent, a_stage
from tests.providers.worlds import REF, SUBSCRIPTION, a_request, run

LIMIT = Limit("Microsoft.Compute/PutVMSubscriptionMaximum", 100, 10)
PLACE = Place(SUBSCRIPTION, "westeurope")
VM = f"{REF.group_scope}/providers/Microsoft.Compute/virtualMachines"
SET = f"{REF.group_scope}/providers/Microsoft.Compute/virtualMachineScaleSets"


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("PUT", f"{VM}/a", ["subscription-writes", "PutVM"]),
        ("DELETE", f"{VM}/a", ["subscription-deletes", "DeleteVM"]),
        ("POST", f"{VM}/a/deallocate", ["subscription-writes", "DeleteVM"]),
        ("POST", f"{VM}/a/start", ["subscription-writes", "UpdateVM"]),
        ("PATCH", f"{VM}/a", ["subscription-writes", "UpdateVM"]),
        ("GET", VM, ["subscription-reads", "HighCostGet"]),
        ("GET", f"{VM}/a", ["subscription-reads", "LowCostGet"]),
        ("PUT", f"{SET}/a", ["subscription-writes", "CreateVMScaleSet"]),
        ("PATCH", f"{SET}/a", ["subscription-writes", "VMScaleSetActions"]),
        ("DELETE", f"{SET}/a", ["subscription-deletes", "DeleteVMScaleSet"]),
        ("GET", f"{SET}/a", ["subscription-reads", "GetVMScaleSet"]),
        (
            "POST",
            f"{SET}/a/delete",
            ["subscription-writes", "VMScaleSetBatchedVMRequests", "VMScaleSetActions"],
        ),
        ("GET", "/subscriptions/s/providers/Microsoft.Compute/skus", ["subscription-reads"]),
        (
            "GET",
            f"{REF.group_scope}/providers/Microsoft.Authorization/locks",
            ["subscription-reads"],
        ),
    ],
)
def test_requests_draw_on_limits(method: str, path: str, names: list[str]) -> None:
    """Each request draws on ARM's limit for its kind, and on Compute's for its operation."""
    found = [limit.name for limit in limits_of(method, path.upper())]
    short = [name.rpartition("/")[2].removesuffix("SubscriptionMaximum") for name in found]
    assert short == names


def test_subscription_is_folded() -> None:
    """Limits are kept by subscription, in whatever case its id is written."""
    assert subscription_of("/Subscriptions/ABC/x") == "abc"
    assert subscription_of("/providers/x") == ""


def test_reserve_stays_for_people() -> None:
    """A burst may take four fifths of a bucket; what comes after waits for new tokens."""
    clock = FakeClock()
    rates = Rates(clock)
    for _ in range(80):
        run(rates.admit(PLACE, [LIMIT]))
    assert clock.slept == []
    run(rates.admit(PLACE, [LIMIT]))
    assert clock.slept == [pytest.approx(0.1)]


def test_no_reserve_is_possible() -> None:
    """With nothing left to others a burst takes the bucket but for two tokens, which bear with the network."""
    clock = FakeClock()
    rates = Rates(clock, reserve=0.0)
    for _ in range(98):
        run(rates.admit(PLACE, [LIMIT]))
    assert clock.slept == []
    run(rates.admit(PLACE, [LIMIT]))
    assert clock.slept == [pytest.approx(0.1)]


def test_tokens_come_back() -> None:
    """A bucket fills again with time, up to its capacity and not beyond."""
    clock = FakeClock()
    rates = Rates(clock)
    for _ in range(50):
        run(rates.admit(PLACE, [LIMIT]))
    clock.now += timedelta(seconds=2)
    assert rates.tokens(PLACE, LIMIT) == pytest.approx(70)
    clock.now += timedelta(hours=1)
    assert rates.tokens(PLACE, LIMIT) == 100


def test_places_are_apart() -> None:
    """What one region has used up does not slow another."""
    rates = Rates(FakeClock())
    for _ in range(80):
        run(rates.admit(PLACE, [LIMIT]))
    assert rates.tokens(PLACE, LIMIT) == 20
    assert rates.tokens(Place(SUBSCRIPTION, "northeurope"), LIMIT) == 100


@pytest.mark.parametrize(("said", "left"), [("40", 40), ("4000", 100), ("-1", -1), ("many", 100)])
def test_headers_only_lower(said: str, left: float) -> None:
    """Azure's number lowers ours and never raises it; nonsense changes nothing."""
    rates = Rates(FakeClock())
    header = {"x-ms-ratelimit-remaining-resource": f"{LIMIT.name};{said}"}
    rates.learn(PLACE, [LIMIT], header)
    assert rates.tokens(PLACE, LIMIT) == left


def test_remaining_is_read() -> None:
    """All forms of the header are read; limits of a single resource are left out."""
    headers = {
        "x-ms-ratelimit-remaining-subscription-writes": "199",
        "x-ms-ratelimit-remaining-resource": (
            "Microsoft.Compute/PutVMSubscriptionMaximum;1499, Microsoft.Compute/PutVMResource;11,"
            "Microsoft.Compute/HighCostGet3Min;159"
        ),
    }
    assert remaining(headers) == {
        "subscription-writes": 199,
        "Microsoft.Compute/PutVMSubscriptionMaximum": 1499,
        "Microsoft.Compute/HighCostGet3Min": 159,
    }


def test_long_waits_are_refused() -> None:
    """What would wait for more than half a minute is Throttled, and takes no token."""
    rates = Rates(FakeClock())
    rates.close(PLACE, [LIMIT], NOW + timedelta(seconds=31))
    with pytest.raises(Throttled) as refusal:
        run(rates.admit(PLACE, [LIMIT]))
    assert refusal.value.until == NOW + timedelta(seconds=31)
    assert rates.tokens(PLACE, LIMIT) == 100


def test_waiters_queue_up() -> None:
    """Requests that wait at the same time wait one after the other, not all for the same token."""
    clock = FakeClock()
    rates = Rates(clock)
    rates.learn(PLACE, [LIMIT], {"x-ms-ratelimit-remaining-resource": f"{LIMIT.name};20"})
    waits = []
    for _ in range(3):
        before = clock.now
        run(rates.admit(PLACE, [LIMIT]))
        waits.append((clock.now - before).total_seconds())
        clock.now = before
    assert waits == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3)]


def throttling(header: dict[str, str]) -> Reply:
    """A 429 of Compute that asks for 20 seconds."""
    return Reply(429, {"error": {"code": "OperationNotAllowed"}}, {"Retry-After": "20"} | header)


def test_closed_limit_spares_others() -> None:
    """After a 429 on creations, creations wait; lists go on at once."""
    world = a_world(a_vm())

    def answer(sent: Sent) -> Reply:
        first = sent.method == "PUT" and stage.clock.now == NOW
        return throttling({}) if first else world(sent)

    stage = a_stage(answer, modelled=True)
    with pytest.raises(Throttled) as refusal:
        run(stage.provider.create(REF, a_request()))
    assert refusal.value.until == NOW + timedelta(seconds=20)
    run(stage.provider.observe(REF))
    assert stage.clock.slept == []
    run(stage.provider.create(REF, a_request()))
    assert stage.clock.slept == [20]


@pytest.mark.parametrize("modelled", [True, False])
def test_used_up_limit_is_closed(*, modelled: bool) -> None:
    """The limit that Azure shows at zero is the one that is closed, modelled or not."""
    world = a_world()
    used_up = {"x-ms-ratelimit-remaining-subscription-writes": "0"}

    def answer(sent: Sent) -> Reply:
        return throttling(used_up) if stage.clock.now == NOW else world(sent)

    stage = a_stage(answer, modelled=modelled)
    with pytest.raises(Throttled):
        run(stage.provider.create(REF, a_request()))
    run(stage.provider.create(REF, a_request("web-000002")))
    assert stage.clock.slept == [20]


def test_unmodelled_rates_do_not_slow() -> None:
    """In front of an emulator nothing is held back that it has not refused."""
    stage = a_stage(a_world(), modelled=False)
    for number in range(300):
        run(stage.provider.create(REF, a_request(f"web-{number:06d}")))
    assert stage.clock.slept == []


def test_modelled_rates_slow_bursts() -> None:
    """A thousand creations in one breath would exhaust ARM's writes: after 160 they are spaced out."""
    stage = a_stage(a_world(), modelled=True)
    for number in range(200):
        run(stage.provider.create(REF, a_request(f"web-{number:06d}")))
    assert sum(stage.clock.slept) == pytest.approx(4.0, abs=0.2)


def test_deletions_do_not_wait() -> None:
    """A deletion is Throttled where other requests would wait: the locks that were read would grow old."""
    stage = a_stage(lambda _sent: Reply(429, headers={"Retry-After": "10"}))
    refusals = []
    for _ in range(2):
        with pytest.raises(Throttled) as refusal:
            run(stage.provider.delete(REF, ["web-000001"]))
        refusals.append(refusal.value.code)
    assert refusals[1] == "OwnRateLimit"
    assert len(stage.verbs) == 1
    assert stage.clock.slept == []
