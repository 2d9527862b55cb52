"""The contract of lease stores, kept by the simulated one and by Azure's own on Azurite."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from controller.engine.clock import WallClock
from providers.azure.leases import AzureLeases, LeaseAccess
from providers.errors import Forbidden, LeaseHeld, NotFound, OutcomeUnknown, Transient
from providers.leases import LeaseAddress, LeaseAddressError, LeaseRecord, LeaseStore
from providers.simulated.clock import VirtualClock
from providers.simulated.leases import LeaseTable, SimulatedLeases, Trouble
from tests.builders import NOW
from tests.daemon.azurite import KEY, Azurite
from tests.daemon.lease_contract import ANN, BEN, NAME, SECONDS, A, B, LeaseContract


@dataclass(frozen=True, slots=True)
class InMemory:
    """The simulated store on a virtual clock."""

    store: LeaseStore
    clock: VirtualClock

    async def pass_by(self, seconds: float) -> None:
        self.clock.advance(seconds)


@dataclass(frozen=True, slots=True)
class OnLoopback:
    """Azure's store, in real time."""

    store: LeaseStore

    async def pass_by(self, seconds: float) -> None:
        await WallClock().sleep(seconds)


class TestSimulatedLeases(LeaseContract):
    """The contract, kept in memory."""

    @pytest.fixture
    def place(self) -> InMemory:
        """A fresh store."""
        clock = VirtualClock(NOW)
        return InMemory(SimulatedLeases(LeaseTable(clock)), clock)


def leases_at(address: str, key: str = KEY, seconds: float = 5.0) -> AzureLeases:
    return AzureLeases(LeaseAddress.parse(address), LeaseAccess(key=key), call_seconds=seconds)


def container_of(request: pytest.FixtureRequest) -> str:
    """A container's name for each test."""
    name: str = request.node.name
    return name.replace("_", "-").lower()[:60]


@pytest.mark.slow
class TestAzureLeases(LeaseContract):
    """The contract, kept by the blobs of Azurite."""

    @pytest.fixture
    def place(self, azurite: Azurite, request: pytest.FixtureRequest) -> OnLoopback:
        """A fresh folder in a fresh container."""
        address = azurite.container(container_of(request))
        return OnLoopback(leases_at(f"{address}/some/folder"))


def refusal(store: AzureLeases) -> Exception:
    """What taking a lease ends with, when it does not end well."""

    async def story() -> None:
        try:
            await store.acquire(NAME, ANN, token=A, seconds=SECONDS)
        finally:
            await store.close()

    with pytest.raises(Exception, match=r".") as caught:
        asyncio.run(story())
    return caught.value


@pytest.mark.slow
def test_missing_container_is_told(azurite: Azurite) -> None:
    """A container that does not exist is not made: the error says how to make it."""
    error = refusal(leases_at(f"{azurite.url}/devstoreaccount1/nowhere"))
    assert isinstance(error, NotFound)
    assert "az storage container create" in error.message


@pytest.mark.slow
def test_wrong_key_is_told(azurite: Azurite) -> None:
    """Without the right key nothing is done, and the error does not say the wrong one."""
    error = refusal(leases_at(azurite.container("wrong-key"), key="c2VjcmV0"))
    assert isinstance(error, Forbidden)
    assert "c2VjcmV0" not in str(error)


def test_no_store_is_told() -> None:
    """A store that cannot be reached was surely not asked."""
    error = refusal(leases_at("http://127.0.0.1:1/devstoreaccount1/leases"))
    assert isinstance(error, Transient)
    assert "no connection to the lease store" in error.message


def test_silent_store_is_given_up() -> None:
    """A store that takes the connection and never answers is given up in time; nobody knows what it did."""

    async def story() -> None:
        open_ones: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(
            lambda _, writer: open_ones.append(writer), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        store = leases_at(f"http://127.0.0.1:{port}/devstoreaccount1/leases", seconds=0.2)
        with pytest.raises(OutcomeUnknown):
            await store.renew(NAME, token=A)
        await store.close()
        server.close()
        for writer in open_ones:
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("url", "account", "container", "prefix"),
    [
        ("https://acc.blob.core.windows.net/c", "https://acc.blob.core.windows.net", "c", ""),
        (
            "https://acc.blob.core.windows.net/c/a/b/",
            "https://acc.blob.core.windows.net",
            "c",
            "a/b",
        ),
        ("http://127.0.0.1:10000/acc/c", "http://127.0.0.1:10000/acc", "c", ""),
        ("http://azurite:10000/acc/c/a", "http://azurite:10000/acc", "c", "a"),
    ],
)
def test_address_is_taken_apart(url: str, account: str, container: str, prefix: str) -> None:
    """An address names account, container and folder, in both of storage's styles."""
    assert LeaseAddress.parse(url) == LeaseAddress(account, container, prefix)


@pytest.mark.parametrize(
    "url",
    [
        "leases",
        "ftp://acc.blob.core.windows.net/c",
        "https://acc.blob.core.windows.net",
        "http://127.0.0.1:10000/acc",
        "https://acc.blob.core.windows.net/c?sig=secret",
        "https://acc.blob.core.windows.net/?sig=secret",
        "http://[",
        "https://me:secret@acc.blob.core.windows.net/c",
    ],
)
def test_bad_address_is_refused(url: str) -> None:
    """What is no container's address is refused with an example, and a signature is never repeated."""
    with pytest.raises(LeaseAddressError) as caught:
        LeaseAddress.parse(url)
    assert "secret" not in str(caught.value)


def test_key_is_not_shown() -> None:
    """The account's key is in no text that an error or a log line could show."""
    assert KEY not in repr(LeaseAccess(key=KEY))


def test_lost_answer_is_asked_again() -> None:
    """After a lost answer the same token asks again and gets the lease, whether it was taken or not."""
    for refused in (False, True):
        trouble = Trouble(lost=True, refused=refused)
        clock = VirtualClock(NOW)
        table = LeaseTable(clock)
        first = SimulatedLeases(table, {"acquire": trouble}.__getitem__)
        expected = Transient if refused else OutcomeUnknown
        with pytest.raises(expected):
            asyncio.run(first.acquire(NAME, ANN, token=A, seconds=SECONDS))
        assert (table.holder(NAME) is None) is refused
        asyncio.run(SimulatedLeases(table).acquire(NAME, ANN, token=A, seconds=SECONDS))
        assert table.holder(NAME) == "ann"
        with pytest.raises(LeaseHeld):
            asyncio.run(SimulatedLeases(table).acquire(NAME, BEN, token=B, seconds=SECONDS))


def test_old_news_of_leases() -> None:
    """Physics 5: a store may show what was a while ago, and still gives no lease twice."""
    clock = VirtualClock(NOW)
    table = LeaseTable(clock)
    store = SimulatedLeases(table, lag=10)
    clock.advance(20)
    asyncio.run(store.acquire(NAME, ANN, token=A, seconds=SECONDS))
    assert asyncio.run(store.look()) == []
    clock.advance(10)
    assert asyncio.run(store.look()) == [LeaseRecord(NAME, ANN, held=True)]
    clock.advance(SECONDS - 9)
    assert asyncio.run(store.look()) == [LeaseRecord(NAME, ANN, held=True)]
    assert table.holder(NAME) is None
