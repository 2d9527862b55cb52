"""The battery that every lease store has to pass: the numbered physics of ``providers.leases``, and more.

A store's test module makes a class from ``LeaseContract`` and gives it a fixture ``place``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import pytest

from providers.errors import LeaseHeld, LeaseLost
from providers.leases import Holder, LeaseRecord

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from providers.leases import LeaseStore

SECONDS = 15
"""The shortest lease that Azure gives."""

NAME = "shards/07"
ANN = Holder("ann", "host-1", 11, "run", "2026-11-21T12:00:00Z")
BEN = Holder("ben", "hôst 2", 22, "reconcile", "2026-11-21T12:00:01Z")
A = "00000000-0000-4000-8000-00000000000a"
B = "00000000-0000-4000-8000-00000000000b"


class Place(Protocol):
    """A lease store under test, and its time."""

    store: LeaseStore

    async def pass_by(self, seconds: float) -> None:
        """Let the store's time pass."""
        ...


class LeaseContract:
    """Sentences of the contract, in its order."""

    def told(self, place: Place, story: Coroutine[Any, Any, None]) -> None:
        """Run a story, and close the store in the loop in which it was used."""

        async def whole() -> None:
            try:
                await story
            finally:
                await place.store.close()

        asyncio.run(whole())

    def test_one_holder_at_most(self, place: Place) -> None:
        """Physics 1: while a lease runs nobody else gets it, and the store shows who has it."""

        async def story() -> None:
            await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
            with pytest.raises(LeaseHeld):
                await place.store.acquire(NAME, BEN, token=B, seconds=SECONDS)
            assert await place.store.look() == [LeaseRecord(NAME, ANN, held=True)]

        self.told(place, story())

    def test_only_one_of_many_wins(self, place: Place) -> None:
        """Physics 1: of ten that ask at the same time, for a name that nobody ever had, one gets it."""

        async def story() -> None:
            tokens = [f"00000000-0000-4000-8000-0000000000{number:02d}" for number in range(10)]
            asked = (
                place.store.acquire(NAME, ANN, token=token, seconds=SECONDS) for token in tokens
            )
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in answers if one is not None] == [LeaseHeld] * 9

        self.told(place, story())

    def test_asking_again_is_harmless(self, place: Place) -> None:
        """Physics 3: acquiring and renewing by the token that has the lease succeeds as often as one likes."""

        async def story() -> None:
            for _ in range(3):
                await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
                await place.store.renew(NAME, token=A)
            (record,) = await place.store.look()
            assert record.held

        self.told(place, story())

    def test_released_is_free(self, place: Place) -> None:
        """A lease given back can be taken at once; giving back what is not ours changes nothing."""

        async def story() -> None:
            await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
            await place.store.release(NAME, token=B)
            assert (await place.store.look())[0].held
            await place.store.release(NAME, token=A)
            assert await place.store.look() == [LeaseRecord(NAME, ANN, held=False)]
            await place.store.acquire(NAME, BEN, token=B, seconds=SECONDS)
            await place.store.release(NAME, token=A)
            assert await place.store.look() == [LeaseRecord(NAME, BEN, held=True)]

        self.told(place, story())

    def test_lost_is_told(self, place: Place) -> None:
        """Physics 4: who renews what another one has, or what nobody ever had, is told that it is lost."""

        async def story() -> None:
            with pytest.raises(LeaseLost):
                await place.store.renew(NAME, token=A)
            await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
            await place.store.release(NAME, token=A)
            with pytest.raises(LeaseLost):
                await place.store.renew(NAME, token=A)
            await place.store.acquire(NAME, BEN, token=B, seconds=SECONDS)
            with pytest.raises(LeaseLost):
                await place.store.renew(NAME, token=A)

        self.told(place, story())

    def test_names_are_shown_in_order(self, place: Place) -> None:
        """Every name that was ever taken is shown, in the order of the names."""

        async def story() -> None:
            for name in ("shards/10", "members/ben", "shards/09"):
                await place.store.acquire(name, BEN, token=B, seconds=SECONDS)
            seen = [record.name for record in await place.store.look()]
            assert seen == ["members/ben", "shards/09", "shards/10"]

        self.told(place, story())

    def test_held_names_are_not_forgotten(self, place: Place) -> None:
        """A name is removed only when nobody holds it, and as often as one likes."""

        async def story() -> None:
            await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
            await place.store.forget(NAME)
            assert (await place.store.look())[0].held
            await place.store.release(NAME, token=A)
            await place.store.forget(NAME)
            await place.store.forget(NAME)
            assert list(await place.store.look()) == []

        self.told(place, story())

    @pytest.mark.slow
    def test_it_ends_by_itself(self, place: Place) -> None:
        """Physics 2 and 4: a lease that was not renewed ends, is shown so, and may be taken by anybody."""

        async def story() -> None:
            await place.store.acquire(NAME, ANN, token=A, seconds=SECONDS)
            await place.pass_by(8)
            await place.store.renew(NAME, token=A)
            await place.pass_by(SECONDS - 3)
            with pytest.raises(LeaseHeld):
                await place.store.acquire(NAME, BEN, token=B, seconds=SECONDS)
            await place.pass_by(4)
            assert await place.store.look() == [LeaseRecord(NAME, ANN, held=False)]
            await place.store.acquire(NAME, BEN, token=B, seconds=SECONDS)
            with pytest.raises(LeaseLost):
                await place.store.renew(NAME, token=A)

        self.told(place, story())
