"""Where fleets and sources stand: values for what was accepted, what is frozen, and what sources say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from controller.spec.values import Fleet


class FreezeReason(StrEnum):
    """Why a fleet is not acted upon. Stable words: they stand in conditions and events."""

    NOT_READ_YET = "NotReadYet"
    SOURCE_UNREADABLE = "SourceUnreadable"
    REVISION_NOT_DESCENDANT = "RevisionNotDescendant"
    CLAIMED_TWICE = "ClaimedTwice"
    SPEC_BROKEN = "SpecBroken"
    SPEC_VANISHED = "SpecVanished"
    SOURCE_INCOMPLETE = "SourceIncomplete"
    NAME_MOVED = "NameMoved"
    LARGE_REMOVAL = "LargeRemoval"


@dataclass(frozen=True, slots=True)
class Freeze:
    """Why nothing of a fleet may be changed. ``detail`` also says what to do; ``token`` would approve it."""

    reason: FreezeReason
    detail: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one fleet stands. ``freeze`` None: it may be acted upon.

    ``key`` is the scale set's ARM id in lower case, ``root`` the source. ``fleet`` is the spec that was
    accepted last, from ``revision``; None if none is known. ``since`` is when the spec or the reason of
    the freeze last changed. ``renamed_from`` is the name that the fleet had before, or empty. ``held``: a
    large removal of it waits for approval, even while something else freezes it too. ``in_force_since``:
    before this moment the spec was not in force all the time, because it came then or was frozen; None: it has
    been in force for as long as anything is remembered.
    """

    key: str
    name: str
    root: str
    fleet: Fleet | None
    freeze: Freeze | None
    revision: str
    since: datetime
    renamed_from: str = ""
    held: bool = False
    in_force_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source gave nothing. ``passing``: somebody is just writing, and the next look may succeed."""

    code: str
    sentence: str
    passing: bool = False


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """Where one source stands. ``revision`` is the one accepted last, empty if none was.

    ``trouble`` and ``waiting`` (a revision that needs approval, or empty) hold since ``since``.
    """

    root: str
    revision: str
    since: datetime
    trouble: Trouble | None = None
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What holds: one standing for each fleet, by key, and one for each source, as they were named."""

    standings: tuple[Standing, ...] = ()
    sources: tuple[SourceStanding, ...] = ()

    def standing(self, key: str) -> Standing | None:
        """Find the standing of the scale set with this key."""
        return next((one for one in self.standings if one.key == key), None)

    def source(self, root: str) -> SourceStanding | None:
        """Find where a source stands."""
        return next((one for one in self.sources if one.root == root), None)


@dataclass(frozen=True, slots=True)
class BrokenClaim:
    """A document that must not be acted upon. ``key`` and ``name`` are None where they cannot be told."""

    key: str | None
    name: str | None
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source says now: a trouble, or all that its revision holds.

    ``descends`` compares with the revision accepted last: None if there is no order or it is not known.
    """

    root: str
    revision: str = ""
    fleets: tuple[Fleet, ...] = ()
    broken: tuple[BrokenClaim, ...] = ()
    descends: bool | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What all sources say now, with the approvals that were given outside of specs."""

    sources: tuple[SourceReading, ...]
    approvals: frozenset[str] = frozenset()


def key_of(fleet: Fleet) -> str:
    """The key by which a fleet is known whatever its name: its scale set's ARM id in lower case."""
    return fleet.ref.id.lower()
