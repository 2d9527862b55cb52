"""Sources that say something, one reading after the other, and where that leaves fleets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from controller.core.acceptance import (
    Accepted,
    BrokenClaim,
    FreezeReason,
    Reading,
    SourceReading,
    Standing,
    Trouble,
    accept,
    key_of,
)
from controller.spec.values import DeletionPolicy, Fleet
from providers.base import GroupRef
from tests.builders import NOW, SUBSCRIPTION, a_fleet

ROOT = "/specs"


def named(name: str, replicas: int = 6, *, scale_set: str | None = None, **over: Any) -> Fleet:
    """A fleet of a scale set of its own; its digest tells its number, and the state that it is to have."""
    ref = GroupRef(SUBSCRIPTION, "rg", scale_set or name, "westeurope")
    return a_fleet(
        replicas, name=name, ref=ref, spec_digest=f"{name} {replicas} {sorted(over)}", **over
    )


def ended(name: str, replicas: int = 6, *, deletes: bool = True) -> Fleet:
    """A tombstone."""
    policy = DeletionPolicy.DELETE if deletes else DeletionPolicy.RETAIN
    return named(name, replicas, absent=True, deletion_policy=policy)


def broken(name: str | None = None, *, key: str | None = None) -> BrokenClaim:
    """A document with a mistake; without name and key nobody can tell whose it is."""
    return BrokenClaim(key, name, f"/specs/{name or 'x'}.yaml:1", "unknown field `replica`")


def key(scale_set: str) -> str:
    return key_of(named(scale_set))


def says(
    *fleets: Fleet, revision: str = "content:1", root: str = ROOT, **over: Any
) -> SourceReading:
    return replace(SourceReading(root, revision, fleets), **over)


def fails(root: str = ROOT, *, passing: bool = False) -> SourceReading:
    return SourceReading(root, trouble=Trouble("SourceMissing", f"there is no {root}", passing))


class Desk:
    """Takes one reading after the other, a minute apart unless told otherwise."""

    def __init__(self) -> None:
        self.accepted = Accepted()
        self.now: datetime = NOW

    def take(
        self, *readings: SourceReading, approvals: Iterable[str] = (), seconds: float = 60
    ) -> Accepted:
        self.now += timedelta(seconds=seconds)
        reading = Reading(readings, frozenset(approvals))
        self.accepted = accept(self.accepted, reading, self.now)
        return self.accepted

    def standing(self, scale_set: str) -> Standing:
        found = self.accepted.standing(key(scale_set))
        assert found is not None, f"nothing is known of {scale_set}"
        return found

    def reason(self, scale_set: str) -> FreezeReason | None:
        freeze = self.standing(scale_set).freeze
        return freeze.reason if freeze else None

    def token(self, scale_set: str) -> str:
        freeze = self.standing(scale_set).freeze
        assert freeze is not None
        assert freeze.token is not None
        return freeze.token

    def replicas(self, scale_set: str) -> int | None:
        fleet = self.standing(scale_set).fleet
        return fleet.replicas if fleet else None

    @property
    def acting(self) -> list[str]:
        return [one.name for one in self.accepted.standings if one.freeze is None]
